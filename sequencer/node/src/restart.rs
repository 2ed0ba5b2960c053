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
use alloy_primitives::{B256, hex};
use ballast_batch::{BatchHeader, genesis_diff};
use ballast_engine::{Exchange, Verified, commit, verify};
use ballast_state::{Change, snapshot};
use ballast_types::{Event, Seq};
use crossbeam_channel::bounded;

/// Records replayed at a time.
const PAGE: usize = 2_000;

/// Chunks of a snapshot that may be decoded before they are hashed.
const CHUNKS_AHEAD: usize = 8;

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

/// What an exchange begins with.
pub struct Genesis {
    /// Its committed state.
    pub base: Base,
    /// Its exit leaves against nothing, as the deployment tells them on L1.
    pub diff: Vec<u8>,
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
pub fn genesis_base(exchange: Exchange) -> Base {
    found(exchange).base
}

/// The genesis exchange with its leaves committed, and what L1 is told of it.
///
/// # Panics
/// When a leaf does not decode: the leaves are ours.
#[must_use]
pub fn found(mut exchange: Exchange) -> Genesis {
    let changes = commit(&mut exchange);
    let ledger = Ledger::of(&changes);
    let diff = genesis_diff(&changes).expect("leaves that were just encoded");
    let header = BatchHeader::of_genesis(ledger.commitment().section_roots(), &diff);
    Genesis { base: Base { exchange, ledger, header }, diff }
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
            let known = hex::encode_prefixed(known);
            Err(StoreError::Damaged(format!("it begins with genesis {known}, the configuration with {root}"))
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
    let (restored, ledger) = read_snapshot(journal, id, header.stateRoot, &damaged)?;
    let exchange = Exchange::restore(restored.state, restored.pages, Vec::new());
    let exchange = exchange.map_err(|error| damaged(error.to_string()))?;
    Ok(Base { exchange, ledger, header })
}

/// Reads a snapshot: one thread decodes it, another keeps its leaves and hashes them.
fn read_snapshot(
    journal: &Journal,
    id: SnapshotId,
    state_root: B256,
    damaged: &dyn Fn(String) -> Fatal,
) -> Result<(snapshot::Restored, Ledger), Fatal> {
    let mut restore = snapshot::Restore::new();
    let (sender, receiver) = bounded::<Vec<Change>>(CHUNKS_AHEAD);
    let ledger = std::thread::scope(|scope| {
        let keeper = scope.spawn(move || {
            let mut ledger = Ledger::default();
            receiver.iter().for_each(|leaves| ledger.take(&leaves));
            ledger
        });
        for chunk in journal.read_snapshot(id) {
            let leaves = restore.push(&chunk?).map_err(|error| damaged(error.to_string()))?;
            sender.send(leaves).expect("the keeper ends when there is no more");
        }
        drop(sender);
        Ok::<_, Fatal>(keeper.join().expect("leaves that come in order are kept"))
    })?;
    let restored = restore.finish(ledger.commitment(), state_root);
    Ok((restored.map_err(|error| damaged(error.to_string()))?, ledger))
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
