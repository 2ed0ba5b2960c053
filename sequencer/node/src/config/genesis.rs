//! What the exchange begins with, as a TOML file.

mod silos;

use super::ConfigError;
use alloy_primitives::Address;
use ballast_engine::{GenesisConfig, History, Listing, ProtectionConfig};
use ballast_state::{Pace, Rate};
use ballast_types::{
    AssetParams, Collateral, FeeTier, MarginTier, MarketClass, MarketId, MarketParams, Millis, PoolId, Ppm,
    Quote, SignedPpm, SizeLots, Units,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What the exchange begins with, as a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisFile {
    /// Chain id of L1.
    pub chain_id: u64,
    /// `verifyingContract` of the EIP-712 domain: the address of the rollup contract.
    pub exchange: Address,
    /// Price publishers by their place.
    pub publishers: Vec<Address>,
    /// How many of them a price needs.
    pub quorum: u8,
    /// Who may move markets towards safety; nobody when not named.
    #[serde(default)]
    pub guardian: Address,
    /// Pools by their id; one with nothing behind it when none is listed.
    #[serde(default = "one_pool")]
    pub pools: Vec<PoolFile>,
    /// Whether markets tighten while L1 takes no batch; not when not said.
    #[serde(default)]
    pub settlement_lag: bool,
    /// Whether publishers tell what a USDC is worth, and markets tighten while it is less than a dollar; not when not said.
    #[serde(default)]
    pub peg_guard: bool,
    /// Assets beside USDC by their place, the first of which has id 1; none when not listed.
    #[serde(default)]
    pub assets: Vec<AssetFile>,
    /// Markets by their id.
    pub markets: Vec<MarketFile>,
}

/// An asset beside USDC, in the genesis file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetFile {
    /// Ticker.
    pub symbol: String,
    /// Least that may be withdrawn, in 10^-6 of a token; the vault takes no deposit of less.
    pub minimum: u64,
    /// What it counts for as margin; for nothing when not listed.
    #[serde(default)]
    pub collateral: Option<CollateralFile>,
}

/// What an asset counts for as margin, in the genesis file: the fields are those of [`Collateral`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollateralFile {
    /// The market of pool 0 whose index is its price.
    pub market: u16,
    /// How much of it, in 10^-6, is what a lot of that market is worth.
    pub units_per_lot: u64,
    /// Least part of its value that does not count, in ppm.
    pub haircut: u32,
    /// How that part grows with the root of what is held, in ppm for each root of a USDC.
    #[serde(default)]
    pub size_factor: u32,
    /// From when on it counts, in milliseconds since the Unix epoch.
    pub since: u64,
    /// Most that it counts for on one account, in micro-USDC.
    pub most: i64,
    /// Most that all accounts may hold, in 10^-6 of a token.
    pub total: u64,
}

/// A pool of the genesis file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolFile {
    /// Who owns the backstop; there is none when not named.
    #[serde(default)]
    pub backstop: Address,
    /// What the insurance fund should hold, in micro-USDC.
    #[serde(default)]
    pub fund_target: i64,
    /// How fast money may leave it; at once when not said.
    #[serde(default)]
    pub pacing: Option<PaceFile>,
}

/// How fast money may leave a pool, in the genesis file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaceFile {
    /// Within an hour.
    pub hour: RateFile,
    /// Within a day.
    pub day: RateFile,
}

/// What may leave a pool in a while, in the genesis file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateFile {
    /// As a part of what the pool has, in parts in a million.
    pub share: u32,
    /// At least this, in micro-USDC.
    pub floor: i64,
}

fn one_pool() -> Vec<PoolFile> {
    vec![PoolFile::default()]
}

