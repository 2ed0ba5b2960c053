//! At what an account that exits is closed by those who have no choice.

use ballast_risk::ladder::{self, Health, exit_price};
use ballast_types::{AccountId, MarketId, PriceTicks};

use crate::{
    exchange::Exchange,
    facts,
    margin::{holding, summary_of},
};

/// The exit price of what the account has in a market.
pub(super) fn price(x: &Exchange, account: AccountId, id: MarketId) -> PriceTicks {
    let market = facts::market(&x.state, id);
    exit_price(&holding(market, facts::held(&x.state, account, id)), market.average)
}

/// Whether the account can pay to be closed at `price` with all that it has in a market, which is something.
pub(super) fn bears(x: &Exchange, account: AccountId, id: MarketId, price: PriceTicks) -> bool {
    let (market, held) = (facts::market(&x.state, id), facts::held(&x.state, account, id));
    let health = Health::from(&summary_of(&x.state, account));
    ladder::bears(&health, &holding(market, held), held.abs(), price)
}
