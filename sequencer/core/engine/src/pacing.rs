//! How fast money leaves a pool: what goes beyond waits in a queue (risk.md 6.8).

use alloc::vec::Vec;

use ballast_state::{Flow, Queued, State, queue_index};
use ballast_types::{
    AccountId, Event, Millis, PoolId, Quote, RejectCode, Rejection,
    limits::{EXIT_DAY_MS, MAX_QUEUED, MAX_RELEASED, MAX_TICKETS, MIN_QUEUED, SMALL_EXIT},
};

use crate::{exchange::Exchange, facts, withdraw};

/// How a withdrawal goes.
pub(crate) enum Way {
    /// At once, for its pool is not paced.
    Leaves,
    /// At once, by the buckets of its pool, which hold it.
    LeavesBy(Flow),
    /// At once, by the bucket of the day alone, for it is small and the first of this day.
    SmallExit(u32, Flow),
    /// Not before those who wait already.
    Waits,
}

/// What is asked of a withdrawal that would have to wait.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// That it is worth a place, and that its account has not many.
    Asked,
    /// That its account has not many: it was forced through L1.
    Forced,
    /// Nothing but that there is room: its account exits.
    Exit,
}

/// What a pool that exists lets out at `time`; none where it is not paced.
#[must_use]
pub fn flow(state: &State, id: PoolId, time: Millis) -> Option<Flow> {
    let pool = facts::pool(state, id);
    pool.pacing.flow(pool.held(), time, state.chain.lag)
}

pub(crate) fn is_paced(state: &State, id: PoolId) -> bool {
    facts::pool(state, id).pacing.pace.is_some()
}

/// Whether nobody waits to leave the pool.
pub(crate) fn is_free(state: &State, id: PoolId) -> bool {
    facts::pool(state, id).pacing.waiting() == 0
}

/// The way of a withdrawal that has passed its tests; `place` is for one that would have to wait.
///
/// # Errors
/// When it would have to wait: [`RejectCode::InvalidAmount`] where it is too little for a place, and
/// [`RejectCode::WithdrawalsFull`] where the account, or the pool, has no place left.
pub(crate) fn way(x: &Exchange, account: AccountId, amount: Quote, place: Place) -> Result<Way, Rejection> {
    let pool = facts::account(&x.state, account).pool;
    let Some(flow) = flow(&x.state, pool, x.now()) else { return Ok(Way::Leaves) };
    if withdraw::has_room(x) {
        if is_free(&x.state, pool) && flow.holds(amount) {
            return Ok(Way::LeavesBy(flow));
        }
        if let Some(day) = small_exit(x, account, amount)
            && flow.holds_by_day(amount)
        {
            return Ok(Way::SmallExit(day, flow));
        }
    }
    check_place(&x.state, account, amount, place)?;
    check_queue(&x.state, pool)?;
    Ok(Way::Waits)
}

/// Whether `amount` is worth a place, and the account has one left, as far as that is asked.
///
/// # Errors
/// [`RejectCode::InvalidAmount`] below the least; [`RejectCode::WithdrawalsFull`] with how many of the account wait.
fn check_place(state: &State, id: AccountId, amount: Quote, place: Place) -> Result<(), Rejection> {
    if place == Place::Asked && amount.0 < MIN_QUEUED {
        return Err(Rejection::new(RejectCode::InvalidAmount, amount.0, MIN_QUEUED));
    }
    let tickets = facts::trader(state, id).tickets;
    if place != Place::Exit && tickets >= u32::from(MAX_TICKETS) {
        return Err(Rejection::new(RejectCode::WithdrawalsFull, tickets, MAX_TICKETS));
    }
    Ok(())
}

/// Whether one more may wait in the pool.
///
/// # Errors
/// [`RejectCode::WithdrawalsFull`] with how many wait.
pub(crate) fn check_queue(state: &State, id: PoolId) -> Result<(), Rejection> {
    let waiting = facts::pool(state, id).pacing.waiting();
    if waiting >= MAX_QUEUED {
        return Err(Rejection::new(RejectCode::WithdrawalsFull, waiting, MAX_QUEUED));
    }
    Ok(())
}

/// The day, when what leaves is small, the account has nothing else going on, and it is its first small exit of this day.
fn small_exit(x: &Exchange, id: AccountId, amount: Quote) -> Option<u32> {
    let day = day(x);
    let trader = facts::trader(&x.state, id);
    let is_flat = facts::account(&x.state, id).positions.is_empty() && trader.open_orders == 0;
    (amount.0 < SMALL_EXIT && is_flat && trader.exit_day != Some(day)).then_some(day)
}

