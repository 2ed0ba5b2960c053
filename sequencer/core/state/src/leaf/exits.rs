//! How many accounts exit (protocol.md, Forced requests): what tells whether an exit is due.

use alloc::vec::Vec;
use ballast_types::{MarketId, PoolId};
use borsh::{BorshDeserialize, BorshSerialize};

/// The accounts that exit, counted where they wait: an account in every market in which it has a position, or, when it has
/// none, in its pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Exits {
    /// How many have a position in a market: markets strictly ascending, none with 0.
    pub markets: Vec<(MarketId, u32)>,
    /// How many accounts of a pool have no position: pools strictly ascending, none with 0.
    pub pools: Vec<(PoolId, u32)>,
    /// Those of the markets that their last tick left closable: strictly ascending.
    pub found: Vec<MarketId>,
}

impl Exits {
    /// Nobody exits.
    pub const NONE: Self = Self { markets: Vec::new(), pools: Vec::new(), found: Vec::new() };

    /// An account that exits has a position in `market` now.
    pub fn enter_market(&mut self, market: MarketId) {
        count(&mut self.markets, market);
    }

    /// An account that exits has no position in `market` any more, or no longer exits.
    ///
    /// # Panics
    /// When none was counted: a caller's bug.
    pub fn leave_market(&mut self, market: MarketId) {
        discount(&mut self.markets, market);
        if !self.counts(market) {
            self.find(market, false);
        }
    }

    /// Whether any account that exits has a position in `market`.
    #[must_use]
    pub fn counts(&self, market: MarketId) -> bool {
        self.markets.binary_search_by_key(&market, |(counted, _)| *counted).is_ok()
    }

    /// Notes whether a tick left `market` closable; that none does whom nobody is counted in is the caller's to see to.
    pub fn find(&mut self, market: MarketId, is_closable: bool) {
        match (self.found.binary_search(&market), is_closable) {
            (Ok(place), false) => drop(self.found.remove(place)),
            (Err(place), true) => self.found.insert(place, market),
            _ => {}
        }
    }

    /// An account of `pool` that exits has no position now.
    pub fn enter_pool(&mut self, pool: PoolId) {
        count(&mut self.pools, pool);
    }

    /// An account of `pool` that exits has a position now, or no longer exits.
    ///
    /// # Panics
    /// When none was counted: a caller's bug.
    pub fn leave_pool(&mut self, pool: PoolId) {
        discount(&mut self.pools, pool);
    }
}

fn count<K: Ord + Copy>(counts: &mut Vec<(K, u32)>, key: K) {
    match counts.binary_search_by_key(&key, |(key, _)| *key) {
        Ok(place) => counts[place].1 += 1,
        Err(place) => counts.insert(place, (key, 1)),
    }
}

fn discount<K: Ord + Copy>(counts: &mut Vec<(K, u32)>, key: K) {
    let place = counts.binary_search_by_key(&key, |(key, _)| *key).expect("who leaves was counted");
    counts[place].1 -= 1;
    if counts[place].1 == 0 {
        counts.remove(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_ascend_and_none_is_0() {
        let mut exits = Exits::NONE;
        [7, 2, 7, 4].into_iter().for_each(|market| exits.enter_market(MarketId(market)));
        exits.enter_pool(PoolId(1));
        assert_eq!(exits.markets, [(MarketId(2), 1), (MarketId(4), 1), (MarketId(7), 2)]);
        [4, 7, 2].into_iter().for_each(|market| exits.find(MarketId(market), true));
        exits.find(MarketId(2), false);
        assert_eq!(exits.found, [MarketId(4), MarketId(7)]);
        [4, 7].into_iter().for_each(|market| exits.leave_market(MarketId(market)));
        assert_eq!(exits.found, [MarketId(7)]);
        assert_eq!(exits.markets, [(MarketId(2), 1), (MarketId(7), 1)]);
        [2, 7].into_iter().for_each(|market| exits.leave_market(MarketId(market)));
        exits.leave_pool(PoolId(1));
        assert_eq!(exits, Exits::NONE);
    }
}
