//! What an input may change, told from its outcome alone.

use alloc::{collections::BTreeSet, vec::Vec};

use ballast_risk::Summary;
use ballast_state::{Change, Section};
use ballast_types::{
    AccountId, Event, Input, Lots, MarketId, MarketMode, Millis, Outcome, Source, Status, SystemCommand,
    UserCommand,
};

use crate::{Exchange, facts, interest, margin, mode_of, standing::Standing};

/// INV-11, INV-40, INV-42: leaves change only for what happened, and only those of the parties to it.
pub(super) fn check_leaves(x: &Exchange, changes: &[Change], input: &Input, outcome: &Outcome) {
    let mut parties: BTreeSet<u32> =
        outcome.events.iter().flat_map(parties).map(|account| account.0).collect();
    // It takes over, pays, and gets a part of penalties.
    for event in &outcome.events {
        let (Event::Liquidated { account, .. }
        | Event::DeficitCovered { account, .. }
        | Event::CollateralSold { account, .. }
        | Event::TakenOver { account, .. }) = event
        else {
            continue;
        };
        parties.extend(backstop_of(x, *account).map(|account| account.0));
    }
    if let Source::System(SystemCommand::Clear { market }) = &input.source
        && facts::has_market(&x.state, *market)
    {
        // Part of the penalties of forced orders is its.
        let pool = facts::market(&x.state, *market).pool;
        parties.extend(facts::pool(&x.state, pool).protection.backstop.map(|account| account.0));
    }
    let idle = |event: &Event| {
        matches!(event, Event::OperationRejected { .. } | Event::AllCancelled { count: 0, .. })
    };
    let reported = matches!(input.source, Source::Publisher { .. }) && outcome.status == Status::Accepted;
    let nothing_happened = outcome.events.iter().all(idle) && !reported;
    for (section, index, _) in changes {
        let allowed = match section {
            Section::Accounts => parties.contains(index),
            Section::Markets => reported || outcome.events.iter().any(is_settlement),
            Section::Traders => !nothing_happened || Some(*index) == signer_account(input),
            Section::Venues | Section::Orders | Section::Pools => !nothing_happened,
            Section::Chain => true,
        };
        assert!(allowed, "INV-11, 40, 42: {section:?} {index} changed by {input:?} {outcome:?}");
    }
}

/// Whether a market settled, or a position in one that did became cash.
const fn is_settlement(event: &Event) -> bool {
    matches!(event, Event::MarketSettled { .. } | Event::PositionSettled { .. })
}

/// INV-70: who is cashed stands as before, and so does everybody else.
pub(super) fn check_settled(x: &Exchange, before: &[Health], input: &Input) {
    if !matches!(input.source, Source::System(SystemCommand::SettlePositions { .. })) {
        return;
    }
    for (id, (was, _)) in (0..).map(AccountId).zip(before) {
        assert_eq!(health(x, id).0, *was, "INV-70: account {id} by {input:?}");
    }
}

/// Accounts whose money an event moves.
fn parties(event: &Event) -> Vec<AccountId> {
    match event {
        Event::Fill { taker, maker, .. } => alloc::vec![*taker, *maker],
        Event::Deposited { account, .. }
        | Event::Withdrawn { account, .. }
        | Event::WithdrawalQueued { account, .. }
        | Event::TakenOver { account, .. }
        | Event::Deleveraged { account, .. }
        | Event::GainsCut { account, .. }
        | Event::PositionSettled { account, .. }
        | Event::CollateralSold { account, .. }
        | Event::DeficitCovered { account, .. } => alloc::vec![*account],
        Event::Transferred { account, to, .. } => alloc::vec![*account, *to],
        _ => Vec::new(),
    }
}

/// The backstop of the account's pool.
fn backstop_of(x: &Exchange, account: AccountId) -> Option<AccountId> {
    // A fund that pays its pool's deficit has a number, and is no account.
    let account = facts::has_account(&x.state, account).then(|| facts::account(&x.state, account))?;
    facts::pool(&x.state, account.pool).protection.backstop
}

