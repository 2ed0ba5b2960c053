//! What each account of a dead exchange is owed, and what it gets of it (risk.md 10.2).
//!
//! Exact: nothing rounds but the last step, down. The facts come from L1 and may be anything that a diff can say, also
//! what no engine would make of them. So positions are valued in 256 bits, and nothing here panics: an equity that does not fit an
//! `i128`, which the bounds of risk.md 1.1 exclude by far, stays at its end.

use crate::wide::{product, quotient_floor, widen};
use alloy_primitives::{I256, U256};
use ballast_types::{Lots, Ppm, PriceTicks, Quote, Units};

const MILLION: u32 = Ppm::WHOLE.0;

/// A position and what it is worth.
#[derive(Clone, Copy, Debug)]
pub struct Valued {
    /// Signed size.
    pub size: Lots,
    /// Price that it is valued at: of a market that settled that of its settlement, else its mark.
    pub price: PriceTicks,
    /// Cash of one lot at one tick, in u.
    pub kappa: u32,
    /// Funding index of the market, `F`, in u a lot.
    pub funding: i64,
    /// That at which the position last settled funding, `F0`.
    pub entry_funding: i64,
}

impl Valued {
    /// `q * X * kappa - q * (F - F0)`, in u: below 2^193.
    fn worth(&self) -> I256 {
        let each = i128::from(self.price.0) * i128::from(self.kappa);
        let due = i128::from(self.funding) - i128::from(self.entry_funding);
        product(self.size.0.into(), each) - product(self.size.0.into(), due)
    }
}

/// `E`: cash less the funding that is due, and the positions at their prices, in u.
#[must_use]
pub fn escape_equity(cash: Quote, positions: impl IntoIterator<Item = Valued>) -> i128 {
    let all = positions.into_iter().fold(widen(cash.0.into()), |sum, position| sum + position.worth());
    quotient_floor(all, I256::ONE)
}

/// An asset that stands for debts, and what it is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pledged {
    /// The price of its market, as positions there are valued.
    pub price: PriceTicks,
    /// Cash of one lot at one tick, in u.
    pub kappa: u32,
    /// How many units are what a lot is worth.
    pub units_per_lot: Units,
    /// Part of the value that does not count.
    pub haircut: Ppm,
}

impl Pledged {
    /// How much of `held` pays `owed` u, above 0, and what of it is then paid: all of it where that does not reach, and nothing
    /// where it is worth nothing.
    #[must_use]
    pub fn seize(&self, held: Units, owed: i128) -> (Units, i128) {
        let counted = U256::from(MILLION.saturating_sub(self.haircut.0));
        let each = U256::from(self.price.0) * U256::from(self.kappa) * counted;
        let whole = U256::from(MILLION) * U256::from(self.units_per_lot.0);
        if each.is_zero() || whole.is_zero() {
            return (Units::ZERO, 0);
        }
        let needed = (U256::from(owed.max(0).unsigned_abs()) * whole).div_ceil(each);
        let seized = u64::try_from(needed).map_or(held, |needed| held.min(Units(needed)));
        let paid = U256::from(seized.0) * each / whole;
        (seized, i128::try_from(paid).unwrap_or(i128::MAX))
    }
}

/// What all accounts of a pool are owed together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims(U256);

impl Claims {
    /// Of nobody.
    pub const NONE: Self = Self(U256::ZERO);

    /// With an account whose equity is `equity` u: below zero it is owed nothing.
    #[must_use]
    pub fn with(self, equity: i128) -> Self {
        Self(self.0 + U256::from(equity.max(0).unsigned_abs()))
    }

    /// The sum, in u.
    #[must_use]
    pub const fn sum(&self) -> U256 {
        self.0
    }

