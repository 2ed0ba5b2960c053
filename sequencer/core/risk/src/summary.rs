//! Where an account stands: equity in its three readings, requirements, and what may be withdrawn.

use crate::{
    fraction::fraction_floor,
    position::settle_funding,
    requirement::{initial_margin, maintenance_margin, open_initial_margin},
};
use ballast_types::{
    Lots, MarketParams, Ppm, PriceTicks, Quote, SizeLots,
    limits::{MAX_FUNDING_INDEX, MAX_OPEN_ORDERS, MAX_PRICE, MAX_SIZE, OPEN_ORDER_CHARGE},
    math::mul_div_ceil,
};

/// Part of its positions' notional that equity may not be withdrawn below: one tenth (risk.md 3.7).
const WITHDRAWAL_FLOOR_DIVISOR: i128 = 10;

/// An account's position and open orders in one market, with the prices to value them at.
#[derive(Clone, Copy, Debug)]
pub struct Exposure<'a> {
    /// The market.
    pub params: &'a MarketParams,
    /// The account's initial margin there as a fraction of notional, before tiers.
    pub initial: Ppm,
    /// The market's maintenance margin in force as a fraction of notional, before tiers.
    pub maintenance: Ppm,
    /// Its mark, `M`; 0 before the first.
    pub mark: PriceTicks,
    /// What a gain is valued at where that is less: the mark on average; 0 where a gain counts as it is.
    pub average: PriceTicks,
    /// Its funding index, `F`, in u a lot.
    pub funding: i64,
    /// Signed position.
    pub size: Lots,
    /// Index at which the position last settled funding, `F0`.
    pub entry_funding: i64,
    /// Signed cost basis of the position, `B`, in u.
    pub basis: Quote,
    /// Sum of the open bids.
    pub bid_lots: SizeLots,
    /// Sum of the open asks.
    pub ask_lots: SizeLots,
    /// Whether the market settled at its mark: the position is cash, and orders are nothing.
    pub settled: bool,
}

/// Where an account stands, in u. Exact but where a rounding is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// `E`: cash less the funding that is due, and positions at the mark.
    pub equity: i128,
    /// `E_w`: settled balance, losses in full and gains at their weight for initial margin, rounded down.
    pub equity_initial: i128,
    /// `E_out`: the same with the weights for withdrawal.
    pub equity_out: i128,
    /// `IMR`: initial margin of the worst that open orders can make of each market, rounded up a market,
    /// reserves of orders and the charge for each.
    pub initial: i128,
    /// `MMR`: maintenance margin of the positions, rounded up a market.
    pub maintenance: i128,
    /// Margin at which a resting order still fills: half way from maintenance to initial margin of the
    /// positions alone, rounded up (risk.md 3.5).
    pub fill: i128,
    /// Sum of the positions' notionals at the mark.
    pub notional: i128,
    /// `C_eff`: cash less the funding that is due.
    pub cash_effective: i128,
    /// `RB`: deposits, realised gains, funding and fees so far; `C_eff` and the cost of the positions.
    pub settled_balance: i128,
    /// What may be withdrawn: `E_out` above initial margin and above a tenth of notional; not negative.
    pub withdrawable: i128,
}

impl Summary {
    /// Whether new risk may be taken: `E_w >= IMR`.
    #[must_use]
    pub const fn meets_initial(&self) -> bool {
        self.equity_initial >= self.initial
    }

    /// Whether a resting order may still fill: `E_w` is at least the fill margin.
    #[must_use]
    pub const fn meets_fill(&self) -> bool {
        self.equity_initial >= self.fill
    }

    /// Whether the account is to be liquidated: `E < MMR`.
    #[must_use]
    pub const fn is_below_maintenance(&self) -> bool {
        self.equity < self.maintenance
    }

    /// Equity that a withdrawal must leave: the larger of initial margin and a tenth of notional, rounded up.
    #[must_use]
    pub const fn withdrawal_floor(&self) -> i128 {
        let tenth = mul_div_ceil(self.notional, 1, WITHDRAWAL_FLOOR_DIVISOR);
        if self.initial > tenth { self.initial } else { tenth }
    }
}

