//! What the fills of a forced order cost: a penalty where they are better than the zero price, and where they are worse
//! the fund adds what is missing (risk.md 5.5).

use ballast_risk::ladder::{ForcedFill, Health, Holding};
use ballast_state::{Market, State};
use ballast_types::{Lots, MarketId, Ppm, Rejection};

use crate::{fund, matching::MakerFill};

/// A forced order, as far as its fills have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ForcedOrder {
    /// What a fill costs, as a part of its notional.
    pub(crate) penalty: Ppm,
    /// Most that the fund may add, in u.
    pub(crate) claim: i128,
    /// What it has added.
    added: i128,
    /// What the account has paid, less what the fund has added.
    sum: i128,
}

impl ForcedOrder {
    /// Before its first fill.
    pub(crate) const fn new(penalty: Ppm, claim: i128) -> Self {
        Self { penalty, claim, added: 0, sum: 0 }
    }

    /// What the account, which has `health` and holds `size` lots, pays for `fill`, and the order after it; `None` where
    /// the fund would have added more than its claim.
    pub(crate) fn after(
        &self,
        market: &Market,
        health: &Health,
        size: Lots,
        fill: &MakerFill,
    ) -> Option<(i128, Self)> {
        let holding = Holding { params: &market.params, mark: market.mark, size };
        let zero = ballast_risk::ladder::zero_price(health, &holding, fill.size);
        let forced = ForcedFill { side: holding.closing(), price: fill.maker.price, size: fill.size, zero };
        let fee = forced.settle(&market.params, self.penalty).fund;
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
