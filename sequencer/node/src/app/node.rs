//! A node from its configuration to its end.

use super::{
    core::{Core, Parts},
    l1::{self, Access, Link},
    machine::Court,
    pools::quarantine_view,
    report::{self, GenesisReport, ReplayReport},
    what_if::rehearsal,
};
use crate::{
    clock::SystemClock,
    config::{Config, ConfigError, read_key},
    fatal::Fatal,
    journal::{Journal, MdbxStore},
    quarantine::Quarantine,
    rpc::{Server, assets, methods},
    secp::SigningKey,
    wire::QuarantineView,
};
use ballast_bridge::Deployment;
use ballast_types::PoolId;
use std::{collections::BTreeMap, fs::File, future::Future, path::Path, sync::Arc};
use tokio::{sync::watch, task::JoinSet};

/// Why a node did not start, or ended.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The configuration cannot be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A stage failed.
    #[error(transparent)]
    Fatal(#[from] Fatal),
    /// The bridge failed in a way that a human must look at.
    #[error(transparent)]
    Bridge(#[from] ballast_bridge::Error),
    /// The interface or the exporter cannot be bound, or files of the page not be read.
    #[error("{what}: {error}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        error: std::io::Error,
    },
    /// Nothing is to be lifted.
    #[error("pool {0} is not set aside")]
    NotAside(PoolId),
    /// The exporter of metrics cannot be started.
    #[error("metrics: {0}")]
    Metrics(String),
}

/// Runs a node until `signal` resolves or something fails, and shuts it down in good order.
///
/// # Errors
/// [`NodeError`]: what kept it from starting, or made it stop.
pub async fn run(config: Config, signal: impl Future<Output = ()>) -> Result<(), NodeError> {
    config.check()?;
    let _owned = own(&config.data_dir).map_err(io("data_dir"))?;
    start_metrics(&config)?;
    metrics::gauge!("ballast_real_time").set(f64::from(u8::from(config.pipeline.real_time)));
    let mut core = Core::start(parts(&config)?)?;
    let (stop_sender, stop) = watch::channel(false);
    let mut bridge = attach_l1(&core, &config, &stop).await?;
    let server = bind(&core, &config, stop.clone()).await?;
    tracing::info!(address = %server.address().map_err(io("rpc address"))?, "serving");
    let server = tokio::spawn(server.run());

    let ended = tokio::select! {
        () = signal => Ok(()),
        fatal = core.failed() => Err(NodeError::from(fatal)),
        failed = first_failure(&mut bridge) => Err(NodeError::from(failed)),
    };
    tracing::info!("stopping");
    // Requests in flight are answered while the interface still stands; it is closed after that.
    let core = tokio::task::spawn_blocking(move || {
        core.shut_down();
        core
    });
    let mut core = core.await;
    let late = core.as_mut().ok().and_then(Core::failure);
    stop_sender.send_replace(true);
    // A connection task that panicked has taken the process along.
    let _ = server.await;
    while bridge.join_next().await.is_some() {}
    drop(core);
    tracing::info!("stopped");
    match late {
        Some(fatal) if ended.is_ok() => Err(fatal.into()),
        _ => ended,
    }
}

/// The first critical failure of the bridge. A task that ends in good order, or no bridge at all, is waited past.
async fn first_failure(bridge: &mut JoinSet<ballast_bridge::Result<()>>) -> ballast_bridge::Error {
    loop {
        match bridge.join_next().await {
            Some(Ok(Err(error))) => return error,
            Some(_) => {}
            None => return std::future::pending().await,
        }
    }
}

fn parts(config: &Config) -> Result<Parts, NodeError> {
    let key_path = &config.sequencer_key_file;
    let key = SigningKey::from_bytes(read_key(key_path)?);
    let key = key
        .ok_or_else(|| ConfigError::Invalid { path: key_path.clone(), why: "no key of the curve".into() })?;
    Ok(Parts {
        store: Arc::new(open_store(config)?),
        clock: Arc::new(SystemClock),
        genesis: report::load_genesis(&config.genesis)?,
        transition: ballast_engine::apply,
        rehearsal,
        key,
        program_hash: config.program_hash,
        shadow: config.shadow,
        court: Court::open(&config.machine, config.program_hash)?,
        pipeline: config.pipeline,
        feed: config.feed,
    })
}

/// Makes the directory ours until the file is closed. MDBX lets several processes write, and a second sequencer
/// would put its own inputs into the log of the first.
fn own(directory: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(directory)?;
    let lock = File::create(directory.join("sequencer.lock"))?;
    lock.try_lock().map_err(|error| {
        let why = format!("{} belongs to a node that runs: {error}", directory.display());
        std::io::Error::new(std::io::ErrorKind::ResourceBusy, why)
    })?;
    Ok(lock)
}

