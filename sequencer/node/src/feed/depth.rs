//! Sizes of the price levels, told from events alone: an independent view of the books, which tests compare
//! with the books themselves.

use crate::{
    pipeline::Record,
    wire::{Amount, BookUpdate, LevelView},
};
use ballast_engine::Exchange;
use ballast_types::{Event, MarketId, Order, OrderId, PriceTicks, Side, SizeLots};
use std::collections::BTreeMap;

/// A level: market, whether it is an ask, price.
type Level = (MarketId, bool, PriceTicks);

/// The sum of the shown sizes of every level, the orders that rest, and of those the ones that show less than is open.
#[derive(Clone, Debug, Default)]
pub(super) struct Depth {
    /// Up to 2^20 orders of 2^46 lots: more than a `u64`.
    levels: BTreeMap<Level, u128>,
    /// The orders that rest, by market and slot: in a clearing they trade at another price than that of their level.
    orders: Vec<Vec<Resting>>,
    icebergs: BTreeMap<(MarketId, OrderId), Berg>,
    /// Icebergs that the clearing at hand fills, each with all that it trades at once.
    cleared: BTreeMap<(MarketId, OrderId), u64>,
}

/// An order that rests, or none: there are as many as slots.
#[derive(Clone, Copy, Debug)]
struct Resting {
    id: OrderId,
    /// Twice its price, and one more for an ask.
    at: u64,
}

const _: () = assert!(size_of::<Resting>() == 16, "a million of them count");

impl Resting {
    /// No order that rests has the id.
    const NOBODY: Self = Self { id: OrderId(u64::MAX), at: 0 };

    fn new(id: OrderId, is_ask: bool, price: PriceTicks) -> Self {
        Self { id, at: price.0 << 1 | u64::from(is_ask) }
    }

    fn level(self, market: MarketId) -> Level {
        (market, self.at & 1 == 1, PriceTicks(self.at >> 1))
    }
}

/// An order that shows less than is open of it, by the rules of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Berg {
    display: u64,
    shown: u64,
    hidden: u64,
}

impl Berg {
    fn of(order: &Order) -> Option<Self> {
        let iceberg = order.iceberg?;
        Some(Self { display: iceberg.display.0, shown: order.size.0, hidden: iceberg.hidden.0 })
    }

    /// A fill takes what is shown first, then what is hidden; when nothing is shown any more, more is.
    fn fill(&mut self, size: u64) {
        let from_shown = size.min(self.shown);
        self.shown -= from_shown;
        self.hidden -= size - from_shown;
        if self.shown == 0 {
            self.shown = self.display.min(self.hidden);
            self.hidden -= self.shown;
        }
    }

    /// A reduction takes what is hidden first.
    fn reduce(&mut self, size: u64) {
        let from_hidden = size.min(self.hidden);
        self.hidden -= from_hidden;
        self.shown -= size - from_hidden;
    }
}

impl Depth {
    /// The levels of all books of an exchange.
    pub(super) fn of(exchange: &Exchange) -> Self {
        let mut depth = Self::default();
        for market in (0..exchange.state.chain.markets).map(MarketId) {
            for order in exchange.book(market).into_iter().flat_map(ballast_book::Book::orders) {
                if order.waits.is_none() {
                    depth.join(market, &order);
                }
            }
        }
        depth
    }

