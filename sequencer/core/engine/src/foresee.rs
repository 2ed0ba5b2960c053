//! The steps of one signature are known before they are carried out, so that the memory of the books that they will
//! look at can be on its way meanwhile.

use ballast_book::FORESEES;
use ballast_types::{MarketId, NewOrder, Operation, OrderId};

use crate::exchange::Exchange;

/// Steps ahead at which the order that a step names is asked for.
const FAR: usize = 8;
/// Steps ahead at which what lies around it is asked for.
const NEAR: usize = 4;

/// Asks for what the steps behind the one at `step` will look at. It changes nothing and knows nothing of who may do
/// what: a step may name anything.
#[inline]
pub(crate) fn foresee(x: &Exchange, steps: &[Operation], step: usize) {
    if !FORESEES {
        return;
    }
    // The first steps are nobody's future.
    let from = if step == 0 { 1 } else { FAR };
    for far in steps.iter().take(step + FAR + 1).skip(step + from) {
        if let Some((market, order)) = leaving(far)
            && let Some(book) = x.books.get(market)
        {
            book.foresee(order);
        }
    }
    let Some(near) = steps.get(step + NEAR) else { return };
    if let Some((market, order)) = leaving(near)
        && let Some(book) = x.books.get(market)
    {
        book.foresee_leaving(order);
    }
    if let Some((market, order)) = entering(near)
        && let Some(book) = x.books.get(market)
    {
        book.foresee_entry(order.side, order.price);
    }
}

/// The order that a step takes out of its book.
const fn leaving(step: &Operation) -> Option<(MarketId, OrderId)> {
    match *step {
        Operation::Cancel { market, order } | Operation::Replace { market, order, .. } => {
            Some((market, order))
        }
        _ => None,
    }
}

/// The order that a step brings.
const fn entering(step: &Operation) -> Option<(MarketId, &NewOrder)> {
    match step {
        Operation::Place { market, order } | Operation::Replace { market, new: order, .. } => {
            Some((*market, order))
        }
        _ => None,
    }
}
