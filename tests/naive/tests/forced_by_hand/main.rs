//! Forced requests and exits, with numbers that were worked out by hand from `docs/protocol.md`.
//!
//! A lot at a tick is 1 USDC, initial margin is 10% and maintenance 5%; there are no fees. The price is 1,000.

mod closing;
#[path = "../hand/mod.rs"]
mod hand;
mod leaving;
mod requests;
mod world;
