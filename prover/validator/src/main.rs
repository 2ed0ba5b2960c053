//! `ballast-validator`: follows batches, and inspects those that were judged.

mod inspect;
mod options;

use alloy::{eips::eip4844::Blob, primitives::B256, signers::local::PrivateKeySigner};
use ballast_bridge::{
    Deployment,
    demander::Wanted,
    dispute::Advocate,
    l1::{
        Block,
        alloy::AlloyL1,
        blobs::{Beacon, BlobSource, SlotRule},
    },
};
use ballast_validator::{
    Archive, Board, Follower, FollowerConfig, Patience, Retention, Store, Watch,
    court::{Court, DisputeTerms, open_guest},
    genesis, keeper,
    run::{Ending, RunConfig, run},
    server,
    source::{Either, HttpSource, ShownOnL1},
    store::Directory,
};
use clap::Parser;
use metrics_exporter_prometheus::PrometheusBuilder;
use options::{Command, Options};
use std::{process::ExitCode, sync::Arc, time::Duration};

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
    let guard = options.errands.key_file.as_deref().map(keeper::key).transpose()?;
    let asked = options.node.iter().map(|url| HttpSource::new(url)).collect::<Result<Vec<_>, _>>()?;
    let mut sources: Vec<_> = asked.into_iter().map(Either::One).collect();
    // The last that is asked: what is there was demanded because the others did not show it.
    sources.push(Either::Other(ShownOnL1::new(l1.clone())));
    let wanted = Wanted::default();
    let patience = Patience {
        after: Duration::from_secs(options.errands.demand_after),
        most: options.errands.demand_most.into(),
        in_all: options.errands.demand_in_all.into(),
        wanted: wanted.clone(),
        has_key: guard.is_some(),
    };
    let retention = Retention {
        snapshot_every: options.snapshot_every,
        batches: options.keep,
        diffs: options.keep_diffs,
    };
    let config = FollowerConfig { confirmations: options.confirmations, retention, patience: Some(patience) };
    let mut follower = Follower::open(l1.clone(), sources, store, genesis, config).await?;
    let poll = Duration::from_millis(options.poll_ms);
    let board = Board::default();
    let (deploy_block, freezes) = (l1.deployment().deploy_block, options.errands.freeze);
    let watch = Watch::new(l1.clone(), follower.archive().clone(), board.clone(), deploy_block, freezes);
    let watch = tokio::spawn(watch.run(poll));
    let advocate =
        advocate(&options, &l1, guard.as_ref(), (follower.archive().clone(), board.clone())).await?;
    let guard = guard.map(|key| {
        let terms = options.errands.terms(poll);
        keeper::start(l1.with_key(key), follower.archive().clone(), wanted, advocate, &terms)
    });
    let server = match options.rpc {
        Some(address) => Some(server::serve(follower.archive().clone(), board, address).await?.0),
        None => None,
    };
    // Errands are wanted most when a batch is wrong.
    let keep_going = options.keep_going || options.errands.key_file.is_some();
    let config = RunConfig { json: options.json, once: options.once, keep_going, poll };
    let following = run(&mut follower, config, std::io::stdout(), stop_signal());
    let ending = keeper::beside(following, guard).await?;
    watch.abort();
    if let Some(server) = server {
        // An error here says that it has stopped already.
        let _ = server.stop();
        server.stopped().await;
    }
    Ok(ending)
}

/// Who argues in disputes: nobody without a key, or without the program.
async fn advocate(
    options: &Options,
    l1: &AlloyL1<Blobs>,
    key: Option<&PrivateKeySigner>,
    (archive, board): (Archive, Board),
) -> eyre::Result<Option<Box<dyn Advocate>>> {
    let Some(guest) = &options.errands.guest else { return Ok(None) };
    let Some(key) = key else {
        tracing::warn!("the program is here and no key: disputes are not played");
        return Ok(None);
    };
    let game = l1.game_terms().await?;
    let image = open_guest(guest, Some(game.program_hash))?;
    let terms = DisputeTerms { most: options.errands.dispute_most };
    Ok(Some(Box::new(Court::new(l1.clone(), key.address(), (archive, board), image, game, terms))))
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
    let options = match Command::parse() {
        Command::Run(options) => *options,
        Command::Status { validator } => return inspect::status(&validator),
        Command::Verify(inspection) => return inspect::verify(&inspection),
        Command::ProveTrace(inspection) => return inspect::prove_trace(&inspection),
        Command::Witness { inspection, leap } => return inspect::witness(&inspection, leap),
    };
    let filter = tracing_subscriber::EnvFilter::try_new(&options.log)?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    Ok(match runtime.block_on(follow(options))? {
        Ending::Quiet => ExitCode::SUCCESS,
        Ending::Invalid => ExitCode::from(2),
        Ending::Unavailable => ExitCode::from(3),
    })
}
