//! Where accounts stand, by looking at each of them: the oracle that the node's index of accounts is compared with.

use ballast_risk::{Exposure, Summary, summarize};
use ballast_state::{Account, State};
use ballast_types::{AccountId, PriceTicks, Quote, SizeLots};

/// Where an account stands at the marks, its open orders aside.
///
/// # Panics
/// When a market of the account is not listed: the state is broken.
#[must_use]
pub fn stand(state: &State, account: &Account) -> Summary {
    let exposures = account.positions.iter().map(|held| {
        let market = state.markets.get(held.market.0.into()).expect("an account's markets are listed");
        Exposure {
            params: &market.params,
            initial: market.initial,
            maintenance: market.maintenance,
            mark: market.mark,
            average: PriceTicks(0),
            funding: market.funding,
            size: held.size,
            entry_funding: held.funding,
            basis: Quote::ZERO,
            bid_lots: SizeLots::ZERO,
            ask_lots: SizeLots::ZERO,
            settled: market.settlement.is_some(),
        }
    });
    summarize(account.cash, Quote::ZERO, 0, exposures)
}

/// Every account below maintenance, by id.
#[must_use]
pub fn below(state: &State) -> Vec<AccountId> {
    let holds = |account: &Account| !account.positions.is_empty() || account.cash < Quote::ZERO;
    let accounts = state.accounts.iter().filter(|(_, account)| holds(account));
    accounts
        .filter(|(_, account)| stand(state, account).is_below_maintenance())
        .map(|(id, _)| AccountId(id))
        .collect()
}
