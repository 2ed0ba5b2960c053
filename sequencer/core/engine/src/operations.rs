//! Order entry: the steps of one signature, in order, each on its own merits.

use alloc::vec::Vec;

use ballast_types::{
    Event, Operation, Operations, RejectCode, Rejection,
    limits::{MAX_FILLS_PER_INPUT, MAX_OPERATIONS},
};

use crate::{
    cancel_all::cancel_all,
    cancel_order::cancel_order,
    exchange::Exchange,
    place_order::{Placement, place_order},
    replace_order::replace_order,
};

/// Carries out the steps. A rejected step changes nothing, says so among the events, and the others go on.
/// Together they meet at most [`MAX_FILLS_PER_INPUT`] resting orders; those that a rejected step met count too,
/// for whoever was met had to be weighed.
pub(crate) fn operations(
    x: &mut Exchange,
    command: &Operations,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check_form(command)?;
    let account = command.account;
    let mut may_meet = MAX_FILLS_PER_INPUT;
    for (step, &operation) in (0..).zip(&command.operations) {
        let before = events.len();
        let result = match operation {
            Operation::Place { market, order } => place_order(
                x,
                &Placement { account, step, market, order, instead_of: None },
                &mut may_meet,
                events,
            ),
            Operation::Cancel { market, order } => cancel_order(x, account, market, order, events),
            Operation::Replace { market, order, new } => replace_order(
                x,
                &Placement { account, step, market, order: new, instead_of: None },
                order,
                &mut may_meet,
                events,
            ),
            Operation::CancelAll { market } => cancel_all(x, account, step, market, events),
        };
        if let Err(rejection) = result {
            assert_eq!(events.len(), before, "a rejected step has no events");
            events.push(Event::OperationRejected { step, rejection });
        }
    }
    Ok(())
}

/// Whether there are 1 to [`MAX_OPERATIONS`] steps.
///
/// # Errors
/// [`RejectCode::NoOperations`], [`RejectCode::TooManyOperations`].
pub(crate) fn check_form(command: &Operations) -> Result<(), Rejection> {
    let count = command.operations.len();
    if count == 0 {
        return Err(RejectCode::NoOperations.into());
    }
    if count > MAX_OPERATIONS {
        return Err(Rejection::new(RejectCode::TooManyOperations, count as i128, MAX_OPERATIONS as i128));
    }
    Ok(())
}
