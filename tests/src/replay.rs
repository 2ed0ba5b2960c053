//! A recorded day traded through the public RPC of a fresh devnet, and what became of it.
//!
//! Nobody else trades there: the books are made of the recorded orders alone. Makers own what the venue's members
//! rested, takers what they took, so that nobody meets himself.

mod orders;
mod pipeline;

pub use orders::accounts_needed;

use crate::{
    audit,
    devnet::{
        Devnet, accounts,
        market::Market,
        options::{self, Options},
    },
    flow::{Action, Flow},
    trader::Trader,
};
use ballast_types::{B256, MarketId, PoolId, Quote};
use pipeline::Pipeline;
use serde::Serialize;
use serde_json::json;
use std::{collections::BTreeMap, path::Path, time::Duration};

/// The market that the flow trades in.
const MARKET: MarketId = MarketId(0);
/// Accounts that take.
const TAKERS: usize = 4;
/// What every account begins with, in micro-USDC: no recorded order may want for margin.
const STAKE: Quote = Quote(1_000_000_000_000_000);
/// What became of a recorded day.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The file.
    pub file: String,
    /// What the venue's members asked for.
    pub actions: u64,
    /// What of the file was not sent, by reason.
    pub dropped: BTreeMap<&'static str, u64>,
    /// Steps sent.
    pub sent: u64,
    /// Signatures over them.
    pub signatures: u64,
    /// Steps that took effect.
    pub accepted: u64,
    /// Steps that did not, by the name of the reason.
    pub rejected: BTreeMap<String, u64>,
    /// Trades.
    pub fills: u64,
    /// Lots traded.
    pub lots: u64,
    /// Accounts that traded.
    pub accounts: u64,
    /// From the first signature to the last answer.
    pub seconds: f64,
    /// Steps a second.
    pub rate: f64,
    /// Median time from a signed command to its durable, signed answer, in milliseconds.
    pub ack_p50_ms: f64,
    /// 99th percentile of that.
    pub ack_p99_ms: f64,
    /// The last input.
    pub seq: u64,
    /// The last sealed batch.
    pub batch: u64,
    /// Its state root, as the node told it.
    pub sealed_root: B256,
    /// The state root to which the journal replays from genesis.
    pub replayed_root: B256,
    /// The promise chain to which it does.
    pub promise: B256,
    /// Whether every invariant holds there, conservation of money among them.
    pub sound: bool,
}

/// Trades the day of `path`, at most `rows` rows of it, on a fresh devnet, then stops the node and replays its journal.
///
/// # Errors
/// When the file cannot be read, the devnet fails, or the journal does not replay to what the node told.
pub async fn run(path: &Path, rows: usize) -> eyre::Result<Report> {
    let flow = Flow::read(path, rows)?;
    let devnet = Devnet::start(devnet_options(&flow)).await?;
    let market = Market::publishers(&devnet, vec![flow.first_price.0]);
    let mut pipeline = Pipeline::new(open_accounts(&devnet, &flow).await?, TAKERS, MARKET);
    until_it_trades(&devnet).await?;

    for action in &flow.actions {
        if let Action::Take { price, .. } = action {
            // The index follows the venue's trades.
            market.tell(vec![price.0]);
        }
        pipeline.take(*action).await?;
    }
    pipeline.finish().await?;
    drop(market);

    let mut report = pipeline.report();
    report.file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    report.actions = flow.actions.len() as u64;
    for (reason, count) in flow.dropped {
        *report.dropped.entry(reason).or_default() += count;
    }
    let closing = audit::close(&devnet, report.seq).await?;
    (report.seq, report.batch, report.promise) = (closing.seq, closing.batch, closing.promise);
    report.sound = closing.sound;
    (report.sealed_root, report.replayed_root) = (closing.sealed_root, closing.replayed_root);
    Ok(report)
}

fn devnet_options(flow: &Flow) -> Options {
    Options {
        markets: vec![options::Market {
            params: flow.market.clone(),
            first_price: flow.first_price.0,
            pool: PoolId(0),
        }],
        validator: false,
        idle_batch_age: Duration::from_secs(15),
        ..Options::default()
    }
}

/// Makers first, then takers, all over one connection: so the order in which they send is the order of the log.
async fn open_accounts(devnet: &Devnet, flow: &Flow) -> eyre::Result<Vec<Trader>> {
    let count = accounts_needed(&flow.actions) + TAKERS;
    let keys: Vec<_> = (0..count as u64).map(accounts::further).collect();
    let deposits: Vec<_> = keys.iter().map(|key| (key.address(), STAKE)).collect();
    let ids = devnet.fund(&deposits).await?;
    let connection = devnet.connect().await?;
    let mut traders = Vec::with_capacity(count);
    for (key, account) in keys.into_iter().zip(ids) {
        traders.push(Trader::over(connection.clone(), key, account).await?);
    }
    Ok(traders)
}

/// A market whose price has just come matches in batches at first, and would refuse most of a day that is told in seconds.
async fn until_it_trades(devnet: &Devnet) -> eyre::Result<()> {
    let connection = devnet.connect().await?;
    let look = async || {
        let markets = connection.call("ballast_markets", json!([])).await?;
        Ok((markets[0]["matching"] == "continuous" && markets[0]["oracle"] == "fresh").then_some(()))
    };
    devnet.until("a market that matches continuously", look).await
}
