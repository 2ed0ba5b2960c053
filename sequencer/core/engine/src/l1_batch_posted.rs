//! L1 took a batch: the settlement lag as the engine sees it (architecture A10).

use alloc::vec::Vec;

use ballast_types::{B256, BatchIndex, Event, L1Message};

use crate::{exchange::Exchange, inbox, lag};

/// Consumes `message`, which says that L1 took batch `index`, and remembers the highest of these. Never
/// rejected.
pub(crate) fn l1_batch_posted(
    x: &mut Exchange,
    message: &L1Message,
    index: BatchIndex,
    batch_hash: B256,
    events: &mut Vec<Event>,
) {
    inbox::consume(&mut x.state, message);
    lag::note_posted(&mut x.state, index);
    x.state.chain.posted_batch = x.state.chain.posted_batch.max(index);
    events.push(Event::BatchPosted { index, batch_hash });
}
