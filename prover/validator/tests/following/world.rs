//! A sequencer in miniature, and a simulated L1 to post to.

use alloy::{
    consensus::{
        BlobTransactionSidecar, BlobTransactionSidecarVariant, Bytes48, SidecarBuilder, SimpleCoder,
    },
    primitives::keccak256,
    signers::{SignerSync, local::PrivateKeySigner},
};
use ballast_auth::{Domain, K256, command_digest, report_digest};
use ballast_batch::{
    BatchHeader,
    chunks::{chunk, inputs_root},
};
use ballast_bridge::{
    data::{BatchData, Mode, seal_data},
    fees::Fees,
    l1::{Call, L1, L1Sender, memory::MemoryL1},
};
use ballast_engine::{GenesisConfig, ProtectionConfig};
use ballast_oracle::Host;
use ballast_program::{Leaves, build};
use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, ClientId, FeeTier, Input, L1Message, L1Payload,
    MarketClass, MarketId, MarketParams, Millis, NewOrder, Nonce, Operation, Operations, Ppm, PriceReport,
    PriceTicks, Quote, ReportedPrice, Seq, Side, Signature, SignedPpm, SizeLots, Source, SystemCommand,
    TimeInForce, UserCommand, Withdraw, codec, limits::NEW_ACCOUNT,
};
use ballast_validator::{
    Follower, FollowerConfig, Replica, Retention, ledger::Ledger, source::MemorySource, store::MemoryStore,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

/// The program that the rollup names.
pub(crate) const PROGRAM: B256 = B256::repeat_byte(0x99);
const FEES: Fees =
    Fees { max_fee: u64::MAX as u128, tip: u64::MAX as u128, blob_fee: Some(u64::MAX as u128) };
const TRADERS: u32 = 4;

pub(crate) type TestFollower = Follower<MemoryL1, MemorySource>;

pub(crate) fn key(number: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(number)).expect("a key")
}

fn market() -> MarketParams {
    MarketParams {
        symbol: "BTC-USD".to_owned(),
        price_decimals: 2,
        size_decimals: 2,
        kappa: 100,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(350), SignedPpm(50)),
        order_band: Ppm(100_000),
        gain_weight_initial: Ppm(1_000_000),
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

pub(crate) fn genesis() -> GenesisConfig {
    GenesisConfig {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0xba),
        publishers: vec![key(200).address()],
        quorum: 1,
        guardian: Address::ZERO,
        pools: vec![ProtectionConfig::default()],
        markets: vec![market().into()],
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
    }
}

pub(crate) fn deposit(owner: u8, amount: i64) -> L1Payload {
    let account = AccountId(NEW_ACCOUNT);
    L1Payload::Deposit { asset: AssetId(0), owner: key(owner).address(), account, amount: Quote(amount) }
}

/// A batch as it was made, to be falsified and posted.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) header: BatchHeader,
    pub(crate) diff: Vec<u8>,
    pub(crate) inputs: Vec<Input>,
}

impl Sealed {
    pub(crate) fn chunks(&self) -> Vec<Vec<u8>> {
        chunk(self.inputs.iter().map(codec::encode))
    }

    /// Commits to the inputs as they are now.
    pub(crate) fn recommit(&mut self) {
        let chunks = self.chunks();
        self.header.inputsRoot = inputs_root(&chunks);
        self.header.inputChunks = chunks.len() as u32;
    }
}

/// Makes batches: its state is what the program makes of them.
#[derive(Clone)]
pub(crate) struct Sequencer {
    random: ChaCha8Rng,
    separator: B256,
    ledger: Ledger,
    pub(crate) previous: BatchHeader,
    seq: u64,
    time: u64,
    consumed: u64,
    nonce: u64,
    program: B256,
}

impl Sequencer {
    pub(crate) fn new(seed: u64, program: B256) -> Self {
        let config = genesis();
        let replica = Replica::genesis(&config).expect("a genesis");
        Self {
            random: ChaCha8Rng::seed_from_u64(seed),
            separator: Domain { chain_id: config.chain_id, exchange: config.exchange }.separator(),
            ledger: replica.ledger().clone(),
            previous: replica.header().clone(),
            seq: 0,
            time: 1_700_000_000_000,
            consumed: 0,
            nonce: 0,
            program,
        }
    }

    /// The next batch: all `messages` that were not consumed, then `count` other inputs, then the seal.
    pub(crate) fn batch(&mut self, messages: &[L1Message], count: usize) -> Sealed {
        let mut inputs = Vec::new();
        for message in
            messages.iter().filter(|message| message.index >= self.consumed).cloned().collect::<Vec<_>>()
        {
            self.consumed = message.index + 1;
            inputs.push(self.input(Source::L1(message)));
        }
        inputs.push(self.report());
        inputs.extend((0..count).map(|_| self.command()));
        let index = BatchIndex(self.previous.index + 1);
        inputs.push(self.input(Source::System(SystemCommand::SealBatch { index })));

        let host = Host::new(Arc::clone(self.ledger.commitment()), self.ledger.clone());
        let leaves = Arc::new(Leaves::new(host, &self.previous.sectionRoots));
        let built = build(&self.previous, &inputs, &leaves, &K256).expect("inputs of a batch");
        self.ledger.take(&built.changes);
        let header = BatchHeader { programHash: self.program, ..built.header };
        Sealed { header, diff: built.diff, inputs }
    }

    fn input(&mut self, source: Source) -> Input {
        self.seq += 1;
        self.time += self.random.random_range(0..3);
        Input { seq: Seq(self.seq), time: Millis(self.time), source }
    }

