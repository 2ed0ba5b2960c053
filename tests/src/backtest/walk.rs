//! Along a series: at each step what the model says of the next, and then what came.

use super::{candles::Series, reference::Reference, stress_hours::History};
use ballast_risk::shortfall::{
    ClassProfile, Factor, Margins, RING_ROWS, Residual, Return, Ring, Sigma, Stress, UNIT, Volatility,
    historical,
};
use ballast_types::{Ppm, PriceTicks, Quote};

/// Returns whose root mean square the volatilities of a series begin with.
const WARM_UP: usize = 24;
/// Steps of a series before its first forecast: its volatility's, and a ring of its own.
pub const BURN_IN: usize = WARM_UP + RING_ROWS;
/// Steps that initial margin is tested over.
const INITIAL_STEPS: usize = 4;
/// A step is an hour, whatever the series' own: nothing is scaled.
const HOUR: Ppm = Ppm(1_000_000);
/// No floors: the model alone.
const NO_FLOORS: Margins = Margins { maintenance: Ppm(0), initial: Ppm(0) };

/// Which side of the market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// Loses when the price falls.
    Long,
    /// Loses when it rises.
    Short,
}

/// A forecast for [`UNIT`] of notional, and what came of it. Money in u.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Unix time of the end of the step, in seconds.
    pub time: u64,
    /// Lost in the step.
    pub loss: i128,
    /// Lost in four steps, if there are as many.
    pub loss_of_four: Option<i128>,
    /// Core value at risk: 99%, at the fast volatility.
    pub value_at_risk: i128,
    /// Core expected shortfall.
    pub shortfall: i128,
    /// The charged requirement, glided, without floor.
    pub maintenance: Ppm,
    /// The charged initial margin, without floor.
    pub initial: Ppm,
    /// How far integers and floating point are apart in R, over R.
    pub deviation: f64,
}

/// Where a series begins.
#[derive(Clone, Debug)]
pub enum Beginning {
    /// With its own first [`BURN_IN`] steps, of which nothing is forecast.
    OwnHistory,
    /// As a market listed with its first price, by the profile of a class and its stress hours.
    Listed(Box<ClassProfile>, Stress),
}

/// One side of a series on its way.
struct Walk<'a> {
    side: Side,
    closes: &'a [PriceTicks],
    factor: Factor,
    reference: Reference,
    history: History,
    listed: bool,
}

/// All forecasts of one side of a series, none of one that is too short.
#[must_use]
pub fn walk(series: &Series, side: Side, beginning: &Beginning) -> Vec<Step> {
    let first = match beginning {
        Beginning::OwnHistory => BURN_IN,
        Beginning::Listed(..) => 0,
    };
    if series.closes.len() < first + 2 {
        return Vec::new();
    }
    let mut walk = Walk::begin(series, side, beginning);
    for k in WARM_UP + 1..=first {
        walk.take(series, k);
    }
    let mut margins = Margins::target(NO_FLOORS, walk.fraction());
    let mut steps = Vec::with_capacity(series.closes.len() - first);
    for next in first + 1..series.closes.len() {
        let forecast = walk.forecast(margins);
        steps.push(Step {
            time: series.time(next),
            loss: walk.loss(next - 1, next),
            loss_of_four: (next + INITIAL_STEPS - 1 < series.closes.len())
                .then(|| walk.loss(next - 1, next + INITIAL_STEPS - 1)),
            ..forecast
        });
        walk.take(series, next);
        margins = margins.glided(Margins::target(NO_FLOORS, walk.fraction()));
    }
    steps
}

impl<'a> Walk<'a> {
    fn begin(series: &'a Series, side: Side, beginning: &Beginning) -> Self {
        let closes = series.closes.as_slice();
        let (factor, sigma) = match beginning {
            Beginning::OwnHistory => {
                let sigma = root_mean_square(&closes[..=WARM_UP]);
                let factor = Factor {
                    close: closes[WARM_UP],
                    volatility: Volatility::new(sigma),
                    ring: Ring::new([Residual(0); RING_ROWS]),
                    stress: table(&[], series),
                };
                (factor, sigma)
            }
            Beginning::Listed(class, stress) => {
                (Factor::at_listing(closes[0], class, stress.clone()), Sigma(class.sigma.0 * 2))
            }
        };
        let reference = Reference::new(factor.close, sigma.0, &factor.ring);
        let listed = matches!(beginning, Beginning::Listed(..));
        Self { side, closes, factor, reference, history: History::default(), listed }
    }