/// A market of the genesis file. Fractions are parts in a million.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are those of MarketParams, which says what they mean")]
pub struct MarketFile {
    pub symbol: String,
    pub price_decimals: u8,
    pub size_decimals: u8,
    pub initial_margin: u32,
    pub maintenance_margin: u32,
    #[serde(default)]
    pub margin_tiers: Vec<MarginTierFile>,
    pub fees: Vec<FeeTierFile>,
    pub order_band: u32,
    pub gain_weight_initial: u32,
    pub gain_weight_withdrawal: u32,
    #[serde(default)]
    pub batch_interval: u32,
    pub class: ClassFile,
    pub impact_notional: i64,
    #[serde(default = "on")]
    pub circuit_breakers: bool,
    #[serde(default)]
    pub pool: u16,
    #[serde(default)]
    pub open_interest_cap: i64,
    #[serde(default)]
    pub open_interest_growth: i64,
    #[serde(default)]
    pub capacity: bool,
    #[serde(default = "on")]
    pub strict_gains: bool,
    #[serde(default)]
    pub shortfall: bool,
    #[serde(default)]
    pub settles_at: u64,
    #[serde(default)]
    pub open_interest_free: i64,
    /// How its index moved before, where its margin follows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryFile>,
}

/// A market has its circuit breakers and strict gains unless its genesis says otherwise.
const fn on() -> bool {
    true
}

/// How a market's index moved, in the genesis file: returns of hours in parts of 10^9.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryFile {
    /// The hour of the last return, counted from the Unix epoch.
    #[serde(default)]
    pub hour: u64,
    /// Hour by hour, the oldest first, at most a year.
    #[serde(default)]
    pub returns: Vec<i64>,
    /// The stress table, at most 260 rows; that of the class when there are none.
    #[serde(default)]
    pub stress: Vec<i64>,
}

/// A market's class in the genesis file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClassFile {
    /// As [`MarketClass::A`].
    A,
    /// As [`MarketClass::B`].
    B,
    /// As [`MarketClass::C`].
    C,
}

/// A tier of a market's margin, after the first, in the genesis file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarginTierFile {
    /// It covers the lots of a position beyond this many.
    pub above: u64,
    /// What the market's fractions are multiplied with for them.
    pub multiplier: u32,
    /// What its bound is to be worth at the index, in micro-USDC, which it follows by the hour; 0 where it stays.
    #[serde(default)]
    pub notional: i64,
}

/// A step of a market's fee schedule in the genesis file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeeTierFile {
    /// From this volume on, in micro-USDC of notional.
    pub volume: u64,
    /// Fee of the order that takes.
    pub taker: u32,
    /// Fee of the order that rests; below zero it is a rebate.
    pub maker: i32,
}

impl GenesisFile {
    /// The genesis of a file.
    ///
    /// # Errors
    /// When the file cannot be read or parsed, or a market of class C has no pool of its own.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let file: Self = super::read_toml(path)?;
        silos::check(&file.markets).map_err(|why| ConfigError::Invalid { path: path.into(), why })?;
        Ok(file)
    }

    /// What the engine begins with. The engine checks it.
    #[must_use]
    pub fn config(&self) -> GenesisConfig {
        GenesisConfig {
            chain_id: self.chain_id,
            exchange: self.exchange,
            publishers: self.publishers.clone(),
            quorum: self.quorum,
            guardian: self.guardian,
            pools: self.pools.iter().map(PoolFile::protection).collect(),
            markets: self.markets.iter().map(MarketFile::listing).collect(),
            settlement_lag: self.settlement_lag,
            peg_guard: self.peg_guard,
            assets: self.assets.iter().map(AssetFile::params).collect(),
            histories: (0..).map(MarketId).zip(&self.markets).filter_map(history).collect(),
        }
    }
}

fn history((market, file): (MarketId, &MarketFile)) -> Option<History> {
    let HistoryFile { hour, returns, stress } = file.history.clone()?;
    Some(History { market, hour, returns, stress })
}

impl AssetFile {
    fn params(&self) -> AssetParams {
        let collateral = self.collateral.map(CollateralFile::terms);
        AssetParams { symbol: self.symbol.clone(), minimum: Units(self.minimum), collateral }
    }
}

impl CollateralFile {
    const fn terms(self) -> Collateral {
        Collateral {
            market: MarketId(self.market),
            units_per_lot: Units(self.units_per_lot),
            haircut: Ppm(self.haircut),
            size_factor: Ppm(self.size_factor),
            since: Millis(self.since),
            most: Quote(self.most),
            total: Units(self.total),
        }
    }
}

impl RateFile {
    const fn rate(self) -> Rate {
        Rate { share: Ppm(self.share), floor: Quote(self.floor) }
    }
}

