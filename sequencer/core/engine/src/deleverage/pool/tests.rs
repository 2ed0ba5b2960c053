use alloc::vec::Vec;

use ballast_types::{Event, RejectCode, Status};

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
fn while_a_price_of_the_pool_is_not_fresh_no_gain_is_cut() {
    let (mut world, _) = owing();
    world.set_prices(&[(ALT, 1_100)]);
    world.time += 5_001;
    world.set_prices(&[(BTC, 449_000)]);
    assert_rejected(world.cut_gains(0, &[1, 2, 3]).status, RejectCode::NothingDue);
}
