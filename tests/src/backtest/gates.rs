//! Which figures are good enough, and which are of too few steps to say (risk.md 4.9).
//!
//! Too few is where chance alone would decide. A gate on a rate judges when five events are expected at its limit: of fewer
//! a single one is most of the verdict. Near a limit one more or less still decides. T1's rate and T4 judge when their limit
//! is 1.645 standard errors from what a right model shows; T3 when five days with a hit are expected to follow another by
//! chance.

use super::{
    figures::{Figures, TRAFFIC_DAYS},
    kupiec::LEVEL,
};
use serde::Serialize;

/// Chi-square with one degree of freedom at 5%.
pub const KUPIEC_LIMIT: f64 = 3.84;
/// The same at 1%.
const DAY_BLOCK_LIMIT: f64 = 6.63;
/// Part of the series that T1 may not be beyond its limit in.
pub const KUPIEC_SHARE: f64 = 0.90;
/// Five hits expected at 1%.
pub const KUPIEC_STEPS: u64 = 500;
const HIT_RATE_LIMIT: f64 = 0.0115;
const HIT_RATE_STEPS: u64 = 12_000;
const CLUSTER_LIMIT: f64 = 0.08;
const CLUSTER_HITS: u64 = 63;
const DAY_BLOCKS: u64 = 250;
const DAY_PAIRS: u64 = 5;
const Z2_LIMIT: f64 = -0.30;
/// 33 hits expected: [`z2_critical`] is at the limit. Below it Z2 is counted, not judged.
const Z2_STEPS: u64 = 3_300;
const BEYOND_LIMIT: f64 = 0.003;
const BEYOND_STEPS: u64 = 1_667;
const INITIAL_LIMIT: f64 = 0.0025;
const INITIAL_STEPS: u64 = 2_000;
/// Days of 250 from which on the light is yellow.
const YELLOW: u64 = 15;
/// And red.
const RED: u64 = 20;
const PEAK_LIMIT: f64 = 8.0;
const DEVIATION_LIMIT: f64 = 1e-5;

/// What a gate says of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Within the limit.
    Passed,
    /// Within the limit, and told: T7 alone has it, and a series that passed all else.
    Yellow,
    /// Beyond it.
    Failed,
    /// Too few steps to say.
    TooShort,
}

/// One verdict a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Verdicts {
    /// T1, likelihood: it may be beyond its limit in a tenth of the series.
    pub kupiec: Verdict,
    /// T1, rate of hits.
    pub hit_rate: Verdict,
    /// T2.
    pub clusters: Verdict,
    /// T3.
    pub day_blocks: Verdict,
    /// T4.
    pub z2: Verdict,
    /// T5.
    pub beyond: Verdict,
    /// T6.
    pub beyond_initial: Verdict,
    /// T7: passed is green, failed red.
    pub traffic: Verdict,
    /// T8.
    pub procyclicality: Verdict,
    /// T10.
    pub deviation: Verdict,
}

/// Of a series too short for T4, but not for T1's likelihood: whether its Z2 is where it should be once in twenty.
/// `None` of any other.
#[must_use]
pub fn suspicious_z2(it: &Figures) -> Option<bool> {
    (KUPIEC_STEPS..Z2_STEPS).contains(&it.n).then(|| it.z2 < z2_critical(it.n))
}

/// Below this Z2 of so many steps is about once in twenty when the model is right: 1.645 standard errors, of 1.05 over the
/// root of the hits expected.
fn z2_critical(n: u64) -> f64 {
    -1.645 * 1.05 / (LEVEL * n as f64).sqrt()
}

