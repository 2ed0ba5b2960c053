//! A pool owes what nobody paid for a day: its markets settle, its accounts become cash, and whoever leaves is paid by one ratio.

use alloc::vec::Vec;

use ballast_state::{Pool, Stage, State};
use ballast_types::{
    AccountId, Cover, Event, MarketId, Millis, PoolId, Quote, RejectCode, Rejection,
    limits::{FUND_ACCOUNT, MAX_AMOUNT, MAX_SETTLED, RATIO_WHOLE, SETTLEMENT_MS},
    math::mul_div_floor,
};

use super::{
    market::{Cause, end},
    positions::cash_in,
};
use crate::{exchange::Exchange, facts, fund, liquidate::cover};

/// Whether `Resolve` would be taken at `time`.
#[must_use]
pub fn can_resolve(state: &State, time: Millis, pool: PoolId) -> bool {
    check_pool(state, time, pool).is_ok()
}

/// # Errors
/// [`RejectCode::UnknownPool`]; [`RejectCode::NothingDue`] when the pool does not owe for so long, or was resolved.
pub(crate) fn check_pool(state: &State, time: Millis, pool: PoolId) -> Result<(), Rejection> {
    if !facts::has_pool(state, pool) {
        return Err(Rejection::new(RejectCode::UnknownPool, pool.0, state.genesis.pools));
    }
    let Pool { deficit, resolution, .. } = facts::pool(state, pool);
    let is_due = match resolution.stage {
        Stage::Open => *deficit > Quote::ZERO && time.since(resolution.owes_since) >= SETTLEMENT_MS,
        Stage::Settling { .. } => true,
        Stage::Resolved { .. } => false,
    };
    if is_due { Ok(()) } else { Err(RejectCode::NothingDue.into()) }
}

/// Takes the resolution of the pool a step further.
///
/// # Errors
/// As [`check_pool`].
pub(crate) fn resolve(x: &mut Exchange, pool: PoolId, events: &mut Vec<Event>) -> Result<(), Rejection> {
    if facts::has_pool(&x.state, pool) {
        x.load_pool(pool);
    }
    check_pool(&x.state, x.now(), pool)?;
    let stage = match facts::pool(&x.state, pool).resolution.stage {
        Stage::Settling { next } => go_on(x, pool, next, events),
        Stage::Open | Stage::Resolved { .. } => begin(x, pool, events),
    };
    facts::pool_mut(&mut x.state, pool).resolution.stage = stage;
    Ok(())
}

/// The resolution begins, where the fund cannot pay what the pool owes: else that is paid, and the pool stays open.
fn begin(x: &mut Exchange, pool: PoolId, events: &mut Vec<Event>) -> Stage {
    let amount = fund::pay_deficit(&mut x.state, pool);
    if amount > Quote::ZERO {
        let account = AccountId(FUND_ACCOUNT - u32::from(pool.0));
        events.push(Event::DeficitCovered { account, by: Cover::Fund, amount });
    }
    if facts::pool(&x.state, pool).deficit == Quote::ZERO {
        return Stage::Open;
    }
    events.push(Event::ResolutionBegan { pool });
    for market in (0..x.state.chain.markets).map(MarketId) {
        x.state.markets.load(u32::from(market.0));
        let listed = facts::market(&x.state, market);
        if listed.pool == pool && listed.settlement.is_none() {
            x.state.venues.load(u32::from(market.0));
            end(x, market, Cause::Pool, events);
        }
    }
    Stage::Settling { next: AccountId(0) }
}

/// Of the next accounts those of the pool become cash, and what they owe is covered.
fn go_on(x: &mut Exchange, pool: PoolId, next: AccountId, events: &mut Vec<Event>) -> Stage {
    let accounts = x.state.chain.accounts;
    let end = next.0.saturating_add(MAX_SETTLED as u32).min(accounts);
    for account in (next.0..end).map(AccountId) {
        x.load_account(account);
        if facts::account(&x.state, account).pool == pool {
            cash(x, account, events);
        }
    }
    if end < accounts {
        return Stage::Settling { next: AccountId(end) };
    }
    let ratio = ratio(facts::pool(&x.state, pool));
    events.push(Event::PoolResolved { pool, ratio });
    Stage::Resolved { ratio }
}

fn cash(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) {
    for position in facts::account(&x.state, account).positions.clone() {
        x.state.venues.load(u32::from(position.market.0));
        cash_in(&mut x.state, account, position.market, events);
    }
    cover(x, account, events);
    let debt = facts::account(&x.state, account).cash.0.min(0).saturating_neg();
    let pool = facts::account(&x.state, account).pool;
    let ledger = facts::pool_mut(&mut x.state, pool);
    ledger.debts = Quote(ledger.debts.0.saturating_add(debt).min(MAX_AMOUNT));
}

/// What of its cash everybody is paid: what is there, of what all have. Fund and fees stand behind them.
fn ratio(pool: &Pool) -> u32 {
    let [deficit, fees, fund] = [pool.deficit, pool.fees, pool.fund].map(|amount| i128::from(amount.0));
    let claims = pool.held() + deficit - fees - fund + i128::from(pool.debts.0);
    if claims <= pool.held() {
        return RATIO_WHOLE;
    }
    let ratio = mul_div_floor(pool.held(), RATIO_WHOLE.into(), claims);
    u32::try_from(ratio).unwrap_or(RATIO_WHOLE)
}
