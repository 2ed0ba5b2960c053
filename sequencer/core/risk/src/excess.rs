//! By how much an account has more than the margin that an order needs. A [`Summary`](crate::Summary) says it too, but an
//! order's check reads none of the rest: here is what its answer is made of, from the same terms.

use crate::exposure::Exposure;
use ballast_types::{Quote, limits::OPEN_ORDER_CHARGE, math::mul_div_ceil};

/// `E_w - IMR`, in u: by how much equity exceeds initial margin, below zero what it lacks (risk.md 3.5, 3.7). New risk may
/// be taken from 0 on. From the account's cash, its orders' reserves, the number of those that are charged for, and every
/// market in which it has a position or an order.
///
/// # Panics
/// When an exposure is out of the bounds of risk.md 1.1: a bug of the caller.
#[must_use]
pub fn initial_excess<'a>(
    cash: Quote,
    reserve: Quote,
    charged_orders: u32,
    exposures: impl Iterator<Item = Exposure<'a>>,
) -> i128 {
    let mut excess = i128::from(cash.0) - held(reserve, charged_orders);
    exposures.for_each(|exposure| excess += initial_excess_of(&exposure));
    excess
}

/// `E_w` less the fill margin, in u: a resting order may fill from 0 on (risk.md 3.5). From the account's cash and every
/// market in which it has a position.
///
/// # Panics
/// As [`initial_excess`].
#[must_use]
pub fn fill_excess<'a>(cash: Quote, exposures: impl Iterator<Item = Exposure<'a>>) -> i128 {
    let (mut equity, mut twice_fill) = (i128::from(cash.0), 0);
    exposures.for_each(|exposure| {
        let (equity_initial, margins) = fill_terms_of(&exposure);
        equity += equity_initial;
        twice_fill += margins;
    });
    equity - mul_div_ceil(twice_fill, 1, 2)
}

/// What an account must have for its open orders besides margin: their reserves, and the charge for each that is charged
/// for, in u.
pub(crate) fn held(reserve: Quote, charged_orders: u32) -> i128 {
    i128::from(reserve.0) + i128::from(OPEN_ORDER_CHARGE) * i128::from(charged_orders)
}

fn initial_excess_of(exposure: &Exposure<'_>) -> i128 {
    exposure.assert_bounds();
    exposure.equity_initial() - exposure.open_initial()
}

fn fill_terms_of(exposure: &Exposure<'_>) -> (i128, i128) {
    exposure.assert_bounds();
    (exposure.equity_initial(), exposure.twice_fill())
}

#[cfg(test)]
mod tests;
