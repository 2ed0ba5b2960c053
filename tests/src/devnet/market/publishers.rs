//! The publishers: each signs what it sees and sends it, several times a second.

use super::keep_at;
use crate::{
    client::{Connection, Keyring},
    devnet::accounts,
};
use ballast_types::{MarketId, Ppm, PriceTicks, ReportedPrice};
use std::time::Duration;
use tokio::{sync::watch, task::JoinSet};

/// Time between the reports of one publisher.
const EVERY: Duration = Duration::from_millis(500);

/// Starts the publishers on the node at `ws`; they see the prices of `prices`.
pub(super) fn start(tasks: &mut JoinSet<()>, ws: &str, prices: &watch::Receiver<Vec<u64>>) {
    for publisher in 0..accounts::PUBLISHERS.len() {
        let (ws, prices) = (ws.to_owned(), prices.clone());
        tasks.spawn(keep_at(move || publish(ws.clone(), publisher, prices.clone())));
    }
}

/// Reports until the connection fails.
async fn publish(ws: String, publisher: usize, prices: watch::Receiver<Vec<u64>>) -> eyre::Result<()> {
    let connection = Connection::open(&ws).await?;
    let keyring = Keyring::new(&connection, accounts::signer(accounts::PUBLISHERS[publisher])).await?;
    let number = u8::try_from(publisher)?;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let seen = prices.borrow().clone();
        let markets = (0..).map(MarketId).zip(seen.into_iter().map(PriceTicks));
        let prices = markets.map(|(market, price)| ReportedPrice::plain(market, price));
        let told: Vec<_> = prices.chain(std::iter::once(ReportedPrice::usdc(usdc(number)))).collect();
        let answer = connection.send("ballast_reportPrices", keyring.report(number, told)).await?.await;
        // A refusal is no reason to stop: the next report may be taken. A connection that is gone is one.
        answer.map_err(|_| eyre::eyre!("the connection is closed"))?.ok();
    }
}

/// What a USDC is worth to this publisher, in ppm of a dollar: hardly anything else than one.
fn usdc(publisher: u8) -> Ppm {
    Ppm(999_900 + 50 * u32::from(publisher))
}
