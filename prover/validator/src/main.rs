//! `ballast-validator`: stdout is the verdicts, stderr is talk. Exits with 0 when it was told to stop or all is valid,
//! with 1 when it cannot go on, with 2 when a batch is not valid, with 3 when one cannot be judged.

use alloy::{eips::eip4844::Blob, primitives::B256};
use ballast_bridge::{
    Deployment,
    demander::Wanted,
    l1::{
        Block,
        alloy::AlloyL1,
        blobs::{Beacon, BlobSource, SlotRule},
    },
};
use ballast_validator::{
    Follower, FollowerConfig, Patience, Retention, Store, demand, genesis,
    run::{Ending, RunConfig, run},
    server,
    source::{Either, HttpSource, ShownOnL1},
    store::Directory,
};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusBuilder;
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

/// Follows the batches that are posted on L1, re-executes every one and says which is right.
#[derive(Parser)]
#[command(version)]
struct Options {
    /// HTTP endpoint of an L1 node.
    #[arg(long, value_name = "URL", env = "BALLAST_L1_ENDPOINT")]
    l1: String,
    /// Where inputs are asked for: the sequencer's node or another validator, over HTTP; may be given several times.
    #[arg(long, value_name = "URL", env = "BALLAST_NODE", value_delimiter = ',', required = true)]
    node: Vec<String>,
    /// File with the addresses of the contracts.
    #[arg(long, value_name = "FILE", env = "BALLAST_L1_DEPLOYMENT")]
    deployment: PathBuf,
    /// File of the genesis, the same that the sequencer has.
    #[arg(long, value_name = "FILE", env = "BALLAST_GENESIS")]
    genesis: PathBuf,
    /// HTTP endpoint of a beacon node, for the blobs. Without one, blobs are compared by their hashes.
    #[arg(long, value_name = "URL", env = "BALLAST_BLOBS")]
    blobs: Option<String>,
    /// How the beacon node names the slot of a block: `number`, or GENESIS/SECONDS of its clock. Mainnet's clock on
    /// chain 1, else by number, when left out.
    #[arg(long, value_name = "RULE", env = "BALLAST_BLOB_SLOTS", value_parser = str::parse::<SlotRule>)]
    blob_slots: Option<SlotRule>,
    /// Directory that a restart goes on from.
    #[arg(long, value_name = "DIR", env = "BALLAST_VALIDATOR_DIR", default_value = "validator-data")]
    dir: PathBuf,
    /// Serve inputs there: a port of this machine, or an address with a port.
    #[arg(long, value_name = "PORT", env = "BALLAST_VALIDATOR_RPC", value_parser = address)]
    rpc: Option<SocketAddr>,
    /// Serve metrics to Prometheus there: a port of this machine, or an address with a port.
    #[arg(long, value_name = "PORT", env = "BALLAST_VALIDATOR_METRICS", value_parser = address)]
    metrics: Option<SocketAddr>,
    /// One JSON object a line.
    #[arg(long)]
    json: bool,
    /// Stop when every batch that L1 has was judged.
    #[arg(long)]
    once: bool,
    /// Go on after a batch that is not valid.
    #[arg(long)]
    keep_going: bool,
    /// Blocks that must lie above a batch before it is judged.
    #[arg(long, value_name = "BLOCKS", default_value_t = 2, env = "BALLAST_VALIDATOR_CONFIRMATIONS")]
    confirmations: u64,
    /// How often L1 is asked, in milliseconds.
    #[arg(long, value_name = "MS", default_value_t = 1_000, env = "BALLAST_VALIDATOR_POLL_MS")]
    poll_ms: u64,
    /// So many batches back, inputs are served and a reorganisation of L1 is followed without a new start.
    #[arg(long, value_name = "BATCHES", default_value_t = Retention::default().batches)]
    keep: u64,
    /// A snapshot after every so many batches.
    #[arg(long, value_name = "BATCHES", default_value_t = Retention::default().snapshot_every)]
    snapshot_every: u64,
    /// File with a key of L1, 32 bytes of hexadecimal: with it, inputs that nobody shows are demanded on L1, and what others
    /// demand is answered from what is kept here. A demand takes a bond, which goes to whoever answers it.
    #[arg(long, value_name = "FILE", env = "BALLAST_DEMAND_KEY_FILE")]
    demand_key_file: Option<PathBuf>,
    /// Inputs of a posted batch that were missing for so long are demanded, in seconds. It has to leave time before the batch
    /// is final.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, env = "BALLAST_DEMAND_AFTER")]
    demand_after: u64,
    /// Chunks that are demanded at a time; each takes a bond.
    #[arg(long, value_name = "CHUNKS", default_value_t = 16, env = "BALLAST_DEMAND_MOST",
        value_parser = clap::value_parser!(u16).range(1..))]
    demand_most: u16,
    /// The most that a demand or an answer offers for a gas, in gwei.
    #[arg(long, value_name = "GWEI", default_value_t = 200, env = "BALLAST_DEMAND_MAX_FEE_GWEI")]
    demand_max_fee_gwei: u64,
    /// Filter of the log.
    #[arg(long, default_value = "info", env = "BALLAST_LOG")]
    log: String,
}

