//! Gains pay what their pool owes (protocol, "Haircut").

use ballast_types::{AccountId, Event, MarketId, PoolId, RejectCode, Side, limits::MAX_HOLDERS};

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
        self.check_list(holders, MAX_HOLDERS)?;
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

    /// Whether all who count are listed, and nobody who does not.
    fn all_count(&self, pool: PoolId, listed: &[AccountId]) -> bool {
        let markets = self.markets_of(pool).into_iter().filter(|id| self.is_sure(*id));
        let sides = markets.flat_map(|id| [(id, Side::Buy), (id, Side::Sell)]);
        let of_side = |(id, side): (MarketId, Side)| -> Vec<AccountId> {
            let is_of_side = |account: &AccountId| {
                let q = self.account(*account).position(id).size;
                q != 0 && (q > 0) == (side == Side::Buy)
            };
            self.account_ids().into_iter().filter(is_of_side).collect()
        };
        let held: Vec<_> = sides.map(|it| (it, of_side(it))).filter(|(_, all)| !all.is_empty()).collect();
        let together = |most: usize| held.iter().map(|(_, all)| all.len().min(most)).sum::<usize>();
        let most = (1..=MAX_HOLDERS).filter(|most| together(*most) <= MAX_HOLDERS).max().unwrap_or(1);
        let mut count = Vec::new();
        for ((market, side), all) in held {
            let mut here = self.holders_up_to(market, side, most);
            if here.is_empty() {
                let class = |id: &AccountId| self.account(*id).position(market).size.abs().ilog2();
                let largest = all.iter().map(class).max().expect("somebody is on it");
                let is_largest = |id: &AccountId| all.contains(id) && class(id) == largest;
                here = listed.iter().copied().filter(is_largest).collect();
                if here.len() < most {
                    return false;
                }
            }
            count.extend(here);
        }
        count.sort_unstable();
        count.dedup();
        count == listed
    }

    /// What it gained in one of its markets; a loss is below 0.
    fn gained_in(&self, id: AccountId, market: MarketId) -> i128 {
        let (it, position) = (self.market(market), self.account(id).position(market));
        it.value(it.mark, position.size) - position.basis
    }

    /// `g`.
    fn gain_in_all(&self, id: AccountId) -> i128 {
        let markets = || self.account(id).positions.keys();
        if !markets().all(|market| self.is_sure(*market)) {
            return 0;
        }
        let margin = self.margin(id);
        let gained: i128 = markets().map(|market| self.gained_in(id, *market)).sum();
        gained.min(margin.equity - margin.counted.value).max(0)
    }

    fn pay_of_gains(&mut self, id: AccountId, paid: i128) {
        let markets: Vec<MarketId> = self.account(id).positions.keys().copied().collect();
        let gains: Vec<i128> = markets.iter().map(|market| self.gained_in(id, *market).max(0)).collect();
        for (market, part) in markets.iter().zip(share(paid, &gains)) {
            self.account_mut(id).positions.get_mut(market).expect("it has one").basis += part;
        }
        self.account_mut(id).cash -= paid;
    }
}