    /// Follows an input; the levels that it changed, by market.
    pub(super) fn follow(&mut self, record: &Record) -> Vec<BookUpdate> {
        let mut touched: BTreeMap<Level, u128> = BTreeMap::new();
        let clears = matches!(record.outcome.events.first(), Some(Event::Cleared { .. }));
        for event in &record.outcome.events {
            for (level, order) in self.changed_by(event).into_iter().flatten() {
                touched.entry(level).or_insert(self.shown(&level));
                self.carry_out(level, order, event, clears);
            }
        }
        self.finish_clearing();
        let mut updates: Vec<BookUpdate> = Vec::new();
        for (level, before) in touched {
            // What came and went within the input never was in a book that anybody saw.
            let size = self.shown(&level);
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

    /// The level of an order that rests.
    fn level_of(&self, market: MarketId, order: OrderId) -> Option<Level> {
        let slots = self.orders.get(usize::from(market.0))?;
        let resting = slots.get(order.slot() as usize).filter(|resting| resting.id == order)?;
        Some(resting.level(market))
    }

    /// The slot of an order that rests, or will.
    fn slot(&mut self, market: MarketId, order: OrderId) -> &mut Resting {
        let (market, slot) = (usize::from(market.0), order.slot() as usize);
        if self.orders.len() <= market {
            self.orders.resize_with(market + 1, Vec::new);
        }
        let slots = &mut self.orders[market];
        if slots.len() <= slot {
            slots.resize(slot + 1, Resting::NOBODY);
        }
        &mut slots[slot]
    }

    fn shown(&self, level: &Level) -> u128 {
        self.levels.get(level).copied().unwrap_or_default()
    }

    /// The orders that an event changes, and their levels: of those that rest, or come to. In a clearing the one that is
    /// told as the taker may rest, too, and the other wait.
    fn changed_by(&self, event: &Event) -> [Option<(Level, OrderId)>; 2] {
        let known = |market, order| Some((self.level_of(market, order)?, order));
        match *event {
            Event::OrderRested { market, ref order } => [Some((level(market, order), order.id)), None],
            Event::Fill { market, maker_order, taker_order, .. } => {
                [known(market, maker_order), known(market, taker_order)]
            }
            Event::OrderRemoved { market, order, .. } | Event::OrderReduced { market, order, .. } => {
                [known(market, order), None]
            }
            _ => [None, None],
        }
    }

    fn carry_out(&mut self, level: Level, order: OrderId, event: &Event, clears: bool) {
        match event {
            Event::OrderRested { market, order } => self.join(*market, order),
            Event::Fill { size, .. } => {
                let name = (level.0, order);
                if clears && self.icebergs.contains_key(&name) {
                    *self.cleared.entry(name).or_default() += size.0;
                } else {
                    self.change(level, order, *size, Berg::fill);
                }
            }
            Event::OrderReduced { size, .. } => self.change(level, order, *size, Berg::reduce),
            Event::OrderRemoved { size, .. } => {
                *self.slot(level.0, order) = Resting::NOBODY;
                self.cleared.remove(&(level.0, order));
                let shown = self.icebergs.remove(&(level.0, order)).map_or(size.0, |berg| berg.shown);
                self.subtract(level, shown);
            }
            _ => {}
        }
    }

    /// The icebergs that a clearing filled and that stay: each shows its next part once, whatever the pairs were.
    fn finish_clearing(&mut self) {
        for (name, size) in std::mem::take(&mut self.cleared) {
            let level = self.level_of(name.0, name.1).expect("what was filled and stays rests");
            self.change(level, name.1, SizeLots(size), Berg::fill);
        }
    }

    fn join(&mut self, market: MarketId, order: &Order) {
        let level = level(market, order);
        let (_, is_ask, price) = level;
        *self.slot(market, order.id) = Resting::new(order.id, is_ask, price);
        *self.levels.entry(level).or_default() += u128::from(order.size.0);
        if let Some(berg) = Berg::of(order) {
            self.icebergs.insert((level.0, order.id), berg);
        }
    }

    /// An order of the level loses lots and stays; of an iceberg `lose` says what it shows then.
    fn change(&mut self, level: Level, order: OrderId, size: SizeLots, lose: impl Fn(&mut Berg, u64)) {
        let Some(berg) = self.icebergs.get_mut(&(level.0, order)) else {
            return self.subtract(level, size.0);
        };
        let before = berg.shown;
        lose(berg, size.0);
        let after = berg.shown;
        self.subtract(level, before);
        if after > 0 {
            *self.levels.entry(level).or_default() += u128::from(after);
        }
    }

    fn subtract(&mut self, level: Level, size: u64) {
        if size == 0 {
            return;
        }
        let shown = self.levels.get_mut(&level).expect("what leaves a level rested in it");
        *shown = shown.checked_sub(u128::from(size)).expect("a level never holds less than leaves it");
        if *shown == 0 {
            self.levels.remove(&level);
        }
    }
}

fn level(market: MarketId, order: &Order) -> Level {
    (market, order.side == Side::Sell, order.price)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::{
        AccountId, B256, BatchIndex, ClientId, Input, KeyNumber, Millis, Outcome, Quote, RemovalReason, Seq,
        Source, Status, SystemCommand,
    };

    fn record(events: Vec<Event>) -> Record {
        let source = Source::System(SystemCommand::SealBatch { index: BatchIndex(1) });
        let input = Input { seq: Seq(1), time: Millis(1), source };
        Record {
            input,
            input_bytes: Vec::new(),
            chain: B256::ZERO,
            outcome: Outcome { status: Status::Accepted, events },
        }
    }

    /// Of two orders that a clearing lets trade the older may wait and the younger rest: the level of that one stayed.
    #[test]
    fn a_resting_order_that_was_told_as_the_taker_left_a_phantom_in_its_level() {
        let (market, account, client) = (MarketId(0), AccountId(1), ClientId(0));
        let order = Order {
            id: OrderId::new(7, 1),
            account,
            key: KeyNumber(0),
            side: Side::Sell,
            price: PriceTicks(99),
            size: SizeLots(5),
            reserve: Quote(0),
            client,
            reduce_only: false,
            good_until: None,
            iceberg: None,
            waits: None,
        };
        let mut depth = Depth::default();
        depth.follow(&record(vec![Event::OrderRested { market, order }]));
        let fill = Event::Fill {
            market,
            price: PriceTicks(99),
            size: SizeLots(5),
            taker_side: Side::Sell,
            taker: account,
            taker_order: order.id,
            taker_client: client,
            taker_fee: Quote(0),
            maker: AccountId(0),
            maker_order: OrderId::new(3, 2),
            maker_client: client,
            maker_fee: Quote(0),
            maker_left: SizeLots(0),
        };
        let gone = Event::OrderRemoved {
            market,
            account,
            order: order.id,
            client,
            side: Side::Sell,
            price: PriceTicks(99),
            size: SizeLots(0),
            reason: RemovalReason::Filled,
        };
        let cleared = Event::Cleared { market, price: Some(PriceTicks(99)), volume: SizeLots(5) };
        let updates = depth.follow(&record(vec![cleared, fill, gone]));
        assert_eq!(updates[0].asks, [LevelView { price: 99, size: Amount(0) }]);
        assert!(depth.levels.is_empty() && depth.icebergs.is_empty() && depth.cleared.is_empty());
        assert!(depth.level_of(market, order.id).is_none());
    }
}
