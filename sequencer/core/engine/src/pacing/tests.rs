use alloc::vec::Vec;

use ballast_state::Stage;
use ballast_types::{
    AccountId, Event, Millis, PoolId, Quote, RejectCode, Status,
    limits::{MAX_RELEASED, NEW_ACCOUNT, SMALL_EXIT},
};

use crate::{
    facts,
    world::{ALT, BTC, ONE, PRICE, SILO, USDC, World, assert_rejected, buy, owner, sell},
};

const MAIN: PoolId = PoolId(0);
const HOUR: u64 = 3_600_000;
const QUARTER: i64 = 250_000 * USDC;

/// Accounts 0 to 3 with 10,000,000 USDC each, in a pool that lets 1,000,000 out in an hour and ten times that in a day.
fn paced() -> World {
    let mut world = World::trading(4);
    world.time = 20_000 * 24 * HOUR;
    tick(&mut world);
    for n in 0..4 {
        assert_eq!(world.deposit(owner(n), u32::from(n), 9_900_000 * USDC), Status::Accepted);
    }
    world.pace(MAIN, [(10_000, 1_000_000 * USDC), (100_000, 10_000_000 * USDC)]);
    world
}

fn tick(world: &mut World) {
    world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
}

fn ask(world: &mut World, account: u32, usdc: i64) -> Status {
    world.withdraw(world.owner_of(account), account, usdc * USDC)
}

/// What the last `count` inputs told of withdrawals: account, whole USDC, ticket, whether it left.
fn told(world: &World, count: usize) -> Vec<(u32, i64, Option<u64>, bool)> {
    let events = world.log[world.log.len() - count..].iter().flat_map(|(_, outcome)| &outcome.events);
    let told = events.filter_map(|event| match *event {
        Event::Withdrawn { account, amount, ticket, .. } => Some((account.0, amount.0 / USDC, ticket, true)),
        Event::WithdrawalQueued { account, amount, ticket, .. } => {
            Some((account.0, amount.0 / USDC, Some(ticket), false))
        }
        _ => None,
    });
    told.collect()
}

#[test]
fn what_the_buckets_hold_leaves_at_once_and_what_they_do_not_waits() {
    let mut world = paced();
    assert_eq!(ask(&mut world, 0, 1_000_000), Status::Accepted);
    assert_eq!(told(&world, 1), [(0, 1_000_000, None, true)]);
    assert_eq!(ask(&mut world, 1, 6_000), Status::Accepted);
    assert_eq!(told(&world, 1), [(1, 6_000, Some(0), false)]);
    assert_eq!(world.cash(1), 9_994_000 * USDC, "it is debited");
    assert_eq!(world.pool().withdrawn.0, 1_006_000 * USDC);
    assert_eq!(world.pool().pacing.queued.0, 6_000 * USDC);
    // 6,000 of 1,000,000 an hour come back in 21.6 s.
    world.time += 21_599;
    world.report(0, world.time, &[(BTC, PRICE)]);
    assert_eq!(told(&world, 1), []);
    world.time += 1;
    world.report(1, world.time, &[(BTC, PRICE)]);
    assert_eq!(told(&world, 1), [(1, 6_000, Some(0), true)]);
    assert_eq!(world.pool().pacing.queued.0, 0);
}

#[test]
fn nobody_passes_who_waits_and_a_seal_releases_too() {
    let mut world = paced();
    ask(&mut world, 0, 1_000_000);
    ask(&mut world, 1, 100_000);
    world.time += HOUR / 5;
    ask(&mut world, 2, 50_000);
    assert_eq!(told(&world, 1), [(2, 50_000, Some(1), false)], "the bucket holds it, but one waits");
    let sealed = world.seal();
    assert!(matches!(sealed.events.last(), Some(Event::BatchSealed { .. })));
    assert_eq!(told(&world, 1), [(1, 100_000, Some(0), true), (2, 50_000, Some(1), true)]);
    assert_eq!(world.x.take_withdrawals().len(), 3, "they are leaves of the batch that ends");
}

#[test]
fn who_asks_for_much_takes_turns_with_the_others() {
    let mut world = paced();
    ask(&mut world, 0, 3_000_000);
    ask(&mut world, 1, 20_000);
    tick(&mut world);
    let first = [(0, 250_000, Some(0), true), (0, 2_750_000, Some(2), false), (1, 20_000, Some(1), true)];
    let told = told(&world, 3);
    assert_eq!(told[..3], first);
    assert_eq!(told.iter().filter(|(.., left)| *left).map(|(_, usdc, ..)| usdc).sum::<i64>(), 770_000);
    for _ in 0..10 {
        world.time += HOUR;
        tick(&mut world);
    }
    assert_eq!(world.pool().pacing.waiting(), 0, "all of it left");
    assert_eq!(world.pool().pacing.queued.0, 0);
}

