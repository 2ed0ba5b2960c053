//! What an account that lacks initial margin may still do (risk.md 3.10).

use crate::{exposure::Exposure, requirement::reach, summary::Summary, wide::product};
use ballast_types::{Lots, SizeLots};

/// An account's position and open orders in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Signed position.
    pub size: Lots,
    /// Sum of the open bids.
    pub bid_lots: SizeLots,
    /// Sum of the open asks.
    pub ask_lots: SizeLots,
}

impl From<&Exposure<'_>> for Standing {
    fn from(exposure: &Exposure<'_>) -> Self {
        Self { size: exposure.size, bid_lots: exposure.bid_lots, ask_lots: exposure.ask_lots }
    }
}

impl Standing {
    /// Size without sign of the largest position that the open orders can make, or that there is.
    #[must_use]
    pub fn lots(&self) -> SizeLots {
        reach(self.size, self.bid_lots, self.ask_lots)
    }

    /// Whether `after` is no more risk than this: the position neither grows nor changes its sign, and neither
    /// could the orders make a larger one than before.
    ///
    /// The last part is not in risk.md 3.10, which speaks of positions: without it an account that lacks margin
    /// could go on placing orders that rest.
    fn contains(self, after: Self) -> bool {
        let (q, next) = (self.size.0, after.size.0);
        let same_side = next == 0 || (q > 0) == (next > 0);
        same_side && next.unsigned_abs() <= q.unsigned_abs() && after.lots() <= self.lots()
    }
}

/// Whether an action of a user may stand, given the account `before` and `after` it and the standings before
/// and after in each market that it changed.
///
/// Yes when the account meets initial margin afterwards. Else only when no standing takes more risk and its
/// health, `E / MMR`, does not fall: `E' * MMR >= E * MMR'`, compared exactly. Both summaries are at the same
/// prices. That an account below maintenance is left to liquidation is for the caller to see to.
#[must_use]
pub fn transition_allowed(
    before: &Summary,
    after: &Summary,
    changes: impl IntoIterator<Item = (Standing, Standing)>,
) -> bool {
    after.meets_initial()
        || (changes.into_iter().all(|(from, to)| from.contains(to))
            && product(after.equity, before.maintenance) >= product(before.equity, after.maintenance))
}

#[cfg(test)]
mod tests;
