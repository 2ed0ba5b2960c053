//! How large a test runs, and from which seed.

use crate::client::now_ms;

/// Whether the full size is asked for, or more: `BALLAST_SIZE=full` or `nightly`.
#[must_use]
pub fn is_full() -> bool {
    matches!(std::env::var("BALLAST_SIZE").as_deref(), Ok("full" | "nightly"))
}

/// The seed of `BALLAST_SEED`, or a new one; said aloud, so that a failure can be repeated.
///
/// # Panics
/// When `BALLAST_SEED` is no number.
#[must_use]
pub fn seed() -> u64 {
    let given =
        std::env::var("BALLAST_SEED").ok().map(|text| text.parse().expect("BALLAST_SEED is a number"));
    let seed = given.unwrap_or_else(now_ms);
    eprintln!("BALLAST_SEED={seed}");
    seed
}
