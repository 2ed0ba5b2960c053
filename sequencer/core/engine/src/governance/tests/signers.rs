//! Who signs for prices and restricts markets, and how he is replaced.

use ballast_types::{
    Address, GuardianCommand, MarketMode, PriceReport, ReportedPrice, Restrict, Source, Status,
};

use super::*;
use crate::{
    governance::{GUARDIAN, PUBLISHER},
    world::{PUBLISHERS, owner, publisher, signed_by},
};

const WEEK: u64 = 7 * DAY;

fn assert_refused(status: Status, code: RejectCode) {
    assert!(matches!(status, Status::Rejected(it) if it.code == code), "{status:?}");
}

/// A report of the same prices for this place, by this key.
fn signs(world: &mut World, place: u8, signer: Address) -> Status {
    world.time += 1;
    let prices = [(BTC, PRICE), (ALT, 1_000)]
        .map(|(market, price)| ReportedPrice::plain(market, ballast_types::PriceTicks(price)));
    let report = PriceReport { publisher: place, time: Millis(world.time), prices: prices.to_vec() };
    world.input(Source::Publisher { report, signature: signed_by(signer) }).status
}

fn restricts(world: &mut World, signer: Address) -> Status {
    world.time += 1;
    let (time, until) = (Millis(world.time), Millis(world.time + 1_000));
    let command = GuardianCommand::Restrict(Restrict { market: BTC, mode: MarketMode::Batches, until, time });
    world.input(Source::Guardian { command, signature: signed_by(signer) }).status
}

fn changed(action: u8, subject: u16, value: u64) -> Event {
    Event::ParameterChanged(call(action, subject, value))
}

#[test]
fn who_is_named_signs_after_a_week_and_who_did_does_not() {
    let mut world = World::trading(3);
    let at = world.scheduled(PUBLISHER, 1, 2);
    assert_eq!(at, world.time + WEEK);
    assert_eq!(report_after(&mut world, at - 2), [], "a millisecond before");
    assert_refused(signs(&mut world, 1, owner(2)), RejectCode::UnknownPublisher);
    assert_eq!(signs(&mut world, 1, publisher(1)), Status::Accepted, "his last, by which he goes");
    assert_eq!(world.x.state.publishers(), [publisher(0), owner(2), publisher(2)]);
    assert_refused(signs(&mut world, 1, publisher(1)), RejectCode::UnknownPublisher);
    assert_refused(signs(&mut world, 0, owner(2)), RejectCode::UnknownPublisher);
    assert_eq!(signs(&mut world, 1, owner(2)), Status::Accepted);
    assert_eq!(world.x.state.genesis.publishers[1], publisher(1), "genesis never changes");
}

#[test]
fn the_guardian_is_replaced_also_where_there_was_none() {
    let mut world = World::trading(3);
    let first = crate::world::GUARDIAN;
    assert_eq!(restricts(&mut world, first), Status::Accepted);
    let at = world.scheduled(GUARDIAN, 0, 1);
    assert_eq!(at, world.time + WEEK);
    assert_eq!(report_after(&mut world, at), [changed(GUARDIAN, 0, 1)]);
    assert_refused(restricts(&mut world, first), RejectCode::UnknownGuardian);
    assert_eq!(restricts(&mut world, owner(1)), Status::Accepted);

    let mut nobody = World::begin(&crate::genesis::GenesisConfig {
        guardian: Address::ZERO,
        ..crate::world::config(vec![bitcoin(), crate::world::altcoin()])
    });
    assert_eq!(nobody.deposit(owner(0), ballast_types::limits::NEW_ACCOUNT, 100 * USDC), Status::Accepted);
    nobody.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
    let at = nobody.scheduled(GUARDIAN, 0, 0);
    assert_eq!(report_after(&mut nobody, at), [changed(GUARDIAN, 0, 0)]);
    assert_eq!(restricts(&mut nobody, owner(0)), Status::Accepted);
}

