//! What became of messages of L1, by their place in the inbox.

use super::views::{NodeViews, not_found};
use crate::{
    pipeline::Record,
    rpc::View,
    wire::{DepositView, EventView, L1MessageView},
};
use ballast_types::{L1Payload, Source};

/// A message that was consumed.
pub(super) fn message(node: &NodeViews, index: u64) -> View<L1MessageView> {
    let (record, payload) = consumed(node, index)?;
    Ok(L1MessageView::of(index, &payload, &record))
}

/// The same, when it is a deposit.
pub(super) fn deposit(node: &NodeViews, index: u64) -> View<DepositView> {
    let (record, payload) = consumed(node, index)?;
    if !matches!(payload, L1Payload::Deposit { .. }) {
        return Err(not_found(index).into());
    }
    let events = record.outcome.events.iter().map(EventView::from).collect();
    Ok(DepositView { index, seq: record.input.seq.0, events })
}

/// The input that consumed the message, as far as it was told.
fn consumed(node: &NodeViews, index: u64) -> View<(Record, L1Payload)> {
    let seq = node.journal.l1_message(index)?.filter(|seq| node.told(*seq));
    let seq = seq.ok_or_else(|| not_found(index))?;
    let record = node.journal.record(seq)?.ok_or_else(|| not_found(index))?;
    match &record.input.source {
        Source::L1(message) if message.index == index => {
            let payload = message.payload.clone();
            Ok((record, payload))
        }
        _ => Err(not_found(index).into()),
    }
}
