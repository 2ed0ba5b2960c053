//! The last input of a batch.

use alloc::vec::Vec;
use core::mem;

use ballast_state::State;
use ballast_types::{BatchIndex, Event, RejectCode, Rejection};

use crate::{exchange::Exchange, lag, pacing};

/// Whether batch `index` is the open one.
///
/// # Errors
/// [`RejectCode::WrongBatchIndex`] with it and the open one.
pub(crate) fn check(state: &State, index: BatchIndex) -> Result<(), Rejection> {
    if index != state.chain.batch {
        return Err(Rejection::new(RejectCode::WrongBatchIndex, index.0, state.chain.batch.0));
    }
    Ok(())
}

/// Releases what may still leave, and ends the open batch: its withdrawals are complete, and the next one opens.
pub(crate) fn seal_batch(
    x: &mut Exchange,
    index: BatchIndex,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check(&x.state, index)?;
    pacing::release(x, events);
    lag::note_sealed(&mut x.state, index);
    x.state.chain.batch = BatchIndex(index.0 + 1);
    x.sealed = mem::take(&mut x.open);
    events.push(Event::BatchSealed { index });
    Ok(())
}
