//! Margin (protocol, "Margin"): the formulas, with the document's names.

use ballast_types::{
    AccountId, MarketId, Order, RejectCode, Rejection, Side,
    limits::{MAX_MARK_AGE_MS, OPEN_ORDER_CHARGE},
};

use crate::{
    book::open,
    exchange::Exchange,
    market::Market,
    numbers::{MILLION, divide_down, divide_up, refuse},
};

/// What an account's margin is made of, in u.
#[derive(Clone, Copy, Debug)]
pub struct Margin {
    /// `E`.
    pub equity: i128,
    /// `E_w`.
    pub weighted: i128,
    /// `E_out`.
    pub withdrawing: i128,
    /// `IM`.
    pub initial: i128,
    /// `MMR`.
    pub maintenance: i128,
    /// `IMR`.
    pub required: i128,
    /// `sum |q * M * kappa|`.
    pub notional: i128,
}

/// `w(x)`.
fn weigh(gain: i128, weight: u32) -> i128 {
    if gain < 0 { gain } else { divide_down(gain * i128::from(weight), MILLION) }
}

impl Exchange {
    /// The margin of an account as it is now.
    #[must_use]
    pub fn margin(&self, id: AccountId) -> Margin {
        let account = self.account(id);
        let mut it = Margin {
            equity: account.cash,
            weighted: account.cash,
            withdrawing: account.cash,
            initial: 0,
            maintenance: 0,
            required: 0,
            notional: 0,
        };
        for market_id in self.market_ids() {
            let market = self.market(market_id);
            let position = account.position(market_id);
            let (q, mark, params) = (position.size, market.mark, &market.params);
            let value = market.value(mark, q);
            let paid = q * (market.funding - position.funding);
            let gain = value - position.basis;
            it.equity += value - paid;
            it.weighted += position.basis - paid + weigh(gain, params.gain_weight_initial.0);
            it.withdrawing += position.basis - paid + weigh(gain, params.gain_weight_withdrawal.0);
            it.initial += Market::fraction_up(value, params.initial_margin.0);
            it.maintenance += Market::fraction_up(value, params.maintenance_margin.0);
            it.notional += value.abs();
            let reach = market.value(mark, self.reach(id, market_id));
            it.required += Market::fraction_up(reach, params.initial_margin.0);
            for order in self.orders_of(id, market_id) {
                it.required += i128::from(order.reserve.0);
                if !order.reduce_only {
                    it.required += i128::from(OPEN_ORDER_CHARGE);
                }
            }
        }
        it
    }

    /// `b` or `a`: what is open of the account's orders of a side, but for those that only reduce.
    pub(crate) fn open_lots(&self, id: AccountId, market: MarketId, side: Side) -> i128 {
        let counts = |order: &&Order| order.side == side && !order.reduce_only;
        self.orders_of(id, market).iter().filter(counts).map(open).sum()
    }

    /// `max(|q + b|, |q - a|)`.
    pub(crate) fn reach(&self, id: AccountId, market: MarketId) -> i128 {
        let q = self.account(id).position(market).size;
        let (b, a) = (self.open_lots(id, market, Side::Buy), self.open_lots(id, market, Side::Sell));
        (q + b).abs().max((q - a).abs())
    }

    /// `fill margin`, in u.
    #[must_use]
    pub const fn fill_margin(margin: &Margin) -> i128 {
        divide_up(margin.initial + margin.maintenance, 2)
    }

    /// `withdrawable`, in u.
    #[must_use]
    pub fn withdrawable(&self, id: AccountId) -> i128 {
        let margin = self.margin(id);
        (margin.withdrawing - margin.required.max(divide_up(margin.notional, 10))).max(0)
    }

    /// The reserve of an order of `lots` that comes to rest.
    pub(crate) fn reserve(market: &Market, side: Side, price: i128, lots: i128, reduce_only: bool) -> i128 {
        if reduce_only {
            return 0;
        }
        let worse = match side {
            Side::Buy => price - market.mark,
            Side::Sell => market.mark - price,
        };
        let fee = market.params.fees[0].taker.0;
        market.value(worse.max(0), lots) + Market::fraction_up(market.value(price, lots), fee)
    }

    /// Refuses a mark that is too old.
    pub(crate) fn check_not_stale(&self, market: MarketId) -> Result<(), Rejection> {
        let age = self.time.0 - self.market(market).mark_time.0;
        if age > MAX_MARK_AGE_MS {
            return refuse(RejectCode::StalePrice, age, MAX_MARK_AGE_MS);
        }
        Ok(())
    }
}
