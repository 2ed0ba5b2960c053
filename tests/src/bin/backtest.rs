//! `scripts/backtest`: tests the expected shortfall on recorded prices and prints a table, or one line of JSON.

use ballast_tests::{
    backtest::{
        candles::{self, Step},
        report::Outcome,
        run, table,
    },
    devnet::panel::{end, say},
};
use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// Back-tests the margin model, expected shortfall of one market stand-alone, on recorded prices: T1 to T8 and T10 of its
/// specification, for longs and shorts of each series, with the functions that the exchange has. The model's step is the
/// hour; series of days, and of minutes that are long enough, are the same functions at another step.
///
/// Ends with 0 when no gate failed and at least one series of hours was judged; with 1 when a gate failed, or when there are
/// no prices to read; with 2 when no series of hours could be judged, or when the arguments are wrong.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Files of bars instead of the folder: CSV, gzipped if its name ends so, with the columns time_unix_s (when a bar
    /// begins) and close.
    files: Vec<PathBuf>,
    /// Folder of market data, with minute/ (bars) and panel/ (daily closes).
    #[arg(long, env = "BALLAST_DATA", default_value = "../shared/data")]
    data: PathBuf,
    /// Only series of this step; may be given more than once.
    #[arg(long)]
    step: Vec<Step>,
    /// One line of JSON with every figure.
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    match judged(&Cli::parse()) {
        Ok(Outcome::Passed) => ExitCode::SUCCESS,
        Ok(Outcome::Failed) => ExitCode::FAILURE,
        Ok(Outcome::NotJudged) => ExitCode::from(2),
        Err(error) => end(Err(error)),
    }
}

fn judged(cli: &Cli) -> eyre::Result<Outcome> {
    let mut series = Vec::new();
    for file in &cli.files {
        series.extend(candles::bars(file, &file.display().to_string())?);
    }
    if cli.files.is_empty() {
        series = candles::folder(&cli.data)?;
    }
    series.retain(|it| cli.step.is_empty() || cli.step.contains(&it.step));
    let report = run(&series);
    say(&if cli.json { serde_json::to_string(&report)? } else { table::table(&report) })?;
    Ok(report.outcome)
}
