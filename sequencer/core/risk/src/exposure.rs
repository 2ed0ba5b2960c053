//! What an account has in one market, and what that adds to its equity and to the margin that it needs.

use crate::{
    fraction::fraction_floor,
    position::settle_funding,
    requirement::{initial_margin, maintenance_margin, open_initial_margin},
};
use ballast_types::{
    Lots, MarketParams, Ppm, PriceTicks, Quote, SizeLots,
    limits::{MAX_FUNDING_INDEX, MAX_OPEN_ORDERS, MAX_PRICE, MAX_SIZE},
};

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

impl Exposure<'_> {
    /// The unrealised gain as far as it counts: a loss in full, a gain at `weight`, rounded down, as much of it as there is
    /// at the mark on average, too (risk.md 3.7).
    #[must_use]
    pub fn weighted(&self, weight: Ppm) -> i128 {
        let (loss, gain) = self.loss_and_gain();
        loss + fraction_floor(gain, weight)
    }

    /// What is lost at the mark, which is not above zero; and what is gained, before it is weighted.
    #[inline]
    fn loss_and_gain(&self) -> (i128, i128) {
        let (value, basis) = (self.value(), i128::from(self.basis.0));
        let average = if self.average.is_valid() { self.average } else { self.mark };
        let lasting = value.min(self.params.value(average, self.size));
        ((value - basis).min(0), (lasting - basis).max(0))
    }

    /// Position at the mark, signed.
    #[inline]
    pub(crate) fn value(&self) -> i128 {
        self.params.value(self.mark, self.size)
    }

    /// What the account is still to get of funding; below zero when it is to pay.
    #[inline]
    pub(crate) fn funding_due(&self) -> i128 {
        settle_funding(self.size, self.entry_funding, self.funding)
    }

    /// What `E_w` and `E_out` have of this market: in full what funding brings, what the position cost and what is lost;
    /// and what is gained, before it is weighted. What settled is cash.
    #[inline]
    pub(crate) fn equity_parts(&self) -> (i128, i128) {
        if self.settled {
            return (self.funding_due() + self.value(), 0);
        }
        let (loss, gain) = self.loss_and_gain();
        (self.funding_due() + i128::from(self.basis.0) + loss, gain)
    }

    /// What `E_w` has of this market: the gain at its weight as initial margin, rounded down.
    #[inline]
    pub(crate) fn equity_initial(&self) -> i128 {
        let (sure, gain) = self.equity_parts();
        sure + fraction_floor(gain, self.params.gain_weight_initial)
    }

    /// Initial margin of the worst that the open orders can make of the position; none where it settled.
    #[inline]
    pub(crate) fn open_initial(&self) -> i128 {
        let Self { params, initial, mark, size, bid_lots, ask_lots, .. } = *self;
        if self.settled { 0 } else { open_initial_margin(params, initial, mark, size, bid_lots, ask_lots) }
    }

    /// Twice the fill margin before it is rounded: initial and maintenance margin of the position alone (risk.md 3.5).
    #[inline]
    pub(crate) fn twice_fill(&self) -> i128 {
        let size = self.size.abs();
        if self.settled {
            return 0;
        }
        initial_margin(self.params, self.initial, self.mark, size) + self.maintenance()
    }

    /// Maintenance margin of the position; none where it settled.
    #[inline]
    pub(crate) fn maintenance(&self) -> i128 {
        let size = self.size.abs();
        if self.settled { 0 } else { maintenance_margin(self.params, self.maintenance, self.mark, size) }
    }

    /// The bounds that the arithmetic here rests on.
    #[inline]
    pub(crate) fn assert_bounds(&self) {
        let orders = MAX_SIZE * u64::from(MAX_OPEN_ORDERS);
        assert!(self.mark.0 <= MAX_PRICE && self.average.0 <= MAX_PRICE && self.size.abs().0 <= MAX_SIZE);
        assert!(self.bid_lots.0 <= orders && self.ask_lots.0 <= orders);
        assert!(self.funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs());
        assert!(self.entry_funding.unsigned_abs() <= MAX_FUNDING_INDEX.unsigned_abs());
        assert!(self.size != Lots::ZERO || self.basis == Quote::ZERO, "a flat position cost nothing");
    }
}
