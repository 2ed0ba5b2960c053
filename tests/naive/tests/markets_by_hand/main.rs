//! Modes of markets, their open interest and their strict gains with numbers that were worked out by hand from
//! `docs/protocol.md`.
//!
//! A lot at a tick is 1 USDC; the index is 1,000 ticks; maintenance margin is 5%, so `b` is 25 ticks and near is within
//! 50; initial margin is 10%; there are no fees. The class is A: 3% in a minute, 10% in an hour. Market ONE has breakers,
//! TWO has none.

mod breakers;
mod cleared;
mod forced;
mod gains;
mod halts;
#[path = "../hand/mod.rs"]
mod hand;
mod interest;
mod lag;
mod world;
