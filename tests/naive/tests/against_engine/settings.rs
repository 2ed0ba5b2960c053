//! Exchanges to compare in: ordinary numbers, numbers near the bounds, and prices of a tick or two.

use ballast_engine::{History, ProtectionConfig};
use ballast_state::Pace;
use ballast_types::{
    Address, FeeTier, MarginTier, MarketClass, MarketParams, Millis, PoolId, Ppm, Quote, SignedPpm, SizeLots,
};

/// Nothing behind the accounts.
const NOTHING: ProtectionConfig =
    ProtectionConfig { backstop: Address::ZERO, fund_target: Quote(0), pacing: None };
/// Liquidations are not what a setting is for.
const SELDOM: u32 = 3;
/// Who owns the backstop, where there is one.
pub(crate) const BACKSTOP: Address = Address::repeat_byte(0xbb);

/// What an exchange lists, and in which numbers its traders think.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// Two markets that get prices, and one that never does.
    pub(crate) markets: Vec<MarketParams>,
    /// Prices in the beginning, to which they return, in ticks.
    pub(crate) prices: [u64; 2],
    /// What deposits and sizes of orders are multiplied with.
    pub(crate) scale: u64,
    /// How many publishers there are, and how many of them are a quorum.
    pub(crate) publishers: (u8, u8),
    /// What stands behind the accounts.
    pub(crate) protection: ProtectionConfig,
    /// What stands behind the accounts of a second pool, to which the second market belongs, where there is one.
    pub(crate) silo: Option<ProtectionConfig>,
    /// How many of a hundred things that happen have to do with liquidations.
    pub(crate) ladder: u32,
    /// How indices moved before, of markets that follow theirs.
    pub(crate) histories: Vec<History>,
    /// Whether settlement lag counts.
    pub(crate) settlement_lag: bool,
    /// Whether publishers tell what a USDC is worth.
    pub(crate) peg_guard: bool,
}

impl Setting {
    /// What stands behind the accounts of each pool.
    pub(crate) fn pools(&self) -> Vec<ProtectionConfig> {
        [self.protection].into_iter().chain(self.silo).collect()
    }

    /// The pool of each market.
    pub(crate) fn pools_of_markets(&self) -> Vec<PoolId> {
        let of_silo = |place| self.silo.is_some() && place == 1;
        (0..self.markets.len()).map(|place| PoolId(u16::from(of_silo(place)))).collect()
    }
}

fn market(symbol: &str, decimals: (u8, u8), margins: (u32, u32), fees: &[(u64, u32, i32)]) -> MarketParams {
    let tier = |&(volume, taker, maker)| FeeTier { volume, taker: Ppm(taker), maker: SignedPpm(maker) };
    MarketParams {
        symbol: symbol.into(),
        price_decimals: decimals.0,
        size_decimals: decimals.1,
        kappa: 10_u32.pow(6 - u32::from(decimals.0) - u32::from(decimals.1)),
        initial_margin: Ppm(margins.0),
        maintenance_margin: Ppm(margins.1),
        margin_tiers: Vec::new(),
        fees: fees.iter().map(tier).collect(),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(1_000_000),
        batch_interval: 0,
        class: MarketClass::C,
        impact_notional: Quote(60_000_001),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote::ZERO,
    }
}

/// Tiers that follow the price from `price` on, or stay where that is 0.
fn tiered(params: MarketParams, tiers: &[(u64, u32)], price: u64) -> MarketParams {
    let lot = price * u64::from(params.kappa);
    let tier = |&(above, multiplier)| MarginTier {
        above: SizeLots(above),
        multiplier: Ppm(multiplier),
        notional: Quote((above * lot).cast_signed()),
    };
    MarketParams { margin_tiers: tiers.iter().map(tier).collect(), ..params }
}

fn unpriced() -> MarketParams {
    market("NIL-USD", (0, 0), (10_000, 5_000), &[(0, 0, 0)])
}

