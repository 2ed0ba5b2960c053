//! Expected shortfall of one factor, stand-alone: filtered historical simulation with a stressed part (risk.md 4).
//!
//! A market's index is a factor. Each hour its return is divided by the volatility known before; the last 720 of these
//! residuals, times the volatility of today, are what the next hour may bring. The mean loss of the seven worst of them,
//! blended with the mean of the worst tenth of a table of stress hours, is what a position of that notional requires.
//!
//! Everything is an integer and a pure function of what is given; the engine keeps a [`Factor`] a market, one leaf, and
//! tells it of each hour.
//!
//! Why nothing here overflows an `i128`: a notional is at most 2^60 u, a volatility or return 3 * 10^9 < 2^32 ppb, a
//! scale of horizon 5 * 10^6 < 2^23 ppm, a residual 30 * 10^6 < 2^25. The weight before its division is below 2^115 and
//! after it below 2^96, so a residual's loss is below 2^121 before it is divided by 10^15; a stress loss below 2^115.
//! Losses are below 2^72, and sums have 26 of them.

mod class;
mod factor;
mod glide;
mod horizon;
mod margins;
mod measure;
mod ring;
mod stress;
mod units;
mod volatility;

pub use factor::{Factor, Fractions, UNIT};
pub use horizon::{MAX_HORIZON, horizon_scale};
pub use margins::Margins;
pub use measure::{HISTORICAL_TAIL, Tail, blended, historical, stressed};
pub use ring::{ClassProfile, RING_ROWS, Ring};
pub use stress::{FactorKind, HISTORICAL_STRESS_ROWS, STRESS_ROWS, Stress, stand_in};
pub use units::{Residual, Return, Sigma};
pub use volatility::Volatility;

#[cfg(test)]
mod samples;
