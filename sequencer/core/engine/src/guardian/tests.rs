use ballast_types::{
    Event, GuardianCommand, MarketId, MarketMode, Millis, RejectCode, Restrict, Source, Status,
};

use crate::world::{BTC, GUARDIAN, PRICE, World, assert_rejected, buy, owner, sell, signed_by};

fn said(
    world: &mut World,
    signer: ballast_types::Address,
    market: MarketId,
    until: u64,
    time: u64,
) -> Status {
    let mode = MarketMode::Batches;
    let command = Restrict { market, mode, until: Millis(until), time: Millis(time) };
    let command = GuardianCommand::Restrict(command);
    world.input(Source::Guardian { command, signature: signed_by(signer) }).status
}

#[test]
fn only_the_guardian_switches_and_only_for_an_hour() {
    let mut world = World::trading(1);
    let now = world.time;
    assert_rejected(said(&mut world, owner(0), BTC, now, now), RejectCode::UnknownGuardian);
    assert_rejected(said(&mut world, GUARDIAN, BTC, now, now + 501), RejectCode::ReportFromFuture);
    assert_rejected(said(&mut world, GUARDIAN, BTC, now, now - 3_001), RejectCode::ReportTooOld);
    assert_rejected(said(&mut world, GUARDIAN, MarketId(9), now, now), RejectCode::UnknownMarket);
    assert_rejected(said(&mut world, GUARDIAN, BTC, now + 3_600_001, now), RejectCode::InvalidTime);
    assert_eq!(said(&mut world, GUARDIAN, BTC, now + 3_600_000, now), Status::Accepted);
    assert_rejected(said(&mut world, GUARDIAN, BTC, 0, now), RejectCode::ReportTooOld);
    assert_eq!(said(&mut world, GUARDIAN, BTC, 0, now + 1), Status::Accepted);
}

#[test]
fn an_exchange_without_a_guardian_has_none() {
    let mut world = World::trading(1);
    world.x.state.genesis.guardian = ballast_types::Address::ZERO;
    let now = world.time;
    assert_rejected(said(&mut world, GUARDIAN, BTC, now, now), RejectCode::UnknownGuardian);
}

#[test]
fn a_market_goes_back_when_the_time_is_over_and_nobody_waits() {
    let mut world = World::trading(2);
    world.rest(0, BTC, sell(PRICE, 10));
    let until = world.time + 500;
    world.batch_until(BTC, until);
    // What rests stays; what comes waits.
    let waits = world.place(1, BTC, buy(PRICE, 4)).expect("it waits");
    assert!(matches!(waits.as_slice(), [Event::OrderAccepted { .. }, Event::OrderWaits { .. }]));
    world.time = until;
    let waits = world.place(1, BTC, buy(PRICE, 3)).expect("others wait still");
    assert!(matches!(waits.as_slice(), [Event::OrderAccepted { .. }, Event::OrderWaits { .. }]));
    world.time += 1_000;
    let cleared = world.clear(BTC);
    assert!(matches!(cleared.events[0], Event::Cleared { volume, .. } if volume.0 == 7), "{cleared:?}");
    let trades = world.place(1, BTC, buy(PRICE, 3)).expect("it trades");
    assert!(matches!(trades[1], Event::Fill { .. }), "{trades:?}");
}