fn signer_account(input: &Input) -> Option<u32> {
    match &input.source {
        Source::User { command, .. } => Some(command.account().0),
        _ => None,
    }
}

/// How an account stands, and its positions.
pub(super) type Health = (Summary, Vec<(MarketId, Lots)>);

/// Of every account.
pub(super) fn healths(x: &Exchange) -> Vec<Health> {
    (0..x.state.accounts.len()).map(|id| health(x, AccountId(id))).collect()
}

fn health(x: &Exchange, id: AccountId) -> Health {
    let positions = facts::account(&x.state, id).positions.iter();
    let summary = margin::summary_of(&x.state, id);
    for book in &facts::trader(&x.state, id).books {
        let standing = Standing::of(&x.state, id, book.market);
        let asked =
            [margin::meets_initial, margin::meets_fill].map(|ask| ask(&x.state, book.market, &standing));
        let said = [summary.meets_initial(), summary.meets_fill()];
        assert_eq!(
            asked, said,
            "what an order asks of account {id} in {} is what its summary says",
            book.market
        );
    }
    (summary, positions.map(|position| (position.market, position.size)).collect())
}

/// INV-49: only a price takes equity below zero; no command, fill or fee does, and none deepens a debt.
pub(super) fn check_debts(x: &Exchange, before: &[Health], input: &Input, outcome: &Outcome) {
    let settled = outcome.events.iter().any(|event| matches!(event, Event::MarketSettled { .. }));
    if settled || matches!(input.source, Source::Publisher { .. }) {
        return;
    }
    for (id, (was, _)) in (0..).map(AccountId).zip(before) {
        let (now, _) = health(x, id);
        let sound = now.equity >= 0 || now.equity >= was.equity;
        assert!(sound, "INV-49: account {id} from {} to {} by {input:?}", was.equity, now.equity);
    }
}

/// INV-7, for a signature over one step: of several, only the engine sees the states in between.
pub(super) fn check_margin(x: &Exchange, before: &[Health], input: &Input, outcome: &Outcome) {
    let Source::User { command: UserCommand::Operations(command), .. } = &input.source else { return };
    let accepted = outcome.events.iter().any(|event| matches!(event, Event::OrderAccepted { .. }));
    if command.operations.len() != 1 || !accepted {
        return;
    }
    let (was, positions) = &before[command.account.0 as usize];
    let (now, after) = health(x, command.account);
    if now.meets_initial() {
        return;
    }
    assert!(!was.is_below_maintenance(), "INV-7: {input:?}");
    for (market, size) in after {
        let held = positions.iter().find(|(other, _)| *other == market).map_or(0, |(_, held)| held.0);
        let shrinks = size.0.unsigned_abs() <= held.unsigned_abs() && size.0.signum() == held.signum();
        assert!(shrinks, "INV-7: market {market} from {held} to {size} by {input:?}");
    }
    let no_worse = now.equity * was.maintenance >= was.equity * now.maintenance;
    assert!(no_worse, "INV-7: {was:?} {now:?} by {input:?}");
}

