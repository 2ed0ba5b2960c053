//! Returns, volatilities and residuals are types (risk.md 1.1).

use ballast_types::PriceTicks;
use borsh::{BorshDeserialize, BorshSerialize};

/// A billion: one, in ppb.
const ONE: i128 = 1_000_000_000;

/// A price's relative change over an hour, in ppb: -10^9, all of it, to 3 * 10^9.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Return(pub i64);

/// The standard deviation of an hour's return, in ppb: 0 to 3 * 10^9.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Sigma(pub u64);

/// A return in millionths of the volatility known before it: at most 30 * 10^6 either way.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
pub struct Residual(pub i32);

impl Return {
    /// Nothing is left.
    pub const MIN: Self = Self(-1_000_000_000);
    /// Four times the price.
    pub const MAX: Self = Self(3_000_000_000);

    /// `(after - before) * 10^9 / before`, rounded down, clipped to [`Self::MIN`] and [`Self::MAX`]. A `before` of 0,
    /// which is no price, counts as one tick.
    #[must_use]
    pub fn between(before: PriceTicks, after: PriceTicks) -> Self {
        let from = i128::from(before.0.max(1));
        Self::clipped(((i128::from(after.0) - from) * ONE).div_euclid(from))
    }

    /// This many ppb, clipped to [`Self::MIN`] and [`Self::MAX`].
    #[must_use]
    pub fn clipped(ppb: i128) -> Self {
        // The bounds fit an i64.
        Self(ppb.clamp(Self::MIN.0.into(), Self::MAX.0.into()) as i64)
    }
}

impl Sigma {
    /// As large as a return may be.
    pub const MAX: Self = Self(3_000_000_000);
}

impl Residual {
    /// Thirty standard deviations.
    pub const MAX: Self = Self(30_000_000);

    /// This many millionths, clipped to 30 * 10^6 either way.
    #[must_use]
    pub fn clipped(millionths: i64) -> Self {
        let most = i64::from(Self::MAX.0);
        // The bounds fit an i32.
        Self(millionths.clamp(-most, most) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_rounds_down_and_is_clipped() {
        let between = |before, after| Return::between(PriceTicks(before), PriceTicks(after)).0;
        assert_eq!(between(100, 101), 10_000_000);
        assert_eq!(between(3, 4), 333_333_333);
        assert_eq!(between(3, 2), -333_333_334);
        assert_eq!(between(1, 5), 3_000_000_000);
        assert_eq!(between(1 << 40, 1), -1_000_000_000);
        assert_eq!(between(1, 1 << 40), 3_000_000_000);
        assert_eq!(between(0, 2), 1_000_000_000);
    }

    #[test]
    fn a_residual_is_at_most_thirty_deviations() {
        assert_eq!(Residual::clipped(i64::MIN), Residual(-30_000_000));
        assert_eq!(Residual::clipped(i64::MAX), Residual(30_000_000));
        assert_eq!(Residual::clipped(-7), Residual(-7));
    }
}
