//! Runs every series and collects what the gates say.

use super::{
    candles::{Series, Step},
    figures::{Figures, figures},
    gates::{KUPIEC_SHARE, Verdict, Verdicts},
    walk::{BURN_IN, Beginning, Side, profile, walk},
};
use ballast_risk::shortfall::{ClassProfile, Return, Stress, stand_in};
use serde::Serialize;

/// Prices of bars of a minute from which on they are walked as they are: enough for T1, T2, T5 and T6.
const MINUTES: usize = BURN_IN + 12_000 + 1;
/// Hours from which on a market is walked as one newly listed: a day and four.
const LISTED_HOURS: usize = 28;

/// One side of a series.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The file, or the market of a panel.
    pub series: String,
    /// How far apart its prices are.
    pub step: Step,
    /// Whether it began as a listing, by the class of another.
    pub listed: bool,
    /// Long or short.
    pub side: Side,
    /// What was counted.
    pub figures: Figures,
    /// What the gates say of it.
    pub verdicts: Verdicts,
    /// And all together.
    pub verdict: Verdict,
}

/// How many series of a step T1's likelihood could judge, and how many it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Kupiec {
    /// The step.
    pub step: Step,
    /// Sides of series with enough steps.
    pub judged: usize,
    /// Those below the limit.
    pub passed: usize,
    /// Whether those are nine tenths.
    pub verdict: Verdict,
}

/// A series that was not walked.
#[derive(Clone, Debug, Serialize)]
pub struct Short {
    /// The file, or the market of a panel.
    pub series: String,
    /// How far apart its prices are.
    pub step: Step,
    /// Its steps without a gap.
    pub steps: usize,
}

/// What came of all of them.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Steps of a series before its first forecast.
    pub burn_in: usize,
    /// Sides of series.
    pub rows: Vec<Row>,
    /// T1's likelihood, by step.
    pub kupiec: Vec<Kupiec>,
    /// Series that are too short for a ring of their own and began before any class was known.
    pub too_short: Vec<Short>,
    /// What may be said of the model.
    pub outcome: Outcome,
}

/// What all rows say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No gate failed of those that could judge, and at least one row of hours, the model's own step, was judged.
    Passed,
    /// A gate failed, at whatever step.
    Failed,
    /// No gate failed, but no row of hours could be judged.
    NotJudged,
}

/// What markets that are listed later are taken for.
struct Class {
    profile: ClassProfile,
    stress: Vec<Return>,
    /// When it was known, in seconds.
    known: u64,
}

impl Class {
    /// That of the longest series of hours, if any has a ring of its own.
    fn of(series: &[Series]) -> Option<Self> {
        let hours = series.iter().filter(|it| it.step == Step::Hour);
        let longest = hours.max_by_key(|it| it.closes.len())?;
        let (profile, hours) = profile(longest)?;
        let stress = hours.into_iter().map(|hour| stand_in(hour, profile.beta)).collect();
        Some(Self { profile, stress, known: longest.time(longest.closes.len() - 1) })
    }
}

/// Back-tests both sides of each series. One of hours that is too short for a ring of its own is walked as a market that
/// is listed when it begins, if the longest series of hours was over by then and lends it one.
#[must_use]
pub fn run(series: &[Series]) -> Report {
    let class = Class::of(series);
    let (mut rows, mut too_short) = (Vec::new(), Vec::new());
    for it in series {
        match beginning(it, class.as_ref()) {
            Some(beginning) => rows
                .extend([Side::Long, Side::Short].into_iter().filter_map(|side| row(it, side, &beginning))),
            None => too_short.push(Short {
                series: it.name.clone(),
                step: it.step,
                steps: it.closes.len().saturating_sub(1),
            }),
        }
    }
    rows.sort_by_key(|row| (row.step, row.listed));
    let kupiec: Vec<Kupiec> =
        [Step::Hour, Step::Day, Step::Minute].into_iter().filter_map(|step| share(&rows, step)).collect();
    let outcome = outcome(&rows, &kupiec);
    Report { burn_in: BURN_IN, rows, kupiec, too_short, outcome }
}

fn outcome(rows: &[Row], kupiec: &[Kupiec]) -> Outcome {
    let mut verdicts = rows.iter().map(|row| row.verdict).chain(kupiec.iter().map(|step| step.verdict));
    if verdicts.any(|verdict| verdict == Verdict::Failed) {
        Outcome::Failed
    } else if rows.iter().any(|row| row.step == Step::Hour && row.verdict != Verdict::TooShort) {
        Outcome::Passed
    } else {
        Outcome::NotJudged
    }
}

fn beginning(series: &Series, class: Option<&Class>) -> Option<Beginning> {
    let closes = series.closes.len();
    let least = if series.step == Step::Minute { MINUTES } else { BURN_IN + 2 };
    if closes >= least {
        return Some(Beginning::OwnHistory);
    }
    let class = class.filter(|class| series.step == Step::Hour && class.known <= series.start)?;
    let stress = Stress::new(&class.stress, series.kind).filter(|_| closes > LISTED_HOURS)?;
    Some(Beginning::Listed(Box::new(class.profile.clone()), stress))
}

fn row(series: &Series, side: Side, beginning: &Beginning) -> Option<Row> {
    let figures = figures(&walk(series, side, beginning))?;
    let verdicts = Verdicts::of(&figures);
    Some(Row {
        series: series.name.clone(),
        step: series.step,
        listed: matches!(beginning, Beginning::Listed(..)),
        side,
        figures,
        verdicts,
        verdict: verdicts.overall(),
    })
}

fn share(rows: &[Row], step: Step) -> Option<Kupiec> {
    let judged = || rows.iter().filter(|row| row.step == step && row.verdicts.kupiec != Verdict::TooShort);
    let passed = judged().filter(|row| row.verdicts.kupiec == Verdict::Passed).count();
    let judged = judged().count();
    if judged == 0 {
        return None;
    }
    let enough = passed as f64 >= KUPIEC_SHARE * judged as f64;
    Some(Kupiec { step, judged, passed, verdict: if enough { Verdict::Passed } else { Verdict::Failed } })
}
