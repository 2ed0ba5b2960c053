//! Starting: the newest snapshot, then the journal after it, every outcome compared with the one that was told
//! before. A node that would do something else than it once did refuses to start.

use crate::{
    batcher::{Ledger, StoredBatch},
    fatal::Fatal,
    journal::{Journal, SnapshotId, StoreError},
    mirror::{Sealed, View},
    pipeline::Record,
    secp::Secp256k1,
};
use alloy_primitives::B256;
use ballast_batch::BatchHeader;
use ballast_engine::{Exchange, Verified, commit, verify};
use ballast_state::snapshot;
use ballast_types::{Event, Seq};

/// Records replayed at a time.
const PAGE: usize = 2_000;

/// Name under which the journal keeps the genesis that it belongs to.
const GENESIS: &str = "genesis_state_root";

/// The committed state where replay begins.
pub struct Base {
    /// The exchange there, with nothing left to commit.
    pub exchange: Exchange,
    /// Its leaves and trees.
    pub ledger: Ledger,
    /// Header of its batch, as it is stored; of genesis when it is that.
    pub header: BatchHeader,
}

/// Where the node goes on.
pub struct Head {
    /// The exchange after the last durable input.
    pub view: View,
    /// The records of the open batch.
    pub open: Vec<Record>,
}

/// The genesis exchange with its leaves committed.
#[must_use]
pub fn genesis_base(mut exchange: Exchange) -> Base {
    let changes = commit(&mut exchange);
    let ledger = Ledger::of(&changes);
    let header = BatchHeader::genesis(ledger.commitment().section_roots());
    Base { exchange, ledger, header }
}

/// Where replay begins: the newest snapshot, or `genesis` when there is none or `from_genesis` is asked for.
///
/// # Errors
/// When the journal is damaged, or belongs to another genesis.
pub fn base(journal: &Journal, genesis: Exchange, from_genesis: bool) -> Result<Base, Fatal> {
    let base = genesis_base(genesis);
    check_genesis(journal, base.ledger.commitment().state_root())?;
    match journal.snapshot()? {
        Some(id) if !from_genesis => restore(journal, id),
        _ => Ok(base),
    }
}

/// Refuses a journal of another genesis; marks an empty one with this genesis.
fn check_genesis(journal: &Journal, root: B256) -> Result<(), Fatal> {
    match journal.meta(GENESIS)? {
        Some(known) if known == root.as_slice() => Ok(()),
        Some(known) => {
            let known = hex::encode(known);
            Err(StoreError::Damaged(format!(
                "it begins with genesis 0x{known}, the configuration with {root}"
            ))
            .into())
        }
        None if journal.last_seq()? == Seq(0) => Ok(journal.put_meta(GENESIS, root.to_vec())?),
        None => Err(StoreError::Damaged("it has inputs but no genesis".into()).into()),
    }
}

fn restore(journal: &Journal, id: SnapshotId) -> Result<Base, Fatal> {
    let damaged =
        |why: String| Fatal::from(StoreError::Damaged(format!("snapshot of batch {}: {why}", id.batch)));
    let bytes = journal.batch(id.batch)?.ok_or_else(|| damaged("its batch is missing".into()))?;
    let header = StoredBatch::decode(&bytes)?.header()?;
    let mut restore = snapshot::Restore::new();
    let mut leaves = Vec::new();
    for chunk in journal.read_snapshot(id) {
        let chunk = chunk?;
        restore.push(&chunk).map_err(|error| damaged(error.to_string()))?;
        leaves.extend(snapshot_records(&chunk).ok_or_else(|| damaged("a record cannot be read".into()))?);
    }
    let restored = restore.finish(header.stateRoot).map_err(|error| damaged(error.to_string()))?;
    let exchange = Exchange::restore(restored.state, restored.pages, Vec::new());
    let exchange = exchange.map_err(|error| damaged(error.to_string()))?;
    Ok(Base { ledger: Ledger::restored(leaves, restored.commitment), exchange, header })
}

fn snapshot_records(mut chunk: &[u8]) -> Option<Vec<snapshot::Record>> {
    let mut records = Vec::new();
    while !chunk.is_empty() {
        records.push(<snapshot::Record as borsh::BorshDeserialize>::deserialize(&mut chunk).ok()?);
    }
    Some(records)
}

/// Replays the journal from where `exchange` stands, and hands every batch that it seals to `on_seal`.
///
/// # Errors
/// [`Fatal::Diverged`] at the first input that does something else than it did, and what `on_seal` says.
pub fn replay(
    journal: &Journal,
    exchange: Exchange,
    mut on_seal: impl FnMut(Sealed) -> Result<(), Fatal>,
) -> Result<Head, Fatal> {
    let separator = exchange.separator();
    let mut next = exchange.state.chain.seq.next();
    let (mut view, mut open) = (View::new(exchange), Vec::new());
    loop {
        let records = journal.records(next, PAGE)?;
        let Some(last) = records.last() else { break };
        next = last.input.seq.next();
        for (record, verified) in verify_all(records, separator) {
            let sealed = view.follow(&record, verified, "replay")?;
            let ends = record.outcome.events.iter().any(|event| matches!(event, Event::BatchSealed { .. }));
            if ends {
                open.clear()
            } else {
                open.push(record)
            }
            if let Some(sealed) = sealed {
                on_seal(sealed)?;
            }
        }
    }
    Ok(Head { view, open })
}

/// Recovers the signers of a page of records, on all cores.
fn verify_all(records: Vec<Record>, separator: B256) -> Vec<(Record, Verified)> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = records.len().div_ceil(threads).max(1);
    let verified: Vec<Verified> = std::thread::scope(|scope| {
        let workers: Vec<_> = records
            .chunks(share)
            .map(|part| {
                scope.spawn(move || {
                    part.iter().map(|r| verify(&Secp256k1, separator, &r.input.source)).collect::<Vec<_>>()
                })
            })
            .collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("recovery does not panic")).collect()
    });
    records.into_iter().zip(verified).collect()
}
