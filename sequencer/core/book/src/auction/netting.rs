//! What would trade with its own owner vanishes from both of his sides.

use super::Open;
use ballast_types::Side;

/// Nets the unforced orders of each owner. Leaves the orders in another sequence, some without a lot.
pub(super) fn net(open: &mut [Open]) {
    open.sort_unstable_by_key(|Open { order, .. }| {
        (order.forced, order.owner, order.side as u8, order.rank(), order.id)
    });
    // Forced orders come last, so one of them ends the chunk before it and each is alone in its own.
    for own in open.chunk_by_mut(|a, b| a.order.owner == b.order.owner && !b.order.forced) {
        let (bids, asks) = own.split_at_mut(own.partition_point(|open| open.order.side == Side::Buy));
        net_owner(bids, asks);
    }
}

/// Nets one owner's bids and asks, each side best limit first.
fn net_owner(bids: &mut [Open], asks: &mut [Open]) {
    let (mut bids, mut asks) = (bids.iter_mut().peekable(), asks.iter_mut().peekable());
    while let (Some(bid), Some(ask)) = (bids.peek_mut(), asks.peek_mut())
        && bid.order.limit >= ask.order.limit
    {
        let lots = bid.lots.min(ask.lots);
        bid.lots -= lots;
        ask.lots -= lots;
        bids.next_if(|bid| bid.lots == 0);
        asks.next_if(|ask| ask.lots == 0);
    }
}
