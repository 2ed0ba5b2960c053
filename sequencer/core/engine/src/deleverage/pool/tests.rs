use alloc::vec::Vec;

use ballast_types::{AccountId, Event, Millis, PoolId, RejectCode, Status};

use super::{Largest, are_who_count, largest_within};
use crate::world::{ALT, BTC, ONE, PRICE, USDC, World, assert_rejected, owner};

const TWENTY: u64 = 20 * ONE;

/// The pool owes what is left of 2,350, of which bitcoin's winners have none. 1 and 3 are long in the other coin against 2.
fn owing() -> (World, i64) {
    let mut world = World::trading(4);
    world.trade(0, 1, BTC, PRICE, TWENTY);
    world.set_prices(&[(BTC, 449_000)]);
    world.trade(1, 2, BTC, 449_000, TWENTY);
    world.deleverage(BTC, &[0], &[2]);
    world.trade(1, 2, ALT, 1_000, 3_000_000);
    world.trade(3, 2, ALT, 1_000, 1_000_000);
    let owed = world.pool().deficit.0;
    (world, owed)
}

fn cuts(events: &[Event]) -> Vec<(u32, i64)> {
    let cut = |event: &Event| match event {
        Event::GainsCut { account, paid } => (account.0, paid.0),
        other => panic!("{other:?}"),
    };
    events.iter().map(cut).collect()
}

#[test]
fn gains_of_another_market_pay_what_a_pool_owes() {
    let (mut world, owed) = owing();
    assert_rejected(world.cut_gains(0, &[1, 2, 3]).status, RejectCode::NothingDue);
    world.set_prices(&[(ALT, 1_100)]);
    let before = world.leaves.clone();
    let from = world.log.len();
    let balances = [1, 3].map(|account| world.summary(account).settled_balance);
    let events = world.cut_gains(0, &[1, 2, 3]).events;
    assert_eq!(cuts(&events), [(1, owed - owed / 4), (3, owed / 4)]);
    assert_eq!(world.pool().deficit.0, 0);
    assert_eq!([1, 3].map(|account| world.summary(account).settled_balance), balances);
    world.check_lazy(&before, from);
    assert_eq!(world.withdraw(owner(1), 1, USDC), Status::Accepted);
    assert_rejected(world.cut_gains(0, &[1, 2, 3]).status, RejectCode::NothingDue);
}

#[test]
fn gains_pay_once_and_the_rest_stays_owed() {
    let (mut world, owed) = owing();
    world.set_prices(&[(ALT, 1_001)]);
    let first = cuts(&world.cut_gains(0, &[1, 2, 3]).events);
    let paid: i64 = first.iter().map(|(_, paid)| paid).sum();
    assert!(paid > 0 && paid < owed, "{paid} of {owed}");
    assert_eq!(world.pool().deficit.0, owed - paid);
    // Nobody has a gain any more, until the price moves again.
    assert_rejected(world.cut_gains(0, &[1, 2, 3]).status, RejectCode::NothingDue);
    world.set_prices(&[(ALT, 1_002)]);
    assert_eq!(cuts(&world.cut_gains(0, &[1, 2, 3]).events), first);
}

#[test]
fn only_a_complete_list_of_who_counts_is_taken() {
    let (mut world, _) = owing();
    world.set_prices(&[(ALT, 1_100)]);
    for list in [&[1][..], &[1, 2], &[2, 3], &[1, 3], &[0, 1, 2, 3]] {
        assert_rejected(world.cut_gains(0, list).status, RejectCode::NothingDue);
    }
    for list in [&[][..], &[2, 1, 3], &[1, 1, 2, 3]] {
        assert_rejected(world.cut_gains(0, list).status, RejectCode::UnsortedPrices);
    }
    assert_rejected(world.cut_gains(0, &[1, 2, 3, 9]).status, RejectCode::UnknownAccount);
    assert_rejected(world.cut_gains(7, &[1, 2, 3]).status, RejectCode::UnknownPool);
    let many: Vec<u32> = (0..961).collect();
    assert_rejected(world.cut_gains(0, &many).status, RejectCode::TooManyItems);
    assert_eq!(world.cut_gains(0, &[1, 2, 3]).status, Status::Accepted);
}

#[test]
fn who_has_a_position_in_a_market_that_is_not_sure_pays_nothing_and_hinders_nobody() {
    let (mut world, _) = owing();
    world.trade(3, 2, BTC, 449_000, ONE);
    world.time += 5_001;
    world.set_prices(&[(ALT, 1_100)]);
    // Bitcoin's price is stale: 3 has a lot of it.
    let told = cuts(&world.cut_gains(0, &[1, 2, 3]).events);
    assert_eq!(told.iter().map(|(account, _)| *account).collect::<Vec<_>>(), [1]);
    world.time += 5_001;
    assert_rejected(world.cut_gains(0, &[1, 2, 3]).status, RejectCode::NothingDue);
}

#[test]
fn losses_elsewhere_are_taken_off_a_gain() {
    let (mut world, _) = owing();
    world.trade(1, 2, BTC, 449_000, ONE);
    let owed = world.pool().deficit.0;
    // 3,000 up in the one, 900 down in the other.
    world.set_prices(&[(BTC, 440_000), (ALT, 1_100)]);
    let told = cuts(&world.cut_gains(0, &[1, 2, 3]).events);
    // To the nearest of 1,000 parts in 3,100.
    let part = (10 * owed + 15) / 31;
    assert_eq!(told, [(1, owed - part), (3, part)]);
}

#[test]
fn each_side_gets_the_room_that_others_leave() {
    let (mut world, _) = owing();
    assert_eq!(world.deposit(owner(0), 0, 1_000 * USDC), Status::Accepted);
    world.trade(0, 2, ALT, 1_000, 1_000);
    let largest = |world: &World, room| {
        let sides = largest_within(&world.x.state, Millis(world.time), PoolId(0), room);
        sides.into_iter().map(|(side, Largest { class, count })| (side, class, count)).collect::<Vec<_>>()
    };
    let (short, long) = ((ALT, false), (ALT, true));
    assert_eq!(largest(&world, 4), [(short, 0, 1), (long, 0, 3)]);
    // 1 has three million lots, 3 a million, and 0 a thousand.
    assert_eq!(largest(&world, 3), [(short, 0, 1), (long, 10, 2)]);
    assert_eq!(largest(&world, 2), [(short, 0, 1), (long, 20, 1)]);
    world.time += 5_001;
    assert_eq!(largest(&world, 4), []);
}

#[test]
fn of_too_many_of_a_class_any_that_are_enough() {
    let (mut world, _) = owing();
    world.trade(3, 2, ALT, 1_000, 2_000_000);
    // 1 and 3 have three million lots each, and there is room for one of them.
    let count = |room, holders: &[u32]| {
        let sides = largest_within(&world.x.state, world.x.now(), PoolId(0), room);
        are_who_count(&world.x.state, sides, &holders.iter().copied().map(AccountId).collect::<Vec<_>>())
    };
    for (holders, is_enough) in [
        (&[1, 2][..], true),
        (&[2, 3], true),
        (&[1, 2, 3], true),
        (&[2], false),
        (&[1], false),
        (&[0, 1, 2], false),
    ] {
        assert_eq!(count(2, holders), is_enough, "{holders:?}");
    }
    assert!(count(3, &[1, 2, 3]) && !count(3, &[1, 2]));
}
