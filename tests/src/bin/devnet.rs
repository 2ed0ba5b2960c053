//! Runs a devnet until it is interrupted, or one full round on one (`--smoke`).

use ballast_tests::devnet::{
    Devnet,
    market::{Market, prices::Prices},
    options::Options,
    panel::{end, panel, say},
    smoke,
};
use clap::Parser;
use eyre::bail;
use std::{future::Future, path::PathBuf, pin::pin, process::ExitCode, time::Duration};
use tokio::signal::unix::{SignalKind, signal};

/// The whole exchange on this machine: a local L1, the contracts, the node, a validator, a market that moves.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// One full round and no more: deposit, trade, batch, finality, withdrawal. Succeeds when all of it did.
    #[arg(long)]
    smoke: bool,
    /// Keep everything in this folder, and go on with what is in it.
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Nobody trades and nobody tells prices.
    #[arg(long)]
    no_market: bool,
    /// No validator.
    #[arg(long)]
    no_validator: bool,
    /// The first market follows the closing prices of this minute file (CSV, plain or gzipped), one a step.
    #[arg(long)]
    prices: Option<PathBuf>,
    /// Milliseconds between steps of the prices.
    #[arg(long, default_value_t = 500)]
    price_step_ms: u64,
    /// Seed of the prices and of the traders.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seconds that a batch can be challenged [default: 60, with --smoke 4].
    #[arg(long)]
    challenge_window: Option<u64>,
    /// Seconds after which a forced request that was passed over, or silence, lets anybody freeze the exchange
    /// [default: 600, with --smoke 900].
    #[arg(long)]
    forced_deadline: Option<u64>,
    /// Blocks that an L1 message waits for; a deeper reorganisation stops the node [default: 12, with --smoke 1].
    #[arg(long)]
    confirmations: Option<u64>,
    /// Seconds between blocks of L1.
    #[arg(long, default_value_t = 1)]
    block_time: u64,
    /// Longest age of a batch in milliseconds [default: 2000, with --smoke 1500].
    #[arg(long)]
    batch_age_ms: Option<u64>,
    /// Port of L1 [default: a free one].
    #[arg(long)]
    l1_port: Option<u16>,
    /// Port of the RPC [default: a free one].
    #[arg(long)]
    rpc_port: Option<u16>,
    /// Port of the metrics [default: a free one].
    #[arg(long)]
    metrics_port: Option<u16>,
    /// Filter of the node's log.
    #[arg(long, default_value = "info")]
    log: String,
}

impl Cli {
    fn options(&self) -> Options {
        let mut options = if self.smoke { Options::quick() } else { Options::default() };
        options.dir.clone_from(&self.dir);
        options.validator = !self.no_validator;
        options.challenge_window = self.challenge_window.unwrap_or(options.challenge_window);
        options.forced_deadline = self.forced_deadline.unwrap_or(options.forced_deadline);
        options.confirmations = self.confirmations.unwrap_or(options.confirmations);
        options.block_time = Some(self.block_time);
        options.batch_age = self.batch_age_ms.map_or(options.batch_age, Duration::from_millis);
        options.ports.l1 = self.l1_port;
        options.ports.rpc = self.rpc_port;
        options.ports.metrics = self.metrics_port;
        options.log.clone_from(&self.log);
        options
    }

    async fn market(&self, devnet: &Devnet) -> eyre::Result<Market> {
        let markets = &devnet.options().markets;
        let prices = match &self.prices {
            Some(path) => Prices::recorded(markets, self.seed, path)?,
            None => Prices::walk(markets, self.seed),
        };
        Market::start(devnet, prices, Duration::from_millis(self.price_step_ms.max(1)), self.seed).await
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    end(run(Cli::parse()).await)
}

async fn run(cli: Cli) -> eyre::Result<()> {
    let mut interrupted = pin!(interrupted()?);
    // Whatever is dropped takes its processes along.
    let (mut devnet, market) = tokio::select! {
        up = up(&cli) => up?,
        () = &mut interrupted => bail!("interrupted"),
    };
    if cli.smoke {
        let mut print = |line: &str| say(line).map_err(Into::into);
        tokio::select! {
            done = smoke::round(&devnet, &mut print) => done?,
            () = &mut interrupted => bail!("interrupted"),
        }
    } else {
        say(&panel(&devnet))?;
        tokio::select! {
            died = watch(&devnet) => {
                // L1 keeps its state, or whatever goes on in this folder would find an older one.
                devnet.l1().stop()?;
                return died;
            }
            () = &mut interrupted => {}
        }
    }
    drop(market);
    devnet.stop()
}

async fn up(cli: &Cli) -> eyre::Result<(Devnet, Option<Market>)> {
    let devnet = Devnet::start(cli.options()).await?;
    let market = if cli.no_market { None } else { Some(cli.market(&devnet).await?) };
    Ok((devnet, market))
}

/// Resolves at Ctrl-C or SIGTERM.
fn interrupted() -> eyre::Result<impl Future<Output = ()>> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Fails when a process dies.
async fn watch(devnet: &Devnet) -> eyre::Result<()> {
    loop {
        devnet.check()?;
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
