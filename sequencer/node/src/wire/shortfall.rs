//! What a market's margin follows from, as JSON: with the history of its index enough to compute it again.

use super::number::{Decimal, Integer};
use ballast_engine::Shortfall;
use ballast_risk::shortfall::Sigma;
use ballast_state::Closing;
use serde::{Deserialize, Serialize};

/// The factor of a market, and what follows from it. Volatilities are the standard deviation of an hour's return, parts in
/// 10^9; fractions are parts in a million of notional.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ShortfallView {
    /// The hour of the last close, counted from the Unix epoch; 0 before the first.
    pub hour: u64,
    /// The index at its end, in ticks; 0 before the first.
    pub close: u64,
    /// Volatility that forgets half in a day.
    pub sigma_fast: Decimal,
    /// Volatility that forgets half in thirty days.
    pub sigma_slow: Decimal,
    /// What follows the larger of the two by at most 2% up and 1% down an hour.
    pub sigma_glided: Decimal,
    /// What a long may lose until it is closed.
    pub long: u32,
    /// What a short may lose until it is closed.
    pub short: u32,
    /// Where that draws maintenance margin.
    pub target_maintenance: u32,
    /// Where that draws initial margin.
    pub target_initial: u32,
    /// The hour that has samples and has not ended yet, counted from the Unix epoch; 0 when none has.
    pub next_hour: u64,
    /// Its samples, in ticks, the earliest first; 0 where there is none.
    pub samples: Vec<u64>,
}

impl ShortfallView {
    pub(crate) fn of(it: &Shortfall, closing: &Closing) -> Self {
        let sigma = |sigma: Sigma| Integer(sigma.0);
        Self {
            hour: it.hour,
            close: it.close.0,
            sigma_fast: sigma(it.volatility.fast()),
            sigma_slow: sigma(it.volatility.slow()),
            sigma_glided: sigma(it.volatility.glided()),
            long: it.fractions.long.0,
            short: it.fractions.short.0,
            target_maintenance: it.target.maintenance.0,
            target_initial: it.target.initial.0,
            next_hour: closing.hour,
            samples: closing.samples.iter().map(|sample| sample.0).collect(),
        }
    }
}
