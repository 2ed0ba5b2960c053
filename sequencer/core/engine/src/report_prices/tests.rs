use alloc::{vec, vec::Vec};

use ballast_types::{
    Event, MarketId, Millis, OracleState, PriceReport, PriceTicks, RejectCode, ReportedPrice, Source, Status,
    limits::MAX_PRICE,
};

use crate::{
    facts,
    world::{ALT, BTC, PRICE, World, assert_rejected, owner, publisher, signed_by},
};

fn index(world: &World) -> (u64, u64) {
    let market = facts::market(&world.x.state, BTC);
    assert_eq!(market.index, market.mark);
    (market.index.0, market.mark_time.0)
}

#[test]
fn a_quorum_of_fresh_reports_makes_the_lower_median() {
    let mut world = World::empty();
    let now = world.time;
    assert_eq!(world.report(0, now, &[(BTC, 100_000)]).events, []);
    assert_eq!(index(&world), (0, 0));
    let updated = |price| {
        let (index, oracle) = (PriceTicks(price), OracleState::Fresh);
        Event::PriceUpdated { market: BTC, index, mark: index, oracle }
    };
    assert_eq!(world.report(1, now, &[(BTC, 100_200)]).events, [updated(100_000)]);
    assert_eq!(world.report(2, now, &[(BTC, 100_100)]).events, [updated(100_100)]);
    assert_eq!(index(&world), (100_100, now));
}

#[test]
fn one_liar_moves_nothing_beyond_the_honest() {
    for lie in [1, MAX_PRICE] {
        let mut world = World::empty();
        let now = world.time;
        world.report(0, now, &[(BTC, 100_000)]);
        world.report(1, now, &[(BTC, 100_002)]);
        world.report(2, now, &[(BTC, lie)]);
        assert!((100_000..=100_002).contains(&index(&world).0), "INV-17");
    }
}

#[test]
fn reports_age_out_of_the_quorum() {
    let mut world = World::trading(0);
    let set = index(&world);
    world.time += 3_001;
    assert_eq!(world.report(0, world.time, &[(BTC, PRICE + 9)]).events, []);
    assert_eq!(index(&world), set, "the other reports are too old");
    assert_eq!(world.report(1, world.time, &[(BTC, PRICE + 7)]).status, Status::Accepted);
    assert_eq!(index(&world), (PRICE + 7, world.time));
}

#[test]
fn a_report_is_taken_whole_or_not_at_all() {
    let mut world = World::trading(0);
    world.time += 10;
    let now = world.time;
    for (time, prices, code) in [
        (now + 501, vec![(BTC, 1)], RejectCode::ReportFromFuture),
        (now - 3_001, vec![(BTC, 1)], RejectCode::ReportTooOld),
        (now - 10, vec![(ALT, 1)], RejectCode::ReportTooOld),
        (now, vec![], RejectCode::UnsortedPrices),
        (now, vec![(ALT, 5), (BTC, 5)], RejectCode::UnsortedPrices),
        (now, vec![(BTC, 5), (BTC, 5)], RejectCode::UnsortedPrices),
        (now, vec![(BTC, 5), (MarketId(2), 5)], RejectCode::UnknownMarket),
        (now, vec![(BTC, 5), (ALT, 0)], RejectCode::InvalidPrice),
        (now, vec![(BTC, 5), (ALT, MAX_PRICE + 1)], RejectCode::InvalidPrice),
    ] {
        assert_rejected(world.report(0, time, &prices).status, code);
    }
    let many: Vec<_> = (0..257).map(|n| (MarketId(n), 5)).collect();
    assert_rejected(world.report(0, now, &many).status, RejectCode::TooManyItems);
    assert_eq!(world.report(0, now + 500, &[(BTC, 5), (ALT, 5)]).status, Status::Accepted);
}

#[test]
fn only_the_publisher_itself_reports() {
    let mut world = World::empty();
    let prices = vec![ReportedPrice::plain(BTC, PriceTicks(5))];
    for (from, signer) in [(0, owner(0)), (0, publisher(1)), (3, publisher(3)), (200, publisher(0))] {
        let report = PriceReport { publisher: from, time: Millis(world.time), prices: prices.clone() };
        let outcome = world.input(Source::Publisher { report, signature: signed_by(signer) });
        assert_rejected(outcome.status, RejectCode::UnknownPublisher);
    }
}
