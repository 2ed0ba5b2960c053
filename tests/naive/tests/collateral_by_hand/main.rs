//! Assets beside USDC as margin, with numbers that were worked out by hand from `docs/protocol.md`.
//!
//! A lot at a tick is 1 USDC; marks are 1,000 ticks; maintenance margin is 5%, initial margin 10%; there are no fees. A coin,
//! 10^6 units, is a lot of the first market, so a unit is worth 1,000 u. A tenth of that does not count, 15% for initial margin.

#[path = "../hand/mod.rs"]
mod hand;
mod sales;
mod ways_out;
mod world;
mod worth;
