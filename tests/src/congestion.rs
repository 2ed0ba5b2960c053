//! L1 is congested: block after block asks for a thousand times the usual fee, so that nothing of ours gets in, while
//! traders go on; then it is over. What the exchange does meanwhile, and how fast it catches up.

use crate::{
    client::Connection,
    devnet::{
        Devnet, accounts,
        market::Market,
        options::{Data, Options},
    },
    load::Load,
};
use alloy::providers::{Provider, ext::AnvilApi};
use ballast_bridge::l1::{L1 as _, alloy::AlloyL1, blobs::NoBlobs};
use ballast_types::Quote;
use eyre::{ContextCompat as _, WrapErr, ensure};
use serde::Serialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::{sync::watch, task::JoinSet};

/// What a gas costs as a rule, in wei.
const USUAL: u128 = 1_000_000_000;
/// What it costs in the congestion: twice what the node may offer at most.
const CONGESTED: u128 = 1_000 * USUAL;
/// A block of L1 comes so often here.
const BLOCK: Duration = Duration::from_secs(1);
/// Who trades.
const TRADERS: u64 = 3;
/// What each begins with, in micro-USDC.
const STAKE: Quote = Quote(10_000_000_000_000);
/// How long each waits after a command: the rate is theirs, and not that of the machine.
const PAUSE: Duration = Duration::from_millis(25);
/// How often the exchange is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// How long each part takes.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Of usual trade before; so long is also looked at afterwards.
    pub usual: Duration,
    /// Of congestion.
    pub congested: Duration,
    /// Of the traders.
    pub seed: u64,
}

/// What was seen.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Seconds of congestion.
    pub seconds: f64,
    /// Signed answers a second before.
    pub rate_before: f64,
    /// And in the congestion.
    pub rate_congested: f64,
    /// How far L1 lagged behind, as the exchange told it: every change, in order.
    pub lags: Vec<String>,
    /// Batches that L1 took in the congestion after what was under way.
    pub posted_congested: u64,
    /// Batches that waited for L1 at its end.
    pub waiting: u64,
    /// Inputs in them.
    pub inputs: u64,
    /// Blocks from the end of the congestion until L1 had them all.
    pub blocks_to_clear: u64,
    /// Bytes of their diffs.
    pub bytes: u64,
    /// Gas that they cost.
    pub gas: u64,
    /// Bytes of a diff for each input before the congestion.
    pub bytes_per_input_before: f64,
    /// And of those that waited: what changed twice is told once.
    pub bytes_per_input_waiting: f64,
}

/// A devnet for it: blocks come as [`run`] says.
#[must_use]
pub fn options() -> Options {
    Options {
        block_time: None,
        // Nothing becomes final while the backlog is cleared, so that each block has room for a batch.
        challenge_window: 3_600,
        forced_deadline: 7_200,
        poll: Duration::from_millis(100),
        data: Data::Calldata,
        validator: false,
        ..Options::quick()
    }
}

/// Makes blocks at the fee that is watched.
async fn keep_mining(provider: impl Provider, fee: watch::Receiver<u128>) {
    let mut ticks = tokio::time::interval(BLOCK);
    loop {
        ticks.tick().await;
        let fee = *fee.borrow();
        // One that fails is a second without a block.
        let _ = mine(&provider, fee).await;
    }
}

async fn mine(provider: &impl Provider, fee: u128) -> eyre::Result<()> {
    provider.anvil_set_next_block_base_fee_per_gas(fee).await?;
    Ok(provider.anvil_mine(Some(1), None).await?)
}

