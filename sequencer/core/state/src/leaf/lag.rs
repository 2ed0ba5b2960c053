//! How far L1 lags behind (risk.md 6.5, architecture A10).

use ballast_types::{
    BatchIndex, Millis,
    limits::{LAG_MS, STALLED_MS},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A sealed batch that L1 is to take before the lag is less: a backlog that grows is not healthy because some of it is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Checkpoint {
    /// Which batch.
    pub batch: BatchIndex,
    /// When it was sealed.
    pub sealed: Millis,
}

/// How far what L1 took is behind, in stages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Lag {
    /// Not for long.
    #[default]
    None = 0,
    /// For more than [`LAG_MS`], and since then for at least half of it.
    Long = 1,
    /// For more than [`STALLED_MS`], and since then for at least half of it.
    Stalled = 2,
}

impl Lag {
    /// Its name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Long => "long",
            Self::Stalled => "stalled",
        }
    }

    /// The stage at `now` after this one, L1 having taken what was sealed up to `posted`.
    #[must_use]
    pub fn at(self, posted: Millis, now: Millis) -> Self {
        let lag = now.since(posted);
        let is = |stage: Self, bound: u64| lag > bound || (self >= stage && lag >= bound / 2);
        if is(Self::Stalled, STALLED_MS) {
            Self::Stalled
        } else if is(Self::Long, LAG_MS) {
            Self::Long
        } else {
            Self::None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_ends_below_half_of_what_began_it() {
        let after =
            |stage: Lag, minutes: u64, ms: u64| stage.at(Millis(7), Millis(7 + minutes * 60_000 + ms));
        assert_eq!(after(Lag::None, 10, 0), Lag::None);
        assert_eq!(after(Lag::None, 10, 1), Lag::Long);
        assert_eq!(after(Lag::Long, 5, 0), Lag::Long);
        assert_eq!(after(Lag::Long, 4, 59_999), Lag::None);
        assert_eq!(after(Lag::Long, 30, 0), Lag::Long);
        assert_eq!(after(Lag::None, 30, 1), Lag::Stalled);
        assert_eq!(after(Lag::Stalled, 15, 0), Lag::Stalled);
        assert_eq!(after(Lag::Stalled, 14, 59_999), Lag::Long);
        assert_eq!(after(Lag::Stalled, 4, 0), Lag::None);
        assert_eq!(Lag::Stalled.at(Millis(9), Millis(3)), Lag::None, "L1's clock runs ahead");
    }
}
