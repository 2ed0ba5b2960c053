//! What the fuzz targets share: how long they run, and how bytes become what is tried.
//!
//! A target is a test in `tests/`: on stable Rust it runs on random bytes, a fixed number of times, from the seed in
//! `BOLERO_RANDOM_SEED` (`scripts/test` sets and prints it; a failure prints its own). `BALLAST_FUZZ=100` runs a hundred
//! times as many. `cargo bolero test -p ballast-fuzz TARGET` has libFuzzer, AFL or Honggfuzz choose the bytes.

pub mod draw;
pub mod exchange;
pub mod sources;

pub use draw::Draw;

use bolero::{ValueGenerator, produce};

/// How often a target runs that runs `usual` times when nothing else is asked for.
///
/// # Panics
/// When `BALLAST_FUZZ` is no number.
#[must_use]
pub fn times(usual: usize) -> usize {
    let factor =
        std::env::var("BALLAST_FUZZ").map_or(1, |text| text.parse().expect("BALLAST_FUZZ is a number"));
    usual * factor
}

/// Any bytes, at most `most`. What a target is given otherwise are some dozens.
pub fn bytes(most: usize) -> impl ValueGenerator<Output = Vec<u8>> {
    produce::<Vec<u8>>().with().len(0..=most)
}
