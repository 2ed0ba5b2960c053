//! What open interest asks of initial margin (risk.md 3.3).

use ballast_types::{
    AccountId, Event, MarketParams, Millis, Ppm, Quote, Source, Status, SystemCommand, limits::NEW_ACCOUNT,
};

use super::{HOUR, open, traded, world};
use crate::{
    facts, margin,
    world::{ALT, BTC, PRICE, USDC, World, altcoin, bitcoin, buy, owner, sell},
};

/// 6,000 lots of bitcoin may be open, 1,200 of one account; from 2,000 on initial margin grows from 4% to all.
fn crowding() -> MarketParams {
    let (cap, free) = (Quote(3_000 * USDC), Quote(1_000 * USDC));
    MarketParams { open_interest_cap: cap, open_interest_free: free, ..bitcoin() }
}

fn margin_of(world: &World) -> u32 {
    facts::market(&world.x.state, BTC).open_interest_margin.0
}

/// Reports of the price of before, and what of it was told of the margin of open interest.
fn tick(world: &mut World) -> Option<u32> {
    let from = world.log.len();
    world.try_prices(&[(BTC, PRICE)]);
    let events = world.log[from..].iter().flat_map(|(_, outcome)| &outcome.events);
    let mut told = events.filter_map(|event| match event {
        Event::OpenInterestMargin { market: BTC, margin } => Some(margin.0),
        _ => None,
    });
    told.next_back()
}

/// Two longs and two shorts of 1,200 lots, that is 1,200 USDC; what they ask for is told.
fn crowded() -> World {
    let mut world = world(crowding(), altcoin());
    world.trade(2, 0, BTC, PRICE, 1_200);
    assert_eq!((tick(&mut world), margin_of(&world)), (None, 0));
    world.trade(3, 1, BTC, PRICE, 1_200);
    assert_eq!((open(&world, BTC), tick(&mut world)), (2_400, Some(140_000)));
    world
}

/// The longs of account 3 and the shorts of account 1 close.
fn thin_out(world: &mut World) {
    world.rest(1, BTC, buy(PRICE, 1_200));
    assert_eq!(traded(&world.place(3, BTC, sell(PRICE, 1_200)).expect("it enters")).0, 1_200);
    assert_eq!(open(world, BTC), 1_200);
}

/// Of the way from 1,000 to 3,000 USDC a tenth: 4% and 9.6% are 13.6%, and up to a whole hundredth 14%.
#[test]
fn what_is_open_asks_for_initial_margin_and_for_none_to_keep() {
    let world = crowded();
    let summary = margin::summary_of(&world.x.state, AccountId(2));
    assert_eq!((summary.initial, summary.maintenance), (84_000_000, 12_000_000), "of 600 USDC");
    let market = facts::market(&world.x.state, BTC);
    assert_eq!((market.initial, market.maintenance), (Ppm(40_000), Ppm(20_000)));
    assert_eq!([0, 25, 5].map(|leverage| market.initial_fraction(leverage).0), [140_000, 140_000, 200_000]);
}

/// What stress multiplies is the market's own margin.
#[test]
fn stress_does_not_multiply_what_is_open() {
    let mut world = crowded();
    let market = facts::market_mut(&mut world.x.state, BTC);
    market.initial_factor = Ppm(1_500_000);
    assert_eq!(market.initial_fraction(0), Ppm(140_000));
    market.initial = Ppm(100_000);
    assert_eq!(market.initial_fraction(0), Ppm(150_000));
    // Who takes over is asked for neither.
    let unraised = margin::summary_unraised(&world.x.state, AccountId(2));
    assert_eq!(unraised.initial, 60_000_000);
}

/// Whoever trades with himself raises the margin of others for no longer than he is there.
#[test]
fn it_falls_at_once_when_the_crowd_has_gone_and_rises_as_it_comes_back() {
    let mut world = crowded();
    thin_out(&mut world);
    assert_eq!((tick(&mut world), margin_of(&world)), (Some(0), 0), "600 USDC are fewer than 1,000");
    world.trade(3, 1, BTC, PRICE, 1_200);
    assert_eq!(tick(&mut world), Some(140_000));
    // 10% above, 2,400 lots are 1,320 USDC: 4% and 15.36%.
    world.set_prices(&[(BTC, PRICE + PRICE / 10)]);
    assert_eq!(margin_of(&world), 200_000);
}

/// Less than what is free is no way out of the margin: a cap that governance moves down asks for all.
#[test]
fn a_cap_below_what_is_free_asks_for_all() {
    let mut world = crowded();
    super::change(&mut world, BTC, |params| params.open_interest_cap = params.open_interest_free);
    assert_eq!(tick(&mut world), Some(1_000_000));
}

#[test]
fn no_order_opens_what_its_owner_could_not_bear_when_everybody_is_there() {
    let mut world = crowded();
    // 100 lots are 50 USDC, and 7 USDC of margin are a little more than he has.
    assert_eq!(world.deposit(owner(9), NEW_ACCOUNT, 8 * USDC), Status::Accepted);
    world.rest(4, BTC, sell(PRICE, 100));
    assert!(world.place(5, BTC, buy(PRICE, 120)).is_err());
    assert!(world.place(5, BTC, buy(PRICE, 100)).is_ok());
}

#[test]
fn without_its_parameters_and_after_the_end_it_asks_for_nothing() {
    let mut world = crowded();
    super::change(&mut world, BTC, |params| params.open_interest_free = Quote::ZERO);
    assert_eq!(tick(&mut world), Some(0));
    super::change(&mut world, BTC, |params| params.open_interest_free = Quote(1_000 * USDC));
    assert_eq!(tick(&mut world), Some(140_000));
    world.time += 24 * HOUR + 1;
    world.report(0, world.time, &[(ALT, 1_000)]);
    world.input(Source::System(SystemCommand::Settle { market: BTC }));
    let market = facts::market(&world.x.state, BTC);
    assert!(market.settlement.is_some() && market.mark_time > Millis(24 * HOUR));
    assert_eq!((market.open_interest_margin, market.initial_fraction(0)), (Ppm(0), Ppm(0)));
}
