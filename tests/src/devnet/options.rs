//! What a devnet can be told.

use ballast_types::{
    B256, FeeTier, MarginTier, MarketClass, MarketParams, Millis, PoolId, Ppm, Quote, SignedPpm, SizeLots,
};
use ballast_vm::{Image, program_hash};
use std::{path::PathBuf, time::Duration};

/// Everything that a devnet can be told.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where everything is kept; a fresh temporary folder, removed at the end, when there is none. A folder with
    /// a devnet in it goes on where it stopped.
    pub dir: Option<PathBuf>,
    /// Markets by their id.
    pub markets: Vec<Market>,
    /// Seconds that a batch can be challenged.
    pub challenge_window: u64,
    /// Seconds for which a forced request may be passed over, or no batch be posted, before anybody may freeze the exchange,
    /// for ever. Nobody does so unasked, but a devnet that was put to sleep, or shares its machine with a build, should
    /// not be one that anybody may kill: ten minutes, and a quarter of an hour where tests share the machine. A test of
    /// the freeze asks for less.
    pub forced_deadline: u64,
    /// Seconds in which a chunk of inputs that was demanded on L1 has to be shown.
    pub demand_deadline: u64,
    /// Seconds in which what was shown can be looked at before its batch is final.
    pub demand_review: u64,
    /// Seconds in which a challenge has to be answered, and that each claim has in each match of a dispute.
    pub dispute_time: u64,
    /// Blocks that an L1 message waits for.
    pub confirmations: u64,
    /// Seconds between blocks of L1; none, and blocks come when a test mines them or a transaction arrives.
    pub block_time: Option<u64>,
    /// Longest age of a batch with something in it.
    pub batch_age: Duration,
    /// Longest age of a batch with nothing in it but news of earlier ones.
    pub idle_batch_age: Duration,
    /// How often the node asks L1.
    pub poll: Duration,
    /// How long a transaction to L1 waits before it is replaced by a dearer one.
    pub patience: Duration,
    /// A snapshot after every so many batches; 0 for none.
    pub snapshot_every: u64,
    /// Where diffs go.
    pub data: Data,
    /// Whether every batch is run through the program that judges it, before it is stored.
    pub shadow: bool,
    /// The guest's ELF file, with which the contracts are deployed and batches are judged on the machine before they are
    /// stored; none where none was built.
    pub guest: Option<PathBuf>,
    /// Every so many batches are judged on the machine.
    pub judge_every: u64,
    /// Whether what an answer waits for runs in real time, where the system lets the node.
    pub real_time: bool,
    /// Whether a validator follows the batches.
    pub validator: bool,
    /// The program that judges batches.
    pub program: Program,
    /// Ports; a free one where there is none.
    pub ports: WantedPorts,
    /// Filter of the node's log.
    pub log: String,
}

/// A market with the price that it begins at.
#[derive(Clone, Debug)]
pub struct Market {
    /// Its parameters.
    pub params: MarketParams,
    /// First price, in ticks.
    pub first_price: u64,
    /// The pool that it is in.
    pub pool: PoolId,
}

impl Options {
    /// How many pools there are.
    #[must_use]
    pub fn pools(&self) -> u16 {
        self.markets.iter().map(|market| market.pool.0 + 1).max().unwrap_or(1)
    }
}

/// Where the diffs of batches go on L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Data {
    /// The cheaper way that is open: blobs on a devnet.
    Cheapest,
    /// Calldata: without the seconds that a debug build needs for a blob's commitments.
    Calldata,
}

/// Ports that are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct WantedPorts {
    /// Of L1.
    pub l1: Option<u16>,
    /// Of the node's JSON-RPC.
    pub rpc: Option<u16>,
    /// Of the node's metrics.
    pub metrics: Option<u16>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dir: None,
            markets: launch_markets(),
            challenge_window: 60,
            forced_deadline: 600,
            demand_deadline: 30,
            demand_review: 30,
            dispute_time: 60,
            confirmations: 12,
            block_time: Some(1),
            batch_age: Duration::from_secs(2),
            idle_batch_age: Duration::from_secs(10),
            poll: Duration::from_millis(500),
            patience: Duration::from_secs(20),
            snapshot_every: 20,
            data: Data::Cheapest,
            shadow: true,
            guest: guest(),
            judge_every: 1,
            real_time: false,
            validator: true,
            program: Program::built(),
            ports: WantedPorts::default(),
            log: "info".to_owned(),
        }
    }
}

/// The guest that `BALLAST_GUEST_ELF` names.
fn guest() -> Option<PathBuf> {
    std::env::var_os("BALLAST_GUEST_ELF").map(PathBuf::from)
}

