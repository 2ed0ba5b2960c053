//! Gains pay what their pool owes (protocol, "Haircut").

use ballast_types::{AccountId, Event, MarketId, OracleState, PoolId, RejectCode, Side, limits::MAX_HOLDERS};

use crate::{
    exchange::{Answer, Exchange},
    filling::{fill_up, share},
    numbers::{quote, refuse, refuse_plainly},
};

impl Exchange {
    pub(crate) fn haircut(&mut self, pool: PoolId, holders: &[AccountId]) -> Answer {
        if usize::from(pool.0) >= self.pools.len() {
            return refuse(RejectCode::UnknownPool, pool.0, self.pools.len() as u64);
        }
        if holders.len() > MAX_HOLDERS {
            return refuse(RejectCode::TooManyItems, holders.len() as i128, MAX_HOLDERS as i128);
        }
        if holders.is_empty() || holders.windows(2).any(|pair| pair[0] >= pair[1]) {
            return refuse_plainly(RejectCode::UnsortedPrices);
        }
        if let Some(id) = holders.iter().find(|id| id.0 as usize >= self.accounts.len()) {
            return refuse(RejectCode::UnknownAccount, id.0, self.accounts.len() as u64);
        }
        let owed = self.pool(pool).deficit;
        let is_due = owed > 0 && !self.pool(pool).is_ending() && self.all_count(pool, holders);
        let gains: Vec<i128> = holders.iter().map(|id| self.gain_in_all(*id)).collect();
        let paid = fill_up(owed.min(gains.iter().sum()), &gains.iter().map(|g| (*g, *g)).collect::<Vec<_>>());
        if !is_due || paid.iter().all(|paid| *paid == 0) {
            return refuse_plainly(RejectCode::NothingDue);
        }
        let before = self.clone();
        let mut events = Vec::new();
        for (id, paid) in holders.iter().zip(paid).filter(|(_, paid)| *paid > 0) {
            self.pay_of_gains(*id, paid);
            self.pool_mut(pool).make_good(paid);
            let markets: Vec<MarketId> = self.account(*id).positions.keys().copied().collect();
            if markets.into_iter().any(|market| !self.is_in_bounds(*id, market)) {
                *self = before;
                return refuse_plainly(RejectCode::Overflow);
            }
            events.push(Event::GainsCut { account: *id, paid: quote(paid) });
        }
        Ok(events)
    }

    /// Whether every market with a position is sure, all who count are listed, and nobody who does not.
    fn all_count(&self, pool: PoolId, listed: &[AccountId]) -> bool {
        let mut markets = self.markets_of(pool);
        let is_held = |id: &MarketId| self.accounts.iter().any(|account| account.positions.contains_key(id));
        markets.retain(is_held);
        let is_sure = |id: &MarketId| self.oracle(*id) == OracleState::Fresh && self.may_liquidate_at(*id);
        if markets.is_empty() || !markets.iter().all(is_sure) {
            return false;
        }
        let most = MAX_HOLDERS / 2 / markets.len();
        let mut count = Vec::new();
        for market in markets {
            for side in [Side::Buy, Side::Sell] {
                let class = |id: &AccountId| self.account(*id).position(market).size.abs().checked_ilog2();
                let is_of_side = |id: &AccountId| {
                    let q = self.account(*id).position(market).size;
                    q != 0 && (q > 0) == (side == Side::Buy)
                };
                let of_side = self.account_ids().into_iter().filter(is_of_side);
                let Some(largest) = of_side.filter_map(|id| class(&id)).max() else { continue };
                let mut here = self.holders_up_to(market, side, most);
                if here.is_empty() {
                    let is_largest = |id: &&AccountId| is_of_side(id) && class(id) == Some(largest);
                    here = listed.iter().filter(is_largest).copied().collect();
                    if here.len() < most {
                        return false;
                    }
                }
                count.extend(here);
            }
        }
        count.sort_unstable();
        count.dedup();
        count == listed
    }

    /// What it gained in one of its markets.
    fn gain_in(&self, id: AccountId, market: MarketId) -> i128 {
        let (it, position) = (self.market(market), self.account(id).position(market));
        (it.value(it.mark, position.size) - position.basis).max(0)
    }

    /// `g`.
    fn gain_in_all(&self, id: AccountId) -> i128 {
        let gained: i128 = self.account(id).positions.keys().map(|market| self.gain_in(id, *market)).sum();
        gained.min(self.margin(id).equity).max(0)
    }

    fn pay_of_gains(&mut self, id: AccountId, paid: i128) {
        let markets: Vec<MarketId> = self.account(id).positions.keys().copied().collect();
        let gains: Vec<i128> = markets.iter().map(|market| self.gain_in(id, *market)).collect();
        for (market, part) in markets.iter().zip(share(paid, &gains)) {
            self.account_mut(id).positions.get_mut(market).expect("it has one").basis += part;
        }
        self.account_mut(id).cash -= paid;
    }
}
