//! Positions that nobody takes are torn up, and winners pay what is missing (protocol, "Deleverage").

use std::collections::BTreeMap;

use ballast_types::{
    AccountId, Event, Lots, MarketId, OracleState, PriceTicks, RejectCode, Rejection, Side,
    event::Cover,
    limits::{MAX_DELEVERAGED, MAX_HOLDERS},
};

use crate::{
    closing::USDC,
    exchange::{Answer, Exchange},
    filling::{fill_up, share},
    liquidate::told,
    numbers::{
        MAX_LOTS, MAX_MONEY, MILLION, is_money, quote, ratio_down, ratio_up, refuse, refuse_plainly, unsigned,
    },
};

/// Who holds the other side, as he stood when netting began.
pub(crate) struct Holder {
    pub(crate) id: AccountId,
    /// `|q|`.
    lots: i128,
    /// `E`.
    pub(crate) equity: i128,
    /// `g`, in u.
    pub(crate) gain: i128,
    weight: i128,
    /// The most that he may close.
    pub(crate) cap: i128,
    /// Whether he closes before the others.
    is_first: bool,
}

/// Step 6: how many of so many lots each of the holders with `E > 0` closes.
pub(crate) fn torn_up(holders: &[Holder], mut left: i128) -> Vec<i128> {
    let mut closes = vec![0; holders.len()];
    for only_first in [true, false] {
        let wants: Vec<(i128, i128)> = holders
            .iter()
            .zip(&closes)
            .map(|(holder, closed)| {
                let counts = holder.equity > 0 && (holder.is_first || !only_first);
                if counts { (holder.weight, holder.cap - closed) } else { (0, 0) }
            })
            .collect();
        for (closes, more) in closes.iter_mut().zip(fill_up(left, &wants)) {
            *closes += more;
            left -= more;
        }
    }
    closes
}

/// What somebody's position grew by, and what he pays.
pub(crate) type Changes = BTreeMap<AccountId, (i128, i128)>;

impl Exchange {
    pub(crate) fn deleverage(
        &mut self,
        market: MarketId,
        accounts: &[AccountId],
        holders: &[AccountId],
    ) -> Answer {
        self.check_lists(market, accounts, holders)?;
        if !self.may_deleverage(market, accounts, holders) {
            return refuse_plainly(RejectCode::NothingDue);
        }
        let before = self.clone();
        let torn = self.tear_up(market, accounts, holders);
        let everybody = || accounts.iter().chain(holders).copied().chain(self.pool_at(market).backstop);
        let is_bounded = || everybody().all(|id| self.is_in_bounds(id, market));
        if torn.is_err() || !is_bounded() || !is_money(self.pool_at(market).deficit) {
            *self = before;
            return refuse_plainly(RejectCode::Overflow);
        }
        torn
    }

    fn check_lists(
        &self,
        market: MarketId,
        accounts: &[AccountId],
        holders: &[AccountId],
    ) -> Result<(), Rejection> {
        self.check_market(market)?;
        for (list, most) in [(accounts, MAX_DELEVERAGED), (holders, MAX_HOLDERS)] {
            if list.len() > most {
                return refuse(RejectCode::TooManyItems, list.len() as i128, most as i128);
            }
        }
        let ascends = |list: &[AccountId]| list.windows(2).all(|pair| pair[0] < pair[1]);
        let in_both = accounts.iter().any(|id| holders.contains(id));
        if accounts.is_empty() || !ascends(accounts) || !ascends(holders) || in_both {
            return refuse_plainly(RejectCode::UnsortedPrices);
        }
        let unknown = accounts.iter().chain(holders).find(|id| id.0 as usize >= self.accounts.len());
        if let Some(id) = unknown {
            return refuse(RejectCode::UnknownAccount, id.0, self.accounts.len() as u64);
        }
        Ok(())
    }

    /// Refuses a list of accounts that is empty, too long, does not ascend, or names one that there is not.
    pub(crate) fn check_list(&self, listed: &[AccountId], most: usize) -> Result<(), Rejection> {
        if listed.len() > most {
            return refuse(RejectCode::TooManyItems, listed.len() as i128, most as i128);
        }
        if listed.is_empty() || listed.windows(2).any(|pair| pair[0] >= pair[1]) {
            return refuse_plainly(RejectCode::UnsortedPrices);
        }
        match listed.iter().find(|id| id.0 as usize >= self.accounts.len()) {
            Some(id) => refuse(RejectCode::UnknownAccount, id.0, self.accounts.len() as u64),
            None => Ok(()),
        }
    }

    /// Whether what is forced on somebody may happen at the market's price.
    pub(crate) fn is_sure(&self, id: MarketId) -> bool {
        self.oracle(id) == OracleState::Fresh && self.may_liquidate_at(id)
    }