/// Cents to some thousand USDC, odd fractions, tiers of fees and margin that are reached, rebates.
pub(crate) fn ordinary() -> Setting {
    let usdc = 1_000_000;
    let tiers = [(0, 521, 153), (500 * usdc, 417, -101), (4_000 * usdc, 353, -353)];
    let second = MarketParams {
        gain_weight_initial: Ppm(333_333),
        gain_weight_withdrawal: Ppm(0),
        batch_interval: 0,
        class: MarketClass::B,
        order_band: Ppm(150_000),
        ..market("TWO-USD", (2, 3), (217_003, 31_991), &[(0, 703, 0)])
    };
    let second = tiered(second, &[(200_000, 2_500_000)], 0);
    let first = market("ONE-USD", (3, 3), (100_001, 53_003), &tiers);
    let first = tiered(first, &[(100_000, 1_333_333), (300_000, 1_333_333), (700_001, 4_999_999)], 1_000);
    Setting {
        markets: vec![first, second, unpriced()],
        prices: [1_000, 200],
        scale: 1,
        publishers: (3, 2),
        protection: NOTHING,
        silo: None,
        ladder: SELDOM,
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
    }
}

/// Sizes and money near their bounds of 2^46 and 2^60.
pub(crate) fn huge() -> Setting {
    let impact_notional = Quote((60_000_000 << 31) + 7);
    let first = MarketParams {
        class: MarketClass::A,
        impact_notional,
        ..market("BIG-USD", (3, 3), (30_000, 15_000), &[(0, 5, -5)])
    };
    let first = tiered(first, &[(1 << 44, 2_000_000), (1 << 45, 5_000_000)], 1_000);
    let second =
        MarketParams { impact_notional, ..market("TOP-USD", (1, 1), (10_000, 5_000), &[(0, 300, 100)]) };
    Setting {
        markets: vec![first, second, unpriced()],
        prices: [1_000, 200],
        scale: 1 << 31,
        publishers: (3, 2),
        protection: NOTHING,
        silo: None,
        ladder: SELDOM,
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
    }
}

/// Prices of a tick or two, with a band as wide as it may be in one market and one that leaves nothing in the other.
pub(crate) fn tiny() -> Setting {
    let tiers = [(0, 100_000, 99_999), (1_000_000, 77_777, -77_777)];
    let first = market("LOW-USD", (4, 2), (333_333, 333_333), &tiers);
    let second = MarketParams {
        order_band: Ppm(1_000_000),
        ..market("WEE-USD", (3, 2), (1_000_000, 1), &[(0, 7, 0)])
    };
    let first = tiered(first, &[(30_000_000, 1_500_000), (90_000_000, 5_000_000)], 1);
    Setting {
        markets: vec![first, second, unpriced()],
        prices: [1, 3],
        scale: 1,
        publishers: (3, 2),
        protection: NOTHING,
        silo: None,
        ladder: SELDOM,
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
    }
}

/// One lot is worth so much that an hour of funding is beyond the bound of its index.
pub(crate) fn dear() -> Setting {
    let first = MarketParams {
        order_band: Ppm(1_000_000),
        impact_notional: Quote(1),
        ..market("TOO-USD", (0, 0), (1_000_000, 1), &[(0, 0, 0)])
    };
    let second = market("TWO-USD", (2, 3), (217_003, 31_991), &[(0, 703, 0)]);
    Setting {
        markets: vec![first, second, unpriced()],
        prices: [1 << 36, 200],
        scale: 1 << 31,
        publishers: (3, 2),
        protection: NOTHING,
        silo: None,
        ladder: SELDOM,
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
    }
}

/// Ordinary numbers, of which many speak.
pub(crate) fn crowded() -> Setting {
    Setting { publishers: (7, 4), ..ordinary() }
}

/// A setting with a fund that should hold so much, and a backstop.
pub(crate) fn protected(setting: Setting, fund_target: i64) -> Setting {
    let protection = ProtectionConfig { backstop: BACKSTOP, fund_target: Quote(fund_target), pacing: None };
    Setting { protection, ..setting }
}

