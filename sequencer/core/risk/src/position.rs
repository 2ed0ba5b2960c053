//! Cash, position and cost basis after a trade (risk.md 1.3).

use ballast_types::{
    Lots, MarketParams, PriceTicks, Quote, RejectCode, Rejection, Side, SizeLots,
    limits::{MAX_AMOUNT, MAX_FUNDING_INDEX, MAX_SIZE},
    math::mul_div_floor,
};

/// An account's cash together with its position in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PositionState {
    /// Signed size, at most 2^46 lots either way.
    pub size: Lots,
    /// Cash of the account, `C`: the whole account's, at most 2^60 u either way.
    pub cash: Quote,
    /// Signed cost basis, `B`: above zero for a long, 0 when flat; at most 2^60 u either way.
    pub basis: Quote,
    /// Funding index at which the position last settled, `F0`; without meaning when flat.
    pub entry_funding: i64,
}

/// One account's side of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Whether this account buys or sells.
    pub side: Side,
    /// Execution price, 1 to 2^40 ticks.
    pub price: PriceTicks,
    /// How much, 1 to 2^46 lots.
    pub size: SizeLots,
    /// What the account pays for it, in u; already rounded.
    pub fee: Quote,
}

/// Change of cash when a position of `size` lots settles funding from index `from` to index `to`, in u:
/// `-q * (F - F0)`, exact. Longs pay when the index rose.
#[must_use]
#[inline]
pub fn settle_funding(size: Lots, from: i64, to: i64) -> i128 {
    match from.checked_sub(to) {
        Some(change) => i128::from(size.0) * i128::from(change),
        None => i128::from(size.0) * (i128::from(from) - i128::from(to)),
    }
}

impl PositionState {
    /// The account after `trade`, with the market's funding index at `funding`: funding is settled first, then
    /// cash pays `P * x * kappa` and the fee. Exact. The caller keeps the state as it was when this is refused.
    ///
    /// # Errors
    /// `PositionTooLarge` (lots) above 2^46 lots; `Overflow` (u) when cash or basis would pass 2^60 u.
    ///
    /// # Panics
    /// When price, size, position or index are out of their bounds: a caller's bug.
    pub fn trade(self, params: &MarketParams, funding: i64, trade: &Trade) -> Result<Self, Rejection> {
        assert!(trade.price.is_valid() && trade.size.is_valid() && self.size.abs().0 <= MAX_SIZE);
        assert!(funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs());
        let signed = trade.side.signed(trade.size);
        let value = params.value(trade.price, signed);

        let size = bounded_size(i128::from(self.size.0) + i128::from(signed.0))?;
        let funded = i128::from(self.cash.0) + settle_funding(self.size, self.entry_funding, funding);
        let cash = bounded_amount(funded - value - i128::from(trade.fee.0))?;
        let basis = bounded_amount(self.basis_after(params, trade.price, signed, size))?;
        Ok(Self { size, cash, basis, entry_funding: funding })
    }

    /// Basis once `signed` lots at `price` have made the position `after`. A partial close keeps
    /// `floor(B * left / |q|)`, so that the settled balance rounds down; past zero the rest opens at the price.
    fn basis_after(&self, params: &MarketParams, price: PriceTicks, signed: Lots, after: Lots) -> i128 {
        let (basis, held) = (i128::from(self.basis.0), i128::from(self.size.0));
        let increases = held == 0 || (held > 0) == (signed.0 > 0);
        let flips = !increases && after.0 != 0 && (held > 0) != (after.0 > 0);
        if increases {
            basis + params.value(price, signed)
        } else if flips {
            params.value(price, after)
        } else {
            mul_div_floor(basis, i128::from(after.0).abs(), held.abs())
        }
    }
}

fn bounded_size(size: i128) -> Result<Lots, Rejection> {
    let bound = i128::from(MAX_SIZE);
    i64::try_from(size)
        .ok()
        .filter(|lots| lots.unsigned_abs() <= MAX_SIZE)
        .map(Lots)
        .ok_or_else(|| Rejection::new(RejectCode::PositionTooLarge, size, bound))
}

fn bounded_amount(amount: i128) -> Result<Quote, Rejection> {
    Quote::try_from_i128(amount).ok_or_else(|| Rejection::new(RejectCode::Overflow, amount, MAX_AMOUNT))
}

#[cfg(test)]
mod tests;
