//! Where an exit is due: until it is dealt with, the exchange goes on with no message of L1.

use ballast_state::State;
use ballast_types::{MarketId, Millis, PoolId};

use crate::{exchange::Exchange, facts, holdings, oracle::is_sure, pacing, settlement};

/// Pools are told behind all markets there could be.
const POOLS: i128 = 1 << 32;

/// Where an exit is due at `time`, if one is: the lowest market, or `2^32` and the lowest pool. For an exchange that is held
/// whole, or that loaded what exits wait for.
#[must_use]
pub fn due_exit(x: &Exchange, time: Millis) -> Option<i128> {
    let exits = &x.state.chain.exits;
    let markets = exits.markets.iter().map(|(market, _)| *market);
    let pools = exits.pools.iter().map(|(pool, _)| *pool);
    let market = markets.filter(|market| is_due(&x.state, time, *market)).map(|market| market.0.into());
    let pool = pools.filter(|pool| can_pay(x, *pool)).map(|pool| POOLS + i128::from(pool.0));
    market.chain(pool).next()
}

/// Makes the markets and pools readable in which accounts that exit wait.
pub(crate) fn load(x: &mut Exchange) {
    let State { chain, markets, venues, pools, .. } = &mut x.state;
    for (market, _) in &chain.exits.markets {
        markets.load(u32::from(market.0));
        venues.load(u32::from(market.0));
    }
    chain.exits.pools.iter().for_each(|(pool, _)| pools.load(u32::from(pool.0)));
}

/// Notes whether the market, which is whole at the end of a tick with a quorum, is closable for whoever exits and waits for it:
/// no silence of the prices takes that back, nor of too many publishers.
pub(crate) fn tick(x: &mut Exchange, market: MarketId) {
    if x.state.chain.exits.counts(market) {
        let is_closable = is_closable(&x.state, x.now(), market);
        x.state.chain.exits.find(market, is_closable);
    }
}

/// Whether somebody who exits is to be dealt with in a market in which he has a position.
fn is_due(state: &State, time: Millis, id: MarketId) -> bool {
    state.chain.exits.found.binary_search(&id).is_ok()
        || is_closable(state, time, id)
        || settlement::is_cashed(state, time, id)
}

/// Whether positions in the market, which was entered, can be closed at `time` for whoever exits: it goes on, and its price is
/// one that may be traded at.
#[must_use]
pub fn is_closable(state: &State, time: Millis, id: MarketId) -> bool {
    let market = facts::market(state, id);
    market.settlement.is_none() && is_sure(state, time, id)
}

/// Whether the pool, which is loaded, can pay whoever exits, whatever he holds besides. No pause holds him: else whoever sees to
/// it that somebody owes could let exits wait and go on with the inbox.
pub(super) fn can_pay(x: &Exchange, pool: PoolId) -> bool {
    let has_place = !pacing::is_paced(&x.state, pool) || pacing::check_queue(&x.state, pool).is_ok();
    facts::pool(&x.state, pool).may_pay() && holdings::has_room_for_all(x) && has_place
}