impl Verdicts {
    /// Judges a series.
    #[must_use]
    pub fn of(it: &Figures) -> Self {
        let blocks = &it.day_blocks;
        let clustered =
            blocks.hit_after_hit > blocks.hit_after_none && blocks.likelihood_ratio > DAY_BLOCK_LIMIT;
        let enough_pairs = it.days >= DAY_BLOCKS && it.hit_days * it.hit_days >= DAY_PAIRS * it.days;
        Self {
            kupiec: judge(it.n >= KUPIEC_STEPS, it.kupiec < KUPIEC_LIMIT),
            hit_rate: judge(it.n >= HIT_RATE_STEPS, it.hit_rate <= HIT_RATE_LIMIT),
            clusters: judge(it.steps.after_hits >= CLUSTER_HITS, it.steps.hit_after_hit <= CLUSTER_LIMIT),
            day_blocks: judge(enough_pairs, !clustered),
            z2: judge(it.n >= Z2_STEPS, it.z2 >= Z2_LIMIT),
            beyond: judge(it.n >= BEYOND_STEPS, it.beyond_rate <= BEYOND_LIMIT),
            beyond_initial: judge(it.n_of_four >= INITIAL_STEPS, it.beyond_initial_rate <= INITIAL_LIMIT),
            traffic: light(it),
            procyclicality: judge(it.n >= 2, it.rises_within_glide && it.peak_to_trough <= PEAK_LIMIT),
            deviation: judge(it.n >= 1, it.deviation <= DEVIATION_LIMIT),
        }
    }

    /// Of the gates that a series stands or falls with: all but T1's likelihood.
    fn own(&self) -> [Verdict; 9] {
        [
            self.hit_rate,
            self.clusters,
            self.day_blocks,
            self.z2,
            self.beyond,
            self.beyond_initial,
            self.traffic,
            self.procyclicality,
            self.deviation,
        ]
    }

    /// Failed when a gate failed; too short when none of the statistical ones, T1 to T7, could judge; else passed, or yellow
    /// as T7 is.
    #[must_use]
    pub fn overall(&self) -> Verdict {
        let own = self.own();
        if own.contains(&Verdict::Failed) {
            Verdict::Failed
        } else if own[..7].iter().chain([&self.kupiec]).all(|verdict| *verdict == Verdict::TooShort) {
            Verdict::TooShort
        } else if own.contains(&Verdict::Yellow) {
            Verdict::Yellow
        } else {
            Verdict::Passed
        }
    }
}

fn light(it: &Figures) -> Verdict {
    match judge(it.days >= TRAFFIC_DAYS as u64, it.traffic < RED) {
        Verdict::Passed if it.traffic >= YELLOW => Verdict::Yellow,
        verdict => verdict,
    }
}

