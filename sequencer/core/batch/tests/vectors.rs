//! Golden bytes of everything that L1 hashes or carries. `BALLAST_REGENERATE=1` writes them anew: an approval
//! of a new format.

use alloy_primitives::U256;
use alloy_sol_types::SolValue;
use ballast_batch::{
    BatchHeader, Changed, Diff, EscapeClaim, EscapePayout, ExitLeaves, Stripes, Withdrawal, Withdrawn,
    chunks, data,
    diff::Stripe,
    inbox::{l1_message_hash, payload_bytes, roll},
    promise::{advance, source_hash},
    withdrawal::{withdrawal_proof, withdrawals_root},
};
use ballast_state::{
    Account, Holdings, Market, Pacing, Pause, Pool, Position, Priced, Queued, Resolution, Settlement, Stage,
    tree::fixed_root,
};
use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, FeeTier, ForcedRequest, GovernanceCall, L1Message,
    L1Payload, Lots, MarginTier, MarketClass, MarketId, MarketParams, Millis, OracleState, PoolId, Ppm,
    PriceTicks, Quote, Seq, SignedPpm, SizeLots, Source, SystemCommand, Units, limits::NEW_ACCOUNT,
};
use std::{collections::BTreeMap, env, fs, path::Path};

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

fn header() -> BatchHeader {
    BatchHeader {
        index: 7,
        previousHash: B256::repeat_byte(0x01),
        previousStateRoot: B256::repeat_byte(0x02),
        stateRoot: B256::repeat_byte(0x03),
        sectionRoots: [0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16].map(B256::repeat_byte),
        firstSeq: 101,
        lastSeq: 250,
        firstTimeMs: 1_700_000_000_000,
        lastTimeMs: 1_700_000_060_000,
        promiseHash: B256::repeat_byte(0x04),
        l1MessageCount: 12,
        l1MessageHash: B256::repeat_byte(0x05),
        inputsRoot: B256::repeat_byte(0x06),
        inputChunks: 3,
        withdrawalsRoot: B256::repeat_byte(0x07),
        withdrawalCount: 2,
        diffHash: B256::repeat_byte(0x08),
        dataHash: B256::repeat_byte(0x09),
        programHash: B256::repeat_byte(0x0a),
    }
}

fn deposit() -> L1Message {
    L1Message {
        index: 0,
        l1_block: 100,
        l1_time: 1_700_000_000,
        payload: L1Payload::Deposit {
            asset: AssetId(0),
            owner: Address::repeat_byte(0x11),
            account: AccountId(NEW_ACCOUNT),
            amount: Quote(25_000_000),
        },
    }
}

fn posted() -> L1Message {
    L1Message {
        index: 1,
        l1_block: 101,
        l1_time: 1_700_000_012,
        payload: L1Payload::BatchPosted {
            index: BatchIndex(6),
            batch_hash: B256::repeat_byte(0x22),
            l1_block: 101,
            prevrandao: U256::from_be_bytes([0x33; 32]),
        },
    }
}

fn forced() -> L1Message {
    L1Message {
        index: 2,
        l1_block: 102,
        l1_time: 1_700_000_024,
        payload: L1Payload::Forced {
            request: ForcedRequest::Withdraw,
            sender: Address::repeat_byte(0x11),
            account: AccountId(7),
            recipient: Address::repeat_byte(0x55),
            asset: AssetId(2),
            amount: Quote(3_000_000),
        },
    }
}

fn governance() -> L1Message {
    L1Message {
        index: 3,
        l1_block: 103,
        l1_time: 1_700_000_036,
        payload: L1Payload::Governance(GovernanceCall { action: 6, subject: 1, value: 20_000 }),
    }
}

fn withdrawals() -> [Withdrawal; 3] {
    [0, 1, 2].map(|id| Withdrawal {
        id,
        account: 40 + id as u32,
        recipient: Address::repeat_byte(0x44 + id as u8),
        asset: 0,
        amount: 1_000_000 * (id + 1),
    })
}

