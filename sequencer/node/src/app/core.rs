//! The pipeline put together: everything but the network. Tests and the simulator run this very thing, with a
//! store and a clock of their own.

use super::{
    gauges::Gauges,
    l1_status::L1Status,
    machine::Court,
    shadow::ProgramShadow,
    views::NodeViews,
    what_if::{Rehearsal, WhatIfs},
};
use crate::{
    admission::{self, Admission},
    batcher::{Batcher, Shadow},
    clock::Clock,
    config::PipelineConfig,
    fatal::Fatal,
    feed::{Feed, FeedConfig, Snapshots, Teller},
    journal::{Journal, Store, Writer},
    metrics::{AdmissionMetrics, BatchMetrics, JournalMetrics, PublishMetrics},
    mirror::{Mirror, Sealed},
    pipeline::{Answer, Group},
    promise::Promiser,
    publish::{Audience, Publisher},
    quarantine::Quarantine,
    restart,
    rpc::{Channels, Entry, Views},
    secp::{Remembering, SigningKey},
    sequence::{Arrivals, Rules, Sequencer, Transition},
    wire::{Channel, Subscription},
};
use alloy_primitives::B256;
use ballast_bridge::threads;
use ballast_engine::{Exchange, invariants::Audit};
use ballast_types::{BatchIndex, L1Message, Rejection, Source};
use crossbeam_channel::{Receiver, Sender, bounded};
use std::{sync::Arc, thread::JoinHandle};
use tokio::sync::{mpsc, oneshot, watch};

/// L1 messages that wait for the sequencer.
const L1_QUEUE: usize = 1_024;

/// Failures that are kept: one a stage.
const MAX_FAILURES: usize = 4;

/// What a pipeline is made of.
pub struct Parts {
    /// Where the journal is kept.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The exchange before its first input.
    pub genesis: Exchange,
    /// What the sequencer carries inputs out by.
    pub transition: Transition,
    /// What queries try operations out by.
    pub rehearsal: Rehearsal,
    /// The sequencer's key.
    pub key: SigningKey,
    /// The program that judges batches.
    pub program_hash: B256,
    /// Whether every batch is run through that program before it is stored.
    pub shadow: bool,
    /// The machine that the shadow asks, too, when there is one.
    pub court: Option<Court>,
    /// Queues, groups and batches.
    pub pipeline: PipelineConfig,
    /// The feeds.
    pub feed: FeedConfig,
}

/// A pipeline that runs.
pub struct Core {
    /// Where requests enter.
    pub admission: Admission,
    /// Where messages of L1 enter, in the order of the inbox; a full queue is waited for.
    pub l1: Sender<L1Message>,
    /// The replica that queries read.
    pub mirror: Arc<Mirror>,
    /// The journal.
    pub journal: Journal,
    /// The last batch that is stored.
    pub stored: watch::Receiver<BatchIndex>,
    /// Hash of the genesis header.
    pub genesis_hash: B256,
    pub(super) program_hash: B256,
    pub(super) l1_status: Arc<L1Status>,
    views: Arc<NodeViews>,
    stop: Option<Sender<()>>,
    stages: Vec<JoinHandle<()>>,
    fatal: mpsc::Receiver<Fatal>,
}

impl Core {
    /// Recovers from the store and starts every stage.
    ///
    /// # Errors
    /// When the journal is damaged, of another genesis, or does not replay to what it says.
    pub fn start(parts: Parts) -> Result<Self, Fatal> {
        let Parts { store, clock, genesis, transition, rehearsal, key, .. } = parts;
        let Parts { program_hash, shadow, court, pipeline, feed, .. } = parts;
        let (journal, recovery) = (Journal::new(store), Remembering::default());
        let (genesis_base, separator) = (restart::genesis_base(genesis.clone()), genesis.separator());
        let base = restart::base(&journal, genesis, false)?;
        let (stored_sender, stored) = watch::channel(journal.last_batch()?);
        let mut batcher = Batcher {
            journal: journal.clone(),
            ledger: base.ledger,
            audit: Audit::of(&base.exchange.state),
            previous: base.header,
            program_hash,
            snapshot_every: pipeline.snapshot_every,
            shadow: shadow.then(|| second_opinion(&recovery, court)),
            stored: stored_sender,
            metrics: BatchMetrics::new(),
        };
        let head = restart::replay(&journal, base.exchange, |sealed| batcher.process(sealed))?;
        let live = head.view.exchange.clone();
        tell(&live);
        let (mirror, l1_status) = (Arc::new(Mirror::new(head.view)), Arc::new(L1Status::default()));
        let (feed, promiser) = (Arc::new(Feed::new(feed, &mirror)), Promiser { key, separator });
        let views = Arc::new(NodeViews {
            mirror: Arc::clone(&mirror),
            journal: journal.clone(),
            feed,
            clock: Arc::clone(&clock),
            promiser: promiser.clone(),
            genesis_state_root: genesis_base.header.stateRoot,
            l1: Arc::clone(&l1_status),
            quarantine: Arc::new(Quarantine::of(journal.clone())?),
            what_ifs: WhatIfs::new(rehearsal),
        });

        let recovery_threads = pipeline.recovery_threads();
        let (admission, jobs) =
            admission::start(pipeline.queue, recovery_threads, separator, &recovery, AdmissionMetrics::new());
        let ((l1_sender, l1), (stop_sender, stop)) = (bounded(L1_QUEUE), bounded(0));
        let (groups_sender, groups) = bounded(pipeline.groups);
        let (seals_sender, seals) = bounded(pipeline.sealed);
        let arrivals = Arrivals { jobs, gate: admission.gate(), l1, stop };
        let (quarantine, limits) = (Arc::clone(&views.quarantine), pipeline.sequence_limits());
        let rules = Rules { transition, mirror: Arc::clone(&mirror), quarantine };
        let sequencer = Sequencer::new(live, &head.open, rules, clock, limits, arrivals, groups_sender);
        let publisher = Publisher {
            mirror: Arc::clone(&mirror),
            promiser,
            seals: seals_sender,
            audience: audience(&views),
            metrics: PublishMetrics::new(),
        };
        let (stages, fatal) =
            start_stages(sequencer, journal.clone(), (groups, pipeline.groups), publisher, (batcher, seals));
        let (genesis_hash, stop) = (genesis_base.header.hash(), Some(stop_sender));
        Ok(Self {
            admission,
            l1: l1_sender,
            mirror,
            journal,
            stored,
            genesis_hash,
            program_hash,
            l1_status,
            views,
            stop,
            stages,
            fatal,
        })
    }

