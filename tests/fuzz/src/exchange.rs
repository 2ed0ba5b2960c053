//! A small exchange to try things on, and signatures that name their signer.

use ballast_auth::Recover;
use ballast_engine::{Exchange, GenesisConfig, Listing, ProtectionConfig, apply, verify};
use ballast_types::{
    Address, AssetParams, B256, Collateral, FeeTier, Input, MarginTier, MarketClass, MarketId, MarketParams,
    Millis, Outcome, PoolId, Ppm, Quote, Signature, SignedPpm, SizeLots, Source, Units,
};

/// A lot of the second market for a hundred units of it.
const COLLATERAL: Collateral = Collateral {
    market: MarketId(1),
    units_per_lot: Units(100),
    haircut: Ppm(100_000),
    size_factor: Ppm(100),
    since: Millis(0),
    most: Quote(1_000_000_000_000),
    total: Units(1 << 50),
};

/// Where time begins.
pub const START: Millis = Millis(1_700_000_000_000);
/// Price publishers.
pub const PUBLISHERS: u8 = 1;

/// Who moves markets towards safety.
pub const GUARDIAN: Address = Address::repeat_byte(0x99);

/// Takes the address in `r` for the signer.
#[derive(Clone, Copy, Debug)]
pub struct Named;

impl Recover for Named {
    fn recover(&self, _: B256, signature: &Signature) -> Option<Address> {
        let address = Address::from_slice(&signature.0[12..32]);
        (address != Address::ZERO).then_some(address)
    }
}

/// What [`Named`] takes for a signature of `address`.
#[must_use]
pub fn signed_by(address: Address) -> Signature {
    let mut bytes = [0; 65];
    bytes[12..32].copy_from_slice(address.as_slice());
    bytes[63] = 1;
    bytes[64] = 27;
    Signature(bytes)
}

/// The owner of the account `n`, or of none.
#[must_use]
pub const fn owner(n: u8) -> Address {
    Address::repeat_byte(n.wrapping_add(1))
}

/// The publisher at place `n`, or at none.
#[must_use]
pub const fn publisher(n: u8) -> Address {
    Address::repeat_byte(0xe0_u8.wrapping_add(n))
}

/// Two markets and a silo, three publishers, nobody in it.
///
/// # Panics
/// Never: the genesis is sound.
#[must_use]
pub fn empty() -> Exchange {
    let market = |symbol: &str| MarketParams {
        symbol: symbol.to_owned(),
        price_decimals: 1,
        size_decimals: 4,
        kappa: 10,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(30_000),
        margin_tiers: vec![MarginTier {
            above: SizeLots(1_000),
            multiplier: Ppm(1_500_000),
            notional: Quote(4_990_000_000),
        }],
        fees: FeeTier::flat(Ppm(500), SignedPpm(-100)),
        order_band: Ppm(100_000),
        gain_weight_initial: Ppm(900_000),
        gain_weight_withdrawal: Ppm(500_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: true,
        open_interest_cap: Quote(1_000_000_000_000_000),
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote(1_000_000_000),
    };
    let config = GenesisConfig {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0xba),
        publishers: (0..PUBLISHERS).map(publisher).collect(),
        quorum: 1,
        guardian: GUARDIAN,
        pools: vec![ProtectionConfig::default(); 2],
        markets: [("BTC-USD", 0), ("ETH-USD", 0), ("MEME-USD", 1)]
            .map(|(symbol, pool)| {
                let params = MarketParams { capacity: symbol == "ETH-USD", ..market(symbol) };
                Listing { params, pool: PoolId(pool) }
            })
            .into(),
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: true,
        assets: [("ETH", 1_000, Some(COLLATERAL)), ("WBTC", 1, None)]
            .map(|(symbol, minimum, collateral)| AssetParams {
                symbol: symbol.into(),
                minimum: Units(minimum),
                collateral,
            })
            .into(),
    };
    Exchange::genesis(&config).expect("the genesis is sound")
}

/// Carries out the next input.
pub fn carry_out(exchange: &mut Exchange, time: Millis, source: Source) -> (Input, Outcome) {
    let input = Input { seq: exchange.state.chain.seq.next(), time, source };
    let verified = verify(&Named, exchange.separator(), &input.source);
    let outcome = apply(exchange, &input, &verified);
    (input, outcome)
}
