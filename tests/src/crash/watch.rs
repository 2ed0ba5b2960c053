//! How long accounts are below maintenance before the ladder acts on them, and before they are out of it.

use ballast_engine::{Exchange, can_liquidate, can_only_be_torn_up, is_believed};
use ballast_node::liquidator::Liquidator;
use ballast_state::Position;
use ballast_types::{AccountId, Event, Millis, Outcome, limits::FORCED_WINDOW_MS};
use std::collections::BTreeMap;

/// An account below maintenance.
#[derive(Clone, Copy, Debug)]
struct Fallen {
    since: Millis,
    /// Since when the engine would take a step on it, whenever it is asked.
    able: Option<Millis>,
    acted: bool,
}

/// Why nothing was done yet, in seconds of accounts below maintenance on whom there was no step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    /// The price of one of its markets was not believed.
    pub(super) price: u64,
    /// The market's pace of 5 s was used up.
    pub(super) pace: u64,
    /// Nobody trades within its limit, and the backstop does not take it.
    pub(super) taker: u64,
    /// There is a step to take: it is the ladder's turn.
    pub(super) turn: u64,
}

/// Who is below maintenance since when. It has an index of its own, the same as the ladder's.
#[derive(Debug, Default)]
pub(super) struct Watch {
    index: Liquidator,
    below: BTreeMap<AccountId, Fallen>,
    /// From the tick at which an account was below to the first step on it, in ms.
    pub(super) lags: Vec<u64>,
    /// From when on the ladder had left out a step that there was to take to the first step, in ms.
    pub(super) turns: Vec<u64>,
    /// From the tick at which an account was below until it no longer was, in ms.
    pub(super) spans: Vec<u64>,
    /// Accounts that came back without a step on them.
    pub(super) recovered: u64,
    /// First steps by the level at which they found the account, 1 to 3.
    pub(super) levels: [u64; 3],
    /// Why others wait.
    pub(super) waits: Waits,
    /// The worst lag since this was last taken.
    pub(super) worst: u64,
    /// Whoever was below and not named, and the reverse, in an audit.
    pub(super) missed: u64,
    /// Audits made.
    pub(super) audits: u64,
}

impl Watch {
    pub(super) fn of(exchange: &Exchange) -> Self {
        Self { index: Liquidator::of(exchange), ..Self::default() }
    }

    /// Follows an input of this time.
    pub(super) fn follow(&mut self, outcome: &Outcome, now: Millis) {
        self.index.follow(outcome);
        for event in &outcome.events {
            let Event::Liquidated { account, level, .. } = event else { continue };
            if let Some(fallen) = self.below.get_mut(account).filter(|fallen| !fallen.acted) {
                fallen.acted = true;
                let lag = now.since(fallen.since);
                self.lags.push(lag);
                self.turns.push(fallen.able.map_or(0, |able| now.since(able)));
                self.levels[usize::from(level.clamp(&1, &3) - 1)] += 1;
                self.worst = self.worst.max(lag);
            }
        }
    }

    /// Notes who is below now.
    pub(super) fn look(&mut self, exchange: &Exchange, now: Millis) {
        if !self.index.is_behind() {
            return;
        }
        let mut before = std::mem::take(&mut self.below);
        for account in self.index.below(exchange) {
            let fallen = before.remove(&account).unwrap_or(Fallen { since: now, able: None, acted: false });
            self.below.insert(account, fallen);
        }
        for fallen in before.values() {
            self.spans.push(now.since(fallen.since));
            self.recovered += u64::from(!fallen.acted);
        }
    }

    /// Compares with a look at everybody. To be called after [`Self::look`].
    pub(super) fn audit(&mut self, exchange: &Exchange) {
        let seen = crate::scan::below(&exchange.state);
        self.audits += 1;
        let named = seen.iter().filter(|account| self.below.contains_key(account)).count();
        self.missed += (seen.len() - named + self.below.len() - named) as u64;
    }

    /// Asks the engine whether there is a step to take on those on whom there was none, and if not, notes why. Once a
    /// second, after all that the ladder did for the last prices.
    pub(super) fn ask_why(&mut self, exchange: &mut Exchange, now: Millis) {
        let window = now.0 / FORCED_WINDOW_MS;
        for (&account, fallen) in self.below.iter_mut().filter(|(_, fallen)| !fallen.acted) {
            if can_liquidate(exchange, now, account) || can_only_be_torn_up(exchange, now, account) {
                fallen.able.get_or_insert(now);
                self.waits.turn += 1;
                continue;
            }
            fallen.able = None;
            let state = &exchange.state;
            let Some(owned) = state.accounts.get(account.0) else { continue };
            let is_paced = |held: &Position| {
                let strain = state.venues.get(held.market.0.into()).map(|venue| venue.strain);
                strain.is_some_and(|it| u64::from(it.window) == window && it.closed >= it.allowance)
            };
            if !owned.positions.iter().all(|held| is_believed(state, now, held.market)) {
                self.waits.price += 1;
            } else if owned.positions.iter().all(is_paced) {
                self.waits.pace += 1;
            } else {
                self.waits.taker += 1;
            }
        }
    }

    /// How many are below.
    pub(super) fn count(&self) -> usize {
        self.below.len()
    }

    /// How many are below on whom there was no step, and for how long at most, in ms.
    pub(super) fn untouched(&self, now: Millis) -> (usize, u64) {
        let left = self.below.values().filter(|fallen| !fallen.acted);
        left.fold((0, 0), |(count, worst), fallen| (count + 1, worst.max(now.since(fallen.since))))
    }
}
