//! Reports about the genesis and the journal, each one line of JSON on stdout.

use crate::{config::ConfigError, fatal::Fatal, journal::Journal, restart, wire::Hex};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolValue;
use ballast_engine::{Exchange, commit, invariants};
use serde::Serialize;

/// What the contracts are deployed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenesisReport {
    /// ABI encoding of the genesis header.
    pub header: Hex,
    /// The encoded diff of the genesis state against nothing, of which the header has the hash.
    pub data: Hex,
    /// Its hash.
    pub hash: B256,
    /// The state root that it names.
    pub state_root: B256,
    /// The roots under that.
    pub section_roots: Vec<B256>,
    /// Chain id of L1.
    pub chain_id: u64,
    /// The exchange's name in signatures.
    pub exchange: Address,
}

/// The genesis header of an exchange.
#[must_use]
pub fn genesis_report(exchange: Exchange) -> GenesisReport {
    let genesis = exchange.state.genesis.clone();
    let restart::Genesis { base, diff } = restart::found(exchange);
    let header = base.header;
    GenesisReport {
        header: Hex(header.abi_encode()),
        data: Hex(diff),
        hash: header.hash(),
        state_root: header.stateRoot,
        section_roots: header.sectionRoots.to_vec(),
        chain_id: genesis.chain_id,
        exchange: genesis.exchange,
    }
}

/// Where a journal leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplayReport {
    /// Last input.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// The promise chain after it.
    pub promise: B256,
    /// The state root after it.
    pub state_root: B256,
    /// The open batch.
    pub open_batch: u64,
    /// Inputs replayed, after genesis or the snapshot.
    pub replayed: u64,
    /// Whether every invariant holds.
    pub sound: bool,
}

/// Replays a journal from its snapshot, or from genesis, comparing every outcome and the root of every batch.
///
/// # Errors
/// [`Fatal`] when the journal is damaged or does not replay to what it says.
pub fn replay_report(
    journal: &Journal,
    genesis: Exchange,
    from_genesis: bool,
) -> Result<ReplayReport, Fatal> {
    let base = restart::base(journal, genesis, from_genesis)?;
    let mut ledger = base.ledger;
    let from = base.exchange.state.chain.seq;
    let head = restart::replay(journal, base.exchange, |sealed| {
        ledger.take(&sealed.changes);
        let Some(bytes) = journal.batch(sealed.index)? else { return Ok(()) };
        let stored = crate::batcher::StoredBatch::decode(&bytes)?.header()?.stateRoot;
        let here = ledger.commitment().state_root();
        if here == stored {
            return Ok(());
        }
        Err(Fatal::Invariant(format!("batch {} replays to root {here}, stored is {stored}", sealed.index)))
    })?;
    let mut exchange = head.view.exchange;
    ledger.take(&commit(&mut exchange));
    let chain = exchange.state.chain.clone();
    Ok(ReplayReport {
        seq: chain.seq.0,
        time: chain.time.0,
        promise: chain.promise,
        state_root: ledger.commitment().state_root(),
        open_batch: chain.batch.0,
        replayed: chain.seq.0 - from.0,
        sound: invariants::check(&exchange).is_ok(),
    })
}

/// The exchange of a genesis file.
///
/// # Errors
/// When the file or what it says cannot be used.
pub(super) fn load_genesis(path: &std::path::Path) -> Result<Exchange, ConfigError> {
    let config = crate::config::GenesisFile::load(path)?.config();
    Exchange::genesis(&config)
        .map_err(|error| ConfigError::Invalid { path: path.into(), why: error.to_string() })
}
