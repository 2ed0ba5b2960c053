//! The same model in floating point, written from risk.md 4.2 and 4.4 apart from the integers: T10.

use ballast_risk::shortfall::{HISTORICAL_TAIL, RING_ROWS, Return, Ring, Stress};
use ballast_types::PriceTicks;

/// What is kept of the averages each hour.
const FAST: f64 = 1_018_725.0 / 1_048_576.0;
const SLOW: f64 = 1_047_567.0 / 1_048_576.0;
const LEAST_SIGMA: f64 = 1e-4;
const MOST_SIGMAS: f64 = 10.0;

/// A factor in floating point.
#[derive(Clone, Debug)]
pub struct Reference {
    close: f64,
    fast: f64,
    slow: f64,
    ring: Vec<f64>,
}

impl Reference {
    /// At `close`, with both volatilities at `sigma` ppb.
    #[must_use]
    pub fn new(close: PriceTicks, sigma: u64, ring: &Ring) -> Self {
        let variance = (sigma as f64 / 1e9).powi(2);
        let ring = ring.rows().iter().map(|row| f64::from(row.0) / 1e6).collect();
        Self { close: close.0 as f64, fast: variance, slow: variance, ring }
    }

    /// Takes the price after an hour in.
    pub fn end_hour(&mut self, hour: u64, close: PriceTicks) {
        let close = close.0 as f64;
        let most = MOST_SIGMAS * self.fast.max(self.slow).sqrt().max(LEAST_SIGMA);
        let r = (close / self.close - 1.0).clamp(-1.0, 3.0).clamp(-most, most);
        self.ring[(hour % RING_ROWS as u64) as usize] =
            (r / self.fast.sqrt().max(LEAST_SIGMA)).clamp(-30.0, 30.0);
        self.fast = FAST * self.fast + (1.0 - FAST) * r * r;
        self.slow = SLOW * self.slow + (1.0 - SLOW) * r * r;
        self.close = close;
    }

    /// R at the raw volatility over an hour, for a notional of 1 (-1 for a short).
    #[must_use]
    pub fn requirement(&self, notional: f64, stress: &Stress) -> f64 {
        let sigma = self.fast.max(self.slow).sqrt();
        let a = worst(self.ring.iter().map(|z| -notional * sigma * z).collect(), HISTORICAL_TAIL);
        let hours = stress.rows().iter().map(|&Return(r)| -notional * r as f64 / 1e9);
        let s = worst(hours.collect(), stress.rows().len().div_ceil(10));
        a.max((3.0 * a + s) / 4.0)
    }
}

/// Mean of the largest.
fn worst(mut losses: Vec<f64>, count: usize) -> f64 {
    losses.sort_by(|a, b| b.total_cmp(a));
    losses.iter().take(count).sum::<f64>() / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_risk::shortfall::{FactorKind, Residual};

    #[test]
    fn a_requirement_by_hand() {
        // Seven hours of -3 at 1% are 3%; with bitcoin's synthetic row of -35%: (9 + 35) / 4 = 11%.
        let stress = Stress::new(&[], FactorKind::Bitcoin).expect("no rows fit");
        let it = Reference::new(PriceTicks(100), 10_000_000, &Ring::new([Residual(-3_000_000); RING_ROWS]));
        assert!((it.requirement(1.0, &stress) - 0.11).abs() < 1e-12);
        assert!((it.requirement(-1.0, &stress) - 0.04).abs() < 1e-12);
    }
}
