//! The parameters of a market: facts that change only through governance.

use crate::{
    limits::{
        AUCTION_ONLY_INTERVAL_MS, MAX_AMOUNT, MAX_BATCH_INTERVAL_MS, MAX_FEE_TIERS, MIN_BATCH_INTERVAL_MS,
        MINUTE_MS, OPEN_INTEREST_STEP, PPM,
    },
    margin::MarginTier,
    math::{mul_div_ceil, mul_div_floor},
    oracle::MarketClass,
    units::{Lots, Millis, Ppm, PriceTicks, Quote, SignedPpm, SizeLots},
};
use alloc::{string::String, vec, vec::Vec};
use borsh::{BorshDeserialize, BorshSerialize};

/// One step of a fee schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FeeTier {
    /// From this volume on, in u of notional: what the account traded in the running period and the one before
    /// ([`VOLUME_PERIOD_MS`](crate::limits::VOLUME_PERIOD_MS)), over all markets.
    pub volume: u64,
    /// Fee of the order that takes, as a fraction of notional.
    pub taker: Ppm,
    /// Fee of the order that rests, as a fraction of notional; below zero it is a rebate.
    pub maker: SignedPpm,
}

impl FeeTier {
    /// The schedule of a market where everybody pays the same.
    #[must_use]
    pub fn flat(taker: Ppm, maker: SignedPpm) -> Vec<Self> {
        vec![Self { volume: 0, taker, maker }]
    }

    /// The taker's fee for a trade of `notional` u: rounded up (risk.md 1.4).
    #[must_use]
    pub fn taker_fee_ceil(&self, notional: i128) -> i128 {
        mul_div_ceil(notional, i128::from(self.taker.0), i128::from(PPM))
    }

    /// The maker's fee for a trade of `notional` u: a fee is rounded up, a rebate down (risk.md 1.4), which is up
    /// in both cases for a rebate is a fee below zero.
    #[must_use]
    pub fn maker_fee_ceil(&self, notional: i128) -> i128 {
        mul_div_ceil(notional, i128::from(self.maker.0), i128::from(PPM))
    }
}

/// Parameters of one market (risk.md 1.2, 3.3, 6.2, 12).
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct MarketParams {
    /// Ticker, such as `BTC-USD`; at most 16 ASCII bytes.
    pub symbol: String,
    /// Decimals of a price: one tick is 10^-price_decimals USDC.
    pub price_decimals: u8,
    /// Decimals of a size: one lot is 10^-size_decimals of the base asset.
    pub size_decimals: u8,
    /// Micro-USDC of one lot at a price of one tick, a power of ten of at least 1 (risk.md 1.2).
    pub kappa: u32,
    /// Initial margin as a fraction of notional: the least that is ever in force.
    pub initial_margin: Ppm,
    /// Maintenance margin as a fraction of notional, at most the initial one: the least that is ever in force.
    pub maintenance_margin: Ppm,
    /// By how much more large positions need: the tiers after the first, at most [`MAX_MARGIN_TIERS`] with it. None
    /// where all sizes need the same. Their bounds may follow the price.
    ///
    /// [`MAX_MARGIN_TIERS`]: crate::limits::MAX_MARGIN_TIERS
    pub margin_tiers: Vec<MarginTier>,
    /// What trading costs, by what the account traded lately: 1 to [`MAX_FEE_TIERS`] tiers.
    pub fees: Vec<FeeTier>,
    /// How far from the index an order's price may lie (risk.md 6.2).
    pub order_band: Ppm,
    /// Weight of an unrealised gain as initial margin (risk.md 3.7).
    pub gain_weight_initial: Ppm,
    /// Weight of an unrealised gain in a withdrawal (risk.md 3.7), at most that as initial margin: what may be
    /// withdrawn then never breaks the margin that stays.
    pub gain_weight_withdrawal: Ppm,
    /// Milliseconds from one clearing to the next in a market that matches in batches; 0 in one that matches
    /// continuously.
    pub batch_interval: u32,
    /// How deep it is elsewhere, which says how far publishers may differ.
    pub class: MarketClass,
    /// Notional that impact prices are of, `Q_imp` of risk.md 2.4, in u.
    pub impact_notional: Quote,
    /// Whether it has the circuit breakers that watch index, book and liquidations (risk.md 6.3).
    pub circuit_breakers: bool,
    /// Most open interest that there may be, in u at the mark; 0 for no such limit (risk.md 3.8 a). Of a class C market
    /// at most ten times what the fund of its pool holds, where it is not 0.
    pub open_interest_cap: Quote,
    /// By how much open interest may grow in a day beyond twice what it was, in u at the mark; 0 for no such limit
    /// (risk.md 3.8 b).
    pub open_interest_growth: Quote,
    /// Whether publishers tell what open interest the market can bear by what is traded of its asset elsewhere, which is then the
    /// most that it may be raised to; while they agree on nothing it may not grow (risk.md 3.8 a).
    pub capacity: bool,
    /// Whether a gain counts at the worse of the mark and its average of a quarter of an hour (risk.md 3.7).
    pub strict_gains: bool,
    /// Whether its margin follows the expected shortfall of its index (risk.md 3.3); else the fractions here are in force.
    pub shortfall: bool,
    /// When it settles, at a whole minute; 0 for never (risk.md 6.7).
    pub settles_at: Millis,
    /// Open interest above which initial margin grows, up to the whole notional at the cap, in u at the mark; below the
    /// cap, or 0 for no such margin (risk.md 3.3).
    pub open_interest_free: Quote,
}

