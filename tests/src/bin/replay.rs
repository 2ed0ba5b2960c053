//! Trades a recorded order flow on a fresh devnet, or compares a recorded book with the one that it makes, and prints
//! one line of JSON.

use ballast_tests::{
    devnet::panel::{end, say},
    flow, replay,
};
use clap::Parser;
use std::{path::PathBuf, process::ExitCode};

/// Trades a recorded order flow through the public RPC of a fresh devnet, replays the node's journal, and reports. Of a
/// file of books it tells how far the book that the recorded orders make agrees with them.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Gzipped CSV, named as its form is. To trade: lobster_*_message, databento_*_mbo_*, binance_um_*_L2_and_trades,
    /// binance_cm_*_L2_and_trades, bitstamp_*_L3_events. To compare with what the file of orders beside it makes:
    /// lobster_*_orderbook, bitstamp_*_top20_snapshots.
    file: PathBuf,
    /// Read no more than so many rows of it.
    #[arg(long, default_value_t = usize::MAX, hide_default_value = true)]
    rows: usize,
}

#[tokio::main]
async fn main() -> ExitCode {
    end(run(Cli::parse()).await)
}

async fn run(cli: Cli) -> eyre::Result<()> {
    if let Some(agreement) = flow::compare(&cli.file, cli.rows)? {
        return Ok(say(&serde_json::to_string(&agreement)?)?);
    }
    let report = tokio::select! {
        report = replay::run(&cli.file, cli.rows) => report?,
        _ = tokio::signal::ctrl_c() => eyre::bail!("interrupted"),
    };
    Ok(say(&serde_json::to_string(&report)?)?)
}
