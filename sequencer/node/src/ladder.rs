//! Asks for the liquidation of the accounts that are below maintenance, the worst first, and for the tear-up of what
//! nobody takes over. It is not trusted (architecture A2): the engine says itself where an account stands, and whether a
//! list of holders is complete. What the engine would refuse is not asked for, so that it is no input.

use crate::{
    holders::{held, holders, holders_of_pool},
    liquidator::Liquidator,
    quarantine::{Extents, closes, goes_on, pool_of_account},
};
use ballast_engine::{Exchange, can_deleverage, can_liquidate, can_only_be_torn_up, gains_due};
use ballast_types::{
    AccountId, MarketId, Millis, Outcome, PoolId, Quote, SystemCommand, limits::MAX_DELEVERAGED,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How often accounts below maintenance are looked for: among very many that takes milliseconds.
const LOOK_MS: u64 = 20;
/// How long an account is left alone for which nothing could be done: the book may be empty, or its price not known.
const RETRY_MS: u64 = 1_000;
/// How long a pool that owes is left alone without gains that are worth it: to look for them is to look at every account.
const FRUITLESS_MS: u64 = 10_000;
/// Least sum of gains that a haircut is asked for, but for all that is owed: each writes to hundreds of accounts.
const LEAST_CUT: Quote = Quote(100_000_000);
/// Accounts that are looked at for one step; the others' turn comes with the next group.
const MAX_LOOKED_AT: usize = 64;

/// Who is below maintenance, and what was tried.
#[derive(Clone, Debug, Default)]
pub struct Ladder {
    finder: Liquidator,
    /// How many there were when it was looked last.
    below: usize,
    /// When it was looked last; never before the first time.
    looked: Option<Millis>,
    /// Whose turn it is, the worst first.
    queue: VecDeque<AccountId>,
    /// Who can only be torn up.
    left_over: BTreeSet<AccountId>,
    /// Who is left alone until when, and the same by time.
    asleep: BTreeMap<AccountId, Millis>,
    wakes: BTreeSet<(Millis, AccountId)>,
    /// When gains of a pool that owes are looked at next.
    debts: BTreeMap<PoolId, Millis>,
}

impl Ladder {
    /// Of an exchange as it is.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        Self { finder: Liquidator::of(exchange), ..Self::default() }
    }

    /// Follows an input.
    pub fn follow(&mut self, outcome: &Outcome) {
        self.finder.follow(outcome);
    }

    /// How many accounts are below maintenance, as far as was looked.
    #[must_use]
    pub const fn below(&self) -> usize {
        self.below
    }

    /// The same; `None` until it was looked since the market moved last.
    #[must_use]
    pub fn below_since(&self, market: MarketId) -> Option<usize> {
        (self.looked.is_some() && !self.finder.is_behind_in(market)).then_some(self.below)
    }

    /// The next step that would be taken at `now`, of pools that are not set aside, and gains where what closes goes on. The
    /// exchange is left as it is.
    pub fn due(
        &mut self,
        exchange: &mut Exchange,
        now: Millis,
        extents: Extents<'_>,
    ) -> Option<SystemCommand> {
        self.look(exchange, now, extents);
        for _ in 0..MAX_LOOKED_AT {
            let Some(account) = self.queue.pop_front() else { break };
            if !goes_on(pool_of_account(&exchange.state, account), extents) {
                continue;
            }
            if can_liquidate(exchange, now, account) {
                return Some(SystemCommand::Liquidate { account });
            }
            if can_only_be_torn_up(exchange, now, account) {
                self.left_over.insert(account);
            } else {
                self.sleep(account, now);
            }
        }
        // Whoever can only be torn up does not wait for all others to be looked at.
        self.tear_up(exchange, now, extents).or_else(|| self.cut_gains(exchange, now, extents))
    }

    /// When there may be something to do next.
    #[must_use]
    pub fn next(&self) -> Option<Millis> {
        if !self.queue.is_empty() || !self.left_over.is_empty() {
            return Some(Millis(0));
        }
        let Some(looked) = self.looked else { return Some(Millis(0)) };
        let look = Millis(looked.0.saturating_add(LOOK_MS));
        let wakes = self.wakes.first().map(|(at, _)| *at);
        let below = if self.finder.is_behind() { Some(look) } else { wakes.map(|at| at.max(look)) };
        below.into_iter().chain(self.debts.values().copied()).min()
    }

    /// Leaves those alone for a while whom a command names that was refused all the same.
    pub fn forget(&mut self, refused: &SystemCommand, now: Millis) {
        match refused {
            SystemCommand::Liquidate { account } => self.sleep(*account, now),
            SystemCommand::Deleverage { accounts, .. } => {
                accounts.iter().for_each(|account| self.sleep(*account, now));
            }
            SystemCommand::Haircut { pool, .. } => {
                self.debts.insert(*pool, Millis(now.0.saturating_add(FRUITLESS_MS)));
            }
            _ => {}
        }
    }

    /// Looks for accounts below maintenance, when something moved or somebody's sleep is over.
    fn look(&mut self, exchange: &Exchange, now: Millis, extents: Extents<'_>) {
        if self.looked.is_some_and(|looked| now.since(looked) < LOOK_MS) {
            return;
        }
        let wakes = self.wakes.first().is_some_and(|(at, _)| *at <= now);
        if self.looked.is_some() && !wakes && !self.finder.is_behind() {
            return;
        }
        self.looked = Some(now);
        while let Some((at, account)) = self.wakes.first().copied().filter(|(at, _)| *at <= now) {
            self.wakes.remove(&(at, account));
            self.asleep.remove(&account);
        }
        self.left_over.clear();
        let mut below = self.finder.below(exchange);
        below.retain(|id| goes_on(pool_of_account(&exchange.state, *id), extents));
        self.below = below.len();
        self.queue = below.into_iter().filter(|id| !self.asleep.contains_key(id)).collect();
    }

    fn sleep(&mut self, account: AccountId, now: Millis) {
        self.left_over.remove(&account);
        let until = Millis(now.0.saturating_add(RETRY_MS));
        if let Some(before) = self.asleep.insert(account, until) {
            self.wakes.remove(&(before, account));
        }
        self.wakes.insert((until, account));
    }

    /// A round of a market in which the first of those that are left over has a position: with all others of its side, or
    /// else alone.
    fn tear_up(
        &mut self,
        exchange: &mut Exchange,
        now: Millis,
        extents: Extents<'_>,
    ) -> Option<SystemCommand> {
        let &account = self.left_over.first()?;
        if !goes_on(pool_of_account(&exchange.state, account), extents) {
            self.left_over.remove(&account);
            return None;
        }
        let positions = exchange.state.accounts.get(account.0).map(|owned| owned.positions.clone());
        for position in positions.unwrap_or_default() {
            let (market, is_long) = (position.market, position.size.0 > 0);
            let state = &exchange.state;
            let is_of_side =
                |id: &&AccountId| held(state, **id, market).is_some_and(|lots| (lots > 0) == is_long);
            let together: Vec<AccountId> =
                self.left_over.iter().filter(is_of_side).take(MAX_DELEVERAGED).copied().collect();
            let holders = holders(state, market, !is_long);
            for accounts in [together, vec![account]] {
                if can_deleverage(exchange, now, market, &accounts, &holders) {
                    self.left_over.retain(|account| !accounts.contains(account));
                    return Some(SystemCommand::Deleverage { market, accounts, holders });
                }
            }
        }
        self.sleep(account, now);
        None
    }

    /// What a pool owes is paid out of gains, where they are worth it.
    fn cut_gains(
        &mut self,
        exchange: &mut Exchange,
        now: Millis,
        extents: Extents<'_>,
    ) -> Option<SystemCommand> {
        let deficit = |pool: &PoolId| {
            exchange.state.pools.get(pool.0.into()).map_or(Quote::ZERO, |ledger| ledger.deficit)
        };
        let pools = (0..exchange.state.genesis.pools).map(PoolId);
        let owing: Vec<_> = pools.map(|pool| (pool, deficit(&pool))).filter(|(_, owed)| owed.0 > 0).collect();
        self.debts.retain(|pool, _| owing.iter().any(|(owes, _)| owes == pool));
        for (pool, owed) in owing {
            if self.debts.get(&pool).is_some_and(|at| now < *at) {
                continue;
            }
            if !closes(Some(pool), extents) {
                continue;
            }
            let holders = holders_of_pool(&exchange.state, now, pool);
            let paid = gains_due(exchange, now, pool, &holders);
            let is_worth_it = paid >= LEAST_CUT || paid == owed;
            // Where no price is sure nobody was looked at.
            let rest = if is_worth_it || holders.is_empty() { RETRY_MS } else { FRUITLESS_MS };
            self.debts.insert(pool, Millis(now.0.saturating_add(rest)));
            if is_worth_it {
                return Some(SystemCommand::Haircut { pool, holders });
            }
        }
        None
    }
}
