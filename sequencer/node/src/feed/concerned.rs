//! Whom an event concerns: a market, a pool, accounts.

use crate::pipeline::Record;
use ballast_engine::governance::Action;
use ballast_types::{
    AccountId, Event, GovernanceCall, MarketId, PoolId, Restrict, Source,
    limits::{FUND_ACCOUNT, MAX_POOLS},
};

/// The market that an event besides its orders concerns.
pub(super) fn market_concerned(event: &Event) -> Option<MarketId> {
    match *event {
        Event::PriceUpdated { market, .. }
        | Event::FundingAccrued { market, .. }
        | Event::Restricted(Restrict { market, .. })
        | Event::ModeChanged { market, .. }
        | Event::MarketSettled { market, .. }
        | Event::AuctionPutOff { market, .. }
        | Event::MarginChanged { market, .. }
        | Event::CollateralPriced { market, .. }
        | Event::OpenInterestMargin { market, .. }
        | Event::TiersMoved { market, .. }
        | Event::Cleared { market, .. } => Some(market),
        Event::ChangeScheduled(call, _)
        | Event::ParameterChanged(call)
        | Event::GovernanceRefused(call, _) => subject(call, false).map(MarketId),
        _ => None,
    }
}

/// The pool that an event concerns: what the ladder does, what its fund is given and pays, its pauses, its end, and its parameters.
/// `pool_of` tells the pool of an account.
pub(super) fn pool_concerned(
    event: &Event,
    pool_of: impl FnOnce(AccountId) -> Option<PoolId>,
) -> Option<PoolId> {
    match *event {
        Event::FundDeposited { pool, .. }
        | Event::PoolPaused { pool, .. }
        | Event::ResolutionBegan { pool }
        | Event::PoolResolved { pool, .. } => Some(pool),
        Event::Liquidated { account, .. }
        | Event::TakenOver { account, .. }
        | Event::Deleveraged { account, .. }
        | Event::GainsCut { account, .. }
        | Event::CollateralSold { account, .. }
        | Event::DeficitCovered { account, .. } => fund_of(account).or_else(|| pool_of(account)),
        Event::ChangeScheduled(call, _)
        | Event::ParameterChanged(call)
        | Event::GovernanceRefused(call, _) => subject(call, true).map(PoolId),
        _ => None,
    }
}

/// The pool whose fund has this number.
fn fund_of(account: AccountId) -> Option<PoolId> {
    let pool = u16::try_from(FUND_ACCOUNT.checked_sub(account.0)?).ok()?;
    (pool < MAX_POOLS).then_some(PoolId(pool))
}

/// The market that governance speaks of, or the pool.
fn subject(call: GovernanceCall, is_of_pool: bool) -> Option<u16> {
    let action = Action::of(call.action)?;
    (action.is_of_pool() == is_of_pool).then_some(call.subject)
}

/// The accounts that an event concerns.
pub(super) fn accounts_concerned(record: &Record, event: &Event) -> Vec<AccountId> {
    match event {
        Event::Fill { taker, maker, .. } if taker != maker => vec![*taker, *maker],
        Event::Transferred { account, to, .. } => vec![*account, *to],
        Event::Fill { taker: account, .. }
        | Event::OrderAccepted { account, .. }
        | Event::OrderRemoved { account, .. }
        | Event::OrderReduced { account, .. }
        | Event::CancelScheduled { account, .. }
        | Event::ScheduledCancel { account, .. }
        | Event::LeverageSet { account, .. }
        | Event::Liquidated { account, .. }
        | Event::TakenOver { account, .. }
        | Event::Deleveraged { account, .. }
        | Event::GainsCut { account, .. }
        | Event::DeficitCovered { account, .. }
        | Event::CollateralSold { account, .. }
        | Event::PositionSettled { account, .. }
        | Event::ConditionalPlaced { account, .. }
        | Event::ConditionalFired { account, .. }
        | Event::ConditionalReduced { account, .. }
        | Event::ConditionalRemoved { account, .. }
        | Event::Deposited { account, .. }
        | Event::Withdrawn { account, .. }
        | Event::WithdrawalQueued { account, .. }
        | Event::ForcedRequest { account, .. }
        | Event::Exiting { account, .. }
        | Event::ExitEnded { account, .. }
        | Event::SessionGranted { account, .. }
        | Event::SessionRevoked { account, .. } => vec![*account],
        Event::OrderRested { order, .. } | Event::OrderWaits { order, .. } => vec![order.account],
        Event::OperationRejected { .. } | Event::AllCancelled { .. } => match &record.input.source {
            Source::User { command, .. } => vec![command.account()],
            _ => fired_with(record, event).into_iter().collect(),
        },
        Event::PriceUpdated { .. }
        | Event::FundingAccrued { .. }
        | Event::BatchPosted { .. }
        | Event::BatchSealed { .. }
        | Event::Restricted(_)
        | Event::ModeChanged { .. }
        | Event::AuctionPutOff { .. }
        | Event::MarginChanged { .. }
        | Event::CollateralPriced { .. }
        | Event::OpenInterestMargin { .. }
        | Event::TiersMoved { .. }
        | Event::PegChanged { .. }
        | Event::FundDeposited { .. }
        | Event::MarketSettled { .. }
        | Event::PoolPaused { .. }
        | Event::ResolutionBegan { .. }
        | Event::PoolResolved { .. }
        | Event::ChangeScheduled(..)
        | Event::ParameterChanged(_)
        | Event::GovernanceRefused(..)
        | Event::Cleared { .. } => Vec::new(),
    }
}

/// Whose conditional order was rejected when it was to be placed.
fn fired_with(record: &Record, event: &Event) -> Option<AccountId> {
    let Event::OperationRejected { step: rejected, .. } = event else { return None };
    record.outcome.events.iter().find_map(|event| match event {
        Event::ConditionalFired { step, account, .. } if step == rejected => Some(*account),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::{Cover, Quote};

    #[test]
    fn what_a_parameter_is_of_is_told_of_it_and_nothing_else() {
        let mut known = 0;
        for action in 0..=u8::MAX {
            let event = Event::ParameterChanged(GovernanceCall { action, subject: 3, value: 1 });
            let told = (market_concerned(&event), pool_concerned(&event, |_| None));
            match Action::of(action) {
                None => assert_eq!(told, (None, None)),
                Some(action) if action.is_of_pool() => assert_eq!(told, (None, Some(PoolId(3)))),
                Some(_) => assert_eq!(told, (Some(MarketId(3)), None)),
            }
            known += u8::from(told != (None, None));
        }
        assert!(known > 2);
    }

    #[test]
    fn a_debt_that_is_paid_is_of_the_accounts_pool_or_of_the_fund_that_pays() {
        let told = |account| {
            let event = Event::DeficitCovered { account, by: Cover::Fund, amount: Quote(1) };
            pool_concerned(&event, |account| (account.0 < 5).then_some(PoolId(1)))
        };
        let fund = |pool| AccountId(FUND_ACCOUNT - pool);
        assert_eq!([told(AccountId(4)), told(AccountId(5))], [Some(PoolId(1)), None]);
        assert_eq!([told(fund(0)), told(fund(2))], [Some(PoolId(0)), Some(PoolId(2))]);
        assert_eq!([told(fund(MAX_POOLS.into())), told(AccountId(u32::MAX))], [None, None]);
    }
}
