//! What an account traded lately: its fee tier follows from it.

use ballast_types::{Millis, limits::VOLUME_PERIOD_MS};
use borsh::{BorshDeserialize, BorshSerialize};

/// What an account traded in the period of its last fill and in the one before, in u of notional. Periods are
/// [`VOLUME_PERIOD_MS`] long and begin at multiples of that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Volume {
    /// The period of the last fill, counted from the Unix epoch.
    pub period: u32,
    /// Traded in it.
    pub current: u64,
    /// Traded in the period before it.
    pub previous: u64,
}

impl Volume {
    /// What counts for the fee tier at `time`: the running period and the one before. Saturates at 2^64 - 1.
    #[must_use]
    pub fn recent(&self, time: Millis) -> u64 {
        let Self { current, previous, .. } = self.at(time);
        current.saturating_add(previous)
    }

    /// With a fill of `notional` at `time`. Saturates at 2^64 - 1.
    #[must_use]
    pub fn with(&self, time: Millis, notional: u64) -> Self {
        let now = self.at(time);
        Self { current: now.current.saturating_add(notional), ..now }
    }

    /// The same volume, told from the period of `time`, which is not before the last fill.
    fn at(&self, time: Millis) -> Self {
        let period = u32::try_from(time.0 / VOLUME_PERIOD_MS).unwrap_or(u32::MAX);
        match period.saturating_sub(self.period) {
            0 => *self,
            1 => Self { period, current: 0, previous: self.current },
            _ => Self { period, current: 0, previous: 0 },
        }
    }
}
