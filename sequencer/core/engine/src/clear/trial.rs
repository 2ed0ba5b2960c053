//! What a clearing would do to its accounts, tried on copies.

use alloc::{
    collections::{BTreeMap, BTreeSet},
    vec::Vec,
};

use ballast_book::auction::{Clearing, Cross, OrderLots};
use ballast_risk::{Trade, ladder::Health};
use ballast_state::State;
use ballast_types::{AccountId, MarketId, Order, OrderId, PriceTicks, Quote, Side, SizeLots};

use super::field::Field;
use crate::{
    bearing::is_bearable, facts, liquidate::ForcedOrder, margin, matching::after_fill, standing::Standing,
    totals::Totals,
};

/// What a fill costs by the tier of an account.
struct Fees {
    taker: i128,
    maker: i128,
}

/// Lots that a bid and an ask exchange.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    /// The older of the two.
    pub(super) maker: OrderId,
    /// The younger.
    pub(super) taker: OrderId,
    pub(super) size: SizeLots,
    pub(super) maker_fee: Quote,
    pub(super) taker_fee: Quote,
}

/// What is left of an order that trades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    /// All that it trades.
    pub(super) size: SizeLots,
    /// What stays reserved for the rest.
    pub(super) reserve_left: Quote,
    /// Whether the rest goes, because there is nothing left that it could close.
    pub(super) is_spent: bool,
}

/// The accounts after a clearing, and what happened on the way.
pub(super) struct Trial {
    /// Everybody of whom something traded or was netted.
    pub(super) standings: BTreeMap<AccountId, Standing>,
    /// Reserves of the orders of which something was netted, in the sequence of the clearing; nothing stays reserved
    /// for one that is gone.
    pub(super) netted: Vec<Quote>,
    pub(super) pairs: Vec<Pair>,
    pub(super) filled: BTreeMap<OrderId, Filled>,
    /// Who could not bear it.
    pub(super) failing: BTreeSet<AccountId>,
    /// Fees and open interest after; none when they, or the fund, would pass their bounds.
    pub(super) totals: Option<Totals>,
    /// What the fills of forced orders came to.
    pub(super) forced: ForcedOrder,
    /// The orders as they are after netting and fills, as far as margin sees them.
    orders: BTreeMap<OrderId, Order>,
}

impl Trial {
    pub(super) fn of(state: &State, field: &Field, clearing: &Clearing) -> Self {
        let mut trial = Self {
            standings: BTreeMap::new(),
            netted: Vec::new(),
            pairs: Vec::new(),
            filled: BTreeMap::new(),
            failing: BTreeSet::new(),
            totals: None,
            forced: ForcedOrder::new(state, field.market),
            orders: field.orders.iter().map(|(id, it)| (*id, it.order)).collect(),
        };
        for lots in &clearing.netted {
            let reserve_left = trial.release(state, field.market, *lots);
            trial.netted.push(reserve_left);
        }
        if let Some(cross) = &clearing.cross {
            trial.fill(state, field.market, cross);
        }
        let parts =
            trial.pairs.iter().flat_map(|pair| [(pair.taker, pair.taker_fee), (pair.maker, pair.maker_fee)]);
        // What a forced order pays is not for the pool but for its fund.
        let paid = parts.filter(|(id, _)| !trial.orders[id].is_forced()).map(|(_, fee)| fee);
        let totals = Totals::after(state, field.market, paid, trial.standings.values());
        trial.totals =
            totals.and_then(|totals| trial.forced.check(state, field.market).map(|()| totals)).ok();
        trial
    }

    fn fill(&mut self, state: &State, market: MarketId, cross: &Cross) {
        for lots in cross.bought.iter().chain(&cross.sold) {
            let reserve_left = self.release(state, market, *lots);
            self.filled.insert(lots.id, Filled { size: lots.size, reserve_left, is_spent: false });
        }
        for (bid, ask, size) in pair_off(&cross.bought, &cross.sold) {
            self.trade(state, market, cross.price, (bid, ask), size);
        }
        self.end_closing();
        self.judge(state, market);
    }

    /// An account as it stands by now.
    fn standing(&mut self, state: &State, market: MarketId, account: AccountId) -> &mut Standing {
        self.standings.entry(account).or_insert_with(|| Standing::of(state, account, market))
    }

