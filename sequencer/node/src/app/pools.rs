//! What stands behind the accounts of a pool.

use super::margin::account_view;
use crate::wire::{Amount, PoolView};
use ballast_state::State;
use ballast_types::{Millis, PoolId};

/// Of a pool that exists, as it is at `now`.
pub(super) fn pool_view(state: &State, id: PoolId, now: Millis) -> Option<PoolView> {
    let pool = state.pools.get(u32::from(id.0))?;
    let protection = &pool.protection;
    let history = protection.history.at(now, pool.fund);
    let backstop = protection.backstop.and_then(|account| account_view(state, account));
    Some(PoolView {
        seq: state.chain.seq.0,
        pool: id.0,
        credited: Amount(pool.credited.0.into()),
        withdrawn: Amount(pool.withdrawn.0.into()),
        fees: Amount(pool.fees.0.into()),
        fund: Amount(pool.fund.0.into()),
        fund_target: Amount(protection.target.0.into()),
        fund_day_start: Amount(history.day_start.0.into()),
        fund_peak: Amount(history.highest().0.into()),
        deficit: Amount(pool.deficit.0.into()),
        backstop: protection.backstop.map(|account| account.0),
        backstop_equity: backstop.map_or(Amount(0), |account| account.equity),
        takeover_equity: Amount(protection.takeover_equity.0.into()),
        takeover_day: protection.takeover_day,
        transferred: Amount(pool.transferred.0.into()),
    })
}
