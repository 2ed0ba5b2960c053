//! Asks that accounts whose owners forced their exit through L1 are closed, market by market, and paid out. It is not trusted
//! (architecture A2): the engine says itself who exits, what can be closed, and whether a list of holders is complete. What
//! the engine would refuse is not asked for, so that it is no input.

use crate::{
    holders::holders,
    quarantine::{Extents, closes, pool_of_account},
};
use ballast_engine::{Exchange, can_exit, is_cashed, is_closable};
use ballast_state::Position;
use ballast_types::{AccountId, Event, ForcedRequest, MarketId, Millis, Outcome, SystemCommand};
use std::collections::{BTreeMap, BTreeSet};

/// How long an account is left alone after it was tried, unless something of it was closed: a market's price may not be
/// known, or its pool may not be able to pay.
const RETRY_MS: u64 = 1_000;
/// Accounts that are tried for one step; the others' turn comes with the next group.
const MAX_TRIED: usize = 64;

/// Who exits, and when each is tried next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exits {
    next: BTreeMap<AccountId, Millis>,
    /// The same by time.
    turns: BTreeSet<(Millis, AccountId)>,
}

impl Exits {
    /// Of an exchange as it is. Every account is looked at once.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        let mut exits = Self::default();
        let exiting = exchange.state.traders.iter().filter(|(_, trader)| trader.seldom.exit.is_some());
        exiting.for_each(|(account, _)| exits.put(AccountId(account), Millis(0)));
        exits
    }

    /// Follows an input.
    pub fn follow(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            match *event {
                Event::ForcedRequest { account, request: ForcedRequest::Exit, .. }
                | Event::Exiting { account, .. } => self.put(account, Millis(0)),
                Event::ExitEnded { account, .. } => self.remove(account),
                _ => {}
            }
        }
    }

    /// How many accounts exit.
    #[must_use]
    pub fn count(&self) -> usize {
        self.next.len()
    }

    /// When there may be something to do next; `None` while nobody exits.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        self.turns.first().map(|(at, _)| *at)
    }

    /// The next step that would be taken at `now`, where what closes goes on: who is named has his next turn in a second, or at once when [`follow`]
    /// is told that some of his lots were closed. The exchange is left as it is.
    ///
    /// [`follow`]: Self::follow
    pub fn due(
        &mut self,
        exchange: &mut Exchange,
        now: Millis,
        extents: Extents<'_>,
    ) -> Option<SystemCommand> {
        for _ in 0..MAX_TRIED {
            let (_, account) = self.turns.first().copied().filter(|(at, _)| *at <= now)?;
            self.put(account, Millis(now.0.saturating_add(RETRY_MS)));
            if !closes(pool_of_account(&exchange.state, account), extents) {
                continue;
            }
            let command = step(exchange, now, account);
            if command.is_some() {
                return command;
            }
        }
        None
    }

    fn put(&mut self, account: AccountId, at: Millis) {
        self.remove(account);
        self.next.insert(account, at);
        self.turns.insert((at, account));
    }

    fn remove(&mut self, account: AccountId) {
        if let Some(at) = self.next.remove(&account) {
            self.turns.remove(&(at, account));
        }
    }
}

/// What can be done for an account now: it is paid, or its exit is over, which takes no holders; or it is closed in the first
/// of its markets that lets it.
fn step(exchange: &mut Exchange, now: Millis, account: AccountId) -> Option<SystemCommand> {
    if can_exit(exchange, now, account, MarketId(0), &[]) {
        return Some(SystemCommand::Exit { account, market: MarketId(0), holders: Vec::new() });
    }
    let positions = exchange.state.accounts.get(account.0).map(|owned| owned.positions.clone());
    positions.unwrap_or_default().into_iter().find_map(|Position { market, size, .. }| {
        // Holders are looked for among all accounts: not where nobody is closed against them.
        let holders = if is_cashed(&exchange.state, now, market) {
            Vec::new()
        } else if is_closable(&exchange.state, now, market) {
            holders(&exchange.state, market, size.0 < 0)
        } else {
            return None;
        };
        let is_taken = can_exit(exchange, now, account, market, &holders);
        is_taken.then_some(SystemCommand::Exit { account, market, holders })
    })
}

#[cfg(test)]
mod tests;
