//! Finds the conditional orders whose condition has come. It is not trusted (architecture A2): the engine looks at
//! every order that is named, and says itself whether it is due.

use crate::quarantine::{Extents, goes_on, pool_of_account};
use ballast_engine::{Exchange, is_due};
use ballast_types::{
    AccountId, ConditionalId, Direction, Event, MarketId, Millis, Outcome, PriceSource, PriceTicks, SizeLots,
    SystemCommand, Trigger, limits::MAX_FIRED,
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How long a time trigger waits that is not due although its time has come: for want of a price, for instance.
const RETRY_MS: u64 = 1_000;
/// Orders that are looked at for one input, those that are found not to be due among them.
const MAX_LOOKED_AT: usize = 4 * MAX_FIRED;

/// A conditional order; in the order in which they were asked for.
type Name = (ConditionalId, AccountId);

/// Where an order waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// For a price.
    Level(Line, PriceTicks),
    /// For a time.
    Time(Millis),
    /// For something to happen to its account.
    Account,
    /// For its turn: it may be due.
    Ready,
}

/// A price and the side from which it reaches levels.
type Line = (MarketId, bool, bool);

/// Which conditional orders wait for what, as the events tell. As large as there are such orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Triggers {
    places: HashMap<Name, Place>,
    levels: BTreeMap<Line, BTreeSet<(PriceTicks, Name)>>,
    times: BTreeSet<(Millis, Name)>,
    accounts: BTreeMap<AccountId, BTreeSet<ConditionalId>>,
    ready: BTreeSet<Name>,
    /// Markets with orders that are not due although their level is reached, and when to look again.
    blocked: BTreeMap<MarketId, Millis>,
}

