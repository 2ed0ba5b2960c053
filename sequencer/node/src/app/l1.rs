//! The bridge attached to the pipeline: messages of L1 go in, sealed batches go out.

use super::{core::Core, demands, l1_status::L1Status};
use crate::{
    batcher::StoredBatch,
    config::{DataWay, L1Config},
    journal::{Journal, StoreError},
    metrics::L1Metrics,
    mirror::Mirror,
};
use alloy::{
    primitives::{Address, B256},
    signers::local::PrivateKeySigner,
};
use alloy_sol_types::SolValue;
use ballast_batch::BatchHeader;
use ballast_bridge::{
    Deployment, Error, Result, Severity,
    budget::Hold,
    collector::Collector,
    fees::FeeCaps,
    guard::Guard,
    l1::{
        Demands, L1, L1Sender, Posted,
        alloy::{AlloyL1, Rules},
        blobs::NoBlobs,
    },
    lane::LaneConfig,
    poster::{DataPolicy, Outbox, Poster, PosterConfig, SealedBatch},
    settler::Settler,
    threads,
    watcher::{Resume, Watcher, WatcherConfig},
};
use ballast_types::{BatchIndex, L1Message};
use crossbeam_channel::Sender;
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};

const GWEI: u128 = 1_000_000_000;

/// What the bridge needs of the pipeline.
#[derive(Clone)]
pub(super) struct Link {
    journal: Journal,
    mirror: Arc<Mirror>,
    messages: Sender<L1Message>,
    status: Arc<L1Status>,
    genesis_hash: B256,
    program_hash: B256,
}

impl Link {
    /// The link to `core`.
    pub(super) fn of(core: &Core) -> Self {
        Self {
            journal: core.journal.clone(),
            mirror: Arc::clone(&core.mirror),
            messages: core.l1.clone(),
            status: Arc::clone(&core.l1_status),
            genesis_hash: core.genesis_hash,
            program_hash: core.program_hash,
        }
    }
}

/// Where L1 is and who pays there.
#[derive(Clone)]
pub(super) struct Access {
    /// HTTP endpoint of an L1 node.
    pub(super) endpoint: String,
    /// Where the contracts are.
    pub(super) deployment: Deployment,
    /// The key that posts; nothing is posted without one.
    pub(super) poster_key: Option<[u8; 32]>,
    /// The key that shows inputs which are demanded; without one, the one that posts.
    pub(super) demand_key: Option<[u8; 32]>,
}

/// The batches of the journal, for the poster.
#[derive(Clone, Debug)]
struct JournalOutbox {
    journal: Journal,
    genesis_hash: B256,
    /// Judges what is posted from now on. Not that of the store: a node that was once told another one would
    /// hold batches that L1 never takes.
    program_hash: B256,
    status: Arc<L1Status>,
}

impl JournalOutbox {
    fn of(link: &Link) -> Self {
        Self {
            journal: link.journal.clone(),
            genesis_hash: link.genesis_hash,
            program_hash: link.program_hash,
            status: Arc::clone(&link.status),
        }
    }
}

fn outbox(error: StoreError) -> Error {
    Error::Outbox(error.to_string())
}

impl Outbox for JournalOutbox {
    fn get(&self, index: u64) -> Result<Option<SealedBatch>> {
        let Some(bytes) = self.journal.batch(BatchIndex(index)).map_err(outbox)? else { return Ok(None) };
        let batch = StoredBatch::decode(&bytes).map_err(outbox)?;
        let header = batch.header().map_err(outbox)?;
        let header = BatchHeader { programHash: self.program_hash, ..header };
        Ok(Some(SealedBatch { header, diff: batch.diff().to_vec() }))
    }

    fn recorded(&self, index: u64) -> Result<Option<B256>> {
        if index == 0 {
            return Ok(Some(self.genesis_hash));
        }
        let header = self.journal.posted(BatchIndex(index)).map_err(outbox)?;
        Ok(header.and_then(|bytes| BatchHeader::from_bytes(&bytes)).map(|header| header.hash()))
    }

    fn record(&self, posted: &Posted) -> Result<()> {
        let header = &posted.header;
        self.journal.put_posted(BatchIndex(header.index), header.abi_encode()).map_err(outbox)
    }

    fn withdraw_records(&self, index: u64) -> Result<()> {
        self.journal.forget_posted(BatchIndex(index)).map_err(outbox)
    }

    fn stands_foreign(&self, first: Option<u64>) {
        self.status.saw_foreign(first);
        L1Metrics::new().foreign(first);
    }
}

