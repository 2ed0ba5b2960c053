//! The launch parameters of a class (risk.md 12), on a grid that fits the price of the asset.

use ballast_types::{
    FeeTier, MarginTier, MarketClass, MarketParams, Ppm, Quote, SignedPpm, SizeLots, limits::PPM,
};

/// What the launch parameters of a market say in dollars and ppm.
struct Launch {
    initial: u32,
    maintenance: u32,
    tiers: &'static [(f64, u32)],
    taker: u32,
    maker: i32,
    band: u32,
    impact: i64,
    /// Most open interest, one side.
    cap: f64,
    /// Half of a maker's ordinary spread, as a part of the price.
    half_spread: f64,
}

const BTC: Launch = Launch {
    initial: 40_000,
    maintenance: 20_000,
    tiers: &[(5e6, 1_500_000), (25e6, 2_500_000), (100e6, 5_000_000)],
    taker: 350,
    maker: -50,
    band: 50_000,
    impact: 20_000,
    cap: 250e6,
    half_spread: 0.0002,
};
const ETH: Launch = Launch {
    initial: 50_000,
    maintenance: 25_000,
    tiers: &[(3e6, 1_500_000), (15e6, 2_500_000), (60e6, 5_000_000)],
    cap: 150e6,
    ..BTC
};
const B: Launch = Launch {
    initial: 80_000,
    maintenance: 40_000,
    tiers: &[(1e6, 1_500_000), (5e6, 2_500_000), (20e6, 5_000_000)],
    taker: 400,
    maker: 0,
    band: 80_000,
    impact: 6_000,
    cap: 40e6,
    half_spread: 0.0004,
};
const C: Launch = Launch {
    initial: 250_000,
    maintenance: 125_000,
    tiers: &[(50e3, 2_000_000)],
    taker: 600,
    maker: 100,
    band: 200_000,
    impact: 2_500,
    cap: 1e6,
    half_spread: 0.0025,
};

const fn launch(asset: &str, class: MarketClass) -> &'static Launch {
    match class {
        MarketClass::A if matches!(asset.as_bytes(), b"ETH") => &ETH,
        MarketClass::A => &BTC,
        MarketClass::B => &B,
        MarketClass::C => &C,
    }
}

/// Most one-sided open interest of an asset's market at launch, in dollars.
pub(super) const fn cap(asset: &str, class: MarketClass) -> f64 {
    launch(asset, class).cap
}

/// Half of a maker's ordinary spread, as a part of the price.
pub(super) const fn half_spread(class: MarketClass) -> f64 {
    launch("", class).half_spread
}

/// The parameters of an asset's market, whose price is about `price` dollars: a tick is 10^-5 to 10^-6 of that, and kappa
/// is 1, so that the grid is exact.
pub(super) fn listed(asset: &str, class: MarketClass, price: f64) -> MarketParams {
    let launch = launch(asset, class);
    let price_decimals = (5 - price.log10().floor() as i32).clamp(0, 6) as u8;
    let size_decimals = 6 - price_decimals;
    let lot = price / 10_f64.powi(size_decimals.into());
    let lots = |dollars: f64| SizeLots((dollars / lot) as u64);
    let tier = |(dollars, multiplier): &(f64, u32)| MarginTier {
        above: lots(*dollars),
        multiplier: Ppm(*multiplier),
        notional: Quote((dollars * 1e6) as i64),
    };
    // risk.md 3.7.
    let (initial_weight, withdrawal_weight) = match class {
        MarketClass::A => (PPM as u32, PPM as u32),
        MarketClass::B => (900_000, 500_000),
        MarketClass::C => (0, 0),
    };
    MarketParams {
        symbol: format!("{asset}-USD"),
        price_decimals,
        size_decimals,
        kappa: 1,
        initial_margin: Ppm(launch.initial),
        maintenance_margin: Ppm(launch.maintenance),
        margin_tiers: launch.tiers.iter().map(tier).collect(),
        fees: FeeTier::flat(Ppm(launch.taker), SignedPpm(launch.maker)),
        order_band: Ppm(launch.band),
        gain_weight_initial: Ppm(initial_weight),
        gain_weight_withdrawal: Ppm(withdrawal_weight),
        batch_interval: 0,
        class,
        impact_notional: Quote(launch.impact * 1_000_000),
        circuit_breakers: true,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: ballast_types::Millis(0),
        open_interest_free: Quote::ZERO,
    }
}

/// The grid of a market, in dollars.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    /// Dollars of a tick.
    pub(super) tick: f64,
    /// Units of a lot.
    pub(super) lot: f64,
}

impl Grid {
    pub(super) fn of(params: &MarketParams) -> Self {
        let part = |decimals: u8| 10_f64.powi(-i32::from(decimals));
        Self { tick: part(params.price_decimals), lot: part(params.size_decimals) }
    }

    /// A price in ticks, at least 1.
    pub(super) fn ticks(&self, price: f64) -> u64 {
        ((price / self.tick).round() as u64).max(1)
    }

    /// How many lots are worth so much at this price.
    pub(super) fn lots(&self, notional: f64, price: f64) -> u64 {
        (notional / (price * self.lot)) as u64
    }
}

/// Initial margin of a position of `notional` dollars at this price.
pub(super) fn initial(params: &MarketParams, notional: f64, price: f64) -> f64 {
    let lot = price * Grid::of(params).lot;
    let bounds = params.margin_tiers.iter().map(|tier| tier.above.0 as f64 * lot);
    let froms = [0.0].into_iter().chain(bounds.clone());
    let tos = bounds.chain([f64::INFINITY]);
    let multipliers =
        [PPM as u32].into_iter().chain(params.margin_tiers.iter().map(|tier| tier.multiplier.0));
    let first = f64::from(params.initial_margin.0) / PPM as f64;
    let slice = |((from, to), multiplier): ((f64, f64), u32)| {
        (notional.min(to) - from).max(0.0) * (first * f64::from(multiplier) / PPM as f64).min(1.0)
    };
    froms.zip(tos).zip(multipliers).map(slice).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_listed_is_sound_at_any_price() {
        for price in [118_000.0, 27_000.0, 1_650.0, 22.0, 2.6, 0.24, 0.003] {
            for class in [MarketClass::A, MarketClass::B, MarketClass::C] {
                assert_eq!(listed("ANY", class, price).check(), Ok(()), "{price}");
            }
        }
    }

    #[test]
    fn a_large_position_needs_more_margin() {
        let params = listed("BTC", MarketClass::A, 50_000.0);
        assert!((initial(&params, 1e6, 50_000.0) - 40_000.0).abs() < 1.0);
        assert!((initial(&params, 10e6, 50_000.0) - 500_000.0).abs() < 10.0);
    }
}
