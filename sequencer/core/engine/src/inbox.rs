//! Messages of L1 are consumed in the order of the inbox, each once, none left out, and none while an exit is due.

use ballast_batch::inbox::{l1_message_hash, roll};
use ballast_state::State;
use ballast_types::{L1Message, Millis, RejectCode, Rejection};

use crate::{exchange::Exchange, exit};

/// Whether `message` is the next of the inbox, and may be consumed at `time`. What exits wait for is loaded.
///
/// # Errors
/// [`RejectCode::WrongL1Index`] with its index and the next one; [`RejectCode::ExitDue`] with where an exit is due.
pub(crate) fn check_next(x: &Exchange, time: Millis, message: &L1Message) -> Result<(), Rejection> {
    let next = x.state.chain.l1_count;
    if message.index != next {
        return Err(Rejection::new(RejectCode::WrongL1Index, message.index, next));
    }
    match exit::due_exit(x, time) {
        Some(place) => Err(Rejection::new(RejectCode::ExitDue, place, 0)),
        None => Ok(()),
    }
}

/// Moves past `message`, which is the next one. The batch commits to the hash, and L1 compares it with its
/// own.
pub(crate) fn consume(state: &mut State, message: &L1Message) {
    assert_eq!(message.index, state.chain.l1_count, "messages are consumed in order");
    state.chain.l1_count += 1;
    state.chain.l1_hash = roll(state.chain.l1_hash, l1_message_hash(message));
}
