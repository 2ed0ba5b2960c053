//! `scripts/backtest`: tests the expected shortfall on recorded prices and prints a table, or one line of JSON.

use ballast_tests::{
    backtest::{
        candles::{self, Step},
        run, table,
    },
    devnet::panel::{end, say},
};
use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// Back-tests the margin model, expected shortfall of one market stand-alone, on recorded prices: T1 to T8 and T10 of its
/// specification, for longs and shorts of each series, with the functions that the exchange has. Exits 1 when a gate
/// fails. The model's step is the hour; series of days, and of minutes that are long enough, are the same functions at
/// another step.
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
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => end(Err(error)),
    }
}

/// Whether no gate failed.
fn judged(cli: &Cli) -> eyre::Result<bool> {
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
    Ok(report.accepted)
}