#[test]
fn what_l1_hashes_keeps_its_hash() {
    let (deposit, posted, forced, governance) = (deposit(), posted(), forced(), governance());
    let rolling = roll(B256::ZERO, l1_message_hash(&deposit));
    let withdrawals = withdrawals();
    let proof: Vec<_> = withdrawal_proof(&withdrawals, 1).into_iter().map(hex::encode).collect();
    let seal = |index| source_hash(&Source::System(SystemCommand::SealBatch { index: BatchIndex(index) }));
    let (first, second) = (seal(1), seal(2));
    let payout =
        EscapePayout { index: 7, recipient: Address::repeat_byte(0x55), asset: 0, amount: 1_234_567 };
    let claim = EscapeClaim {
        batchHash: header().hash(),
        payoutsRoot: fixed_root(32, &[payout.leaf()]),
        payoutCount: 1,
        total: 1_234_567,
    };
    let promise = advance(B256::ZERO, Seq(1), Millis(1_700_000_000_000), first);
    golden(
        "l1.txt",
        &BTreeMap::from([
            ("data-blobs", data::blobs_data_hash(&[1, 2].map(B256::repeat_byte)).to_string()),
            ("data-calldata", data::calldata_data_hash(b"diff").to_string()),
            ("escape-payout", hex::encode(payout.abi_encode())),
            ("escape-payout-leaf", payout.leaf().to_string()),
            ("escape-claim", hex::encode(claim.abi_encode())),
            ("escape-claim-hash", claim.hash().to_string()),
            ("header", hex::encode(header().abi_encode())),
            ("header-hash", header().hash().to_string()),
            ("header-genesis-hash", BatchHeader::of_genesis([B256::ZERO; 7], b"diff").hash().to_string()),
            ("inbox-deposit-payload", hex::encode(payload_bytes(&deposit.payload).1)),
            ("inbox-deposit-hash", l1_message_hash(&deposit).to_string()),
            ("inbox-deposit-rolling", rolling.to_string()),
            ("inbox-posted-payload", hex::encode(payload_bytes(&posted.payload).1)),
            ("inbox-posted-hash", l1_message_hash(&posted).to_string()),
            ("inbox-posted-rolling", roll(rolling, l1_message_hash(&posted)).to_string()),
            ("inbox-forced-payload", hex::encode(payload_bytes(&forced.payload).1)),
            ("inbox-forced-hash", l1_message_hash(&forced).to_string()),
            ("inbox-governance-payload", hex::encode(payload_bytes(&governance.payload).1)),
            ("inbox-governance-hash", l1_message_hash(&governance).to_string()),
            ("promise-1-source", first.to_string()),
            ("promise-1", promise.to_string()),
            ("promise-2", advance(promise, Seq(2), Millis(1_700_000_000_001), second).to_string()),
            ("withdrawal", hex::encode(withdrawals[1].abi_encode())),
            ("withdrawal-leaf", withdrawals[1].leaf().to_string()),
            ("withdrawal-proof-1", proof.concat()),
            ("withdrawal-root", withdrawals_root(&withdrawals).to_string()),
            ("withdrawal-root-empty", withdrawals_root(&[]).to_string()),
        ]),
    );
}

#[test]
fn chunks_keep_their_bytes() {
    let inputs: Vec<Vec<u8>> = (1..=5_u8).map(|byte| vec![byte; 6_000 * usize::from(byte % 3)]).collect();
    let inputs: Vec<_> = inputs.into_iter().filter(|input| !input.is_empty()).collect();
    let chunks = chunks::chunk(&inputs);
    assert_eq!(chunks.len(), 2);
    golden(
        "chunks.txt",
        &BTreeMap::from([
            ("chunk-of-abc-de", hex::encode(chunks::chunk([&b"abc"[..], b"de"]).concat())),
            ("root", chunks::inputs_root(&chunks).to_string()),
            ("root-empty", chunks::inputs_root::<Vec<u8>>(&[]).to_string()),
            ("root-of-abc-de", chunks::inputs_root(&chunks::chunk([&b"abc"[..], b"de"])).to_string()),
        ]),
    );
}