    /// What the account with `equity` u gets of `seized` units of an asset: as large a part as it is owed of what all are, rounded
    /// down. Together at most `seized`.
    #[must_use]
    pub fn share(&self, equity: i128, seized: u128) -> u64 {
        let equity = U256::from(equity.max(0).unsigned_abs());
        let share = (equity * U256::from(seized)).checked_div(self.0).unwrap_or_default();
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// What the account with `equity` u gets of a pool that holds `held` u: all of it where the pool has enough for
    /// everybody, else the same part as everybody, rounded down. At most `2^64 - 1`, and together at most `held`.
    #[must_use]
    pub fn part(&self, equity: i128, held: i128) -> u64 {
        let [equity, held] = [equity, held].map(|amount| U256::from(amount.max(0).unsigned_abs()));
        let part = if self.0 <= held { equity } else { equity * held / self.0 };
        u64::try_from(part).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;
    use proptest::prelude::*;

    fn claims(equities: &[i128]) -> Claims {
        equities.iter().fold(Claims::NONE, |claims, equity| claims.with(*equity))
    }

    #[test]
    fn a_position_is_worth_its_price_less_the_funding_that_is_due() {
        let long = Valued { size: Lots(3), price: PriceTicks(50), kappa: 10, funding: 7, entry_funding: 5 };
        let short = Valued { size: Lots(-2), ..long };
        assert_eq!(escape_equity(Quote(100), [long]), 100 + 3 * 50 * 10 - 3 * 2);
        assert_eq!(escape_equity(Quote(100), [short]), 100 - 2 * 50 * 10 + 2 * 2);
        assert_eq!(escape_equity(Quote(-5), [long, short]), -5 + 500 - 2);
        assert_eq!(escape_equity(Quote(-5), []), -5);
    }

    /// A lot of 100 units at 50 ticks of 10 u, a tenth of which does not count: a unit is worth 4.5 u.
    fn pledged() -> Pledged {
        Pledged { price: PriceTicks(50), kappa: 10, units_per_lot: Units(100), haircut: Ppm(100_000) }
    }

    #[test]
    fn as_much_is_seized_as_pays_what_is_owed() {
        let it = pledged();
        assert_eq!(it.seize(Units(1_000), 45), (Units(10), 45));
        assert_eq!(it.seize(Units(1_000), 46), (Units(11), 49), "rounded against who owes");
        assert_eq!(it.seize(Units(10), 46), (Units(10), 45));
        assert_eq!(it.seize(Units(1_000), 0), (Units(0), 0));
        let nothing = [
            Pledged { price: PriceTicks(0), ..it },
            Pledged { haircut: Ppm(1_000_000), ..it },
            Pledged { haircut: Ppm(u32::MAX), ..it },
            Pledged { units_per_lot: Units(0), ..it },
        ];
        for it in nothing {
            assert_eq!(it.seize(Units(1_000), 45), (Units(0), 0), "{it:?}");
        }
        let most = Pledged {
            price: PriceTicks(u64::MAX),
            kappa: u32::MAX,
            haircut: Ppm(0),
            units_per_lot: Units(1),
        };
        assert_eq!(most.seize(Units(u64::MAX), i128::MAX).1, i128::MAX);
        let least =
            Pledged { price: PriceTicks(1), kappa: 1, haircut: Ppm(999_999), units_per_lot: Units(u64::MAX) };
        assert_eq!(least.seize(Units(u64::MAX), i128::MAX), (Units(u64::MAX), 0));
    }

    #[test]
    fn what_was_seized_is_shared_by_what_is_owed() {
        let claims = claims(&[70, -50, 30]);
        assert_eq!([70, -50, 30].map(|equity| claims.share(equity, 101)), [70, 0, 30]);
        assert_eq!(Claims::NONE.share(5, 101), 0, "nobody is owed anything");
        assert_eq!(claims.share(70, u128::MAX), u64::MAX);
    }

    #[test]
    fn who_owes_takes_nothing_away_from_what_others_are_owed() {
        let claims = claims(&[70, -50, 30]);
        assert_eq!(claims.sum(), U256::from(100));
        assert_eq!([70, -50, 30].map(|equity| claims.part(equity, 100)), [70, 0, 30]);
        assert_eq!([70, -50, 30].map(|equity| claims.part(equity, 99)), [69, 0, 29]);
        assert_eq!([70, -50, 30].map(|equity| claims.part(equity, 0)), [0; 3]);
        assert_eq!([70, -50, 30].map(|equity| claims.part(equity, -4)), [0; 3]);
    }

    #[test]
    fn the_ends_of_every_number_are_no_panic() {
        let most = Valued {
            size: Lots(i64::MIN),
            price: PriceTicks(u64::MAX),
            kappa: u32::MAX,
            funding: i64::MAX,
            entry_funding: i64::MIN,
        };
        assert_eq!(escape_equity(Quote(i64::MIN), [most; 32]), i128::MIN);
        assert_eq!(escape_equity(Quote(i64::MAX), [Valued { size: Lots(i64::MAX), ..most }; 32]), i128::MAX);
        assert_eq!(claims(&[i128::MAX]).part(i128::MAX, i128::MAX), u64::MAX);
        assert_eq!(claims(&[i128::MAX; 3]).part(i128::MAX, 6), 2);
    }

    proptest! {
        #[test]
        fn all_get_the_same_part_and_together_no_more_than_there_is(
            equities in prop::collection::vec(prop_oneof![-1_000..1_000_i128, any::<i64>().prop_map(i128::from)], 1..40),
            held in prop_oneof![0..2_000_i128, 0..i128::from(i64::MAX)],
        ) {
            let claims = claims(&equities);
            let parts: Vec<_> = equities.iter().map(|equity| claims.part(*equity, held)).collect();
            let total: u128 = parts.iter().map(|part| u128::from(*part)).sum();
            prop_assert!(total <= held.unsigned_abs());
            let owed: i128 = equities.iter().map(|equity| (*equity).max(0)).sum();
            for (equity, part) in equities.iter().zip(&parts) {
                let (equity, part) = ((*equity).max(0), i128::from(*part));
                if owed <= held {
                    prop_assert_eq!(part, equity);
                } else {
                    // Within one unit of `equity * held / owed`, in 256 bits.
                    let exact = widen(equity) * widen(held);
                    prop_assert!(widen(part) * widen(owed) <= exact && exact < widen(part + 1) * widen(owed));
                }
            }
            // No more is lost than less than a unit for each.
            if owed > held {
                prop_assert!(held.unsigned_abs() - total < equities.len() as u128);
            }
        }
    }
}
