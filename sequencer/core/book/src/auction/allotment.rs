//! Who gets how much of what a side trades.

use super::{Open, OrderLots, Terms, lots};
use alloc::vec::Vec;
use alloy_primitives::B256;
use core::cmp::Reverse;

/// Fills `volume` lots of one side, at most what its orders have. Its orders come best limit first, then by
/// id, and so do the fills.
pub(super) fn allot(orders: &[Open], volume: u128, terms: &Terms) -> Vec<OrderLots> {
    let mut fills = Vec::new();
    let mut left = volume;
    for level in orders.chunk_by(|a, b| a.order.limit == b.order.limit) {
        if left == 0 {
            break;
        }
        let open = level.iter().map(|open| u128::from(open.lots)).sum();
        if left < open {
            ration(level, open, left, terms, &mut fills);
            break;
        }
        fills.extend(level.iter().filter_map(|order| lots(order, order.lots)));
        left -= open;
    }
    fills
}

/// Shares `left` of the `open` lots of a level, `left < open`, in proportion to size.
fn ration(level: &[Open], open: u128, left: u128, terms: &Terms, fills: &mut Vec<OrderLots>) {
    // At most 2^46 lots times 2^46 for each of the orders that fit in memory: within 128 bits.
    let quota = |order: &Open| u128::from(order.lots) * left;
    let mut extra = left;
    let mut queue: Vec<(Reverse<u128>, B256, usize)> = Vec::with_capacity(level.len());
    for (place, order) in level.iter().enumerate() {
        extra -= quota(order) / open;
        queue.push((Reverse(quota(order) % open), terms.draw(order.order.id), place));
    }
    // One more lot for each of the first in the queue, fewer than there are orders with a remainder.
    let extra = extra as usize;
    queue.select_nth_unstable(extra);
    let mut shares: Vec<u64> = level.iter().map(|order| (quota(order) / open) as u64).collect();
    queue[..extra].iter().for_each(|&(_, _, place)| shares[place] += 1);
    fills.extend(level.iter().zip(shares).filter_map(|(order, share)| lots(order, share)));
}
