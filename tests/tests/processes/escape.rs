//! The operator is gone for good: everybody comes out by L1 alone, from a fresh folder, with the endpoint of L1 and one
//! address. Real processes: anvil, the contracts, a node that is killed, a validator, and the command-line tool of the bridge's
//! users.

use alloy::{
    network::TransactionBuilder as _,
    primitives::{Address, B256, Bytes, U256},
    providers::Provider as _,
    rpc::types::TransactionRequest,
};
use ballast_batch::EscapeClaim;
use ballast_bridge::{
    bindings::{Escape as Contract, Rollup},
    l1::{L1 as _, alloy::AlloyL1, blobs::NoBlobs},
    rebuild::{Directory, Rebuilt, Target},
};
use ballast_engine::Escape;
use ballast_tests::{
    devnet::{Devnet, PATIENCE, accounts, market::Market, options::Options, ports, process::Process},
    trader::Trader,
};
use ballast_types::{
    AccountId, ClientId, MarketId, NewOrder, Operation, PriceTicks, Quote, Side, SizeLots, TimeInForce,
};
use eyre::{ContextCompat as _, ensure, eyre};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

/// Seconds for which a forced request may be passed over.
const DEADLINE: u64 = 60;
const USDC: i64 = 1_000_000;
/// Where they trade: a lot is worth 0.45 USDC.
const MARKET: MarketId = MarketId(1);
const LOTS: u64 = 10_000;
/// What waits to leave: more than a pool lets go within an hour.
const WAITING: &str = "20000000";
/// What leaves at once, and is not claimed while the exchange lives.
const LEAVING: &str = "1000";
/// A deposit that nobody consumes.
const LATE: i64 = 7_000 * USDC;

/// Somebody with a key and no more than L1: nobody listens where the exchange should be.
async fn bridge(devnet: &Devnet, who: usize, line: &str) -> eyre::Result<Value> {
    devnet.bridge_alone(who, line).await
}

async fn l1(devnet: &Devnet) -> eyre::Result<AlloyL1<NoBlobs>> {
    Ok(AlloyL1::connect(&devnet.l1().url(), *devnet.deployment(), None, NoBlobs).await?)
}

/// Places an order until the market takes it.
async fn place(devnet: &Devnet, trader: &mut Trader, side: Side, price: u64) -> eyre::Result<()> {
    let look = async || {
        let order = NewOrder::plain(side, PriceTicks(price), SizeLots(LOTS), TimeInForce::Gtc, ClientId(1));
        Ok(trader.step(Operation::Place { market: MARKET, order }).await.ok())
    };
    devnet.until("an order to be taken", look).await.map(drop)
}

async fn has_position(devnet: &Devnet, account: AccountId) -> eyre::Result<bool> {
    let view = devnet.connect().await?.call("ballast_account", json!([account.0])).await?;
    Ok(view["positions"].as_array().is_some_and(|held| !held.is_empty()))
}

/// Waits until what the exchange has done so far is in a final batch.
async fn all_is_final(devnet: &Devnet) -> eyre::Result<()> {
    let seq = devnet.status().await?["seq"].as_u64().wrap_err("a status without a number")?;
    let l1 = l1(devnet).await?;
    let look = async || {
        let last = l1.finalized_count().await?.saturating_sub(1);
        let posted = l1.posted(last).await?;
        Ok(posted.filter(|posted| posted.header.lastSeq >= seq).map(drop))
    };
    devnet.until("all to be final", look).await
}

/// Two that hold positions against each other, a fund, a withdrawal that leaves and one that waits. Gives the account of the first.
async fn trade(devnet: &Devnet, market: &Market, prices: &[u64]) -> eyre::Result<AccountId> {
    let [alice, bob, carol] = [accounts::ALICE, accounts::BOB, accounts::MAKER];
    let stakes = [(alice, 10_000), (bob, 10_000), (carol, 30_000_000)];
    let deposits = stakes.map(|(who, amount)| (accounts::address(who), Quote(amount * USDC)));
    let opened = devnet.fund(&deposits).await?;
    devnet.protect(0, Quote(50_000 * USDC), Quote(5_000 * USDC)).await?;
    let price = prices[usize::from(MARKET.0)];
    for (who, side) in [(alice, Side::Buy), (bob, Side::Sell)] {
        let mut trader = Trader::open(&devnet.ws(), accounts::signer(who)).await?;
        place(devnet, &mut trader, side, price).await?;
    }
    let held = async || Ok(has_position(devnet, opened[0]).await?.then_some(()));
    devnet.until("the orders to meet", held).await?;
    // So that nobody has what he came with.
    market.tell(prices.iter().map(|price| price + price / 400).collect());
    let line = format!("withdraw {LEAVING} --account {}", opened[2].0);
    let asked = devnet.bridge(carol, &line).await?;
    ensure!(asked["id"] == json!(0), "it does not leave: {asked}");
    let line = format!("withdraw {WAITING} --account {}", opened[2].0);
    let asked = devnet.bridge(carol, &line).await?;
    ensure!(asked["ticket"].is_u64() && asked["left"] == json!(false), "it does not wait: {asked}");
    Ok(opened[0])
}

