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
    foresee::foresee,
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
        atomically(x, command, key, events);
    } else {
        steps(x, command, key, events);
    }
    Ok(())
}

/// Each step on its own merits.
pub(crate) fn steps(x: &mut Exchange, command: &Operations, key: KeyNumber, events: &mut Vec<Event>) {
    let mut may_meet = MAX_FILLS_PER_INPUT;
    for (step, operation) in (0..).zip(&command.operations) {
        foresee(x, &command.operations, step.into());
        let before = events.len();
        let asker = Asker { account: command.account, key, step };
        if let Err(rejection) = operate(x, asker, operation, &mut may_meet, events) {
            assert_eq!(events.len(), before, "a rejected step has no events");
            events.push(Event::OperationRejected { step, rejection });
        } else {
            follow(x, before, events);
        }
    }
}

/// All steps or none: at the first that is rejected, those before it are taken back.
fn atomically(x: &mut Exchange, command: &Operations, key: KeyNumber, events: &mut Vec<Event>) {
    let before = events.len();
    x.begin_undo();
    match together(x, command, key, events) {
        Ok(()) => x.keep(),
        Err(failed) => {
            x.undo();
            events.truncate(before);
            reject_all(command, failed, events);
        }
    }
}

/// A step that was rejected, and why.
pub(crate) type Failed = (u8, Rejection);

/// The steps up to the first that is rejected. What those before it did is for the caller to take back.
///
/// # Errors
/// That step.
pub(crate) fn together(
    x: &mut Exchange,
    command: &Operations,
    key: KeyNumber,
    events: &mut Vec<Event>,
) -> Result<(), Failed> {
    let mut may_meet = MAX_FILLS_PER_INPUT;
    for (step, operation) in (0..).zip(&command.operations) {
        foresee(x, &command.operations, step.into());
        let from = events.len();
        let asker = Asker { account: command.account, key, step };
        operate(x, asker, operation, &mut may_meet, events).map_err(|rejection| (step, rejection))?;
        follow(x, from, events);
    }
    Ok(())
}

/// Every step is rejected, that one with its reason and the others with its place.
pub(crate) fn reject_all(command: &Operations, (failed, reason): Failed, events: &mut Vec<Event>) {
    let not_atomic = Rejection::new(RejectCode::NotAtomic, failed, 0);
    let steps = (0..).zip(&command.operations);
    events.extend(steps.map(|(step, _)| {
        let rejection = if step == failed { reason } else { not_atomic };
        Event::OperationRejected { step, rejection }
    }));
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
    let placement = |market, order| Placement {
        account,
        key,
        step,
        market,
        order,
        instead_of: None,
        forced: None,
        exits: false,
    };
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