/// Attaches L1: at once when it answers, else as soon as it does, for trading does not wait for L1 (architecture
/// A10). The tasks end with an error only when a human is needed.
///
/// # Errors
/// When L1 is another one than that of the genesis, or the configuration does not fit it.
pub(super) async fn start(
    link: Link,
    config: &L1Config,
    access: Access,
    stop: &watch::Receiver<bool>,
) -> Result<JoinSet<Result<()>>> {
    match attach(&link, config, &access, stop).await {
        Err(error) if error.severity() != Severity::Critical => {
            tracing::warn!(%error, "L1 does not answer yet: no deposits come in and no batches go out");
            let mut waiting = JoinSet::new();
            waiting.spawn(attach_later(link, config.clone(), access, stop.clone()));
            Ok(waiting)
        }
        attached => attached,
    }
}

async fn attach_later(
    link: Link,
    config: L1Config,
    access: Access,
    mut stop: watch::Receiver<bool>,
) -> Result<()> {
    loop {
        tokio::select! {
            () = tokio::time::sleep(interval(&config)) => {}
            _ = stop.wait_for(|stopped| *stopped) => return Ok(()),
        }
        match attach(&link, &config, &access, &stop).await {
            Ok(tasks) => return all(tasks).await,
            Err(error) if error.severity() == Severity::Critical => return Err(error),
            Err(error) => tracing::debug!(%error, "L1 does not answer yet"),
        }
    }
}

