//! The report for people.

use super::{
    candles::Step,
    figures::Figures,
    gates::{Verdict, suspicious_z2},
    report::{Outcome, Report, Row},
    walk::Side,
};
use std::fmt::Write;

const STEPS: [Step; 3] = [Step::Hour, Step::Day, Step::Minute];

const LEGEND: &str = "\
! failed its gate; ~ yellow; (…) too few steps for the gate to judge; R is the charged requirement, of one side, no floor
core%   T1: steps beyond the core value at risk, 1% expected    LR   T1: Kupiec, below 3.84 in 90% of series
p11%    T2: a hit after a hit, 8%    LRind its likelihood ratio, reported    dayLR T3: the same of days, 6.63 if likelier
Z2      T4: at least -0.30           >R%  T5: steps beyond R, 0.30%          worst largest loss over R
>IM%    T6: four steps beyond initial margin, 0.25%    T7: days of 250 with a step beyond R, yellow from 15, red from 20
rise%   T8: largest rise of R in a step, 2%; p/t highest over lowest R, 8    float T10: from floating point, 1e-5
";

/// All rows, one line each, and what is to be said of them together.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut text = String::from(LEGEND);
    let width = report.rows.iter().map(|row| row.series.len()).max().unwrap_or(0).max(6);
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "\n{:<6} {:<width$} {:<5} {:>6} {:>8} {:>8} {:>8} {:>6} {:>7} {:>8} {:>8} {:>6} {:>8} {:>5} {:>5} {:>6} {:>8}  verdict",
        "step",
        "series",
        "side",
        "n",
        "core%",
        "LR",
        "p11%",
        "LRind",
        "dayLR",
        "Z2",
        ">R%",
        "worst",
        ">IM%",
        "T7",
        "rise%",
        "p/t",
        "float",
    );
    for row in &report.rows {
        let _ = writeln!(text, "{}", line(row, width));
    }
    text.push('\n');
    for step in &report.kupiec {
        let verdict = word(step.verdict);
        let _ = writeln!(
            text,
            "T1, {}: LR below 3.84 in {} of {} series: {verdict}",
            name(step.step),
            step.passed,
            step.judged
        );
    }
    text.push_str(&low_z2(report));
    let _ = writeln!(text, "{}", shorts(report));
    text.push_str(match report.outcome {
        Outcome::Passed => "passed: no gate failed of those that could judge",
        Outcome::Failed => "FAILED: a gate failed",
        Outcome::NotJudged => "NOT JUDGED: no series of hours, the model's own step, is long enough",
    });
    text
}

fn line(row: &Row, width: usize) -> String {
    let Figures { n, days, steps, day_blocks, .. } = &row.figures;
    let (f, v) = (&row.figures, &row.verdicts);
    let percent = |rate: f64| format!("{:.2}", rate * 100.0);
    let step = if row.listed { "listed" } else { name(row.step) };
    let side = if row.side == Side::Long { "long" } else { "short" };
    let verdict = match row.verdict {
        Verdict::TooShort => format!("too short ({n} {}s)", name(row.step)),
        Verdict::Passed | Verdict::Yellow | Verdict::Failed => word(row.verdict).to_owned(),
    };
    format!(
        "{step:<6} {:<width$} {side:<5} {n:>6} {:>8} {:>8} {:>8} {:>6.1} {:>7} {:>8} {:>8} {:>6.2} {:>8} {:>5} {:>5.2} {:>6} {:>8}  {verdict}",
        row.series,
        cell(v.hit_rate, percent(f.hit_rate)),
        cell(v.kupiec, format!("{:.2}", f.kupiec)),
        cell(v.clusters, format!("{:.1}", steps.hit_after_hit * 100.0)),
        steps.likelihood_ratio,
        cell(
            v.day_blocks,
            if *days > 1 { format!("{:.1}", day_blocks.likelihood_ratio) } else { "-".into() }
        ),
        cell(v.z2, format!("{:.2}", f.z2)),
        cell(v.beyond, percent(f.beyond_rate)),
        f.worst,
        cell(v.beyond_initial, percent(f.beyond_initial_rate)),
        cell(v.traffic, f.traffic.to_string()),
        f.rise * 100.0,
        cell(v.procyclicality, format!("{:.1}", f.peak_to_trough)),
        cell(v.deviation, format!("{:.0e}", f.deviation)),
    )
}

fn cell(verdict: Verdict, figure: String) -> String {
    match verdict {
        Verdict::Passed => figure,
        Verdict::Yellow => format!("~{figure}"),
        Verdict::Failed => format!("!{figure}"),
        Verdict::TooShort => format!("({figure})"),
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Passed => "passed",
        Verdict::Yellow => "yellow",
        Verdict::Failed => "FAILED",
        Verdict::TooShort => "too short",
    }
}

const fn name(step: Step) -> &'static str {
    match step {
        Step::Hour => "hour",
        Step::Day => "day",
        Step::Minute => "minute",
    }
}

/// Of series too short for T4, how many have a Z2 that is rare when the model is right.
fn low_z2(report: &Report) -> String {
    let mut text = String::new();
    for step in STEPS {
        let of_step = || {
            report.rows.iter().filter(|row| row.step == step).filter_map(|row| suspicious_z2(&row.figures))
        };
        if of_step().count() > 0 {
            let low = of_step().filter(|low| *low).count();
            let _ = writeln!(
                text,
                "T4, {}: too few steps to judge; Z2 where 5% are expected, below -1.73 / sqrt(n / 100), in {low} of {} series",
                name(step),
                of_step().count()
            );
        }
    }
    text
}

/// What was not walked at all, in one line a step.
fn shorts(report: &Report) -> String {
    let mut text = format!("Nothing is forecast in the first {} steps of a series.", report.burn_in);
    for step in STEPS {
        let of_step = || report.too_short.iter().filter(|it| it.step == step);
        let Some(longest) = of_step().max_by_key(|it| it.steps) else { continue };
        let _ = write!(
            text,
            "\nToo short to walk: {} series of {}s, the longest, {}, of {} (--json names all).",
            of_step().count(),
            name(step),
            longest.series,
            longest.steps
        );
    }
    text
}
