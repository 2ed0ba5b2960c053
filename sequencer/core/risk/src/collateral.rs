//! What a holding of another asset counts for as margin, and how much of it pays what its account owes (risk.md 3.6, 5.9).
//!
//! A holding is at most 2^60 units and a lot at most 2^60 u, so their product is below 2^120; a debt of 2^61 u, in millionths
//! and times the units that a lot is worth, at most 2^121. A holding counts for at most 2^60 u.

use crate::fraction::fraction_floor;
use ballast_types::{
    Collateral, Ppm, Units,
    limits::{COLLATERAL_DAYS, INITIAL_HAIRCUT, MAX_AMOUNT, PPM},
    math::{mul_div_ceil, mul_div_floor},
};

/// What is lost at most when a value is rounded, in u: its amount, then what is cut off.
const ROUNDED: i128 = 2;
/// Nothing that is held counts for more, in u.
const MOST_OWED: i128 = 1 << 61;
/// The curve of the size discount, `1.1 - 1.1 / (1 + s)`, in millionths.
const CURVE: i128 = 1_100_000;

/// What the holdings of an account count for, in u: nothing of it is USDC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backing {
    /// `sum V`: what they are worth as equity.
    pub value: i128,
    /// `sum V_IM`: what they are worth where new risk is taken; at most `value`.
    pub initial: i128,
    /// What of `value` still has a price that moves: a market that settled is none.
    pub live: i128,
}

impl Backing {
    /// Nothing is held that counts.
    pub const NONE: Self = Self { value: 0, initial: 0, live: 0 };

    /// The most that may be owed before holdings are sold: half of what is live, rounded down (risk.md 3.6).
    #[must_use]
    pub const fn debt_limit(&self) -> i128 {
        self.live.div_euclid(2)
    }
}

impl core::ops::Add for Backing {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            initial: self.initial + other.initial,
            live: self.live + other.live,
        }
    }
}

impl core::ops::Sub for Backing {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            value: self.value - other.value,
            initial: self.initial - other.initial,
            live: self.live - other.live,
        }
    }
}

/// An asset that counts as margin, at the prices of now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pledge<'a> {
    /// What genesis says of it.
    pub terms: &'a Collateral,
    /// What a lot of its market is worth at `P_j`, in u: 0 to 2^60; 0 before its market had a price.
    pub lot_value: i128,
    /// What the market's index may lose in a day, as far as it is in force.
    pub haircut: Ppm,
    /// The same for initial margin: at least that.
    pub haircut_initial: Ppm,
    /// For how many days it has counted, at most [`COLLATERAL_DAYS`].
    pub days: u64,
    /// Whether the market settled.
    pub settled: bool,
}

impl Pledge<'_> {
    /// What `held` units count for.
    #[must_use]
    pub fn backing(&self, held: Units) -> Backing {
        let (gross, haircut) = (self.gross(held), self.haircut_of(held));
        let value = self.counted(gross, haircut);
        if self.settled {
            return Backing { value, ..Backing::NONE };
        }
        let initial = self.haircut_initial.max(haircut).0 + INITIAL_HAIRCUT;
        Backing { value, initial: self.counted(gross, Ppm(initial).min(Ppm::WHOLE)), live: value }
    }

    /// How much of `held` pays a debt of so many u, above 0: all of it where it does not reach, nothing where it
    /// has no price.
    #[must_use]
    pub fn to_sell(&self, held: Units, debt: i128) -> Units {
        let haircut = self.haircut_of(held);
        let each = self.lot_value * i128::from(PPM - i64::from(haircut.0));
        if each == 0 {
            return Units::ZERO;
        }
        let debt = debt.min(MOST_OWED) + ROUNDED;
        let needed = mul_div_ceil(debt * i128::from(PPM), self.terms.units_per_lot.0.into(), each);
        u64::try_from(needed).map_or(held, |needed| held.min(Units(needed)))
    }

    /// What `sold` of `held` units bring, in u: `P_j * (1 - hc_j)` each, with the haircut of all that was held. Equity does not
    /// fall by it.
    ///
    /// # Panics
    /// When more is sold than was held: a caller's bug.
    #[must_use]
    pub fn proceeds(&self, held: Units, sold: Units) -> i128 {
        let haircut = self.haircut_of(held);
        let left = held.checked_sub(sold).expect("no more is sold than is held");
        self.after_haircut(self.gross(held), haircut) - self.after_haircut(self.gross(left), haircut)
    }

    /// The part of the value of `held` units that does not count, `hc_j`.
    #[must_use]
    pub fn haircut_of(&self, held: Units) -> Ppm {
        let own = self.haircut.max(self.terms.haircut).max(self.size_haircut(self.gross(held)));
        own.min(Ppm::WHOLE)
    }

    /// The amount at the price, in u, rounded down; at most 2^60.
    fn gross(&self, held: Units) -> i128 {
        mul_div_floor(held.0.into(), self.lot_value, self.terms.units_per_lot.0.into()).min(MAX_AMOUNT.into())
    }

    /// What counts of it: after the haircut, as many thirtieths as days, and no more than `most`.
    fn counted(&self, gross: i128, haircut: Ppm) -> i128 {
        let value = self.after_haircut(gross, haircut);
        mul_div_floor(value, self.days.into(), COLLATERAL_DAYS.into()).min(self.terms.most.0.into())
    }

    fn after_haircut(&self, gross: i128, haircut: Ppm) -> i128 {
        fraction_floor(gross, Ppm(Ppm::WHOLE.0 - haircut.0))
    }

    /// `1.1 - 1.1 / (1 + c * isqrt(n_usd))`, rounded up to a ppm: what is large is sold at a worse price.
    fn size_haircut(&self, gross: i128) -> Ppm {
        let dollars = gross.div_euclid(PPM.into());
        let root = dollars.unsigned_abs().isqrt().cast_signed();
        let whole = i128::from(PPM) + i128::from(self.terms.size_factor.0) * root;
        // At most 1.1 * 10^6.
        Ppm((CURVE - mul_div_floor(CURVE, PPM.into(), whole)) as u32)
    }
}

#[cfg(test)]
mod tests;
