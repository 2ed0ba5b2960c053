//! Clears a batch auction: one price for everybody, and who trades how much at it (risk.md 7.2 to 7.4).
//!
//! [`clear`] is a function of a set of orders and of nothing else: neither the sequence in which they are
//! given, nor when they came, nor how their owners are numbered changes its answer. Prices are ticks and
//! sizes are lots; every division rounds down and gives what is left over lot by lot, so all sums are exact.
//!
//! 1. *Who takes part.* An unforced order does whose limit lies inside the band, a forced one whose limit the
//!    band reaches. A forced limit beyond the band makes a price as one at its edge does; it is filled by its
//!    own limit, so before the orders at the edge. A limit is never moved to its owner's cost. Everybody else
//!    is left out: nothing is filled for him, and nothing netted.
//! 2. *Netting.* Where bids and asks of one owner cross, what would trade with itself vanishes from both
//!    sides without a trade: his best bid against his best ask, the older first at one limit, until they no
//!    longer cross. Of such an owner no price reaches both sides. His other orders stay, so who quotes a bid
//!    below an ask quotes both. Forced orders are not netted: whose position is sold may buy it with his
//!    other accounts (7.4).
//! 3. *Price.* Of the limits and the index price, one at which most lots trade. The highest of several where
//!    somebody is forced to sell, the lowest where somebody is forced to buy. Where nobody or both sides are:
//!    of those that fill every better limit whole, the one with the smallest surplus, then the nearest to the
//!    index.
//! 4. *Fills.* The best limit first. The last level that trades shares what is left in proportion to size,
//!    rounded down; each lot still left goes to another order of the level, by the largest remainder, then by
//!    the smallest `keccak256(seed || id)`.
//!
//! Afterwards nothing that took part and is still open crosses.
//!
//! # What the caller does
//! - Reads the book and the orders that wait, names forced orders by ids that nobody else has
//!   (`OrderId::new(arrival, OrderId::NO_SLOT)`), and gives as size all that may trade: with the hidden lots
//!   of an iceberg, and together no more than the position for reduce-only orders.
//! - Decides on unforced orders beyond the band. A resting bid above `hi` (an ask below `lo`) takes part if
//!   it is given with the edge as its limit, which never costs its owner anything.
//! - Judges margin at the price found, drops the orders of who fails, and clears again from the same list.
//!   Each clearing starts afresh: what was netted against a dropped order is back. A round drops an account
//!   or is the last, but the caller sets the greatest number of rounds.
//! - Removes [`Clearing::netted`] too, traded or not: what is left in a book would cross.
//! - Carries the fills out. They may be as many as there are orders, more than one input may change
//!   (`MAX_FILLS_PER_INPUT`); both lists have one defined order and the same sum, so they can be carried out
//!   in parts, and paired off from the front when fills need a counterparty.
//!
//! Time is `O(m log m)` of the `m` orders between the best ask and the best bid, and linear in the others.
//!
//! [`naive`] is the specification.

pub mod naive;

mod allotment;
mod netting;
mod price;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};
use ballast_types::{OrderId, PriceTicks, Side, SizeLots, limits::MAX_SIZE};
use price::Preference;

/// An order in an auction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interest {
    /// Unique in the auction. Smaller is older, which matters for netting only.
    pub id: OrderId,
    /// Any number that the orders of one owner share, over all his accounts, and nobody else's do.
    pub owner: u32,
    /// Bid or ask.
    pub side: Side,
    /// Worst price at which it trades.
    pub limit: PriceTicks,
    /// What may trade, at most 2^46 lots. An order of none takes no part.
    pub size: SizeLots,
    /// Whether the exchange sells or buys it off an account.
    pub forced: bool,
}

/// What an auction is held under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Lowest price of the trade band.
    pub lo: PriceTicks,
    /// Highest price of the trade band.
    pub hi: PriceTicks,
    /// Index price on the tick, within the band.
    pub index: PriceTicks,
    /// Decides between equal remainders; known to nobody while orders are still accepted.
    pub seed: B256,
}

/// Lots of one order, at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLots {
    /// The order.
    pub id: OrderId,
    /// Lots of it, at most its size.
    pub size: SizeLots,
}

/// The trades of an auction, all at one price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cross {
    /// The price, within the band and within the limit of everybody who trades.
    pub price: PriceTicks,
    /// Lots bought, and as many sold; at least 1, below 2^46 times the number of orders.
    pub volume: u128,
    /// What each bid buys: highest limit first, then by id. Sums to `volume`.
    pub bought: Vec<OrderLots>,
    /// What each ask sells: lowest limit first, then by id. Sums to `volume`.
    pub sold: Vec<OrderLots>,
}