#[test]
fn more_than_a_bucket_leaves_in_parts_that_fill_it() {
    let mut world = World::trading(1);
    world.pace(MAIN, [(1, 5_000 * USDC), (1, 3_000 * USDC)]);
    ask(&mut world, 0, 7_000);
    tick(&mut world);
    let told_first = told(&world, 3);
    assert_eq!(told_first, [(0, 3_000, Some(0), true), (0, 4_000, Some(1), false)], "all of a day");
    world.time += 24 * HOUR - 1;
    tick(&mut world);
    world.time += 24 * HOUR;
    tick(&mut world);
    assert_eq!(world.pool().pacing.queued.0, 0, "nothing waits for ever");
}

#[test]
fn one_input_releases_so_many() {
    let mut world = World::trading(5);
    world.time = 20_000 * 24 * HOUR;
    tick(&mut world);
    world.pace(MAIN, [(1, 10_000 * USDC), (1, 100_000 * USDC)]);
    ask(&mut world, 0, 10_000);
    for account in 0..5 {
        ask(&mut world, account, 10);
        assert!(told(&world, 1)[0].3, "a small exit");
    }
    for n in 0..=MAX_RELEASED {
        assert_eq!(ask(&mut world, u32::try_from(n / 16).expect("few"), 100), Status::Accepted);
    }
    world.time += HOUR;
    world.report(0, world.time, &[(BTC, PRICE)]);
    assert_eq!(told(&world, 1).len(), MAX_RELEASED);
    world.report(1, world.time, &[(BTC, PRICE)]);
    assert_eq!(told(&world, 1).len(), 1);
}

#[test]
fn a_small_exit_waits_for_nobody_once_a_day() {
    let mut world = paced();
    ask(&mut world, 0, 3_000_000);
    let small = SMALL_EXIT / USDC;
    ask(&mut world, 1, small);
    assert_eq!(told(&world, 1), [(1, small, Some(1), false)], "as much is not small");
    ask(&mut world, 1, small - 1);
    assert_eq!(told(&world, 1), [(1, small - 1, None, true)]);
    ask(&mut world, 1, 100);
    assert_eq!(told(&world, 1), [(1, 100, Some(2), false)], "once a day");
    world.rest(2, BTC, buy(PRICE - 10, 1));
    ask(&mut world, 2, 100);
    assert_eq!(told(&world, 1), [(2, 100, Some(3), false)], "with an open order");
    world.time = 20_001 * 24 * HOUR;
    ask(&mut world, 1, 10);
    assert_eq!(told(&world, 1), [(1, 10, None, true)], "another day");
    tick(&mut world);
    world.rest(2, BTC, sell(PRICE + 5, ONE));
    world.place(3, BTC, buy(PRICE + 5, ONE)).expect("accepted");
    ask(&mut world, 0, 5_000_000);
    ask(&mut world, 3, 100);
    assert!(!told(&world, 1)[0].3, "with a position");
}

/// For 65,536 USDC nobody else could ask any more.
#[test]
fn all_places_of_a_queue_were_to_be_had_for_one_usdc_each() {
    let mut world = paced();
    ask(&mut world, 0, 3_000_000);
    ask(&mut world, 1, 10);
    let Status::Rejected(rejection) = ask(&mut world, 1, 99) else { panic!("it waits") };
    let least = i128::from(100 * USDC);
    assert_eq!((rejection.code, rejection.limit), (RejectCode::InvalidAmount, least));
    for _ in 0..16 {
        assert_eq!(ask(&mut world, 1, 100), Status::Accepted);
    }
    let Status::Rejected(rejection) = ask(&mut world, 1, 100) else { panic!("it waits") };
    assert_eq!(rejection.code, RejectCode::WithdrawalsFull);
    assert_eq!((rejection.value, rejection.limit), (16, 16));
    for _ in 0..4 {
        world.time += HOUR;
        tick(&mut world);
    }
    assert_eq!(world.x.state.traders.iter().map(|(_, trader)| trader.tickets).sum::<u32>(), 0);
    world.pace(MAIN, [(1, 1), (1, 1)]);
    assert_eq!(ask(&mut world, 1, 100), Status::Accepted, "they are over");
    assert!(!told(&world, 1)[0].3);
}

#[test]
fn a_transfer_between_pools_takes_from_the_buckets_and_never_waits() {
    let mut world = World::siloed(2, 60_000 * USDC, 20_000 * USDC);
    world.pace(MAIN, [(1, 10_000 * USDC), (1, 20_000 * USDC)]);
    assert_eq!(world.transfer(2, NEW_ACCOUNT, MAIN, 50_000 * USDC).status, Status::Accepted, "within a pool");
    let refused = world.transfer(2, NEW_ACCOUNT, SILO, 10_000 * USDC + 1).status;
    let Status::Rejected(rejection) = refused else { panic!("accepted") };
    assert_eq!((rejection.code, rejection.limit), (RejectCode::WithdrawalPaced, i128::from(10_000 * USDC)));
    assert_eq!(world.transfer(2, NEW_ACCOUNT, SILO, 4_000 * USDC).status, Status::Accepted);
    assert_rejected(
        world.transfer(2, NEW_ACCOUNT, SILO, 6_000 * USDC + 1).status,
        RejectCode::WithdrawalPaced,
    );
    assert_eq!(world.withdraw(world.owner_of(3), 3, 7_000 * USDC), Status::Accepted);
    let Status::Rejected(rejection) = world.transfer(2, NEW_ACCOUNT, SILO, USDC).status else {
        panic!("it passes one who waits")
    };
    assert_eq!((rejection.code, rejection.limit), (RejectCode::WithdrawalPaced, 0));
    assert_eq!(world.transfer(5, 2, MAIN, USDC).status, Status::Accepted, "the silo is not paced");
}