    /// No longer counts lots of an order. Returns what stays reserved for it.
    fn release(&mut self, state: &State, market: MarketId, lots: OrderLots) -> Quote {
        let order = self.orders[&lots.id];
        let reserve_left = self.standing(state, market, order.account).release_lots(&order, lots.size);
        self.orders.insert(lots.id, after_fill(&order, lots.size, reserve_left));
        reserve_left
    }

    /// Trades a bid and an ask. Who cannot, for a bound, fails.
    fn trade(
        &mut self,
        state: &State,
        market: MarketId,
        price: PriceTicks,
        (bid, ask): (OrderId, OrderId),
        size: SizeLots,
    ) {
        let forced = |id| self.orders[&id].is_forced();
        let bid_takes = if forced(bid) == forced(ask) { ask < bid } else { forced(bid) };
        let (maker, taker) = if bid_takes { (ask, bid) } else { (bid, ask) };
        let is_forced = forced(taker);
        let maker_fee = self.pay(state, market, (price, size), maker, |fees| {
            // From a forced order nobody has a rebate.
            if is_forced { fees.maker.max(0) } else { fees.maker }
        });
        let taker_fee = self.pay(state, market, (price, size), taker, |fees| fees.taker);
        self.pairs.push(Pair { maker, taker, size, maker_fee, taker_fee });
    }

    /// Lets an order trade, and its account pay what `fee` says, unless it is forced. What it pays. Who cannot fails.
    fn pay(
        &mut self,
        state: &State,
        id: MarketId,
        (price, size): (PriceTicks, SizeLots),
        order: OrderId,
        fee: impl Fn(&Fees) -> i128,
    ) -> Quote {
        let Order { account, side, .. } = self.orders[&order];
        let (market, time) = (facts::market(state, id), state.chain.time);
        let mut after = *self.standing(state, id, account);
        let fee = if self.orders[&order].is_forced() {
            let health = Health::from(&margin::summary_with(state, id, &after));
            self.forced.after(market, &health, after.size, (price, size)).map(|(fee, forced)| {
                self.forced = forced;
                fee
            })
        } else {
            let notional = market.params.value(price, Side::Buy.signed(size));
            let tier = after.fee_tier(market, time);
            Some(fee(&Fees { taker: tier.taker_fee_ceil(notional), maker: tier.maker_fee_ceil(notional) }))
        };
        let fee = fee.and_then(Quote::try_from_i128);
        let traded = fee.map(|fee| after.trade(market, time, &Trade { side, price, size, fee }));
        if !matches!(traded, Some(Ok(()))) {
            self.failing.insert(account);
        }
        self.standings.insert(account, after);
        fee.unwrap_or(Quote::ZERO)
    }

    /// Orders that only close and traded go where there is nothing left to close.
    fn end_closing(&mut self) {
        for (id, filled) in &mut self.filled {
            let order = self.orders[id];
            let standing = self.standings.get_mut(&order.account).expect("it traded");
            if order.reduce_only
                && order.open() > SizeLots::ZERO
                && standing.closable(order.side) == SizeLots::ZERO
            {
                standing.release(&order);
                filled.is_spent = true;
            }
        }
    }

    /// Who traded and cannot bear it fails. A forced trade leaves its account no less healthy.
    fn judge(&mut self, state: &State, market: MarketId) {
        let traded = self.filled.keys().map(|id| &self.orders[id]).filter(|order| !order.is_forced());
        let traded: BTreeSet<AccountId> = traded.map(|order| order.account).collect();
        for account in traded {
            let before = Standing::of(state, account, market);
            if !is_bearable(state, market, &before, &self.standings[&account]) {
                self.failing.insert(account);
            }
        }
    }
}

/// Pairs what is bought with what is sold, from the front of both, which come to the same sum.
fn pair_off(bought: &[OrderLots], sold: &[OrderLots]) -> Vec<(OrderId, OrderId, SizeLots)> {
    let (mut bids, mut asks) = (bought.iter().copied(), sold.iter().copied());
    let (mut bid, mut ask) = (bids.next(), asks.next());
    let mut pairs = Vec::new();
    while let (Some(buyer), Some(seller)) = (&mut bid, &mut ask) {
        let size = buyer.size.min(seller.size);
        pairs.push((buyer.id, seller.id, size));
        buyer.size.0 -= size.0;
        seller.size.0 -= size.0;
        if buyer.size == SizeLots::ZERO {
            bid = bids.next();
        }
        if seller.size == SizeLots::ZERO {
            ask = asks.next();
        }
    }
    pairs
}
