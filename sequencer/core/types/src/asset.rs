//! Assets beside USDC: what genesis says of each.

use crate::{ids::AssetId, limits::MAX_AMOUNT, market::is_symbol, units::Units};
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};

/// An asset beside USDC, which the exchange holds in custody: it counts for no margin, and leaves in kind.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AssetParams {
    /// Ticker, such as `ETH`; 1 to 16 ASCII bytes.
    pub symbol: String,
    /// Least that may be withdrawn, unless it is all that an account holds: 1 to 2^60.
    pub minimum: Units,
}

impl AssetParams {
    /// Whether the parameters are consistent; the reason when they are not.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn check(&self) -> Result<(), &'static str> {
        if !is_symbol(&self.symbol) {
            return Err("symbol: 1 to 16 ASCII bytes");
        }
        if !self.minimum.is_valid() {
            return Err("minimum: 1 to 2^60");
        }
        Ok(())
    }
}

impl AssetId {
    /// The asset in which everything is traded and paid.
    pub const USDC: Self = Self(0);

    /// Place of the asset among those beside USDC; none of USDC.
    #[must_use]
    pub const fn place(self) -> Option<usize> {
        match self.0.checked_sub(1) {
            Some(place) => Some(place as usize),
            None => None,
        }
    }
}

impl Units {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whether it is an amount that somebody can hold: 1 to 2^60.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 >= 1 && self.0 <= MAX_AMOUNT.unsigned_abs()
    }

    /// The sum, or `None` above 2^60.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self).filter(|sum| sum.0 <= MAX_AMOUNT.unsigned_abs())
    }

    /// The difference, or `None` below 0.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_asset_may_be_called_and_its_least_are_bounded() {
        let check =
            |symbol: &str, minimum| AssetParams { symbol: symbol.into(), minimum: Units(minimum) }.check();
        assert_eq!(check("ETH", 1), Ok(()));
        assert_eq!(check("0123456789abcdef", 1 << 60), Ok(()));
        let (symbol, minimum) = (Err("symbol: 1 to 16 ASCII bytes"), Err("minimum: 1 to 2^60"));
        assert_eq!((check("", 1), check("0123456789abcdefg", 1), check("ETħ", 1)), (symbol, symbol, symbol));
        assert_eq!((check("ETH", 0), check("ETH", (1 << 60) + 1)), (minimum, minimum));
    }

    #[test]
    fn units_stay_within_their_bound() {
        let most = Units(1 << 60);
        assert_eq!(most.checked_add(Units::ZERO), Some(most));
        assert_eq!((most.checked_add(Units(1)), Units(u64::MAX).checked_add(Units(1))), (None, None));
        assert_eq!(
            (Units(1).checked_sub(Units(1)), Units(1).checked_sub(Units(2))),
            (Some(Units::ZERO), None)
        );
    }

    #[test]
    fn usdc_has_no_place_among_the_others() {
        assert_eq!((AssetId::USDC.place(), AssetId(1).place(), AssetId(7).place()), (None, Some(0), Some(6)));
    }
}
