//! The report for people.

use super::report::{Report, Row, Spread};
use std::fmt::Write;

/// Everything but the pictures.
#[must_use]
pub fn table(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = head(&mut text, report);
    let _ = markets(&mut text, report);
    let _ = ladder(&mut text, report);
    let _ = money(&mut text, report);
    let _ = verdict(&mut text, report);
    text
}

fn head(text: &mut String, report: &Report) -> std::fmt::Result {
    let (sizes, assumed) = (&report.sizes, &report.assumed);
    writeln!(
        text,
        "{}: {:.1} h from Unix time {} s, seed {}, {} accounts ({} of {} positions came to nothing), {} inputs\n",
        report.crash,
        report.length as f64 / 3_600_000.0,
        report.from / 1_000,
        assumed.seed,
        sizes.accounts,
        sizes.failed,
        sizes.wanted,
        report.inputs,
    )
}

fn markets(text: &mut String, report: &Report) -> std::fmt::Result {
    writeln!(
        text,
        "{:<8} {:<5} {:>6} {:>8} {:>8} | forced {:>7} {:>9} {:>9} {:>9} | {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} | {:>6} {:>7} {:>7}",
        "market",
        "class",
        "fall",
        "OI",
        "volume",
        "book",
        "batch",
        "backstop",
        "tear-up",
        "penalty",
        "fund paid",
        "backstop",
        "haircut",
        "deficit",
        "bankrupt",
        "mark",
        "unsure",
        "batches",
    )?;
    for row in &report.rows {
        line(text, row)?;
    }
    Ok(())
}

fn line(text: &mut String, row: &Row) -> std::fmt::Result {
    let [book, batch, backstop, torn_up] = row.forced.map(amount);
    writeln!(
        text,
        "{:<8} {:<5} {:>5.1}% {:>8} {:>8} | {:>14} {:>9} {:>9} {:>9} | {:>9} {:>9} {:>9} {:>9} {:>9} {:>8} | {:>5.2}% {:>6.0}s {:>6.0}s",
        row.asset,
        row.class,
        row.fall * 100.0,
        amount(row.interest),
        amount(row.volume),
        book,
        batch,
        backstop,
        torn_up,
        amount(row.penalties),
        amount(row.fund_paid),
        amount(row.backstop_paid),
        amount(row.haircut),
        amount(row.deficit),
        row.bankrupt,
        row.distance * 100.0,
        row.uncertain,
        row.batches,
    )
}

fn ladder(text: &mut String, report: &Report) -> std::fmt::Result {
    let spread =
        |it: &Spread| format!("median {}, 99% {}, worst {} (of {})", it.median, it.high, it.worst, it.count);
    let breakers = report
        .rows
        .iter()
        .flat_map(|row| row.breakers.iter().map(|(name, count)| format!("{} {name} {count}", row.asset)));
    let breakers: Vec<String> = breakers.collect();
    let Report { liquidated, peak, peak_steps, rounds, recovered, .. } = report;
    let ([one, two, three], [price, pace, taker, turn]) = (report.levels, report.waits);
    let (left, longest) = report.untouched;
    let lines = [
        (
            "liquidated",
            format!(
                "{liquidated} accounts, at most {peak} a second; {peak_steps} steps in the worst second, {rounds} tear-ups"
            ),
        ),
        ("lag", format!("ms from below maintenance to the first step: {}", spread(&report.lag))),
        (
            "ladder lag",
            format!("ms from when it had left out a step to the first step: {}", spread(&report.turn)),
        ),
        ("first step", format!("found {one} at level 1, {two} at level 2, {three} at level 3")),
        (
            "waited",
            format!(
                "account-seconds before it: {price:.0} for a price, {pace:.0} for the market's pace, {taker:.0} for a taker, {turn:.0} for the ladder"
            ),
        ),
        (
            "until over",
            format!(
                "ms from below maintenance to above: {}, {recovered} without a step",
                spread(&report.span)
            ),
        ),
        (
            "at the end",
            format!(
                "{left} below without a step, for {longest} ms at most; {} inputs of the sequencer refused",
                report.refused
            ),
        ),
        (
            "ladder",
            format!(
                "{:.1} s of CPU with its looks for nothing, {:.0} ms in its longest second",
                report.ladder_ms[0] / 1e3,
                report.ladder_ms[1]
            ),
        ),
        (
            "step",
            format!(
                "ns of CPU a step: {}; {} us of the exchange's time",
                spread(&report.step),
                report.assumed.step_us
            ),
        ),
        ("breakers", if breakers.is_empty() { "none".to_owned() } else { breakers.join(", ") }),
        (
            "audit",
            match report.audits {
                0 => "not asked for (--audit)".to_owned(),
                audits => {
                    format!("{audits} looks at everybody, {} differences from the index", report.missed)
                }
            },
        ),
    ];
    writeln!(text)?;
    lines.iter().try_for_each(|(name, what)| writeln!(text, "{name:<13} {what}"))
}

fn money(text: &mut String, report: &Report) -> std::fmt::Result {
    for row in &report.pools {
        let (before, worst, after) = (row.before, row.worst, row.after);
        writeln!(
            text,
            "{:<13} fund {} before (target {}), {} at its lowest, {} after; backstop {}, {}, {}; deficit at most {}, {} after",
            row.assets.join("+"),
            amount(before.fund),
            amount(row.target),
            amount(worst.fund),
            amount(after.fund),
            amount(before.backstop),
            amount(worst.backstop),
            amount(after.backstop),
            amount(worst.deficit),
            amount(after.deficit),
        )?;
    }
    Ok(())
}

fn verdict(text: &mut String, report: &Report) -> std::fmt::Result {
    let broken = report.broken.as_deref().unwrap_or("holds: all invariants were recounted every minute, and no step of the ladder moved money of another pool");
    writeln!(text, "conservation  {broken}")?;
    writeln!(text, "state root    {}", report.root)?;
    let failures = report.failures();
    if failures.is_empty() {
        return write!(text, "\npassed: no uncovered deficit in A and B, money and positions add up");
    }
    write!(text, "\nFAILED\n  {}", failures.join("\n  "))
}

/// Dollars, as short as they can be read.
fn amount(dollars: f64) -> String {
    match dollars.abs() {
        size if size >= 1e6 => format!("{:.2}M", dollars / 1e6),
        size if size >= 1e3 => format!("{:.1}k", dollars / 1e3),
        size if size > 0.0 => format!("{dollars:.0}"),
        _ => "0".to_owned(),
    }
}
