//! What came of the forecasts of one side of a series, counted.

use super::{
    acerbi_szekely::{Forecast, z2},
    christoffersen::{Independence, independence},
    kupiec::{LEVEL, likelihood_ratio},
    walk::Step,
};
use ballast_risk::shortfall::UNIT;
use ballast_types::Ppm;
use serde::Serialize;
use std::collections::BTreeMap;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// Days that the traffic light looks back.
pub const TRAFFIC_DAYS: usize = 250;

/// Counts and rates. Rates are parts of one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figures {
    /// Forecasts.
    pub n: u64,
    /// Days, in UTC, that they touch.
    pub days: u64,
    /// Those of them with a step that lost more than the core value at risk.
    pub hit_days: u64,
    /// Steps that lost more than the core value at risk.
    pub hits: u64,
    /// T1: the part of all that those are.
    pub hit_rate: f64,
    /// T1: Kupiec's likelihood ratio.
    pub kupiec: f64,
    /// T2: hits after hits, step by step.
    pub steps: Independence,
    /// T3: the same of days with a hit.
    pub day_blocks: Independence,
    /// T4.
    pub z2: f64,
    /// T5: steps that lost more than the charged requirement.
    pub beyond: u64,
    /// T5: the part of all that those are.
    pub beyond_rate: f64,
    /// T5: the largest loss over what was charged.
    pub worst: f64,
    /// T6: forecasts of four steps.
    pub n_of_four: u64,
    /// T6: the part of them that lost more than initial margin.
    pub beyond_initial_rate: f64,
    /// T7: of any 250 days in a row, the most that had a step beyond the charged requirement.
    pub traffic: u64,
    /// T8: the largest rise of the charged requirement in a step.
    pub rise: f64,
    /// T8: whether every rise is within 2%, rounded up, and a ppm.
    pub rises_within_glide: bool,
    /// T8: the highest charged requirement over the lowest before it or after it.
    pub peak_to_trough: f64,
    /// T10: how far integers and floating point are apart at most.
    pub deviation: f64,
    /// Median of the charged requirement.
    pub median: f64,
}

/// Of the forecasts of one side, in their order. `None` of none.
#[must_use]
pub fn figures(steps: &[Step]) -> Option<Figures> {
    let median = median(steps)?;
    let hits: Vec<bool> = steps.iter().map(|step| step.loss > step.value_at_risk).collect();
    let beyond: Vec<bool> = steps.iter().map(|step| step.loss > margin(step.maintenance)).collect();
    let days_of_hits = by_day(steps, &hits);
    let of_four: Vec<bool> =
        steps.iter().filter_map(|step| step.loss_of_four.map(|loss| loss > margin(step.initial))).collect();
    let n = steps.len() as u64;
    let charged = || steps.iter().map(|step| f64::from(step.maintenance.0));
    Some(Figures {
        n,
        days: days_of_hits.len() as u64,
        hit_days: count(&days_of_hits),
        hits: count(&hits),
        hit_rate: rate(&hits),
        kupiec: likelihood_ratio(n, count(&hits), LEVEL),
        steps: independence(&hits),
        day_blocks: independence(&days_of_hits),
        z2: z2(&forecasts(steps), LEVEL),
        beyond: count(&beyond),
        beyond_rate: rate(&beyond),
        worst: steps
            .iter()
            .map(|step| step.loss as f64 / margin(step.maintenance).max(1) as f64)
            .fold(0.0, f64::max),
        n_of_four: of_four.len() as u64,
        beyond_initial_rate: rate(&of_four),
        traffic: most_in_a_row(&by_day(steps, &beyond)),
        rise: pairs(steps).map(|(before, after)| after / before.max(1.0) - 1.0).fold(0.0, f64::max),
        rises_within_glide: pairs(steps).all(|(before, after)| after <= (before * 1.02).ceil() + 1.0),
        peak_to_trough: charged().fold(0.0, f64::max) / charged().fold(f64::MAX, f64::min).max(1.0),
        deviation: steps.iter().map(|step| step.deviation).fold(0.0, f64::max),
        median: f64::from(median.0) / 1e6,
    })
}

