//! Hours that must not be forgotten: the worst of history, and four that nobody has seen yet (risk.md 4.3).

use super::Return;
use alloc::vec::Vec;
use ballast_types::Ppm;
use borsh::{BorshDeserialize, BorshSerialize};

/// Historical rows that a table may have.
pub const HISTORICAL_STRESS_ROWS: usize = 256;
/// The four that every table ends with: bitcoin's return and that of everything else, in ppb.
const SYNTHETIC: [(i64, i64); 4] = [
    (-350_000_000, -450_000_000),
    (250_000_000, 400_000_000),
    (100_000_000, -300_000_000),
    (-100_000_000, 300_000_000),
];
/// Rows that a table may have.
pub const STRESS_ROWS: usize = HISTORICAL_STRESS_ROWS + SYNTHETIC.len();
/// One row in so many is in the tail: 26 of 260.
const TAIL: usize = 10;

/// Which return of a synthetic row a factor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum FactorKind {
    /// Bitcoin.
    Bitcoin,
    /// Any other coin.
    Alt,
}

/// Returns of a factor in stress hours, unscaled: up to 256 that happened, then the four synthetic ones.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Stress {
    rows: Vec<Return>,
}

impl Stress {
    /// The table of these hours, or `None` when there are more than 256.
    #[must_use]
    pub fn new(history: &[Return], kind: FactorKind) -> Option<Self> {
        if history.len() > HISTORICAL_STRESS_ROWS {
            return None;
        }
        let synthetic = SYNTHETIC.map(|(bitcoin, alt)| match kind {
            FactorKind::Bitcoin => Return(bitcoin),
            FactorKind::Alt => Return(alt),
        });
        Some(Self { rows: history.iter().copied().chain(synthetic).collect() })
    }

    /// These rows as they are, or `None` when they are not 1 to 260.
    #[must_use]
    pub fn of(rows: Vec<Return>) -> Option<Self> {
        (1..=STRESS_ROWS).contains(&rows.len()).then_some(Self { rows })
    }

    /// All rows; the synthetic ones, where it has them, are last.
    #[must_use]
    pub fn rows(&self) -> &[Return] {
        &self.rows
    }

    /// How many of the worst are averaged: 26 of a full table, the same tenth, rounded up, of a shorter one.
    #[must_use]
    pub const fn tail(&self) -> usize {
        self.rows.len().div_ceil(TAIL)
    }
}

/// What stands in for an hour of which a factor has no history: `beta * class * 1.5`, away from zero, clipped.
#[must_use]
pub fn stand_in(class: Return, beta: Ppm) -> Return {
    let size = (i128::from(class.0.unsigned_abs()) * i128::from(beta.0) * 3 + 1_999_999) / 2_000_000;
    Return::clipped(if class.0 < 0 { -size } else { size })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn the_synthetic_rows_are_translated_by_the_kind_of_factor() {
        let rows = |kind| {
            let table = Stress::new(&[Return(7)], kind).expect("one row fits");
            table.rows().iter().map(|row| row.0).collect::<Vec<_>>()
        };
        assert_eq!(rows(FactorKind::Bitcoin), [7, -350_000_000, 250_000_000, 100_000_000, -100_000_000]);
        assert_eq!(rows(FactorKind::Alt), [7, -450_000_000, 400_000_000, -300_000_000, 300_000_000]);
    }

    #[test]
    fn a_full_table_has_260_rows_of_which_26_count() {
        let full = Stress::new(&vec![Return(0); 256], FactorKind::Alt).expect("256 rows fit");
        assert_eq!((full.rows().len(), full.tail()), (STRESS_ROWS, 26));
        assert_eq!(Stress::new(&vec![Return(0); 257], FactorKind::Alt), None);
        assert_eq!(Stress::new(&[], FactorKind::Alt).expect("none fits").tail(), 1);
    }

    #[test]
    fn what_stands_in_is_half_more_than_the_class_away_from_zero() {
        assert_eq!(stand_in(Return(-100), Ppm(1_000_000)), Return(-150));
        assert_eq!(stand_in(Return(-1), Ppm(1_200_000)), Return(-2));
        assert_eq!(stand_in(Return(1), Ppm(1_200_000)), Return(2));
        assert_eq!(stand_in(Return::MAX, Ppm(u32::MAX)), Return::MAX);
        assert_eq!(stand_in(Return::MIN, Ppm(u32::MAX)), Return::MIN);
    }
}
