//! What a publisher says of a market's price.

use alloc::vec::Vec;
use ballast_types::{
    Millis, Ppm, PriceTicks,
    limits::{MAX_CONFIDENCE, MAX_REPORT_AGE_MS},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A publisher's latest price of a market; time 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Report {
    /// The price.
    pub price: PriceTicks,
    /// That of perpetuals elsewhere, where there is one.
    pub perp: Option<PriceTicks>,
    /// How far off the price may be, as a fraction of it.
    pub confidence: Ppm,
    /// When the publisher saw it.
    pub time: Millis,
}

impl Report {
    /// Whether it counts at `now`: it is there, at most [`MAX_REPORT_AGE_MS`] old, and its publisher sure enough
    /// ([`MAX_CONFIDENCE`]).
    #[must_use]
    pub fn counts(&self, now: Millis) -> bool {
        self.price.is_valid()
            && now.since(self.time) <= MAX_REPORT_AGE_MS
            && self.confidence.0 <= MAX_CONFIDENCE
    }
}

/// What publishers agree on who said this: the lower median, of `quorum` of them at least, and of one.
#[must_use]
pub fn lower_median<T: Copy + Ord>(mut said: Vec<T>, quorum: u8) -> Option<T> {
    said.sort_unstable();
    (said.len() >= usize::from(quorum).max(1)).then(|| said[(said.len() - 1) / 2])
}