    fn may_deleverage(&self, market: MarketId, accounts: &[AccountId], holders: &[AccountId]) -> bool {
        let size = |id: &AccountId| self.account(*id).position(market).size;
        let side = size(&accounts[0]).signum();
        let is_stuck = |id: &AccountId| {
            side != 0
                && size(id).signum() == side
                && self.account(*id).positions.keys().all(|other| self.is_sure(*other))
                && self.margin(*id).equity + self.doubt(*id) <= 0
                && self.clone().take_over(*id, true).is_empty()
        };
        self.is_sure(market)
            && accounts.iter().all(is_stuck)
            && !holders.is_empty()
            && self.are_all(market, if side > 0 { Side::Sell } else { Side::Buy }, holders)
    }

    /// Whether the list is that of all, or where the largest are too many, of as many of these as may be.
    pub(crate) fn are_all(&self, market: MarketId, side: Side, listed: &[AccountId]) -> bool {
        let all = self.holders(market, side);
        if all.is_empty() {
            let class = |id: &AccountId| self.account(*id).position(market).size.abs().checked_ilog2();
            let is_of_side =
                |id: &AccountId| (self.account(*id).position(market).size > 0) == (side == Side::Buy);
            let everybody = self.account_ids().into_iter().filter(is_of_side);
            let largest = everybody.filter_map(|id| class(&id)).max();
            return listed.len() == MAX_HOLDERS
                && listed.iter().all(|id| is_of_side(id) && class(id) == largest);
        }
        listed == all
    }

    /// All who have at least a power of two of lots on a side, the smallest with which they are not too many.
    #[must_use]
    pub fn holders(&self, market: MarketId, side: Side) -> Vec<AccountId> {
        self.holders_up_to(market, side, MAX_HOLDERS)
    }

    /// The same for another bound. Nobody, where those with the largest positions are more.
    #[must_use]
    pub fn holders_up_to(&self, market: MarketId, side: Side, most: usize) -> Vec<AccountId> {
        let with_at_least = |least: i128| -> Vec<AccountId> {
            let size = |id: &AccountId| {
                let q = self.account(*id).position(market).size;
                if side == Side::Buy { q } else { -q }
            };
            self.account_ids().into_iter().filter(|id| size(id) >= least).collect()
        };
        let lists = (0..=46).map(|k| with_at_least(1 << k));
        lists.into_iter().find(|list| list.len() <= most).unwrap_or_default()
    }

    /// Ids of all accounts.
    pub(crate) fn account_ids(&self) -> Vec<AccountId> {
        (0..self.accounts.len()).map(|id| AccountId(u32::try_from(id).expect("at most 2^28"))).collect()
    }

    fn tear_up(&mut self, market: MarketId, accounts: &[AccountId], holders: &[AccountId]) -> Answer {
        let mut events = Vec::new();
        for id in accounts {
            events.push(told(*id, &self.margin(*id)));
            events.extend(self.clear_orders(*id));
        }
        let mut here: Vec<i128> =
            accounts.iter().map(|id| self.owed_here(*id, market, -self.margin(*id).equity)).collect();
        for (id, owed) in accounts.iter().zip(&mut here) {
            let paid = self.claim(market).min(*owed).min(MAX_MONEY - self.account(*id).cash);
            self.take_from_fund(market, paid);
            events.extend(self.pay(*id, Cover::Fund, paid));
            *owed -= paid;
        }
        events.extend(self.ask_backstop(market, accounts, &mut here));
        let changes = self.agree(market, accounts, &here, holders);
        events.extend(self.change(market, self.market(market).mark, changes)?);
        for id in accounts {
            if self.account(*id).positions.is_empty() && self.account(*id).cash < 0 {
                events.extend(self.cover(*id));
            }
        }
        events.extend(self.follow(&events));
        Ok(events)
    }

    /// Step 8: what was agreed happens, at this price. A bound may be broken on the way: by the lots, before what they cost is
    /// made good.
    pub(crate) fn change(&mut self, market: MarketId, at: i128, changes: Changes) -> Answer {
        let mut events = Vec::new();
        for (account, (size, paid)) in changes {
            if size != 0 {
                self.move_lots(account, market, size, at, 0);
            }
            if !self.is_in_bounds(account, market) {
                return refuse_plainly(RejectCode::Overflow);
            }
            self.account_mut(account).cash -= paid;
            let left = self.account(account).position(market).size.abs();
            if paid > 0 && left > 0 {
                let spent = ratio_up(&[paid, left], &[left + size.abs()]);
                let position = self.account_mut(account).positions.get_mut(&market);
                position.expect("some of it is left").basis += spent;
            }
            if size != 0 || paid != 0 {
                let (price, paid) = (PriceTicks(unsigned(at)), quote(paid));
                let size = Lots(i64::try_from(size).expect("at most 2^46"));
                events.push(Event::Deleveraged { market, account, size, price, paid });
            }
        }
        Ok(events)
    }

    /// Somebody pays for the account.
    fn pay(&mut self, account: AccountId, by: Cover, u: i128) -> Option<Event> {
        self.account_mut(account).cash += u;
        (u > 0).then(|| Event::DeficitCovered { account, by, amount: quote(u) })
    }

