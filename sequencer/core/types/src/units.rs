//! Units are types; only the arithmetic that makes sense exists (risk.md 1.1).

use crate::limits::{MAX_AMOUNT, MAX_PRICE, MAX_SIZE, PPM};
use borsh::{BorshDeserialize, BorshSerialize};
use core::fmt;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

unit!(
    /// A price in ticks of its market, 1 to 2^40. 0 stands for "none yet" where a price is stored.
    PriceTicks(u64)
);
unit!(
    /// An unsigned size in lots of its market, up to 2^46.
    SizeLots(u64)
);
unit!(
    /// A signed size in lots of its market: long above zero, short below; at most 2^46 either way.
    Lots(i64)
);
unit!(
    /// An amount of money in micro-USDC (u), at most 2^60 either way. Where an asset is named beside it, it is of that asset,
    /// in 10^-6 of a token: inputs and events carry amounts of USDC and of others in one field.
    Quote(i64)
);
unit!(
    /// What is held of an asset beside USDC, in 10^-6 of a token, at most 2^60. It is no money until something says what it is
    /// worth.
    Units(u64)
);
unit!(
    /// Parts in a million.
    Ppm(u32)
);
unit!(
    /// Parts in a million, either way.
    SignedPpm(i32)
);
unit!(
    /// Unix time in milliseconds.
    Millis(u64)
);

impl PriceTicks {
    /// Whether this is a price at all: 1 to [`MAX_PRICE`].
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 >= 1 && self.0 <= MAX_PRICE
    }
}

impl SizeLots {
    /// No size.
    pub const ZERO: Self = Self(0);

    /// Whether an order may have this size: 1 to [`MAX_SIZE`].
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.0 >= 1 && self.0 <= MAX_SIZE
    }
}

impl Lots {
    /// No position.
    pub const ZERO: Self = Self(0);

    /// The size without its sign.
    #[must_use]
    pub const fn abs(self) -> SizeLots {
        SizeLots(self.0.unsigned_abs())
    }
}

impl Ppm {
    /// All of it.
    pub const WHOLE: Self = Self(PPM as u32);
}

impl Quote {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// The sum, or `None` when it leaves the bound of 2^60.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::try_from_i128(i128::from(self.0) + i128::from(other.0))
    }

    /// The difference, or `None` when it leaves the bound of 2^60.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::try_from_i128(i128::from(self.0) - i128::from(other.0))
    }

    /// The amount, or `None` when it leaves the bound of 2^60.
    #[must_use]
    pub fn try_from_i128(value: i128) -> Option<Self> {
        let amount = i64::try_from(value).ok()?;
        (amount.unsigned_abs() <= MAX_AMOUNT.unsigned_abs()).then_some(Self(amount))
    }

    /// The same amount of an asset beside USDC; `None` unless it is 1 to 2^60.
    #[must_use]
    pub fn units(self) -> Option<Units> {
        u64::try_from(self.0).ok().map(Units).filter(|units| units.is_valid())
    }
}

impl From<Units> for Quote {
    /// As inputs and events carry it.
    fn from(units: Units) -> Self {
        // At most 2^60.
        Self(units.0.cast_signed())
    }
}

impl Millis {
    /// Milliseconds from `earlier` to here; 0 when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