/// What an auction comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clearing {
    /// What vanishes without a trade because it would meet its own owner. Bids before asks, each side best
    /// limit first, then by id.
    pub netted: Vec<OrderLots>,
    /// The trades; none when there are none.
    pub cross: Option<Cross>,
}

impl Terms {
    /// Whether `order` takes part in the auction.
    #[must_use]
    pub fn admits(&self, order: &Interest) -> bool {
        let inside = self.lo <= order.limit && order.limit <= self.hi;
        let reached = match order.side {
            Side::Buy => self.lo <= order.limit,
            Side::Sell => order.limit <= self.hi,
        };
        order.size > SizeLots::ZERO && if order.forced { reached } else { inside }
    }

    /// What an order draws among those with an equal remainder; the smallest is served first.
    fn draw(&self, id: OrderId) -> B256 {
        let mut preimage = [0; 40];
        preimage[..32].copy_from_slice(self.seed.as_slice());
        preimage[32..].copy_from_slice(&id.0.to_be_bytes());
        keccak256(preimage)
    }
}

impl Interest {
    /// Smaller is the better limit, in comparison with orders of the same side.
    const fn rank(&self) -> u64 {
        match self.side {
            Side::Buy => !self.limit.0,
            Side::Sell => self.limit.0,
        }
    }
}

/// An order that takes part, with what netting has left of it.
#[derive(Clone, Copy)]
struct Open {
    order: Interest,
    lots: u64,
}

/// Clears `interests`, given in any sequence.
///
/// # Panics
/// When `lo <= index <= hi` does not hold, or an order is larger than [`MAX_SIZE`]: the caller's mistakes.
#[must_use]
pub fn clear(interests: &[Interest], terms: &Terms) -> Clearing {
    assert!(terms.lo <= terms.index && terms.index <= terms.hi, "the index lies within the band");
    let (mut open, preference) = crossing(interests, terms);
    netting::net(&mut open);

    open.sort_unstable_by_key(|open| (open.order.side as u8, open.order.rank(), open.order.id));
    let netted = open.iter().filter_map(|open| lots(open, open.order.size.0 - open.lots)).collect();
    open.retain(|open| open.lots > 0);

    let (bids, asks) = open.split_at(open.partition_point(|open| open.order.side == Side::Buy));
    let cross = price::find(&open, terms, preference).map(|(price, volume)| Cross {
        price,
        volume,
        bought: allotment::allot(bids, volume, terms),
        sold: allotment::allot(asks, volume, terms),
    });
    Clearing { netted, cross }
}

/// What each of `orders`, all of one side, has of `lots` that they share as a side shares what trades: the best limit
/// first, then by id; all of it where they have no more.
#[must_use]
pub fn share(orders: &[Interest], lots: u128, terms: &Terms) -> Vec<OrderLots> {
    let mut open: Vec<Open> = orders
        .iter()
        .filter(|order| order.size > SizeLots::ZERO)
        .map(|&order| Open { order, lots: order.size.0 })
        .collect();
    open.sort_unstable_by_key(|open| (open.order.rank(), open.order.id));
    allotment::allot(&open, lots, terms)
}

/// The orders that take part and that some order of the other side reaches, and what the forced ones of all
/// that take part prefer. An order that nobody reaches neither trades nor moves the price.
fn crossing(interests: &[Interest], terms: &Terms) -> (Vec<Open>, Preference) {
    let taking_part = || interests.iter().filter(|order| terms.admits(order));
    let (mut best_bid, mut best_ask) = (PriceTicks(0), PriceTicks(u64::MAX));
    let (mut forced_bid, mut forced_ask) = (false, false);
    for order in taking_part() {
        assert!(order.size.0 <= MAX_SIZE, "an order is not larger than the largest");
        match order.side {
            Side::Buy => {
                best_bid = best_bid.max(order.limit);
                forced_bid |= order.forced;
            }
            Side::Sell => {
                best_ask = best_ask.min(order.limit);
                forced_ask |= order.forced;
            }
        }
    }
    let reached = |order: &&Interest| match order.side {
        Side::Buy => best_ask <= order.limit,
        Side::Sell => order.limit <= best_bid,
    };
    let open = taking_part().filter(reached).map(|&order| Open { order, lots: order.size.0 }).collect();
    (open, Preference::new(forced_bid, forced_ask))
}

/// `size` lots of an order, if any.
fn lots(open: &Open, size: u64) -> Option<OrderLots> {
    (size > 0).then_some(OrderLots { id: open.order.id, size: SizeLots(size) })
}
