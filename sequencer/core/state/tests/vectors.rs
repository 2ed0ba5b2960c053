//! Golden bytes of every leaf and hash rule. `BALLAST_REGENERATE=1` writes them anew: an approval of a new
//! format.

use ballast_state::{
    Account, Average, Breakers, Bucket, Capacity, CapacityReport, Chain, Checkpoint, Closing, Commitment,
    Contingent, Custody, Exits, Factor, Forced, FundHistory, Genesis, Governance, Guard, Halt, Holders,
    Holdings, Interest, Lag, Leverage, Market, Minute, Minutes, NonceWindow, OrderPage, Pace, Pacing, Pause,
    Peg, PegReport, PendingChange, Pool, Position, Premium, Priced, Pricing, Protection, Queued, Rate,
    Report, Resolution, Section, Session, Settlement, Signers, Stage, Strain, Told, Trader, TraderBook,
    Uncommon, Venue, Volume, state_root,
    tree::{EMPTY_LEAF, Tree, empty_roots, fixed_root, leaf_hash, node_hash},
};
use ballast_types::{
    AccountId, Address, AssetId, AssetParams, B256, BatchIndex, Causes, ClientId, Collateral, Conditional,
    ConditionalId, Direction, FeeTier, GovernanceCall, Group, Iceberg, KeyNumber, Lots, MarginTier,
    MarketClass, MarketId, MarketMode, MarketParams, Millis, NewOrder, Nonce, OracleState, Order, OrderId,
    PoolId, Ppm, PriceSource, PriceTicks, Quote, Seq, Side, SignedPpm, SizeLots, TimeInForce, Trigger, Units,
    Waits, codec,
};
use std::{collections::BTreeMap, env, fmt::Debug, fs, path::Path};

/// Compares `lines` with the file of this name under `vectors`, or writes it.
fn golden(name: &str, lines: &BTreeMap<&str, String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    let text: String = lines.iter().map(|(name, value)| format!("{name} {value}\n")).collect();
    if env::var_os("BALLAST_REGENERATE").is_some_and(|value| value == "1") {
        fs::write(&path, &text).expect("the vectors can be written");
    }
    let committed = fs::read_to_string(&path).expect("the vectors are committed");
    assert_eq!(text, committed, "{} changed", path.display());
}

fn leaf<T: borsh::BorshSerialize + borsh::BorshDeserialize + PartialEq + Debug>(value: &T) -> String {
    let bytes = codec::encode(value);
    assert_eq!(codec::decode::<T>(&bytes).as_ref(), Ok(value));
    hex::encode(bytes)
}

fn account() -> Account {
    let mut holdings = Holdings::NONE;
    holdings.set(AssetId(1), Units(2_500_000));
    holdings.set(AssetId(7), Units(1));
    Account {
        owner: Address::repeat_byte(0x11),
        pool: PoolId(1),
        cash: Quote(-1_234_567),
        positions: vec![
            Position { market: MarketId(0), size: Lots(250), funding: -17 },
            Position { market: MarketId(3), size: Lots(-1), funding: 1 << 40 },
        ],
        holdings,
    }
}

