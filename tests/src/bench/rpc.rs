//! Signed order entry from WebSocket to durable acknowledgement, through real processes on this machine. Signing
//! is the clients' work and done beforehand.

mod clients;
mod shares;

pub use shares::Shares;

use super::timing::percentile;
use crate::{
    client::LIFE_MS,
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
use clients::Pace;
use cpu_time::ThreadTime;
use eyre::ensure;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use serde_json::json;
use shares::Watch;
use std::{hint::black_box, time::Instant};

/// Signatures that a thread recovers to see how fast it is.
const RECOVERIES: usize = 20_000;
/// Of so many batches the node judges one on the machine of the fault proof, as a node does that has more to do than
/// show that it could.
const JUDGE_EVERY: u64 = 1_000;
/// Of so many operations the first is a sweep.
const SWEEP_EVERY: usize = 10;
/// What each trader begins with, in micro-USDC.
const FUNDS: Quote = Quote(1_000_000_000_000);

/// What it ran on and what it found.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which benchmark.
    pub bench: &'static str,
    /// What was sent.
    #[serde(flatten)]
    pub parameters: Parameters,
    /// Threads of the node that ran in real time: those that an answer waits for, unless the system did not let them or nobody
    /// asked for it.
    pub real_time_threads: usize,
    /// Operations a second, acknowledged durably, as fast as the node takes them.
    pub ops_per_second: f64,
    /// Messages, that is signatures, a second in the same run.
    pub messages_per_second: f64,
    /// Operations a second for each core of the machine, on which the clients and L1 run, too.
    pub ops_per_second_per_core: f64,
    /// Signatures a second that all cores recover when they do nothing else, by the call that the node makes: the mean of what
    /// they did before and after.
    pub recoveries_per_second: f64,
    /// Messages a second by that.
    pub messages_to_recoveries: f64,
    /// Messages for a second of the node's own CPU time, whichever of its threads it was.
    pub messages_per_node_cpu_second: f64,
    /// Signatures that a core recovers in a second of its CPU time.
    pub recoveries_per_cpu_second: f64,
    /// The first of the two by the second: what the ratio would be where clients and L1 have machines of their own.
    pub node_messages_to_recoveries: f64,
    /// Seconds after the last of these until every sealed batch was ready to be posted: acknowledged is not all that is
    /// to be done.
    pub behind_seconds: f64,
    /// Whose the CPU time was as fast as it goes.
    pub cpu: Shares,
    /// Messages a second that were to be sent after that, evenly: half that rate unless another was asked for. Clients that
    /// cannot keep up send later, and the times below begin when they do.
    pub paced_per_second: f64,
    /// Whose the CPU time was meanwhile.
    pub cpu_at_half: Shares,
    /// Median time from sending to acknowledgement meanwhile, in milliseconds.
    pub p50_ms: f64,
    /// 99th percentile of the same.
    pub p99_ms: f64,
}

/// What is sent.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameters {
    /// Traders, each with a connection of its own.
    pub traders: usize,
    /// Signed messages of each.
    pub messages: usize,
    /// Of these in one JSON-RPC batch, that is in one WebSocket message.
    pub batch: usize,
    /// Operations under one signature.
    pub operations: usize,
    /// Signed messages a second when they are paced; `None` for half of what was reached.
    pub pace: Option<u32>,
    /// Whether the node's threads share the cores as all others do.
    pub ordinary: bool,
    /// Seed of the orders.
    pub seed: u64,
}

/// Starts a devnet and measures it.
///
/// # Errors
/// When the devnet does not start, a message is not acknowledged, or the pace is too low for so many.
pub async fn run(parameters: Parameters) -> eyre::Result<Figures> {
    let Parameters { traders, messages, batch, operations, pace, ordinary, seed } = parameters;
    let seconds = pace.map_or(0.0, |pace| (traders * messages) as f64 / f64::from(pace));
    ensure!(
        seconds * 1e3 < LIFE_MS as f64 / 2.0,
        "at this pace the last messages would be too old: send fewer"
    );
    let cores = std::thread::available_parallelism()?.get();
    // Before and after, for what a core can do changes with the neighbours.
    let before = recoveries(cores);
    let sampled = Options { judge_every: JUDGE_EVERY, real_time: !ordinary, ..Options::default() };
    let devnet = Devnet::start(Options { validator: false, confirmations: 1, ..sampled }).await?;
    let (_publishers, mut desks) = desks(&devnet, traders, seed).await?;
    let watch = || Watch::begin(devnet.node().id(), devnet.l1().id());

    let scripts: Vec<_> =
        desks.iter_mut().map(|desk| (desk.sign(messages, operations), Pace::Window)).collect();
    let (watched, started) = (watch()?, Instant::now());
    clients::run(&devnet.ws(), batch, scripts).await?;
    let rate = (traders * messages) as f64 / started.elapsed().as_secs_f64();
    let (cpu, node_seconds) = watched.end(cores)?;

    let fell_behind = Instant::now();
    let last = wait_for_batches(&devnet).await?;
    let behind = fell_behind.elapsed().as_secs_f64();
    // What was put off until later, KZG above all, is no part of half the rate.
    wait_for_posted(&devnet, last).await?;
    let paced_rate = pace.map_or(rate / 2.0, f64::from);
    let signed = sign(&mut desks, messages, operations);
    let paced = signed.into_iter().zip(Pace::spread(paced_rate / batch as f64, traders)).collect();
    let watched = watch()?;
    let mut times = clients::run(&devnet.ws(), batch, paced).await?;
    let (cpu_at_half, _) = watched.end(cores)?;
    let real_time_threads = shares::real_time_threads(devnet.node().id())?;

    drop(devnet);
    let after = recoveries(cores);
    let (bare, bare_by_cpu) = (f64::midpoint(before.0, after.0), f64::midpoint(before.1, after.1));
    let (ms, thousandths) = (|micros: u64| micros as f64 / 1e3, |ratio: f64| (ratio * 1e3).round() / 1e3);
    let by_cpu = (traders * messages) as f64 / node_seconds;
    Ok(Figures {
        bench: "rpc",
        parameters,
        real_time_threads,
        ops_per_second: (rate * operations as f64).round(),
        messages_per_second: rate.round(),
        ops_per_second_per_core: (rate * operations as f64 / cores as f64).round(),
        recoveries_per_second: bare.round(),
        messages_to_recoveries: thousandths(rate / bare),
        messages_per_node_cpu_second: by_cpu.round(),
        recoveries_per_cpu_second: bare_by_cpu.round(),
        node_messages_to_recoveries: thousandths(by_cpu / bare_by_cpu),
        behind_seconds: (behind * 10.0).round() / 10.0,
        cpu,
        paced_per_second: paced_rate.round(),
        cpu_at_half,
        p50_ms: ms(percentile(&mut times, 50)),
        p99_ms: ms(percentile(&mut times, 99)),
    })
}

