//! The genesis file: the same TOML that the sequencer begins with. Whether it was read the same way is checked by
//! its hash, which L1 knows.

use crate::error::{Error, Result};
use alloy::primitives::Address;
use ballast_engine::{GenesisConfig, History, Listing, ProtectionConfig};
use ballast_state::{Pace, Rate};
use ballast_types::{
    AssetParams, Collateral, FeeTier, MarginTier, MarketClass, MarketId, MarketParams, Millis, PoolId, Ppm,
    Quote, SignedPpm, SizeLots, Units,
};
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GenesisFile {
    chain_id: u64,
    exchange: Address,
    publishers: Vec<Address>,
    quorum: u8,
    #[serde(default)]
    guardian: Address,
    #[serde(default = "one_pool")]
    pools: Vec<PoolFile>,
    #[serde(default)]
    settlement_lag: bool,
    #[serde(default)]
    peg_guard: bool,
    #[serde(default)]
    assets: Vec<AssetFile>,
    markets: Vec<MarketFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AssetFile {
    symbol: String,
    minimum: u64,
    collateral: Option<CollateralFile>,
}

/// The fields are those of [`Collateral`].
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct CollateralFile {
    market: u16,
    units_per_lot: u64,
    haircut: u32,
    #[serde(default)]
    size_factor: u32,
    since: u64,
    most: i64,
    total: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolFile {
    #[serde(default)]
    backstop: Address,
    #[serde(default)]
    fund_target: i64,
    pacing: Option<PaceFile>,
}

/// The fields are those of [`Pace`].
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct PaceFile {
    hour: RateFile,
    day: RateFile,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct RateFile {
    share: u32,
    floor: i64,
}

fn one_pool() -> Vec<PoolFile> {
    vec![PoolFile::default()]
}

/// The fields are those of [`MarketParams`]; fractions are parts in a million.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarketFile {
    symbol: String,
    price_decimals: u8,
    size_decimals: u8,
    initial_margin: u32,
    maintenance_margin: u32,
    #[serde(default)]
    margin_tiers: Vec<MarginTierFile>,
    fees: Vec<FeeTierFile>,
    order_band: u32,
    gain_weight_initial: u32,
    gain_weight_withdrawal: u32,
    #[serde(default)]
    batch_interval: u32,
    class: ClassFile,
    impact_notional: i64,
    #[serde(default = "on")]
    circuit_breakers: bool,
    #[serde(default)]
    pool: u16,
    #[serde(default)]
    open_interest_cap: i64,
    #[serde(default)]
    open_interest_growth: i64,
    #[serde(default)]
    capacity: bool,
    #[serde(default = "on")]
    strict_gains: bool,
    #[serde(default)]
    shortfall: bool,
    #[serde(default)]
    settles_at: u64,
    #[serde(default)]
    open_interest_free: i64,
    history: Option<HistoryFile>,
}

/// The fields are those of [`History`].
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryFile {
    #[serde(default)]
    hour: u64,
    #[serde(default)]
    returns: Vec<i64>,
    #[serde(default)]
    stress: Vec<i64>,
}

const fn on() -> bool {
    true
}

#[derive(Clone, Copy, Deserialize)]
enum ClassFile {
    A,
    B,
    C,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarginTierFile {
    above: u64,
    multiplier: u32,
    #[serde(default)]
    notional: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FeeTierFile {
    volume: u64,
    taker: u32,
    maker: i32,
}

/// Reads what the exchange begins with. The engine checks it.
///
/// # Errors
/// [`Error::File`] when the file cannot be read or parsed.
pub fn read(path: &Path) -> Result<GenesisConfig> {
    let wrong = |reason: String| Error::File { path: path.into(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    parse(&text).map_err(wrong)
}

fn parse(text: &str) -> Result<GenesisConfig, String> {
    let file: GenesisFile = toml::from_str(text).map_err(|error| error.to_string())?;
    Ok(GenesisConfig {
        chain_id: file.chain_id,
        exchange: file.exchange,
        publishers: file.publishers,
        quorum: file.quorum,
        guardian: file.guardian,
        pools: file.pools.iter().map(protection).collect(),
        settlement_lag: file.settlement_lag,
        peg_guard: file.peg_guard,
        assets: file.assets.into_iter().map(asset).collect(),
        histories: (0..).map(MarketId).zip(&file.markets).filter_map(history).collect(),
        markets: file.markets.into_iter().map(listing).collect(),
    })
}

fn asset(asset: AssetFile) -> AssetParams {
    let collateral = asset.collateral.map(|file| Collateral {
        market: MarketId(file.market),
        units_per_lot: Units(file.units_per_lot),
        haircut: Ppm(file.haircut),
        size_factor: Ppm(file.size_factor),
        since: Millis(file.since),
        most: Quote(file.most),
        total: Units(file.total),
    });
    AssetParams { symbol: asset.symbol, minimum: Units(asset.minimum), collateral }
}

fn protection(pool: &PoolFile) -> ProtectionConfig {
    let rate = |rate: RateFile| Rate { share: Ppm(rate.share), floor: Quote(rate.floor) };
    let pacing = pool.pacing.map(|pace| Pace { hour: rate(pace.hour), day: rate(pace.day) });
    ProtectionConfig { backstop: pool.backstop, fund_target: Quote(pool.fund_target), pacing }
}

fn history((market, file): (MarketId, &MarketFile)) -> Option<History> {
    let HistoryFile { hour, returns, stress } = file.history.clone()?;
    Some(History { market, hour, returns, stress })
}

fn listing(market: MarketFile) -> Listing {
    let pool = PoolId(market.pool);
    Listing { params: params(market), pool }
}

fn params(market: MarketFile) -> MarketParams {
    // kappa follows from the decimals; where they do not fit, the engine's check says so.
    let decimals = u32::from(market.price_decimals) + u32::from(market.size_decimals);
    let kappa = 6_u32.checked_sub(decimals).map_or(0, |power| 10_u32.pow(power));
    MarketParams {
        symbol: market.symbol,
        price_decimals: market.price_decimals,
        size_decimals: market.size_decimals,
        kappa,
        initial_margin: Ppm(market.initial_margin),
        maintenance_margin: Ppm(market.maintenance_margin),
        margin_tiers: market.margin_tiers.iter().map(margin_tier).collect(),
        fees: market.fees.iter().map(fee_tier).collect(),
        order_band: Ppm(market.order_band),
        gain_weight_initial: Ppm(market.gain_weight_initial),
        gain_weight_withdrawal: Ppm(market.gain_weight_withdrawal),
        batch_interval: market.batch_interval,
        class: class(market.class),
        impact_notional: Quote(market.impact_notional),
        circuit_breakers: market.circuit_breakers,
        open_interest_cap: Quote(market.open_interest_cap),
        open_interest_growth: Quote(market.open_interest_growth),
        capacity: market.capacity,
        strict_gains: market.strict_gains,
        shortfall: market.shortfall,
        settles_at: Millis(market.settles_at),
        open_interest_free: Quote(market.open_interest_free),
    }
}

const fn class(class: ClassFile) -> MarketClass {
    match class {
        ClassFile::A => MarketClass::A,
        ClassFile::B => MarketClass::B,
        ClassFile::C => MarketClass::C,
    }
}

const fn margin_tier(tier: &MarginTierFile) -> MarginTier {
    MarginTier {
        above: SizeLots(tier.above),
        multiplier: Ppm(tier.multiplier),
        notional: Quote(tier.notional),
    }
}

const fn fee_tier(tier: &FeeTierFile) -> FeeTier {
    FeeTier { volume: tier.volume, taker: Ppm(tier.taker), maker: SignedPpm(tier.maker) }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    const FILE: &str = r#"
        chain_id = 31337
        exchange = "0xbabababababababababababababababababababa"
        publishers = ["0x0101010101010101010101010101010101010101"]
        quorum = 1
        [[markets]]
        symbol = "BTC-USD"
        price_decimals = 1
        size_decimals = 4
        initial_margin = 20000
        maintenance_margin = 10000
        margin_tiers = [{ above = 4000000, multiplier = 1500000, notional = 5000000000000 }]
        fees = [{ volume = 0, taker = 350, maker = -50 }]
        order_band = 100000
        gain_weight_initial = 1000000
        gain_weight_withdrawal = 500000
        class = "A"
        impact_notional = 20000000000
    "#;

    /// An exchange with one market and nobody in it.
    pub(crate) fn small() -> GenesisConfig {
        parse(FILE).expect("a genesis")
    }

    #[test]
    fn a_genesis_is_read() {
        let genesis = parse(FILE).expect("a genesis");
        genesis.check().expect("an exchange can begin so");
        assert_eq!((genesis.chain_id, genesis.markets[0].params.kappa), (31_337, 10));
        let tier = genesis.markets[0].params.margin_tiers[0];
        assert_eq!((tier.above, tier.notional), (SizeLots(4_000_000), Quote(5_000_000_000_000)));
    }

    #[test]
    fn pools_are_listed_where_there_are_several() {
        assert_eq!(parse(FILE).expect("a genesis").pools, [ProtectionConfig::default()]);
        let pools = "pools = [{}, { fund_target = 5 }]\n[[markets]]\npool = 1\n";
        let genesis = parse(&FILE.replace("[[markets]]", pools)).expect("a genesis");
        assert_eq!((genesis.pools.len(), genesis.pools[1].fund_target.0), (2, 5));
        assert_eq!(genesis.markets[0].pool, PoolId(1));
        assert!(parse(&format!("fund_target = 5\n{FILE}")).is_err(), "of which pool");
    }

    #[test]
    fn assets_are_listed_where_there_are_others_than_usdc() {
        assert_eq!(parse(FILE).expect("a genesis").assets, []);
        let assets = "assets = [{ symbol = \"ETH\", minimum = 1000 }]\n[[markets]]";
        let genesis = parse(&FILE.replace("[[markets]]", assets)).expect("a genesis");
        genesis.check().expect("an exchange can begin so");
        assert_eq!(
            genesis.assets,
            [AssetParams { symbol: "ETH".into(), minimum: Units(1_000), collateral: None }]
        );
    }

    #[test]
    fn a_history_is_that_of_its_market() {
        let follows = "shortfall = true\n[markets.history]\nhour = 9\nreturns = [-1, 2]\nstress = [-3]";
        let genesis = parse(&format!("{FILE}\n{follows}")).expect("a genesis");
        genesis.check().expect("an exchange can begin so");
        let history = History { market: MarketId(0), hour: 9, returns: vec![-1, 2], stress: vec![-3] };
        assert_eq!((genesis.markets[0].params.shortfall, genesis.histories), (true, vec![history]));
        let without = parse(&format!("{FILE}\n[markets.history]\nhour = 9")).expect("a genesis");
        assert!(without.check().is_err());
    }

    #[test]
    fn a_field_that_is_not_known_is_refused() {
        assert!(parse(&format!("{FILE}\nleverage = 3")).is_err());
        assert!(parse(&FILE.replace("quorum = 1", "")).is_err());
    }

    #[test]
    fn decimals_that_leave_no_kappa_are_left_to_the_engine() {
        let genesis = parse(&FILE.replace("size_decimals = 4", "size_decimals = 255")).expect("a genesis");
        assert!(genesis.check().is_err());
    }
}
