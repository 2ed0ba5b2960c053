//! `scripts/replay crash`: goes through a recorded crash with the real engine and ladder, and prints a table.

use ballast_tests::{
    crash::{Assumptions, Crash, plot, run, table},
    devnet::panel::{end, say},
};
use clap::Parser;
use std::{fs, path::PathBuf, process::ExitCode};

/// Minutes of a crash that is not recorded, after two in which nothing happens.
const MADE_MINUTES: u64 = 10;

/// Crash replay, test T11 of the risk specification: the engine, its book and the node's ladder go through the worst hours of
/// a recorded crash, with a crowd of accounts that is drawn from a seed. docs/risk-model.md tells how to read the table.
///
/// Ends with 0 when no deficit was left in markets of class A and B, no gain there was cut, and money and positions added up;
/// with 1 when not, or when there is nothing to read; with 2 when the arguments are wrong.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// A folder of BALLAST_DATA/minute, or the beginning of its name, such as 2020-03; `gap` for a fall of 30%, `collapse` for the
    /// end of an asset of class C, which need no data. All that there are when it is left out: then they are listed.
    event: Option<String>,
    /// Folder of market data.
    #[arg(long, env = "BALLAST_DATA", default_value = "../shared/data")]
    data: PathBuf,
    /// Hours around the deepest fall.
    #[arg(long, default_value_t = 6.0)]
    hours: f64,
    /// Markets at most: all of class A, two of B, the rest of C.
    #[arg(long, default_value_t = 5)]
    most: usize,
    /// Only these assets, such as BTC,ETH.
    #[arg(long, value_delimiter = ',')]
    assets: Vec<String>,
    /// Writes pictures (SVG) into this folder.
    #[arg(long)]
    plot: Option<PathBuf>,
    /// One line of JSON with every figure.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    assumed: Assumptions,
}

fn main() -> ExitCode {
    match replayed(&Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => end(Err(error)),
    }
}

fn replayed(cli: &Cli) -> eyre::Result<bool> {
    let Some(event) = &cli.event else {
        say(&names(cli)?.join("\n"))?;
        return Ok(true);
    };
    let crash = match event.as_str() {
        "gap" => Crash::gap(cli.most.min(3), MADE_MINUTES),
        "collapse" => Crash::collapse(MADE_MINUTES),
        event => recorded(cli, event)?,
    };
    let report = run(&crash, &cli.assumed)?;
    say(&if cli.json { serde_json::to_string(&report)? } else { table::table(&report) })?;
    if let Some(folder) = &cli.plot {
        plot::draw(&report, folder)?;
    }
    Ok(report.failures().is_empty())
}

/// The recorded crash whose name begins so.
fn recorded(cli: &Cli, event: &str) -> eyre::Result<Crash> {
    let names = names(cli)?;
    let found: Vec<&String> = names.iter().filter(|name| name.starts_with(event)).collect();
    let [name] = found.as_slice() else {
        eyre::bail!("{event} begins the name of {} crashes: {}", found.len(), names.join(", "));
    };
    Crash::read(&cli.data.join("minute").join(name), cli.hours, cli.most, &cli.assets)
}

/// The crashes that are recorded.
fn names(cli: &Cli) -> eyre::Result<Vec<String>> {
    let folder = cli.data.join("minute");
    let listed = fs::read_dir(&folder).map_err(|error| {
        eyre::eyre!("no recorded crashes: {}: {error}; set BALLAST_DATA", folder.display())
    })?;
    let mut names = Vec::new();
    for entry in listed {
        let entry = entry?;
        if entry.path().is_dir() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
