//! An order enters a market that matches in batches: it is judged as one that rests, meets nothing, and waits.

use alloc::vec::Vec;

use ballast_types::{
    Event, NewOrder, Order, OrderId, RejectCode, Rejection, RemovalReason, TimeInForce, Waits,
    limits::{MAX_WAITING, MAX_WAITING_OF_ACCOUNT, MAX_WAITING_UNFORCED},
};

use super::{
    Placement,
    check::{check_arrivals, check_margin, check_room},
    reserve_of,
    shape::{hiding, open_order},
};
use crate::{batching, cancel_order::removed, exchange::Exchange, facts, interest, standing::Standing};

/// Lets the order, whose form was checked, wait for the next clearing: with the margin that it would need if all of it
/// rested, unless it is forced. `before` is its account without the order that gives way.
pub(super) fn wait(
    x: &mut Exchange,
    ask: &Placement,
    before: &Standing,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    check_arrivals(x.books.at(ask.market))?;
    let order = &ask.order;
    let reserve = reserve_of(facts::market(&x.state, ask.market), order, order.size)?;
    check_room(x, ask, before)?;
    check_waiting(x, ask)?;
    let mut after = *before;
    after.hold(order, order.size, reserve)?;
    if !after.is_bounded() {
        return Err(RejectCode::PositionTooLarge.into());
    }
    if ask.forced.is_none() {
        interest::check_account(&x.state, ask.market, &after)?;
        check_margin(&x.state, ask, before, &after)?;
    }

    let Placement { account, step, market, .. } = *ask;
    let NewOrder { side, price, size, client, time_in_force, display, .. } = *order;
    let book = x.books.at_mut(market);
    if let Some(old) = &ask.instead_of {
        book.remove(old.id).expect("the order that gives way rests");
    }
    let slot = book.next_slot().expect("room was checked");
    let id = OrderId::new(book.take_arrival(), slot);
    let waits = match time_in_force {
        _ if ask.forced.is_some() => Waits::Forced,
        TimeInForce::Ioc => Waits::Once,
        _ => Waits::Rest,
    };
    let waiting = Order { reserve, waits: Some(waits), ..hiding(open_order(ask, order, id, size), display) };
    book.wait(waiting);
    events.push(Event::OrderAccepted { step, market, account, order: id, client, side, price, size });
    events.extend(ask.instead_of.map(|old| removed(market, &old, RemovalReason::Replaced)));
    events.push(Event::OrderWaits { market, order: waiting });
    after.write(&mut x.state, market);
    batching::open_batch(&mut x.state, ask);
    x.sync_venue(market);
    Ok(())
}

/// Whether one more order may wait in the market, and of the account. A forced one has places that nobody else can take,
/// and is its account's only one.
fn check_waiting(x: &Exchange, ask: &Placement) -> Result<(), Rejection> {
    let most = if ask.forced.is_some() { MAX_WAITING } else { MAX_WAITING_UNFORCED };
    let waiting = batching::others(&x.state, ask);
    if waiting >= most {
        return Err(Rejection::new(RejectCode::BatchFull, waiting, most));
    }
    let book = x.books.at(ask.market);
    let waits = |id: &OrderId| book.get(*id).is_some_and(|order| order.waits.is_some());
    let own = book.of_account(ask.account);
    let own = own.iter().filter(|id| waits(id) && ask.instead_of.is_none_or(|old| old.id != **id)).count();
    if own >= MAX_WAITING_OF_ACCOUNT as usize {
        return Err(Rejection::new(RejectCode::BatchFull, own as i128, MAX_WAITING_OF_ACCOUNT));
    }
    Ok(())
}
