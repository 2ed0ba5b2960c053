//! One factor: what is remembered of a market's index, and what a position in it requires (risk.md 3.3, 4.2).

use super::{ClassProfile, Return, Ring, Sigma, Stress, Volatility, blended, class, historical, stressed};
use ballast_types::{MarketClass, Ppm, PriceTicks, Quote, math::mul_div_ceil};
use borsh::{BorshDeserialize, BorshSerialize};

/// The notional that a fraction is measured at, in u: a million USDC, so that a ppm of it is a million u.
pub const UNIT: Quote = Quote(1_000_000_000_000);
/// A fraction is at most this, in ppm (risk.md 1.1).
const MAX_FRACTION: i128 = 5_000_000;

/// All that is known of a factor: one leaf.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Factor {
    /// The index at the last hour; 0 before the first.
    pub close: PriceTicks,
    /// How much it moves.
    pub volatility: Volatility,
    /// How it moved in the last thirty days, in units of how much it did.
    pub ring: Ring,
    /// How it moved when things were bad.
    pub stress: Stress,
}

/// What a long and a short of one unit of notional may lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fractions {
    /// Of a long.
    pub long: Ppm,
    /// Of a short.
    pub short: Ppm,
}

impl Factor {
    /// The factor of a market that is listed at `close` without a history: as its class, at twice its volatility.
    #[must_use]
    pub fn at_listing(close: PriceTicks, class: &ClassProfile, stress: Stress) -> Self {
        let volatility = Volatility::new(Sigma(class.sigma.0.saturating_mul(2)));
        Self { close, volatility, ring: Ring::at_listing(class), stress }
    }

    /// That of a market of this class of which nothing else is known, not even a price.
    #[must_use]
    pub fn of_class(class: MarketClass) -> Self {
        Self::at_listing(PriceTicks(0), &ClassProfile::of(class), class::stress(class))
    }

    /// Takes the index at the end of an hour, counted from 1970, in: 1 to 2^40 ticks. The first is no return.
    pub fn end_hour(&mut self, hour: u64, close: PriceTicks) {
        if self.close.is_valid() {
            self.take(hour, Return::between(self.close, close));
        }
        self.close = close;
    }

    /// Takes the return of an hour in, as far as it counts.
    pub fn take(&mut self, hour: u64, r: Return) {
        let r = self.volatility.bounded(r);
        self.ring.record(hour, self.volatility.residual(r));
        self.volatility.update(r);
    }

    /// R: what `notional`, short below zero, requires at a volatility of `sigma` over the horizon of `scale`, in u,
    /// rounded up. At [`Volatility::glided`] it is what maintenance of a portfolio goes by, at [`Volatility::raw`] what
    /// everything else does.
    #[must_use]
    pub fn requirement(&self, notional: Quote, sigma: Sigma, scale: Ppm) -> i128 {
        blended(
            historical(notional, sigma, scale, &self.ring).mean,
            stressed(notional, scale, &self.stress).mean,
        )
    }

    /// What both sides require of a unit of notional, rounded up to a ppm, at most 500%.
    #[must_use]
    pub fn fractions(&self, sigma: Sigma, scale: Ppm) -> Fractions {
        let of = |notional| {
            let fraction =
                mul_div_ceil(self.requirement(Quote(notional), sigma, scale), 1_000_000, UNIT.0.into());
            // The bounds fit a u32.
            Ppm(fraction.clamp(0, MAX_FRACTION) as u32)
        };
        Fractions { long: of(UNIT.0), short: of(-UNIT.0) }
    }
}

impl Fractions {
    /// The larger of the two: one fraction serves both sides of a market.
    #[must_use]
    pub fn larger(self) -> Ppm {
        self.long.max(self.short)
    }
}

#[cfg(test)]
mod tests;
