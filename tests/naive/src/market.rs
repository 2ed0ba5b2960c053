//! A market: its parameters, its price, and its orders as one list.

use std::collections::BTreeMap;

use ballast_types::{MarketParams, Millis, Order, limits::VOLUME_PERIOD_MS};

use crate::{
    account::Account,
    numbers::{MILLION, divide_down, divide_up},
};

/// A market.
#[derive(Clone, Debug)]
pub struct Market {
    /// Its parameters.
    pub params: MarketParams,
    /// Index and mark in ticks, which are one; 0 before the first.
    pub mark: i128,
    /// When it was set.
    pub mark_time: Millis,
    /// `F`, in u a lot.
    pub funding: i128,
    /// Each publisher's latest price and its time, by the publisher's place.
    pub reports: BTreeMap<u8, (i128, Millis)>,
    /// Until when it matches in batches because the guardian says so.
    pub batch_until: Millis,
    /// Before this it is not cleared.
    pub next_clearing: Millis,
    /// The orders that rest or wait, in no order that means anything.
    pub orders: Vec<Order>,
    /// Arrival number of the next order.
    pub next_arrival: u64,
}

impl Market {
    pub(crate) const fn new(params: MarketParams) -> Self {
        Self {
            params,
            mark: 0,
            mark_time: Millis(0),
            funding: 0,
            reports: BTreeMap::new(),
            batch_until: Millis(0),
            next_clearing: Millis(0),
            orders: Vec::new(),
            next_arrival: 0,
        }
    }

    /// Money of `lots` at `price`, in u: `price * lots * kappa`.
    pub(crate) fn value(&self, price: i128, lots: i128) -> i128 {
        price * lots * i128::from(self.params.kappa)
    }

    /// `ceil(|value| * fraction / 10^6)`.
    pub(crate) fn fraction_up(value: i128, fraction: u32) -> i128 {
        divide_up(value.abs() * i128::from(fraction), MILLION)
    }

    /// Lowest and highest price that an order may have.
    pub(crate) fn band(&self) -> (i128, i128) {
        let band = i128::from(self.params.order_band.0);
        let low = divide_up(self.mark * (MILLION - band), MILLION);
        let high = divide_down(self.mark * (MILLION + band), MILLION);
        (low.max(1), high)
    }

    /// The taker's and the maker's fee of the account's tier for a fill of `notional` u at `time`.
    pub(crate) fn fees(&self, account: &Account, notional: i128, time: Millis) -> (i128, i128) {
        let period = time.0 / VOLUME_PERIOD_MS;
        let volume: i128 = account
            .traded
            .iter()
            .filter(|(traded, _)| **traded == period || **traded + 1 == period)
            .map(|(_, notional)| notional)
            .sum();
        let mut tier = self.params.fees[0];
        for other in &self.params.fees {
            if volume >= i128::from(other.volume) {
                tier = *other;
            }
        }
        let fee = |fraction: i128| divide_up(notional * fraction, MILLION);
        (fee(i128::from(tier.taker.0)), fee(i128::from(tier.maker.0)))
    }
}
