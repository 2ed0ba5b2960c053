//! Whoever has the poster's key besides the node, a verdict that says what a test wants, and a validator that tells them apart.

use super::{DEPLOYMENT, Devnet, accounts, node, process, process::Process};
use alloy::{
    primitives::{B256, Bytes},
    providers::ext::AnvilApi,
    rpc::types::anvil::ReorgOptions,
};
use ballast_batch::BatchHeader;
use ballast_bridge::{
    data::{BatchData, Mode, seal_data},
    fees::Fees,
    l1::{
        Call, L1 as _, L1Sender as _, Posted,
        alloy::AlloyL1,
        blobs::{Beacon, SlotRule},
    },
};
use eyre::{ContextCompat as _, ensure};
use serde_json::{Value, json};
use std::{process::Command, sync::Arc};

/// Well above what a devnet asks for, also where a transaction of the node is to be outbid.
const FEES: Fees = Fees { max_fee: 500_000_000_000, tip: 50_000_000_000, blob_fee: Some(500_000_000_000) };

/// Reads L1, and sends by the poster's key.
///
/// # Errors
/// When L1 does not answer.
pub async fn l1(devnet: &Devnet) -> eyre::Result<AlloyL1<Beacon>> {
    let (url, key) = (devnet.l1().url(), Some(accounts::signer(accounts::SEQUENCER)));
    let blobs = Beacon::new(&url, SlotRule::BlockNumber)?;
    Ok(AlloyL1::connect(&url, *devnet.deployment(), key, blobs).await?)
}

/// A header that fits this diff in calldata, with the diff.
///
/// # Errors
/// When it does not fit one transaction.
pub fn with_diff(header: BatchHeader, diff: &[u8]) -> eyre::Result<(BatchHeader, BatchData)> {
    let data = seal_data(diff, Mode::Calldata)?;
    let (diff_hash, data_hash) = (ballast_batch::data::diff_hash(diff), data.commitment());
    Ok((BatchHeader { diffHash: diff_hash, dataHash: data_hash, ..header }, data))
}

/// The header with blobs that hold something else than the diff it names.
///
/// # Errors
/// When L1 does not answer, or takes no blobs.
pub async fn with_other_blobs(
    devnet: &Devnet,
    header: BatchHeader,
    bytes: &[u8],
) -> eyre::Result<(BatchHeader, BatchData)> {
    let form = l1(devnet).await?.sidecar_form().await?.wrap_err("L1 takes no blobs")?;
    let data = seal_data(bytes, Mode::Blobs(form))?;
    Ok((BatchHeader { dataHash: data.commitment(), ..header }, data))
}

/// Posts a batch by the poster's key; what it says need not be true.
///
/// # Errors
/// When the contract refuses it, with its reason.
pub async fn post(devnet: &Devnet, header: &BatchHeader, data: BatchData) -> eyre::Result<Posted> {
    send(devnet, &Call::PostBatch { header: Arc::new(header.clone()), data }).await?;
    l1(devnet).await?.posted(header.index).await?.wrap_err("it is not posted")
}

/// Sends by the poster's key, and waits until it is mined.
///
/// # Errors
/// When the contract refuses it, with its reason.
pub async fn send(devnet: &Devnet, call: &Call) -> eyre::Result<()> {
    let l1 = l1(devnet).await?;
    let nonce = l1.nonces().await?.latest;
    let transaction = l1.send(call, nonce, &FEES).await?;
    let look = async || Ok(l1.receipt(transaction).await?);
    let receipt = devnet.until("the impostor's transaction to be mined", look).await?;
    ensure!(receipt.success, "the impostor's transaction reverted");
    Ok(())
}

/// Holds the node and has L1 forget the last batch that it posted, and no other, which is given back with its diff.
///
/// # Errors
/// When L1 does not answer, or has only genesis.
pub async fn take_back_the_last(devnet: &Devnet) -> eyre::Result<(Posted, Vec<u8>)> {
    let l1 = l1(devnet).await?;
    let posted = hold_behind_one(devnet, &l1).await?;
    let (last, diff) = (posted.header.index, l1.diff(&posted).await?);
    // A block that is mined before L1 goes back leaves the batch where it is.
    while let Some(there) = l1.posted(last).await? {
        let depth = l1.head().await?.number + 1 - there.block.number;
        ensure!(depth <= devnet.options().confirmations, "what lies {depth} deep is consumed already");
        let options = ReorgOptions { depth, tx_block_pairs: Vec::new() };
        devnet.l1().reader()?.anvil_reorg(options).await?;
    }
    ensure!(l1.batch_count().await? == last, "L1 forgot more than batch {last}");
    Ok((posted, diff))
}

