//! One order in place of another, in one step.

use alloc::vec::Vec;

use ballast_types::{
    ClientId, Event, NewOrder, Order, OrderId, Rejection, RemovalReason, SizeLots, TimeInForce, Waits,
};

use crate::{
    cancel_order::{own_order, reduced},
    exchange::Exchange,
    place_order::{Placement, place_order},
    standing::Standing,
};

/// Puts the new order in place of the account's order `old`, or does neither: when `old` is gone, or the new order
/// is rejected, what rests stays as it is.
///
/// What only takes size off `old` leaves it its id and its place in the queue, and is never refused. Else `old` is
/// cancelled and the new order judged as if `old` were gone: what was reserved for it is free, and it is not met. It
/// queues behind the orders of its price, and its id is new.
///
/// # Errors
/// [`ballast_types::RejectCode::UnknownMarket`], [`ballast_types::RejectCode::UnknownOrder`], or why the new
/// order cannot be placed.
pub(crate) fn replace_order(
    x: &mut Exchange,
    new: &Placement,
    old: OrderId,
    may_meet: &mut usize,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    x.enter_market(new.market)?;
    let old = own_order(x, new.account, new.market, old)?;
    if only_takes_size_off(&old, &new.order) {
        reduce(x, new, &old, events);
        return Ok(());
    }
    place_order(x, &Placement { instead_of: Some(old), ..*new }, may_meet, events)
}

/// Whether `new` is `old` with as much or less open, and nothing else of it differs.
fn only_takes_size_off(old: &Order, new: &NewOrder) -> bool {
    let stays = match old.waits {
        Some(Waits::Once | Waits::Forced) => new.time_in_force == TimeInForce::Ioc,
        Some(Waits::Rest) | None => !matches!(new.time_in_force, TimeInForce::Ioc | TimeInForce::Fok),
    };
    stays
        && (SizeLots(1)..=old.open()).contains(&new.size)
        && (old.side, old.price, old.reduce_only, old.good_until)
            == (new.side, new.price, new.reduce_only, new.good_until)
        && match old.iceberg {
            Some(iceberg) => new.display == Some(iceberg.display),
            None => new.display.is_none_or(|display| display >= new.size),
        }
        && (new.client == old.client || new.client == ClientId(0))
}

fn reduce(x: &mut Exchange, new: &Placement, old: &Order, events: &mut Vec<Event>) {
    let (market, left) = (new.market, new.order.size);
    let size = SizeLots(old.open().0 - left.0);
    if size > SizeLots::ZERO {
        let mut standing = Standing::of(&x.state, old.account, market);
        let reserve_left = standing.release_lots(old, size);
        standing.write(&mut x.state, market);
        x.books.at_mut(market).reduce(old.id, left, reserve_left);
    }
    let after = x.books.at(market).get(old.id).expect("it still rests");
    events.push(reduced(market, &after, size, RemovalReason::Reduced));
}

#[cfg(test)]
mod tests;
