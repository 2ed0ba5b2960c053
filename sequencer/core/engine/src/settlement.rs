//! The end of a market, and of a pool (risk.md 5.1 L6, 6.7, 10.4): a market settles at a price that nobody votes on, what is
//! held in it becomes cash, and a pool that nobody makes whole pays everybody the same part.

mod market;
mod positions;
mod resolution;

pub use market::{can_settle, is_in_grace};
pub(crate) use market::{check, check_open, is_ending, is_over, sample, settle};
pub use positions::{can_cash, is_cashed};
pub(crate) use positions::{cash_in, check_positions, owes_elsewhere, settle_positions};
pub use resolution::can_resolve;
pub(crate) use resolution::{check_pool, resolve};

#[cfg(test)]
mod tests;