/// What a fraction of [`UNIT`] is, in u.
fn margin(fraction: Ppm) -> i128 {
    i128::from(fraction.0) * i128::from(UNIT.0 / 1_000_000)
}

fn count(hits: &[bool]) -> u64 {
    hits.iter().filter(|hit| **hit).count() as u64
}

fn rate(hits: &[bool]) -> f64 {
    if hits.is_empty() { 0.0 } else { count(hits) as f64 / hits.len() as f64 }
}

fn median(steps: &[Step]) -> Option<Ppm> {
    let mut charged: Vec<Ppm> = steps.iter().map(|step| step.maintenance).collect();
    charged.sort_unstable();
    charged.get(charged.len() / 2).copied()
}

/// What was charged at a step and at the next.
fn pairs(steps: &[Step]) -> impl Iterator<Item = (f64, f64)> {
    steps.windows(2).map(|pair| (f64::from(pair[0].maintenance.0), f64::from(pair[1].maintenance.0)))
}

fn forecasts(steps: &[Step]) -> Vec<Forecast> {
    let forecast = |step: &Step| Forecast {
        loss: step.loss as f64,
        value_at_risk: step.value_at_risk as f64,
        shortfall: step.shortfall.max(1) as f64,
    };
    steps.iter().map(forecast).collect()
}

/// Day by day, whether a step that began in it is a hit.
fn by_day(steps: &[Step], hits: &[bool]) -> Vec<bool> {
    let mut days: BTreeMap<u64, bool> = BTreeMap::new();
    for (step, hit) in steps.iter().zip(hits) {
        // A step that ends at midnight was the day's before.
        *days.entry((step.time - 1) / DAY).or_default() |= hit;
    }
    days.into_values().collect()
}

fn most_in_a_row(days: &[bool]) -> u64 {
    let length = TRAFFIC_DAYS.min(days.len()).max(1);
    days.windows(length).map(count).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(hour: u64, loss: i128, maintenance: u32) -> Step {
        Step {
            time: (hour + 1) * 3_600,
            loss,
            loss_of_four: None,
            value_at_risk: 20_000_000_000,
            shortfall: 40_000_000_000,
            maintenance: Ppm(maintenance),
            initial: Ppm(maintenance * 2),
            deviation: 0.0,
        }
    }

    #[test]
    fn four_hours_by_hand() {
        let mut steps = vec![
            step(0, 10_000_000_000, 50_000),
            step(1, 30_000_000_000, 51_001),
            step(2, 102_000_000_000, 51_000),
            step(3, -90_000_000_000, 25_500),
        ];
        steps[0].loss_of_four = Some(100_000_000_001);
        steps[1].loss_of_four = Some(102_002_000_000);
        let it = figures(&steps).expect("there are steps");
        assert_eq!(
            (it.n, it.days, it.hit_days, it.hits, it.beyond, it.n_of_four, it.traffic),
            (4, 1, 1, 2, 1, 2, 1)
        );
        assert_eq!((it.hit_rate, it.beyond_rate, it.beyond_initial_rate, it.worst), (0.5, 0.25, 0.5, 2.0));
        assert!((it.z2 - (1.0 - (0.75 + 2.55) / 0.04)).abs() < 1e-9);
        assert!((it.rise - 0.020_02).abs() < 1e-9 && it.rises_within_glide);
        assert!((it.peak_to_trough - 51_001.0 / 25_500.0).abs() < 1e-9);
        assert!(figures(&[]).is_none());
    }

    #[test]
    fn a_rise_beyond_the_glide_is_seen() {
        let it = figures(&[step(0, 0, 50_000), step(1, 0, 51_002)]).expect("there are steps");
        assert!(!it.rises_within_glide);
    }

    #[test]
    fn the_hour_that_ends_at_midnight_is_of_the_day_before() {
        let days = by_day(&[step(23, 0, 1), step(24, 0, 1)], &[true, false]);
        assert_eq!(days, [true, false]);
    }

    #[test]
    fn of_days_in_a_row_the_worst_250_count() {
        let mut days = vec![false; 600];
        days[10..14].fill(true);
        days[300..304].fill(true);
        days[549] = true;
        assert_eq!(most_in_a_row(&days), 5);
    }
}
