//! A pipeline with a market, a publisher and traders.

use alloy_primitives::{Address, B256};
use ballast_auth::{command_digest, report_digest};
use ballast_engine::{Exchange, GenesisConfig, Listing, ProtectionConfig};
use ballast_node::{
    app::{Core, Parts, rehearsal},
    clock::ManualClock,
    config::PipelineConfig,
    fatal::Fatal,
    feed::FeedConfig,
    journal::{MemoryStore, Store},
    pipeline::{Ack, Answer},
    rpc::methods,
    secp::SigningKey,
};
use ballast_types::*;
use ballast_types::{AssetId, FeeTier, SignedPpm};
use serde_json::{Value, json};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

pub(crate) const START: Millis = Millis(1_700_000_000_000);
pub(crate) const MARKET: MarketId = MarketId(0);
pub(crate) const PRICE: PriceTicks = PriceTicks(500_000);
pub(crate) const FUNDS: Quote = Quote(1_000_000_000_000);
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes([seed; 32]).expect("a small number is a key")
}

pub(crate) fn sequencer_key() -> SigningKey {
    key(0x51)
}

pub(crate) fn guardian_key() -> SigningKey {
    key(0x71)
}

pub(crate) fn publisher_key() -> SigningKey {
    key(0x70)
}

pub(crate) fn market() -> MarketParams {
    MarketParams {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 4,
        kappa: 10,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(30_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(500), SignedPpm(200)),
        order_band: Ppm(100_000),
        gain_weight_initial: Ppm(900_000),
        gain_weight_withdrawal: Ppm(500_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
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

pub(crate) fn genesis() -> Exchange {
    genesis_of(vec![market()])
}

pub(crate) fn genesis_of(markets: Vec<impl Into<Listing>>) -> Exchange {
    let config = GenesisConfig {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0xb1),
        publishers: vec![publisher_key().address()],
        quorum: 1,
        guardian: guardian_key().address(),
        // Nobody trades in the second.
        pools: vec![ProtectionConfig::default(); 2],
        markets: markets.into_iter().map(Into::into).collect(),
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: vec![AssetParams {
            symbol: "ETH".into(),
            minimum: Units(1_000),
            // Ten units are a lot of the first market, and have counted for long.
            collateral: Some(Collateral {
                market: MarketId(0),
                units_per_lot: Units(10),
                haircut: Ppm(100_000),
                size_factor: Ppm(0),
                since: Millis(0),
                most: Quote(1_000_000_000_000),
                total: Units(10_000_000),
            }),
        }],
    };
    Exchange::genesis(&config).expect("a sound genesis")
}

pub(crate) fn pipeline() -> PipelineConfig {
    PipelineConfig {
        queue: 4_096,
        recovery_threads: 2,
        group: 64,
        groups: 4,
        batch_inputs: 50,
        batch_age_ms: 1_000_000,
        idle_batch_age_ms: 1_000_000,
        // There is no L1 to say anything.
        max_unposted: u64::MAX,
        snapshot_every: 2,
        ..PipelineConfig::default()
    }
}

/// A pipeline under test.
pub(crate) struct Rig {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) core: Core,
    pub(crate) separator: B256,
}

pub(crate) fn start_with(
    store: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    pipeline: PipelineConfig,
    feed: FeedConfig,
) -> Result<Rig, Fatal> {
    let parts = parts(Arc::<MemoryStore>::clone(&store), Arc::<ManualClock>::clone(&clock), pipeline, feed);
    let separator = parts.genesis.separator();
    Ok(Rig { core: Core::start(parts)?, store, clock, separator })
}

pub(crate) fn parts(
    store: Arc<dyn Store>,
    clock: Arc<ManualClock>,
    pipeline: PipelineConfig,
    feed: FeedConfig,
) -> Parts {
    Parts {
        store,
        clock,
        genesis: genesis(),
        transition: ballast_engine::apply,
        rehearsal,
        key: sequencer_key(),
        program_hash: B256::repeat_byte(0x99),
        shadow: true,
        court: None,
        pipeline,
        feed,
    }
}

impl Rig {
    pub(crate) fn new() -> Self {
        Self::with(pipeline(), FeedConfig::default())
    }

    pub(crate) fn with(pipeline: PipelineConfig, feed: FeedConfig) -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(START)));
        start_with(store, clock, pipeline, feed).expect("an empty store starts")
    }

    /// With these markets, before the first input.
    pub(crate) fn of(markets: Vec<MarketParams>) -> Self {
        let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(START)));
        let parts =
            parts(Arc::<MemoryStore>::clone(&store), Arc::clone(&clock), pipeline(), FeedConfig::default());
        let parts = Parts { genesis: genesis_of(markets), ..parts };
        let separator = parts.genesis.separator();
        Self { core: Core::start(parts).expect("an empty store starts"), store, clock, separator }
    }

    /// A price and two traders with money: accounts 0 and 1 of keys 1 and 2.
    pub(crate) fn trading() -> Self {
        let rig = Self::new();
        rig.prepare();
        rig
    }

    pub(crate) fn prepare(&self) {
        self.price(PRICE);
        self.deposit(&key(1));
        self.deposit(&key(2));
    }

    pub(crate) fn seq(&self) -> Seq {
        self.core.mirror.read().exchange.state.chain.seq
    }

    pub(crate) fn wait_for_seq(&self, seq: Seq) {
        self.wait(|| self.seq() >= seq);
    }

    pub(crate) fn wait(&self, done: impl Fn() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done() {
            assert!(Instant::now() < end, "waited too long");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Deposits for a new account and waits until it is there.
    pub(crate) fn deposit(&self, owner: &SigningKey) {
        self.l1(L1Payload::Deposit {
            asset: AssetId(0),
            owner: owner.address(),
            account: AccountId(limits::NEW_ACCOUNT),
            amount: FUNDS,
        });
    }

    /// A message of L1 comes, and is waited for.
    pub(crate) fn l1(&self, payload: L1Payload) {
        let (index, seq) = {
            let chain = self.core.mirror.read().exchange.state.chain.clone();
            (chain.l1_count, chain.seq)
        };
        let message = L1Message { index, l1_block: 10 + index, l1_time: START.0 / 1_000, payload };
        self.core.l1.send(message).expect("the sequencer runs");
        self.wait_for_seq(seq.next());
    }

    pub(crate) fn price(&self, price: PriceTicks) {
        self.ask(self.report(price));
    }

    /// What the publisher says of the market now.
    pub(crate) fn report(&self, price: PriceTicks) -> Source {
        self.report_by(&publisher_key(), price)
    }

    /// What the publisher says of the market now, by his key.
    pub(crate) fn report_by(&self, key: &SigningKey, price: PriceTicks) -> Source {
        self.report_of(key, vec![ReportedPrice::plain(MARKET, price)])
    }

    /// These prices, as he says them now.
    pub(crate) fn report_of(&self, key: &SigningKey, prices: Vec<ReportedPrice>) -> Source {
        let time = ballast_node::clock::Clock::now(self.clock.as_ref());
        let report = PriceReport { publisher: 0, time, prices };
        let signature = key.sign(report_digest(self.separator, &report));
        Source::Publisher { report, signature }
    }

    pub(crate) fn signed(&self, key: &SigningKey, command: UserCommand) -> Source {
        let signature = key.sign(command_digest(self.separator, &command));
        Source::User { command, signature }
    }

    pub(crate) fn operations(
        &self,
        key: &SigningKey,
        account: u32,
        nonce: u64,
        operations: Vec<Operation>,
    ) -> Source {
        let expires = Millis(ballast_node::clock::Clock::now(self.clock.as_ref()).0 + 60_000);
        let (account, nonce) = (AccountId(account), Nonce(nonce));
        self.signed(
            key,
            UserCommand::Operations(Operations { account, nonce, expires, atomic: false, operations }),
        )
    }

    /// What the interface answers to a query.
    pub(crate) fn query(&self, method: &str, params: Value) -> Value {
        let (entry, views, _) = self.core.ports();
        let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let answer = runtime.block_on(async { methods(entry, views).raw_json_request(&call, 1).await });
        serde_json::from_str(answer.expect("a call").0.get()).expect("JSON")
    }

    /// Submits and waits for the answer.
    pub(crate) fn ask(&self, source: Source) -> Answer {
        self.core.admission.submit(source).expect("there is room").blocking_recv().expect("an answer comes")
    }

    pub(crate) fn accept(&self, source: Source) -> Ack {
        match self.ask(source) {
            Answer::Sequenced(ack) => *ack,
            Answer::Refused(rejection) => panic!("refused: {rejection}"),
        }
    }
}

pub(crate) fn place(side: Side, price: u64, size: u64) -> Operation {
    let order = NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::Gtc, ClientId(0));
    Operation::Place { market: MARKET, order }
}