impl Exposure<'_> {
    /// Position at the mark, signed.
    fn value(&self) -> i128 {
        self.params.value(self.mark, self.size)
    }

    /// Unrealised gain, exact; a loss is below zero.
    fn unrealised(&self) -> i128 {
        self.value() - i128::from(self.basis.0)
    }

    /// The unrealised gain as far as it counts: a loss in full, a gain at `weight`, rounded down.
    #[must_use]
    pub fn weighted(&self, weight: Ppm) -> i128 {
        let gain = self.unrealised();
        if gain < 0 { gain } else { fraction_floor(self.lasting(gain), weight) }
    }

    /// As much of a gain as there is at the mark on average, too (risk.md 3.7).
    fn lasting(&self, gain: i128) -> i128 {
        if !self.average.is_valid() {
            return gain;
        }
        let then = self.params.value(self.average, self.size) - i128::from(self.basis.0);
        gain.min(then).max(0)
    }

    /// The bounds that the arithmetic here rests on.
    fn assert_bounds(&self) {
        let orders = MAX_SIZE * u64::from(MAX_OPEN_ORDERS);
        assert!(self.mark.0 <= MAX_PRICE && self.average.0 <= MAX_PRICE && self.size.abs().0 <= MAX_SIZE);
        assert!(self.bid_lots.0 <= orders && self.ask_lots.0 <= orders);
        assert!(self.funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs());
        assert!(self.entry_funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs());
        assert!(self.size != Lots::ZERO || self.basis == Quote::ZERO, "a flat position cost nothing");
    }
}

/// Where an account stands, from its cash, the sum of its orders' reserves, the number of its open orders that are
/// charged for, and every market in which it has a position or an order. Formulas: risk.md 1.3, 3.2, 3.5, 3.7.
///
/// # Panics
/// When an exposure is out of the bounds of risk.md 1.1: a bug of the caller.
#[must_use]
pub fn summarize<'a>(
    cash: Quote,
    reserve: Quote,
    charged_orders: u32,
    exposures: impl Iterator<Item = Exposure<'a>>,
) -> Summary {
    let held = i128::from(reserve.0) + i128::from(OPEN_ORDER_CHARGE) * i128::from(charged_orders);
    let mut sum = Summary { initial: held, cash_effective: i128::from(cash.0), ..Summary::default() };
    let (mut basis, mut value, mut gains_initial, mut gains_out, mut initial_of_positions) = (0, 0, 0, 0, 0);
    for exposure in exposures {
        exposure.assert_bounds();
        let Exposure { params, initial, maintenance, mark, size, bid_lots, ask_lots, .. } = exposure;
        let lots = i128::from(size.0);
        sum.cash_effective += settle_funding(size, exposure.entry_funding, exposure.funding);
        if exposure.settled {
            sum.cash_effective += exposure.value();
            continue;
        }
        sum.notional += exposure.value().abs();
        sum.maintenance += maintenance_margin(params, maintenance, mark, lots);
        sum.initial += open_initial_margin(params, initial, mark, size, bid_lots, ask_lots);
        initial_of_positions += initial_margin(params, initial, mark, lots);
        basis += i128::from(exposure.basis.0);
        value += exposure.value();
        gains_initial += exposure.weighted(params.gain_weight_initial);
        gains_out += exposure.weighted(params.gain_weight_withdrawal);
    }
    sum.equity = sum.cash_effective + value;
    sum.settled_balance = sum.cash_effective + basis;
    sum.equity_initial = sum.settled_balance + gains_initial;
    sum.equity_out = sum.settled_balance + gains_out;
    sum.fill = mul_div_ceil(initial_of_positions + sum.maintenance, 1, 2);
    sum.withdrawable = (sum.equity_out - sum.withdrawal_floor()).max(0);
    assert!(sum.equity_initial <= sum.equity && sum.equity_out <= sum.equity);
    sum
}

#[cfg(test)]
mod tests;
