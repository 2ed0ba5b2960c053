//! Trades a recorded order flow on a fresh devnet and prints one line of JSON.

use ballast_tests::{
    devnet::panel::{end, say},
    replay,
};
use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// Trades a recorded order flow through the public RPC of a fresh devnet, replays the node's journal, and reports.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// A LOBSTER message file or a Databento MBO file, gzipped CSV.
    file: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    end(run(Cli::parse()).await)
}

async fn run(cli: Cli) -> eyre::Result<()> {
    let report = tokio::select! {
        report = replay::run(&cli.file) => report?,
        _ = tokio::signal::ctrl_c() => eyre::bail!("interrupted"),
    };
    Ok(say(&serde_json::to_string(&report)?)?)
}
