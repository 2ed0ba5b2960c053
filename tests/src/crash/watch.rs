//! How long accounts are below maintenance before the ladder acts on them, and before they are out of it.

use ballast_engine::{Exchange, is_believed};
use ballast_node::liquidator::Liquidator;
use ballast_state::Venue;
use ballast_types::{AccountId, Event, MarketId, Millis, Outcome, limits::FORCED_WINDOW_MS};
use std::collections::BTreeMap;

/// An account below maintenance.
#[derive(Clone, Copy, Debug)]
struct Fallen {
    since: Millis,
    acted: bool,
}

/// Why nothing was done yet, in looks at accounts below maintenance on whom there was no step.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Waits {
    /// The price of one of its markets was not believed.
    pub(super) price: u64,
    /// The market's pace of 5 s was used up.
    pub(super) pace: u64,
    /// Nothing on the book within its limit, or it was not its turn.
    pub(super) other: u64,
}

/// Who is below maintenance since when. It has an index of its own, the same as the ladder's.
#[derive(Debug, Default)]
pub(super) struct Watch {
    index: Liquidator,
    below: BTreeMap<AccountId, Fallen>,
    /// From the tick at which an account was below to the first step on it, in ms.
    pub(super) lags: Vec<u64>,
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
            let fallen = before.remove(&account).unwrap_or(Fallen { since: now, acted: false });
            self.below.insert(account, fallen);
        }
        for fallen in before.values() {
            self.spans.push(now.since(fallen.since));
            self.recovered += u64::from(!fallen.acted);
        }
    }

    /// Compares with a look at everybody. To be called after [`Self::look`].
    pub(super) fn audit(&mut self, exchange: &Exchange) {
        let seen = super::audit::below(exchange);
        self.audits += 1;
        let named = seen.iter().filter(|account| self.below.contains_key(account)).count();
        self.missed += (seen.len() - named + self.below.len() - named) as u64;
    }

    /// Notes why nothing was done to those on whom there was no step.
    pub(super) fn ask_why(&mut self, exchange: &Exchange, now: Millis) {
        let state = &exchange.state;
        let window = now.0 / FORCED_WINDOW_MS;
        for account in self.below.iter().filter(|(_, fallen)| !fallen.acted).map(|(account, _)| account) {
            let Some(owned) = state.accounts.get(account.0) else { continue };
            let mut venues =
                owned.positions.iter().map(|held| (held.market, state.venues.get(held.market.0.into())));
            let is_paced = |(_, venue): (MarketId, Option<&Venue>)| {
                venue.is_some_and(|it| {
                    u64::from(it.strain.window) == window && it.strain.closed >= it.strain.allowance
                })
            };
            let known = owned.positions.iter().all(|held| is_believed(state, now, held.market));
            let reason = if !known {
                &mut self.waits.price
            } else if venues.all(is_paced) {
                &mut self.waits.pace
            } else {
                &mut self.waits.other
            };
            *reason += 1;
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
