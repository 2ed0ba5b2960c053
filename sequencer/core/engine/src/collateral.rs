//! What accounts hold of other assets as margin (risk.md 3.6): at which prices, and how it is sold for what they owe (5.9).

mod price;
mod sale;
mod way_out;

use alloc::vec::Vec;

use ballast_risk::{Backing, Pledge};
use ballast_state::{Account, Holding, Market, State};
use ballast_types::{
    AccountId, AssetId, Lots, MarketId, Millis,
    limits::{COLLATERAL_DAYS, FUND_DAY_MS},
};

use crate::{exchange::Exchange, facts, oracle};
pub(crate) use price::{day_of, hour_over, minute_over, terms, told};
pub(crate) use sale::{could_sell, sell, sell_all_owed};
pub(crate) use way_out::most;

/// What the account, which is loaded, has as margin besides USDC.
#[inline]
pub(crate) fn backing(state: &State, account: AccountId) -> Backing {
    let account = facts::account(state, account);
    // Few hold anything, and this is asked of every order.
    if account.holdings.is_empty() { Backing::NONE } else { backing_of(state, account) }
}

/// What an account has as margin besides USDC. For an exchange that is held whole, or an account that was loaded.
///
/// # Panics
/// When genesis prices an asset by a market that there is not: a mistake of the caller.
#[must_use]
pub fn backing_of(state: &State, account: &Account) -> Backing {
    let count = |Holding { asset, amount }| pledge(state, asset).map(|pledge| pledge.backing(amount));
    account.holdings.iter().filter_map(count).fold(Backing::NONE, |sum, one| sum + one)
}

/// An asset as it counts now; `None` where it never does.
#[must_use]
pub fn pledge(state: &State, asset: AssetId) -> Option<Pledge<'_>> {
    let terms = facts::asset(state, asset)?.collateral.as_ref()?;
    let market = facts::market(state, terms.market);
    Some(Pledge {
        terms,
        lot_value: collateral_value(market),
        haircut: market.haircut,
        haircut_initial: market.haircut_initial,
        days: (state.chain.time.since(terms.since) / FUND_DAY_MS).min(COLLATERAL_DAYS),
        settled: market.settlement.is_some(),
    })
}

/// What a lot of the market is worth at `P_j`, in u: at the lower of its index and of what that was in the last hour on average; at
/// which it settled, where it did.
#[must_use]
pub fn collateral_value(market: &Market) -> i128 {
    let (index, average) = (market.index, market.hour_average);
    let lower = if average.is_valid() { index.min(average) } else { index };
    let price = market.settlement.map_or(lower, |settlement| settlement.price);
    market.params.value(price, Lots(1))
}

/// What of the account's equity is at a price that is not believed at `time`, in u. The account was entered.
pub(crate) fn doubt(x: &Exchange, time: Millis, id: AccountId) -> i128 {
    let state = &x.state;
    let count = |Holding { asset, amount }| {
        let pledge = pledge(state, asset).filter(|it| !oracle::is_believed(state, time, it.terms.market))?;
        Some(pledge.backing(amount).value)
    };
    facts::account(state, id).holdings.iter().filter_map(count).sum()
}

/// Makes the markets readable, with their venues, whose price counts for what the account, which is loaded, holds.
pub(crate) fn load(state: &mut State, id: AccountId) {
    let markets: Vec<MarketId> = markets_of(state, facts::account(state, id)).collect();
    for market in markets {
        state.markets.load(u32::from(market.0));
        state.venues.load(u32::from(market.0));
    }
}

/// The markets whose price counts for what is held, ascending by asset; one may be told again.
pub fn markets_of<'a>(state: &'a State, account: &'a Account) -> impl Iterator<Item = MarketId> + 'a {
    account.holdings.iter().filter_map(|holding| Some(facts::asset(state, holding.asset)?.collateral?.market))
}

#[cfg(test)]
mod tests;
