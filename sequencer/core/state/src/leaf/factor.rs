//! What a market's margin follows from, where it follows its index (risk.md 4.2).

use alloc::vec::Vec;
use ballast_types::{
    MarketId, PriceTicks,
    limits::{HOUR_MS, HOUR_SAMPLE_MS, HOUR_SAMPLES, MIN_HOUR_SAMPLES},
    units::Millis,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// The first index of factors in the section of the venues.
pub const FACTORS: u32 = 1 << u16::BITS;
/// Spans of a sample in an hour.
const SPANS: u64 = HOUR_MS / HOUR_SAMPLE_MS;
/// Samples before the hour.
const BEFORE: u64 = HOUR_SAMPLES as u64 / 2;

/// Index of the leaf with the factor of `market`.
#[must_use]
pub const fn factor_index(market: MarketId) -> u32 {
    FACTORS + market.0 as u32
}

/// What is remembered of how a market's index moved: one leaf, written once an hour.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Factor {
    /// The hour of the last close, counted from the Unix epoch; 0 before the first.
    pub hour: u64,
    /// The index at its end; 0 before the first.
    pub close: PriceTicks,
    /// Variance of an hour's return that forgets half in a day, in ppb^2, at most 9 * 10^18.
    pub fast: u64,
    /// The same that forgets half in thirty days.
    pub slow: u64,
    /// Volatility that follows the larger of the two at a bounded pace, in ppb.
    pub glided: u64,
    /// The last 720 hours' returns in millionths of the volatility known before each; that of hour `h` is at place
    /// `h % 720`.
    pub residuals: Vec<i32>,
    /// Returns of hours that are not to be forgotten, in ppb: 1 to 260.
    pub stress: Vec<i64>,
}

/// The index around the end of an hour: what the hour's close will be the median of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Closing {
    /// Which hour begins then, counted from the Unix epoch; 0 when there is no sample.
    pub hour: u64,
    /// The last fresh index of each span, 0 where there was none.
    pub samples: [PriceTicks; HOUR_SAMPLES],
}

impl Closing {
    /// Takes a fresh index in, which is a sample in the spans that end up to 10 s before an hour or after it. Samples of
    /// another hour are forgotten.
    pub fn sample(&mut self, now: Millis, index: PriceTicks) {
        let span = now.0.div_ceil(HOUR_SAMPLE_MS).saturating_add(BEFORE);
        let (hour, place) = (span / SPANS, (span % SPANS) as usize);
        if place >= HOUR_SAMPLES || hour == 0 {
            return;
        }
        if self.hour != hour {
            *self = Self { hour, ..Self::default() };
        }
        self.samples[place] = index;
    }

    /// Whether the last span of the hour that there are samples of is over.
    #[must_use]
    pub const fn is_over(&self, now: Millis) -> bool {
        let last = (self.hour * SPANS).saturating_add(BEFORE).saturating_mul(HOUR_SAMPLE_MS);
        self.hour != 0 && now.0 > last
    }

    /// The close: the lower median of the samples that there are, or `None` when they are too few.
    #[must_use]
    pub fn close(&self) -> Option<PriceTicks> {
        let mut there: Vec<PriceTicks> =
            self.samples.into_iter().filter(|sample| sample.is_valid()).collect();
        there.sort_unstable();
        (there.len() >= MIN_HOUR_SAMPLES).then(|| there[(there.len() - 1) / 2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 500_000;
    const END: u64 = HOUR * HOUR_MS;

    fn sampled(at: &[(i64, u64)]) -> Closing {
        let mut closing = Closing::default();
        for (after, index) in at {
            closing.sample(Millis(END.checked_add_signed(*after).expect("a time")), PriceTicks(*index));
        }
        closing
    }

    #[test]
    fn a_sample_is_the_last_index_of_the_five_seconds_that_end_with_its_instant() {
        let closing =
            sampled(&[(-15_000, 9), (-14_999, 1), (-10_000, 2), (-9_999, 3), (0, 4), (1, 5), (10_000, 6)]);
        assert_eq!(closing, Closing { hour: HOUR, samples: [2, 3, 4, 5, 6].map(PriceTicks) });
        assert_eq!(sampled(&[(-15_000, 9), (10_001, 9), (1_800_000, 9)]), Closing::default());
        assert!(!closing.is_over(Millis(END + 10_000)) && closing.is_over(Millis(END + 10_001)));
        assert!(!Closing::default().is_over(Millis(u64::MAX)));
    }

    #[test]
    fn three_make_a_close_and_another_hour_begins_anew() {
        assert_eq!(sampled(&[(-12_000, 5), (0, 7)]).close(), None);
        assert_eq!(sampled(&[(-12_000, 5), (0, 7), (9_000, 6)]).close(), Some(PriceTicks(6)));
        assert_eq!(sampled(&[(-12_000, 5), (-8_000, 9), (0, 7), (9_000, 6)]).close(), Some(PriceTicks(6)));
        let mut closing = sampled(&[(-12_000, 5), (0, 7), (9_000, 6)]);
        closing.sample(Millis(END + HOUR_MS), PriceTicks(8));
        assert_eq!(closing, Closing { hour: HOUR + 1, samples: [0, 0, 8, 0, 0].map(PriceTicks) });
    }

    #[test]
    fn the_first_hour_and_the_end_of_time_are_survived() {
        let mut closing = Closing::default();
        closing.sample(Millis(3), PriceTicks(1));
        assert_eq!(closing, Closing::default());
        closing.sample(Millis(u64::MAX), PriceTicks(1));
        assert!(!closing.is_over(Millis(u64::MAX)) || closing.hour > 0);
    }
}