/// The first who waited were paid what a pool had that did not have enough for all.
#[test]
fn who_waited_left_a_pool_that_owed_or_was_in_resolution() {
    let mut world = paced();
    ask(&mut world, 0, 1_000_000);
    ask(&mut world, 1, 100_000);
    world.time += HOUR;
    let released = |stage, deficit| {
        let mut x = world.x.clone();
        let pool = facts::pool_mut(&mut x.state, MAIN);
        (pool.resolution.stage, pool.deficit) = (stage, Quote(deficit));
        let mut events = Vec::new();
        x.state.chain.time = Millis(world.time);
        super::release(&mut x, &mut events);
        events.len()
    };
    assert_eq!(released(Stage::Open, 1), 0, "it owes");
    assert_eq!(released(Stage::Settling { next: AccountId(0) }, 0), 0, "it is in resolution");
    assert_eq!(released(Stage::Resolved { ratio: 9 }, 1), 1, "it was resolved");
    assert_eq!(released(Stage::Open, 0), 1);
}

/// What left as small exits was in no bucket, and each account that was opened for one had one.
#[test]
fn small_exits_of_many_accounts_passed_every_bucket() {
    let mut world = World::trading(3);
    world.time = 20_000 * 24 * HOUR;
    tick(&mut world);
    world.pace(MAIN, [(1, 1_000 * USDC), (1, 9_000 * USDC)]);
    ask(&mut world, 0, 2_000);
    let opened = world.x.state.chain.accounts;
    assert_eq!(world.deposit(owner(7), NEW_ACCOUNT, 4_000 * USDC), Status::Accepted);
    ask(&mut world, opened, 4_000);
    assert!(!told(&world, 1)[0].3, "it has none on its first day");
    ask(&mut world, 1, 4_900);
    assert_eq!(told(&world, 1), [(1, 4_900, None, true)]);
    let flow = super::flow(&world.x.state, MAIN, Millis(world.time)).expect("it is paced");
    assert_eq!(flow.available_by(), [1_000, 2_100].map(|usdc: i64| i128::from(usdc * USDC)));
    ask(&mut world, 2, 4_900);
    assert!(!told(&world, 1)[0].3, "the day holds 2,100");
    world.time += 24 * HOUR;
    assert_eq!(world.deposit(owner(7), opened, 100 * USDC), Status::Accepted);
    ask(&mut world, opened, 100);
    assert_eq!(told(&world, 1), [(opened, 100, None, true)], "on its second day");
}

/// An account of a paced pool and one of a silo, of one owner: what went out and came back was gone from the buckets.
#[test]
fn a_transfer_out_and_back_emptied_the_buckets() {
    let mut world = World::siloed(2, 60_000 * USDC, 20_000 * USDC);
    world.pace(MAIN, [(1, 10_000 * USDC), (1, 20_000 * USDC)]);
    let there = world.x.state.chain.accounts;
    assert_eq!(world.transfer(2, NEW_ACCOUNT, SILO, 9_000 * USDC).status, Status::Accepted);
    for _ in 0..9 {
        assert_eq!(world.transfer(there, 2, MAIN, 8_000 * USDC).status, Status::Accepted);
        assert_eq!(world.transfer(2, there, SILO, 8_000 * USDC).status, Status::Accepted);
    }
    let flow = |world: &World| super::flow(&world.x.state, MAIN, Millis(world.time));
    let available = |world: &World| flow(world).expect("it is paced").available_by();
    let [hour, day] = available(&world);
    assert!(i128::from(1_000 * USDC) <= hour && hour < i128::from(1_001 * USDC), "{hour}");
    assert!(i128::from(11_000 * USDC) <= day && day < i128::from(11_001 * USDC), "{day}");
    assert_eq!(world.deposit(owner(2), there, 5_000 * USDC), Status::Accepted);
    assert_eq!(world.transfer(there, 2, MAIN, 13_000 * USDC).status, Status::Accepted);
    assert_eq!(
        available(&world),
        [10_000, 20_000].map(|usdc: i64| i128::from(usdc * USDC)),
        "no more than all"
    );
}

#[test]
fn who_waits_does_not_lower_what_may_leave() {
    let mut world = paced();
    world.pace(MAIN, [(100_000, USDC), (1_000_000, USDC)]);
    ask(&mut world, 0, 9_000_000);
    let flow = super::flow(&world.x.state, MAIN, Millis(world.time)).expect("it is paced");
    assert_eq!(flow.capacities()[0], i128::from(4_000_000 * USDC));
    assert!(flow.part(Quote(QUARTER * 9)).0 == 1_000_000 * USDC);
}