/// Waits for all tasks, or for the first that fails.
async fn all(mut tasks: JoinSet<Result<()>>) -> Result<()> {
    while let Some(ended) = tasks.join_next().await {
        // A task that panicked has taken the process along.
        ended.unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// Connects to L1 and starts the watcher and, when there is a key that pays, the settler.
async fn attach(
    link: &Link,
    config: &L1Config,
    access: &Access,
    stop: &watch::Receiver<bool>,
) -> Result<JoinSet<Result<()>>> {
    let deployment = access.deployment;
    let poster_signer = signer(access.poster_key, "the poster's key is no key")?;
    let answerer = signer(access.demand_key, "the key for demands is no key")?;
    let poster_address = poster_signer.as_ref().map(PrivateKeySigner::address);
    let l1 = AlloyL1::connect(&access.endpoint, deployment, poster_signer, NoBlobs).await?;
    check_same(link, &l1, &deployment).await?;
    check_rules(&l1.rules().await?, link.program_hash, poster_address)?;
    check_assets(link, l1.asset_count().await?)?;

    let nobody_answers = poster_address.is_none() && answerer.is_none();
    let mut tasks = JoinSet::new();
    let resume = resume(link, &deployment)?;
    let watch = WatcherConfig {
        deploy_block: deployment.deploy_block,
        confirmations: config.confirmations,
        max_range: config.max_range,
    };
    let watcher = Watcher::new(l1.clone(), watch, resume);
    tasks.spawn(follow(
        watcher,
        l1.clone(),
        link.messages.clone(),
        Arc::clone(&link.status),
        config.confirmations,
        interval(config),
        stop.clone(),
    ));
    let sentinel = |l1: AlloyL1<NoBlobs>| demands::sentinel(l1, link.journal.clone(), &deployment);
    let shared = match answerer {
        Some(key) => {
            let own = l1.clone().with_key(key);
            let guard = Guard::new(own.clone(), lane(config), sentinel(own.clone()), None)
                .collecting(Collector::new(own));
            tasks.spawn(demands::answer(guard, interval(config), stop.clone()));
            None
        }
        None => Some(sentinel(l1.clone())),
    };
    if poster_address.is_some() {
        let poster = Poster::new(l1.clone(), JournalOutbox::of(link), poster(config));
        let settler = Settler::new(l1, lane(config), poster);
        let settler = match shared {
            Some(sentinel) => settler.answering(sentinel),
            None => settler,
        };
        tasks.spawn(settle(settler, interval(config), stop.clone()));
    } else if nobody_answers {
        tracing::warn!("no key on L1: demands for inputs are not answered, and batches fall by them");
    }
    Ok(tasks)
}

fn signer(key: Option<[u8; 32]>, otherwise: &str) -> Result<Option<PrivateKeySigner>> {
    let signer = key.map(|key| PrivateKeySigner::from_bytes(&key.into()));
    signer.transpose().map_err(|_| Error::Config(otherwise.into()))
}

/// Refuses an L1 that does not know this exchange.
async fn check_same(link: &Link, l1: &impl L1, deployment: &Deployment) -> Result<()> {
    let genesis = link.mirror.read().exchange.state.genesis.clone();
    if genesis.chain_id != deployment.chain_id || genesis.exchange != deployment.rollup {
        return Err(Error::Config("the deployment is of another exchange than the genesis".into()));
    }
    let (on_l1, ours) = (l1.batch_hash(0).await?, link.genesis_hash);
    if on_l1 != Some(ours) {
        return Err(Error::Config(format!("the rollup was deployed with genesis {on_l1:?}, ours is {ours}")));
    }
    Ok(())
}

/// Refuses a vault that takes what the exchange would credit to nobody, or not what it lists.
fn check_assets(link: &Link, on_l1: u16) -> Result<()> {
    let ours = 1 + link.mirror.read().exchange.state.genesis.assets.len();
    if usize::from(on_l1) != ours {
        return Err(Error::Config(format!("the vault takes {on_l1} assets, and the genesis knows {ours}")));
    }
    Ok(())
}

/// Refuses a configuration whose batches the rollup would never take.
fn check_rules(rules: &Rules, program_hash: B256, poster: Option<Address>) -> Result<()> {
    if rules.program_hash != program_hash {
        let theirs = rules.program_hash;
        return Err(Error::Config(format!(
            "program_hash is {program_hash}, and the rollup judges batches by program {theirs}"
        )));
    }
    match poster {
        Some(poster) if poster != rules.sequencer => Err(Error::Config(format!(
            "l1.poster_key_file holds the key of {poster}, and the rollup takes batches from {} only",
            rules.sequencer
        ))),
        _ => Ok(()),
    }
}

/// Where the watcher goes on: after what is durable.
fn resume(link: &Link, deployment: &Deployment) -> Result<Resume> {
    let block = link.journal.last_l1_block().map_err(outbox)?.unwrap_or(deployment.deploy_block);
    let chain = link.mirror.read().exchange.state.chain.clone();
    Ok(Resume { count: chain.l1_count, rolling: chain.l1_hash, block })
}

const fn interval(config: &L1Config) -> Duration {
    Duration::from_millis(config.poll_ms)
}

fn lane(config: &L1Config) -> LaneConfig {
    let caps = FeeCaps {
        max_fee: u128::from(config.max_fee_gwei) * GWEI,
        tip: u128::from(config.max_tip_gwei) * GWEI,
        blob_fee: u128::from(config.max_blob_fee_gwei) * GWEI,
    };
    LaneConfig { caps, patience_ms: config.patience_ms }
}

fn poster(config: &L1Config) -> PosterConfig {
    let policy = match config.data {
        DataWay::Cheapest => DataPolicy::Cheapest,
        DataWay::Blobs => DataPolicy::Blobs,
        DataWay::Calldata => DataPolicy::Calldata,
    };
    let hold = Hold {
        max_fee: u128::from(config.easy_fee_gwei) * GWEI,
        blob_fee: u128::from(config.easy_blob_fee_gwei) * GWEI,
        span_ms: config.hold_ms,
    };
    PosterConfig { policy, sidecar_form: None, hold }
}

/// Hands the messages of the inbox to the sequencer, in order.
async fn follow<L: L1>(
    mut watcher: Watcher<L>,
    l1: L,
    messages: Sender<L1Message>,
    status: Arc<L1Status>,
    confirmations: u64,
    every: Duration,
    mut stop: watch::Receiver<bool>,
) -> Result<()> {
    let gauges = L1Metrics::new();
    let mut ticks = tokio::time::interval(every);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.wait_for(|stopped| *stopped) => return Ok(()),
        }
        match step(&mut watcher, &l1, &status, &gauges, confirmations).await {
            Ok(found) => {
                let messages = messages.clone();
                // The queue is bounded: this waits, off the threads that serve sockets, while the sequencer lags.
                let sent = tokio::task::spawn_blocking(move || {
                    // The sequencer may have to wait for one that is being handed over.
                    let _urgent = threads::urgent();
                    found.into_iter().try_for_each(|message| messages.send(message))
                });
                if !matches!(sent.await, Ok(Ok(()))) {
                    return Ok(());
                }
            }
            Err(error) if error.severity() == Severity::Critical => return Err(error),
            Err(error) => tracing::warn!(%error, "L1 is asked again"),
        }
    }
}

async fn step<L: L1>(
    watcher: &mut Watcher<L>,
    l1: &L,
    status: &L1Status,
    gauges: &L1Metrics,
    confirmations: u64,
) -> Result<Vec<L1Message>> {
    // Before the poll: what the poll hands on must not be lost to a later error.
    // Genesis counts and is final from the beginning.
    status.saw_final(l1.finalized_count().await?.saturating_sub(1));
    let frozen_at = l1.frozen_at().await?;
    gauges.frozen(frozen_at);
    if status.saw_freeze(frozen_at) {
        tracing::error!(
            ?frozen_at,
            "the exchange is frozen on L1, for ever: what it does from now on comes to nothing"
        );
    }
    let found = watcher.poll().await?;
    status.saw_head(watcher.head(), confirmations);
    Ok(found)
}

/// Posts and finalizes.
async fn settle<L: L1Sender + Demands + Clone>(
    mut settler: Settler<L, JournalOutbox>,
    every: Duration,
    mut stop: watch::Receiver<bool>,
) -> Result<()> {
    let stopped = async move {
        // The sender is gone only when the node is.
        let _ = stop.wait_for(|stopped| *stopped).await;
    };
    settler.run(every, stopped).await
}

#[cfg(test)]
mod tests;
