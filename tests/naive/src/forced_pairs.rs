//! Forced orders in a clearing (protocol, "Clearing"): when they leave, and what their trades come to.

use std::collections::BTreeSet;

use ballast_types::{AccountId, MarketId, Order, RemovalReason};

use crate::{clear::Part, closing::terms, exchange::Exchange};

/// What the forced trades of a clearing come to.
#[derive(Clone, Debug)]
pub(crate) struct Tally {
    /// What the fund may add, in u.
    claim: i128,
    /// What it added in all pairs so far, without the penalties that it got, in u.
    added: i128,
    /// What accounts paid, less what was added, in u.
    pub(crate) paid: i128,
    /// Who had a pair with which the fund would have added more than it may.
    beyond: BTreeSet<AccountId>,
}

/// What the two of a pair pay, below zero what they get, in u; nothing where one fails with it.
pub(crate) struct Fees {
    pub(crate) maker: Option<i128>,
    pub(crate) taker: Option<i128>,
    /// What the pool gets of both.
    pub(crate) to_pool: i128,
}

impl Tally {
    pub(crate) const fn new(claim: i128) -> Self {
        Self { claim, added: 0, paid: 0, beyond: BTreeSet::new() }
    }

    /// The account pays so much for a forced trade, unless the fund would then have added too much.
    fn take(&mut self, account: AccountId, payment: i128) -> Option<i128> {
        let added = self.added + (-payment).max(0);
        if added > self.claim {
            self.beyond.insert(account);
            return None;
        }
        self.added = added;
        self.paid += payment;
        Some(payment)
    }
}

impl Exchange {
    /// Why an order leaves a clearing before it is held: it can never trade again, or it is forced and its account is no
    /// longer to be liquidated.
    pub(crate) fn end_in_clearing(&self, market: MarketId, order: &Order) -> Option<RemovalReason> {
        let is_over = || order.is_forced() && !self.may_be_forced(order.account);
        self.end_of(market, order).or_else(|| is_over().then_some(RemovalReason::Liquidation))
    }

    /// Whether the account is at level 1 or 2, and to be liquidated by all of its prices.
    fn may_be_forced(&self, id: AccountId) -> bool {
        let margin = self.margin(id);
        let lacks = margin.equity > 0 && margin.equity + self.doubt(id) < margin.maintenance;
        lacks && self.account(id).positions.keys().all(|market| self.may_liquidate_at(*market))
    }

    /// What a pair pays that trades so many lots at this price next.
    pub(crate) fn pair_fees(
        &self,
        market: MarketId,
        (price, lots): (i128, i128),
        [maker, taker]: [&Order; 2],
        tally: &mut Tally,
    ) -> Fees {
        let it = self.market(market);
        let fees = |order: &Order| it.fees(self.account(order.account), it.value(price, lots), self.time);
        let penalty = terms(it.params.class).penalty;
        let mut pay = |order: &Order, fee: i128| {
            if !order.is_forced() {
                return Some(fee);
            }
            let payment = self.closing(order.account, market).payment(price, lots, penalty);
            tally.take(order.account, payment)
        };
        // From a forced order nobody has a rebate.
        let maker_fee = if taker.is_forced() { fees(maker).1.max(0) } else { fees(maker).1 };
        let (of_maker, of_taker) = (pay(maker, maker_fee), pay(taker, fees(taker).0));
        let of_pool = |order: &Order, fee: Option<i128>| if order.is_forced() { 0 } else { fee.unwrap_or(0) };
        let to_pool = of_pool(maker, of_maker) + of_pool(taker, of_taker);
        Fees { maker: of_maker, taker: of_taker, to_pool }
    }

    /// Whether the account of an order that traded bears what the clearing made of it.
    pub(crate) fn bears(&self, before: &Self, part: &Part, market: MarketId, tally: &Tally) -> bool {
        let id = part.order.account;
        if part.order.is_forced() {
            self.is_in_bounds(id, market) && !tally.beyond.contains(&id)
        } else {
            self.is_borne(before, id, market)
        }
    }
}
