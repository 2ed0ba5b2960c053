//! Who is certain to bear what a clearing makes of his orders (protocol, "Clearing").

use std::collections::BTreeSet;

use ballast_types::{AccountId, MarketId, Side};

use crate::{
    clear::Part,
    exchange::Exchange,
    margin::{Margin, requirement},
    market::Market,
    numbers::{MAX_LOTS, MAX_MONEY, divide_down, divide_up, product_not_less},
};

/// For what is rounded when an order is filled in parts, in u.
const ROUNDED: i128 = 4_096;

fn signed(part: &Part) -> i128 {
    if part.order.side == Side::Buy { part.lots } else { -part.lots }
}

/// An account, its orders that take part, and the market.
struct Case<'a> {
    market: &'a Market,
    parts: Vec<&'a Part>,
    margin: Margin,
    initial_margin: u32,
    cash: i128,
    basis: i128,
    q: i128,
    b: i128,
    a: i128,
    /// What a gain here counts in `E_w` where gains are strict.
    strict_gain: i128,
    /// Fees of its tier for an amount, the dearer of taker's and maker's.
    fee: Box<dyn Fn(i128) -> i128 + 'a>,
}

impl Exchange {
    /// The accounts that are not certain; those of forced orders are not asked.
    pub(crate) fn uncertain(&self, id: MarketId, parts: &[Part]) -> BTreeSet<AccountId> {
        let plain = parts.iter().filter(|part| !part.order.is_forced());
        let accounts: BTreeSet<AccountId> = plain.map(|part| part.order.account).collect();
        let is_certain = |account: &AccountId| {
            let market = self.market(id);
            let it = self.account(*account);
            let fee = move |notional| {
                let (taker, maker) = market.fees(it, notional, self.time);
                taker.max(maker)
            };
            Case {
                market,
                parts: parts.iter().filter(|part| part.order.account == *account).collect(),
                margin: self.margin(*account),
                initial_margin: self.initial_fraction(*account, id),
                cash: it.cash,
                basis: it.position(id).basis,
                q: it.position(id).size,
                b: self.open_lots(*account, id, Side::Buy),
                a: self.open_lots(*account, id, Side::Sell),
                strict_gain: market.strict_gain_counts(it.position(id)),
                fee: Box::new(fee),
            }
            .is_certain()
        };
        accounts.into_iter().filter(|account| !is_certain(account)).collect()
    }
}

impl Case<'_> {
    fn is_certain(&self) -> bool {
        let money: i128 = self.parts.iter().map(|part| 2 * self.worth(part)).sum();
        self.cash.abs() + self.basis.abs() + money <= MAX_MONEY
            && self.most() <= MAX_LOTS
            && (self.has_margin() || self.only_heals())
    }

    /// `IM` of so many lots here.
    fn im(&self, lots: i128) -> i128 {
        requirement(self.market, lots, self.initial_margin)
    }

    /// `MMR` of so many lots here.
    fn mm(&self, lots: i128) -> i128 {
        requirement(self.market, lots, self.market.fractions.maintenance)
    }

    fn reach(&self, q: i128, b: i128, a: i128) -> i128 {
        (q + b).abs().max((q - a).abs())
    }

    /// The largest position that the parts can make, or that there is.
    fn most(&self) -> i128 {
        let lots = |side| -> i128 {
            self.parts.iter().filter(|part| part.order.side == side).map(|part| part.lots).sum()
        };
        let (bought, sold) = (self.q + lots(Side::Buy), self.q - lots(Side::Sell));
        self.q.abs().max(bought.abs()).max(sold.abs())
    }

    /// The part at the highest price at which it may trade.
    fn worth(&self, part: &Part) -> i128 {
        let highest = if part.order.side == Side::Buy { part.limit } else { self.market.band().1 };
        self.market.value(highest, part.lots)
    }

    /// What it costs against the mark to be filled at the limit, below zero when it gains.
    fn loss(&self, part: &Part) -> i128 {
        self.market.value(part.limit - self.market.mark, signed(part))
    }

    /// Fee and rounding.
    fn costs(&self, part: &Part) -> i128 {
        (self.fee)(self.worth(part)) + ROUNDED
    }

    fn has_margin(&self) -> bool {
        let lost: i128 = self.parts.iter().map(|part| self.loss(part).max(0) + self.costs(part)).sum();
        let left = self.margin.weighted - self.strict_gain - lost;
        let initial = self.margin.initial - self.im(self.q) + self.im(self.most());
        let maintenance = self.margin.maintenance - self.mm(self.q) + self.mm(self.most());
        left >= divide_up(initial + maintenance, 2)
            && self.widened().is_none_or(|reach| {
                let now = self.reach(self.q, self.b, self.a);
                left >= self.margin.required - self.im(now) + self.im(reach)
            })
    }

    /// What the open orders reach when the reduce-only parts have closed, where that is more than before.
    fn widened(&self) -> Option<i128> {
        let closed: i128 =
            self.parts.iter().filter(|part| part.order.reduce_only).map(|part| signed(part)).sum();
        let reach = self.reach(self.q + closed, self.b, self.a);
        (reach > self.reach(self.q, self.b, self.a)).then_some(reach)
    }

    fn only_heals(&self) -> bool {
        let closes = |part: &&Part| signed(part).signum() == -self.q.signum();
        let lots: i128 = self.parts.iter().map(|part| part.lots).sum();
        self.parts.iter().all(closes)
            && lots <= self.q.abs()
            && self.widened().is_none()
            && self.parts.iter().all(|part| self.heals(part, lots))
    }

    /// `all`: what the parts close together.
    fn heals(&self, part: &Part, all: i128) -> bool {
        let lost = self.loss(part) + self.costs(part);
        let plain = if part.order.reduce_only { 0 } else { part.lots };
        let (mut b, mut a) = (self.b, self.a);
        match part.order.side {
            Side::Buy => b -= plain,
            Side::Sell => a -= plain,
        }
        let q = self.q + signed(part);
        let (was, now) = (self.reach(self.q, self.b, self.a), self.reach(q, b, a));
        let required = self.margin.required - self.im(was) + self.im(now);
        let freed = self.mm(self.q) - self.mm(self.q.abs() - all);
        // The share of the lots in it, whole lots first so that the products fit.
        let freed = freed / all * part.lots + divide_down(freed % all * part.lots, all);
        let maintenance = self.margin.maintenance - freed;
        lost <= 0
            || self.margin.weighted - lost >= required
            || (now <= was
                && product_not_less(
                    self.margin.equity - lost,
                    self.margin.maintenance,
                    self.margin.equity,
                    maintenance,
                ))
    }
}
