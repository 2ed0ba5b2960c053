use alloc::vec::Vec;

use ballast_types::{
    AccountId, Event, MarketId, MarketParams, Operation, RejectCode, Rejection, limits::MAX_POSITIONS,
};

use crate::{
    facts, margin,
    world::{BTC, ONE, PRICE, USDC, World, altcoin, assert_code, buy, owner, sell},
};

const ZERO: AccountId = AccountId(0);

fn set(world: &mut World, market: MarketId, leverage: u16) -> Result<Vec<Event>, Rejection> {
    world.operate(0, Operation::SetLeverage { market, leverage })
}

fn said(world: &World) -> Vec<(MarketId, u16)> {
    let leverages = facts::trader(&world.x.state, ZERO).seldom.leverages.iter();
    leverages.map(|said| (said.market, said.times)).collect()
}

#[test]
fn it_is_from_1_to_what_the_market_allows() {
    let mut world = World::trading(1);
    let refused = set(&mut world, BTC, 26).expect_err("4% are 25 times");
    assert_eq!(refused, Rejection::new(RejectCode::InvalidLeverage, 26, 25));
    assert_code(set(&mut world, MarketId(2), 1), RejectCode::UnknownMarket);
    let event = Event::LeverageSet { step: 0, account: ZERO, market: BTC, leverage: 25 };
    assert_eq!(set(&mut world, BTC, 25), Ok(alloc::vec![event]));
    assert_eq!(said(&world), [(BTC, 25)]);
    set(&mut world, BTC, 0).expect("taken back");
    set(&mut world, BTC, 0).expect("nothing is taken back");
    assert_eq!(said(&world), []);
}

#[test]
fn leverage_stays_without_a_position() {
    let mut world = World::trading(2);
    set(&mut world, BTC, 10).expect("nothing is held");
    world.rest(1, BTC, sell(PRICE, ONE));
    world.place(0, BTC, buy(PRICE, ONE)).expect("100,000 USDC are enough");
    assert_eq!(margin::summary_of(&world.x.state, ZERO).initial, i128::from(5_000 * USDC));
    world.rest(1, BTC, buy(PRICE, ONE));
    world.place(0, BTC, sell(PRICE, ONE)).expect("it closes");
    assert_eq!((world.size(0, BTC), said(&world)), (0, alloc::vec![(BTC, 10)]));
    // 100,000 USDC less fees are not quite 20 BTC's worth at 10.
    assert_code(world.place(0, BTC, buy(PRICE, 20 * ONE)), RejectCode::InsufficientMargin);
}

#[test]
fn a_requirement_that_grows_must_be_met() {
    let mut world = World::trading(2);
    world.rest(1, BTC, sell(PRICE, 10 * ONE));
    world.place(0, BTC, buy(PRICE, 10 * ONE)).expect("20,000 USDC are needed");
    let refused = set(&mut world, BTC, 5).expect_err("100,000 USDC less fees are not enough");
    let equity = margin::summary_of(&world.x.state, ZERO).equity_initial;
    let needed = i128::from(100_000 * USDC);
    assert_eq!(refused, Rejection::new(RejectCode::InsufficientMargin, equity, needed));
    let before = margin::summary_of(&world.x.state, ZERO);
    set(&mut world, BTC, 6).expect("it is enough");
    let after = margin::summary_of(&world.x.state, ZERO);
    assert_eq!((after.maintenance, after.equity), (before.maintenance, before.equity));
    assert!(after.initial > before.initial && after.fill > before.fill);

    // What is below initial margin may only go up.
    world.set_prices(&[(BTC, PRICE - 10_000)]);
    world.set_prices(&[(BTC, PRICE - 21_000)]);
    assert!(!margin::summary_of(&world.x.state, ZERO).meets_initial());
    assert_code(set(&mut world, BTC, 5), RejectCode::InsufficientMargin);
    set(&mut world, BTC, 6).expect("nothing grows");
    set(&mut world, BTC, 7).expect("it falls");
}

#[test]
fn an_atomic_batch_takes_it_back() {
    let mut world = World::trading(1);
    set(&mut world, BTC, 10).expect("nothing is held");
    let steps = alloc::vec![
        Operation::SetLeverage { market: BTC, leverage: 2 },
        Operation::SetLeverage { market: BTC, leverage: 99 },
    ];
    let outcome = world.batch_by(world.owner_of(0), 0, true, steps);
    assert!(matches!(
        outcome.events[..],
        [
            Event::OperationRejected { step: 0, rejection: Rejection { code: RejectCode::NotAtomic, .. } },
            Event::OperationRejected { step: 1, .. }
        ]
    ));
    assert_eq!(said(&world), [(BTC, 10)]);
}

#[test]
fn no_more_markets_than_positions() {
    let count = u16::try_from(MAX_POSITIONS).expect("32") + 1;
    let market = |n| MarketParams { symbol: alloc::format!("M{n}-USD"), ..altcoin() };
    let mut world = World::of((0..count).map(market).collect());
    world.deposit(owner(0), ballast_types::limits::NEW_ACCOUNT, 100_000 * USDC);
    for market in (1..count).rev().map(MarketId) {
        set(&mut world, market, 3).expect("there is room");
    }
    let refused = set(&mut world, BTC, 3).expect_err("it is full");
    assert_eq!(refused, Rejection::new(RejectCode::TooManyLeverages, 33, 32));
    set(&mut world, MarketId(9), 2).expect("it has its place");
    set(&mut world, BTC, 0).expect("there is nothing to take back");
    set(&mut world, MarketId(9), 0).expect("taken back");
    set(&mut world, BTC, 3).expect("there is room again");
}