    /// Of step 3.
    fn ask_backstop(&mut self, market: MarketId, accounts: &[AccountId], owed: &mut [i128]) -> Vec<Event> {
        let backstop = self.pool_at(market).backstop.filter(|backstop| !accounts.contains(backstop));
        let Some(backstop) = backstop else {
            return Vec::new();
        };
        let margin = self.margin(backstop);
        let usdc = margin.equity - margin.counted.value;
        let mut left = (usdc.max(0) / 4).min((usdc - margin.maintenance).max(0));
        let mut events = Vec::new();
        for (id, owed) in accounts.iter().zip(owed) {
            let paid = left.min(*owed).min(MAX_MONEY - self.account(*id).cash);
            left -= paid;
            *owed -= paid;
            self.account_mut(backstop).cash -= paid;
            events.extend(self.pay(*id, Cover::Backstop, paid));
        }
        events
    }

    /// Step 2: the part of what the account owes that is of this market.
    pub(crate) fn owed_here(&self, id: AccountId, here: MarketId, owed: i128) -> i128 {
        let positions = &self.account(id).positions;
        let lost = |market: &MarketId| {
            let (it, position) = (self.market(*market), self.account(id).position(*market));
            (position.basis - it.value(it.mark, position.size)).max(0)
        };
        let need = |market: &MarketId| {
            let closing = self.closing(id, *market);
            closing.need(closing.lots())
        };
        let lost_at_all: i128 = positions.keys().map(lost).sum();
        let weight = |market: &MarketId| if lost_at_all > 0 { lost(market) } else { need(market) };
        let all: i128 = positions.keys().map(weight).sum();
        let part = |market: &MarketId| if all > 0 { ratio_down(&[owed, weight(market)], &[all]) } else { 0 };
        let last = positions.keys().last().expect("it has a position here");
        if here == *last {
            let others = positions.keys().filter(|market| *market != last);
            owed - others.map(part).sum::<i128>()
        } else {
            part(&here)
        }
    }

    pub(crate) fn holder(&self, id: AccountId, here: MarketId) -> Holder {
        let (market, position) = (self.market(here), self.account(id).position(here));
        let margin = self.margin(id);
        let (equity, lots) = (margin.equity, position.size.abs());
        let value = market.value(market.mark, lots);
        let leverage = if equity > 0 { ratio_down(&[value, MILLION], &[equity]) } else { 0 };
        let closing = self.closing(id, here);
        let bound = if position.size > 0 {
            MAX_LOTS + position.size - self.open_lots(id, here, Side::Sell)
        } else {
            MAX_LOTS - position.size - self.open_lots(id, here, Side::Buy)
        };
        let gain = market.value(market.mark, position.size) - position.basis;
        Holder {
            id,
            lots,
            equity,
            gain: gain.min(equity - margin.counted.value).max(0),
            weight: lots * leverage.clamp(MILLION, 10 * MILLION),
            cap: lots.min(bound),
            is_first: value >= 100 * USDC && equity >= margin.maintenance - closing.need(lots),
        }
    }

    /// Steps 4 to 7: who closes how much, and who pays.
    fn agree(
        &self,
        market: MarketId,
        accounts: &[AccountId],
        owed: &[i128],
        holders: &[AccountId],
    ) -> Changes {
        let holders: Vec<Holder> = holders.iter().map(|id| self.holder(*id, market)).collect();
        let size = |id: AccountId| self.account(id).position(market).size;
        let side = size(accounts[0]).signum();
        let mut open: Vec<i128> = accounts.iter().map(|id| size(*id).abs()).collect();
        let mut left: i128 = open.iter().sum();
        let mut closes = vec![0; holders.len()];

        for (holder, closes) in holders.iter().zip(&mut closes) {
            if holder.equity <= 0 {
                let keeps = i128::from(holders.iter().any(|other| other.equity > 0));
                *closes = left.min(holder.cap).min(holder.lots - keeps);
                left -= *closes;
            }
        }
        for (closes, more) in closes.iter_mut().zip(torn_up(&holders, left)) {
            *closes += more;
        }

        let mut changes = Changes::new();
        let mut torn: i128 = closes.iter().sum();
        for (id, open) in accounts.iter().zip(&mut open) {
            let lots = torn.min(*open);
            torn -= lots;
            *open -= lots;
            changes.insert(*id, (-side * lots, 0));
        }
        for (holder, lots) in holders.iter().zip(closes) {
            changes.insert(holder.id, (side * lots, 0));
        }
        let unpaid: Vec<i128> = accounts
            .iter()
            .zip(open.iter().zip(owed))
            .map(|(id, (open, owed))| {
                let had = size(*id).abs();
                ratio_down(&[*owed, had - open], &[had])
            })
            .collect();
        let gains: Vec<(i128, i128)> = holders
            .iter()
            .map(|holder| if holder.equity > 0 { (holder.gain, holder.gain) } else { (0, 0) })
            .collect();
        let cuts = fill_up(unpaid.iter().sum(), &gains);
        for (holder, cut) in holders.iter().zip(&cuts) {
            changes.get_mut(&holder.id).expect("everybody is in it").1 = *cut;
        }
        for (id, got) in accounts.iter().zip(share(cuts.iter().sum(), &unpaid)) {
            changes.get_mut(id).expect("everybody is in it").1 = -got;
        }
        changes
    }
}
