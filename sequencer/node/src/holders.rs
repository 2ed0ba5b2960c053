//! Who a tear-up or a haircut must name: those with the largest positions, as the engine counts them.

use ballast_engine::largest_of_pool;
use ballast_state::State;
use ballast_types::{AccountId, MarketId, Millis, PoolId, limits::MAX_HOLDERS};

/// All with at least `2^k` lots on a side of a market, `k` the smallest with which they are not too many for a list, ids
/// ascending. Where too many are of the class of the largest, the first of them. It looks at every account.
pub(crate) fn holders(state: &State, market: MarketId, is_long: bool) -> Vec<AccountId> {
    let Some(venue) = state.venues.get(market.0.into()) else { return Vec::new() };
    let (class, most) = venue.holders.largest(is_long, MAX_HOLDERS);
    let all = (0..state.chain.accounts).map(AccountId);
    let large = all.filter(|id| {
        held(state, *id, market).is_some_and(|lots| (lots > 0) == is_long && lots.unsigned_abs() >> class > 0)
    });
    large.take(most).collect()
}

/// The same of both sides of all markets of a pool together that are sure. It looks at every account, where any is.
pub(crate) fn holders_of_pool(state: &State, time: Millis, pool: PoolId) -> Vec<AccountId> {
    let mut wanted = largest_of_pool(state, time, pool);
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut counts = |id: &AccountId| {
        let positions = state.accounts.get(id.0).map_or(&[][..], |account| &account.positions);
        let mut counts = false;
        for position in positions {
            let Some(side) = wanted.get_mut(&(position.market, position.size.0 > 0)) else { continue };
            if side.count > 0 && position.size.0.unsigned_abs() >> side.class > 0 {
                side.count -= 1;
                counts = true;
            }
        }
        counts
    };
    (0..state.chain.accounts).map(AccountId).filter(|id| counts(id)).collect()
}

/// Lots of the account's position in the market, with their sign.
pub(crate) fn held(state: &State, account: AccountId, market: MarketId) -> Option<i64> {
    let positions = &state.accounts.get(account.0)?.positions;
    let place = positions.binary_search_by_key(&market, |position| position.market).ok()?;
    Some(positions[place].size.0)
}
