//! Finds the orders that can never trade again, so that the books do not show them for longer than they must. It is
//! not trusted (architecture A2): the engine looks at every order that is named, and whoever meets one before it is
//! swept sees it go.

use crate::quarantine::{pool_of_account, pool_of_market};
use ballast_engine::Exchange;
use ballast_types::{
    AccountId, Event, ForcedRequest, MarketId, Millis, Order, OrderId, Outcome, PoolId, Side, SystemCommand,
    limits::MAX_SWEPT,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Fewer orders than one sweep may name wait this long for others: a sweep is an input like any other, and nobody is
/// to make many of them out of few of his own.
const PATIENCE_MS: u64 = 100;

/// An order and where it rests.
type Place = (MarketId, OrderId);

/// Whose order only closes which way in which market.
type Closing = (AccountId, MarketId, bool, OrderId);

/// Which orders end when, as the events tell. As large as there are such orders, and accounts that scheduled it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sweeper {
    /// Orders by the first millisecond at which they are over.
    ends: BTreeSet<(Millis, Place)>,
    end_of: HashMap<Place, Millis>,
    /// Accounts by the time at which all their orders are to be cancelled.
    schedules: BTreeSet<(Millis, AccountId)>,
    schedule_of: BTreeMap<AccountId, Millis>,
    /// Orders that only close.
    closing: BTreeSet<Closing>,
    /// Accounts that traded, and may have orders left that only close a position that is gone.
    traded: BTreeSet<(AccountId, MarketId)>,
    /// Orders that had nothing to close when their account last traded.
    spent: BTreeSet<Closing>,
    /// Markets that settled, as long as orders may be left there.
    settled: BTreeSet<MarketId>,
    /// When fewer orders than one sweep may name are swept again.
    rests_until: Millis,
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
        let ended = exchange.state.markets.iter().filter(|(_, market)| market.settlement.is_some());
        sweeper.settled.extend(ended.filter_map(|(id, _)| Some(MarketId(u16::try_from(id).ok()?))));
        for (id, trader) in exchange.state.traders.iter() {
            sweeper.schedule(AccountId(id), trader.seldom.cancel_at);
        }
        sweeper
    }

    /// Names nothing any more of pools that are `shut`: nothing happens there that would bring more.
    pub fn leave_out(&mut self, exchange: &Exchange, shut: impl Fn(PoolId) -> bool) {
        let state = &exchange.state;
        let stays = |market: MarketId| !pool_of_market(state, market).is_some_and(&shut);
        self.ends.retain(|(_, (market, _))| stays(*market));
        self.end_of.retain(|(market, _), _| stays(*market));
        self.closing.retain(|(_, market, _, _)| stays(*market));
        self.spent.retain(|(_, market, _, _)| stays(*market));
        self.traded.retain(|(_, market)| stays(*market));
        self.settled.retain(|market| stays(*market));
        let is_there = |account: AccountId| !pool_of_account(state, account).is_some_and(&shut);
        self.schedules.retain(|(_, account)| is_there(*account));
        self.schedule_of.retain(|account, _| is_there(*account));
    }

    /// Follows an input.
    pub fn follow(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            match event {
                Event::OrderRested { market, order } | Event::OrderWaits { market, order } => {
                    self.rests(*market, order);
                }
                Event::OrderRemoved { market, account, order, side, .. } => {
                    let closing = (*account, *market, *side == Side::Sell, *order);
                    self.closing.remove(&closing);
                    self.spent.remove(&closing);
                    if let Some(end) = self.end_of.remove(&(*market, *order)) {
                        self.ends.remove(&(end, (*market, *order)));
                    }
                }
                // What rests to close has something to close: only a later trade can leave it nothing.
                Event::Fill { market, taker, maker, .. } if !self.closing.is_empty() => {
                    self.traded.extend([(*taker, *market), (*maker, *market)]);
                }
                Event::MarketSettled { market, .. } => {
                    self.settled.insert(*market);
                }
                Event::CancelScheduled { account, at, .. } => self.schedule(*account, *at),
                // What had been scheduled is forgotten by who exits.
                Event::ScheduledCancel { account, .. }
                | Event::ForcedRequest { account, request: ForcedRequest::Exit, .. } => {
                    self.schedule(*account, None);
                }
                _ => {}
            }
        }
    }

    /// A sweep of what is at its end at `now`, when it is worth one. What it names is the engine's to remove; the
    /// events tell.
    pub fn due(&mut self, exchange: &Exchange, now: Millis) -> Option<SystemCommand> {
        self.look_at_positions(exchange);
        let orders = self.at_their_end(exchange, now);
        if orders.is_empty() || (orders.len() < MAX_SWEPT && now < self.rests_until) {
            return None;
        }
        self.rests_until = Millis(now.0.saturating_add(PATIENCE_MS));
        Some(SystemCommand::Sweep { orders })
    }

    /// When something is to be swept next.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        let order = self.ends.first().map(|(end, _)| *end);
        let account = self.schedules.first().map(|(at, _)| *at);
        let spent = [self.spent.is_empty(), self.traded.is_empty(), self.settled.is_empty()]
            .contains(&false)
            .then_some(Millis(0));
        let first = [order, account, spent].into_iter().flatten().min()?;
        Some(first.max(self.rests_until))
    }

    /// No longer names what is in a sweep that the engine refused at `now`: it sees it otherwise.
    pub fn forget(&mut self, refused: &SystemCommand, now: Millis) {
        let SystemCommand::Sweep { orders } = refused else { return };
        for place in orders {
            if let Some(end) = self.end_of.remove(place) {
                self.ends.remove(&(end, *place));
            }
        }
        self.spent.clear();
        self.schedules.retain(|(at, _)| *at > now);
    }

    /// Of those who traded, the orders that only close, where there is nothing that they could.
    fn look_at_positions(&mut self, exchange: &Exchange) {
        for (account, market) in std::mem::take(&mut self.traded) {
            for sells in [false, true] {
                if has_nothing_to_close(exchange, account, market, sells) {
                    let all =
                        (account, market, sells, OrderId(0))..=(account, market, sells, OrderId(u64::MAX));
                    self.spent.extend(self.closing.range(all));
                }
            }
        }
    }

    /// As many orders as one sweep may name.
    fn at_their_end(&mut self, exchange: &Exchange, now: Millis) -> Vec<Place> {
        let over = self.ends.iter().take_while(|(end, _)| *end <= now);
        let mut orders: Vec<Place> = over.map(|(_, place)| *place).take(MAX_SWEPT).collect();
        let spent: Vec<Closing> = self.spent.iter().take(MAX_SWEPT - orders.len()).copied().collect();
        for closing @ (account, market, sells, order) in spent {
            if has_nothing_to_close(exchange, account, market, sells) {
                orders.push((market, order));
            } else {
                // A position was opened anew while others were waited for.
                self.spent.remove(&closing);
            }
        }
        self.settled.retain(|market| exchange.book(*market).is_some_and(|book| !book.is_empty()));
        for market in &self.settled {
            let book = exchange.book(*market).into_iter().flat_map(ballast_book::Book::orders);
            let room = MAX_SWEPT.saturating_sub(orders.len());
            orders.extend(book.map(|order| (*market, order.id)).take(room));
        }
        let mut flat = Vec::new();
        for &(at, account) in self.schedules.iter().take_while(|(at, _)| *at <= now) {
            if orders.len() >= MAX_SWEPT {
                break;
            }
            let left = all_orders(exchange, account);
            if left.is_empty() {
                flat.push((at, account));
            }
            orders.extend(left);
        }
        // The account's next command ends the schedule itself.
        for done in &flat {
            self.schedules.remove(done);
        }
        orders.truncate(MAX_SWEPT);
        orders
    }

    fn rests(&mut self, market: MarketId, order: &Order) {
        if let Some(until) = order.good_until {
            let (end, place) = (Millis(until.0.saturating_add(1)), (market, order.id));
            self.ends.insert((end, place));
            self.end_of.insert(place, end);
        }
        if order.reduce_only {
            self.closing.insert((order.account, market, order.side == Side::Sell, order.id));
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

/// Whether the account has no position in the market that a sell, or a buy, could close.
fn has_nothing_to_close(exchange: &Exchange, account: AccountId, market: MarketId, sells: bool) -> bool {
    let positions = exchange.state.accounts.get(account.0).map_or(&[][..], |owned| &owned.positions);
    let size = positions.iter().find(|held| held.market == market).map_or(0, |held| held.size.0);
    if sells { size <= 0 } else { size >= 0 }
}

fn all_orders(exchange: &Exchange, account: AccountId) -> Vec<Place> {
    let books = exchange.state.traders.get(account.0).map_or(&[][..], |trader| &trader.books);
    let markets = books.iter().filter(|book| book.orders > 0).map(|book| book.market);
    markets
        .flat_map(|market| exchange.orders_of(account, market).into_iter().map(move |id| (market, id)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::Status;

    #[test]
    fn what_who_exits_had_scheduled_was_swept_all_the_same() {
        let (mut sweeper, account) = (Sweeper::default(), AccountId(7));
        let mut follow = |event| sweeper.follow(&Outcome { status: Status::Accepted, events: vec![event] });
        follow(Event::CancelScheduled { step: 0, account, at: Some(Millis(1_000)) });
        follow(Event::ForcedRequest { index: 0, account, request: ForcedRequest::Exit });
        assert_eq!(sweeper.next(), None);
    }
}