/// An account that was opened has no small exit on its first day: many accounts of one owner would have many.
pub(crate) fn begin(x: &mut Exchange, id: AccountId) {
    if is_paced(&x.state, facts::account(&x.state, id).pool) {
        facts::trader_mut(&mut x.state, id).exit_day = Some(day(x));
    }
}

/// The day by which small exits are counted.
fn day(x: &Exchange) -> u32 {
    u32::try_from(x.now().0 / EXIT_DAY_MS).unwrap_or(u32::MAX)
}

/// Keeps what the pool lets out as it is in `flow`.
pub(crate) fn keep(state: &mut State, id: PoolId, flow: &Flow) {
    facts::pool_mut(state, id).pacing.keep(flow);
}

/// `amount` is about to come by transfer from another pool: the net outflow is paced.
pub(crate) fn arrive(x: &mut Exchange, id: PoolId, amount: Quote) {
    if let Some(flow) = flow(&x.state, id, x.now()) {
        keep(&mut x.state, id, &flow.with(amount));
    }
}

/// Keeps what every paced pool lets out now, before the pace changes.
pub(crate) fn keep_all(x: &mut Exchange) {
    for id in pools(&x.state) {
        keep_one(x, id);
    }
}

/// Keeps what a paced pool lets out now, before its pace or its capacities change.
pub(crate) fn keep_one(x: &mut Exchange, id: PoolId) {
    x.load_pool(id);
    if let Some(flow) = flow(&x.state, id, x.now()) {
        keep(&mut x.state, id, &flow);
    }
}

/// `queued`, for which there is a place, begins to wait.
pub(crate) fn wait(x: &mut Exchange, id: PoolId, queued: Queued, events: &mut Vec<Event>) {
    facts::trader_mut(&mut x.state, queued.account).tickets += 1;
    enqueue(x, id, queued, events);
}

/// `queued`, which its trader counts, waits behind all others of the pool.
fn enqueue(x: &mut Exchange, id: PoolId, queued: Queued, events: &mut Vec<Event>) {
    let pacing = &mut facts::pool_mut(&mut x.state, id).pacing;
    assert!(pacing.waiting() < MAX_QUEUED, "room was checked");
    let ticket = pacing.next;
    pacing.next = ticket + 1;
    // Part of what was withdrawn, which is bounded.
    pacing.queued = pacing.queued.checked_add(queued.amount).expect("what waits was withdrawn (INV-68)");
    x.state.queues.insert(queue_index(id, ticket), queued);
    let Queued { account, recipient, amount } = queued;
    events.push(Event::WithdrawalQueued { ticket, account, recipient, amount });
}

/// Lets those out who wait, of every pool that may pay from the front, while its buckets hold the part that is theirs.
pub(crate) fn release(x: &mut Exchange, events: &mut Vec<Event>) {
    for id in pools(&x.state) {
        x.load_pool(id);
        for _ in 0..MAX_RELEASED {
            if !release_first(x, id, events) {
                break;
            }
        }
    }
}

/// Lets the part of the first who waits out, if there is one and he may leave. His rest waits behind all others: who asks
/// for much takes turns with them.
fn release_first(x: &mut Exchange, id: PoolId, events: &mut Vec<Event>) -> bool {
    let pool = facts::pool(&x.state, id);
    if is_free(&x.state, id) || !pool.may_pay() || pool.is_paused(x.now()) || !withdraw::has_room(x) {
        return false;
    }
    let Some(flow) = flow(&x.state, id, x.now()) else { return false };
    let ticket = facts::pool(&x.state, id).pacing.first;
    x.state.queues.load(queue_index(id, ticket));
    let queued = *facts::queued(&x.state, id, ticket);
    let part = flow.part(queued.amount);
    if !flow.holds(part) {
        return false;
    }
    let minus = |from: Quote, amount| from.checked_sub(amount).expect("it is a part of it (INV-68)");
    let pacing = &mut facts::pool_mut(&mut x.state, id).pacing;
    pacing.first = ticket + 1;
    pacing.queued = minus(pacing.queued, queued.amount);
    pacing.keep(&flow.without(part));
    withdraw::add_released(x, &Queued { amount: part, ..queued }, ticket, events);
    let rest = minus(queued.amount, part);
    if rest > Quote::ZERO {
        enqueue(x, id, Queued { amount: rest, ..queued }, events);
    } else {
        x.load_account(queued.account);
        let trader = facts::trader_mut(&mut x.state, queued.account);
        trader.tickets = trader.tickets.checked_sub(1).expect("what waits is counted (INV-68)");
    }
    true
}

fn pools(state: &State) -> impl Iterator<Item = PoolId> + use<> {
    (0..state.genesis.pools).map(PoolId)
}

#[cfg(test)]
mod tests;
