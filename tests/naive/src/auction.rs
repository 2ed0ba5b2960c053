//! One price for many orders, and who trades how much at it, as the protocol says it and at any cost in time.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use ballast_types::{Address, OrderId, Side};

/// An order in an auction.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bidder {
    pub(crate) id: OrderId,
    pub(crate) owner: Address,
    pub(crate) side: Side,
    pub(crate) limit: i128,
    pub(crate) lots: i128,
    /// What its limit counts as for the price: that of a forced order from beyond the band is at its edge.
    pub(crate) counts_as: i128,
    /// Whether it is a forced order.
    pub(crate) is_forced: bool,
}

/// What comes of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Result {
    /// Lots that vanish: bids before asks, each side best limit first, then the oldest.
    pub(crate) netted: Vec<(OrderId, i128)>,
    /// The price, when anything trades.
    pub(crate) price: Option<i128>,
    /// Lots that each bid buys and each ask sells, best limit first, then the oldest.
    pub(crate) bought: Vec<(OrderId, i128)>,
    pub(crate) sold: Vec<(OrderId, i128)>,
}

/// Bids before asks, each side best limit first, then the oldest.
fn sort(bidders: &mut [Bidder]) {
    bidders.sort_by_key(|it| match it.side {
        Side::Buy => (0, -it.limit, it.id),
        Side::Sell => (1, it.limit, it.id),
    });
}

/// Holds the auction.
pub(crate) fn hold(bidders: &[Bidder], index: i128, seed: B256) -> Result {
    let mut open = bidders.to_vec();
    sort(&mut open);
    let before: BTreeMap<OrderId, i128> = open.iter().map(|it| (it.id, it.lots)).collect();
    // Lot by lot would do the same: the best bid against the best ask of one owner while they cross.
    while let Some((bid, ask)) = own_pair(&open) {
        let lots = open[bid].lots.min(open[ask].lots);
        open[bid].lots -= lots;
        open[ask].lots -= lots;
    }
    let netted = open.iter().map(|it| (it.id, before[&it.id] - it.lots)).filter(|(_, lots)| *lots > 0);
    let mut result = Result { netted: netted.collect(), ..Result::default() };
    open.retain(|it| it.lots > 0);

    let demand = |price| -> i128 { sum(&open, |it| it.side == Side::Buy && it.counts_as >= price) };
    let supply = |price| -> i128 { sum(&open, |it| it.side == Side::Sell && it.counts_as <= price) };
    let prices = || open.iter().map(|it| it.counts_as).chain([index]);
    let volume = prices().map(|price| demand(price).min(supply(price))).max().unwrap_or(0);
    if volume == 0 {
        return result;
    }
    let serves = |price: &i128| {
        demand(*price).min(supply(*price)) == volume
            && demand(*price + 1) <= volume
            && supply(*price - 1) <= volume
    };
    let forces = |side| open.iter().any(|it| it.is_forced && it.side == side);
    let largest = prices().filter(|price| demand(*price).min(supply(*price)) == volume);
    let price = match (forces(Side::Buy), forces(Side::Sell)) {
        (true, false) => largest.min(),
        (false, true) => largest.max(),
        _ => prices()
            .filter(serves)
            .min_by_key(|price| ((demand(*price) - supply(*price)).abs(), (price - index).abs())),
    }
    .expect("one of the prices with the largest volume serves every better limit");
    result.price = Some(price);
    result.bought = share(&open, Side::Buy, volume, seed);
    result.sold = share(&open, Side::Sell, volume, seed);
    result
}

fn sum(open: &[Bidder], counts: impl Fn(&Bidder) -> bool) -> i128 {
    open.iter().filter(|it| counts(it)).map(|it| it.lots).sum()
}

/// The best bid and the best ask of some owner that cross, forced ones aside.
fn own_pair(open: &[Bidder]) -> Option<(usize, usize)> {
    let nets = |it: &Bidder| it.lots > 0 && !it.is_forced;
    let first = |owner, side| open.iter().position(|it| it.owner == owner && it.side == side && nets(it));
    open.iter().find_map(|it| {
        let (bid, ask) = (first(it.owner, Side::Buy)?, first(it.owner, Side::Sell)?);
        (open[bid].limit >= open[ask].limit).then_some((bid, ask))
    })
}

/// The best limits whole; the last level that trades in proportion, and what is over by remainder, then by lot.
pub(crate) fn share(open: &[Bidder], side: Side, volume: i128, seed: B256) -> Vec<(OrderId, i128)> {
    let mut left = volume;
    let mut shares = Vec::new();
    let mut queue: Vec<Bidder> = open.iter().filter(|it| it.side == side).copied().collect();
    sort(&mut queue);
    while left > 0 {
        let limit = queue[shares.len()].limit;
        let level: Vec<Bidder> = queue.iter().filter(|it| it.limit == limit).copied().collect();
        let all = sum(&level, |_| true);
        let traded = all.min(left);
        let mut lots: Vec<i128> = level.iter().map(|it| it.lots * traded / all).collect();
        let mut places: Vec<usize> = (0..level.len()).collect();
        places.sort_by_key(|place| {
            let id = level[*place].id;
            let drawn = keccak256([seed.as_slice(), &id.0.to_be_bytes()].concat());
            (-(level[*place].lots * traded % all), drawn)
        });
        let over = traded - lots.iter().sum::<i128>();
        for place in places.iter().take(usize::try_from(over).expect("fewer than orders")) {
            lots[*place] += 1;
        }
        shares.extend(level.iter().zip(lots).map(|(it, lots)| (it.id, lots)));
        left -= traded;
    }
    shares.retain(|(_, lots)| *lots > 0);
    shares
}
