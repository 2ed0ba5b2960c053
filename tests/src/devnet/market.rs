//! A market that moves: publishers who tell prices, a maker who quotes them, traders who take.
//!
//! All of them use the public RPC and nothing else, and come back when the node was away.

pub mod prices;

mod desk;
mod maker;
mod noise;
mod publishers;

use super::{Devnet, accounts};
use crate::client::Connection;
use alloy::primitives::Address;
use ballast_types::Quote;
use desk::Desk;
use eyre::eyre;
use prices::Prices;
use serde_json::json;
use std::{future::Future, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// How long one who lost the node waits before asking again.
const COME_BACK: Duration = Duration::from_millis(300);
/// What backstop and insurance fund of each pool have, in micro-USDC.
const PROTECTION: [(Quote, Quote); 2] =
    [(Quote(5_000_000_000_000), Quote(2_000_000_000_000)), (Quote(200_000_000_000), Quote(100_000_000_000))];
/// What the maker and every trader begin with, in micro-USDC.
const STAKE: Quote = Quote(50_000_000_000_000);

/// People at work; they stop when this is dropped.
#[derive(Debug)]
pub struct Market {
    // Aborts its tasks when dropped.
    tasks: JoinSet<()>,
    prices: watch::Sender<Vec<u64>>,
}

impl Market {
    /// Publishers who tell `first` until told another price; nobody trades.
    #[must_use]
    pub fn publishers(devnet: &Devnet, first: Vec<u64>) -> Self {
        let (prices, seen) = watch::channel(first);
        let mut tasks = JoinSet::new();
        publishers::start(&mut tasks, &devnet.ws(), &seen, &devnet.options().markets);
        Self { tasks, prices }
    }

    /// Publishers whose prices take a step every `step`, a maker and traders, who get their money first.
    ///
    /// # Errors
    /// When the money does not come.
    pub async fn start(devnet: &Devnet, mut prices: Prices, step: Duration, seed: u64) -> eyre::Result<Self> {
        let mut this = Self::publishers(devnet, prices.now().to_vec());
        let sender = this.prices.clone();
        this.tasks.spawn(async move {
            let mut ticks = tokio::time::interval(step);
            loop {
                ticks.tick().await;
                prices.advance();
                sender.send_replace(prices.now().to_vec());
            }
        });
        fund(devnet).await?;
        for desk in Desk::all(&devnet.options().markets) {
            noise::start(&mut this.tasks, &devnet.ws(), &desk, seed);
            maker::start(&mut this.tasks, &devnet.ws(), desk);
        }
        Ok(this)
    }

    /// What publishers tell from now on, in ticks by market.
    pub fn tell(&self, prices: Vec<u64>) {
        self.prices.send_replace(prices);
    }
}

/// Gives the maker and the traders their money, unless they have an account from a run before.
async fn fund(devnet: &Devnet) -> eyre::Result<()> {
    let connection = devnet.connect().await?;
    let mut deposits: Vec<(Address, Quote)> = Vec::new();
    for account in accounts::NOISE.into_iter().chain([accounts::MAKER]) {
        let owner = accounts::address(account);
        if crate::client::account_of(&connection, owner).await.is_err() {
            deposits.push((owner, STAKE));
        }
    }
    for (pool, (backing, insurance)) in (0..devnet.options().pools()).zip(PROTECTION) {
        let ledger = connection.call("ballast_pool", json!([pool])).await?;
        if ledger["credited"] == "0" {
            devnet.protect(pool, backing, insurance).await?;
        }
    }
    if !deposits.is_empty() {
        devnet.fund(&deposits).await?;
    }
    Ok(())
}

/// Does `work` again and again, with a pause, for ever: it ends when the node goes away, and begins anew.
async fn keep_at<F: Future<Output = eyre::Result<()>>>(mut work: impl FnMut() -> F) {
    loop {
        // Why it ended is in the node's log, or the node's absence.
        let _ = work().await;
        tokio::time::sleep(COME_BACK).await;
    }
}

/// The mark of every market, in ticks; 0 where there is none yet.
async fn marks(connection: &Connection) -> eyre::Result<Vec<u64>> {
    let markets = connection.call("ballast_markets", json!([])).await?;
    let list = markets.as_array().ok_or_else(|| eyre!("no list of markets: {markets}"))?;
    list.iter()
        .map(|market| market["mark"].as_u64().ok_or_else(|| eyre!("a market without a mark: {market}")))
        .collect()
}
