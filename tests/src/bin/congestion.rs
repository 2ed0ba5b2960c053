//! `scripts/congestion`: a devnet whose L1 takes nothing for half an hour.

use ballast_tests::{
    congestion::{self, Plan},
    devnet::{
        Devnet,
        panel::{end, say},
    },
};
use clap::Parser;
use std::{process::ExitCode, time::Duration};

/// A devnet trades while every block of its L1 asks for a thousand times the usual fee, so that nothing of it gets in; then L1
/// is as it was. Prints one line of JSON: the rate of trade before and meanwhile, how the exchange tightened its markets and
/// eased them again, how many blocks L1 needed for what waited, with its bytes and gas.
///
/// It takes as long as it says: with 31 minutes and more the exchange goes down its whole ladder, to reduce-only.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// Minutes of congestion.
    #[arg(long, default_value_t = 32)]
    minutes: u64,
    /// Seed of the traders.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    end(run(&cli).await)
}

async fn run(cli: &Cli) -> eyre::Result<()> {
    let plan = Plan {
        usual: Duration::from_secs(30),
        congested: Duration::from_secs(60 * cli.minutes),
        seed: cli.seed,
    };
    let devnet = Devnet::start(congestion::options()).await?;
    let report = congestion::run(&devnet, plan).await?;
    Ok(say(&serde_json::to_string(&report)?)?)
}