impl Triggers {
    /// Of an exchange as it is. All orders are looked at once.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        let mut triggers = Self::default();
        for (account, trader) in exchange.state.traders.iter() {
            for order in trader.seldom.contingent.iter().flat_map(|contingent| &contingent.orders) {
                triggers.put((order.id, AccountId(account)), Place::Ready);
            }
        }
        triggers
    }

    /// Follows an input, after which the exchange is as it is given.
    pub fn follow(&mut self, exchange: &Exchange, outcome: &Outcome) {
        for event in &outcome.events {
            match event {
                Event::ConditionalPlaced { account, conditional, .. } => {
                    self.put((conditional.id, *account), Place::Ready);
                }
                Event::ConditionalFired { account, conditional, slices_left, .. } => {
                    self.take((*conditional, *account));
                    if *slices_left > 0 {
                        self.wait(exchange, (*conditional, *account), None);
                    }
                }
                Event::ConditionalRemoved { account, conditional, .. } => {
                    self.take((*conditional, *account));
                }
                Event::PriceUpdated { market, index, mark, .. } => {
                    self.reach((*market, false), *mark);
                    self.reach((*market, true), *index);
                }
                Event::Fill { taker, maker, .. } => {
                    self.wake(*taker);
                    self.wake(*maker);
                }
                Event::OrderRemoved { account, .. } | Event::CancelScheduled { account, .. } => {
                    self.wake(*account);
                }
                _ => {}
            }
        }
    }

    /// Those whose condition has come by `now`, as many as one input may fire; what is set aside is left alone from here on.
    pub fn due(&mut self, exchange: &Exchange, now: Millis, extents: Extents<'_>) -> Option<SystemCommand> {
        while let Some(&(at, name)) = self.times.first().filter(|(at, _)| *at <= now) {
            self.times.remove(&(at, name));
            self.places.insert(name, Place::Ready);
            self.ready.insert(name);
        }
        self.look_again(exchange, now);
        let looked_at: Vec<Name> = self.ready.iter().take(MAX_LOOKED_AT).copied().collect();
        let mut conditionals = Vec::new();
        for name @ (id, account) in looked_at {
            if conditionals.len() == MAX_FIRED {
                break;
            }
            if !goes_on(pool_of_account(&exchange.state, account), extents) {
                self.take(name);
            } else if is_due(&exchange.state, now, account, id) {
                conditionals.push((account, id));
            } else {
                self.take(name);
                self.wait(exchange, name, Some(now));
            }
        }
        (!conditionals.is_empty()).then_some(SystemCommand::Fire { conditionals })
    }

    /// When something may be due next.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        if !self.ready.is_empty() {
            return Some(Millis(0));
        }
        self.times.first().map(|(at, _)| *at).into_iter().chain(self.blocked.values().copied()).min()
    }

    /// No longer names what the engine refused to fire: it sees it otherwise.
    pub fn forget(&mut self, refused: &SystemCommand) {
        let SystemCommand::Fire { conditionals } = refused else { return };
        conditionals.iter().for_each(|(account, id)| self.take((*id, *account)));
    }

    /// What was in the way of orders whose level is reached may be gone.
    fn look_again(&mut self, exchange: &Exchange, now: Millis) {
        let due: Vec<MarketId> =
            self.blocked.iter().filter(|(_, at)| **at <= now).map(|(market, _)| *market).collect();
        for id in due {
            self.blocked.remove(&id);
            if let Some(market) = exchange.state.markets.get(id.0.into()) {
                self.reach((id, false), market.mark);
                self.reach((id, true), market.index);
            }
        }
    }

    /// A price moved: the levels that it has reached may be due.
    fn reach(&mut self, (market, is_index): (MarketId, bool), price: PriceTicks) {
        let end = |name| (price, name);
        let (first, last) =
            ((ConditionalId(0), AccountId(0)), (ConditionalId(u64::MAX), AccountId(u32::MAX)));
        for is_below in [false, true] {
            let Some(levels) = self.levels.get_mut(&(market, is_index, is_below)) else { continue };
            let reached: Vec<_> = if is_below {
                levels.range(end(first)..).copied().collect()
            } else {
                levels.range(..=end(last)).copied().collect()
            };
            for entry @ (_, name) in reached {
                levels.remove(&entry);
                self.places.insert(name, Place::Ready);
                self.ready.insert(name);
            }
        }
    }

    /// Something happened to an account: what waits for that may be due.
    fn wake(&mut self, account: AccountId) {
        for id in self.accounts.remove(&account).unwrap_or_default() {
            self.places.insert((id, account), Place::Ready);
            self.ready.insert((id, account));
        }
    }

    /// Puts an order where it waits that is not due; with `not_due`, it was found so at that time.
    fn wait(&mut self, exchange: &Exchange, name: Name, not_due: Option<Millis>) {
        let (id, account) = name;
        let Some(trader) = exchange.state.traders.get(account.0) else { return };
        let Some(contingent) = trader.seldom.contingent.as_deref() else { return };
        let Some(order) = contingent.orders.iter().find(|order| order.id == id) else { return };
        let group = contingent.groups.iter().find(|group| Some(group.id) == order.group);
        let sleeps = group.is_some_and(|group| group.opened == Some(SizeLots::ZERO));
        let is_over = trader.seldom.cancel_at.is_some_and(|at| not_due.is_some_and(|now| at <= now));
        let market = exchange.state.markets.get(order.market.0.into());
        let is_over = is_over || market.is_some_and(|market| market.settlement.is_some());
        let later = not_due.map(|now| Millis(now.0.saturating_add(RETRY_MS)));
        let is_reached = |source, direction: Direction, level| {
            market.is_some_and(|market| {
                let price = if source == PriceSource::Index { market.index } else { market.mark };
                direction.is_reached(level, price)
            })
        };
        let place = match order.trigger {
            _ if is_over => Place::Account,
            Trigger::Time { at, .. } => Place::Time(later.map_or(at, |later| at.max(later))),
            Trigger::Opened => match later {
                Some(later) if group.is_some_and(|group| group.order.is_none()) => Place::Time(later),
                _ => Place::Account,
            },
            Trigger::Price { source, direction, level } if sleeps && is_reached(source, direction, level) => {
                Place::Account
            }
            Trigger::Price { source, direction, level } => {
                // Its level is reached, and something else is in its way: a jump that is not believed, a full batch.
                if let Some(later) = later.filter(|_| is_reached(source, direction, level)) {
                    self.blocked.entry(order.market).or_insert(later);
                }
                let line = (order.market, source == PriceSource::Index, direction == Direction::Below);
                Place::Level(line, level)
            }
        };
        self.put(name, place);
    }

    fn put(&mut self, name: Name, place: Place) {
        self.take(name);
        self.places.insert(name, place);
        match place {
            Place::Level(line, level) => drop(self.levels.entry(line).or_default().insert((level, name))),
            Place::Time(at) => drop(self.times.insert((at, name))),
            Place::Account => drop(self.accounts.entry(name.1).or_default().insert(name.0)),
            Place::Ready => drop(self.ready.insert(name)),
        }
    }

    fn take(&mut self, name: Name) {
        match self.places.remove(&name) {
            Some(Place::Level(line, level)) => {
                if let Some(levels) = self.levels.get_mut(&line) {
                    levels.remove(&(level, name));
                }
            }
            Some(Place::Time(at)) => drop(self.times.remove(&(at, name))),
            Some(Place::Account) => {
                if let Some(orders) = self.accounts.get_mut(&name.1) {
                    orders.remove(&name.0);
                    if orders.is_empty() {
                        self.accounts.remove(&name.1);
                    }
                }
            }
            Some(Place::Ready) => drop(self.ready.remove(&name)),
            None => {}
        }
    }
}
