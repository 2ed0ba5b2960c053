//! The publishers: each signs what it sees and sends it, several times a second.

use super::keep_at;
use crate::{
    client::{Connection, Keyring},
    devnet::{accounts, options::Market},
};
use ballast_risk::capacity::Elsewhere;
use ballast_types::{MarketClass, MarketId, Ppm, PriceTicks, ReportedPrice};
use std::{iter, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// Time between the reports of one publisher.
const EVERY: Duration = Duration::from_millis(500);

/// One report in so many also tells what open interest markets can bear.
const REPORTS_A_CAPACITY: u64 = 120;

/// Starts the publishers on the node at `ws`; they see the prices of `prices`, and what is traded elsewhere of each market.
pub(super) fn start(
    tasks: &mut JoinSet<()>,
    ws: &str,
    prices: &watch::Receiver<Vec<u64>>,
    markets: &[Market],
) {
    let capacities: Vec<_> = (0..)
        .map(MarketId)
        .zip(markets)
        .filter(|(_, market)| market.params.capacity)
        .map(|(id, market)| ReportedPrice::capacity(id, elsewhere(market.params.class).capacity()))
        .collect();
    for publisher in 0..accounts::PUBLISHERS.len() {
        let (ws, prices, capacities) = (ws.to_owned(), prices.clone(), capacities.clone());
        tasks.spawn(keep_at(move || publish(ws.clone(), publisher, prices.clone(), capacities.clone())));
    }
}

/// Reports until the connection fails.
async fn publish(
    ws: String,
    publisher: usize,
    prices: watch::Receiver<Vec<u64>>,
    capacities: Vec<ReportedPrice>,
) -> eyre::Result<()> {
    let connection = Connection::open(&ws).await?;
    let keyring = Keyring::new(&connection, accounts::signer(accounts::PUBLISHERS[publisher])).await?;
    let number = u8::try_from(publisher)?;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    for sent in 0_u64.. {
        ticks.tick().await;
        let seen = prices.borrow().clone();
        let markets = (0..).map(MarketId).zip(seen.into_iter().map(PriceTicks));
        let prices = markets.map(|(market, price)| ReportedPrice::plain(market, price));
        let now_and_then = capacities.iter().copied().filter(|_| sent.is_multiple_of(REPORTS_A_CAPACITY));
        let worth = iter::once(ReportedPrice::usdc(usdc(number)));
        let told: Vec<_> = prices.chain(now_and_then).chain(worth).collect();
        let answer = connection.send("ballast_reportPrices", keyring.report(number, told)).await?.await;
        // A refusal is no reason to stop: the next report may be taken. A connection that is gone is one.
        answer.map_err(|_| eyre::eyre!("the connection is closed"))?.ok();
    }
    Ok(())
}

/// What is traded of an asset elsewhere: here there is no elsewhere, so it is such as the class has.
fn elsewhere(class: MarketClass) -> Elsewhere {
    let [float, volume, depth] = match class {
        MarketClass::A => [500_000_000_000, 20_000_000_000, 50_000_000],
        MarketClass::B => [20_000_000_000, 1_000_000_000, 5_000_000],
        MarketClass::C => [60_000_000, 8_000_000, 80_000],
    };
    Elsewhere { float, volume, depth }
}

/// What a USDC is worth to this publisher, in ppm of a dollar: hardly anything else than one.
fn usdc(publisher: u8) -> Ppm {
    Ppm(999_900 + 50 * u32::from(publisher))
}
