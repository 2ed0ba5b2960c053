//! Where an account stands: equity in its three readings, requirements, and what may be withdrawn.

use crate::{collateral::Backing, excess::held, exposure::Exposure, fraction::fraction_floor};
use ballast_types::{Quote, math::mul_div_ceil};

/// Part of its positions' notional that equity may not be withdrawn below: one tenth (risk.md 3.7).
const WITHDRAWAL_FLOOR_DIVISOR: i128 = 10;

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
    /// What other assets are worth of `equity` and of `equity_initial`; nothing of the rest is.
    pub backing: Backing,
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

    /// The same with what other assets count for (risk.md 1.3, 3.6, 3.7). None of it may be withdrawn as USDC.
    #[must_use]
    pub fn backed_by(self, backing: Backing) -> Self {
        Self {
            equity: self.equity + backing.value,
            equity_initial: self.equity_initial + backing.initial,
            backing: self.backing + backing,
            ..self
        }
    }

    /// The same when what counted for `before` counts for `after`.
    #[must_use]
    pub fn with_instead(self, before: Backing, after: Backing) -> Self {
        let unbacked = Self {
            equity: self.equity - before.value,
            equity_initial: self.equity_initial - before.initial,
            backing: self.backing - before,
            ..self
        };
        unbacked.backed_by(after)
    }

    /// `E_usdc`: equity without what other assets count for, in u.
    #[must_use]
    pub const fn equity_in_usdc(&self) -> i128 {
        self.equity - self.backing.value
    }

    /// What the account owes in USDC, `-E_usdc`, in u: what its holdings stand for.
    #[must_use]
    pub const fn debt(&self) -> i128 {
        let debt = -self.equity_in_usdc();
        if debt > 0 { debt } else { 0 }
    }

    /// Whether holdings are to be sold for what is owed: it is above its limit, or the account is below maintenance
    /// (risk.md 5.9).
    #[must_use]
    pub const fn owes_too_much(&self) -> bool {
        let debt = self.debt();
        debt > 0 && (debt > self.backing.debt_limit() || self.is_below_maintenance())
    }

    /// Equity that a withdrawal must leave: the larger of initial margin and a tenth of notional, rounded up.
    #[must_use]
    pub const fn withdrawal_floor(&self) -> i128 {
        let tenth = mul_div_ceil(self.notional, 1, WITHDRAWAL_FLOOR_DIVISOR);
        if self.initial > tenth { self.initial } else { tenth }
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
    let cash = i128::from(cash.0);
    let initial = held(reserve, charged_orders);
    let mut sum = Summary {
        initial,
        cash_effective: cash,
        equity_initial: cash,
        equity_out: cash,
        ..Summary::default()
    };
    let (mut basis, mut value, mut twice_fill) = (0, 0, 0);
    for exposure in exposures {
        exposure.assert_bounds();
        sum.cash_effective += exposure.funding_due();
        let (sure, gain) = exposure.equity_parts();
        sum.equity_initial += sure + fraction_floor(gain, exposure.params.gain_weight_initial);
        sum.equity_out += sure + fraction_floor(gain, exposure.params.gain_weight_withdrawal);
        if exposure.settled {
            sum.cash_effective += exposure.value();
            continue;
        }
        sum.notional += exposure.value().abs();
        sum.initial += exposure.open_initial();
        sum.maintenance += exposure.maintenance();
        twice_fill += exposure.twice_fill();
        basis += i128::from(exposure.basis.0);
        value += exposure.value();
    }
    sum.equity = sum.cash_effective + value;
    sum.settled_balance = sum.cash_effective + basis;
    sum.fill = mul_div_ceil(twice_fill, 1, 2);
    sum.withdrawable = (sum.equity_out - sum.withdrawal_floor()).max(0);
    assert!(sum.equity_initial <= sum.equity && sum.equity_out <= sum.equity);
    sum
}

#[cfg(test)]
mod tests;
