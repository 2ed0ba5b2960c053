//! Queries about batches and withdrawals.

use crate::{
    batcher::StoredBatch,
    journal::{Journal, WithdrawalRecord},
    rpc::{View, ViewError},
    wire::{Amount, BatchView, ChunkView, DiffView, Hex, Integer, WithdrawalProofView, WithdrawalView},
};
use alloy_sol_types::SolValue;
use ballast_batch::{BatchHeader, chunks, withdrawal};
use ballast_types::{AccountId, BatchIndex, RejectCode, Rejection, Seq};

fn stored(journal: &Journal, index: BatchIndex) -> View<StoredBatch> {
    let bytes = journal.batch(index)?.ok_or_else(|| Rejection::new(RejectCode::NotFound, index.0, 0))?;
    Ok(StoredBatch::decode(&bytes)?)
}

/// The header as posted, or as stored while it was not.
fn header(journal: &Journal, index: BatchIndex, batch: &StoredBatch) -> View<(BatchHeader, bool)> {
    match journal.posted(index)?.and_then(|bytes| BatchHeader::from_bytes(&bytes)) {
        Some(posted) => Ok((posted, true)),
        None => Ok((batch.header()?, false)),
    }
}

pub(super) fn list(journal: &Journal, from: BatchIndex, limit: usize) -> View<Vec<BatchView>> {
    // One after the other: a stored batch holds its diff, and a thousand of those are more than memory has.
    let last = journal.last_batch()?;
    (from.0.max(1)..=last.0).take(limit).map(|index| one(journal, BatchIndex(index))).collect()
}

pub(super) fn one(journal: &Journal, index: BatchIndex) -> View<BatchView> {
    view(journal, index, &stored(journal, index)?)
}

fn view(journal: &Journal, index: BatchIndex, batch: &StoredBatch) -> View<BatchView> {
    let (header, posted) = header(journal, index, batch)?;
    Ok(BatchView {
        index: header.index,
        first_seq: header.firstSeq,
        last_seq: header.lastSeq,
        first_time: header.firstTimeMs,
        last_time: header.lastTimeMs,
        previous_state_root: header.previousStateRoot,
        state_root: header.stateRoot,
        promise_hash: header.promiseHash,
        inputs_root: header.inputsRoot,
        input_chunks: header.inputChunks,
        withdrawals_root: header.withdrawalsRoot,
        withdrawal_count: header.withdrawalCount,
        diff_hash: header.diffHash,
        batch_hash: posted.then(|| header.hash()),
        header: Hex(header.abi_encode()),
    })
}

pub(super) fn chunk(journal: &Journal, index: BatchIndex, chunk: u32) -> View<ChunkView> {
    let header = stored(journal, index)?.header()?;
    if chunk >= header.inputChunks {
        return Err(Rejection::new(RejectCode::NotFound, chunk, header.inputChunks).into());
    }
    let inputs = journal.input_bytes(Seq(header.firstSeq), Seq(header.lastSeq))?;
    let chunks = chunks::chunk(&inputs);
    let proof = chunks::chunk_proof(&chunks, chunk);
    let data = usize::try_from(chunk)
        .ok()
        .and_then(|place| chunks.into_iter().nth(place))
        .ok_or(ViewError::Failed)?;
    Ok(ChunkView { index: index.0, chunk, chunks: header.inputChunks, data: Hex(data), proof })
}

pub(super) fn diff(journal: &Journal, index: BatchIndex) -> View<DiffView> {
    Ok(DiffView { index: index.0, diff: Hex(stored(journal, index)?.diff().to_vec()) })
}

pub(super) fn withdrawal_view(journal: &Journal, record: &WithdrawalRecord) -> View<WithdrawalView> {
    Ok(WithdrawalView {
        id: Integer(record.id),
        account: record.account.0,
        recipient: record.recipient,
        asset: record.asset.0,
        amount: Amount(record.amount.0.into()),
        seq: record.seq.0,
        time: record.time.0,
        batch: journal.batch_of_withdrawal(record.id)?.map(|batch| batch.0),
    })
}

pub(super) fn withdrawal_proof(journal: &Journal, id: u64) -> View<WithdrawalProofView> {
    let not_found = || Rejection::new(RejectCode::NotFound, id, 0);
    let index = journal.batch_of_withdrawal(id)?.ok_or_else(not_found)?;
    let batch = stored(journal, index)?;
    let withdrawals = batch.withdrawals()?;
    let position = withdrawals.iter().position(|withdrawal| withdrawal.id == id).ok_or(ViewError::Failed)?;
    let withdrawal = &withdrawals[position];
    let record = journal.withdrawal(AccountId(withdrawal.account), id)?.ok_or(ViewError::Failed)?;
    let position = u32::try_from(position).map_err(|_| ViewError::Failed)?;
    Ok(WithdrawalProofView {
        withdrawal: withdrawal_view(journal, &record)?,
        batch: index.0,
        position,
        withdrawals_root: batch.header()?.withdrawalsRoot,
        leaf: Hex(withdrawal.abi_encode()),
        proof: withdrawal::withdrawal_proof(&withdrawals, position),
    })
}
