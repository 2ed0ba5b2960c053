//! What the fills of a forced order, or of all that are in one clearing, cost: a penalty where they are better than the zero price, and where they are worse
//! the fund adds what is missing (risk.md 5.5).

use ballast_risk::ladder::{ForcedFill, Health};
use ballast_state::{Market, State};
use ballast_types::{Lots, MarketId, PriceTicks, Rejection, SizeLots};

use crate::{fund, margin::holding};

/// Forced orders of a market, as far as their fills have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForcedOrder {
    /// Most that the fund may add, in u.
    pub(crate) claim: i128,
    /// What it has added.
    added: i128,
    /// What their accounts have paid, less what the fund has added.
    sum: i128,
}

impl ForcedOrder {
    /// Before the first fill in a market.
    pub(crate) fn new(state: &State, market: MarketId) -> Self {
        Self { claim: fund::claim(state, market), added: 0, sum: 0 }
    }

    /// What the account, which has `health` and holds `size` lots, pays when `lots` of it trade at `price`, and the order
    /// after it; `None` where the fund would have added more than its claim.
    pub(crate) fn after(
        &self,
        market: &Market,
        health: &Health,
        size: Lots,
        (price, lots): (PriceTicks, SizeLots),
    ) -> Option<(i128, Self)> {
        let holding = holding(market, size);
        let zero = ballast_risk::ladder::zero_price(health, &holding, lots);
        let forced = ForcedFill { side: holding.closing(), price, size: lots, zero };
        let fee = forced.settle(&market.params, market.params.class.liquidation().penalty).fund;
        let added = self.added + (-fee).max(0);
        (added <= self.claim).then_some((fee, Self { added, sum: self.sum + fee, ..*self }))
    }

    /// Whether the fund can take what the fills came to.
    ///
    /// # Errors
    /// [`RejectCode::Overflow`](ballast_types::RejectCode::Overflow)
    pub(crate) fn check(&self, state: &State, market: MarketId) -> Result<(), Rejection> {
        fund::check_settle(state, market, self.sum)
    }

    /// Moves the fund by what the fills came to, which was checked.
    pub(crate) fn settle(&self, state: &mut State, market: MarketId) {
        fund::settle(state, market, self.sum).expect("it was checked");
    }
}