    fn report(&mut self) -> Input {
        self.time += 1;
        let price = PriceTicks(500_000 + self.random.random_range(0..1_000));
        let prices = vec![ReportedPrice::plain(MarketId(0), price)];
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        let signature = sign(200, report_digest(self.separator, &report));
        self.input(Source::Publisher { report, signature })
    }

    fn command(&mut self) -> Input {
        self.nonce += 1;
        let account = AccountId(self.random.random_range(0..TRADERS));
        let (nonce, expires) = (Nonce(self.nonce), Millis(self.time + 60_000));
        let command = if self.random.random_range(0..20) == 0 {
            let (amount, recipient) = (Quote(2_000_000), Address::repeat_byte(5));
            UserCommand::Withdraw(Withdraw {
                account,
                nonce,
                expires,
                asset: AssetId::USDC,
                amount,
                recipient,
            })
        } else {
            let order = NewOrder::plain(
                if self.random.random() { Side::Buy } else { Side::Sell },
                PriceTicks(self.random.random_range(498_000..503_000)),
                SizeLots(self.random.random_range(1..200)),
                TimeInForce::Gtc,
                ClientId(0),
            );
            let operations = vec![Operation::Place { market: MarketId(0), order }];
            UserCommand::Operations(Operations { account, nonce, expires, atomic: false, operations })
        };
        let signature = sign(account.0 as u8 + 1, command_digest(self.separator, &command));
        self.input(Source::User { command, signature })
    }
}

fn sign(number: u8, digest: B256) -> Signature {
    Signature(key(number).sign_hash_sync(&digest).expect("a key signs").as_bytes())
}

/// A chain, who posts to it, and who shows the inputs.
pub(crate) struct World {
    pub(crate) l1: MemoryL1,
    pub(crate) sequencer: Sequencer,
    pub(crate) source: MemorySource,
    pub(crate) store: MemoryStore,
}

impl World {
    /// A chain with a few deposits. The seed is printed, and taken from `BALLAST_SEED` when that is set.
    pub(crate) fn new() -> Self {
        Self::under(PROGRAM)
    }

    /// The same, where batches are judged by this program.
    pub(crate) fn under(program: B256) -> Self {
        let seed = std::env::var("BALLAST_SEED")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or_else(rand::random);
        eprintln!("BALLAST_SEED={seed}");
        let sequencer = Sequencer::new(seed, program);
        let l1 = MemoryL1::new(&sequencer.previous, program, 60);
        (0..TRADERS as u8).for_each(|trader| l1.queue(deposit(trader + 1, 50_000_000_000)));
        l1.mine();
        Self { l1, sequencer, source: MemorySource::default(), store: MemoryStore::default() }
    }

    pub(crate) fn config() -> FollowerConfig {
        let retention = Retention { snapshot_every: 3, batches: 4, ..Retention::default() };
        FollowerConfig { confirmations: 0, retention, patience: None }
    }

    pub(crate) async fn follower(&self) -> TestFollower {
        let (store, sources) = (Arc::new(self.store.clone()), vec![self.source.clone()]);
        Follower::open(self.l1.clone(), sources, store, genesis(), Self::config()).await.expect("a follower")
    }

    /// Everything that the inbox has said so far.
    pub(crate) async fn messages(&self) -> Vec<L1Message> {
        let head = self.l1.head().await.expect("an answer").number;
        let queued = self.l1.messages(0, head).await.expect("an answer");
        queued.into_iter().map(|queued| queued.message).collect()
    }

    /// Makes the next batch.
    pub(crate) async fn seal(&mut self) -> Sealed {
        let messages = self.messages().await;
        self.sequencer.batch(&messages, 12)
    }

    /// Posts a batch with its diff in calldata and shows its inputs.
    pub(crate) async fn post(&mut self, sealed: &Sealed) -> BatchHeader {
        let data = seal_data(&sealed.diff, Mode::Calldata).expect("a diff");
        self.post_with(sealed, data).await
    }

    /// Posts a batch with these data, whatever they hold, and shows its inputs.
    pub(crate) async fn post_with(&mut self, sealed: &Sealed, data: BatchData) -> BatchHeader {
        let header = BatchHeader {
            previousHash: self.sequencer.previous.hash(),
            dataHash: data.commitment(),
            ..sealed.header.clone()
        };
        let nonce = self.l1.nonces().await.expect("an answer").latest;
        let call = Call::PostBatch { header: Arc::new(header.clone()), data };
        self.l1.send(&call, nonce, &FEES).await.expect("the rollup takes it");
        self.l1.mine();
        assert_eq!(self.l1.batch_hash(header.index).await.expect("an answer"), Some(header.hash()));
        self.source.show(header.index, sealed.chunks());
        self.sequencer.previous = header.clone();
        header
    }

    /// Makes and posts `count` right batches.
    pub(crate) async fn advance(&mut self, count: usize) {
        for _ in 0..count {
            let sealed = self.seal().await;
            self.post(&sealed).await;
        }
    }
}

/// Blobs with made-up commitments: what the simulated L1 compares needs no KZG.
pub(crate) fn blobs(diff: &[u8]) -> BatchData {
    let blobs = SidecarBuilder::<SimpleCoder>::from_slice(diff).take();
    let commitments =
        blobs.iter().map(|blob| Bytes48::left_padding_from(keccak256(blob).as_slice())).collect();
    let sidecar = BlobTransactionSidecar { blobs, commitments, proofs: Vec::new() };
    BatchData::Blobs(Arc::new(BlobTransactionSidecarVariant::Eip4844(sidecar)))
}
