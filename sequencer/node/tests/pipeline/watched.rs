//! Subscriptions to what stands behind the accounts of a pool and to what a price follows from.

use crate::support::*;
use ballast_node::{
    feed::FeedConfig,
    wire::{Channel, EventView, OracleStateView, PoolUpdate, PoolView, PricingView, Subscription, Watched},
};
use ballast_types::{limits::FUND_ACCOUNT, *};

const POOL: Channel = Channel::Watched(Watched::Pool(PoolId(0)));
const PRICING: Channel = Channel::Watched(Watched::Pricing(MARKET));

/// The publisher says a price so much later, and all of it was told.
fn later(rig: &Rig, ms: u64, price: PriceTicks) {
    rig.clock.advance(ms);
    rig.accept(rig.report(price));
}

/// Somebody gives to the fund of the pool.
fn give(rig: &Rig, amount: i64) {
    rig.l1(L1Payload::Deposit {
        asset: AssetId(0),
        owner: key(7).address(),
        account: AccountId(FUND_ACCOUNT),
        amount: Quote(amount),
    });
}

/// What was told since the last time.
fn told(subscription: &mut Subscription) -> Vec<String> {
    let snapshot = subscription.snapshot.seq;
    let updates = std::iter::from_fn(|| subscription.updates.try_recv().ok());
    updates.filter(|update| update.is_after(snapshot)).map(|update| update.json.to_string()).collect()
}

fn pool(json: &str) -> PoolView {
    serde_json::from_str(json).expect("a pool")
}

fn pricing(json: &str) -> PricingView {
    serde_json::from_str(json).expect("what a price follows from")
}

#[test]
fn a_pool_tells_its_events_at_once_and_its_numbers_once_a_second() {
    let rig = Rig::trading();
    later(&rig, 1, PRICE);
    let (_, views, channels) = rig.core.ports();
    let mut watched = channels.subscribe(POOL).expect("there is one");
    assert_eq!(pool(&watched.snapshot.json), views.pool(PoolId(0)).expect("there is one"));
    let amounts = [40_000_000, 50_000_000];
    let mut updates = Vec::new();
    for amount in amounts {
        give(&rig, amount);
        later(&rig, 1, PRICE);
        updates.push(told(&mut watched));
    }
    let given = |json: &str| {
        let update: PoolUpdate = serde_json::from_str(json).expect("an update of a pool");
        let [EventView::FundDeposited { amount, pool: 0, .. }] = update.events[..] else { panic!("{json}") };
        amount.0
    };
    let [[first, state], [second]] = [&updates[0][..], &updates[1][..]] else { panic!("{updates:?}") };
    assert_eq!([given(first), given(second)], amounts.map(i128::from));
    assert_eq!(pool(state).fund.0, amounts[0].into());
    // The second gift changed the numbers within the second.
    later(&rig, 997, PRICE);
    assert_eq!(told(&mut watched), Vec::<String>::new());
    later(&rig, 1, PRICE);
    let [state] = &told(&mut watched)[..] else { panic!("it is another") };
    assert_eq!(pool(state).fund.0, amounts.into_iter().sum::<i64>().into());
    for _ in 0..5 {
        later(&rig, 1_000, PRICE);
    }
    assert_eq!(told(&mut watched), Vec::<String>::new(), "nothing changed");
    let unknown = channels.subscribe(Channel::Watched(Watched::Pool(PoolId(2)))).expect_err("there are two");
    assert_eq!(unknown.code, RejectCode::NotFound);
}

#[test]
fn what_a_price_follows_from_is_told_once_a_second_and_when_time_alone_changed_it() {
    let rig = Rig::trading();
    later(&rig, 1, PRICE);
    let (_, views, channels) = rig.core.ports();
    let mut watched = channels.subscribe(PRICING).expect("a market");
    let snapshot = pricing(&watched.snapshot.json);
    assert_eq!(snapshot, views.pricing(MARKET).expect("a market"));
    let mut nonce = 0;
    // What does not touch the market.
    let mut idle = |ms| {
        rig.clock.advance(ms);
        nonce += 1;
        rig.accept(rig.operations(&key(1), 0, nonce, vec![Operation::CancelAll(CancelFilter::ALL)]));
    };
    (0..3).for_each(|_| idle(1_000));
    assert_eq!(told(&mut watched), Vec::<String>::new(), "nothing changed");
    // The report is more than 5 s old.
    idle(3_000);
    let [stale] = &told(&mut watched)[..] else { panic!("it is another") };
    assert_eq!((pricing(stale).oracle, pricing(stale).mark), (OracleStateView::Stale, PRICE.0));
    let mut updates = Vec::new();
    for round in 1..=40 {
        later(&rig, 100, PriceTicks(PRICE.0 + round));
        updates.extend(told(&mut watched));
    }
    let updates: Vec<_> = updates.iter().map(|json| pricing(json)).collect();
    assert!((3..=4).contains(&updates.len()), "{updates:?}");
    assert!(updates.windows(2).all(|pair| pair[1].time >= pair[0].time + 1_000), "{updates:?}");
    assert!(updates.windows(2).all(|pair| pair[1].index > pair[0].index && pair[1].seq > pair[0].seq));
    let unknown =
        channels.subscribe(Channel::Watched(Watched::Pricing(MarketId(1)))).expect_err("not listed");
    assert_eq!(unknown.code, RejectCode::UnknownMarket);
}

#[test]
fn whoever_does_not_read_what_is_watched_is_let_go() {
    let rig = Rig::with(pipeline(), FeedConfig { queue: 4, ..FeedConfig::default() });
    rig.prepare();
    let (_, _, channels) = rig.core.ports();
    let mut slow = [POOL, PRICING].map(|channel| channels.subscribe(channel).expect("there is one"));
    for round in 1..=10 {
        give(&rig, 20_000_000);
        later(&rig, 1_000, PriceTicks(PRICE.0 + round));
    }
    for subscription in &mut slow {
        let mut received = 0;
        while subscription.updates.blocking_recv().is_some() {
            received += 1;
        }
        assert_eq!(received, 4);
    }
}
