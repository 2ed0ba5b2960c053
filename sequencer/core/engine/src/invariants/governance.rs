//! What governance asked for and waits.

use alloc::format;

use ballast_types::limits::MAX_PENDING_CHANGES;

use super::{Violation, ensure};
use crate::{exchange::Exchange, governance::Action};

/// INV-77: of what governance asked for at most 64 changes wait, in the order in which they take effect, of an action and a
/// subject one; each is of an action that there is and a market or a paced pool that exists, to another value than now.
pub(super) fn check_pending(x: &Exchange) -> Result<(), Violation> {
    let pending = x.state.pending();
    let changes = pending.changes();
    ensure(pending.is_sound() && changes.len() <= MAX_PENDING_CHANGES, 77, || format!("{changes:?}"))?;
    for change in changes {
        let (subject, value) = (change.call.subject, change.call.value);
        let moves = Action::of(change.call.action).is_some_and(|action| {
            subject < action.subjects(&x.state)
                && action.current(&x.state, subject).is_some_and(|current| current != value)
        });
        ensure(moves, 77, || format!("{change:?}"))?;
    }
    Ok(())
}
