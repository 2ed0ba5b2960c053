//! A sequencer who would rather not hear somebody: serves the queue late, out of order, or not at all. Real processes.

use crate::garbage::{batches, options};
use alloy::{
    primitives::{B256, U256},
    providers::ext::AnvilApi,
};
use ballast_batch::{
    BatchHeader,
    inbox::{l1_message_hash, roll},
};
use ballast_bridge::l1::{L1 as _, QueuedMessage};
use ballast_tests::devnet::{Devnet, accounts, impostor, market::Market, options::Options};
use ballast_types::Quote;
use eyre::{ContextCompat as _, ensure};
use serde_json::{Value, json};

/// Seconds after which anybody may freeze the exchange.
const DEADLINE: u64 = 600;
/// Seconds after which a request is late: more than the deployment's.
const LATE: u64 = 62;
const ALICE: usize = accounts::ALICE;
const BOB: usize = accounts::BOB;

async fn start(options: Options) -> (Devnet, Market) {
    let devnet = Devnet::start(options).await.expect("a devnet");
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let market = Market::publishers(&devnet, prices);
    (devnet, market)
}

/// Has L1 go on by so many seconds, and buries what it has.
async fn pass(devnet: &Devnet, seconds: u64) -> eyre::Result<()> {
    devnet.l1().pass(seconds).await?;
    Ok(devnet.l1().reader()?.anvil_mine(Some(devnet.options().confirmations), None).await?)
}

/// Accounts with money for these, of whom messages are consumed.
async fn fund(devnet: &Devnet, who: &[usize]) -> eyre::Result<Vec<u32>> {
    let deposits: Vec<_> = who.iter().map(|who| (accounts::address(*who), Quote(1_000_000_000))).collect();
    devnet.l1().deposit(devnet.deployment(), &deposits).await?;
    pass(devnet, 1).await?;
    let mut opened = Vec::new();
    for (owner, _) in deposits {
        let look = async || {
            let found = devnet.connect().await?.call("ballast_accounts", json!([owner])).await?;
            Ok(found[0].as_u64())
        };
        opened.push(u32::try_from(devnet.until("a deposit to be credited", look).await?)?);
    }
    Ok(opened)
}

/// Waits until a batch is on L1 that has consumed so many messages; L1 mines meanwhile.
async fn consumed(devnet: &Devnet, count: u64) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    let look = async || {
        devnet.l1().reader()?.anvil_mine(Some(1), None).await?;
        let last = l1.batch_count().await?.saturating_sub(1);
        Ok(l1.posted(last).await?.filter(|posted| posted.header.l1MessageCount >= count).map(drop))
    };
    devnet.until("the queue to be served", look).await
}

async fn force_exit(devnet: &Devnet, who: usize, account: u32) -> eyre::Result<Value> {
    devnet.bridge_alone(who, &format!("force-exit --account {account}")).await
}

async fn messages(devnet: &Devnet) -> eyre::Result<Vec<QueuedMessage>> {
    let l1 = impostor::l1(devnet).await?;
    let head = l1.head().await?.number;
    Ok(l1.messages(devnet.deployment().deploy_block, head).await?)
}

