//! What happened on the ladder, by name.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, Event, Input, Outcome, RejectCode, Source, Status, SystemCommand, event::Cover,
};

use crate::forced;

/// What lives on the ladder are there to meet.
pub(crate) const ALL: &[&str] = &[
    "level 1",
    "level 2",
    "level 3",
    "forced at once",
    "forced to wait",
    "a forced order waits already",
    "a forced pair",
    "a forced pair with a penalty",
    "a forced order was filled in part",
    "a penalty",
    "the fund added to a forced fill",
    "torn up",
    "torn up in part",
    "three were torn up",
    "netted",
    "a haircut",
    "a deficit",
    "the fund covered",
    "fees covered",
    "fees made a deficit good",
    "the fund paid before a tear-up",
    "a deficit was made good",
    "all gains of a pool were cut",
    "gains paid what a pool owed",
    "a haircut that is not due",
    "a liquidation that is not due",
    "a tear-up that is not due",
    "removed Liquidation",
    "waited in vain Liquidation",
    "FundDeposited",
    "PoolInDeficit",
    "PoolPaused",
    "WithdrawalsPaused",
    "paused again",
];
/// What those with a backstop are there to meet.
pub(crate) const BACKED: &[&str] = &[
    "taken over whole",
    "taken over in part",
    "two positions were taken over",
    "the fund paid for a takeover",
    "a takeover and a forced order",
    "penalties went to the backstop",
    "the backstop covered",
    "BackstopOnlyReduces",
];

fn cash(naive: &Exchange, id: AccountId) -> i128 {
    naive.accounts[id.0 as usize].cash
}

/// Whether an account that lacks margin, and has some, has a forced order that waits.
fn is_kept_waiting(naive: &Exchange, id: AccountId) -> bool {
    let mut orders = naive.markets.iter().flat_map(|market| &market.orders);
    let waits = orders.any(|order| order.account == id && order.is_forced());
    waits && {
        let margin = naive.margin(id);
        margin.equity > 0 && margin.equity < margin.maintenance
    }
}

/// The names of what an input did.
pub(crate) fn seen(
    before: &Exchange,
    after: &Exchange,
    input: &Input,
    outcome: &Outcome,
) -> Vec<&'static str> {
    let events = &outcome.events;
    let mut names = Vec::new();
    if after.pools.iter().zip(&before.pools).any(|(is, was)| is.deficit < was.deficit) {
        names.push("a deficit was made good");
        let by_fees = matches!(input.source, Source::User { .. });
        names.extend(by_fees.then_some("fees made a deficit good"));
    }
    let due =
        !matches!(outcome.status, Status::Rejected(rejection) if rejection.code == RejectCode::NothingDue);
    match &input.source {
        Source::System(SystemCommand::Liquidate { account }) if !due => {
            names.push("a liquidation that is not due");
            if is_kept_waiting(before, *account) {
                names.push("a forced order waits already");
            }
        }
        Source::System(SystemCommand::Haircut { .. }) if !due => names.push("a haircut that is not due"),
        Source::System(SystemCommand::Haircut { pool, .. }) if !events.is_empty() => {
            let owes = after.pools[usize::from(pool.0)].deficit > 0;
            names.push(if owes { "all gains of a pool were cut" } else { "gains paid what a pool owed" });
        }
        Source::System(SystemCommand::Deleverage { .. }) if !due => names.push("a tear-up that is not due"),
        Source::System(SystemCommand::Liquidate { account }) if !events.is_empty() => {
            names.extend(liquidated(before, after, *account, events));
        }
        Source::System(SystemCommand::Deleverage { accounts, holders, .. }) if !events.is_empty() => {
            names.extend(torn_up(before, after, accounts, holders, events));
        }
        Source::System(SystemCommand::Clear { .. }) => {
            names.extend(forced::seen(before, events));
        }
        _ => {}
    }
    for event in events {
        names.extend(match event {
            Event::Liquidated { level: 1, .. } => Some("level 1"),
            Event::Liquidated { level: 2, .. } => Some("level 2"),
            Event::Liquidated { level: 3, .. } => Some("level 3"),
            Event::DeficitCovered { by: Cover::Pool, .. } => Some("a deficit"),
            Event::DeficitCovered { by: Cover::Fees, .. } => Some("fees covered"),
            Event::PoolPaused { pool, .. } => {
                let since = |naive: &Exchange| naive.pools[usize::from(pool.0)].pause.map(|it| it.since);
                (since(before) == since(after)).then_some("paused again")
            }
            _ => None,
        });
    }
    names
}

