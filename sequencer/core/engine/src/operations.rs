//! Order entry: the steps of one signature, in order, each on its own merits or all together.

use alloc::vec::Vec;

use ballast_types::{
    AccountId, Event, KeyNumber, Operation, Operations, RejectCode, Rejection,
    limits::{MAX_CANCEL_ALLS, MAX_FILLS_PER_INPUT, MAX_OPERATIONS},
};

use crate::{
    cancel_all::{cancel_all, cancel_if_due, schedule_cancel},
    cancel_order::{cancel_client, cancel_order},
    conditionals::{Ask, cancel_conditional, follow, place_conditional},
    exchange::Exchange,
    place_order::{Placement, place_order},
    replace_order::replace_order,
    set_leverage::set_leverage,
};

/// Carries out the steps. A rejected step changes nothing, says so among the events, and the others go on; unless
/// they belong together: then all take effect or none.
///
/// Together they meet at most [`MAX_FILLS_PER_INPUT`] resting orders; those that a rejected step met count too,
/// for whoever was met had to be weighed.
pub(crate) fn operations(
    x: &mut Exchange,
    command: &Operations,
    key: KeyNumber,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check_form(command)?;
    cancel_if_due(x, command.account, events);
    if command.atomic {
        return atomically(x, command, key, events);
    }
    let mut may_meet = MAX_FILLS_PER_INPUT;
    for (step, operation) in (0..).zip(&command.operations) {
        let before = events.len();
        let asker = Asker { account: command.account, key, step };
        if let Err(rejection) = operate(x, asker, operation, &mut may_meet, events) {
            assert_eq!(events.len(), before, "a rejected step has no events");
            events.push(Event::OperationRejected { step, rejection });
        } else {
            follow(x, before, events);
        }
    }
    Ok(())
}

/// All steps or none: at the first that is rejected, those before it are taken back. Every step is then rejected,
/// that one with its reason and the others with its place.
fn atomically(
    x: &mut Exchange,
    command: &Operations,
    key: KeyNumber,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let (before, mut may_meet) = (events.len(), MAX_FILLS_PER_INPUT);
    x.begin_undo();
    for (step, operation) in (0..).zip(&command.operations) {
        let asker = Asker { account: command.account, key, step };
        let from = events.len();
        let Err(reason) = operate(x, asker, operation, &mut may_meet, events) else {
            follow(x, from, events);
            continue;
        };
        x.undo();
        events.truncate(before);
        let not_atomic = Rejection::new(RejectCode::NotAtomic, step, 0);
        let steps = (0..).zip(&command.operations);
        events.extend(steps.map(|(other, _)| {
            let rejection = if other == step { reason } else { not_atomic };
            Event::OperationRejected { step: other, rejection }
        }));
        return Ok(());
    }
    x.keep();
    Ok(())
}

/// Who asks for a step.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) account: AccountId,
    pub(crate) key: KeyNumber,
    pub(crate) step: u8,
}

/// Carries out one step, or changes nothing.
fn operate(
    x: &mut Exchange,
    asker: Asker,
    operation: &Operation,
    may_meet: &mut usize,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let Asker { account, key, step } = asker;
    let placement =
        |market, order| Placement { account, key, step, market, order, instead_of: None, forced: None };
    match *operation {
        Operation::Place { market, order } => place_order(x, &placement(market, order), may_meet, events),
        Operation::Cancel { market, order } => cancel_order(x, account, market, order, events),
        Operation::CancelClient { market, client } => cancel_client(x, account, market, client, events),
        Operation::Replace { market, order, new } => {
            replace_order(x, &placement(market, new), order, may_meet, events)
        }
        Operation::CancelAll(filter) => cancel_all(x, account, step, &filter, events),
        Operation::ScheduleCancel { at } => schedule_cancel(x, account, step, at, events),
        Operation::PlaceConditional { market, order, trigger, link } => {
            place_conditional(x, asker, &Ask { market, order, trigger, link }, events)
        }
        Operation::CancelConditional { conditional } => cancel_conditional(x, account, conditional, events),
        Operation::SetLeverage { market, leverage } => set_leverage(x, asker, market, leverage, events),
    }
}

/// Whether there are 1 to [`MAX_OPERATIONS`] steps, at most [`MAX_CANCEL_ALLS`] of which look at all orders.
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
    let sweeping = command.operations.iter().filter(|step| matches!(step, Operation::CancelAll(_))).count();
    if sweeping > MAX_CANCEL_ALLS {
        return Err(Rejection::new(RejectCode::TooManyOperations, sweeping as i128, MAX_CANCEL_ALLS as i128));
    }
    Ok(())
}