async fn late(devnet: &Devnet) -> eyre::Result<()> {
    let accounts = fund(devnet, &[ALICE, BOB]).await?;
    devnet.node().pause()?;
    let asked = force_exit(devnet, ALICE, accounts[0]).await?;
    pass(devnet, LATE).await?;
    devnet.node().resume()?;
    let count = messages(devnet).await?.len() as u64;
    consumed(devnet, count).await?;
    let refunded = devnet.bridge_alone(ALICE, "refund").await?;
    let paid = refunded["paid"].as_str().wrap_err("nothing")?.parse::<U256>()?;
    ensure!(refunded["settled"] == json!([asked["id"]]) && paid > U256::ZERO, "{refunded}");

    // The next one is not served at all.
    devnet.node().pause()?;
    let asked = force_exit(devnet, BOB, accounts[1]).await?;
    let line = format!("freeze --request {}", asked["id"]);
    ensure!(devnet.bridge_alone(ALICE, &line).await.is_err(), "a request in time froze the exchange");
    pass(devnet, DEADLINE + 2).await?;
    let frozen = devnet.bridge_alone(ALICE, &line).await?;
    ensure!(frozen["frozenAt"].is_u64(), "{frozen}");
    let l1 = impostor::l1(devnet).await?;
    let count = l1.batch_count().await?;
    devnet.node().resume()?;
    let seen = async || Ok(devnet.status().await?["l1"]["frozenAt"].as_u64());
    devnet.until("the node to see that it is over", seen).await?;
    ensure!(l1.batch_count().await? == count, "a batch was posted after the end");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_serves_the_queue_late_pays_for_it_and_who_does_not_is_stopped() {
    let options = Options { forced_deadline: DEADLINE, confirmations: 1, ..options() };
    let (devnet, _market) = start(options).await;
    late(&devnet).await.expect("the queue is enforced");
}

/// Headers that leave out, swap, invent or take back messages, each with the contract's reason.
fn dishonest(
    honest: &BatchHeader,
    before: u64,
    queued: &[QueuedMessage],
) -> Vec<(BatchHeader, &'static str)> {
    let [.., first, second] = queued else { return Vec::new() };
    let base = queued.len().checked_sub(3).map_or(B256::ZERO, |last| queued[last].rolling);
    let [first, second] = [first, second].map(|queued| l1_message_hash(&queued.message));
    let count = queued.len() as u64;
    let claims = [
        // Alice is left out.
        (count - 1, roll(base, second), "WrongL1MessageHash"),
        (count, roll(roll(base, second), second), "WrongL1MessageHash"),
        // Bob goes first.
        (count, roll(roll(base, second), first), "WrongL1MessageHash"),
        // Somebody whom nobody knows.
        (count + 1, roll(roll(roll(base, first), second), first), "WrongL1MessageCount"),
        // What was consumed comes again.
        (before - 1, B256::ZERO, "WrongL1MessageCount"),
    ];
    let claim = |(count, rolling, why)| {
        (BatchHeader { l1MessageCount: count, l1MessageHash: rolling, ..honest.clone() }, why)
    };
    claims.into_iter().map(claim).collect()
}

async fn passed_over(devnet: &Devnet) -> eyre::Result<()> {
    let accounts = fund(devnet, &[ALICE, BOB]).await?;
    consumed(devnet, 2).await?;
    let l1 = impostor::l1(devnet).await?;
    batches(devnet, l1.batch_count().await? + 1).await?;
    let (honest, diff) = impostor::take_back_the_last(devnet).await?;
    force_exit(devnet, ALICE, accounts[0]).await?;
    force_exit(devnet, BOB, accounts[1]).await?;
    let queued = messages(devnet).await?;
    let before = l1.posted(honest.header.index - 1).await?.wrap_err("it is gone")?.header.l1MessageCount;
    ensure!(before > 0, "nothing was consumed before");
    let lies = dishonest(&honest.header, before, &queued);
    ensure!(!lies.is_empty(), "no requests are queued");
    for (lie, why) in lies {
        let (header, data) = impostor::with_diff(lie, &diff)?;
        let refused = impostor::post(devnet, &header, data).await;
        let said = refused.map_or_else(|error| error.to_string(), |_| "it was taken".to_owned());
        ensure!(said.contains(why), "{why} was to be said, and not {said}");
    }

    // The queue as it is, and inputs that know nothing of it: the contract cannot tell.
    let last = queued.last().wrap_err("no messages")?;
    let lie = BatchHeader {
        l1MessageCount: queued.len() as u64,
        l1MessageHash: last.rolling,
        ..honest.header.clone()
    };
    let (header, data) = impostor::with_diff(lie, &diff)?;
    let forged = impostor::post(devnet, &header, data).await?;
    impostor::falls(devnet, &forged, &honest, "l1Message").await?;
    consumed(devnet, queued.len() as u64).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_passes_somebody_over_is_refused_or_found_out() {
    let (devnet, _market) = start(options()).await;
    passed_over(&devnet).await.expect("nobody is passed over");
}