/// INV-8: a step of liquidation leaves the account no less healthy, and not in debt if it was not. INV-12: a round moves as
/// many lots one way as the other, as much money out of accounts as into them, and of nobody more equity than he is told.
/// INV-99: what winners pay is gain.
pub(super) fn check_liquidation(x: &Exchange, before: &[Health], input: &Input, outcome: &Outcome) {
    match &input.source {
        Source::System(SystemCommand::Liquidate { account }) if outcome.status == Status::Accepted => {
            let (was, (now, _)) = (&before[account.0 as usize].0, health(x, *account));
            let healthier = now.equity * was.maintenance >= was.equity * now.maintenance;
            // Deep in debt a zero price may lie beyond the scale of prices.
            let no_worse = was.equity < -was.maintenance || now.maintenance == 0 || healthier;
            assert!(no_worse && (now.equity >= 0 || was.equity < 0), "INV-8: {was:?} {now:?} {outcome:?}");
        }
        Source::System(SystemCommand::Deleverage { accounts, .. }) => {
            let (mut lots, mut money) = (0_i128, 0_i128);
            for event in &outcome.events {
                let Event::Deleveraged { account, size, paid, .. } = event else { continue };
                lots += i128::from(size.0);
                money += i128::from(paid.0);
                let (was, (now, _)) = (&before[account.0 as usize].0, health(x, *account));
                let kept = now.equity >= was.equity - i128::from(paid.0);
                let is_backstop = backstop_of(x, *account) == Some(*account);
                assert!(
                    kept || is_backstop || accounts.contains(account),
                    "INV-12: {was:?} {now:?} {event:?}"
                );
                // What is kept of a basis is rounded down.
                let kept = now.settled_balance >= was.settled_balance - 1;
                assert!(
                    paid.0 <= 0 || kept || has_settled(x, &before[account.0 as usize].1),
                    "INV-99: {was:?} {now:?} {event:?}"
                );
            }
            assert_eq!((lots, money), (0, 0), "INV-12: {outcome:?}");
        }
        Source::System(SystemCommand::Haircut { .. }) => {
            for event in &outcome.events {
                let Event::GainsCut { account, paid } = event else { panic!("INV-12: {event:?}") };
                let ((was, positions), (now, _)) = (&before[account.0 as usize], health(x, *account));
                assert_eq!(now.equity, was.equity - i128::from(paid.0), "INV-12: {event:?}");
                let kept = now.settled_balance == was.settled_balance;
                assert!(kept || has_settled(x, positions), "INV-99: {was:?} {now:?} {event:?}");
            }
        }
        _ => {}
    }
}

/// Whether one of the markets settled: what is gained there is settled, too.
fn has_settled(x: &Exchange, positions: &[(MarketId, Lots)]) -> bool {
    positions.iter().any(|(market, _)| facts::market(&x.state, *market).settlement.is_some())
}

/// What a market lets happen.
pub(super) struct Openness {
    mode: MarketMode,
    /// Open interest, in lots.
    open: u64,
    /// Most that it may be raised to.
    limit: Option<u128>,
}

/// What every market lets happen at a time.
pub(super) fn openness(x: &Exchange, time: Millis) -> Vec<Openness> {
    let markets = (0..x.state.chain.markets).map(MarketId);
    let of = |id| Openness {
        mode: mode_of(&x.state, time, id).0,
        open: facts::venue(&x.state, id).open_interest.0,
        limit: interest::limit(&x.state, time, id),
    };
    markets.map(of).collect()
}

/// INV-58: where a market is halted orders trade in nothing but the auction that ends it; where it is reduce-only no input
/// makes more of what is open. INV-63: none makes more of it than the limit. INV-101: nor than publishers say is borne elsewhere.
pub(super) fn check_openness(x: &Exchange, before: &[Openness], input: &Input, outcome: &Outcome) {
    let after = openness(x, input.time);
    for event in &outcome.events {
        if let Event::Fill { market, .. } = event {
            let place = usize::from(market.0);
            let reopens = matches!(input.source, Source::System(SystemCommand::Clear { .. }))
                && after[place].mode != MarketMode::Halt;
            assert!(before[place].mode < MarketMode::Halt || reopens, "INV-58: {input:?} {outcome:?}");
        }
    }
    for (before, after) in before.iter().zip(&after).filter(|(before, after)| after.open > before.open) {
        assert!(before.mode != MarketMode::ReduceOnly, "INV-58: {input:?} {outcome:?}");
        let within = before.limit.is_none_or(|limit| u128::from(after.open) <= limit);
        assert!(within, "INV-63: {input:?} {outcome:?}");
    }
    for (id, (before, after)) in (0..).map(MarketId).zip(before.iter().zip(&after)) {
        let (market, venue) = (facts::market(&x.state, id), facts::venue(&x.state, id));
        if after.open > before.open && market.params.capacity {
            let usdc = venue.capacity.agreed.expect("INV-101: nothing was told");
            let worth = market.params.value(market.mark, Lots(after.open.cast_signed()));
            assert!(worth <= i128::from(usdc) * 1_000_000, "INV-101: {input:?} {outcome:?}");
        }
    }
}
