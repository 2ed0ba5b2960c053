//! What stretches windows on L1: which of its headers are abnormal, and which of them are worth proving. The rules are
//! those of `IStressClock.sol`.

use alloy::primitives::{Address, Bytes};
use std::collections::BTreeMap;

/// Hashes of so many blocks are known to contracts (EIP-2935), less some that pass until a proof is in a block.
pub const PROVABLE_BLOCKS: u64 = 8_191 - 64;

/// Headers of one call: some 650 bytes and 100,000 gas each.
pub const MOST_HEADERS: usize = 64;
/// Samples that a block is compared with.
const SAMPLES: u64 = 31;
/// Half of them, and one.
const MAJORITY: usize = 16;

/// What a clock was deployed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// A base fee below it is never abnormal, in wei.
    pub min_base_fee: u64,
    /// So many times the median of the samples is abnormal.
    pub multiple: u32,
    /// Seconds of an interval, not 0.
    pub interval: u32,
    /// The base fee of every block whose number is a multiple of it is a sample; not 0.
    pub reference_step: u32,
}

/// A window that is open, and by how much it is stretched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// What it is of.
    pub of: WindowOf,
    /// Its last second or end as it would be without stress, unix seconds.
    pub plain: u64,
    /// As it is.
    pub end: u64,
}

/// What a window is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowOf {
    /// The first batch that is not final.
    Batch(u64),
    /// The first forced request that no posted batch has consumed.
    Request(u64),
    /// The last batch that was posted.
    Silence,
    /// A demand for a chunk of this batch that waits for an answer, or for somebody to act on its fall.
    Demand(u64, u32),
}

/// A header that can be proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provable {
    /// Number of its block.
    pub number: u64,
    /// The header, in RLP.
    pub header: Bytes,
}

/// Headers that are not proven, and that would tell the clock something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unproven {
    /// The contract that they are for.
    pub clock: Address,
    /// Of samples: they come first.
    pub samples: Vec<Provable>,
    /// Of abnormal blocks in intervals that become stressed by them.
    pub dear: Vec<Provable>,
}

/// The samples that are known, in wei, by the number of their block.
pub type Samples = BTreeMap<u64, u64>;

impl Terms {
    /// The blocks whose samples decide about the block `number`, from the last one back.
    pub fn samples_of(self, number: u64) -> impl Iterator<Item = u64> {
        let step = u64::from(self.reference_step);
        let last = number - number % step;
        (1..=SAMPLES).map_while(move |i| last.checked_sub(i * step))
    }

    /// The least base fee with which the block `number` is abnormal, in wei; `None` when too few samples are known, so that
    /// it never is. A sample that is not known is dearer than any.
    #[must_use]
    pub fn threshold(self, number: u64, samples: &Samples) -> Option<u128> {
        let mut known: Vec<u64> = self
            .samples_of(number)
            .filter_map(|at| samples.get(&at).copied())
            .filter(|fee| *fee > 0)
            .collect();
        known.sort_unstable();
        let median = known.get(MAJORITY - 1)?;
        let scaled = u128::from(*median) * u128::from(self.multiple);
        Some(scaled.max(u128::from(self.min_base_fee)))
    }

    /// The interval that an abnormal block of this time, unix seconds, marks: it lies in the first half.
    #[must_use]
    pub fn marks(self, time: u64) -> Option<u64> {
        let interval = u64::from(self.interval);
        (time % interval < interval / 2).then(|| time / interval)
    }

    /// The first second of the interval after the one that `time` lies in.
    #[must_use]
    pub fn next_interval(self, time: u64) -> u64 {
        let interval = u64::from(self.interval);
        (time / interval).saturating_add(1).saturating_mul(interval)
    }
}

/// Of intervals that can be marked, those that are worth it: not marked yet, and next to one that is, or can be. One that stands
/// alone stretches nothing.
#[must_use]
pub fn worthwhile(found: &[u64], is_marked: impl Fn(u64) -> bool) -> Vec<u64> {
    let counts = |index: u64| is_marked(index) || found.contains(&index);
    let beside = |index: u64| [index.checked_sub(1), index.checked_add(1)].into_iter().flatten().any(counts);
    found.iter().copied().filter(|index| !is_marked(*index) && beside(*index)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: Terms =
        Terms { min_base_fee: 20_000_000_000, multiple: 8, interval: 600, reference_step: 64 };

    fn samples(count: u64, fee: u64) -> Samples {
        (1..=count).map(|i| (6_400 - 64 * i, fee)).collect()
    }

    #[test]
    fn samples_are_those_before_the_last_step() {
        let of: Vec<_> = TERMS.samples_of(6_463).collect();
        assert_eq!((of.len(), of[0], of[30]), (31, 6_336, 6_400 - 31 * 64));
        assert_eq!(TERMS.samples_of(6_400).next(), Some(6_336));
        assert_eq!(TERMS.samples_of(130).collect::<Vec<_>>(), [64, 0]);
        assert_eq!(TERMS.samples_of(63).next(), None);
    }

    #[test]
    fn what_is_abnormal_follows_the_median_and_no_less_than_the_least() {
        assert_eq!(TERMS.threshold(6_400, &samples(15, 1)), None);
        assert_eq!(TERMS.threshold(6_400, &samples(16, 1)), Some(20_000_000_000));
        assert_eq!(TERMS.threshold(6_400, &samples(31, 5_000_000_000)), Some(40_000_000_000));
        let mut mixed = samples(31, 5_000_000_000);
        for (_, fee) in mixed.iter_mut().take(15) {
            *fee = u64::MAX;
        }
        assert_eq!(TERMS.threshold(6_400, &mixed), Some(40_000_000_000));
        for (_, fee) in mixed.iter_mut().take(16) {
            *fee = u64::MAX;
        }
        assert_eq!(TERMS.threshold(6_400, &mixed), Some(8 * u128::from(u64::MAX)));
        assert_eq!(TERMS.threshold(6_400, &samples(31, 0)), None, "a fee of nothing is no sample");
    }

    #[test]
    fn the_first_half_of_an_interval_marks_it() {
        assert_eq!(TERMS.marks(1_200), Some(2));
        assert_eq!(TERMS.marks(1_499), Some(2));
        assert_eq!(TERMS.marks(1_500), None);
        assert_eq!(TERMS.marks(1_799), None);
        assert_eq!((TERMS.next_interval(1_200), TERMS.next_interval(1_799)), (1_800, 1_800));
        assert_eq!(TERMS.next_interval(u64::MAX), u64::MAX);
    }

    #[test]
    fn only_neighbours_are_worth_their_gas() {
        assert_eq!(worthwhile(&[3, 5, 7], |_| false), [0_u64; 0]);
        assert_eq!(worthwhile(&[3, 4, 7], |_| false), [3, 4]);
        assert_eq!(worthwhile(&[3, 4, 7], |index| index == 8 || index == 3), [4, 7]);
        assert_eq!(worthwhile(&[0, u64::MAX], |index| index == 1), [0]);
    }
}
