//! What the exchange begins with, as a TOML file.

use super::ConfigError;
use alloy_primitives::Address;
use ballast_engine::{GenesisConfig, ProtectionConfig};
use ballast_types::{FeeTier, MarginTier, MarketClass, MarketParams, Ppm, Quote, SignedPpm, SizeLots};
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
    /// Who owns the backstop, which is account 0 then; there is none when not named.
    #[serde(default)]
    pub backstop: Address,
    /// What the insurance fund should hold, in micro-USDC.
    #[serde(default)]
    pub fund_target: i64,
    /// Markets by their id.
    pub markets: Vec<MarketFile>,
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
    #[serde(default = "watched")]
    pub circuit_breakers: bool,
}

/// A market has its circuit breakers unless its genesis says otherwise.
const fn watched() -> bool {
    true
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
    /// When the file cannot be read or parsed.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        super::read_toml(path)
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
            protection: ProtectionConfig { backstop: self.backstop, fund_target: Quote(self.fund_target) },
            markets: self.markets.iter().map(MarketFile::params).collect(),
        }
    }
}

impl MarginTierFile {
    const fn tier(&self) -> MarginTier {
        MarginTier { above: SizeLots(self.above), multiplier: Ppm(self.multiplier) }
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
        }
    }
}