/// A beacon node, or none.
#[derive(Clone, Debug)]
enum Blobs {
    Beacon(Beacon),
    Nowhere,
}

impl BlobSource for Blobs {
    async fn blobs(&self, block: &Block, hashes: &[B256]) -> ballast_bridge::Result<Vec<Blob>> {
        match self {
            Self::Beacon(beacon) => beacon.blobs(block, hashes).await,
            Self::Nowhere => Err(ballast_bridge::Error::BlobService("no beacon node was given".into())),
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let local = text.parse::<u16>().map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    local.or_else(|_| text.parse()).map_err(|_| "neither a port nor an address with a port".to_owned())
}

async fn follow(options: Options) -> eyre::Result<Ending> {
    let deployment = Deployment::read(&options.deployment)?;
    let genesis = genesis::read(&options.genesis)?;
    if let Some(address) = options.metrics {
        PrometheusBuilder::new().with_http_listener(address).install()?;
    }
    let store: Arc<dyn Store> = Arc::new(Directory::open(&options.dir)?);
    let clock = if deployment.chain_id == 1 { SlotRule::MAINNET } else { SlotRule::BlockNumber };
    let blobs = match &options.blobs {
        Some(url) => Blobs::Beacon(Beacon::new(url, options.blob_slots.unwrap_or(clock))?),
        None => Blobs::Nowhere,
    };
    let l1 = AlloyL1::connect(&options.l1, deployment, None, blobs).await?;
    let guard = options.demand_key_file.as_deref().map(demand::key).transpose()?;
    let asked = options.node.iter().map(|url| HttpSource::new(url)).collect::<Result<Vec<_>, _>>()?;
    let mut sources: Vec<_> = asked.into_iter().map(Either::One).collect();
    // The last that is asked: what is there was demanded because the others did not show it.
    sources.push(Either::Other(ShownOnL1::new(l1.clone())));
    let wanted = Wanted::default();
    let patience = Patience {
        after: Duration::from_secs(options.demand_after),
        most: options.demand_most.into(),
        wanted: wanted.clone(),
        has_key: guard.is_some(),
    };
    let retention = Retention { snapshot_every: options.snapshot_every, batches: options.keep };
    let config = FollowerConfig { confirmations: options.confirmations, retention, patience: Some(patience) };
    let mut follower = Follower::open(l1.clone(), sources, store, genesis, config).await?;
    let poll = Duration::from_millis(options.poll_ms);
    let guard = guard.map(|key| {
        let terms = demand::Terms { max_fee_gwei: options.demand_max_fee_gwei, poll };
        demand::start(l1.with_key(key), follower.archive().clone(), wanted, &terms)
    });
    let server = match options.rpc {
        Some(address) => Some(server::serve(follower.archive().clone(), address).await?.0),
        None => None,
    };
    let config = RunConfig { json: options.json, once: options.once, keep_going: options.keep_going, poll };
    let following = run(&mut follower, config, std::io::stdout(), stop_signal());
    let ending = demand::beside(following, guard).await?;
    if let Some(server) = server {
        // An error here says that it has stopped already.
        let _ = server.stop();
        server.stopped().await;
    }
    Ok(ending)
}

/// Resolves at SIGINT or SIGTERM.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).expect("a handler of SIGTERM can be set");
    tokio::select! {
        _ = terminate.recv() => {}
        // Without a handler only SIGTERM stops the validator.
        Ok(()) = tokio::signal::ctrl_c() => {}
    }
}

fn main() -> eyre::Result<ExitCode> {
    let options = Options::parse();
    let filter = tracing_subscriber::EnvFilter::try_new(&options.log)?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(match runtime.block_on(follow(options))? {
        Ending::Quiet => ExitCode::SUCCESS,
        Ending::Invalid => ExitCode::from(2),
        Ending::Unavailable => ExitCode::from(3),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_options_are_sound() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_port_is_one_of_this_machine() {
        assert_eq!(address("8571"), Ok(SocketAddr::from(([127, 0, 0, 1], 8_571))));
        assert_eq!(address("0.0.0.0:8571"), Ok(SocketAddr::from(([0, 0, 0, 0], 8_571))));
        assert!(address("65536").is_err() && address("somewhere").is_err());
    }
}
