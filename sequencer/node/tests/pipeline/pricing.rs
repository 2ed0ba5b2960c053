//! Prices and funding as they are told: what they follow from, minute by minute, and to whom they are sent.

use crate::support::*;
use ballast_node::{
    rpc::ViewError,
    wire::{Channel, EventView, Integer, MarketUpdate, OracleStateView},
};
use ballast_types::*;

/// A minute later, the same price again.
fn minute(rig: &Rig) {
    rig.clock.advance(60_000);
    rig.price(PRICE);
}

#[test]
fn what_a_price_follows_from_is_told() {
    let rig = Rig::trading();
    let (_, views, _) = rig.core.ports();
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, PRICE.0 - 10, 5)]));
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Sell, PRICE.0 + 30, 5)]));
    rig.clock.advance(50);
    rig.price(PRICE);
    let told = views.pricing(MARKET).expect("a market");
    assert_eq!((told.index, told.mark, told.oracle), (PRICE.0, PRICE.0, OracleStateView::Fresh));
    assert_eq!((told.best_bid, told.best_ask, told.last), (Some(PRICE.0 - 10), Some(PRICE.0 + 30), None));
    // The middle is 10 ticks above: 50 ms of 150 s of that, in 2^-24 tick.
    let expected = (10.0 * f64::from(1 << 24) * (1.0 - (-0.05_f64 / 150.0).exp())) as i128;
    assert!(told.basis.0.abs_diff(expected) <= 1, "{} is not {expected}", told.basis.0);
    let begins = (i128::from(PRICE.0) << 24) + told.basis.0;
    assert_eq!(told.touch.expect("a touch").0, begins);
    let [report] = &told.reports[..] else { panic!("one publisher: {:?}", told.reports) };
    assert_eq!((report.price, report.perp, report.counts), (PRICE.0, Some(PRICE.0), true));
    assert_eq!((told.funding_rate.0, told.funding_cap.0), (12_500, 10_000_000));
    assert!(matches!(views.pricing(MarketId(1)), Err(ViewError::Refused(_))));
}

#[test]
fn what_open_interest_is_borne_elsewhere_is_told_with_who_said_so() {
    let rig = Rig::of(vec![MarketParams { capacity: true, ..market() }]);
    let (_, views, _) = rig.core.ports();
    let bounds = || {
        let (market, pricing) =
            (views.markets().expect("markets").remove(0), views.pricing(MARKET).expect("a market"));
        assert_eq!(market.open_interest_capacity, pricing.open_interest_capacity);
        (market.open_interest_capacity.map(|it| it.0), market.open_interest_limit.map(|it| it.0))
    };
    rig.price(PRICE);
    assert_eq!(bounds(), (None, Some(0)), "nobody said any");
    rig.clock.advance(50);
    let prices = vec![ReportedPrice::plain(MARKET, PRICE), ReportedPrice::capacity(MARKET, 1_000)];
    rig.accept(rig.report_of(&publisher_key(), prices));
    // A lot is 5 USDC.
    assert_eq!(bounds(), (Some(1_000_000_000), Some(200)));
    let [told] = &views.pricing(MARKET).expect("a market").capacities[..] else { panic!("one publisher") };
    assert_eq!((told.publisher, told.capacity.0, told.counts), (0, 1_000_000_000, true));
    rig.clock.advance(limits::MAX_CAPACITY_AGE_MS + 1);
    assert!(!views.pricing(MARKET).expect("a market").capacities[0].counts);
    assert_eq!(bounds().0, Some(1_000_000_000), "until the market's next tick");
    rig.price(PRICE);
    assert_eq!(bounds(), (None, Some(0)));
}

#[test]
fn a_price_that_nobody_tells_any_more_is_stale_for_whoever_asks() {
    let rig = Rig::trading();
    let (_, views, _) = rig.core.ports();
    rig.clock.advance(5_001);
    let told = views.markets().expect("markets").remove(0);
    assert_eq!(told.oracle, OracleStateView::Stale);
    rig.clock.advance(55_000);
    let told = views.pricing(MARKET).expect("a market");
    assert_eq!((told.oracle, told.reports[0].counts), (OracleStateView::Invalid, false));
}