/// A setting whose second market, of class C, is a pool of its own with a fund that should hold so much. Of both pools or
/// of none there is a backstop.
pub(crate) fn siloed(mut setting: Setting, fund_target: i64) -> Setting {
    setting.markets[1].class = MarketClass::C;
    let silo = ProtectionConfig { fund_target: Quote(fund_target), ..setting.protection };
    Setting { silo: Some(silo), ..setting }
}

/// Accounts so rich that what they hold is closed bit by bit, with leverage that a gap of the price does not leave them.
pub(crate) fn ladder() -> Setting {
    let scale = 1_000;
    let fees = [(0, 521, 153), (500_000_000_000, 417, -101)];
    let first = MarketParams {
        class: MarketClass::A,
        order_band: Ppm(150_000),
        ..market("ONE-USD", (3, 3), (50_000, 25_001), &fees)
    };
    let first = tiered(first, &[(400_000_000, 1_333_333), (1_500_000_001, 2_999_999)], 1_000);
    let second = MarketParams {
        class: MarketClass::C,
        order_band: Ppm(100_000),
        gain_weight_initial: Ppm(500_000),
        gain_weight_withdrawal: Ppm(0),
        ..market("TWO-USD", (2, 3), (100_001, 53_003), &[(0, 703, 0)])
    };
    let protection = NOTHING;
    Setting {
        markets: vec![first, second, unpriced()],
        prices: [1_000, 200],
        scale,
        publishers: (3, 2),
        protection,
        silo: None,
        ladder: 45,
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
    }
}

/// A setting with breakers in some of the markets that have prices.
pub(crate) fn guarded(setting: Setting, breakers: [bool; 2]) -> Setting {
    let mut setting = setting;
    for (market, circuit_breakers) in setting.markets.iter_mut().zip(breakers) {
        market.circuit_breakers = circuit_breakers;
        if circuit_breakers {
            market.maintenance_margin = market.maintenance_margin.max(Ppm(2));
        }
    }
    Setting { ladder: 12, ..setting }
}

/// A setting in which markets with prices have so much open interest at most, and so much beside twice that of a day ago.
pub(crate) fn limited(mut setting: Setting, limits: [(i64, i64); 2]) -> Setting {
    for (market, (cap, growth)) in setting.markets.iter_mut().zip(limits) {
        market.open_interest_cap = Quote(cap);
        market.open_interest_growth = Quote(growth);
    }
    setting
}

/// A setting in which the open interest of markets with prices goes by what publishers say is borne elsewhere.
pub(crate) fn bearing(mut setting: Setting) -> Setting {
    setting.markets[..2].iter_mut().for_each(|market| market.capacity = true);
    setting
}

/// A setting in which markets with prices match in batches, so many ms apart; continuously where that is 0.
pub(crate) fn batching(mut setting: Setting, intervals: [u32; 2]) -> Setting {
    for (market, interval) in setting.markets.iter_mut().zip(intervals) {
        market.batch_interval = interval;
    }
    setting
}

/// A setting in which what leaves the pools is paced, and settlement lag counts or does not.
pub(crate) fn paced(mut setting: Setting, paces: [Pace; 2], settlement_lag: bool) -> Setting {
    let pools = [Some(&mut setting.protection), setting.silo.as_mut()];
    for (pool, pace) in pools.into_iter().flatten().zip(paces) {
        pool.pacing = Some(pace);
    }
    Setting { settlement_lag, ..setting }
}

/// A setting with strict gains in the markets that have prices.
pub(crate) fn strict(mut setting: Setting) -> Setting {
    setting.markets[..2].iter_mut().for_each(|market| market.strict_gains = true);
    setting
}

/// A setting in which the margin of markets with prices follows their index, of which so much is known.
pub(crate) fn following(mut setting: Setting, histories: Vec<History>) -> Setting {
    setting.markets[..2].iter_mut().for_each(|market| market.shortfall = true);
    Setting { histories, ..setting }
}

/// A setting in which markets settle at these times, or never.
pub(crate) fn settling(mut setting: Setting, dates: [Millis; 3]) -> Setting {
    for (market, date) in setting.markets.iter_mut().zip(dates) {
        market.settles_at = date;
    }
    setting
}
