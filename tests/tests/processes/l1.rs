//! L1 goes away and comes back, and takes back what it said: no deposit is lost or credited twice, no withdrawal is paid
//! twice, and batches go on to be posted.

use alloy::{
    primitives::{Address, U256},
    providers::ext::AnvilApi,
    rpc::types::anvil::ReorgOptions,
};
use ballast_bridge::l1::{L1 as _, alloy::AlloyL1, blobs::NoBlobs};
use ballast_tests::{
    audit,
    devnet::{
        Devnet, accounts,
        market::Market,
        options::{Data, Options},
    },
    size,
};
use ballast_types::{L1Payload, Quote};
use eyre::{ContextCompat as _, ensure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;
use std::{collections::BTreeMap, time::Duration};

/// Blocks that a message waits for: more than any reorganisation here is deep.
const CONFIRMATIONS: u64 = 40;
/// Deepest reorganisation.
const DEEPEST: u64 = 32;
/// Who withdraws, and how much at a time, in USDC.
const PAYEE: usize = accounts::BOB;
const WITHDRAWN: u64 = 10;
/// What the `n`-th deposit holds is `n` of these, in micro-USDC.
const UNIT: i64 = 10_000_000;

/// Blocks come when a transaction does, and when the test says so.
fn options() -> Options {
    Options {
        block_time: None,
        confirmations: CONFIRMATIONS,
        poll: Duration::from_millis(100),
        patience: Duration::from_secs(2),
        data: Data::Calldata,
        validator: false,
        ..Options::quick()
    }
}

async fn start() -> (Devnet, Market) {
    let devnet = Devnet::start(options()).await.expect("a devnet");
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let market = Market::publishers(&devnet, prices);
    (devnet, market)
}

async fn mine(devnet: &Devnet, blocks: u64) -> eyre::Result<()> {
    Ok(devnet.l1().reader()?.anvil_mine(Some(blocks), None).await?)
}

/// Waits until a batch is posted that was not before.
async fn posting_goes_on(devnet: &Devnet) -> eyre::Result<()> {
    let before = reader(devnet).await?.batch_count().await?;
    let look = async || Ok((reader(devnet).await?.batch_count().await? > before).then_some(()));
    devnet.until("another batch to be posted", look).await
}

async fn reader(devnet: &Devnet) -> eyre::Result<AlloyL1<NoBlobs>> {
    Ok(AlloyL1::connect(&devnet.l1().url(), *devnet.deployment(), None, NoBlobs).await?)
}

/// The deposits of L1 as it is now, by owner.
async fn deposits(devnet: &Devnet) -> eyre::Result<BTreeMap<Address, i64>> {
    let l1 = reader(devnet).await?;
    let (from, head) = (devnet.deployment().deploy_block, l1.head().await?.number);
    let mut found = BTreeMap::new();
    for queued in l1.messages(from, head).await? {
        if let L1Payload::Deposit { owner, amount, .. } = queued.message.payload {
            *found.entry(owner).or_default() += amount.0;
        }
    }
    Ok(found)
}

/// What the exchange has credited to an owner.
async fn credited(devnet: &Devnet, owner: Address) -> eyre::Result<i64> {
    let connection = devnet.connect().await?;
    let mut sum = 0;
    for account in connection.call("ballast_accounts", json!([owner])).await?.as_array().wrap_err("a list")? {
        let view = connection.call("ballast_account", json!([account])).await?;
        sum += view["cash"].as_str().wrap_err("an account without cash")?.parse::<i64>()?;
    }
    Ok(sum)
}

/// Buries what is on L1 under enough blocks, and compares every deposit on both sides.
async fn every_deposit_is_credited_once(devnet: &Devnet, owners: &[Address]) -> eyre::Result<()> {
    mine(devnet, CONFIRMATIONS + 1).await?;
    let expected = deposits(devnet).await?;
    for owner in owners {
        let due = expected.get(owner).copied().unwrap_or(0);
        // L1 goes on: without another block nobody would look again for what came too late for the last.
        let look = async || {
            mine(devnet, 1).await?;
            Ok((credited(devnet, *owner).await? >= due).then_some(()))
        };
        devnet.until("a deposit to be credited", look).await?;
    }
    // What should not be there gets a chance to come.
    posting_goes_on(devnet).await?;
    for owner in owners {
        let (due, has) = (expected.get(owner).copied().unwrap_or(0), credited(devnet, *owner).await?);
        ensure!(due == has, "{owner} deposited {due}, was credited {has}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn l1_may_stop_and_go_on() {
    let (mut devnet, _market) = start().await;
    let owners: Vec<Address> = (0..2).map(|n| accounts::further(n).address()).collect();
    devnet.l1().deposit(devnet.deployment(), &[(owners[0], Quote(UNIT))]).await.expect("a deposit");
    mine(&devnet, 3).await.expect("blocks");
    posting_goes_on(&devnet).await.expect("a batch before");

    devnet.l1().stop().expect("L1 stops");
    // The exchange trades on without it.
    let before = devnet.status().await.expect("the node answers")["seq"].as_u64();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(devnet.status().await.expect("the node answers")["seq"].as_u64() > before);
    devnet.l1_mut().go_on().await.expect("L1 is back");

    posting_goes_on(&devnet).await.expect("a batch after");
    devnet.l1().deposit(devnet.deployment(), &[(owners[1], Quote(2 * UNIT))]).await.expect("a deposit");
    every_deposit_is_credited_once(&devnet, &owners).await.expect("both deposits");
    audit::posted_once(&devnet).await.expect("L1 has every batch once");
}

#[tokio::test(flavor = "multi_thread")]
async fn l1_may_take_back_what_it_said() {
    let mut random = ChaCha8Rng::seed_from_u64(size::seed());
    // Not many more: blocks come with transactions here, and once `max_unposted` batches wait for confirmations the open one
    // waits, too.
    let full = (1..=DEEPEST).step_by(3).chain((1..=DEEPEST).rev().step_by(3));
    let depths: Vec<u64> = if size::is_full() { full.collect() } else { vec![1, 10, DEEPEST] };
    let (devnet, _market) = start().await;
    posting_goes_on(&devnet).await.expect("a first batch");
    // Nothing before this is ever taken back.
    mine(&devnet, DEEPEST).await.expect("blocks");
    let (mut owners, mut taken_back) = (Vec::new(), 0);
    for (number, depth) in (1..).zip(depths) {
        let owner = accounts::further(number).address();
        owners.push(owner);
        let deposit = [(owner, Quote(i64::try_from(number).expect("small") * UNIT))];
        devnet.l1().deposit(devnet.deployment(), &deposit).await.expect("a deposit");
        posting_goes_on(&devnet).await.expect("a batch above the deposit");
        mine(&devnet, random.random_range(0..3)).await.expect("blocks");
        taken_back += reorganise(&devnet, depth).await.expect("a reorganisation");
        let is_gone = !deposits(&devnet).await.expect("L1 answers").contains_key(&owner);
        // Half of them change their mind.
        if is_gone && number % 2 == 0 {
            devnet.l1().deposit(devnet.deployment(), &deposit).await.expect("the deposit again");
        }
        eprintln!("reorganised {depth} blocks: deposit {number} gone {is_gone}");
    }
    assert!(taken_back > 0, "no batch was taken back");
    every_deposit_is_credited_once(&devnet, &owners).await.expect("what L1 says is what the exchange has");
    posting_goes_on(&devnet).await.expect("batches after");
    let batches = audit::posted_once(&devnet).await.expect("L1 has every batch once");
    eprintln!("{} deposits, {batches} batches, of which L1 took {taken_back} back", owners.len());
}

/// Replaces the last `depth` blocks by empty ones; returns how many batches went with them.
async fn reorganise(devnet: &Devnet, depth: u64) -> eyre::Result<u64> {
    let before = reader(devnet).await?.batch_count().await?;
    let options = ReorgOptions { depth, tx_block_pairs: Vec::new() };
    devnet.l1().reader()?.anvil_reorg(options).await?;
    // The node may have posted again meanwhile.
    Ok(before.saturating_sub(reader(devnet).await?.batch_count().await?))
}

/// Claims what can be claimed until the payee has `due`.
async fn claim(devnet: &Devnet, due: U256) -> eyre::Result<()> {
    let payee = accounts::address(PAYEE);
    let look = async || {
        devnet.bridge(PAYEE, "claim --all").await?;
        Ok((devnet.l1().balance(devnet.deployment(), payee).await? >= due).then_some(()))
    };
    devnet.until("a withdrawal to be paid", look).await
}

/// Withdraws, claims, and has L1 take the claim back with all that lies in so many blocks, batches among them; then claims again.
async fn claim_twice(devnet: &Devnet, account: u64, depth: u64) -> eyre::Result<()> {
    let payee = accounts::address(PAYEE);
    let balance = async || devnet.l1().balance(devnet.deployment(), payee).await;
    // What was claimed before stays.
    mine(devnet, DEEPEST).await?;
    let before = balance().await?;
    devnet.bridge(PAYEE, &format!("withdraw {WITHDRAWN} --account {account}")).await?;
    let due = before + U256::from(WITHDRAWN) * U256::from(1_000_000);
    claim(devnet, due).await?;
    // The claim lies in one of the last `depth` blocks, and not always in the very last.
    mine(devnet, depth / 2).await?;
    let (mut taken_back, mut is_gone) = (0, false);
    // The node's own transactions make blocks, too, at any moment: what lies deeper than looked for is looked for deeper.
    for depth in depth..=DEEPEST {
        taken_back += reorganise(devnet, depth).await?;
        is_gone = balance().await? == before;
        eprintln!("reorganised {depth} blocks: claim gone {is_gone}, {taken_back} batches");
        if is_gone {
            break;
        }
    }
    ensure!(is_gone || balance().await? == due, "half a claim is left");
    claim(devnet, due).await?;
    let again = devnet.bridge(PAYEE, "claim --all").await?;
    ensure!(again["claimed"] == json!([]) && balance().await? == due, "paid twice: {again}");
    ensure!(is_gone, "the claim was not taken back");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_l1_takes_back_is_paid_once() {
    let depths: Vec<u64> =
        if size::is_full() { (1..=DEEPEST).step_by(4).collect() } else { vec![2, DEEPEST] };
    let (devnet, _market) = start().await;
    let deposit = [(accounts::address(PAYEE), Quote(1_000 * 1_000_000))];
    devnet.l1().deposit(devnet.deployment(), &deposit).await.expect("a deposit");
    mine(&devnet, CONFIRMATIONS + 1).await.expect("blocks");
    let owner = accounts::address(PAYEE);
    let look = async || {
        let found = devnet.connect().await?.call("ballast_accounts", json!([owner])).await?;
        Ok(found[0].as_u64())
    };
    let account = devnet.until("the deposit to be credited", look).await.expect("an account");
    // Nothing before this is ever taken back.
    mine(&devnet, DEEPEST).await.expect("blocks");
    for depth in depths {
        claim_twice(&devnet, account, depth).await.expect("paid once");
    }
    posting_goes_on(&devnet).await.expect("batches after");
    audit::posted_once(&devnet).await.expect("L1 has every batch once");
    devnet.check().expect("everything runs");
}