fn liquidated(before: &Exchange, after: &Exchange, id: AccountId, events: &[Event]) -> Vec<&'static str> {
    let account = |naive: &Exchange| naive.accounts[id.0 as usize].clone();
    let (was, is) = (before.margin(id), after.margin(id));
    // Who owes more than that may be at a price below nothing, and the lowest there is is a tick.
    let got_worse =
        was.equity > -was.maintenance && is.equity * was.maintenance < was.equity * is.maintenance;
    assert!(!got_worse, "{id} is less healthy than before: {was:?}, {is:?}, {events:#?}");
    let fills: Vec<i64> = events
        .iter()
        .filter_map(|event| match event {
            Event::Fill { taker_fee, .. } => Some(taker_fee.0),
            _ => None,
        })
        .collect();
    let taken: Vec<i64> = events
        .iter()
        .filter_map(|event| match event {
            Event::TakenOver { fund, .. } => Some(fund.0),
            _ => None,
        })
        .collect();
    let covers =
        |who| events.iter().any(|event| matches!(event, Event::DeficitCovered { by, .. } if *by == who));
    let waits = events.iter().any(|event| matches!(event, Event::OrderWaits { .. }));
    let left_open = events.iter().any(|event| {
        matches!(event, Event::OrderRemoved { account, size, reason, .. }
            if *account == id && size.0 > 0 && *reason == ballast_types::RemovalReason::ImmediateOrCancel)
    });
    let largest = |naive: &Exchange| account(naive).positions.values().map(|it| it.size.abs()).max();
    let fifth = largest(before).is_some_and(|was| {
        account(after).forced.is_some_and(|it| it.lots == (was + 4) / 5) && taken.is_empty()
    });
    let backstop_got = after.pool_of(id).backstop.is_some_and(|backstop| {
        backstop != id && taken.is_empty() && cash(after, backstop) > cash(before, backstop)
    });
    let facts = [
        (!fills.is_empty(), "forced at once"),
        (waits, "forced to wait"),
        (!fills.is_empty() && left_open, "a forced order was filled in part"),
        (fifth && !fills.is_empty(), "a fifth was closed"),
        (fills.iter().any(|fee| *fee > 0), "a penalty"),
        (fills.iter().any(|fee| *fee < 0), "the fund added to a forced fill"),
        (!taken.is_empty() && account(after).positions.is_empty(), "taken over whole"),
        (!taken.is_empty() && !account(after).positions.is_empty(), "taken over in part"),
        (taken.len() > 1, "two positions were taken over"),
        (taken.iter().any(|fund| *fund > 0), "the fund paid for a takeover"),
        (!taken.is_empty() && (!fills.is_empty() || waits), "a takeover and a forced order"),
        (backstop_got && !fills.is_empty(), "penalties went to the backstop"),
        (covers(Cover::Fund), "the fund covered"),
        (covers(Cover::Backstop), "the backstop covered"),
        (after.pool_of(id).backstop == Some(id), "the backstop is liquidated"),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}

fn torn_up(
    before: &Exchange,
    after: &Exchange,
    accounts: &[AccountId],
    holders: &[AccountId],
    events: &[Event],
) -> Vec<&'static str> {
    let changes: Vec<(AccountId, i64, i64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Deleveraged { account, size, paid, .. } => Some((*account, size.0, paid.0)),
            _ => None,
        })
        .collect();
    let of_holders: Vec<_> = changes.iter().filter(|change| holders.contains(&change.0)).collect();
    let is_under = |id: AccountId| before.margin(id).equity <= 0;
    let first_event = |who| {
        let torn = events.iter().position(|event| matches!(event, Event::Deleveraged { .. }));
        let paid =
            events.iter().position(|event| matches!(event, Event::DeficitCovered { by, .. } if *by == who));
        paid.is_some_and(|paid| torn.is_none_or(|torn| paid < torn))
    };
    let covers =
        |who| events.iter().any(|event| matches!(event, Event::DeficitCovered { by, .. } if *by == who));
    let torn = of_holders.iter().filter(|(id, size, _)| *size != 0 && !is_under(*id)).count();
    let open = |id: &AccountId| !after.accounts[id.0 as usize].positions.is_empty();
    let cut = of_holders.iter().any(|(_, _, paid)| *paid > 0);
    assert_eq!(changes.iter().map(|change| i128::from(change.1)).sum::<i128>(), 0, "{changes:?}");
    assert_eq!(changes.iter().map(|change| i128::from(change.2)).sum::<i128>(), 0, "{changes:?}");
    let facts = [
        (torn > 0, "torn up"),
        (torn > 0 && accounts.iter().any(open), "torn up in part"),
        (torn >= 3, "three were torn up"),
        (of_holders.iter().any(|(id, size, _)| *size != 0 && is_under(*id)), "netted"),
        (cut, "a haircut"),
        (cut && covers(Cover::Pool), "a haircut that was not enough"),
        (covers(Cover::Fund), "the fund covered"),
        (first_event(Cover::Fund), "the fund paid before a tear-up"),
        (covers(Cover::Backstop), "the backstop covered"),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}