fn market() -> Market {
    let params = MarketParams {
        symbol: "BTC-USD".to_owned(),
        price_decimals: 1,
        size_decimals: 5,
        kappa: 1,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        margin_tiers: vec![MarginTier {
            above: SizeLots(4_000_000),
            multiplier: Ppm(1_500_000),
            notional: Quote(5_000_000_000_000),
        }],
        fees: FeeTier::flat(Ppm(450), SignedPpm(150)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(500_000),
        gain_weight_withdrawal: Ppm(250_000),
        batch_interval: 0,
        class: MarketClass::A,
        impact_notional: Quote(20_000_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote(2_000_000_000_000),
        open_interest_growth: Quote::ZERO,
        capacity: true,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote(1_000_000_000_000),
    };
    let (index, mark) = (PriceTicks(1_000_123), PriceTicks(1_000_120));
    let (mark_time, fresh_mark) = (Millis(1_700_000_000_000), PriceTicks(1_000_119));
    Market {
        average: PriceTicks(1_199_999),
        settlement: Some(Settlement { price: PriceTicks(1_000_119), closed: -251 }),
        params,
        pool: PoolId(1),
        index,
        mark,
        mark_time,
        oracle: OracleState::Uncertain,
        fresh_mark,
        funding: -42,
        initial_factor: Ppm(1_250_000),
        maintenance: Ppm(25_501),
        initial: Ppm(60_000),
        open_interest_margin: Ppm(70_000),
        prices: vec![Priced { asset: AssetId(1), units_per_lot: Units(10_000), haircut: Ppm(100_000) }],
        hour_average: PriceTicks(1_000_077),
        haircut: Ppm(120_000),
        haircut_initial: Ppm(130_000),
    }
}

fn factor() -> Factor {
    Factor {
        hour: 472_222,
        close: PriceTicks(1_000_001),
        fast: 64_000_000_000_000,
        slow: 81_000_000_000_000,
        glided: 9_000_000,
        residuals: (0..720).map(|row| row * 1_000 - 360_000).collect(),
        stress: vec![-450_000_000, 400_000_000, -300_000_000, 300_000_000],
    }
}

fn breakers() -> Breakers {
    let now = Millis(1_700_000_000_000);
    let causes = Causes::VELOCITY.with(Causes::THIN);
    let halt = Halt { causes: Causes::QUOTES, calls_from: now, rounds: 2 };
    let told = Told { mode: MarketMode::Halt, causes, initial_factor: Ppm(1_250_000), calls_from: now };
    let mut breakers = Breakers {
        fast: Some(now),
        outside: Some(Millis(now.0 - 1)),
        quoted: Millis(now.0 - 2),
        thin_until: Millis(now.0 + 3),
        warm_until: Millis(now.0 + 5),
        reduce_until: Millis(now.0 + 4),
        halt: Some(halt),
        causes,
        told,
        ..Breakers::NEW
    };
    breakers.note_index(now, PriceTicks(1_000_123));
    breakers.note_trade(now, SizeLots(77));
    breakers.note_forced(now, SizeLots(7));
    breakers
}

fn pricing() -> Pricing {
    Pricing {
        dispersion: 4_000,
        jumped: Some(Millis(1_699_999_999_700)),
        uncertain: Some(Millis(1_700_000_000_000)),
        averaged: Millis(1_699_999_999_950),
        basis: -(5 << 23),
        touch: Some(1_000_121 << 24),
        touched: Millis(1_700_000_000_000),
        last: PriceTicks(1_000_118),
        traded: Millis(1_699_999_998_000),
        premium: Premium { value: 120_000, sum: -7, samples: 9, sampled: 340_000_000, hour: 472_222 },
        minute: 28_333_333,
        carry: 59_999_999_999,
    }
}

fn nonces() -> NonceWindow {
    let mut nonces = NonceWindow::default();
    [0, 1, 63, 64, 1_500, 1_499].into_iter().map(Nonce).for_each(|nonce| nonces.use_(nonce));
    nonces
}

fn trader() -> Trader {
    Trader {
        nonces: nonces(),
        books: vec![TraderBook {
            market: MarketId(3),
            basis: Quote(-99),
            bid_lots: SizeLots(5),
            ask_lots: SizeLots(7),
            orders: 3,
        }],
        open_orders: 3,
        reducing: 1,
        reserve: Quote(1_000),
        volume: Volume { period: 1_405, current: 3_000_000, previous: 4_000_000 },
        last_key: KeyNumber(5),
        exit_day: Some(20_000),
        tickets: 3,
        seldom: uncommon().into(),
    }
}

fn uncommon() -> Uncommon {
    Uncommon {
        sessions: vec![Session {
            key: Address::repeat_byte(0x22),
            number: KeyNumber(4),
            valid_until: Millis(1_700_000_100_000),
            scope: 3,
            nonces: NonceWindow::default(),
        }],
        cancel_at: Some(Millis(1_700_000_200_000)),
        contingent: Some(Box::new(contingent())),
        leverages: vec![Leverage { market: MarketId(1), times: 10 }],
        forced: Forced { window: 345_600_000, market: MarketId(1), closed: SizeLots(9) },
        exit: Some(Address::repeat_byte(0x99)),
    }
}

fn contingent() -> Contingent {
    let (id, market) = (ConditionalId::new(Seq(9), 2), MarketId(3));
    let order = NewOrder::plain(Side::Sell, PriceTicks(1), SizeLots(7), TimeInForce::Ioc, ClientId(6));
    let level = PriceTicks(990_000);
    let trigger = Trigger::Price { source: PriceSource::Mark, direction: Direction::Below, level };
    let group = ConditionalId::new(Seq(9), 0);
    Contingent {
        orders: vec![Conditional { id, key: KeyNumber(4), market, order, trigger, group: Some(group) }],
        groups: vec![Group {
            id: group,
            market,
            order: Some(OrderId::new(77, 18)),
            opened: Some(SizeLots(2)),
        }],
    }
}

fn page() -> OrderPage {
    let order = Order {
        id: OrderId::new(77, 18),
        account: AccountId(5),
        side: Side::Sell,
        price: PriceTicks(1_000_130),
        size: SizeLots(7),
        reserve: Quote(500),
        client: ClientId(9),
        key: KeyNumber(4),
        reduce_only: false,
        good_until: None,
        iceberg: None,
        waits: None,
    };
    let iceberg = Order {
        id: OrderId::new(78, 19),
        reduce_only: true,
        good_until: Some(Millis(1_700_000_300_000)),
        iceberg: Some(Iceberg { display: SizeLots(7), hidden: SizeLots(70), arrival: 79 }),
        waits: Some(Waits::Rest),
        ..order
    };
    OrderPage { orders: vec![order, iceberg] }
}

fn pacing() -> Pacing {
    let rate = |share, floor| Rate { share: Ppm(share), floor: Quote(floor) };
    Pacing {
        pace: Some(Pace { hour: rate(10_000, 1_000_000_000_000), day: rate(100_000, 10_000_000_000_000) }),
        buckets: [Bucket { used: Quote(7), part: 5 }, Bucket { used: Quote(70), part: 50 }],
        kept: Millis(1_700_000_000_300),
        first: 4,
        next: 6,
        queued: Quote(9_000_000),
    }
}

fn chain() -> Chain {
    Chain {
        seq: Seq(1_000),
        time: Millis(1_700_000_000_500),
        promise: B256::repeat_byte(0x33),
        batch: BatchIndex(8),
        accounts: 6,
        markets: 4,
        next_withdrawal: 3,
        l1_count: 12,
        l1_hash: B256::repeat_byte(0x44),
        posted_batch: BatchIndex(6),
        guardian_time: Millis(1_700_000_000_400),
        posted_time: Millis(1_700_000_000_000),
        lag: Lag::Long,
        sealed_time: Millis(1_700_000_000_450),
        checkpoint: Some(Checkpoint { batch: BatchIndex(7), sealed: Millis(1_700_000_000_450) }),
        exits: Exits {
            markets: vec![(MarketId(0), 2), (MarketId(3), 1)],
            pools: vec![(PoolId(1), 4)],
            found: vec![MarketId(3)],
        },
        peg: Peg {
            reports: vec![
                PegReport { price: Ppm(984_321), time: Millis(1_700_000_000_000) },
                PegReport::default(),
            ],
            weak: Guard { since: Millis(0), on: true },
            broken: Guard { since: Millis(1_699_999_999_000), on: false },
            low: Ppm(984_000),
        },
        custody: vec![
            Custody { credited: Units(9_000_000), withdrawn: Units(6_500_000) },
            Custody::default(),
        ],
    }
}

fn genesis() -> Genesis {
    let publishers = vec![Address::repeat_byte(0x66), Address::repeat_byte(0x77)];
    Genesis {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0x55),
        publishers,
        quorum: 2,
        guardian: Address::repeat_byte(0x88),
        pools: 2,
        settlement_lag: false,
        peg_guard: true,
        assets: vec![
            AssetParams {
                symbol: "ETH".to_owned(),
                minimum: Units(1_000),
                collateral: Some(Collateral {
                    market: MarketId(1),
                    units_per_lot: Units(10_000),
                    haircut: Ppm(100_000),
                    size_factor: Ppm(25),
                    since: Millis(1_700_000_000_000),
                    most: Quote(10_000_000_000_000),
                    total: Units(50_000_000_000),
                }),
            },
            AssetParams { symbol: "WBTC".to_owned(), minimum: Units(100), collateral: None },
        ],
    }
}

#[test]
fn leaves_have_their_bytes() {
    let pool = Pool {
        credited: Quote(10_000_000),
        withdrawn: Quote(4_000_000),
        fees: Quote(1_234),
        fund: Quote(500_000),
        deficit: Quote(7),
        protection: Protection {
            target: Quote(2_000_000),
            backstop: Some(AccountId(0)),
            history: FundHistory {
                day: 20_000,
                day_start: Quote(600_000),
                period: 60_000,
                peak: Quote(550_000),
                last_peak: Quote(600_000),
            },
            takeover_day: 19_999,
            takeover_equity: Quote(3_000_000),
        },
        transferred: Quote(-5_000_000),
        pacing: pacing(),
        resolution: Resolution {
            owes_since: Millis(1_700_000_000_000),
            stage: Stage::Settling { next: AccountId(256) },
        },
        debts: Quote(3_000_000),
        pause: Pause { since: Millis(1_700_000_000_000), until: Millis(1_700_000_060_000) },
    };
    let queued =
        Queued { account: AccountId(9), recipient: Address::repeat_byte(0x77), amount: Quote(9_000_000) };
    let reports = vec![
        Report {
            price: PriceTicks(1_000_123),
            perp: Some(PriceTicks(1_000_090)),
            confidence: Ppm(120),
            time: Millis(1_700_000_000_000),
        },
        Report::default(),
    ];
    let venue = Venue {
        next_arrival: 80,
        pages: 2,
        open_interest: SizeLots(251),
        batch_until: Millis(1_700_000_060_000),
        next_clearing: Millis(1_700_000_001_000),
        waiting: 3,
        reports,
        pricing: pricing(),
        strain: Strain { window: 345_600_000, allowance: 900, closed: 100, day: 20_000, paid: Quote(55) },
        holders: {
            let mut holders = Holders::NONE;
            for size in [200, 51, -251] {
                holders.moved(Lots::ZERO, Lots(size));
            }
            holders
        },
        breakers: breakers(),
        interest: {
            let mut interest = Interest::default();
            interest.keep(Millis(1_700_000_000_000), SizeLots(251));
            interest
        },
        capacity: Capacity {
            reports: vec![
                CapacityReport { usdc: 250_000_000, time: Millis(1_700_000_000_000) },
                CapacityReport::default(),
            ],
            agreed: Some(250_000_000),
        },
        average: {
            let mut average = Average::default();
            let _ = average.held(PriceTicks(1_000_100), Millis(1_700_000_000_000), Millis(1_700_000_001_500));
            average
        },
        closing: Closing { hour: 472_223, samples: [7, 0, 9, 8, 0].map(PriceTicks) },
        minute: Minute { number: 28_333_333, index: PriceTicks(1_000_121) },
        margin_moved: Millis(1_700_000_000_500),
    };
    let mut governance = Governance::NONE;
    governance.pending.put(PendingChange {
        at: Millis(1_700_086_400_500),
        call: GovernanceCall { action: 0, subject: 1, value: 40_000 },
    });
    governance.pending.put(PendingChange {
        at: Millis(1_700_000_000_500),
        call: GovernanceCall { action: 6, subject: 0, value: 5_000 },
    });
    governance.signers = Some(Signers {
        publishers: vec![Address::repeat_byte(0xe0), Address::repeat_byte(0xe7)],
        guardian: Address::repeat_byte(0xee),
        replaced_at: Millis(1_700_000_000_700),
    });
    golden(
        "leaves.txt",
        &BTreeMap::from([
            ("account", leaf(&account())),
            ("chain", leaf(&chain())),
            ("genesis", leaf(&genesis())),
            ("market", leaf(&market())),
            (
                "minutes",
                leaf(&Minutes { samples: vec![Minute { number: 28_333_332, index: PriceTicks(1_000_119) }] }),
            ),
            ("nonces", leaf(&nonces())),
            ("order-page", leaf(&page())),
            ("governance", leaf(&governance)),
            ("pool", leaf(&pool)),
            ("queued", leaf(&queued)),
            ("trader", leaf(&trader())),
            ("trader-new", leaf(&Trader::default())),
            ("venue", leaf(&venue)),
            ("factor", leaf(&factor())),
        ]),
    );
}

#[test]
fn trees_have_their_hashes() {
    let bytes = codec::encode(&account());
    let mut commitment = Commitment::new();
    let empty_state = commitment.state_root();
    commitment.update(&[
        (Section::Accounts, 0, Some(bytes.clone())),
        (Section::Orders, 3 << 16 | 1, Some(codec::encode(&page()))),
        (Section::Chain, 0, Some(codec::encode(&chain()))),
    ]);
    let mut tree = Tree::new();
    tree.update(vec![(0, B256::repeat_byte(1)), (5, B256::repeat_byte(2)), (u32::MAX, B256::repeat_byte(3))]);
    let proof: Vec<_> = tree.proof(5).into_iter().map(hex::encode).collect();
    golden(
        "tree.txt",
        &BTreeMap::from([
            ("empty-depth-16", empty_roots()[16].to_string()),
            ("empty-depth-32", empty_roots()[32].to_string()),
            ("empty-leaf", EMPTY_LEAF.to_string()),
            ("empty-state", empty_state.to_string()),
            ("fixed-16-of-3", fixed_root(16, &[1, 2, 3].map(B256::repeat_byte)).to_string()),
            ("leaf-account", leaf_hash(&bytes).to_string()),
            ("leaf-no-bytes", leaf_hash(&[]).to_string()),
            ("node-01-02", node_hash(B256::repeat_byte(1), B256::repeat_byte(2)).to_string()),
            ("sparse-proof-5", proof.concat()),
            ("sparse-root", tree.root().to_string()),
            ("state-root", commitment.state_root().to_string()),
            ("state-root-of-01-to-07", state_root(&[1, 2, 3, 4, 5, 6, 7].map(B256::repeat_byte)).to_string()),
        ]),
    );
}