/// A trader with the choices that are to come.
struct Desk {
    trader: Trader,
    random: ChaCha8Rng,
    price: u64,
    next: u64,
    /// Operations that it has chosen.
    chosen: usize,
}

impl Desk {
    /// The next messages, signed and written out as calls, in order.
    fn sign(&mut self, messages: usize, operations: usize) -> Vec<String> {
        let sign = |id| {
            let steps = (0..operations).map(|_| self.choose()).collect();
            let params = self.trader.keyring.operations(self.trader.account, self.next, steps);
            self.next += 1;
            clients::call(id, &params)
        };
        (0..messages).map(sign).collect()
    }

    /// A clean sweep, then orders near the price: half of them rest, half of them take.
    fn choose(&mut self) -> Operation {
        let (random, price) = (&mut self.random, self.price);
        self.chosen += 1;
        if self.chosen % SWEEP_EVERY == 1 {
            return Operation::CancelAll(CancelFilter::market(MarketId(0)));
        }
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
    }
}

/// The next messages of each, on threads of their own: what is signed must not be old when it is sent.
fn sign(desks: &mut [Desk], messages: usize, operations: usize) -> Vec<Vec<String>> {
    std::thread::scope(|scope| {
        let signing = desks.iter_mut().map(|desk| scope.spawn(move || desk.sign(messages, operations)));
        let signing: Vec<_> = signing.collect();
        signing.into_iter().map(|one| one.join().expect("it does not panic")).collect()
    })
}

/// Traders with money on a devnet that has a price and posts batches.
async fn desks(devnet: &Devnet, traders: usize, seed: u64) -> eyre::Result<(Market, Vec<Desk>)> {
    let keys: Vec<_> = (0..traders as u64).map(|n| stream::key(500 + n)).collect();
    devnet.fund(&keys.iter().map(|key| (key.address(), FUNDS)).collect::<Vec<_>>()).await?;
    let first: Vec<u64> = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let price = first[0];
    let publishers = Market::publishers(devnet, first);
    wait_for_price(devnet).await?;
    wait_for_post(devnet).await?;
    let mut desks = Vec::new();
    for (key, place) in keys.into_iter().zip(0..) {
        let trader = Trader::open(&devnet.ws(), key).await?;
        let next = trader.next_nonce();
        let random = ChaCha8Rng::seed_from_u64(seed + place);
        desks.push(Desk { trader, random, price, next, chosen: 0 });
    }
    Ok((publishers, desks))
}

/// Signatures that so many threads recover in a second, and one of them in a second of its CPU time.
fn recoveries(threads: usize) -> (f64, f64) {
    let digest = keccak256("what is signed");
    let signature = stream::key(1).sign_hash_sync(&digest).expect("a local key signs");
    let signature = Signature(signature.as_bytes());
    let work = || {
        let began = ThreadTime::now();
        (0..RECOVERIES).for_each(|_| _ = black_box(Secp256k1.recover(digest, black_box(&signature))));
        began.elapsed().as_secs_f64()
    };
    let started = Instant::now();
    let cpu: f64 = std::thread::scope(|scope| {
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().map(|one| one.join().expect("it does not panic")).sum()
    });
    let count = (threads * RECOVERIES) as f64;
    (count / started.elapsed().as_secs_f64(), count / cpu)
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
    wait_for_posted(devnet, 1).await
}

/// Waits until L1 has this batch.
async fn wait_for_posted(devnet: &Devnet, batch: u64) -> eyre::Result<()> {
    let look = async || {
        let posted = devnet.status().await?["postedBatch"].as_u64();
        Ok(posted.filter(|posted| *posted >= batch).map(|_| ()))
    };
    devnet.until("the batch on L1", look).await
}

/// Orders go on to be taken while batches of those before are made: only the open one, which is given, is left when this
/// returns.
async fn wait_for_batches(devnet: &Devnet) -> eyre::Result<u64> {
    let look = async || {
        let status = devnet.status().await?;
        let [open, stored] = ["openBatch", "storedBatch"].map(|name| status[name].as_u64());
        Ok((stored.zip(open)).filter(|(stored, open)| stored + 1 >= *open).map(|(_, open)| open))
    };
    devnet.until("all batches to be made", look).await
}
