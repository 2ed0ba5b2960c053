//! A pool that owes more than it has, out of which everybody comes by L1 alone: the command line against the real
//! contracts, and a state that no exchange is asked for.

use super::{
    cli::{Person, key},
    network::{DEADLINE, Network, PROGRAM, WINDOW},
};
use alloy::primitives::{Address, B256, U256};
use ballast_batch::{
    BatchHeader, Changed, Diff, ExitLeaves, Withdrawn,
    data::{calldata_data_hash, diff_hash},
    withdrawal::{numbered, withdrawals_root},
};
use ballast_bridge::{
    bindings::{Inbox, Rollup, TestToken, Vault},
    rebuild::{Directory, Target},
};
use ballast_state::{Account, Commitment, Holdings, Market, Pacing, Pool, Position, Queued, queue_index};
use ballast_types::{
    AccountId, FeeTier, Lots, MarketClass, MarketId, MarketParams, Millis, OracleState, PoolId, Ppm,
    PriceTicks, Quote, SignedPpm,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(crate) const USDC: i64 = 1_000_000;
/// Where who waits wants his money.
const PAYEE: Address = Address::repeat_byte(0x77);

/// One lot at the mark is worth 50 USDC.
fn market() -> Market {
    let params = MarketParams {
        symbol: "BTC-USD".into(),
        price_decimals: 1,
        size_decimals: 2,
        kappa: 1_000,
        initial_margin: Ppm(50_000),
        maintenance_margin: Ppm(25_000),
        margin_tiers: Vec::new(),
        fees: FeeTier::flat(Ppm(450), SignedPpm(150)),
        order_band: Ppm(50_000),
        gain_weight_initial: Ppm(500_000),
        gain_weight_withdrawal: Ppm(0),
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
    Market {
        params,
        pool: PoolId(0),
        index: PriceTicks(50_001),
        mark: PriceTicks(50_000),
        mark_time: Millis(1),
        oracle: OracleState::Fresh,
        fresh_mark: PriceTicks(50_000),
        funding: 0,
        initial_factor: Ppm::WHOLE,
        maintenance: Ppm(25_000),
        initial: Ppm(50_000),
        average: PriceTicks(0),
        settlement: None,
        open_interest_margin: Ppm(0),
        prices: Vec::new(),
        hour_average: PriceTicks(0),
        haircut: Ppm(0),
        haircut_initial: Ppm(0),
    }
}

pub(crate) fn genesis() -> ExitLeaves {
    let mut leaves = ExitLeaves::default();
    leaves.markets.insert(0, market());
    leaves.pools.insert(0, Pool::default());
    leaves
}

/// The first owes 50 USDC, the two that hold against it are worth a little more and a little less than 150 and 100. Of 215 USDC
/// that came, 5 wait to leave, and the fund has 10.
fn insolvent([loser, winner, other]: [Address; 3]) -> ExitLeaves {
    let account = |owner, cash, size| Account {
        owner,
        pool: PoolId(0),
        cash: Quote(cash),
        positions: vec![Position { market: MarketId(0), size: Lots(size), funding: 0 }],
        holdings: Holdings::NONE,
    };
    let mut leaves = genesis();
    leaves.accounts.insert(0, account(loser, -550 * USDC, 10));
    leaves.accounts.insert(1, account(winner, 450 * USDC + 1, -6));
    leaves.accounts.insert(2, account(other, 300 * USDC - 1, -4));
    let pacing = Pacing { first: 0, next: 1, queued: Quote(5 * USDC), ..Pacing::default() };
    let pool = Pool {
        credited: Quote(215 * USDC),
        withdrawn: Quote(5 * USDC),
        fund: Quote(10 * USDC),
        pacing,
        ..Pool::default()
    };
    leaves.pools.insert(0, pool);
    let queued = Queued { account: AccountId(2), recipient: PAYEE, amount: Quote(5 * USDC) };
    leaves.queues.insert(queue_index(PoolId(0), 0), queued);
    leaves
}

fn roots(leaves: &ExitLeaves) -> [B256; 7] {
    let mut trees = Commitment::new();
    let told = ExitLeaves::default().advance(&leaves.encode_all());
    trees.update(&told.expect("it is a diff").changes);
    trees.section_roots()
}

/// Genesis, with what the deployment tells of it.
pub(crate) fn header_of_genesis() -> (BatchHeader, Vec<u8>) {
    let data = genesis().encode_all();
    (BatchHeader::of_genesis(roots(&genesis()), &data), data)
}

/// What leads from one to the other.
pub(crate) fn change(before: &ExitLeaves, after: &ExitLeaves, withdrawals: &[Withdrawn]) -> Diff {
    fn changed<T: Clone + PartialEq>(
        before: &std::collections::BTreeMap<u32, T>,
        after: &std::collections::BTreeMap<u32, T>,
    ) -> Vec<Changed<T>> {
        let all = after.iter().map(|(index, after)| Changed {
            index: *index,
            before: before.get(index).cloned(),
            after: after.clone(),
        });
        all.collect()
    }
    Diff {
        accounts: changed(&before.accounts, &after.accounts),
        markets: changed(&before.markets, &after.markets),
        pools: changed(&before.pools, &after.pools),
        queues: changed(&before.queues, &after.queues),
        withdrawals: withdrawals.to_vec(),
        stripe: None,
    }
    .net()
}

/// Posts the batch that leads to `after`, as the sequencer: L1 does not look into it.
async fn post(
    network: &Network,
    previous: &BatchHeader,
    before: &ExitLeaves,
    after: &ExitLeaves,
) -> BatchHeader {
    post_paying(network, previous, before, after, 0, &[]).await
}

/// Posts the batch that leads to `after` and makes these withdrawals, numbered from `first` on.
pub(crate) async fn post_paying(
    network: &Network,
    previous: &BatchHeader,
    before: &ExitLeaves,
    after: &ExitLeaves,
    first: u64,
    withdrawals: &[Withdrawn],
) -> BatchHeader {
    let data = change(before, after, withdrawals).encode(&mut &*before);
    let header =
        sealed(network, (previous, after), &data, (first, withdrawals), calldata_data_hash(&data)).await;
    let rollup = Rollup::new(network.deployment.rollup, network.provider());
    let call = rollup.postBatch((&header).into(), data.into()).from(network.sequencer());
    let receipt = call.send().await.expect("it is taken").get_receipt().await.expect("a receipt");
    assert!(receipt.status());
    header
}

/// The header of the batch after `previous` whose diff leads to `after`, with withdrawals numbered from `first` on.
pub(crate) async fn sealed(
    network: &Network,
    (previous, after): (&BatchHeader, &ExitLeaves),
    diff: &[u8],
    (first, withdrawals): (u64, &[Withdrawn]),
    data_hash: B256,
) -> BatchHeader {
    let inbox = Inbox::new(network.deployment.inbox, network.provider());
    let count = inbox.messageCount().call().await.expect("an answer");
    let rolling = inbox.rollingHashAt(count).call().await.expect("an answer");
    BatchHeader {
        index: previous.index + 1,
        previousHash: previous.hash(),
        previousStateRoot: previous.stateRoot,
        firstSeq: previous.lastSeq + 1,
        lastSeq: previous.lastSeq + 9,
        firstTimeMs: previous.lastTimeMs + 1,
        lastTimeMs: previous.lastTimeMs + 1,
        l1MessageCount: count,
        l1MessageHash: rolling,
        inputChunks: 1,
        withdrawalsRoot: withdrawals_root(&numbered(first, withdrawals)),
        withdrawalCount: withdrawals.len() as u32,
        diffHash: diff_hash(diff),
        dataHash: data_hash,
        programHash: PROGRAM,
        ..BatchHeader::genesis(roots(after))
    }
}

/// Deposits what `from` pays, for a new account of `owner`.
pub(crate) async fn deposit(network: &Network, owner: Address, amount: i64) {
    let from = network.user();
    let vault = Vault::new(network.deployment.vault, network.provider());
    let token = TestToken::new(network.deployment.token, network.provider());
    let units = U256::from(amount.unsigned_abs()) * scale(network).await;
    token.mint(from, units).from(from).send().await.expect("money").get_receipt().await.expect("a receipt");
    let approve = token.approve(network.deployment.vault, units).from(from);
    approve.send().await.expect("leave").get_receipt().await.expect("a receipt");
    let call = vault.deposit(0, units, owner, u32::MAX).from(from);
    assert!(call.send().await.expect("it is taken").get_receipt().await.expect("a receipt").status());
}

async fn scale(network: &Network) -> U256 {
    let vault = Vault::new(network.deployment.vault, network.provider());
    U256::from(vault.assets(0).call().await.expect("an answer").scale)
}

/// In micro-USDC.
pub(crate) async fn balance(network: &Network, owner: Address) -> U256 {
    let token = TestToken::new(network.deployment.token, network.provider());
    token.balanceOf(owner).call().await.expect("an answer") / scale(network).await
}

pub(crate) fn fresh(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    dir
}

/// Who was paid how much.
fn amounts(list: &Value) -> Vec<(Address, u64)> {
    let list = list.as_array().map_or(&[][..], Vec::as_slice);
    let paid = |entry: &Value| {
        let recipient = entry["recipient"].as_str()?.parse().ok()?;
        Some((recipient, entry["amount"].as_str()?.parse().ok()?))
    };
    list.iter().filter_map(paid).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn out_of_an_insolvent_pool_all_get_the_same_part() {
    let (header, data) = header_of_genesis();
    let network = Network::start_with(&header, &data).await;
    let [loser, other] = [0xa1, 0xc3].map(Address::repeat_byte);
    let winner = network.user();
    let dir = fresh("insolvent-exit");
    let path = dir.display().to_string();
    let l1 = network.url();
    let person = |key: String| Person {
        l1: &l1,
        place: vec!["--rollup".into(), network.deployment.rollup.to_string()],
        key,
    };
    let (user, helper) = (person(key(&network.user_key())), person(key(&network.sequencer_key())));
    let keyless = person("no key".to_owned());

    let rebuilt = user.done(&format!("rebuild --dir {path}"));
    assert_eq!((&rebuilt["batch"], &rebuilt["accounts"]), (&json!(0), &json!(0)));
    for (owner, amount) in [(loser, 100), (winner, 100), (other, 15)] {
        deposit(&network, owner, amount * USDC).await;
    }
    let owners = [loser, winner, other];
    post(&network, &header, &genesis(), &insolvent(owners)).await;
    deposit(&network, other, 30 * USDC).await;
    let rebuilt = user.done(&format!("rebuild --posted --dir {path}"));
    assert_eq!(
        (&rebuilt["batch"], &rebuilt["pools"][0]["ratio"]),
        (&json!(1), &json!(840_000_000)),
        "{rebuilt}"
    );
    let (done, refusal) = user.run(&format!("escape --dir {path}"));
    assert!(!done && refusal["error"].as_str().is_some_and(|text| text.contains("not frozen")), "{refusal}");
    let (done, refusal) = user.run("freeze");
    assert!(!done && refusal["error"].as_str().is_some_and(|text| text.contains("--wait")), "{refusal}");

    network.pass(DEADLINE + 1).await;
    let printed = keyless.done("freeze --print");
    assert_eq!(printed["to"], json!(network.deployment.rollup));
    assert!(user.done("freeze")["frozenAt"].as_u64().is_some_and(|at| at > 0));
    assert_eq!(user.done("freeze"), user.done("freeze"), "it is done already");
    let status = user.done("status");
    assert!(status["ending"]["frozenAt"].as_u64().is_some(), "{status}");

    // The windows of batches are over: it makes them final, gives the deposit back to whom it asks for, and proposes.
    let waits = helper.done(&format!("escape --for {other} --dir {path}"));
    assert_eq!(waits["step"], json!("accept"), "{waits}");
    assert_eq!(
        balance(&network, other).await,
        U256::from(30 * USDC),
        "what was never consumed comes back in full"
    );
    let claims = user.done("status")["ending"]["claims"].clone();
    assert_eq!((&claims[0]["accepted"], claims.as_array().map(Vec::len)), (&json!(false), Some(1)));
    let look = helper.done(&format!("escape --everyone --look --dir {path}"));
    assert_eq!(look["step"], json!("accept"), "{look}");

    network.pass(WINDOW).await;
    let payee = Address::repeat_byte(0x99);
    let before = balance(&network, winner).await;
    let mine = user.done(&format!("escape --to {payee} --dir {path}"));
    // 150,000,001 * 210 / 250, rounded down.
    assert_eq!(amounts(&mine["paid"]), [(winner, 126_000_000)], "{mine}");
    assert_eq!(
        (balance(&network, payee).await, balance(&network, winner).await),
        (U256::from(126 * USDC), before)
    );
    let rest = helper.done(&format!("escape --everyone --dir {path}"));
    assert_eq!(amounts(&rest["paid"]), [(other, 83_999_999), (PAYEE, 5_000_000)], "{rest}");
    let again = helper.done(&format!("escape --everyone --dir {path}"));
    assert_eq!(
        (&again["paidNow"], &again["refunded"], &again["failed"]),
        (&json!("0"), &json!([]), &json!([]))
    );
    assert_eq!(balance(&network, loser).await, U256::ZERO, "who owes gets nothing");

    // What is left is what rounding left.
    let state = Directory::open(&dir)
        .expect("it is there")
        .load(Target::Final)
        .expect("it can be read")
        .expect("it is whole");
    let pool = state.leaves().pools[&0];
    let dust = pool.held() - 126 * i128::from(USDC) - 83_999_999;
    assert_eq!((dust, balance(&network, network.deployment.vault).await), (1, U256::ONE));
}