/// Goes through it.
///
/// # Errors
/// When a process ends, or does not do its part.
pub async fn run(devnet: &Devnet, plan: Plan) -> eyre::Result<Report> {
    let reader = devnet.l1().reader()?;
    reader.anvil_set_auto_mine(false).await?;
    // What anybody offers goes by the block before.
    mine(&reader, USUAL).await?;
    let (fee, watched) = watch::channel(USUAL);
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_mining(devnet.l1().reader()?, watched));
    let price = devnet.options().markets[0].first_price;
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let _market = Market::publishers(devnet, prices);
    let owners: Vec<_> = (0..TRADERS).map(accounts::further).collect();
    let deposits: Vec<_> = owners.iter().map(|owner| (owner.address(), STAKE)).collect();
    devnet.fund(&deposits).await?;
    let load = Load::paced(&devnet.ws(), owners, price, plan.seed, PAUSE);
    let connection = devnet.connect().await?;
    let mut seen = Seen { devnet, connection, load: &load, lags: Vec::new() };
    let first = seen.stored().await?;
    devnet
        .until("a batch of trade", async || Ok((seen_batches(devnet).await? > first + 1).then_some(())))
        .await?;

    let rate_before = seen.watch(plan.usual).await?;
    fee.send_replace(CONGESTED);
    // What is under way may come into the next block.
    seen.watch(3 * BLOCK).await?;
    let before = seen_batches(devnet).await?;
    let started = Instant::now();
    let rate_congested = seen.watch(plan.congested).await?;
    let seconds = started.elapsed().as_secs_f64();
    let l1 = l1(devnet).await?;
    let posted_congested = seen_batches(devnet).await? - before;
    let (last, head) = (seen.stored().await?, l1.head().await?.number);

    fee.send_replace(USUAL);
    devnet
        .until("the backlog to be posted", async || Ok((l1.batch_count().await? > last).then_some(())))
        .await?;
    let cleared = l1.posted(last).await?.wrap_err("the last batch that waited")?.block.number;
    devnet.until("the exchange to hear of it", async || seen.is_usual().await).await?;
    seen.watch(plan.usual).await?;

    let usual = cost(&l1, &reader, first + 1..=before - 1).await?;
    let backlog = cost(&l1, &reader, before..=last).await?;
    Ok(Report {
        seconds,
        rate_before,
        rate_congested,
        lags: seen.lags,
        posted_congested,
        waiting: last + 1 - before,
        inputs: backlog.inputs,
        blocks_to_clear: cleared.saturating_sub(head),
        bytes: backlog.bytes,
        gas: backlog.gas,
        bytes_per_input_before: usual.bytes_per_input(),
        bytes_per_input_waiting: backlog.bytes_per_input(),
    })
}

async fn l1(devnet: &Devnet) -> eyre::Result<AlloyL1<NoBlobs>> {
    Ok(AlloyL1::connect(&devnet.l1().url(), *devnet.deployment(), None, NoBlobs).await?)
}

/// How many batches L1 has, genesis among them.
async fn seen_batches(devnet: &Devnet) -> eyre::Result<u64> {
    Ok(l1(devnet).await?.batch_count().await?)
}

/// Looks at the exchange while time goes by.
struct Seen<'a> {
    devnet: &'a Devnet,
    connection: Connection,
    load: &'a Load,
    lags: Vec<String>,
}

impl Seen<'_> {
    async fn status(&self) -> eyre::Result<Value> {
        self.connection.call("ballast_status", json!([])).await
    }

    /// The last batch that is ready for L1.
    async fn stored(&self) -> eyre::Result<u64> {
        self.status().await?["storedBatch"].as_u64().wrap_err("a status without a batch")
    }

    /// Lets `time` go by; gives the signed answers a second.
    async fn watch(&mut self, time: Duration) -> eyre::Result<f64> {
        let (started, before) = (Instant::now(), self.load.count());
        while started.elapsed() < time {
            self.devnet.check()?;
            self.look().await?;
            tokio::time::sleep(LOOK).await;
        }
        let answers = u32::try_from(self.load.count() - before).wrap_err("too many answers")?;
        Ok(f64::from(answers) / started.elapsed().as_secs_f64())
    }

    async fn look(&mut self) -> eyre::Result<()> {
        let status = self.status().await?;
        let lag = status["lag"].as_str().wrap_err("a status without a lag")?;
        if self.lags.last().is_none_or(|last| last != lag) {
            self.lags.push(lag.to_owned());
        }
        Ok(())
    }

    /// Some, when L1 is not behind.
    async fn is_usual(&mut self) -> eyre::Result<Option<()>> {
        self.look().await?;
        Ok(self.lags.last().is_some_and(|lag| lag == "none").then_some(()))
    }
}

#[derive(Default)]
struct Cost {
    inputs: u64,
    bytes: u64,
    gas: u64,
}

impl Cost {
    fn bytes_per_input(&self) -> f64 {
        // Both are far below 2^52.
        self.bytes as f64 / self.inputs.max(1) as f64
    }
}

/// What the batches of `range` cost on L1.
async fn cost(
    l1: &AlloyL1<NoBlobs>,
    reader: &impl Provider,
    range: std::ops::RangeInclusive<u64>,
) -> eyre::Result<Cost> {
    let mut cost = Cost::default();
    for index in range {
        let posted = l1.posted(index).await?.wrap_err_with(|| format!("batch {index} is not on L1"))?;
        let receipt = reader.get_transaction_receipt(posted.transaction).await?.wrap_err("a receipt")?;
        ensure!(receipt.status(), "batch {index} was refused");
        cost.inputs += posted.header.lastSeq + 1 - posted.header.firstSeq;
        cost.bytes += u64::try_from(l1.diff(&posted).await?.len())?;
        cost.gas += receipt.gas_used;
    }
    ensure!(cost.inputs > 0, "no batch among them");
    Ok(cost)
}
