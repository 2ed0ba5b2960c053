//! What fills add up to: the fees of the pool, and the open interest.

use ballast_state::State;
use ballast_types::{MarketId, Quote, RejectCode, Rejection, SizeLots};

use crate::{facts, fund, standing::Standing};

/// What the fills of one input leave besides their accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Fees of the pool after.
    fees: Quote,
    /// What it owes after: they pay that first.
    deficit: Quote,
    pub(crate) open_interest: SizeLots,
}

impl Totals {
    /// With these fees paid in `market`, rebates below zero, and with everybody whose position changed as he stands
    /// after.
    ///
    /// # Errors
    /// [`RejectCode::Overflow`].
    pub(crate) fn after<'a>(
        state: &State,
        market: MarketId,
        paid: impl Iterator<Item = Quote>,
        standings: impl Iterator<Item = &'a Standing>,
    ) -> Result<Self, Rejection> {
        let pool = facts::pool(state, facts::market(state, market).pool);
        let (fees, deficit) = fund::with_fees(pool, paid.map(|fee| i128::from(fee.0)).sum())?;
        let mut total = i128::from(facts::venue(state, market).open_interest.0);
        for after in standings {
            let before = Standing::of(state, after.account, market);
            total += after.long_lots() - before.long_lots();
        }
        Ok(Self {
            fees,
            deficit,
            open_interest: u64::try_from(total).map(SizeLots).map_err(|_| RejectCode::Overflow)?,
        })
    }

    /// Writes them into the facts, where they differ.
    pub(crate) fn write(&self, state: &mut State, market: MarketId) {
        let pool = facts::market(state, market).pool;
        let ledger = facts::pool(state, pool);
        if (ledger.fees, ledger.deficit) != (self.fees, self.deficit) {
            fund::set_fees(state, pool, (self.fees, self.deficit));
        }
        if facts::venue(state, market).open_interest != self.open_interest {
            facts::venue_mut(state, market).open_interest = self.open_interest;
        }
    }
}
