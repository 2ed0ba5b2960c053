//! How who exits is paid, and what waits for that.

use ballast_types::{
    AccountId, BatchIndex, Event, ForcedRequest, Lots, MarketParams, Millis, PriceTicks, Quote, RejectCode,
    Side, Source, Status, SystemCommand,
    limits::{FUND_DAY_MS, MAX_WITHDRAWALS_PER_BATCH, SETTLEMENT_GRACE_MS},
};

use crate::{
    hand::plain_market,
    world::{NOW, ONE, USDC, VAULT, World, asked, ended, genesis, refused, withdrawn},
};

/// By the hour 100 USDC leave, by the day 1,000. What is more than 100 is a small exit, the day after it came, as long as
/// the day holds it; what is not waits, however little it is.
#[test]
fn what_is_paid_out_is_a_small_exit_or_waits() {
    let rates = [(1, Quote(100 * USDC)), (1, Quote(1_000 * USDC))];
    let mut world = World::paced(rates, &[500, 2_000, 50]);
    world.time += FUND_DAY_MS;
    world.open(50);
    let exit = |index, account| asked(index, account, ForcedRequest::Exit);
    let waits = |ticket, account, u| Event::WithdrawalQueued {
        ticket,
        account: AccountId(account),
        recipient: VAULT,
        amount: Quote(u),
    };
    assert_eq!(world.ask_to_exit(1).events, [exit(5, 1), withdrawn(0, 1, 500 * USDC), ended(1, 500 * USDC)]);
    assert_eq!(world.ask_to_exit(2).events, [exit(6, 2), waits(0, 2, 2_000 * USDC), ended(2, 2_000 * USDC)]);
    assert_eq!(world.ask_to_exit(3).events, [exit(7, 3), withdrawn(1, 3, 50 * USDC), ended(3, 50 * USDC)]);
    assert_eq!(world.ask_to_exit(4).events, [exit(8, 4), waits(1, 4, 50 * USDC), ended(4, 50 * USDC)]);
    // Less than a dollar stays.
    world.it.accounts[1].cash = i128::from(USDC) - 1;
    assert_eq!(world.ask_to_exit(1).events, [exit(9, 1), ended(1, 0)]);
}

/// Who cannot be paid yet exits all the same, and is due when there is room.
#[test]
fn an_exit_waits_for_room_in_the_batch() {
    let mut world = World::new(0, &[100]);
    world.it.batch_withdrawals = MAX_WITHDRAWALS_PER_BATCH;
    assert_eq!(world.ask_to_exit(1).events, [asked(2, 1, ForcedRequest::Exit)]);
    refused(&world.exit(1, &[]), RejectCode::NothingDue, 0, 0);
    assert_eq!(world.deposit(1, 1).status, Status::Accepted);
    world.input(None, Source::System(SystemCommand::SealBatch { index: BatchIndex(1) }));
    refused(&world.deposit(1, 1), RejectCode::ExitDue, 1_i128 << 32, 0);
    assert_eq!(world.exit(1, &[]).events, [withdrawn(0, 1, 101 * USDC), ended(1, 101 * USDC)]);
    assert_eq!(world.deposit(1, 1).status, Status::Accepted);
}

/// 500 of its 1,500 USDC somebody else lost and could not pay.
#[test]
fn nobody_is_paid_more_than_his_pool_has() {
    let mut world = World::new(0, &[1_000]);
    world.it.accounts[1].cash += i128::from(500 * USDC);
    let told = world.ask_to_exit(1).events;
    assert_eq!(told[1..], [withdrawn(0, 1, 1_000 * USDC), ended(1, 1_000 * USDC)]);
    assert_eq!(world.it.accounts[1].cash, i128::from(500 * USDC));
}

/// Ten lots from 1,000 at which the market settles: the account has what it brought, and gets it after the minute.
#[test]
fn what_settled_is_cash_to_who_exits() {
    let settles_at = Millis(NOW + 7_200_000);
    let it = genesis(MarketParams { settles_at, ..plain_market("ONE") });
    let mut world = World { it, time: NOW }.filled(0, &[1_003, 50_000]);
    world.place(2, Side::Sell, 1_000, 10);
    world.place(1, Side::Buy, 1_000, 10);
    world.ask_to_exit(1);
    world.time = settles_at.0;
    assert_eq!(
        world.input(None, Source::System(SystemCommand::Settle { market: ONE })).status,
        Status::Accepted
    );
    assert_eq!(world.deposit(1, 1).status, Status::Accepted);
    refused(&world.exit(1, &[2]), RejectCode::NothingDue, 0, 0);
    world.time += SETTLEMENT_GRACE_MS;
    refused(&world.deposit(1, 1), RejectCode::ExitDue, 0, 0);
    let cashed = Event::PositionSettled {
        market: ONE,
        account: AccountId(1),
        size: Lots(10),
        price: PriceTicks(1_000),
        cash: Quote(1_004 * USDC),
    };
    let paid = 1_004 * USDC;
    assert_eq!(world.exit(1, &[]).events, [cashed, withdrawn(0, 1, paid), ended(1, paid)]);
    assert_eq!(world.size(2), -10);
}
