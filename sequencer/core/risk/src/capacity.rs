//! What open interest a market can bear (risk.md 3.8 a).

use ballast_types::limits::MAX_PRICE;

/// What is traded of an asset elsewhere, in whole USDC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// What its circulating supply is worth that is not held for good.
    pub float: u64,
    /// What was traded of it in the last 24 hours.
    pub volume: u64,
    /// What books show within 1% of the price, on the thinner side.
    pub depth: u64,
}

impl Elsewhere {
    /// The open interest that it bears, in whole USDC: the least of 5% of the float, 25% of the volume and 20 times the depth, rounded down,
    /// within what a report may say: 1 to 2^40. For publishers: the exchange takes it at their word. Source: risk.md 3.8 a.
    #[must_use]
    pub fn capacity(&self) -> u64 {
        (self.float / 20).min(self.volume / 4).min(self.depth.saturating_mul(20)).clamp(1, MAX_PRICE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_bounds_it() {
        let of = |float, volume, depth| Elsewhere { float, volume, depth }.capacity();
        assert_eq!(of(2_000, 1_000, 1_000), 100);
        assert_eq!(of(2_000, 399, 1_000), 99);
        assert_eq!(of(2_000, 1_000, 4), 80);
        assert_eq!(of(19, 1_000, 1_000), 1);
        assert_eq!(of(u64::MAX, u64::MAX, u64::MAX), MAX_PRICE);
    }
}
