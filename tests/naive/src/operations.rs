//! The steps under one signature: each on its own merits, or all or none.

use ballast_types::{
    AccountId, Event, KeyNumber, Operation, Operations, RejectCode, Rejection,
    limits::{MAX_CANCEL_ALLS, MAX_FILLS_PER_INPUT, MAX_OPERATIONS},
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{refuse, refuse_plainly},
};

/// One step: whose it is, and its place among the others.
pub(crate) struct Step<'a> {
    pub(crate) account: AccountId,
    pub(crate) key: KeyNumber,
    pub(crate) place: u8,
    /// What all orders under the signature may still meet. A step that is rejected does not give back.
    pub(crate) budget: &'a mut usize,
    /// What each step before it told.
    pub(crate) earlier: &'a [Vec<Event>],
}

impl Exchange {
    pub(crate) fn operations(&mut self, key: KeyNumber, command: &Operations) -> Answer {
        let (account, count) = (command.account, command.operations.len());
        if count == 0 {
            return refuse_plainly(RejectCode::NoOperations);
        }
        if count > MAX_OPERATIONS {
            return refuse(RejectCode::TooManyOperations, count as u64, MAX_OPERATIONS as u64);
        }
        let all = command.operations.iter().filter(|step| matches!(step, Operation::CancelAll(_))).count();
        if all > MAX_CANCEL_ALLS {
            return refuse(RejectCode::TooManyOperations, all as u64, MAX_CANCEL_ALLS as u64);
        }
        let scheduled = self.carry_out_schedule(account);
        let before = self.clone();
        let mut budget = MAX_FILLS_PER_INPUT;
        let mut told: Vec<Vec<Event>> = Vec::new();
        for (place, operation) in (0_u8..).zip(&command.operations) {
            let before_step = self.clone();
            let mut step = Step { account, key, place, budget: &mut budget, earlier: &told };
            match self.step(&mut step, operation) {
                Ok(events) => told.push(events),
                Err(rejection) if command.atomic => {
                    *self = before;
                    return Ok([scheduled, none_took_effect(count, place, rejection)].concat());
                }
                Err(rejection) => {
                    *self = before_step;
                    told.push(vec![Event::OperationRejected { step: place, rejection }]);
                }
            }
        }
        Ok([scheduled, told.concat()].concat())
    }

    fn step(&mut self, step: &mut Step<'_>, operation: &Operation) -> Answer {
        let mut events = match operation {
            Operation::Place { market, order } => self.place(step, *market, order),
            Operation::Cancel { market, order } => self.cancel(step.account, *market, *order),
            Operation::CancelClient { market, client } => self.cancel_client(step.account, *market, *client),
            Operation::Replace { market, order, new } => self.replace(step, *market, *order, new),
            Operation::CancelAll(filter) => self.cancel_all(step, filter),
            Operation::ScheduleCancel { at } => self.schedule_cancel(step, *at),
            Operation::PlaceConditional { market, order, trigger, link } => {
                self.place_conditional(step, *market, order, (*trigger, *link))
            }
            Operation::CancelConditional { conditional } => {
                self.cancel_conditional(step.account, *conditional)
            }
            Operation::SetLeverage { market, leverage } => self.set_leverage(step, *market, *leverage),
        }?;
        events.extend(self.follow(&events));
        Ok(events)
    }
}

/// Every step is rejected: one for its own reason, the others for its place.
fn none_took_effect(count: usize, culprit: u8, rejection: Rejection) -> Vec<Event> {
    let other = Rejection { code: RejectCode::NotAtomic, value: i128::from(culprit), limit: 0 };
    (0_u8..)
        .take(count)
        .map(|step| {
            let rejection = if step == culprit { rejection } else { other };
            Event::OperationRejected { step, rejection }
        })
        .collect()
}
