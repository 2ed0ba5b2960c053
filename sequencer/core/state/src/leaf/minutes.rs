//! The index by the minute: what a market that ends settles at.

use alloc::vec::Vec;

use ballast_types::{
    MarketId, Millis, PriceTicks,
    limits::{MINUTE_MS, MINUTE_SAMPLES},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// The first index of minutes in the section of the venues.
pub const MINUTES: u32 = 3 << u16::BITS;

/// Index of the leaf with the minutes of `market`.
#[must_use]
pub const fn minutes_index(market: MarketId) -> u32 {
    MINUTES + market.0 as u32
}

/// The last index of a minute at which it was fresh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Minute {
    /// Which, counted from the Unix epoch.
    pub number: u64,
    /// The index; 0 when there was none.
    pub index: PriceTicks,
}

impl Minute {
    /// The sample of the minute of `now`.
    #[must_use]
    pub const fn at(now: Millis, index: PriceTicks) -> Self {
        Self { number: now.0 / MINUTE_MS, index }
    }
}

/// The samples of the minutes before the one that may still change: a leaf that is written once a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Minutes {
    /// Minutes strictly ascending, at most [`MINUTE_SAMPLES`].
    pub samples: Vec<Minute>,
}

impl Minutes {
    /// A minute is over. The oldest is forgotten where there are more than [`MINUTE_SAMPLES`]; one without an index is none.
    pub fn push(&mut self, minute: Minute) {
        if !minute.index.is_valid() {
            return;
        }
        if self.samples.len() >= MINUTE_SAMPLES {
            self.samples.remove(0);
        }
        self.samples.push(minute);
    }

    /// The lower median of the samples, of the hour before `end` where there are some; `None` where there are none.
    #[must_use]
    pub fn median(&self, end: Option<Millis>) -> Option<PriceTicks> {
        let first = end.map_or(0, |end| (end.0 / MINUTE_MS).saturating_sub(MINUTE_SAMPLES as u64));
        let late = self.samples.partition_point(|minute| minute.number < first);
        let counted = if late < self.samples.len() { &self.samples[late..] } else { &self.samples[..] };
        let mut prices: Vec<PriceTicks> = counted.iter().map(|minute| minute.index).collect();
        prices.sort_unstable();
        prices.get(prices.len().saturating_sub(1) / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(samples: impl IntoIterator<Item = (u64, u64)>) -> Minutes {
        let mut minutes = Minutes::default();
        for (number, index) in samples {
            minutes.push(Minute { number, index: PriceTicks(index) });
        }
        minutes
    }

    #[test]
    fn an_hour_is_kept() {
        let kept = minutes((1..=70).map(|minute| (minute, minute * 10)));
        assert_eq!(kept.samples.len(), MINUTE_SAMPLES);
        assert_eq!(kept.samples[0], Minute { number: 11, index: PriceTicks(110) });
        assert_eq!(minutes([(3, 0)]), Minutes::default(), "no index, no sample");
    }

    #[test]
    fn the_lower_median_of_the_hour_or_of_what_there_is() {
        assert_eq!(minutes([]).median(None), None);
        assert_eq!(minutes([(1, 9), (2, 5), (3, 7), (4, 6)]).median(None), Some(PriceTicks(6)));
        // Minutes 40 to 99 count.
        let old = [(39, 100), (40, 3), (99, 1)];
        let end = Some(Millis(100 * MINUTE_MS));
        assert_eq!(minutes(old).median(end), Some(PriceTicks(1)));
        assert_eq!(minutes([(1, 9), (2, 5)]).median(end), Some(PriceTicks(5)), "none of that hour: all");
    }
}
