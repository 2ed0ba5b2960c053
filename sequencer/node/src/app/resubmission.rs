//! Finding a command in the log.

use super::views::NodeViews;
use crate::{rpc::View, secp::Secp256k1, wire::OrderEntryAnswer};
use ballast_engine::{Said, verify};
use ballast_types::Source;
use std::sync::Arc;

/// The answer that the first sender of a user's command got, signed itself. Another valid signature of the same key over
/// the same command makes no other command of it; the same command of another key is another.
pub(super) fn first_answer(node: &NodeViews, source: &Source) -> View<Option<OrderEntryAnswer>> {
    let verified = verify(&Secp256k1, node.promiser.separator, source);
    let Said::User(command) = verified.said() else { return Ok(None) };
    let (command, signer) = (command.get(), command.signer());
    let seq = node.journal.command(command.account(), signer, command.nonce())?;
    let Some(seq) = seq.filter(|seq| node.told(*seq)) else { return Ok(None) };
    let Some(record) = node.journal.record(seq)? else { return Ok(None) };
    let is_same = matches!(&record.input.source, Source::User { command: first, .. } if first == command);
    Ok(is_same.then(|| {
        let ack = node.promiser.one(Arc::new(record));
        OrderEntryAnswer { resubmitted: true, ..OrderEntryAnswer::from(&ack) }
    }))
}