fn judge(enough: bool, within: bool) -> Verdict {
    match (enough, within) {
        (false, _) => Verdict::TooShort,
        (true, true) => Verdict::Passed,
        (true, false) => Verdict::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backtest::christoffersen::Independence;

    /// A year of hours as the model wants them.
    fn good() -> Figures {
        let independent = Independence {
            after_hits: 200,
            hit_after_hit: 0.03,
            hit_after_none: 0.01,
            likelihood_ratio: 5.0,
        };
        Figures {
            n: 20_000,
            days: 834,
            hit_days: 150,
            hits: 200,
            hit_rate: 0.01,
            kupiec: 0.0,
            steps: independent,
            day_blocks: independent,
            z2: 0.0,
            beyond: 20,
            beyond_rate: 0.001,
            worst: 2.0,
            n_of_four: 19_997,
            beyond_initial_rate: 0.0005,
            traffic: 9,
            rise: 0.02,
            rises_within_glide: true,
            peak_to_trough: 4.0,
            deviation: 1e-7,
            median: 0.04,
        }
    }

    #[test]
    fn each_limit_is_the_last_that_passes() {
        assert_eq!(Verdicts::of(&good()).overall(), Verdict::Passed);
        let edge = Figures {
            hit_rate: 0.0115,
            z2: -0.30,
            beyond_rate: 0.003,
            beyond_initial_rate: 0.0025,
            traffic: 14,
            peak_to_trough: 8.0,
            deviation: 1e-5,
            steps: Independence { hit_after_hit: 0.08, likelihood_ratio: 1e9, ..good().steps },
            day_blocks: Independence { likelihood_ratio: 6.63, ..good().day_blocks },
            ..good()
        };
        assert_eq!(Verdicts::of(&edge).overall(), Verdict::Passed);
        let clustered =
            |p11| Independence { hit_after_hit: p11, likelihood_ratio: 6.64, ..good().day_blocks };
        for beyond in [
            Figures { hit_rate: 0.011_51, ..good() },
            Figures { steps: Independence { hit_after_hit: 0.081, ..good().steps }, ..good() },
            Figures { day_blocks: clustered(0.03), ..good() },
            Figures { z2: -0.301, ..good() },
            Figures { beyond_rate: 0.003_01, ..good() },
            Figures { beyond_initial_rate: 0.002_51, ..good() },
            Figures { traffic: 20, ..good() },
            Figures { rises_within_glide: false, ..good() },
            Figures { peak_to_trough: 8.01, ..good() },
            Figures { deviation: 1.01e-5, ..good() },
        ] {
            assert_eq!(Verdicts::of(&beyond).overall(), Verdict::Failed, "{beyond:?}");
        }
        // Days with hits that avoid each other are no fault.
        let apart = Figures { day_blocks: clustered(0.0), ..good() };
        assert_eq!(Verdicts::of(&apart).overall(), Verdict::Passed);
    }

    #[test]
    fn a_yellow_light_is_told_and_no_failure() {
        let of = |traffic| {
            let verdicts = Verdicts::of(&Figures { traffic, ..good() });
            (verdicts.traffic, verdicts.overall())
        };
        assert_eq!(of(14), (Verdict::Passed, Verdict::Passed));
        assert_eq!([of(15), of(19)], [(Verdict::Yellow, Verdict::Yellow); 2]);
        assert_eq!(of(20), (Verdict::Failed, Verdict::Failed));
        let failed = Verdicts::of(&Figures { traffic: 15, z2: -0.5, ..good() });
        assert_eq!((failed.traffic, failed.overall()), (Verdict::Yellow, Verdict::Failed));
    }

    #[test]
    fn a_few_hundred_steps_are_too_few_for_days_and_z2() {
        let few = Figures { n: 565, days: 565, hit_days: 4, z2: -0.727, ..good() };
        let clustered = Independence { hit_after_hit: 0.25, likelihood_ratio: 7.0, ..good().day_blocks };
        let verdicts = Verdicts::of(&Figures { day_blocks: clustered, ..few.clone() });
        assert_eq!((verdicts.day_blocks, verdicts.z2), (Verdict::TooShort, Verdict::TooShort));
        assert_eq!(suspicious_z2(&few), Some(true));
        // 1.727 over the root of 5.65 is 0.7266; over that of 20, 0.386.
        assert_eq!(suspicious_z2(&Figures { z2: -0.726, ..few.clone() }), Some(false));
        assert_eq!(suspicious_z2(&Figures { n: 2_000, z2: -0.387, ..few.clone() }), Some(true));
        assert_eq!(suspicious_z2(&Figures { n: 2_000, z2: -0.386, ..few }), Some(false));
        assert_eq!(suspicious_z2(&good()), None);
    }

    #[test]
    fn t4_judges_from_where_its_limit_is_once_in_twenty() {
        assert!(z2_critical(Z2_STEPS - 50) < Z2_LIMIT && z2_critical(Z2_STEPS + 50) > Z2_LIMIT);
    }

    #[test]
    fn t1s_likelihood_alone_fails_no_series() {
        let unlikely = Verdicts::of(&Figures { kupiec: 3.84, ..good() });
        assert_eq!((unlikely.kupiec, unlikely.overall()), (Verdict::Failed, Verdict::Passed));
    }

    #[test]
    fn a_short_series_is_not_judged_by_its_rates() {
        let short = Figures {
            n: 30,
            days: 2,
            n_of_four: 27,
            hit_rate: 0.5,
            beyond_rate: 0.5,
            beyond_initial_rate: 0.5,
            traffic: 2,
            z2: -50.0,
            kupiec: 99.0,
            steps: Independence { after_hits: 15, hit_after_hit: 1.0, ..good().steps },
            ..good()
        };
        assert_eq!(Verdicts::of(&short).overall(), Verdict::TooShort);
        let broken = Figures { rises_within_glide: false, ..short };
        assert_eq!(Verdicts::of(&broken).overall(), Verdict::Failed);
    }
}
