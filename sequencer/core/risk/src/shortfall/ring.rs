//! The residuals of the last thirty days (risk.md 4.2).

use super::{Residual, Sigma};
use ballast_types::Ppm;
use borsh::{BorshDeserialize, BorshSerialize};

/// Hours that a ring holds: thirty days.
pub const RING_ROWS: usize = 720;
/// The fixed permutation by which a class lends its own residuals: row `k` takes row `443 k + 1`, modulo 720. 443 has no
/// factor in common with 720, so every row is taken once, and none by itself.
const STRIDE: usize = 443;

/// One residual for each of the last 720 hours. Which row an hour has is a function of the hour, so that the same row of
/// two factors is the same hour.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Ring {
    rows: [Residual; RING_ROWS],
}

/// What is known of a class of markets before one of them has a history.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ClassProfile {
    /// Residuals that the class has in common, in rows as a ring has them.
    pub common: Ring,
    /// Residuals that its markets have for themselves.
    pub own: Ring,
    /// How far a market of the class follows it: 10^6 for as far as the class itself.
    pub beta: Ppm,
    /// The median of its markets' slow volatilities.
    pub sigma: Sigma,
}

impl Ring {
    /// A ring of these rows, the first of hours that are multiples of 720.
    #[must_use]
    pub const fn new(rows: [Residual; RING_ROWS]) -> Self {
        Self { rows }
    }

    /// The ring of a market that is listed without a history: row by row what the class has in common times its beta,
    /// rounded down, and residuals of the class's own in another order.
    #[must_use]
    pub fn at_listing(class: &ClassProfile) -> Self {
        let mut rows = [Residual(0); RING_ROWS];
        for (k, row) in rows.iter_mut().enumerate() {
            let common = i64::from(class.common.rows[k].0) * i64::from(class.beta.0);
            let own = class.own.rows[(k * STRIDE + 1) % RING_ROWS];
            *row = Residual::clipped(common.div_euclid(1_000_000) + i64::from(own.0));
        }
        Self { rows }
    }

    /// Takes the residual of an hour, counted from 1970, in place of the one 720 hours before.
    pub const fn record(&mut self, hour: u64, residual: Residual) {
        self.rows[(hour % RING_ROWS as u64) as usize] = residual;
    }

    /// All rows.
    #[must_use]
    pub const fn rows(&self) -> &[Residual; RING_ROWS] {
        &self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shortfall::samples::ring;

    #[test]
    fn an_hour_overwrites_its_own_row_and_no_other() {
        let mut it = ring(1);
        let before = it.clone();
        it.record(720 * 611 + 7, Residual(42));
        assert_eq!(it.rows()[7], Residual(42));
        let changed = it.rows().iter().zip(before.rows()).filter(|(a, b)| a != b).count();
        assert_eq!(changed, 1);
        it.record(u64::MAX, Residual(0));
    }

    #[test]
    fn a_listing_without_beta_shows_each_of_the_classs_own_residuals_once_and_elsewhere() {
        let class = ClassProfile { common: ring(1), own: ring(2), beta: Ppm(0), sigma: Sigma(1) };
        let listed = Ring::at_listing(&class);
        let sorted = |ring: &Ring| {
            let mut rows = *ring.rows();
            rows.sort_unstable();
            rows
        };
        assert_eq!(sorted(&listed), sorted(&class.own));
        assert!((0..RING_ROWS).all(|k| (k * STRIDE + 1) % RING_ROWS != k));
        assert_eq!(listed.rows()[2], class.own.rows()[167]);
    }

    #[test]
    fn a_listing_follows_its_class_by_beta_and_stays_within_bounds() {
        let flat = |z| Ring::new([Residual(z); RING_ROWS]);
        let listed = |common, own, beta| {
            let class =
                ClassProfile { common: flat(common), own: flat(own), beta: Ppm(beta), sigma: Sigma(1) };
            Ring::at_listing(&class).rows()[0].0
        };
        assert_eq!(listed(-3, 10, 1_500_000), 5);
        assert_eq!(listed(30_000_000, 30_000_000, u32::MAX), 30_000_000);
        assert_eq!(listed(-30_000_000, -30_000_000, u32::MAX), -30_000_000);
    }

    #[test]
    fn a_ring_is_its_rows_and_nothing_else() {
        let bytes = borsh::to_vec(&ring(3)).expect("a ring encodes");
        assert_eq!(bytes.len(), 4 * RING_ROWS);
        assert_eq!(borsh::from_slice::<Ring>(&bytes).expect("and decodes"), ring(3));
    }
}
