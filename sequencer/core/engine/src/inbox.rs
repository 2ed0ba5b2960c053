//! Messages of L1 are consumed in the order of the inbox, each once, none left out.

use ballast_batch::inbox::{l1_message_hash, roll};
use ballast_state::State;
use ballast_types::{L1Message, RejectCode, Rejection};

/// Whether `message` is the next of the inbox.
///
/// # Errors
/// [`RejectCode::WrongL1Index`] with its index and the next one.
pub(crate) fn check_next(state: &State, message: &L1Message) -> Result<(), Rejection> {
    if message.index != state.chain.l1_count {
        return Err(Rejection::new(RejectCode::WrongL1Index, message.index, state.chain.l1_count));
    }
    Ok(())
}

/// Moves past `message`, which is the next one. The batch commits to the hash, and L1 compares it with its
/// own.
pub(crate) fn consume(state: &mut State, message: &L1Message) {
    assert_eq!(message.index, state.chain.l1_count, "messages are consumed in order");
    state.chain.l1_count += 1;
    state.chain.l1_hash = roll(state.chain.l1_hash, l1_message_hash(message));
}