impl PoolFile {
    const fn protection(&self) -> ProtectionConfig {
        ProtectionConfig {
            backstop: self.backstop,
            fund_target: Quote(self.fund_target),
            pacing: match self.pacing {
                Some(PaceFile { hour, day }) => Some(Pace { hour: hour.rate(), day: day.rate() }),
                None => None,
            },
        }
    }
}

impl MarginTierFile {
    const fn tier(&self) -> MarginTier {
        MarginTier {
            above: SizeLots(self.above),
            multiplier: Ppm(self.multiplier),
            notional: Quote(self.notional),
        }
    }
}

impl FeeTierFile {
    const fn tier(&self) -> FeeTier {
        FeeTier { volume: self.volume, taker: Ppm(self.taker), maker: SignedPpm(self.maker) }
    }
}

impl From<ClassFile> for MarketClass {
    fn from(class: ClassFile) -> Self {
        match class {
            ClassFile::A => Self::A,
            ClassFile::B => Self::B,
            ClassFile::C => Self::C,
        }
    }
}

impl MarketFile {
    fn listing(&self) -> Listing {
        Listing { params: self.params(), pool: PoolId(self.pool) }
    }

    /// The parameters that the engine checks.
    #[must_use]
    pub fn params(&self) -> MarketParams {
        // kappa follows from the decimals; where they do not fit, the engine's check says so.
        let decimals = u32::from(self.price_decimals) + u32::from(self.size_decimals);
        let kappa = 6_u32.checked_sub(decimals).map_or(0, |power| 10_u32.pow(power));
        MarketParams {
            symbol: self.symbol.clone(),
            price_decimals: self.price_decimals,
            size_decimals: self.size_decimals,
            kappa,
            initial_margin: Ppm(self.initial_margin),
            maintenance_margin: Ppm(self.maintenance_margin),
            margin_tiers: self.margin_tiers.iter().map(MarginTierFile::tier).collect(),
            fees: self.fees.iter().map(FeeTierFile::tier).collect(),
            order_band: Ppm(self.order_band),
            gain_weight_initial: Ppm(self.gain_weight_initial),
            gain_weight_withdrawal: Ppm(self.gain_weight_withdrawal),
            batch_interval: self.batch_interval,
            class: self.class.into(),
            impact_notional: Quote(self.impact_notional),
            circuit_breakers: self.circuit_breakers,
            open_interest_cap: Quote(self.open_interest_cap),
            open_interest_growth: Quote(self.open_interest_growth),
            capacity: self.capacity,
            strict_gains: self.strict_gains,
            shortfall: self.shortfall,
            settles_at: Millis(self.settles_at),
            open_interest_free: Quote(self.open_interest_free),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_that_of_its_market() {
        let market = r#"
            price_decimals = 1
            size_decimals = 4
            initial_margin = 20000
            maintenance_margin = 10000
            fees = [{ volume = 0, taker = 350, maker = -50 }]
            order_band = 100000
            gain_weight_initial = 1000000
            gain_weight_withdrawal = 500000
            class = "A"
            impact_notional = 20000000000
        "#;
        let text = format!(
            r#"
            chain_id = 31337
            exchange = "0xbabababababababababababababababababababa"
            publishers = ["0x0101010101010101010101010101010101010101"]
            quorum = 1
            assets = [{{ symbol = "ETH", minimum = 1000 }}, {{ symbol = "WBTC", minimum = 100 }}]
            [[markets]]
            symbol = "BTC-USD"
            {market}
            [[markets]]
            symbol = "ETH-USD"
            shortfall = true
            history = {{ hour = 9, returns = [-1, 2], stress = [-3] }}
            {market}
            "#
        );
        let config = toml::from_str::<GenesisFile>(&text).expect("a genesis").config();
        config.check().expect("an exchange can begin so");
        let history = History { market: MarketId(1), hour: 9, returns: vec![-1, 2], stress: vec![-3] };
        assert_eq!(config.markets.iter().map(|it| it.params.shortfall).collect::<Vec<_>>(), [false, true]);
        assert_eq!(config.histories, [history]);
        let asset = |symbol: &str, minimum| AssetParams {
            symbol: symbol.into(),
            minimum: Units(minimum),
            collateral: None,
        };
        assert_eq!(config.assets, [asset("ETH", 1_000), asset("WBTC", 100)]);
    }
}
