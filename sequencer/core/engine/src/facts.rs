//! Reading facts that are known to exist: an account that was found, a market that was entered.

use ballast_state::{
    Account, Custody, Market, Pool, Position, Queued, State, Trader, TraderBook, Venue, account_index,
    queue_index,
};
use ballast_types::{
    AccountId, AssetId, AssetParams, Lots, MarketId, PoolId, PriceTicks, RejectCode, Rejection, SizeLots,
};

/// Whether the account was ever opened.
pub(crate) fn has_account(state: &State, id: AccountId) -> bool {
    id.0 < state.chain.accounts
}

/// Whether the market was ever listed.
pub(crate) fn has_market(state: &State, id: MarketId) -> bool {
    id.0 < state.chain.markets
}

/// Whether genesis listed the pool.
pub(crate) const fn has_pool(state: &State, id: PoolId) -> bool {
    id.0 < state.genesis.pools
}

#[inline]
pub(crate) fn account(state: &State, id: AccountId) -> &Account {
    state.accounts.get(account_index(id)).expect("ids of accounts are dense (INV-35)")
}

pub(crate) fn account_mut(state: &mut State, id: AccountId) -> &mut Account {
    state.accounts.get_mut(account_index(id)).expect("ids of accounts are dense (INV-35)")
}

#[inline]
pub(crate) fn trader(state: &State, id: AccountId) -> &Trader {
    state.traders.get(account_index(id)).expect("every account has a trader (INV-35)")
}

pub(crate) fn trader_mut(state: &mut State, id: AccountId) -> &mut Trader {
    state.traders.get_mut(account_index(id)).expect("every account has a trader (INV-35)")
}

#[inline]
pub(crate) fn market(state: &State, id: MarketId) -> &Market {
    state.markets.get(u32::from(id.0)).expect("ids of markets are dense (INV-35)")
}

pub(crate) fn market_mut(state: &mut State, id: MarketId) -> &mut Market {
    state.markets.get_mut(u32::from(id.0)).expect("ids of markets are dense (INV-35)")
}

pub(crate) fn venue(state: &State, id: MarketId) -> &Venue {
    state.venues.get(u32::from(id.0)).expect("every market has a venue (INV-35)")
}

pub(crate) fn venue_mut(state: &mut State, id: MarketId) -> &mut Venue {
    state.venues.get_mut(u32::from(id.0)).expect("every market has a venue (INV-35)")
}

/// Orders traded `lots` in the market now, the last at `price`.
pub(crate) fn note_trade(state: &mut State, id: MarketId, price: PriceTicks, lots: SizeLots) {
    let now = state.chain.time;
    let venue = venue_mut(state, id);
    (venue.pricing.last, venue.pricing.traded) = (price, now);
    venue.breakers.note_trade(now, lots);
}

pub(crate) fn pool(state: &State, id: PoolId) -> &Pool {
    state.pools.get(u32::from(id.0)).expect("pools exist from the genesis")
}

pub(crate) fn pool_mut(state: &mut State, id: PoolId) -> &mut Pool {
    state.pools.get_mut(u32::from(id.0)).expect("pools exist from the genesis")
}

/// What genesis says of an asset beside USDC; none of USDC and of what it did not list.
pub(crate) fn asset(state: &State, id: AssetId) -> Option<&AssetParams> {
    state.genesis.assets.get(id.place()?)
}

/// What arrived and left of an asset that genesis lists.
pub(crate) fn custody(state: &State, id: AssetId) -> &Custody {
    id.place().and_then(|place| state.chain.custody.get(place)).expect("it is listed (INV-95)")
}

pub(crate) fn custody_mut(state: &mut State, id: AssetId) -> &mut Custody {
    id.place().and_then(|place| state.chain.custody.get_mut(place)).expect("it is listed (INV-95)")
}

/// What waits with a ticket that is not over.
pub(crate) fn queued(state: &State, pool: PoolId, ticket: u64) -> &Queued {
    state.queues.get(queue_index(pool, ticket)).expect("what waits is in its queue (INV-68)")
}

/// Whether a list names accounts that exist, at least one and at most `most`, each once and ascending.
///
/// # Errors
/// In this order: [`RejectCode::TooManyItems`], [`RejectCode::UnsortedPrices`], [`RejectCode::UnknownAccount`].
pub(crate) fn check_list(state: &State, accounts: &[AccountId], most: usize) -> Result<(), Rejection> {
    if accounts.len() > most {
        return Err(Rejection::new(RejectCode::TooManyItems, accounts.len() as i128, most as i128));
    }
    if accounts.is_empty() || !accounts.is_sorted_by(|a, b| a < b) {
        return Err(RejectCode::UnsortedPrices.into());
    }
    match accounts.iter().find(|id| !has_account(state, **id)) {
        Some(id) => Err(Rejection::new(RejectCode::UnknownAccount, id.0, state.chain.accounts)),
        None => Ok(()),
    }
}

/// The account's position in a market, if it has one.
#[inline]
pub(crate) fn position(account: &Account, market: MarketId) -> Option<&Position> {
    let place = account.positions.binary_search_by_key(&market, |position| position.market).ok()?;
    account.positions.get(place)
}

/// Lots of the account's position in a market, with their sign; 0 without one.
pub(crate) fn held(state: &State, id: AccountId, market: MarketId) -> Lots {
    position(account(state, id), market).map_or(Lots::ZERO, |position| position.size)
}

/// What the trader said of his leverage in a market; 0 when nothing.
#[inline]
pub(crate) fn leverage(trader: &Trader, market: MarketId) -> u16 {
    let place = trader.seldom.leverages.binary_search_by_key(&market, |leverage| leverage.market);
    place.map_or(0, |place| trader.seldom.leverages[place].times)
}

/// The trader's standing in a market, if it has a position or an order there.
pub(crate) fn trader_book(trader: &Trader, market: MarketId) -> Option<&TraderBook> {
    let place = trader.books.binary_search_by_key(&market, |book| book.market).ok()?;
    trader.books.get(place)
}