impl MarketParams {
    /// Cash of `size` lots at `price`: `P * q * kappa` u, exact (risk.md 1.2). Signed as `size` is.
    #[must_use]
    #[inline]
    pub fn value(&self, price: PriceTicks, size: Lots) -> i128 {
        self.worth(price, size.0)
    }

    /// The same of a size without its sign.
    #[must_use]
    #[inline]
    pub fn value_of_abs(&self, price: PriceTicks, size: SizeLots) -> i128 {
        self.worth(price, size.0)
    }

    /// A lot at a valid price is worth at most 2^60 u: one multiplication of two words is left then.
    #[inline]
    fn worth(&self, price: PriceTicks, lots: impl Into<i128>) -> i128 {
        match price.0.checked_mul(self.kappa.into()) {
            Some(lot) => i128::from(lot) * lots.into(),
            None => i128::from(price.0) * i128::from(self.kappa) * lots.into(),
        }
    }

    /// Notional of `size` lots at `price`, or `None` above 2^60 u (risk.md 1.1).
    #[must_use]
    pub fn notional(&self, price: PriceTicks, size: SizeLots) -> Option<Quote> {
        let exact =
            u128::from(price.0).checked_mul(u128::from(size.0))?.checked_mul(u128::from(self.kappa))?;
        Quote::try_from_i128(i128::try_from(exact).ok()?)
    }

    /// The highest leverage that an account may say: `floor(10^6 / initial_margin)`, or what 16 bits hold.
    #[must_use]
    pub fn highest_leverage(&self) -> u16 {
        let highest = PPM / i64::from(self.initial_margin.0.max(1));
        u16::try_from(highest).unwrap_or(u16::MAX)
    }

    /// The tier of an account with this volume, in u. The first tier is everybody's.
    #[must_use]
    pub fn fee_tier(&self, volume: u64) -> FeeTier {
        let reached = self.fees.partition_point(|tier| tier.volume <= volume);
        self.fees[reached.saturating_sub(1)]
    }

    /// The highest fee that taking `notional` u may cost, whatever the account's tier: rounded up.
    #[must_use]
    pub fn highest_taker_fee_ceil(&self, notional: i128) -> i128 {
        self.fees[0].taker_fee_ceil(notional)
    }

    /// Lowest and highest order price that the band around `index` admits: inward to the tick.
    #[must_use]
    pub fn order_band_around(&self, index: PriceTicks) -> (PriceTicks, PriceTicks) {
        let (i, band, ppm) = (i128::from(index.0), i128::from(self.order_band.0), i128::from(PPM));
        let low = mul_div_ceil(i, ppm - band.min(ppm), ppm).max(1);
        let high = mul_div_floor(i, ppm + band, ppm);
        // Both lie within [1, 2 * 2^40 * 5], far inside a u64.
        (PriceTicks(u64::try_from(low).unwrap_or(1)), PriceTicks(u64::try_from(high).unwrap_or(u64::MAX)))
    }

    /// Milliseconds from one clearing to the next while the market matches in batches, be it by choice or under stress.
    #[must_use]
    pub const fn clearing_interval(&self) -> u32 {
        if self.batch_interval > 0 { self.batch_interval } else { AUCTION_ONLY_INTERVAL_MS }
    }

    /// What open interest of `notional` u at the mark asks of initial margin, as a fraction of notional: nothing up to
    /// `open_interest_free`, the whole notional from the cap on, and between them in proportion from the initial margin of
    /// the parameters on, rounded up to whole hundredths (risk.md 3.3). A cap that governance moved down to the other still asks
    /// for all. None where the parameters ask for nothing.
    #[must_use]
    pub fn open_interest_margin(&self, notional: i128) -> Option<Ppm> {
        let (free, cap) = (i128::from(self.open_interest_free.0), i128::from(self.open_interest_cap.0));
        if free == 0 || cap == 0 {
            return None;
        }
        let free = free.min(cap - 1);
        if notional <= free {
            return Some(Ppm(0));
        }
        let (base, whole) = (i128::from(self.initial_margin.0), i128::from(PPM));
        let exact = base + mul_div_ceil(whole - base, notional.min(cap) - free, cap - free);
        let stepped = mul_div_ceil(exact, 1, OPEN_INTEREST_STEP.into()) * i128::from(OPEN_INTEREST_STEP);
        // Between 1 and 10^6.
        Some(Ppm(stepped.min(whole).unsigned_abs() as u32))
    }