    /// Takes close `k` in, and a new stress table when one comes into force. A listed market keeps its class's.
    fn take(&mut self, series: &Series, k: usize) {
        let hour = series.time(k) / series.step.seconds();
        self.history.push(Return::between(self.factor.close, self.closes[k]), &self.factor.volatility);
        self.factor.end_hour(hour, self.closes[k]);
        self.reference.end_hour(hour, self.closes[k]);
        if let Some(rows) = self.history.refreshed().filter(|_| !self.listed) {
            self.factor.stress = table(&rows, series);
        }
    }

    fn unit(&self) -> Quote {
        match self.side {
            Side::Long => UNIT,
            Side::Short => Quote(-UNIT.0),
        }
    }

    /// What the side requires of a unit at the raw volatility: where its margins glide to.
    fn fraction(&self) -> Ppm {
        let fractions = self.factor.fractions(self.factor.volatility.raw(), HOUR);
        match self.side {
            Side::Long => fractions.long,
            Side::Short => fractions.short,
        }
    }

    /// What a unit loses from one close to another.
    fn loss(&self, from: usize, to: usize) -> i128 {
        let r = Return::between(self.closes[from], self.closes[to]);
        // A unit is 10^12 u and a return in ppb.
        -i128::from(self.unit().0 / 1_000_000_000) * i128::from(r.0)
    }

    /// What is said of the next step, before it is looked at.
    fn forecast(&self, margins: Margins) -> Step {
        let Factor { volatility, ring, stress, .. } = &self.factor;
        let core = historical(self.unit(), volatility.fast(), HOUR, ring);
        let exact = self.factor.requirement(self.unit(), volatility.raw(), HOUR) as f64 / UNIT.0 as f64;
        let sign = self.unit().0.signum() as f64;
        let reference = self.reference.requirement(sign, stress);
        Step {
            time: 0,
            loss: 0,
            loss_of_four: None,
            value_at_risk: core.threshold,
            shortfall: core.mean,
            maintenance: margins.maintenance,
            initial: margins.initial,
            deviation: (exact - reference).abs() / reference.abs().max(f64::MIN_POSITIVE),
        }
    }
}

/// The volatility of these prices: the root mean square of their returns.
fn root_mean_square(closes: &[PriceTicks]) -> Sigma {
    let squares = closes.windows(2).map(|pair| i128::from(Return::between(pair[0], pair[1]).0).pow(2));
    let mean = squares.sum::<i128>().unsigned_abs() / (closes.len() as u128 - 1).max(1);
    // At most the square of the largest return.
    Sigma(mean.isqrt() as u64)
}

fn table(rows: &[Return], series: &Series) -> Stress {
    Stress::new(rows, series.kind).expect("no more rows are chosen than fit")
}