fn open_store(config: &Config) -> Result<MdbxStore, NodeError> {
    let max_bytes = config.pipeline.journal_max_gib.saturating_mul(1 << 30);
    Ok(MdbxStore::open(&config.data_dir, max_bytes).map_err(Fatal::from)?)
}

fn start_metrics(config: &Config) -> Result<(), NodeError> {
    let Some(address) = config.metrics.address else { return Ok(()) };
    let builder = metrics_exporter_prometheus::PrometheusBuilder::new().with_http_listener(address);
    builder.install().map_err(|error| NodeError::Metrics(error.to_string()))
}

async fn attach_l1(
    core: &Core,
    config: &Config,
    stop: &watch::Receiver<bool>,
) -> Result<JoinSet<ballast_bridge::Result<()>>, NodeError> {
    let l1 = &config.l1;
    let (Some(endpoint), Some(deployment)) = (&l1.endpoint, &l1.deployment) else {
        tracing::warn!("no L1 endpoint: no deposits come in and no batches go out");
        return Ok(JoinSet::new());
    };
    let access = Access {
        endpoint: endpoint.clone(),
        deployment: Deployment::read(deployment)?,
        poster_key: l1.poster_key_file.as_deref().map(read_key).transpose()?,
        demand_key: l1.demand_key_file.as_deref().map(read_key).transpose()?,
    };
    Ok(l1::start(Link::of(core), l1, access, stop).await?)
}

async fn bind(core: &Core, config: &Config, stop: watch::Receiver<bool>) -> Result<Server, NodeError> {
    let files = config.web_dir.as_deref().map(assets::read).transpose().map_err(io("web page"))?;
    let (entry, views, channels) = core.ports();
    let methods = methods(entry, views);
    let rpc = &config.rpc;
    let server = Server::bind(rpc.address, rpc.limits, methods, channels, files.unwrap_or_default(), stop);
    server.await.map_err(io("rpc"))
}

/// The pools that are set aside, by id, once it is ended for `lift`.
///
/// # Errors
/// When a node runs on the journal, it cannot be opened, or that pool is not set aside.
pub fn quarantine(config: &Config, lift: Option<PoolId>) -> Result<BTreeMap<u16, QuarantineView>, NodeError> {
    let _owned = own(&config.data_dir).map_err(io("data_dir"))?;
    let quarantine = Quarantine::of(Journal::new(Arc::new(open_store(config)?))).map_err(Fatal::from)?;
    if let Some(pool) = lift
        && !quarantine.lift(pool).map_err(Fatal::from)?
    {
        return Err(NodeError::NotAside(pool));
    }
    let pools = quarantine.pools().into_iter();
    Ok(pools.map(|(pool, aside)| (pool.0, quarantine_view(aside))).collect())
}

fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> NodeError {
    move |error| NodeError::Io { what, error }
}

/// What the contracts are deployed with, from a genesis file.
///
/// # Errors
/// When the file cannot be used.
pub fn genesis(path: &Path) -> Result<GenesisReport, NodeError> {
    Ok(report::genesis_report(report::load_genesis(path)?))
}

/// Where the journal of a configuration leads.
///
/// # Errors
/// When it cannot be opened, is damaged, or does not replay to what it says.
pub fn replay(config: &Config, from_genesis: bool) -> Result<ReplayReport, NodeError> {
    let journal = Journal::new(Arc::new(open_store(config)?));
    Ok(report::replay_report(&journal, report::load_genesis(&config.genesis)?, from_genesis)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::Millis;

    #[test]
    fn a_second_node_on_the_same_journal_would_have_taken_the_log_from_the_first() {
        let directory = tempfile::tempdir().expect("a directory");
        let first = own(directory.path()).expect("nobody owns it");
        assert!(own(directory.path()).is_err());
        drop(first);
        own(directory.path()).expect("its owner is gone");
    }

    #[test]
    fn a_quarantine_is_shown_and_lifted_while_no_node_runs() {
        let directory = tempfile::tempdir().expect("a directory");
        let config = Config { data_dir: directory.path().into(), ..Config::default() };
        let runs = own(directory.path()).expect("nobody owns it");
        assert!(matches!(quarantine(&config, None), Err(NodeError::Io { .. })));
        drop(runs);
        assert!(matches!(quarantine(&config, Some(PoolId(1))), Err(NodeError::NotAside(PoolId(1)))));
        let kept = Quarantine::of(Journal::new(Arc::new(open_store(&config).expect("it opens"))));
        let kept = kept.expect("it reads");
        kept.set_aside(&[PoolId(1), PoolId(2)].into(), true, Millis(7), "why").expect("it writes");
        drop(kept);
        let view = QuarantineView { extent: "nothing".into(), since: 7, why: "why".into() };
        assert_eq!(quarantine(&config, Some(PoolId(1))).expect("it is aside"), [(2, view)].into());
        assert_eq!(quarantine(&config, None).expect("it reads").len(), 1);
    }
}
