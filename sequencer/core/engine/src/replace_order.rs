//! One order gives way to another in one step.

use alloc::vec::Vec;

use ballast_types::{Event, OrderId, Rejection};

use crate::{
    cancel_order::own_order,
    exchange::Exchange,
    place_order::{Placement, place_order},
};

/// Cancels the account's order `old` and places the new one, or does neither: when `old` is gone, or the new
/// order is rejected, what rests stays as it is. The new order is judged as if `old` were gone: what was
/// reserved for it is free, and it is not met. It queues behind the orders of its price, and its id is new.
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
    place_order(x, &Placement { instead_of: Some(old), ..*new }, may_meet, events)
}

#[cfg(test)]
mod tests;
