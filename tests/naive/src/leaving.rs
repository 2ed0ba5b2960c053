//! How an account that exits is paid out, and when an exit is due (protocol, "Forced requests").

use ballast_types::{
    AccountId, Address, Event, MarketId, OracleState, PoolId, RejectCode, Rejection, RemovalReason,
    limits::{MAX_QUEUED, MIN_WITHDRAWAL},
};

use crate::{
    exchange::Exchange,
    numbers::{is_money, quote, refuse},
    resolution::Stage,
};

/// What stands before a pool where an exit is due.
const OF_POOL: i128 = 1 << 32;

impl Exchange {
    /// The account, which exits, leaves with what it has, unless it has a position or its pool pays nobody now.
    pub(crate) fn pay_out(&mut self, id: AccountId) -> Option<Vec<Event>> {
        let account = self.account(id);
        let recipient = account.exit?;
        if !account.positions.is_empty() || !self.pays_out(account.pool) {
            return None;
        }
        let mut events = Vec::new();
        for market in self.market_ids() {
            for order in self.orders_of(id, market) {
                events.push(self.remove(market, order.id, RemovalReason::Exit));
            }
        }
        if self.margin(id).debt() > 0 {
            events.extend(self.sell_what_is_owed(id));
        }
        let left = self.leave_with_all(id, recipient);
        let paid = left.as_ref().map_or(0, |(_, paid)| *paid);
        events.extend(left.map(|(told, _)| told));
        events.extend(self.hand_out_all(id, recipient));
        events.push(self.end_exit(id, paid));
        Some(events)
    }

    /// Its cash leaves or waits, or what its pool has; nothing, where that is too little.
    fn leave_with_all(&mut self, id: AccountId, recipient: Address) -> Option<(Event, i128)> {
        let (pool, cash) = (self.pool_of(id), self.account(id).cash);
        let u = match pool.stage {
            // What it pays for the cash is never more than it has.
            Stage::Resolved(_) => cash,
            Stage::Open | Stage::Settling(_) => cash.min(pool.held()),
        };
        let paid = pool.paid(u);
        if u < i128::from(MIN_WITHDRAWAL) || paid == 0 || !is_money(pool.withdrawn + paid) {
            return None;
        }
        let before = self.clone();
        match self.debit((id, recipient), u) {
            Ok(told) => Some((told, paid)),
            Err(_) => {
                *self = before;
                None
            }
        }
    }

    /// The account no longer exits, and so much was paid.
    pub(crate) fn end_exit(&mut self, account: AccountId, paid: i128) -> Event {
        let recipient = self.account_mut(account).exit.take().expect("it exits");
        Event::ExitEnded { account, recipient, amount: quote(paid) }
    }

    /// Whether a pool pays out who exits: it may pay, and there is room in the batch and among those who wait.
    fn pays_out(&self, id: PoolId) -> bool {
        let pool = self.pool(id);
        let has_room = pool.pacing.as_ref().is_none_or(|pacing| (pacing.queue.len() as u64) < MAX_QUEUED);
        pool.may_pay() && self.has_room_for_everything() && has_room
    }

    /// Whether positions of accounts that exit can be closed in a market.
    pub(crate) fn is_closable(&self, id: MarketId) -> bool {
        self.market(id).settled.is_none()
            && self.oracle(id) == OracleState::Fresh
            && self.may_liquidate_at(id)
    }

    /// Whether positions of accounts in a market become cash: it settled at a price, and the minute after is over.
    pub(crate) fn is_cashable(&self, id: MarketId) -> bool {
        let market = self.market(id);
        market.settled.is_some_and(|it| it.price > 0) && !market.is_in_grace(self.time)
    }

    /// A tick of the market ended: what it left is remembered while anybody exits there.
    pub(crate) fn note_closable(&mut self, id: MarketId) {
        self.market_mut(id).found = self.exiting_in(id) > 0 && self.is_closable(id);
    }

    /// Where nobody exits nothing is remembered.
    pub(crate) fn forget_closable(&mut self) {
        for id in self.market_ids() {
            if self.exiting_in(id) == 0 {
                self.market_mut(id).found = false;
            }
        }
    }

    /// How many accounts that exit have a position in a market.
    #[must_use]
    pub fn exiting_in(&self, market: MarketId) -> usize {
        let counts = |it: &&crate::Account| it.exit.is_some() && it.positions.contains_key(&market);
        self.accounts.iter().filter(counts).count()
    }

    /// How many accounts of a pool exit and have no position.
    #[must_use]
    pub fn exiting_from(&self, pool: PoolId) -> usize {
        let counts = |it: &&crate::Account| it.exit.is_some() && it.pool == pool && it.positions.is_empty();
        self.accounts.iter().filter(counts).count()
    }

    /// Where an exit is due, if one is: in the lowest market, or else from the lowest pool.
    #[must_use]
    pub fn exit_due(&self) -> Option<i128> {
        let may_close = |id: MarketId| self.is_closable(id) || self.market(id).found || self.is_cashable(id);
        let is_due_in = |id: &MarketId| self.exiting_in(*id) > 0 && may_close(*id);
        let is_due_from = |id: &PoolId| self.exiting_from(*id) > 0 && self.pays_out(*id);
        let market = self.market_ids().into_iter().find(is_due_in).map(|id| i128::from(id.0));
        let pool = || self.pool_ids().into_iter().find(is_due_from).map(|id| OF_POOL + i128::from(id.0));
        market.or_else(pool)
    }

    /// Refuses what has to wait until an exit that is due was dealt with.
    pub(crate) fn check_no_exit_is_due(&self) -> Result<(), Rejection> {
        match self.exit_due() {
            Some(place) => refuse(RejectCode::ExitDue, place, 0),
            None => Ok(()),
        }
    }
}