/// Holds the node when its last batch has a block of its own: one that catches up posts several at once.
async fn hold_behind_one(devnet: &Devnet, l1: &AlloyL1<Beacon>) -> eyre::Result<Posted> {
    loop {
        devnet.node().pause()?;
        let last = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
        let posted = l1.posted(last).await?.wrap_err("it is gone")?;
        let before = l1.posted(last.saturating_sub(1)).await?;
        if before.is_none_or(|before| before.block.number < posted.block.number) {
            return Ok(posted);
        }
        devnet.node().resume()?;
        let more = async || Ok((l1.batch_count().await? > last + 1).then_some(()));
        devnet.until("another batch to be posted", more).await?;
    }
}

/// The verdict of the deployment says from now on that this batch is invalid, and undisputed of all others.
///
/// # Errors
/// When L1 does not answer.
pub async fn find_invalid(devnet: &Devnet, batch_hash: B256) -> eyre::Result<()> {
    // ofBatch(index, hash): returns (hash == batch_hash) * INVALID.
    let mut code = vec![0x60, 0x24, 0x35, 0x7f];
    code.extend_from_slice(batch_hash.as_slice());
    code.extend_from_slice(&[0x14, 0x60, 0x03, 0x02, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3]);
    let provider = devnet.l1().reader()?;
    provider.anvil_set_code(devnet.deployment().dispute_game, Bytes::from(code)).await?;
    Ok(provider.anvil_mine(Some(1), None).await?)
}

/// A validator that judges what lies at the head of L1, and tells it line by line.
///
/// # Errors
/// When it is not built.
pub fn validator(devnet: &Devnet) -> eyre::Result<Process> {
    let mut command = Command::new(process::program("ballast-validator")?);
    command.args(["run", "--l1", &devnet.l1().url(), "--node", &devnet.http(), "--json"]);
    command.arg("--deployment").arg(devnet.dir().join(DEPLOYMENT));
    command.arg("--genesis").arg(devnet.dir().join(node::GENESIS));
    command.arg("--dir").arg(devnet.dir().join("judge"));
    command.args(["--confirmations", "0", "--poll-ms", "200", "--blobs", &devnet.l1().url()]);
    Process::start("judge", command, devnet.dir())
}

/// What a validator said of a batch with this hash, once it is a verdict.
///
/// # Errors
/// When it has ended and said nothing.
pub fn judged(validator: &Process, hash: B256) -> eyre::Result<Option<Value>> {
    let said = std::fs::read_to_string(validator.log())?;
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut of_batch = lines.filter(|line| line["hash"] == json!(hash));
    let verdict = of_batch.find(|line| line["verdict"] != json!("UNAVAILABLE"));
    if verdict.is_none() {
        validator.check()?;
    }
    Ok(verdict)
}

/// The whole round of a batch that somebody else posted: a validator finds it invalid, for a reason that holds `why`; the node
/// says that it is not its own, trades on, posts nothing, and takes the place when the batch is rejected. `honest` is the
/// batch that belongs there.
///
/// # Errors
/// When anything goes otherwise.
pub async fn falls(devnet: &Devnet, forged: &Posted, honest: &Posted, why: &str) -> eyre::Result<()> {
    let (l1, index) = (l1(devnet).await?, forged.header.index);
    let validator = validator(devnet)?;
    devnet.node().resume()?;
    let seen = async || Ok((devnet.status().await?["l1"]["foreignBatch"] == json!(index)).then_some(()));
    devnet.until("the node to see what is not its own", seen).await?;
    let verdict = devnet.until("a verdict", async || judged(&validator, forged.hash())).await?;
    let reason = verdict["reason"].as_str().unwrap_or_default();
    ensure!(verdict["verdict"] == json!("INVALID") && reason.contains(why), "{verdict}");
    let ended = devnet.until("the validator to raise the alarm", async || validator.ended()).await?;
    ensure!(ended.code() == Some(2), "it ended with {ended}");
    // It trades on.
    let before = devnet.status().await?["seq"].as_u64();
    let more = async || Ok((devnet.status().await?["seq"].as_u64() > before).then_some(()));
    devnet.until("inputs while a foreign batch stands", more).await?;
    ensure!(l1.batch_count().await? == index + 1, "a batch was posted onto one that is not ours");

    find_invalid(devnet, forged.hash()).await?;
    let dropped = devnet.bridge_alone(accounts::BOB, &format!("reject {index}")).await?;
    ensure!(dropped["batchHash"] == json!(forged.hash()), "{dropped}");
    let place = async || Ok(l1.batch_hash(index).await?.filter(|hash| *hash == honest.hash()));
    devnet.until("the right batch to be posted", place).await?;
    let next = async || Ok((l1.batch_count().await? > index + 1).then_some(()));
    devnet.until("posting to go on", next).await?;
    let alone = async || Ok(devnet.status().await?["l1"]["foreignBatch"].is_null().then_some(()));
    devnet.until("the node to see only its own", alone).await?;
    let validator = self::validator(devnet)?;
    let verdict =
        devnet.until("a verdict on the right one", async || judged(&validator, honest.hash())).await?;
    ensure!(verdict["verdict"] == json!("VALID"), "{verdict}");
    validator.terminate(super::PATIENCE)?;
    Ok(())
}
