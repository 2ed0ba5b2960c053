//! What a market's mark and its funding follow from.

use ballast_types::{Millis, PriceTicks};
use borsh::{BorshDeserialize, BorshSerialize};

/// What a market's mark and funding follow from, besides its index (risk.md 2). Averages are in 2^-24 tick; times are
/// 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pricing {
    /// How far the publishers that agreed differed at the last tick with a quorum, in ppm.
    pub dispersion: u64,
    /// When the index last jumped, as long as that is not believed.
    pub jumped: Option<Millis>,
    /// When the price was last uncertain, or came back.
    pub uncertain: Option<Millis>,
    /// Up to when the averages have moved.
    pub averaged: Millis,
    /// How far the book's middle lies from the index on average.
    pub basis: i128,
    /// The touch on average, where there was one lately.
    pub touch: Option<i128>,
    /// When there was a touch.
    pub touched: Millis,
    /// Price of the last trade.
    pub last: PriceTicks,
    /// Time of the last trade.
    pub traded: Millis,
    /// Of the premium of the book.
    pub premium: Premium,
    /// The minute of the last accrual, counted from the Unix epoch.
    pub minute: u64,
    /// What the accruals left over, in units of u / (60 * 10^9) a lot; not money.
    pub carry: u64,
}

/// The premium of a market's book over its index, in ppb per eight hours (risk.md 2.7 and 2.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Premium {
    /// That of the last hour, from which the rate follows.
    pub value: i64,
    /// Sum of the samples since.
    pub sum: i64,
    /// Number of them.
    pub samples: u32,
    /// The last period of five seconds that has its sample, counted from the Unix epoch.
    pub sampled: u64,
    /// The hour that the samples are of, counted from the Unix epoch.
    pub hour: u64,
}
