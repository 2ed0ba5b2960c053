use super::*;
use crate::{
    app::Parts,
    clock::ManualClock,
    config::{MarketFile, PipelineConfig},
    feed::FeedConfig,
    journal::MemoryStore,
    mirror::View,
    secp::SigningKey,
};
use alloy::primitives::Address;
use ballast_bridge::l1::memory::{GENESIS_TIME, MemoryL1};
use ballast_engine::{Exchange, GenesisConfig, ProtectionConfig};
use ballast_state::{Account, Holdings};
use ballast_types::{AccountId, AssetId, L1Payload, Millis, PoolId, Quote, limits::NEW_ACCOUNT};
use std::time::Instant;

const PROGRAM: B256 = B256::repeat_byte(0x99);
const EVERY: Duration = Duration::from_millis(5);

fn genesis() -> Exchange {
    let market = MarketFile {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 4,
        initial_margin: 50_000,
        maintenance_margin: 30_000,
        margin_tiers: Vec::new(),
        fees: vec![crate::config::FeeTierFile { volume: 0, taker: 500, maker: 200 }],
        order_band: 100_000,
        gain_weight_initial: 900_000,
        gain_weight_withdrawal: 500_000,
        batch_interval: 0,
        class: crate::config::ClassFile::A,
        impact_notional: 20_000_000_000,
        circuit_breakers: true,
        pool: 0,
        open_interest_cap: 0,
        open_interest_growth: 0,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: 0,
        open_interest_free: 0,
        history: None,
    };
    let config = GenesisConfig {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0xb1),
        publishers: vec![Address::repeat_byte(1)],
        quorum: 1,
        guardian: Address::ZERO,
        pools: vec![ProtectionConfig::default()],
        markets: vec![market.params().into()],
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
    };
    Exchange::genesis(&config).expect("a sound genesis")
}

#[test]
fn owners_whose_addresses_begin_alike_are_told_apart() {
    let mut exchange = genesis();
    let [one, mut other] = [Address::repeat_byte(7); 2];
    other.0[8] = 8;
    for (id, owner) in (0..).zip([one, other, one]) {
        let (pool, cash, positions) = (PoolId(0), Quote::ZERO, Vec::new());
        exchange
            .state
            .accounts
            .insert(id, Account { owner, pool, cash, positions, holdings: Holdings::NONE });
    }
    let view = View::new(exchange);
    assert_eq!(view.accounts_of(one), [AccountId(0), AccountId(2)]);
    assert_eq!(view.accounts_of(other), [AccountId(1)]);
    assert!(view.accounts_of(Address::repeat_byte(8)).is_empty());
}

