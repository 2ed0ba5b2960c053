//! Resting orders that can never trade again. Whoever is met leaves by the rules here; the rest is swept.

use ballast_state::State;
use ballast_types::{Millis, Order, RemovalReason, SizeLots};

use crate::{facts, standing::Standing};

/// Why `order` can never trade again from `now` on, if so: its time is over, the time came at which its trader wanted
/// all orders cancelled, or it only ever closes and there is nothing to close. `standing` is its account's in its
/// market.
pub(crate) fn end_of(
    state: &State,
    now: Millis,
    order: &Order,
    standing: &Standing,
) -> Option<RemovalReason> {
    if !order.is_good_at(now) {
        return Some(RemovalReason::Expired);
    }
    let cancelled = facts::trader(state, order.account).seldom.cancel_at.is_some_and(|at| at <= now);
    if cancelled && !order.is_forced() {
        return Some(RemovalReason::Scheduled);
    }
    (order.reduce_only && standing.closable(order.side) == SizeLots::ZERO)
        .then_some(RemovalReason::ReduceOnly)
}
