//! What operations would do if they came now, and how the exchange would stand: they are carried out and taken back.

use alloc::vec::Vec;

use ballast_state::Chain;
use ballast_types::{Event, KeyNumber, Millis, Operations, Rejection};

use crate::{
    authority::check_stays,
    cancel_all::cancel_if_due,
    exchange::Exchange,
    liquidate::check_account,
    operations::{check_form, reject_all, steps, together},
};

/// The events that `command` would have as the next input, at `time`, signed by the account's owner, and what `look` sees
/// of the exchange after it, but for the promise. Nothing is changed. Nonce and expiry are not looked at. For an exchange
/// that is held whole.
///
/// # Errors
/// [`RejectCode::UnknownAccount`](ballast_types::RejectCode::UnknownAccount),
/// [`RejectCode::AccountExiting`](ballast_types::RejectCode::AccountExiting), and the codes of the form: no operations,
/// too many.
pub fn rehearse<T>(
    x: &mut Exchange,
    time: Millis,
    command: &Operations,
    look: impl FnOnce(&Exchange) -> T,
) -> Result<(Vec<Event>, T), Rejection> {
    check_account(x, command.account)?;
    check_stays(&x.state, command.account)?;
    check_form(command)?;
    let (chain, mut events) = (x.state.chain.clone(), Vec::new());
    // Ids of conditional orders are those of their input.
    (x.state.chain.seq, x.state.chain.time) = (chain.seq.next(), time);
    x.begin_undo();
    carry_out(x, command, &mut events);
    let seen = look(x);
    x.undo();
    x.state.chain = chain;
    Ok((events, seen))
}

/// Takes back whatever was done by a [`rehearse`] that panicked, of an exchange whose `chain` was this. The panic may have come
/// in the middle of a change: facts are put back by their values, books are looked at, and what is derived from them
/// is made anew, in time in proportion to all orders.
///
/// # Errors
/// What is broken in a book. The exchange is of no use then.
///
/// # Panics
/// When that was in the middle of being taken back. The exchange is of no use then either.
pub fn take_back(x: &mut Exchange, chain: Chain) -> Result<(), &'static str> {
    while x.state.may_undo() {
        x.state.undo();
    }
    x.state.chain = chain;
    x.books.take_back()
}

/// As [`operations`](crate::operations::operations), within what is taken back anyway.
fn carry_out(x: &mut Exchange, command: &Operations, events: &mut Vec<Event>) {
    let owner = KeyNumber(0);
    cancel_if_due(x, command.account, events);
    if !command.atomic {
        steps(x, command, owner, events);
    } else if let Err(failed) = together(x, command, owner, events) {
        // All is taken back, also what had been scheduled before the steps: that is done again.
        x.undo();
        events.clear();
        x.begin_undo();
        cancel_if_due(x, command.account, events);
        reject_all(command, failed, events);
    }
}

#[cfg(test)]
mod tests;