    /// Whether the parameters are consistent; the reason when they are not.
    ///
    /// # Errors
    /// Names the first rule that is broken.
    pub fn check(&self) -> Result<(), &'static str> {
        let rules = [
            (is_symbol(&self.symbol), "symbol: 1 to 16 ASCII bytes"),
            (self.price_decimals <= 12 && self.size_decimals <= 12, "decimals: at most 12"),
            (
                i32::from(self.price_decimals) + i32::from(self.size_decimals) <= 6,
                "a tick times a lot is below 10^-6 USDC",
            ),
            (
                i32::from(self.price_decimals) + i32::from(self.size_decimals) <= 6
                    && u64::from(self.kappa)
                        == 10_u64.pow(6 - u32::from(self.price_decimals) - u32::from(self.size_decimals)),
                "kappa is not 10^(6 - price_decimals - size_decimals)",
            ),
            (
                self.initial_margin.0 >= 1 && i64::from(self.initial_margin.0) <= PPM,
                "initial margin: 1 ppm to 100%",
            ),
            (
                self.maintenance_margin.0 >= 1 && self.maintenance_margin <= self.initial_margin,
                "maintenance margin: 1 ppm to the initial margin",
            ),
            (
                MarginTier::are_tiers(&self.margin_tiers),
                "margin tiers: at most 7, ascending, 1 to 5 times; notionals of all, ascending, from 256 lots on, or of none",
            ),
            (self.order_band.0 >= 1 && i64::from(self.order_band.0) <= PPM, "order band: 1 ppm to 100%"),
            (
                i64::from(self.gain_weight_initial.0) <= PPM,
                "weight of a gain as initial margin: at most 100%",
            ),
            (
                self.gain_weight_withdrawal <= self.gain_weight_initial,
                "weight of a gain in a withdrawal: at most that as initial margin",
            ),
            (
                self.batch_interval == 0
                    || (MIN_BATCH_INTERVAL_MS..=MAX_BATCH_INTERVAL_MS).contains(&self.batch_interval),
                "batch interval: 100 to 60,000 ms, or 0 for continuous matching",
            ),
            (
                !self.circuit_breakers || self.maintenance_margin.0 >= 2,
                "circuit breakers: a maintenance margin of at least 2 ppm, for half of it is what a book may be away",
            ),
            (
                [self.open_interest_cap, self.open_interest_growth]
                    .iter()
                    .all(|bound| (0..=MAX_AMOUNT).contains(&bound.0)),
                "open interest, its cap and its growth: at most 2^60 u, or 0 for no limit",
            ),
            (
                self.impact_notional > Quote::ZERO && self.impact_notional.0 <= MAX_AMOUNT,
                "impact notional: 1 u to 2^60",
            ),
            (self.settles_at.0.is_multiple_of(MINUTE_MS), "settlement: at a whole minute, or 0 for never"),
            (
                self.open_interest_free == Quote::ZERO
                    || (Quote::ZERO < self.open_interest_free
                        && self.open_interest_free < self.open_interest_cap),
                "open interest that raises no margin: below its cap, or 0 for no such margin",
            ),
        ];
        let all = rules.into_iter().chain(self.fee_rules());
        all.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(rule))
    }

    /// Whether the fees are consistent.
    fn fee_rules(&self) -> [(bool, &'static str); 4] {
        [
            (
                (1..=MAX_FEE_TIERS).contains(&self.fees.len()) && self.fees[0].volume == 0,
                "fees: 1 to 8 tiers, the first from volume 0",
            ),
            (
                self.fees.is_sorted_by(|low, high| {
                    low.volume < high.volume && low.taker >= high.taker && low.maker >= high.maker
                }),
                "fees: from tier to tier the volume grows, and no fee does",
            ),
            (
                self.fees
                    .iter()
                    .all(|tier| tier.taker.0 <= 100_000 && tier.maker.0.unsigned_abs() <= 100_000),
                "fees: at most 10%",
            ),
            (
                self.fees.last().is_some_and(|last| i64::from(last.taker.0) + i64::from(last.maker.0) >= 0),
                "fees: the highest rebate is above the lowest taker fee",
            ),
        ]
    }
}

/// Whether a market or an asset may be called so: 1 to 16 ASCII bytes.
pub(crate) fn is_symbol(symbol: &str) -> bool {
    (1..=16).contains(&symbol.len()) && symbol.is_ascii()
}

#[cfg(test)]
mod tests;
