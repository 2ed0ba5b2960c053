//! A node that is killed at any moment keeps every promise: what it acknowledged is in the log, once, under the same
//! chain; the journal replays to the same root; L1 gets every batch once.

use alloy::providers::Provider;
use ballast_tests::{
    audit,
    devnet::{
        Devnet, accounts,
        market::Market,
        options::{Data, Options},
    },
    load::{Load, Promised},
    size,
};
use ballast_types::Quote;
use eyre::{ContextCompat as _, ensure};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Traders under whom the node is killed.
const TRADERS: u64 = 3;
/// What each begins with, in micro-USDC.
const STAKE: Quote = Quote(10_000_000_000_000);
/// How long a kill waits for a batch on its way to L1: a debug build needs seconds before its first blob.
const IN_FLIGHT: Duration = Duration::from_secs(25);
/// Answers that are asked about right after a restart.
const RECENT: usize = 25;

fn options() -> Options {
    Options {
        snapshot_every: 5,
        poll: Duration::from_millis(100),
        patience: Duration::from_secs(3),
        data: Data::Calldata,
        validator: false,
        ..Options::quick()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_keeps_every_promise() {
    let seed = size::seed();
    // With calldata a life of the node posts within a second; a few lives then post in blobs.
    let (kills, with_blobs) = if size::is_full() { (46, 4) } else { (4, 1) };
    let mut devnet = Devnet::start(options()).await.expect("a devnet");
    let price = devnet.options().markets[0].first_price;
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let market = Market::publishers(&devnet, prices);
    let owners: Vec<_> = (0..TRADERS).map(accounts::further).collect();
    let deposits: Vec<_> = owners.iter().map(|owner| (owner.address(), STAKE)).collect();
    devnet.fund(&deposits).await.expect("money");

    let load = Load::start(&devnet.ws(), owners, price, seed);
    let mut posting = kill_and_restart(&mut devnet, &load, seed, kills).await.expect("every restart");
    assert!(posting > 0, "no kill met a batch on its way to L1");
    devnet.configure(|options| options.data = Data::Cheapest).expect("another configuration");
    posting +=
        kill_and_restart(&mut devnet, &load, seed.wrapping_add(1), with_blobs).await.expect("every restart");
    let promised = load.promised();
    drop((load, market));
    let kills = kills + with_blobs;
    eprintln!("{kills} kills, {posting} of them with a batch on its way to L1; {} answers", promised.len());

    let last = settled(&devnet).await.expect("the node answers");
    let log =
        audit::read_log(&devnet.connect().await.expect("the node answers"), last).await.expect("a whole log");
    compare(&log, &promised).expect("the log has what was promised");
    let batches = audit::posted_once(&devnet).await.expect("L1 has every batch once");
    let closing = audit::close(&devnet, last).await.expect("the journal replays to what the node told");
    eprintln!("{} inputs, {batches} batches on L1, root {}", closing.seq, closing.replayed_root);
}

/// Kills at random moments; returns how many kills met a transaction of the poster in the pool.
async fn kill_and_restart(devnet: &mut Devnet, load: &Load, seed: u64, kills: u32) -> eyre::Result<u32> {
    let (mut random, mut posting) = (ChaCha8Rng::seed_from_u64(seed), 0);
    for kill in 0..kills {
        let before = load.count();
        devnet
            .until("an answer after the restart", async || Ok((load.count() > before).then_some(())))
            .await?;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..700))).await;
        if kill % 3 == 0 {
            wait_for_a_post(devnet).await?;
        }
        posting += u32::from(is_posting(devnet).await?);
        devnet.kill_node();
        let (killed, promised) = (Instant::now(), load.promised());
        devnet.start_node().await?;
        still_there(devnet, &promised).await?;
        eprintln!("kill {kill}: {} answers before, back after {:?}", promised.len(), killed.elapsed());
    }
    Ok(posting)
}

async fn is_posting(devnet: &Devnet) -> eyre::Result<bool> {
    let pool: Value = devnet.l1().reader()?.raw_request("txpool_status".into(), ()).await?;
    Ok(pool["pending"].as_str().is_some_and(|pending| pending != "0x0"))
}

/// Waits a while for a batch on its way; a slow machine may have none in time.
async fn wait_for_a_post(devnet: &Devnet) -> eyre::Result<()> {
    let started = Instant::now();
    while started.elapsed() < IN_FLIGHT && !is_posting(devnet).await? {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// The latest answers are in the log of the restarted node, as they were told.
async fn still_there(devnet: &Devnet, promised: &[Promised]) -> eyre::Result<()> {
    let connection = devnet.connect().await?;
    for promise in promised.iter().rev().take(RECENT) {
        let told = connection.call("ballast_outcome", json!([promise.seq])).await?;
        ensure!(
            told["chain"] == promise.chain.to_string(),
            "input {} was promised as {promise:?}, is {told}",
            promise.seq
        );
    }
    Ok(())
}

/// The last input, when no more come from traders.
async fn settled(devnet: &Devnet) -> eyre::Result<u64> {
    devnet.status().await?["seq"].as_u64().wrap_err("a status without a seq")
}

fn compare(log: &[audit::Entry], promised: &[Promised]) -> eyre::Result<()> {
    let places = audit::commands(log)?;
    let chains: BTreeMap<u64, _> = log.iter().map(|entry| (entry.input.seq.0, entry.chain)).collect();
    for promise in promised {
        let name = (promise.account, promise.nonce);
        ensure!(
            places.get(&name) == Some(&promise.seq),
            "{promise:?} is at {:?} of the log",
            places.get(&name)
        );
        ensure!(
            chains.get(&promise.seq) == Some(&promise.chain),
            "{promise:?}: the log has {:?}",
            chains.get(&promise.seq)
        );
        let sequencer = accounts::address(accounts::SEQUENCER);
        ensure!(promise.signer == sequencer, "{promise:?} is not signed by {sequencer}");
    }
    Ok(())
}
