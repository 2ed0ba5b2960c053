//! Assets beside USDC: what genesis says of each.

use crate::{
    ids::{AssetId, MarketId},
    limits::{MAX_AMOUNT, MAX_UNITS_PER_LOT},
    market::is_symbol,
    units::{Millis, Ppm, Quote, Units},
};
use alloc::string::String;
use borsh::{BorshDeserialize, BorshSerialize};

/// An asset beside USDC, which the exchange holds in custody and pays out in kind.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct AssetParams {
    /// Ticker, such as `ETH`; 1 to 16 ASCII bytes.
    pub symbol: String,
    /// Least that may be withdrawn, unless it is all that an account holds: 1 to 2^60.
    pub minimum: Units,
    /// What it counts for as margin; for nothing where this is not said.
    pub collateral: Option<Collateral>,
}

/// What an asset counts for as margin, and how much of it may be held (risk.md 3.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Collateral {
    /// The market of pool 0 whose index is its price.
    pub market: MarketId,
    /// How many units are what a lot of that market is worth: 1 to 2^40.
    pub units_per_lot: Units,
    /// Least part of its value that does not count, `hc_floor`, at most 10^6.
    pub haircut: Ppm,
    /// How that part grows with the root of what is held, `c` of the size discount, in millionths for each root of a USDC; at
    /// most 10^6.
    pub size_factor: Ppm,
    /// From when on it counts: a thirtieth of its value more with each day.
    pub since: Millis,
    /// Most that it counts for on one account, in u: 1 to 2^60.
    pub most: Quote,
    /// Most that all accounts may hold; what is deposited beyond it goes back: 1 to 2^60.
    pub total: Units,
}

impl Collateral {
    /// Whether the terms are consistent; the reason when they are not. Whether there is such a market is not looked at.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn check(&self) -> Result<(), &'static str> {
        let rules = [
            ((1..=MAX_UNITS_PER_LOT).contains(&self.units_per_lot.0), "units_per_lot: 1 to 2^40"),
            (self.haircut <= Ppm::WHOLE, "haircut: at most 10^6"),
            (self.size_factor <= Ppm::WHOLE, "size_factor: at most 10^6"),
            ((1..=MAX_AMOUNT).contains(&self.most.0), "most: 1 to 2^60"),
            (self.total.is_valid(), "total: 1 to 2^60"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(rule))
    }
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
        self.collateral.map_or(Ok(()), |collateral| collateral.check())
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
        let check = |symbol: &str, minimum| {
            AssetParams { symbol: symbol.into(), minimum: Units(minimum), collateral: None }.check()
        };
        assert_eq!(check("ETH", 1), Ok(()));
        assert_eq!(check("0123456789abcdef", 1 << 60), Ok(()));
        let (symbol, minimum) = (Err("symbol: 1 to 16 ASCII bytes"), Err("minimum: 1 to 2^60"));
        assert_eq!((check("", 1), check("0123456789abcdefg", 1), check("ETħ", 1)), (symbol, symbol, symbol));
        assert_eq!((check("ETH", 0), check("ETH", (1 << 60) + 1)), (minimum, minimum));
    }

    #[test]
    fn what_counts_as_margin_is_bounded() {
        let most = Collateral {
            market: MarketId(0),
            units_per_lot: Units(1 << 40),
            haircut: Ppm(1_000_000),
            size_factor: Ppm(1_000_000),
            since: Millis(u64::MAX),
            most: Quote(1 << 60),
            total: Units(1 << 60),
        };
        assert_eq!(most.check(), Ok(()));
        let wrong = [
            (Collateral { units_per_lot: Units(0), ..most }, "units_per_lot: 1 to 2^40"),
            (Collateral { units_per_lot: Units((1 << 40) + 1), ..most }, "units_per_lot: 1 to 2^40"),
            (Collateral { haircut: Ppm(1_000_001), ..most }, "haircut: at most 10^6"),
            (Collateral { size_factor: Ppm(1_000_001), ..most }, "size_factor: at most 10^6"),
            (Collateral { most: Quote(0), ..most }, "most: 1 to 2^60"),
            (Collateral { most: Quote((1 << 60) + 1), ..most }, "most: 1 to 2^60"),
            (Collateral { total: Units(0), ..most }, "total: 1 to 2^60"),
        ];
        for (collateral, rule) in wrong {
            let params =
                AssetParams { symbol: "ETH".into(), minimum: Units(1), collateral: Some(collateral) };
            assert_eq!(params.check(), Err(rule));
        }
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