/// The state that was rebuilt.
fn state(dir: &Path) -> eyre::Result<Rebuilt> {
    Directory::open(dir)?.load(Target::Final)?.wrap_err("nothing was rebuilt")
}

/// What of the token there must be in the vault when everybody was paid and every withdrawal claimed, in micro-USDC: funds and fees.
/// Nobody owes, so nothing is rounded.
fn left(state: &Rebuilt) -> eyre::Result<i128> {
    let escape = Escape::of(state.leaves());
    let mut left = 0;
    for (outcome, pool) in escape.pools().iter().zip(state.leaves().pools.values()) {
        let kept = outcome.held - i128::from(outcome.paid);
        ensure!(kept == i128::from(pool.fund.0 + pool.fees.0), "{kept} u are left of {pool:?}");
        left += kept;
    }
    Ok(left)
}

/// A dead exchange, frozen, with a deposit that it never saw.
async fn end(devnet: &Devnet, account: AccountId) -> eyre::Result<Address> {
    devnet.kill_node();
    let late = accounts::further(1).address();
    devnet.l1().deposit(devnet.deployment(), &[(late, Quote(LATE))]).await?;
    let asked = bridge(devnet, accounts::ALICE, &format!("force-exit --account {}", account.0)).await?;
    let early = bridge(devnet, accounts::BOB, &format!("freeze --request {}", asked["id"])).await;
    ensure!(early.is_err(), "a request in time froze the exchange");
    devnet.l1().pass(DEADLINE + 2).await?;
    // The validator does it, as it was told to.
    let l1 = l1(devnet).await?;
    devnet.until_on_l1("the exchange to be frozen", async || Ok(l1.frozen_at().await?)).await?;
    let frozen = bridge(devnet, accounts::BOB, &format!("freeze --request {}", asked["id"])).await?;
    ensure!(frozen["frozenAt"].is_u64(), "{frozen}");
    Ok(late)
}

/// What is printed pays somebody else when its recipient sends it, and for nobody else.
async fn print(devnet: &Devnet, dir: &str, payee: Address) -> eyre::Result<()> {
    let line = format!("claim 0 --from-l1 --dir {dir} --to {payee}");
    ensure!(
        bridge(devnet, accounts::BOB, &line).await.is_err(),
        "bob had carol's withdrawal paid to another"
    );
    let printed = bridge(devnet, accounts::BOB, &format!("{line} --print")).await?;
    let [only] = printed["transactions"].as_array().wrap_err("no list")?.as_slice() else {
        return Err(eyre!("the batch is final, so it is one: {printed}"));
    };
    let field = |name: &str| only[name].as_str().wrap_err_with(|| format!("no {name}: {only}"));
    let call = TransactionRequest::default()
        .with_to(field("to")?.parse()?)
        .with_input(field("data")?.parse::<Bytes>()?);
    let reader = devnet.l1().reader()?;
    let sent_by = async |who| reader.call(call.clone().with_from(accounts::address(who))).await;
    ensure!(sent_by(accounts::BOB).await.is_err(), "bob may send it");
    sent_by(accounts::MAKER).await?;
    Ok(())
}

/// What had left in batches that are final is paid, and once, to whom its recipient says; the first of it is what left at once.
async fn claim(devnet: &Devnet, dir: &str) -> eyre::Result<()> {
    let payee = accounts::further(3).address();
    print(devnet, dir, payee).await?;
    let balance = async || devnet.l1().balance(devnet.deployment(), payee).await;
    let before = balance().await?;
    let line = format!("claim --all --from-l1 --to {payee} --dir {dir}");
    let claimed = bridge(devnet, accounts::MAKER, &line).await?;
    let paid = claimed["claimed"].as_array().wrap_err("no list")?;
    ensure!(paid.first().is_some_and(|first| first["id"] == json!(0)), "{claimed}");
    let amount = |one: &Value| one["amount"].as_str()?.parse::<U256>().ok();
    let sum = paid.iter().map(|one| amount(one).wrap_err("no amount")).sum::<eyre::Result<U256>>()?;
    ensure!(sum >= U256::from(1_000 * USDC) && balance().await? == before + sum, "{claimed}");
    let again = bridge(devnet, accounts::MAKER, &line).await?;
    ensure!(again["claimed"] == json!([]), "{again}");
    Ok(())
}