/// What the machine starts with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Program {
    /// Root over its memory.
    pub memory_root: B256,
    /// Address of its first instruction.
    pub entry: u64,
}

impl Program {
    /// The guest that `BALLAST_GUEST_ELF` names; where none was built, one that faults on whatever it is to judge.
    ///
    /// # Panics
    /// When what was built is no image for the machine.
    fn built() -> Self {
        let elf = guest().and_then(|path| std::fs::read(path).ok());
        let mut image = elf.map_or_else(Image::default, |elf| {
            Image::from_elf(&elf).expect("the guest is an image for the machine")
        });
        Self { memory_root: image.memory.root(), entry: image.entry }
    }

    /// The program hash.
    #[must_use]
    pub fn hash(&self) -> B256 {
        program_hash(self.memory_root, self.entry)
    }
}

impl Options {
    /// As fast as it goes: for tests and `--smoke`. A batch is older than a block of L1, which takes one at a time.
    #[must_use]
    pub fn quick() -> Self {
        Self {
            challenge_window: 4,
            forced_deadline: 900,
            confirmations: 1,
            batch_age: Duration::from_millis(1_500),
            idle_batch_age: Duration::from_secs(3),
            poll: Duration::from_millis(200),
            ..Self::default()
        }
    }
}

/// The markets of the launch (risk.md 12, classes BTC and ETH, and a long tail in a silo of its own).
#[must_use]
pub fn launch_markets() -> Vec<Market> {
    vec![
        tiered(major("BTC-USD", [1, 5], [40_000, 20_000], [250, 20]), 1_200_000, [5, 25, 100]),
        tiered(major("ETH-USD", [2, 4], [50_000, 25_000], [150, 15]), 450_000, [3, 15, 60]),
        Market { params: long_tail("MEME-USD"), first_price: 500_000, pool: PoolId(1) },
    ]
}

/// A market of class A; cap and growth of its open interest are in millions of USDC.
fn major(
    symbol: &str,
    [price_decimals, size_decimals]: [u8; 2],
    [initial, maintenance]: [u32; 2],
    [cap, growth]: [i64; 2],
) -> MarketParams {
    MarketParams {
        symbol: symbol.to_owned(),
        price_decimals,
        size_decimals,
        kappa: 1,
        initial_margin: Ppm(initial),
        maintenance_margin: Ppm(maintenance),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(350), SignedPpm(0)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(1_000_000),
        gain_weight_withdrawal: Ppm(500_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: true,
        open_interest_cap: Quote(cap * 1_000_000_000_000),
        open_interest_growth: Quote(growth * 1_000_000_000_000),
        capacity: true,
        strict_gains: true,
        shortfall: true,
        settles_at: Millis(0),
        open_interest_free: Quote(cap * 500_000_000_000),
    }
}

/// A market of class C: four times leverage, gains that count for nothing until they are closed, a million open at most.
fn long_tail(symbol: &str) -> MarketParams {
    MarketParams {
        kappa: 1,
        margin_tiers: vec![MarginTier {
            above: SizeLots(100_000),
            multiplier: Ppm(2_000_000),
            notional: Quote(50_000_000_000),
        }],
        fees: FeeTier::flat(Ppm(600), SignedPpm(100)),
        order_band: Ppm(200_000),
        gain_weight_initial: Ppm(0),
        gain_weight_withdrawal: Ppm(0),
        class: MarketClass::C,
        impact_notional: Quote(2_500_000_000),
        open_interest_cap: Quote(1_000_000_000_000),
        open_interest_growth: Quote(250_000_000_000),
        open_interest_free: Quote(500_000_000_000),
        ..major(symbol, [6, 0], [250_000, 125_000], [0, 0])
    }
}

/// A market with the tiers of class A, which begin at so many millions of USDC at the first price (risk.md 12).
fn tiered(params: MarketParams, first_price: u64, millions: [i64; 3]) -> Market {
    let lot_value = first_price * u64::from(params.kappa);
    let tiers = millions.into_iter().zip([1_500_000, 2_500_000, 5_000_000]);
    let tiers = tiers.map(|(millions, multiplier)| {
        let notional = Quote(millions * 1_000_000_000_000);
        let above = SizeLots(notional.0.unsigned_abs() / lot_value);
        MarginTier { above, multiplier: Ppm(multiplier), notional }
    });
    let margin_tiers = tiers.collect();
    Market { params: MarketParams { margin_tiers, ..params }, first_price, pool: PoolId(0) }
}
