//! The price at which most lots trade.

use super::{Open, Terms};
use alloc::vec::Vec;
use ballast_types::{PriceTicks, Side};

/// Which of the prices of the largest volume is taken.
pub(super) enum Preference {
    /// The best for who is forced to sell.
    Highest,
    /// The best for who is forced to buy.
    Lowest,
    /// The one that leaves least over, when nobody is forced or both sides are.
    Balanced,
}

impl Preference {
    pub(super) const fn new(forced_bid: bool, forced_ask: bool) -> Self {
        match (forced_bid, forced_ask) {
            (false, true) => Self::Highest,
            (true, false) => Self::Lowest,
            _ => Self::Balanced,
        }
    }
}

/// Lots limited at one price, forced ones from beyond the band at its edge.
struct Level {
    price: u64,
    bids: u128,
    asks: u128,
}

/// What would meet at a price.
struct Point {
    price: u64,
    /// Bids limited here or higher, and those limited higher.
    demand: u128,
    better_bids: u128,
    /// Asks limited here or lower, and those limited lower.
    supply: u128,
    better_asks: u128,
}

/// Price and volume, in lots; none when nothing trades.
pub(super) fn find(open: &[Open], terms: &Terms, preference: Preference) -> Option<(PriceTicks, u128)> {
    let levels = levels(open, terms);
    let volume = points(&levels).map(|point| point.volume()).max().filter(|&volume| volume > 0)?;
    let mut largest = points(&levels).filter(|point| point.volume() == volume);
    let point = match preference {
        Preference::Highest => largest.last(),
        Preference::Lowest => largest.next(),
        // One of them serves all better orders: let demand >= supply up to level k and not above. The volume
        // is the larger of supply(k) and demand(k + 1), and at that one's level the better asks are at most
        // supply(k) and the better bids at most demand(k + 1). (risk.md 7.3 does not clip here, so it may
        // find none and falls back to an edge: the one found here. It also prefers the lower of two that are
        // equally good and near; there are no such two, for the index between them is as good and nearer.)
        Preference::Balanced => largest
            .filter(|point| point.serves_better(volume))
            .min_by_key(|point| (point.demand.abs_diff(point.supply), point.price.abs_diff(terms.index.0))),
    };
    point.map(|point| (PriceTicks(point.price), volume))
}

/// The candidates: every limit, and the index. From below, each once.
fn levels(open: &[Open], terms: &Terms) -> Vec<Level> {
    let mut levels = Vec::with_capacity(open.len() + 1);
    levels.push(Level { price: terms.index.0, bids: 0, asks: 0 });
    levels.extend(open.iter().map(|&Open { order, lots }| {
        let price = order.limit.clamp(terms.lo, terms.hi).0;
        match order.side {
            Side::Buy => Level { price, bids: lots.into(), asks: 0 },
            Side::Sell => Level { price, bids: 0, asks: lots.into() },
        }
    }));
    levels.sort_unstable_by_key(|level| level.price);
    levels.dedup_by(|level, kept| {
        let same = level.price == kept.price;
        if same {
            kept.bids += level.bids;
            kept.asks += level.asks;
        }
        same
    });
    levels
}

/// Demand and supply at each level, from below.
fn points(levels: &[Level]) -> impl Iterator<Item = Point> {
    let mut demand: u128 = levels.iter().map(|level| level.bids).sum();
    let mut supply = 0;
    levels.iter().map(move |&Level { price, bids, asks }| {
        let point =
            Point { price, demand, better_bids: demand - bids, supply: supply + asks, better_asks: supply };
        (demand, supply) = (point.better_bids, point.supply);
        point
    })
}

impl Point {
    fn volume(&self) -> u128 {
        self.demand.min(self.supply)
    }

    /// Whether every order with a limit better than this price can be filled whole.
    fn serves_better(&self, volume: u128) -> bool {
        self.better_bids <= volume && self.better_asks <= volume
    }
}
