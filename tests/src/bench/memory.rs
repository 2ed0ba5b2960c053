//! What a full exchange weighs: a million accounts with three positions each and a million resting orders, written
//! as the node's own snapshot and journal, and read back by a fresh process the way a node starts.

mod crowd;
mod restart;

pub(super) use restart::status;
pub use restart::{Restarted, restart};

use ballast_node::journal::{MdbxStore, Store};
use crowd::Crowd;
use eyre::{WrapErr, eyre};
use serde::Serialize;
use std::{
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
};

/// Largest journal, in bytes.
const MAX_JOURNAL: usize = 64 << 30;

/// What was built.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameters {
    /// Accounts, with three positions and one resting order each.
    pub accounts: u32,
    /// Markets that they are spread over.
    pub markets: u16,
    /// Signed inputs in the log behind the snapshot.
    pub replayed: u32,
    /// Seed of the choices.
    pub seed: u64,
}

/// What was found.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which benchmark.
    pub bench: &'static str,
    /// What was built.
    pub workload: Parameters,
    /// What a fresh process made of it.
    #[serde(flatten)]
    pub restarted: serde_json::Value,
}

/// Builds the exchange, writes it, and has a fresh process of the program `fresh` start from it.
///
/// # Errors
/// When the journal cannot be written, or the fresh process fails.
pub fn run(workload: Parameters, fresh: &Path) -> eyre::Result<Figures> {
    let directory = tempfile::tempdir()?;
    Crowd::gather(&workload).write(open(directory.path())?, workload.replayed)?;
    let mut child = Command::new(fresh);
    child.arg(directory.path()).arg(workload.markets.to_string()).stderr(Stdio::inherit());
    let output = child.output().wrap_err_with(|| format!("{} does not start", fresh.display()))?;
    if !output.status.success() {
        return Err(eyre!("{} failed: {}", fresh.display(), output.status));
    }
    Ok(Figures { bench: "memory", workload, restarted: serde_json::from_slice(&output.stdout)? })
}

fn open(directory: &Path) -> eyre::Result<Arc<dyn Store>> {
    Ok(Arc::new(MdbxStore::open(directory, MAX_JOURNAL)?))
}
