//! What a notional would trade at on average, and how much there is to trade with.

use crate::book::Book;
use ballast_types::{PriceTicks, Side};

impl Book {
    /// Average price at which `notional`, in ticks times lots, trades against the resting orders of `side`: whole
    /// levels, best first, and of the last as many lots as are needed, rounded up to the lot. Selling into bids the
    /// average is rounded down to the tick, buying from asks up. `None` when the side has less. At a notional of 0 it
    /// is the best price. Source: risk.md 2.4.
    ///
    /// Only what orders show counts, as in [`Book::depth`]: neither the hidden part of an iceberg nor an order that
    /// waits for a clearing. Takes a step for each level that is reached.
    #[must_use]
    pub fn impact(&self, side: Side, notional: u128) -> Option<PriceTicks> {
        // A book is worth at most 2^20 orders of 2^46 lots at 2^40 ticks.
        let (mut left, mut value, mut lots) = (notional.max(1), 0, 0);
        for (price, queue) in self.sides[side].best_first() {
            let price = u128::from(price.0);
            let taken = queue.lots().min(left.div_ceil(price));
            value += taken * price;
            lots += taken;
            left = left.saturating_sub(taken * price);
            if left == 0 {
                let average = match side {
                    Side::Buy => value / lots,
                    Side::Sell => value.div_ceil(lots),
                };
                // Between the best and the worst price reached.
                return Some(PriceTicks(average as u64));
            }
        }
        None
    }

    /// Lots that the orders of `side` show at `limit` or better. Takes a step for each such level.
    #[must_use]
    pub fn shown_within(&self, side: Side, limit: PriceTicks) -> u128 {
        let reaches = |price: PriceTicks| match side {
            Side::Buy => price >= limit,
            Side::Sell => price <= limit,
        };
        let levels = self.sides[side].best_first().take_while(|(price, _)| reaches(*price));
        levels.map(|(_, queue)| queue.lots()).sum()
    }
}
