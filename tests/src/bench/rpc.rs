//! Signed order entry from WebSocket to durable acknowledgement, through real processes on this machine. Signing
//! is the clients' work and done beforehand.

use super::timing::percentile;
use crate::{
    client::Answer,
    devnet::{Devnet, market::Market, options::Options},
    stream,
    trader::Trader,
};
use alloy::{primitives::keccak256, signers::SignerSync};
use ballast_auth::Recover;
use ballast_node::secp::Secp256k1;
use ballast_types::{
    CancelFilter, ClientId, MarketId, NewOrder, Operation, PriceTicks, Quote, Side, Signature, SizeLots,
    TimeInForce,
};
use eyre::eyre;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::{Value, json};
use std::{
    collections::VecDeque,
    hint::black_box,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot::error::RecvError, task::JoinSet};

/// Messages of one trader that wait for answers at most, when as many as possible are sent.
const WINDOW: usize = 32;
/// Signatures that a thread recovers to see how fast it is.
const RECOVERIES: usize = 20_000;
/// What each trader begins with, in micro-USDC.
const FUNDS: Quote = Quote(1_000_000_000_000);

/// What it ran on and what it found.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which benchmark.
    pub bench: &'static str,
    /// Traders, each with a connection of its own.
    pub traders: usize,
    /// Signed messages of each.
    pub messages: usize,
    /// Operations under one signature.
    pub operations: usize,
    /// Seed of the orders.
    pub seed: u64,
    /// Operations a second, acknowledged durably, as fast as the node takes them.
    pub ops_per_second: f64,
    /// Messages, that is signatures, a second in the same run.
    pub messages_per_second: f64,
    /// Operations a second for each core of the machine, on which the clients and L1 run, too.
    pub ops_per_second_per_core: f64,
    /// Signatures a second that all cores recover when they do nothing else, by the call that the node makes.
    pub recoveries_per_second: f64,
    /// Messages a second by that.
    pub messages_to_recoveries: f64,
    /// Median time from sending to acknowledgement at half that rate, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile of the same.
    pub p99_ms: f64,
}

/// What one trader is to send: signed, in order.
type Script = (Trader, Vec<Value>);

/// Starts a devnet and measures it.
///
/// # Errors
/// When the devnet does not start, or a message is not acknowledged.
pub async fn run(traders: usize, messages: usize, operations: usize, seed: u64) -> eyre::Result<Figures> {
    let devnet = Devnet::start(Options { validator: false, confirmations: 1, ..Options::default() }).await?;
    let keys: Vec<_> = (0..traders as u64).map(|n| stream::key(500 + n)).collect();
    devnet.fund(&keys.iter().map(|key| (key.address(), FUNDS)).collect::<Vec<_>>()).await?;
    let first: Vec<u64> = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let price = first[0];
    let _publishers = Market::publishers(&devnet, first);
    wait_for_price(&devnet).await?;
    wait_for_post(&devnet).await?;

    let mut scripts = Vec::new();
    for (key, place) in keys.iter().zip(0..) {
        let trader = Trader::open(&devnet.ws(), key.clone()).await?;
        let mut random = ChaCha8Rng::seed_from_u64(seed + place);
        let first = trader.next_nonce();
        let mut sign =
            |nonce| trader.keyring.operations(trader.account, nonce, steps(&mut random, price, operations));
        let signed: Vec<Value> = (first..first + 2 * messages as u64).map(&mut sign).collect();
        scripts.push((trader, signed));
    }
    let paced: Vec<Script> =
        scripts.iter_mut().map(|(trader, signed)| (trader.clone(), signed.split_off(messages))).collect();

    let started = Instant::now();
    all(scripts, None).await?;
    let rate = (traders * messages) as f64 / started.elapsed().as_secs_f64();
    let pause = Duration::from_secs_f64(2.0 * traders as f64 / rate);
    let mut times = all(paced, Some(pause)).await?;
    let ms = |micros: u64| micros as f64 / 1e3;
    drop(devnet);
    let cores = std::thread::available_parallelism()?.get();
    let bare = recoveries(cores);
    Ok(Figures {
        bench: "rpc",
        traders,
        messages,
        operations,
        seed,
        ops_per_second: (rate * operations as f64).round(),
        messages_per_second: rate.round(),
        ops_per_second_per_core: (rate * operations as f64 / cores as f64).round(),
        recoveries_per_second: bare.round(),
        messages_to_recoveries: (rate / bare * 1e3).round() / 1e3,
        p50_ms: ms(percentile(&mut times, 50)),
        p99_ms: ms(percentile(&mut times, 99)),
    })
}