#[test]
fn one_signer_a_day_is_replaced_and_the_others_wait() {
    let mut world = World::trading(3);
    let at = world.scheduled(PUBLISHER, 0, 0);
    for (action, subject, value) in [(PUBLISHER, 1, 1), (GUARDIAN, 0, 2)] {
        world.scheduled(action, subject, value);
    }
    let late = world.scheduled(TARGET, 0, 1 << 40);
    assert!(late < at, "a target moves sooner");
    assert_eq!(report_after(&mut world, at + 5), [changed(TARGET, 0, 1 << 40), changed(PUBLISHER, 0, 0)]);
    let first = world.x.state.signers().expect("one was replaced").replaced_at.0;
    assert_eq!(report_after(&mut world, first + DAY - 2), [], "they wait on");
    assert_eq!(report_after(&mut world, first + DAY), [changed(PUBLISHER, 1, 1)]);
    assert_eq!(report_after(&mut world, first + DAY + 1), []);
    let second = world.x.state.signers().expect("two were").replaced_at.0;
    assert_eq!(report_after(&mut world, second + DAY), [changed(GUARDIAN, 0, 2)]);
    assert_eq!(world.x.state.pending().changes(), []);
    for (place, signer) in [(0, owner(0)), (1, owner(1)), (2, publisher(2))] {
        assert_eq!(signs(&mut world, place, signer), Status::Accepted);
        assert_refused(signs(&mut world, place, Address::repeat_byte(0xe9)), RejectCode::UnknownPublisher);
    }
    assert_refused(signs(&mut world, 0, publisher(0)), RejectCode::UnknownPublisher);
}

#[test]
fn nobody_signs_for_two_places() {
    let mut world = World::trading(3);
    world.scheduled(PUBLISHER, 0, 1);
    let at = world.scheduled(PUBLISHER, 2, 1);
    assert_eq!(report_after(&mut world, at), [changed(PUBLISHER, 0, 1)]);
    let out = Rejection::new(RejectCode::OutOfBounds, 1, 0);
    assert_eq!(world.ungoverned(PUBLISHER, 1, 1), out, "he has the first place");
    let refused = Event::GovernanceRefused(call(PUBLISHER, 2, 1), out);
    let next = world.time + DAY;
    assert_eq!(report_after(&mut world, next), [refused], "when it was asked for he had none");
    assert_eq!(world.x.state.publishers(), [owner(1), publisher(1), publisher(2)]);
    let at = world.scheduled(GUARDIAN, 0, 1);
    assert_eq!(report_after(&mut world, at), [changed(GUARDIAN, 0, 1)], "a publisher may be the guardian");
}

#[test]
fn what_waits_is_replaced_or_taken_back_by_who_signs_already() {
    let mut world = World::trading(3);
    let at = world.scheduled(PUBLISHER, 1, 0);
    world.time += DAY;
    assert_eq!(world.scheduled(PUBLISHER, 1, 2), at + DAY, "another week, for another key");
    assert_eq!(report_after(&mut world, at), []);
    assert_eq!(report_after(&mut world, at + DAY), [changed(PUBLISHER, 1, 2)]);
    world.scheduled(PUBLISHER, 1, 0);
    assert_eq!(world.scheduled(PUBLISHER, 1, 2), 0, "he signs already");
    assert_eq!(world.x.state.pending().changes(), []);
}

#[test]
fn signers_that_are_not_there_are_refused() {
    let mut world = World::trading(3);
    let unknown = |code, value: u64, limit: u64| Rejection::new(code, value, limit);
    let places = u64::from(PUBLISHERS);
    assert_eq!(world.ungoverned(PUBLISHER, 3, 0), unknown(RejectCode::UnknownPublisher, 3, places));
    assert_eq!(world.ungoverned(GUARDIAN, 1, 0), unknown(RejectCode::UnknownGuardian, 1, 1));
    for value in [3, u64::from(u32::MAX), 1 << 32, u64::MAX] {
        assert_eq!(world.ungoverned(PUBLISHER, 0, value), unknown(RejectCode::UnknownAccount, value, 3));
    }
}
