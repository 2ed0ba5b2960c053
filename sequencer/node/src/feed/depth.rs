//! Sizes of the price levels, told from events alone: an independent view of the books, which tests compare
//! with the books themselves.

use crate::{
    pipeline::Record,
    wire::{Amount, BookUpdate, LevelView},
};
use ballast_engine::Exchange;
use ballast_types::{Event, MarketId, PriceTicks, RemovalReason, Side, SizeLots};
use std::collections::BTreeMap;

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
        let mut touched: BTreeMap<Level, u128> = BTreeMap::new();
        for event in &record.outcome.events {
            if let Some((level, change)) = change(event) {
                touched.entry(level).or_insert(self.open(&level));
                self.carry_out(level, change);
            }
        }
        let mut updates: Vec<BookUpdate> = Vec::new();
        for (level, before) in touched {
            // What came and went within the input never was in a book that anybody saw.
            let size = self.open(&level);
            if size == before {
                continue;
            }
            let (market, is_ask, price) = level;
            if updates.last().is_none_or(|update| update.market != market.0) {
                let (seq, time) = (record.input.seq.0, record.input.time.0);
                updates.push(BookUpdate { seq, time, market: market.0, bids: Vec::new(), asks: Vec::new() });
            }
            let view = LevelView { price: price.0, size: Amount(i128::try_from(size).unwrap_or(i128::MAX)) };
            if let Some(update) = updates.last_mut() {
                if is_ask { update.asks.push(view) } else { update.bids.push(view) }
            }
        }
        updates
    }

    fn open(&self, level: &Level) -> u128 {
        self.0.get(level).copied().unwrap_or_default()
    }

    fn carry_out(&mut self, level: Level, change: Change) {
        match change {
            Change::Joins(size) => self.add(level, size),
            Change::Leaves(size) => self.subtract(level, size),
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

/// What an event does to a level.
enum Change {
    Joins(SizeLots),
    Leaves(SizeLots),
}

fn change(event: &Event) -> Option<(Level, Change)> {
    match *event {
        Event::OrderRested { market, ref order } => {
            Some(((market, order.side == Side::Sell, order.price), Change::Joins(order.size)))
        }
        Event::Fill { market, price, size, taker_side, .. } => {
            Some(((market, taker_side == Side::Buy, price), Change::Leaves(size)))
        }
        Event::OrderRemoved { market, side, price, size, reason, .. } if rested(reason) => {
            Some(((market, side == Side::Sell, price), Change::Leaves(size)))
        }
        _ => None,
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
