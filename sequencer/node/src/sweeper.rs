//! Finds the orders that can never trade again, so that the books do not show them for longer than they must. It is
//! not trusted (architecture A2): the engine looks at every order that is named, and whoever meets one before it is
//! swept sees it go.

use ballast_engine::Exchange;
use ballast_types::{
    AccountId, Event, MarketId, Millis, Order, OrderId, Outcome, Side, SystemCommand, limits::MAX_SWEPT,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An order and where it rests.
type Place = (MarketId, OrderId);

/// Which orders end when, as the events tell. As large as there are orders that end, and accounts that scheduled it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweeper {
    /// Orders by the first millisecond at which they are over.
    ends: BTreeSet<(Millis, Place)>,
    end_of: HashMap<Place, Millis>,
    /// Accounts by the time at which all their orders are to be cancelled.
    schedules: BTreeSet<(Millis, AccountId)>,
    schedule_of: BTreeMap<AccountId, Millis>,
    /// Accounts that traded, and may have orders left that only close a position that is gone.
    traded: BTreeSet<(AccountId, MarketId)>,
}

impl Sweeper {
    /// Of an exchange as it is.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        let mut sweeper = Self::default();
        for market in (0..exchange.state.chain.markets).map(MarketId) {
            for order in exchange.book(market).into_iter().flat_map(ballast_book::Book::orders) {
                sweeper.rests(market, &order);
                if order.reduce_only {
                    sweeper.traded.insert((order.account, market));
                }
            }
        }
        for (id, trader) in exchange.state.traders.iter() {
            sweeper.schedule(AccountId(id), trader.cancel_at);
        }
        sweeper
    }

    /// Follows an input.
    pub fn follow(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            match event {
                Event::OrderRested { market, order } => self.rests(*market, order),
                Event::OrderRemoved { market, order, .. } => {
                    if let Some(end) = self.end_of.remove(&(*market, *order)) {
                        self.ends.remove(&(end, (*market, *order)));
                    }
                }
                Event::Fill { market, taker, maker, .. } => {
                    self.traded.extend([(*taker, *market), (*maker, *market)]);
                }
                Event::CancelScheduled { account, at, .. } => self.schedule(*account, *at),
                Event::ScheduledCancel { account, .. } => self.schedule(*account, None),
                _ => {}
            }
        }
    }

    /// What is at its end at `now`, at most as much as one sweep may name; none when nothing is.
    pub fn due(&mut self, exchange: &Exchange, now: Millis) -> Option<SystemCommand> {
        let mut orders: Vec<Place> = Vec::new();
        let over = self.ends.iter().take_while(|(end, _)| *end <= now);
        orders.extend(over.map(|(_, place)| *place).take(MAX_SWEPT));
        while orders.len() < MAX_SWEPT
            && let Some((account, market)) = self.traded.pop_first()
        {
            orders.extend(spent(exchange, account, market));
            if orders.len() > MAX_SWEPT {
                self.traded.insert((account, market));
            }
        }
        while orders.len() < MAX_SWEPT
            && let Some(&(at, account)) = self.schedules.first()
            && at <= now
        {
            let left = all_orders(exchange, account);
            if left.is_empty() {
                // The account's next command clears the schedule itself.
                self.schedules.remove(&(at, account));
            } else {
                orders.extend(left);
                break;
            }
        }
        orders.truncate(MAX_SWEPT);
        (!orders.is_empty()).then_some(SystemCommand::Sweep { orders })
    }

    /// No longer names what is in a sweep that the engine refused: it sees it otherwise.
    pub fn forget(&mut self, refused: &SystemCommand) {
        let SystemCommand::Sweep { orders } = refused else { return };
        for place in orders {
            if let Some(end) = self.end_of.remove(place) {
                self.ends.remove(&(end, *place));
            }
        }
        self.schedules.clear();
    }

    /// When something comes to its end next.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        let order = self.ends.first().map(|(end, _)| *end);
        let account = self.schedules.first().map(|(at, _)| *at);
        order.into_iter().chain(account).min()
    }

    fn rests(&mut self, market: MarketId, order: &Order) {
        if let Some(until) = order.good_until {
            let (end, place) = (Millis(until.0.saturating_add(1)), (market, order.id));
            self.ends.insert((end, place));
            self.end_of.insert(place, end);
        }
    }

    fn schedule(&mut self, account: AccountId, at: Option<Millis>) {
        if let Some(before) = self.schedule_of.remove(&account) {
            self.schedules.remove(&(before, account));
        }
        if let Some(at) = at {
            self.schedules.insert((at, account));
            self.schedule_of.insert(account, at);
        }
    }
}

/// Orders of the account that only close, where there is nothing that they could.
fn spent(exchange: &Exchange, account: AccountId, market: MarketId) -> Vec<Place> {
    let reducing = exchange.state.traders.get(account.0).is_some_and(|trader| trader.reducing > 0);
    let (Some(book), true) = (exchange.book(market), reducing) else { return Vec::new() };
    let positions = exchange.state.accounts.get(account.0).map_or(&[][..], |owned| &owned.positions);
    let size = positions.iter().find(|held| held.market == market).map_or(0, |held| held.size.0);
    let closes = |side| if side == Side::Buy { size < 0 } else { size > 0 };
    let ids = exchange.orders_of(account, market).into_iter();
    ids.filter_map(|id| book.get(id))
        .filter(|order| order.reduce_only && !closes(order.side))
        .map(|order| (market, order.id))
        .collect()
}

fn all_orders(exchange: &Exchange, account: AccountId) -> Vec<Place> {
    let books = exchange.state.traders.get(account.0).map_or(&[][..], |trader| &trader.books);
    let markets = books.iter().filter(|book| book.orders > 0).map(|book| book.market);
    markets
        .flat_map(|market| exchange.orders_of(account, market).into_iter().map(move |id| (market, id)))
        .collect()
}