/// Everybody comes out; gives the folder with what was rebuilt.
async fn leave(devnet: &Devnet, late: Address) -> eyre::Result<TempDir> {
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("exit").display().to_string();
    let rebuilt = bridge(devnet, accounts::BOB, &format!("rebuild --dir {dir}")).await?;
    ensure!(rebuilt["pools"][0]["ratio"] == json!(1_000_000_000), "{rebuilt}");
    let balance = async |who| devnet.l1().balance(devnet.deployment(), who).await;
    let payee = accounts::further(2).address();
    let line = format!("escape --wait --to {payee} --dir {dir}");
    let paid = bridge(devnet, accounts::ALICE, &line).await?;
    let owed = paid["owed"].as_str().wrap_err("nothing is owed")?.parse::<U256>()?;
    ensure!(owed > U256::ZERO && balance(payee).await? == owed, "alice was paid something else: {paid}");
    let bob = accounts::address(accounts::BOB);
    let before = balance(bob).await?;
    let line = format!("escape --everyone --dir {dir}");
    let rest = bridge(devnet, accounts::DEPLOYER, &line).await?;
    ensure!(rest["failed"] == json!([]), "{rest}");
    ensure!(balance(bob).await? > before, "bob was not paid: {rest}");
    ensure!(balance(late).await? == U256::from(LATE), "the late deposit did not come back: {rest}");
    let again = bridge(devnet, accounts::DEPLOYER, &line).await?;
    ensure!(again["paidNow"] == json!("0") && again["refunded"] == json!([]), "{again}");
    claim(devnet, &dir).await?;
    Ok(folder)
}

/// Somebody proposes a claim by which he alone is paid, once every batch is final.
async fn lie(devnet: &Devnet) -> eyre::Result<()> {
    let l1 = l1(devnet).await?;
    devnet.l1().pass(devnet.options().challenge_window + 1).await?;
    let sender = devnet.l1().sender(accounts::signer(accounts::NOISE[0]))?;
    let last = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
    let rollup = Rollup::new(devnet.deployment().rollup, sender.clone());
    rollup.finalize(last).send().await?.get_receipt().await?;
    let batch = l1.batch_hash(last).await?.wrap_err("it is gone")?;
    let claim = EscapeClaim { batchHash: batch, payoutsRoot: B256::repeat_byte(1), payoutCount: 1, total: 1 };
    let escape = Contract::new(devnet.deployment().escape, sender);
    let bond = l1.escape_bond().await?;
    escape.propose((&claim).into()).value(bond).send().await?.get_receipt().await?;
    Ok(())
}

/// What the validator says of the claims on L1, once it is this.
async fn opinions(devnet: &Devnet, port: u16, expected: &[&str]) -> eyre::Result<Value> {
    let is_it = |said: &Value| {
        let claims = said["claims"].as_array().into_iter().flatten();
        claims.filter_map(|claim| claim["opinion"].as_str()).eq(expected.iter().copied()) && !said.is_null()
    };
    devnet.says(&format!("http://127.0.0.1:{port}"), "the validator to judge the claims", is_it).await
}

/// A validator that follows from the beginning, and freezes what is late; and the port at which it tells how that stands.
fn keeper(devnet: &Devnet) -> eyre::Result<(Process, u16)> {
    let port = ports::free()?.local_addr()?.port();
    let rpc = port.to_string();
    let more = ["--freeze", "--confirmations", "0", "--poll-ms", "300", "--rpc", &rpc];
    Ok((
        devnet.keeper("keeper", &devnet.http(), &[&more[..], &["--blobs", &devnet.l1().url()]].concat())?,
        port,
    ))
}

async fn round(devnet: &mut Devnet) -> eyre::Result<()> {
    let prices: Vec<_> = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let market = Market::publishers(devnet, prices.clone());
    let (validator, port) = keeper(devnet)?;
    let account = trade(devnet, &market, &prices).await?;
    all_is_final(devnet).await?;
    let late = end(devnet, account).await?;
    drop(market);
    lie(devnet).await?;
    opinions(devnet, port, &["wrong"]).await?;
    let folder = leave(devnet, late).await?;
    let judged = opinions(devnet, port, &["wrong", "right"]).await?;
    ensure!(judged["claims"][1]["accepted"] == json!(true), "{judged}");
    ensure!(judged["claims"][1]["hash"] == judged["ourClaim"], "{judged}");
    validator.check()?;
    validator.terminate(PATIENCE)?;
    let state = state(&folder.path().join("exit"))?;
    let account = &state.leaves().accounts[&account.0];
    ensure!(!account.positions.is_empty(), "the positions were closed: {account:?}");
    ensure!(state.leaves().waiting().count() > 0, "nothing waits any more");
    let vault = devnet.l1().balance(devnet.deployment(), devnet.deployment().vault).await?;
    ensure!(i128::try_from(vault)? == left(&state)?, "{vault} u are in the vault, and not {}", left(&state)?);
    // Should the operator come back, his node sees that it is over, and goes on to answer.
    let batches = l1(devnet).await?.batch_count().await?;
    devnet.start_node().await?;
    let seen = async || Ok(devnet.status().await?["l1"]["frozenAt"].as_u64());
    devnet.until("the node to see that it is over", seen).await?;
    ensure!(l1(devnet).await?.batch_count().await? == batches, "a batch was posted");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_operator_is_gone_everybody_leaves_by_l1_alone() {
    let options = Options { forced_deadline: DEADLINE, validator: false, ..Options::quick() };
    let mut devnet = Devnet::start(options).await.expect("a devnet");
    round(&mut devnet).await.expect("everybody is out");
    devnet.stop().expect("everything stops in good order");
}
