//! The fresh process: starts as a node does, then weighs what it holds, part by part.

use super::{crowd, open};
use ballast_node::{
    app::{Core, Parts, rehearsal},
    clock::ManualClock,
    config::PipelineConfig,
    feed::{Feed, FeedConfig},
    journal::Journal,
    mirror::{Mirror, View},
    restart,
    secp::SigningKey,
    sweeper::Sweeper,
};
use ballast_types::B256;
use eyre::{OptionExt, eyre};
use serde::Serialize;
use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

/// What a fresh process made of the journal. Memory is in bytes.
#[derive(Debug, Serialize)]
pub struct Restarted {
    /// Seconds from an open store to a pipeline that takes orders.
    pub restart_seconds: f64,
    /// Resident when it takes orders, pages of the journal's file left out.
    pub resident: u64,
    /// Most that was resident until then, pages of the journal's file included: the kernel counts both.
    pub peak_resident: u64,
    /// What was allocated when it takes orders.
    pub allocated: u64,
    /// Most that was allocated until then.
    pub peak_allocated: u64,
    /// Resident for one more copy of the exchange.
    pub exchange_resident: u64,
    /// Where the bytes are.
    pub parts: Weights,
}

/// What each part holds, as it asked the allocator for it. A node has two of the first: that of the sequencer and
/// the mirror.
#[derive(Debug, Serialize)]
pub struct Weights {
    /// The exchange: accounts, traders, books.
    pub exchange: u64,
    /// The facts of it: all but the books.
    pub state: u64,
    /// The committed leaves.
    pub leaves_and_trees: u64,
    /// Accounts by owner.
    pub owners: u64,
    /// Orders that end, and that only close.
    pub sweeper: u64,
    /// Levels of the books, for the feeds.
    pub feeds: u64,
}

/// Starts from the journal in `directory`, of an exchange of so many markets. `allocated` tells what is allocated
/// now and at most.
///
/// # Errors
/// When the node would not start.
pub fn restart(
    directory: &Path,
    markets: u16,
    allocated: impl Fn() -> (u64, u64),
) -> eyre::Result<Restarted> {
    let store = open(directory)?;
    let started = Instant::now();
    let core = Core::start(Parts {
        store: Arc::clone(&store),
        clock: Arc::new(ManualClock::at(crowd::TIME)),
        genesis: crowd::genesis(markets),
        transition: ballast_engine::apply,
        rehearsal,
        key: SigningKey::from_bytes([7; 32]).ok_or_eyre("a small number is a key")?,
        program_hash: B256::ZERO,
        shadow: false,
        court: None,
        pipeline: PipelineConfig::default(),
        feed: FeedConfig::default(),
    });
    let core = core?;
    let restart_seconds = (started.elapsed().as_secs_f64() * 1e3).round() / 1e3;
    let (resident, peak_resident) = (status("RssAnon:")?, status("VmHWM:")?);
    let (now, peak) = allocated();
    drop(core);
    let (parts, exchange_resident) = weigh(&Journal::new(store), markets, || allocated().0)?;
    Ok(Restarted {
        restart_seconds,
        resident,
        peak_resident,
        allocated: now,
        peak_allocated: peak,
        exchange_resident,
        parts,
    })
}

fn weigh(journal: &Journal, markets: u16, allocated: impl Fn() -> u64) -> eyre::Result<(Weights, u64)> {
    let base = restart::base(journal, crowd::genesis(markets), false)?;
    let whole = allocated();
    drop(base.ledger);
    let leaves_and_trees = whole - allocated();
    let exchange = base.exchange;
    // The first copy fills what was freed before; the second shows what one takes.
    let first = exchange.clone();
    let (before, resident) = (allocated(), status("RssAnon:")?);
    let second = exchange.clone();
    let (exchange_allocated, exchange_resident) = (allocated() - before, status("RssAnon:")? - resident);
    drop(first);
    let before = allocated();
    let state = second.state.clone();
    let state_allocated = allocated() - before;
    drop(state);
    let before = allocated();
    let sweeper = black_box(Sweeper::of(&second));
    let sweeper_allocated = allocated() - before;
    drop(sweeper);
    let before = allocated();
    let mirror = Mirror::new(View::new(second));
    let owners = allocated() - before;
    let before = allocated();
    let feed = black_box(Feed::new(FeedConfig::default(), &mirror));
    let feeds = allocated() - before;
    drop(feed);
    let parts = Weights {
        exchange: exchange_allocated,
        state: state_allocated,
        leaves_and_trees,
        owners,
        sweeper: sweeper_allocated,
        feeds,
    };
    Ok((parts, exchange_resident))
}

/// A figure of this process from the kernel, in bytes.
pub(in crate::bench) fn status(name: &str) -> eyre::Result<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")).ok_or_else(|| eyre!("no {name} here"))?;
    Ok(kib.trim().parse::<u64>()? * 1024)
}