/// What a series of hours lends to markets that are listed after it: its last 720 residuals, the volatility that it ends
/// with, and the hours of its stress table. `None` when it has no ring of its own.
#[must_use]
pub fn profile(series: &Series) -> Option<(ClassProfile, Vec<Return>)> {
    if series.closes.len() <= BURN_IN {
        return None;
    }
    let mut walk = Walk::begin(series, Side::Long, &Beginning::OwnHistory);
    for k in WARM_UP + 1..series.closes.len() {
        walk.take(series, k);
    }
    let class = ClassProfile {
        common: walk.factor.ring,
        own: Ring::new([Residual(0); RING_ROWS]),
        beta: Ppm(1_000_000),
        sigma: walk.factor.volatility.slow(),
    };
    Some((class, walk.history.chosen()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::candles;
    use ballast_risk::shortfall::FactorKind;
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    /// Up and down by 1% in turns.
    fn series(len: usize) -> Series {
        let closes = (0..len).map(|k| PriceTicks(if k % 2 == 0 { 1_000_000 } else { 1_010_000 })).collect();
        Series { name: "a".into(), step: candles::Step::Hour, kind: FactorKind::Bitcoin, start: 0, closes }
    }

    #[test]
    fn the_first_forecast_comes_when_the_ring_is_full() {
        assert!(walk(&series(BURN_IN + 1), Side::Long, &Beginning::OwnHistory).is_empty());
        let steps = walk(&series(BURN_IN + 10), Side::Long, &Beginning::OwnHistory);
        assert_eq!((steps.len(), steps[0].time), (9, 3_600 * (BURN_IN as u64 + 1)));
        let of_four: Vec<bool> = steps.iter().map(|step| step.loss_of_four.is_some()).collect();
        assert_eq!(of_four, [true, true, true, true, true, true, false, false, false]);
    }

    #[test]
    fn losses_are_those_of_the_side() {
        let of = |side| walk(&series(BURN_IN + 4), side, &Beginning::OwnHistory)[0].loss;
        // From 1.00 to 1.01.
        assert_eq!([of(Side::Long), of(Side::Short)], [-10_000_000_000, 10_000_000_000]);
    }

    #[test]
    fn a_listed_market_is_forecast_from_its_first_price() {
        let (class, rows) = profile(&series(BURN_IN + 100)).expect("long enough");
        assert!(class.sigma.0.abs_diff(9_950_000) < 10_000, "{:?}", class.sigma);
        let stress = Stress::new(&rows, FactorKind::Alt).expect("no more rows than fit");
        let steps = walk(&series(48), Side::Short, &Beginning::Listed(Box::new(class), stress));
        assert_eq!(steps.len(), 47);
        assert!(profile(&series(BURN_IN)).is_none());
    }

    #[test]
    fn a_calm_series_under_the_synthetic_stress_by_hand() {
        // Residuals are +-1, volatility 1%: A is 1%. Of 220 rows or more the worst tenth are -1% and the one of -35%.
        let steps = walk(&series(BURN_IN + 10), Side::Long, &Beginning::OwnHistory);
        let (a, k) = (0.009_95, 26.0);
        let s = (0.35 + 0.1 + (k - 2.0) * 0.009_901) / k;
        let expected = (3.0 * a + s) / 4.0 * 1e6;
        assert!(
            (f64::from(steps[0].maintenance.0) - expected).abs() < 100.0,
            "{} {expected}",
            steps[0].maintenance
        );
    }
    /// Up or down by up to 1% a step.
    fn wandering(rng: &mut ChaCha8Rng, len: usize) -> Series {
        let mut price = 1_000_000_000.0;
        let mut next = || {
            price *= rng.random_range(0.99..1.01);
            PriceTicks(price as u64)
        };
        let closes = (0..len).map(|_| next()).collect();
        Series { closes, ..series(0) }
    }

    /// Without what came of it.
    fn foretold(step: &Step) -> Step {
        Step { loss: 0, loss_of_four: None, ..*step }
    }

    #[test]
    fn no_forecast_knows_a_price_from_the_end_of_its_step_or_later() {
        // A stress table comes into force with close 864: 24 that nothing remembers, then five weeks.
        const REFRESH: usize = WARM_UP + 5 * 168;
        const LEN: usize = REFRESH + 120;
        let rng = &mut ChaCha8Rng::seed_from_u64(21);
        let (class, rows) = profile(&wandering(rng, BURN_IN + 100)).expect("long enough");
        let stress = Stress::new(&rows, FactorKind::Bitcoin).expect("no more rows than fit");
        for beginning in [Beginning::OwnHistory, Beginning::Listed(Box::new(class), stress)] {
            let past = wandering(rng, LEN);
            let sides = [Side::Long, Side::Short].map(|side| (side, walk(&past, side, &beginning)));
            let any: Vec<usize> = (0..4).map(|_| rng.random_range(BURN_IN + 1..LEN - 1)).collect();
            for k in any.into_iter().chain([BURN_IN + 1, REFRESH - 1, REFRESH, REFRESH + 1, LEN - 2]) {
                let mut other = past.clone();
                let factor = rng.random_range(3..=30);
                other.closes[k..].iter_mut().for_each(|close| close.0 = close.0 * factor / 10 + 1_000);
                for (side, steps) in &sides {
                    let others = walk(&other, *side, &beginning);
                    let begun = steps.iter().filter(|step| step.time <= past.time(k)).count();
                    assert!(begun > 0 && begun < steps.len());
                    for (step, other) in steps[..begun].iter().zip(&others) {
                        assert_eq!(foretold(step), foretold(other), "another price from close {k} on");
                    }
                    // What came of the last of them is another thing, and the next forecast knows of it.
                    assert_ne!(steps[begun - 1].loss, others[begun - 1].loss);
                    assert_ne!(foretold(&steps[begun]), foretold(&others[begun]));
                }
            }
        }
    }
}
