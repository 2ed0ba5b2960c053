//! Index, mark and funding of a market (risk.md 2): what the prices that are reported and the book come to.
//!
//! Nothing here knows the time or a state: the caller keeps the averages, says how many steps of 50 ms have passed, and
//! says what is defined. Prices are in ticks, averages in ticks times 2^24, rates in ppb.

pub mod average;
pub mod index;
pub mod mark;
pub mod premium;
mod tables;

pub use average::{Pace, STEP_MS, blend, fixed};
pub use index::{dispersion_of, has_jumped, index_of};
pub use mark::{Inputs, basis_sample, is_outside, mark, touch};
pub use premium::{Accrual, FUNDING_PARTS, accrue, funding_cap, funding_rate, premium};