#[test]
fn funding_is_told_minute_by_minute_by_pages_also_after_a_restart() {
    let rig = Rig::trading();
    (0..5).for_each(|_| minute(&rig));
    let read = |rig: &Rig, before: Option<u64>, limit| {
        let (_, views, _) = rig.core.ports();
        views.funding_history(MARKET, before.map(Seq), limit).expect("a market")
    };
    let all = read(&rig, None, 100);
    // 12,500 ppb an hour of 500,000 ticks at 10 u: 25 / 24 u a lot each minute.
    let told: Vec<_> = all.iter().map(|minute| (minute.rate.0, minute.mark, minute.funding.0)).collect();
    assert_eq!(told, [5, 4, 3, 2, 1].map(|lots| (12_500, PRICE.0, lots)));
    assert_eq!(read(&rig, Some(all[1].seq), 2), all[2..4]);
    let (_, views, _) = rig.core.ports();
    assert!(matches!(views.funding_history(MarketId(1), None, 1), Err(ViewError::Refused(_))));
    drop(views);
    let (left, clock) = (std::sync::Arc::new(rig.store.crash()), std::sync::Arc::clone(&rig.clock));
    drop(rig);
    let feed = ballast_node::feed::FeedConfig::default();
    let rig = start_with(left, clock, pipeline(), feed).expect("it starts again");
    assert_eq!(read(&rig, None, 100), all);
}

#[test]
fn whoever_subscribes_to_a_market_hears_of_its_prices_funding_and_clearings() {
    let rig = Rig::trading();
    let (_, _, channels) = rig.core.ports();
    let mut subscription = channels.subscribe(Channel::Market(MARKET)).expect("a market");
    let snapshot: serde_json::Value = serde_json::from_str(&subscription.snapshot.json).expect("JSON");
    assert_eq!(
        (&snapshot["market"]["mark"], &snapshot["market"]["oracle"]),
        (&PRICE.0.into(), &"fresh".into())
    );
    let mut next = || {
        let told = subscription.updates.blocking_recv().expect("an update");
        let update: MarketUpdate = serde_json::from_str(&told.json).expect("an update of a market");
        assert_eq!((update.seq, update.market), (told.seq.0, 0));
        update.events
    };
    rig.clock.advance(1_000);
    let price = |price: PriceTicks, oracle| EventView::PriceUpdated {
        market: 0,
        index: price.0,
        mark: price.0,
        oracle,
    };
    let jumped = PriceTicks(PRICE.0 * 105 / 100);
    rig.price(jumped);
    assert_eq!(next(), [price(jumped, OracleStateView::Uncertain)]);
    // It is not believed yet: what is placed now waits, and is cleared when it is.
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, jumped.0, 5)]));
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Sell, jumped.0, 5)]));
    rig.clock.advance(1_000);
    rig.price(jumped);
    assert_eq!(next(), [price(jumped, OracleStateView::Fresh)]);
    let cleared = EventView::Cleared { market: 0, price: Some(jumped.0), volume: Integer(5) };
    assert_eq!(next(), [cleared]);
    rig.clock.advance(60_000);
    rig.price(jumped);
    let events = next();
    let [
        EventView::PriceUpdated { oracle: OracleStateView::Fresh, .. },
        EventView::FundingAccrued { funding, .. },
        // A minute was over.
        EventView::CollateralPriced { market: 0, .. },
    ] = &events[..]
    else {
        panic!("{events:?}")
    };
    assert_eq!(funding.0, 1);
    let unknown = channels.subscribe(Channel::Market(MarketId(1))).expect_err("not listed");
    assert_eq!(unknown.code, RejectCode::UnknownMarket);
}

/// A stop whose level was reached at a price that was not believed slept until the price changed again.
#[test]
fn a_stop_fires_when_the_price_that_reached_it_is_believed() {
    let rig = Rig::trading();
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Buy, PRICE.0 - 30_000, 10)]));
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Sell, PRICE.0 - 30_000, 10)]));
    let order = NewOrder {
        reduce_only: true,
        ..NewOrder::plain(
            Side::Buy,
            PriceTicks(PRICE.0 * 104 / 100),
            SizeLots(10),
            TimeInForce::Ioc,
            ClientId(1),
        )
    };
    let level = PriceTicks(PRICE.0 * 104 / 100);
    let trigger = Trigger::Price { source: PriceSource::Mark, direction: Direction::Above, level };
    let stop = Operation::PlaceConditional { market: MARKET, order, trigger, link: None };
    rig.accept(rig.operations(&key(1), 0, 1, vec![stop]));
    let waits = || {
        let (_, views, _) = rig.core.ports();
        views.orders(AccountId(0)).expect("an account").conditionals.len()
    };
    rig.clock.advance(1_000);
    rig.price(level);
    assert_eq!(waits(), 1, "it jumped");
    rig.clock.advance(600);
    rig.price(level);
    rig.wait(|| waits() == 0);
}
