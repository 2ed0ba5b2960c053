//! Sizes of the price levels, told from events alone: an independent view of the books, which tests compare
//! with the books themselves.

use crate::{
    pipeline::Record,
    wire::{Amount, BookUpdate, LevelView},
};
use ballast_engine::Exchange;
use ballast_types::{Event, MarketId, PriceTicks, RemovalReason, Side, SizeLots};
use std::collections::{BTreeMap, BTreeSet};

/// A level: market, whether it is an ask, price.
type Level = (MarketId, bool, PriceTicks);

/// The sum of the open sizes of every level. Up to 2^20 orders of 2^46 lots: more than a `u64`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Depth(BTreeMap<Level, u128>);

impl Depth {
    /// The levels of all books of an exchange.
    pub(super) fn of(exchange: &Exchange) -> Self {
        let mut depth = Self::default();
        for market in (0..exchange.state.chain.markets).map(MarketId) {
            for order in exchange.book(market).into_iter().flat_map(ballast_book::Book::orders) {
                depth.add((market, order.side == Side::Sell, order.price), order.size);
            }
        }
        depth
    }

    /// Follows an input; the levels that it changed, by market.
    pub(super) fn follow(&mut self, record: &Record) -> Vec<BookUpdate> {
        let mut touched: BTreeSet<Level> = BTreeSet::new();
        for event in &record.outcome.events {
            touched.extend(self.follow_event(event));
        }
        let mut updates: Vec<BookUpdate> = Vec::new();
        for level in touched {
            let (market, is_ask, price) = level;
            if updates.last().is_none_or(|update| update.market != market.0) {
                let (seq, time) = (record.input.seq.0, record.input.time.0);
                updates.push(BookUpdate { seq, time, market: market.0, bids: Vec::new(), asks: Vec::new() });
            }
            let size = self.0.get(&level).copied().unwrap_or_default();
            let view = LevelView { price: price.0, size: Amount(i128::try_from(size).unwrap_or(i128::MAX)) };
            if let Some(update) = updates.last_mut() {
                if is_ask { update.asks.push(view) } else { update.bids.push(view) }
            }
        }
        updates
    }

    fn follow_event(&mut self, event: &Event) -> Option<Level> {
        match *event {
            Event::OrderRested { market, ref order } => {
                let level = (market, order.side == Side::Sell, order.price);
                self.add(level, order.size);
                Some(level)
            }
            Event::Fill { market, price, size, taker_side, .. } => {
                let level = (market, taker_side == Side::Buy, price);
                self.subtract(level, size);
                Some(level)
            }
            Event::OrderRemoved { market, side, price, size, reason, .. } if rested(reason) => {
                let level = (market, side == Side::Sell, price);
                self.subtract(level, size);
                Some(level)
            }
            _ => None,
        }
    }

    fn add(&mut self, level: Level, size: SizeLots) {
        *self.0.entry(level).or_default() += u128::from(size.0);
    }

    fn subtract(&mut self, level: Level, size: SizeLots) {
        if size == SizeLots::ZERO {
            return;
        }
        let open = self.0.get_mut(&level).expect("what leaves a level rested in it");
        *open = open.checked_sub(u128::from(size.0)).expect("a level never holds less than leaves it");
        if *open == 0 {
            self.0.remove(&level);
        }
    }
}

/// Whether an order that left for this reason had been resting. What is left of an order that took and may
/// not rest never was in the book.
const fn rested(reason: RemovalReason) -> bool {
    match reason {
        RemovalReason::Filled
        | RemovalReason::Cancelled
        | RemovalReason::Replaced
        | RemovalReason::SelfTrade
        | RemovalReason::MakerMargin => true,
        RemovalReason::ImmediateOrCancel | RemovalReason::FillLimit => false,
    }
}
