//! Looks at an exchange from outside, when the dust has settled: its log, its batches on L1, its journal.

use crate::{
    client::Connection,
    devnet::{Devnet, PATIENCE, accounts, node, wait::until},
};
use alloy::{consensus::Transaction as _, network::TransactionResponse as _, providers::Provider};
use ballast_batch::promise;
use ballast_bridge::l1::{L1 as _, alloy::AlloyL1, blobs::NoBlobs};
use ballast_types::{AccountId, B256, Input, Source, codec};
use eyre::{ContextCompat as _, ensure};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Queries of the log that are under way at a time.
const AT_ONCE: usize = 32;

/// An input of the log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The input itself.
    pub input: Input,
    /// The promise chain after it.
    pub chain: B256,
}

/// Reads the log from its beginning to `last` over the public RPC. The promise chain is computed anew and compared.
///
/// # Errors
/// When an input is missing or the chain is broken.
pub async fn read_log(connection: &Connection, last: u64) -> eyre::Result<Vec<Entry>> {
    let (mut entries, mut chain, mut next) = (Vec::new(), B256::ZERO, 1);
    while next <= last {
        let mut asked = Vec::new();
        for seq in next..=last.min(next + AT_ONCE as u64 - 1) {
            asked.push((seq, connection.send("ballast_outcome", json!([seq])).await?));
        }
        for (seq, answer) in asked {
            let told: Value = answer.await??;
            let bytes = alloy::hex::decode(told["input"].as_str().wrap_err("an outcome without its input")?)?;
            let input: Input =
                codec::decode(&bytes).map_err(|_| eyre::eyre!("input {seq} cannot be read"))?;
            ensure!(
                input.seq.0 == seq && told["seq"] == seq,
                "input {} where {seq} was asked for",
                input.seq
            );
            chain = promise::advance(chain, input.seq, input.time, promise::source_hash(&input.source));
            let claimed = told["chain"].as_str().wrap_err("an outcome without its chain")?;
            ensure!(
                chain.to_string() == claimed,
                "the chain after input {seq} is {chain}, the node tells {claimed}"
            );
            entries.push(Entry { input, chain });
            next = seq + 1;
        }
    }
    Ok(entries)
}

/// The place in the log of every user command, by account and nonce of its key.
///
/// # Errors
/// When one is there twice.
pub fn commands(log: &[Entry]) -> eyre::Result<BTreeMap<(AccountId, u64), u64>> {
    let mut places = BTreeMap::new();
    for entry in log {
        if let Source::User { command, .. } = &entry.input.source {
            let name = (command.account(), command.nonce().0);
            let earlier = places.insert(name, entry.input.seq.0);
            ensure!(earlier.is_none(), "the command {name:?} is input {earlier:?} and {}", entry.input.seq);
        }
    }
    Ok(places)
}

/// Waits until every batch that is sealed now is on L1, and makes sure that L1 has each of them once, in order,
/// without a gap, as the node sealed it, and that nothing that the sequencer ever sent failed.
///
/// # Errors
/// When L1 has anything else. Returns how many batches there are.
pub async fn posted_once(devnet: &Devnet) -> eyre::Result<u64> {
    let connection = devnet.connect().await?;
    let status = connection.call("ballast_status", json!([])).await?;
    let sealed = number(&status, "storedBatch")?;
    let l1 = AlloyL1::connect(&devnet.l1().url(), *devnet.deployment(), None, NoBlobs).await?;
    devnet
        .until("all batches to be posted", async || Ok((l1.batch_count().await? > sealed).then_some(())))
        .await?;
    let mut previous = l1.batch_hash(0).await?.wrap_err("L1 has no genesis")?;
    let mut next_seq = 1;
    for index in 1..=sealed {
        let posted = l1.posted(index).await?.wrap_err_with(|| format!("L1 does not tell batch {index}"))?;
        let header = &posted.header;
        ensure!(
            header.index == index && header.previousHash == previous,
            "batch {index} does not follow: {header:?}"
        );
        ensure!(
            header.firstSeq == next_seq,
            "batch {index} begins at input {}, due was {next_seq}",
            header.firstSeq
        );
        let told = connection.call("ballast_batch", json!([index])).await?;
        ensure!(
            told["stateRoot"] == header.stateRoot.to_string(),
            "L1 has batch {index} with another root: {told}"
        );
        (previous, next_seq) = (posted.hash(), header.lastSeq + 1);
    }
    nothing_failed(devnet).await?;
    Ok(sealed)
}