/// Signatures a second that so many threads recover.
fn recoveries(threads: usize) -> f64 {
    let digest = keccak256("what is signed");
    let signature = stream::key(1).sign_hash_sync(&digest).expect("a local key signs");
    let signature = Signature(signature.as_bytes());
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                (0..RECOVERIES).for_each(|_| _ = black_box(Secp256k1.recover(digest, black_box(&signature))))
            });
        }
    });
    (threads * RECOVERIES) as f64 / started.elapsed().as_secs_f64()
}

async fn wait_for_price(devnet: &Devnet) -> eyre::Result<()> {
    let connection = devnet.connect().await?;
    let look = async || {
        let markets = connection.call("ballast_markets", json!([])).await?;
        Ok(markets[0]["mark"].as_u64().filter(|mark| *mark > 0).map(|_| ()))
    };
    devnet.until("the first price", look).await
}

/// Before its first blob a process loads the trusted setup, seconds of both cores that come once.
async fn wait_for_post(devnet: &Devnet) -> eyre::Result<()> {
    let look =
        async || Ok(devnet.status().await?["postedBatch"].as_u64().filter(|batch| *batch > 0).map(|_| ()));
    devnet.until("the first batch on L1", look).await
}

/// Lets every trader send its script at once; microseconds to each acknowledgement.
async fn all(scripts: Vec<Script>, pause: Option<Duration>) -> eyre::Result<Vec<u64>> {
    let mut tasks = JoinSet::new();
    scripts.into_iter().for_each(|script| drop(tasks.spawn(one(script, pause))));
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    Ok(times)
}

/// Sends as fast as answers come, or one message every `pause`.
async fn one((trader, messages): Script, pause: Option<Duration>) -> eyre::Result<Vec<u64>> {
    let mut ticks = pause.map(tokio::time::interval);
    let mut waiting = VecDeque::new();
    let mut times = Vec::with_capacity(messages.len());
    for message in messages {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let sent = Instant::now();
        let answer = trader.connection.send("ballast_operations", message).await?;
        // Told apart from the sending, so that an answer is timed when it comes and not when it is looked at.
        waiting.push_back(tokio::spawn(async move { (answer.await, sent.elapsed()) }));
        if waiting.len() >= WINDOW
            && let Some(oldest) = waiting.pop_front()
        {
            times.push(told(oldest.await?)?);
        }
    }
    for rest in waiting {
        times.push(told(rest.await?)?);
    }
    Ok(times)
}

fn told((answer, after): (Result<Answer, RecvError>, Duration)) -> eyre::Result<u64> {
    answer.map_err(|_| eyre!("the connection closed before the answer"))??;
    Ok(u64::try_from(after.as_micros()).unwrap_or(u64::MAX))
}

/// A clean sweep, then orders near the price: half of them rest, half of them take.
fn steps(random: &mut ChaCha8Rng, price: u64, count: usize) -> Vec<Operation> {
    let order = |_| {
        let away = random.random_range(1..=price / 1_000);
        let side = if random.random() { Side::Buy } else { Side::Sell };
        let takes = random.random();
        let price = if (side == Side::Buy) == takes { price + away } else { price - away };
        let time_in_force = if takes { TimeInForce::Ioc } else { TimeInForce::Gtc };
        let size = SizeLots(random.random_range(1..=10));
        Operation::Place {
            market: MarketId(0),
            order: NewOrder::plain(side, PriceTicks(price), size, time_in_force, ClientId(0)),
        }
    };
    let sweep = Operation::CancelAll(CancelFilter::market(MarketId(0)));
    [sweep].into_iter().chain((1..count).map(order)).collect()
}
