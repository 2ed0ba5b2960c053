//! Margin as pure functions over the accounts, positions and prices that they are given (risk.md 1, 3 and 4).
//!
//! This room knows accounts, not books, and keeps nothing. Everything is an integer: micro-USDC (u), ticks,
//! lots, ppm. Trades, marking to market and funding are exact; requirements round up and credits down, always
//! against the account (risk.md 1.4).
//!
//! Why nothing here overflows an `i128`, term by term: a price is at most 2^40, a position 2^46 lots, the
//! orders of an account in a market 1,000 * 2^46 < 2^56 lots, kappa 10^6 < 2^20. So a position is worth at
//! most 2^106 u and the most that its orders could make of it less than 2^117; funding of a position is at
//! most 2^46 * 2^51 = 2^97. Sums have at most 32 positions, or 256 markets with orders: below 2^125, and
//! two of them less than 2^126 apart.
//! Fractions are taken without forming the product (`fraction`), ratios are compared in 256 bits (`wide`).

#![no_std]

extern crate alloc;

pub mod capacity;
pub mod collateral;
pub mod escape;
pub mod excess;
pub mod exposure;
mod fraction;
pub mod ladder;
pub mod order;
pub mod position;
pub mod price;
pub mod requirement;
pub mod shortfall;
pub mod summary;
pub mod transition;
mod wide;

pub use collateral::{Backing, Pledge};
pub use escape::{Claims, Pledged, Valued, escape_equity};
pub use excess::{fill_excess, initial_excess};
pub use exposure::Exposure;
pub use order::{order_reserve, reserve_left};
pub use position::{PositionState, Trade, settle_funding};
pub use requirement::{initial_margin, maintenance_margin, marginal_maintenance, open_initial_margin};
pub use summary::{Summary, summarize};
pub use transition::{Standing, transition_allowed};

#[cfg(test)]
mod samples;