fn account(cash: i64, positions: &[(u16, i64, i64)]) -> Account {
    let positions = positions.iter().map(|&(market, size, funding)| Position {
        market: MarketId(market),
        size: Lots(size),
        funding,
    });
    let positions = positions.collect();
    let (owner, pool, holdings) = (Address::repeat_byte(0x11), PoolId(0), Holdings::NONE);
    Account { owner, pool, cash: Quote(cash), positions, holdings }
}

fn holding(mut account: Account, held: &[(u16, u64)]) -> Account {
    held.iter().for_each(|(asset, amount)| account.holdings.set(AssetId(*asset), Units(*amount)));
    account
}

/// Deposits of two assets, one to a new account, and a withdrawal of all that was held of a third.
fn in_kind() -> Diff {
    let kept = |held| holding(account(5_000_000, &[]), held);
    let kept = Changed {
        index: 7,
        before: Some(kept(&[(1, 1_000_000), (3, 2_500)])),
        after: kept(&[(1, 1_750_000), (2, 40)]),
    };
    let opened = Changed { index: 9, before: None, after: holding(account(0, &[]), &[(2, 1 << 60)]) };
    let withdrawal = Withdrawn { asset: 3, ..withdrawn(7, 0x11, 2_500) };
    Diff { accounts: vec![kept, opened], withdrawals: vec![withdrawal], ..Diff::default() }
}

fn market(mark: u64, funding: i64) -> Market {
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
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        shortfall: false,
        settles_at: Millis(0),
        open_interest_free: Quote::ZERO,
    };
    let mark_time = Millis(1_700_000_000_000 + mark);
    Market {
        average: PriceTicks(1_199_999),
        settlement: (funding < 0).then_some(Settlement { price: PriceTicks(mark), closed: -9 }),
        params,
        pool: PoolId(0),
        index: PriceTicks(mark + 3),
        mark: PriceTicks(mark),
        mark_time,
        oracle: OracleState::Uncertain,
        fresh_mark: PriceTicks(mark + 1),
        funding,
        initial_factor: Ppm::WHOLE,
        maintenance: Ppm(25_501),
        initial: Ppm(60_000),
        open_interest_margin: Ppm(if funding < 0 { 0 } else { 70_000 }),
        prices: if funding < 0 {
            vec![Priced { asset: AssetId(1), units_per_lot: Units(10_000), haircut: Ppm(100_000) }]
        } else {
            Vec::new()
        },
        hour_average: PriceTicks(if funding < 0 { mark - 2 } else { 0 }),
        haircut: Ppm(if funding < 0 { 120_000 } else { 0 }),
        haircut_initial: Ppm(if funding < 0 { 130_000 } else { 0 }),
    }
}

/// Accounts that traded in market 1, which did not change: one took, one made, one did both, one closed; one was paid.
fn trades() -> Diff {
    let cost = |lots: i64, price: u64, makes: bool| {
        let market = market(1_000_000, 3);
        let value = market.params.value(PriceTicks(price), Lots(lots));
        let tier = &market.params.fees[0];
        let fee = if makes { tier.maker_fee_ceil(value.abs()) } else { tier.taker_fee_ceil(value.abs()) };
        i64::try_from(value + fee).expect("a small trade")
    };
    let took = account(5_000_000 - cost(40, 1_000_012, false), &[(1, 40, 3)]);
    let made = account(5_000_000 - cost(-25, 1_000_013, true), &[(1, -15, 3)]);
    let both = cost(7, 1_000_010, true) + cost(8, 1_000_015, false);
    let closed = account(5_000_000 - 4 * 3 - cost(-4, 999_990, false), &[]);
    let changes = [
        (account(5_000_000, &[]), took),
        (account(5_000_000, &[(1, 10, 3)]), made),
        (account(5_000_000, &[]), account(5_000_000 - both, &[(1, 15, 3)])),
        (account(5_000_000, &[(1, 4, 0)]), closed),
        (account(5_000_000, &[]), account(5_250_000, &[])),
    ];
    let changed = |(index, (before, after))| Changed { index, before: Some(before), after };
    Diff { accounts: (7..).zip(changes).map(changed).collect(), ..Diff::default() }
}

