//! What publishers say that the open interest of a market may be, by what is traded of its asset elsewhere (risk.md 3.8 a).

use alloc::{vec, vec::Vec};
use ballast_types::{Millis, limits::MAX_CAPACITY_AGE_MS};
use borsh::{BorshDeserialize, BorshSerialize};

use super::report::lower_median;

/// What a publisher said last; time 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CapacityReport {
    /// In whole USDC, 1 to 2^40; 0 before the first.
    pub usdc: u64,
    /// When the publisher saw it.
    pub time: Millis,
}

impl CapacityReport {
    /// Whether it counts at `now`: it is there, and at most [`MAX_CAPACITY_AGE_MS`] old.
    #[must_use]
    pub fn counts(&self, now: Millis) -> bool {
        self.time > Millis(0) && now.since(self.time) <= MAX_CAPACITY_AGE_MS
    }
}

/// What the publishers say, and what they agreed on at the market's last tick.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Capacity {
    /// Latest one of each publisher, by its place in the genesis; none where the market does not go by it.
    pub reports: Vec<CapacityReport>,
    /// In whole USDC; none before the first quorum, while fewer than that told any lately, and once the market settled.
    pub agreed: Option<u64>,
}

impl Capacity {
    /// Before the first, of a market with so many publishers of it.
    #[must_use]
    pub fn new(publishers: usize) -> Self {
        Self { reports: vec![CapacityReport::default(); publishers], agreed: None }
    }

    /// What is agreed on at `now`: the lower median of those that count, at least `quorum` of them and one.
    #[must_use]
    pub fn at(&self, now: Millis, quorum: u8) -> Option<u64> {
        let said = self.reports.iter().filter(|told| told.counts(now)).map(|told| told.usdc);
        lower_median(said.collect(), quorum)
    }

    /// Since when `quorum` of them, at least one, have told one: the time of the oldest of so many newest; 0 before.
    #[must_use]
    pub fn quorum_since(&self, quorum: u8) -> Millis {
        let mut times: Vec<Millis> = self.reports.iter().map(|told| told.time).collect();
        times.sort_unstable_by(|a, b| b.cmp(a));
        times.get(usize::from(quorum.max(1)) - 1).copied().unwrap_or(Millis(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_median_counts_while_a_quorum_is_known() {
        let mut capacity = Capacity::new(4);
        assert_eq!(capacity.at(Millis(5), 3), None);
        for (place, (usdc, time)) in [(900, 10), (100, 20), (500, 30), (300, 40)].into_iter().enumerate() {
            capacity.reports[place] = CapacityReport { usdc, time: Millis(time) };
        }
        assert_eq!([1, 3, 4, 5].map(|quorum| capacity.quorum_since(quorum).0), [40, 20, 10, 0]);
        let at = |time| capacity.at(Millis(MAX_CAPACITY_AGE_MS + time), 3);
        assert_eq!([10, 11, 20, 21].map(at), [Some(300), Some(300), Some(300), None]);
    }
}
