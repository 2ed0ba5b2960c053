//! The specification of the auction: risk.md 7.2 to 7.4 word for word, a lot and a tick at a time.
//!
//! Tests compare [`super::clear`] with this. It stays simple: a change of the rules is made here first, and
//! nothing here is ever made faster.

use super::{Clearing, Cross, Interest, OrderLots, Terms};
use alloc::{vec, vec::Vec};
use ballast_types::{OrderId, PriceTicks, Side, SizeLots};
use core::cmp::Reverse;

/// As [`super::clear`], in time that grows with sizes and with the width of the band.
#[must_use]
pub fn clear(interests: &[Interest], terms: &Terms) -> Clearing {
    let mut orders: Vec<_> = interests.iter().copied().filter(|order| takes_part(order, terms)).collect();
    orders.sort_by_key(|order| order.id);
    let before = orders.clone();
    net(&mut orders);

    let mut netted = vec![];
    for side in [Side::Buy, Side::Sell] {
        for was in best_first(&before, side) {
            let is = orders.iter().find(|order| order.id == was.id).expect("netting keeps every order");
            netted.push((was.id, was.size.0 - is.size.0));
        }
    }
    let cross = price(&orders, terms).map(|price| {
        let volume = volume(&orders, price);
        let bought = allot(&best_first(&orders, Side::Buy), volume, terms);
        let sold = allot(&best_first(&orders, Side::Sell), volume, terms);
        Cross { price: PriceTicks(price), volume, bought, sold }
    });
    Clearing { netted: listed(netted), cross }
}

/// "Orders with price outside `[lo, hi]` are clipped for forced, rejected for others", the forced ones so
/// that they never trade beyond their limit.
fn takes_part(order: &Interest, terms: &Terms) -> bool {
    match (order.forced, order.side) {
        _ if order.size == SizeLots::ZERO => false,
        (false, _) => (terms.lo..=terms.hi).contains(&order.limit),
        (true, Side::Buy) => order.limit >= terms.lo,
        (true, Side::Sell) => order.limit <= terms.hi,
    }
}

/// Takes one lot off the best bid and one off the best ask of an owner while they cross.
fn net(orders: &mut [Interest]) {
    while let Some((bid, ask)) = meeting_itself(orders) {
        orders[bid].size.0 -= 1;
        orders[ask].size.0 -= 1;
    }
}

fn meeting_itself(orders: &[Interest]) -> Option<(usize, usize)> {
    let live = |place: &usize| !orders[*place].forced && orders[*place].size > SizeLots::ZERO;
    for owner in orders.iter().map(|order| order.owner) {
        let own = |side| {
            let is_his = move |place: &usize| orders[*place].owner == owner && orders[*place].side == side;
            (0..orders.len()).filter(live).filter(is_his)
        };
        // The first of equal limits is the older: orders are sorted by id.
        let bid = own(Side::Buy).rev().max_by_key(|&place| orders[place].limit);
        let ask = own(Side::Sell).min_by_key(|&place| orders[place].limit);
        if let (Some(bid), Some(ask)) = (bid, ask)
            && orders[bid].limit >= orders[ask].limit
        {
            return Some((bid, ask));
        }
    }
    None
}

/// `D(p)`.
fn demand(orders: &[Interest], price: u64) -> u128 {
    let willing = |order: &&Interest| order.side == Side::Buy && order.limit.0 >= price;
    orders.iter().filter(willing).map(|order| u128::from(order.size.0)).sum()
}

/// `S(p)`.
fn supply(orders: &[Interest], price: u64) -> u128 {
    let willing = |order: &&Interest| order.side == Side::Sell && order.limit.0 <= price;
    orders.iter().filter(willing).map(|order| u128::from(order.size.0)).sum()
}

fn volume(orders: &[Interest], price: u64) -> u128 {
    demand(orders, price).min(supply(orders, price))
}

/// "Distinct limits inside `[lo, hi]`, `lo`, `hi` if any order beyond, `I`".
fn is_candidate(orders: &[Interest], terms: &Terms, price: u64) -> bool {
    let mut limits = orders.iter().filter(|order| order.size > SizeLots::ZERO).map(|order| order.limit.0);
    price == terms.index.0
        || limits.any(|limit| {
            limit == price
                || price == terms.lo.0 && limit < terms.lo.0
                || price == terms.hi.0 && limit > terms.hi.0
        })
}

fn price(orders: &[Interest], terms: &Terms) -> Option<u64> {
    let (lo, hi) = (terms.lo.0, terms.hi.0);
    let most = (lo..=hi).map(|price| volume(orders, price)).max()?;
    if most == 0 {
        return None;
    }
    let largest = (lo..=hi).filter(|&p| volume(orders, p) == most && is_candidate(orders, terms, p));
    let forced = |side| orders.iter().any(|order| order.forced && order.side == side);
    match (forced(Side::Buy), forced(Side::Sell)) {
        (false, true) => largest.max(),
        (true, false) => largest.min(),
        _ => {
            let guaranteed =
                largest.filter(|&p| demand(orders, p + 1) <= most && supply(orders, p - 1) <= most);
            let nearness =
                |&p: &u64| (demand(orders, p).abs_diff(supply(orders, p)), p.abs_diff(terms.index.0), p);
            let edge = if demand(orders, hi) > most { hi } else { lo };
            Some(guaranteed.min_by_key(nearness).unwrap_or(edge))
        }
    }
}

fn best_first(orders: &[Interest], side: Side) -> Vec<Interest> {
    let mut of_side: Vec<_> = orders.iter().copied().filter(|order| order.side == side).collect();
    of_side.sort_by_key(|order| order.id);
    match side {
        Side::Buy => of_side.sort_by_key(|order| Reverse(order.limit)),
        Side::Sell => of_side.sort_by_key(|order| order.limit),
    }
    of_side
}

/// Hands `volume` out: to whole levels, then in proportion, then lot by lot.
fn allot(orders: &[Interest], volume: u128, terms: &Terms) -> Vec<OrderLots> {
    let mut left = volume;
    let mut fills = vec![];
    for level in orders.chunk_by(|a, b| a.limit == b.limit) {
        let open: u128 = level.iter().map(|order| u128::from(order.size.0)).sum();
        let shared = left.min(open);
        let quota = |order: &Interest| u128::from(order.size.0) * shared;
        let start = fills.len();
        fills.extend(level.iter().map(|order| (order.id, (quota(order) / open.max(1)) as u64)));
        left -= fills[start..].iter().map(|&(_, size)| u128::from(size)).sum::<u128>();

        let mut queue: Vec<_> = (0..level.len()).collect();
        queue.sort_by_key(|&place| terms.draw(level[place].id));
        queue.sort_by_key(|&place| Reverse(quota(&level[place]) % open.max(1)));
        for place in queue {
            if left > 0 && quota(&level[place]) % open.max(1) > 0 {
                fills[start + place].1 += 1;
                left -= 1;
            }
        }
        if shared < open {
            break;
        }
    }
    listed(fills)
}

fn listed(lots: Vec<(OrderId, u64)>) -> Vec<OrderLots> {
    let some = lots.into_iter().filter(|&(_, size)| size > 0);
    some.map(|(id, size)| OrderLots { id, size: SizeLots(size) }).collect()
}