/// What the trades happen in.
fn one_market() -> ExitLeaves {
    let markets = [(1, market(1_000_000, 3))].into();
    ExitLeaves { markets, ..ExitLeaves::default() }
}

/// The same trades, in batch 6 of rounds of 4: with accounts 10 and 14, and no market.
fn striped() -> Diff {
    let mut before = one_market();
    before.accounts.insert(14, account(77, &[(1, -3, 2), (4, 5, 1)]));
    let trades = trades();
    let stripe = Stripe::of(
        6,
        15,
        Stripes { batches: 4, accounts: 4 },
        &mut &ExitLeaves {
            accounts: trades
                .accounts
                .iter()
                .map(|change| (change.index, change.after.clone()))
                .chain(before.accounts.clone())
                .collect(),
            ..before
        },
    );
    assert_eq!(stripe.accounts.len(), 2);
    Diff { stripe: Some(stripe), ..trades }
}

fn withdrawn(account: u32, recipient: u8, amount: u64) -> Withdrawn {
    let recipient = Address::repeat_byte(recipient);
    Withdrawn { account: AccountId(account), recipient, asset: 0, amount }
}

/// One that waited before the batch and left, between two that did not wait, of which the second pays its owner.
#[test]
fn a_diff_keeps_its_bytes() {
    let traded = Changed {
        index: 3,
        before: Some(account(1_000_000, &[(0, 10, 5), (2, -7, 0)])),
        after: account(-500, &[(0, 4, 6), (5, 9, 1)]),
    };
    let opened = Changed { index: 300, before: None, after: account(25_000_000, &[]) };
    let queued =
        Queued { account: AccountId(300), recipient: Address::repeat_byte(9), amount: Quote(7_000_000) };
    let pools = (
        Pool { credited: Quote(1_000_000), ..Pool::default() },
        Pool {
            credited: Quote(26_000_000),
            fees: Quote(500),
            fund: Quote(20),
            transferred: Quote(-3_000_000),
            pacing: Pacing { first: 8, next: 8, ..Pacing::default() },
            resolution: Resolution { owes_since: Millis(7), stage: Stage::Resolved { ratio: 990_000_000 } },
            pause: Pause { since: Millis(8), until: Millis(60_008) },
            ..Pool::default()
        },
    );
    let diff = Diff {
        accounts: vec![traded, opened],
        markets: vec![
            Changed { index: 0, before: Some(market(1_000_000, 0)), after: market(1_000_040, -2) },
            Changed { index: 5, before: None, after: market(20_000, 0) },
        ],
        pools: vec![Changed { index: 0, before: Some(pools.0), after: pools.1 }],
        queues: vec![Changed { index: 1_048_583, before: None, after: queued }],
        withdrawals: vec![
            withdrawn(7, 4, 2_000_000),
            withdrawn(300, 9, 7_000_000),
            withdrawn(3, 0x11, 1_000_500),
        ],
        stripe: None,
    };
    let bytes = diff.encode(&mut &ExitLeaves::default());
    golden(
        "diff.txt",
        &BTreeMap::from([
            ("diff", hex::encode(&bytes)),
            ("diff-trades", hex::encode(trades().encode(&mut &one_market()))),
            ("diff-stripe", hex::encode(striped().encode(&mut &one_market()))),
            ("diff-in-kind", hex::encode(in_kind().encode(&mut &ExitLeaves::default()))),
            ("diff-empty", hex::encode(Diff::default().encode(&mut &ExitLeaves::default()))),
            ("diff-hash", data::diff_hash(&bytes).to_string()),
        ]),
    );
}