fn core(store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Core {
    core_judged_by(PROGRAM, store, clock)
}

fn core_judged_by(program_hash: B256, store: &Arc<MemoryStore>, clock: &Arc<ManualClock>) -> Core {
    let pipeline =
        PipelineConfig { batch_age_ms: 100, idle_batch_age_ms: 1_000_000_000, ..PipelineConfig::default() };
    let parts = Parts {
        store: Arc::<MemoryStore>::clone(store),
        clock: Arc::<ManualClock>::clone(clock),
        genesis: genesis(),
        transition: ballast_engine::apply,
        rehearsal: crate::app::rehearsal,
        key: SigningKey::from_bytes([7; 32]).expect("a key"),
        program_hash,
        shadow: true,
        court: None,
        pipeline,
        feed: FeedConfig::default(),
    };
    Core::start(parts).expect("it starts")
}

fn start_tasks(core: &Core, l1: &MemoryL1, stop: &watch::Receiver<bool>) -> JoinSet<Result<()>> {
    let config = L1Config { data: DataWay::Calldata, confirmations: 2, ..L1Config::default() };
    let chain = core.mirror.read().exchange.state.chain.clone();
    let block = core.journal.last_l1_block().expect("a journal").unwrap_or_default();
    let resume = Resume { count: chain.l1_count, rolling: chain.l1_hash, block };
    let watch = WatcherConfig { deploy_block: 0, confirmations: config.confirmations, max_range: 100 };
    let watcher = Watcher::new(l1.clone(), watch, resume);
    let outbox = JournalOutbox::of(&Link::of(core));
    let status = Arc::clone(&core.l1_status);
    let mut tasks = JoinSet::new();
    tasks.spawn(follow(
        watcher,
        l1.clone(),
        core.l1.clone(),
        status,
        config.confirmations,
        EVERY,
        stop.clone(),
    ));
    let poster = Poster::new(l1.clone(), outbox, poster(&config));
    let settler = Settler::new(l1.clone(), lane(&config), poster);
    tasks.spawn(settle(settler, EVERY, stop.clone()));
    tasks
}

fn deposit(l1: &MemoryL1) {
    l1.queue(L1Payload::Deposit {
        asset: AssetId(0),
        owner: Address::repeat_byte(5),
        account: AccountId(NEW_ACCOUNT),
        amount: Quote(1_000_000),
    });
}

/// Mines and lets the clock run until `done`.
async fn until(l1: &MemoryL1, clock: &ManualClock, done: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !done() {
        assert!(Instant::now() < end, "waited too long");
        l1.mine();
        clock.advance(50);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deposits_come_in_batches_go_out_and_a_restart_repeats_neither() {
    let (store, clock) =
        (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(Millis(GENESIS_TIME * 1_000))));
    let mut first = core(&store, &clock);
    let base = crate::restart::genesis_base(genesis());
    let l1 = MemoryL1::new(&base.header, PROGRAM, 10);
    let (stop_sender, stop) = watch::channel(false);
    let tasks = start_tasks(&first, &l1, &stop);
    deposit(&l1);
    until(&l1, &clock, || first.mirror.read().exchange.state.chain.posted_batch >= BatchIndex(1)).await;
    let posted = first.journal.posted(BatchIndex(1)).expect("a journal").expect("it was recorded");
    let hash = BatchHeader::from_bytes(&posted).expect("a header").hash();
    assert_eq!(l1.batch_hash(1).await.expect("it answers"), Some(hash));
    stop_sender.send_replace(true);
    assert!(tasks.join_all().await.into_iter().all(|ended| ended.is_ok()));
    first.shut_down();

    let second = core(&store, &clock);
    let (stop_sender, stop) = watch::channel(false);
    let tasks = start_tasks(&second, &l1, &stop);
    deposit(&l1);
    until(&l1, &clock, || {
        let chain = second.mirror.read().exchange.state.chain.clone();
        chain.posted_batch >= BatchIndex(2) && chain.accounts == 2 && second.l1_status.view().0 >= 1
    })
    .await;
    let chain = second.mirror.read().exchange.state.chain.clone();
    assert_eq!(chain.accounts, 2, "each deposit once");
    let deposits = second.mirror.read().accounts_of(Address::repeat_byte(5)).len();
    assert_eq!(deposits, 2);

    // Whoever ends the exchange on L1 ends no process: it says so, and answers.
    assert_eq!(second.l1_status.view().1.and_then(|l1| l1.frozen_at), None);
    l1.freeze();
    until(&l1, &clock, || second.l1_status.view().1.is_some_and(|l1| l1.frozen_at.is_some())).await;
    stop_sender.send_replace(true);
    assert!(tasks.join_all().await.into_iter().all(|ended| ended.is_ok()));
}

#[test]
fn a_node_that_was_told_a_wrong_program_could_never_start_with_the_right_one() {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(Millis(1_000))));
    let mut wrong = core_judged_by(B256::ZERO, &store, &clock);
    let payload = L1Payload::Deposit {
        asset: AssetId(0),
        owner: Address::repeat_byte(5),
        account: AccountId(NEW_ACCOUNT),
        amount: Quote(1_000_000),
    };
    wrong.l1.send(L1Message { index: 0, l1_block: 1, l1_time: 1, payload }).expect("the sequencer runs");
    let end = Instant::now() + Duration::from_secs(60);
    while *wrong.stored.borrow() < BatchIndex(1) {
        assert!(Instant::now() < end, "waited too long");
        clock.advance(50);
        std::thread::sleep(Duration::from_millis(5));
    }
    wrong.shut_down();

    let right = core(&store, &clock);
    let batch = JournalOutbox::of(&Link::of(&right)).get(1).expect("a journal").expect("it is stored");
    assert_eq!(batch.header.programHash, PROGRAM);
}

#[test]
fn a_rollup_that_would_refuse_our_batches_is_named_at_the_start() {
    let rules = Rules { program_hash: PROGRAM, sequencer: Address::repeat_byte(1) };
    check_rules(&rules, PROGRAM, None).expect("who does not post may be anybody");
    check_rules(&rules, PROGRAM, Some(Address::repeat_byte(1))).expect("it takes ours");
    for (program, poster) in [(B256::ZERO, 1), (PROGRAM, 2)] {
        let refused = check_rules(&rules, program, Some(Address::repeat_byte(poster)));
        assert!(matches!(refused, Err(Error::Config(_))), "{refused:?}");
    }
}

#[test]
fn a_vault_that_takes_what_nobody_would_credit_is_named_at_the_start() {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(Millis(1))));
    let core = core(&store, &clock);
    let link = Link::of(&core);
    check_assets(&link, 1).expect("USDC alone");
    for on_l1 in [0, 2] {
        let refused = check_assets(&link, on_l1).expect_err("another vault");
        let told = format!("the vault takes {on_l1} assets, and the genesis knows 1");
        assert!(refused.to_string().contains(&told), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_did_not_start_while_its_l1_did_not_answer() {
    let (store, clock) = (Arc::new(MemoryStore::new()), Arc::new(ManualClock::at(Millis(1_000))));
    let core = core(&store, &clock);
    let addresses = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(Address::repeat_byte);
    let [token, vault, inbox, rollup, withdrawals, escape, dispute_game, governance, data_demand] = addresses;
    let deployment = Deployment {
        chain_id: 31_337,
        deploy_block: 0,
        token,
        vault,
        inbox,
        rollup,
        withdrawals,
        escape,
        data_demand,
        dispute_game,
        governance,
        bond: None,
    };
    let access = |endpoint: &str| Access {
        endpoint: endpoint.into(),
        deployment,
        poster_key: Some([1; 32]),
        demand_key: None,
    };
    let (stop_sender, stop) = watch::channel(false);
    let config = L1Config { poll_ms: 5, ..L1Config::default() };
    let refused = start(Link::of(&core), &config, access("nowhere"), &stop).await;
    assert!(matches!(refused, Err(Error::Config(_))), "what never will be right is told at once");

    let mut tasks =
        start(Link::of(&core), &config, access("http://127.0.0.1:1"), &stop).await.expect("it waits");
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(tasks.try_join_next().is_none(), "it goes on asking");
    stop_sender.send_replace(true);
    assert!(tasks.join_all().await.into_iter().all(|ended| ended.is_ok()));
}
