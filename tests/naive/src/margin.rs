//! Margin (protocol, "Margin"): the formulas, with the document's names.

use ballast_types::{
    AccountId, Event, MarketId, Order, RejectCode, Side,
    limits::{MAX_POSITIONS, OPEN_ORDER_CHARGE},
};

use crate::{
    book::open,
    collateral::Counted,
    exchange::{Answer, Exchange},
    market::Market,
    numbers::{MILLION, divide_down, divide_up, refuse},
    operations::Step,
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
    /// What other assets count for, `equity` and `weighted` with it.
    pub counted: Counted,
}

/// `w`, of a gain and what it counts where it is one.
pub(crate) fn weigh(gain: i128, strict: i128, weight: u32) -> i128 {
    if gain < 0 { gain } else { divide_down(strict.max(0) * i128::from(weight), MILLION) }
}

/// Of each tier the lots above which it begins, and its rate at a fraction, in ppm.
pub(crate) fn tier_rates(market: &Market, fraction: u32) -> Vec<(i128, i128)> {
    let mut tiers = vec![(0, 1_000_000)];
    tiers.extend(
        market.params.margin_tiers.iter().map(|it| (i128::from(it.above.0), i128::from(it.multiplier.0))),
    );
    let rate = |multiplier| divide_up(i128::from(fraction) * multiplier, MILLION).min(MILLION);
    tiers.into_iter().map(|(above, multiplier)| (above, rate(multiplier))).collect()
}

/// What so many lots need at a fraction, tier by tier, in u.
pub(crate) fn requirement(market: &Market, lots: i128, fraction: u32) -> i128 {
    let tiers = tier_rates(market, fraction);
    let mut millionths = 0;
    for (place, (above, rate)) in tiers.iter().enumerate() {
        let end = tiers.get(place + 1).map_or(i128::MAX, |(next, _)| *next);
        let here = lots.abs().min(end) - lots.abs().min(*above);
        millionths += here * rate;
    }
    // Lots of a million millionths each and what is left of one, so that the products fit.
    let (whole, rest) = (millionths / MILLION, millionths % MILLION);
    market.value(market.mark, whole) + divide_up(market.value(market.mark, rest), MILLION)
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
            counted: self.counted(id),
        };
        it.equity += it.counted.value;
        it.weighted += it.counted.initial;
        for market_id in self.market_ids() {
            let market = self.market(market_id);
            let position = account.position(market_id);
            let (q, mark, params) = (position.size, market.mark, &market.params);
            for order in self.orders_of(id, market_id) {
                it.required += i128::from(order.reserve.0);
                if !order.reduce_only {
                    it.required += i128::from(OPEN_ORDER_CHARGE);
                }
            }
            let value = market.value(mark, q);
            let paid = q * (market.funding - position.funding);
            if market.settled.is_some() {
                for sum in [&mut it.equity, &mut it.weighted, &mut it.withdrawing] {
                    *sum += value - paid;
                }
                continue;
            }
            let (gain, strict) = (value - position.basis, market.strict_gain(q, position.basis));
            it.equity += value - paid;
            it.weighted += position.basis - paid + weigh(gain, strict, params.gain_weight_initial.0);
            it.withdrawing += position.basis - paid + weigh(gain, strict, params.gain_weight_withdrawal.0);
            let initial_margin = self.initial_fraction(id, market_id);
            it.initial += requirement(market, q, initial_margin);
            it.maintenance += requirement(market, q, market.fractions.maintenance);
            it.notional += value.abs();
            it.required += requirement(market, self.reach(id, market_id), initial_margin);
        }
        it
    }

    /// `IMR` with a factor of 10^6 everywhere, and where open interest asks for nothing.
    pub(crate) fn required_without_modes(&self, id: AccountId) -> i128 {
        self.without_modes().margin(id).required
    }

    /// What the account could withdraw then.
    pub(crate) fn withdrawable_without_modes(&self, id: AccountId) -> i128 {
        self.without_modes().withdrawable(id)
    }

    fn without_modes(&self) -> Self {
        let mut plain = self.clone();
        for market in &mut plain.markets {
            market.factor = 1_000_000;
            market.crowding = 0;
        }
        plain
    }

    /// `imf`: what the account needs of each unit of notional, in ppm, before tiers.
    pub(crate) fn initial_fraction(&self, id: AccountId, market: MarketId) -> u32 {
        let it = self.market(market);
        let raised = divide_up(i128::from(it.fractions.initial) * i128::from(it.factor), MILLION);
        let own = u32::try_from(raised.min(MILLION).max(it.crowding)).expect("at most 10^6");
        let said = self.account(id).leverages.get(&market);
        said.map_or(own, |times| own.max(1_000_000_u32.div_ceil(u32::from(*times))))
    }

    pub(crate) fn set_leverage(&mut self, step: &Step<'_>, market: MarketId, leverage: u16) -> Answer {
        let account = step.account;
        self.check_market_of(account, market)?;
        let highest = (1_000_000 / self.market(market).params.initial_margin.0).min(65_535);
        if u32::from(leverage) > highest {
            return refuse(RejectCode::InvalidLeverage, leverage, highest);
        }
        let before = self.margin(account).required;
        let leverages = &mut self.account_mut(account).leverages;
        if leverage == 0 {
            leverages.remove(&market);
        } else {
            leverages.insert(market, leverage);
        }
        let (count, after) = (leverages.len(), self.margin(account));
        if count > MAX_POSITIONS {
            return refuse(RejectCode::TooManyLeverages, count as u64, MAX_POSITIONS as u64);
        }
        if after.required > before && after.weighted < after.required {
            return refuse(RejectCode::InsufficientMargin, after.weighted, after.required);
        }
        Ok(vec![Event::LeverageSet { step: step.place, account, market, leverage }])
    }

    /// `b` or `a`: what is open of the account's orders of a side, but for those that only reduce.
    pub fn open_lots(&self, id: AccountId, market: MarketId, side: Side) -> i128 {
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
}