/// Goes through all of L1 for a transaction of the sequencer that had no effect: a batch posted twice would be one.
async fn nothing_failed(devnet: &Devnet) -> eyre::Result<()> {
    let (provider, sequencer) = (devnet.l1().reader()?, accounts::address(accounts::SEQUENCER));
    for number in 0..=provider.get_block_number().await? {
        let Some(block) = provider.get_block_by_number(number.into()).full().await? else { continue };
        for transaction in block.transactions.txns().filter(|t| t.from() == sequencer) {
            let hash = transaction.tx_hash();
            let receipt =
                provider.get_transaction_receipt(hash).await?.wrap_err("a transaction without a receipt")?;
            ensure!(
                receipt.status(),
                "the sequencer's transaction {hash} (nonce {}) failed",
                transaction.nonce()
            );
        }
    }
    Ok(())
}

/// How an exchange ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Closing {
    /// The last input.
    pub seq: u64,
    /// The last batch, which holds it.
    pub batch: u64,
    /// The state root of that batch.
    pub sealed_root: B256,
    /// The promise chain after the last input.
    pub promise: B256,
    /// The state root to which the journal replays from genesis, without interruption.
    pub replayed_root: B256,
    /// Whether every invariant holds there, conservation of money among them.
    pub sound: bool,
}

/// Ends an exchange: stops L1, lets the node seal all it has, stops it, and has its journal replayed from genesis
/// and from its newest snapshot. Both must lead to what the node told. L1 must make blocks by itself.
///
/// # Errors
/// When they do not, or an invariant of the exchange does not hold.
pub async fn close(devnet: &Devnet, least: u64) -> eyre::Result<Closing> {
    let connection = devnet.connect().await?;
    none_unconfirmed(devnet, &connection).await?;
    // Without L1 nothing comes in any more: the next sealed batch holds the last input.
    devnet.l1().stop()?;
    let told = until(
        "the last batch to be sealed",
        PATIENCE,
        || Ok(()),
        async || all_sealed(&connection, least).await,
    )
    .await?;
    devnet.stop_node()?;
    let (short, whole) = (node::replay(devnet.dir(), false)?, node::replay(devnet.dir(), true)?);
    ensure!(whole.replayed == whole.seq, "a replay from genesis left inputs out: {whole:?}");
    let same = node::Replay { replayed: short.replayed, ..whole.clone() } == short;
    ensure!(same, "replayed from genesis to {whole:?}, from a snapshot to {short:?}");
    ensure!(whole.seq == told.seq, "the journal ends at input {}, the node told {}", whole.seq, told.seq);
    ensure!(
        whole.promise == told.promise,
        "the journal's chain ends with {}, the node told {}",
        whole.promise,
        told.promise
    );
    let (root, batch, sealed) = (whole.state_root, told.batch, told.sealed_root);
    ensure!(root == sealed, "the journal leads to root {root}, batch {batch} was sealed with {sealed}");
    Ok(Closing { replayed_root: root, sound: whole.sound, ..told })
}

/// Waits until the exchange knows that L1 has every batch that is sealed now. While too many are not confirmed the open one
/// waits and grows, for minutes when L1 says no more.
async fn none_unconfirmed(devnet: &Devnet, connection: &Connection) -> eyre::Result<()> {
    let status = async || connection.call("ballast_status", json!([])).await;
    let sealed = number(&status().await?, "storedBatch")?;
    devnet
        .until("all batches to be confirmed", async || {
            Ok((number(&status().await?, "postedBatch")? >= sealed).then_some(()))
        })
        .await
}

/// A number of the status.
fn number(status: &Value, name: &str) -> eyre::Result<u64> {
    status[name].as_u64().wrap_err_with(|| format!("a status without {name}"))
}

/// What the node tells of its last batch, when that holds all inputs, `least` among them.
async fn all_sealed(connection: &Connection, least: u64) -> eyre::Result<Option<Closing>> {
    let status = connection.call("ballast_status", json!([])).await?;
    let (seq, stored) = (number(&status, "seq")?, number(&status, "storedBatch")?);
    if seq < least || stored == 0 {
        return Ok(None);
    }
    let batch = connection.call("ballast_batch", json!([stored])).await?;
    if batch["lastSeq"] != seq {
        return Ok(None);
    }
    let hash = |value: &Value| -> eyre::Result<B256> { Ok(value.as_str().wrap_err("a hash")?.parse()?) };
    Ok(Some(Closing {
        seq,
        batch: stored,
        sealed_root: hash(&batch["stateRoot"])?,
        promise: hash(&status["chain"])?,
        replayed_root: B256::ZERO,
        sound: false,
    }))
}