    /// Where the interface gets its answers.
    #[must_use]
    pub fn ports(&self) -> (Arc<dyn Entry>, Arc<dyn Views>, Arc<dyn Channels>) {
        let views: Arc<NodeViews> = Arc::clone(&self.views);
        (Arc::new(self.admission.clone()), Arc::clone(&views) as Arc<dyn Views>, views)
    }

    /// Waits until a stage fails. Never returns while all is well.
    pub async fn failed(&mut self) -> Fatal {
        match self.fatal.recv().await {
            Some(fatal) => fatal,
            None => std::future::pending().await,
        }
    }

    /// A failure that nobody was told of yet: what was sequenced before an orderly stop may not be durable.
    pub fn failure(&mut self) -> Option<Fatal> {
        self.fatal.try_recv().ok()
    }

    /// Takes nothing more, answers what waits with `ShuttingDown`, makes durable and tells what was sequenced,
    /// and waits for every stage to end.
    pub fn shut_down(&mut self) {
        self.admission.close();
        self.stop = None;
        for stage in self.stages.drain(..) {
            // A stage that panicked has said so; in production it took the process along.
            let _ = stage.join();
        }
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        self.shut_down();
    }
}

/// Where the log led.
fn tell(recovered: &Exchange) {
    let chain = &recovered.state.chain;
    tracing::info!(seq = chain.seq.0, batch = chain.batch.0, promise = %chain.promise, "recovered");
}

/// The program that judges batches, and the machine where there is one.
fn second_opinion(recovery: &Remembering, court: Option<Court>) -> Box<dyn Shadow> {
    Box::new(ProgramShadow { recovery: recovery.clone(), court })
}

/// Who is told of what is durable.
fn audience(views: &Arc<NodeViews>) -> Box<dyn Audience> {
    let teller = Teller { feed: Arc::clone(&views.feed), snapshots: Arc::<NodeViews>::clone(views) };
    Box::new(Gauges::new(teller, &views.mirror))
}

/// Starts the stages, the sequencer first: each reads what the one before it sends.
fn start_stages<C: Clock>(
    sequencer: Sequencer<C>,
    journal: Journal,
    (groups, capacity): (Receiver<Group>, usize),
    publisher: Publisher,
    (mut batcher, seals): (Batcher, Receiver<Sealed>),
) -> (Vec<JoinHandle<()>>, mpsc::Receiver<Fatal>) {
    let (durable_sender, durable) = bounded::<Group>(capacity);
    let (writer, via_writer) = Writer::new(journal, groups, durable_sender, JournalMetrics::new());
    // Nobody waits for a batch as for an answer, so the batcher leaves the CPU to others: not while it holds the store.
    batcher.journal = via_writer;
    let (fatal_sender, fatal) = mpsc::channel(MAX_FAILURES);
    let stages = vec![
        stage("sequence", threads::real_time, &fatal_sender, move || sequencer.run()),
        stage("journal", threads::real_time, &fatal_sender, move || Ok(writer.run()?)),
        stage("publish", threads::real_time, &fatal_sender, move || publisher.run(&durable)),
        stage("batch", threads::background, &fatal_sender, move || batcher.run(&seals)),
    ];
    (stages, fatal)
}

/// Runs a stage on a thread of its own, which shares the cores in its `manner`; its failure is the node's.
fn stage(
    name: &'static str,
    manner: fn(),
    fatal: &mpsc::Sender<Fatal>,
    body: impl FnOnce() -> Result<(), Fatal> + Send + 'static,
) -> JoinHandle<()> {
    let fatal = fatal.clone();
    let run = move || {
        manner();
        if let Err(failure) = body() {
            tracing::error!(stage = name, %failure, "a stage failed: the node stops");
            // The node may be stopping already; the first failure is enough to stop it.
            let _ = fatal.try_send(failure);
        }
    };
    std::thread::Builder::new().name(name.into()).spawn(run).expect("the operating system gives a thread")
}

impl Entry for Admission {
    fn submit(&self, source: Source) -> Result<oneshot::Receiver<Answer>, Rejection> {
        Self::submit(self, source)
    }
}

impl Channels for NodeViews {
    fn subscribe(&self, channel: Channel) -> Result<Subscription, Rejection> {
        self.feed.subscribe(channel, self as &dyn Snapshots)
    }
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core").finish_non_exhaustive()
    }
}
