//! Traders at random: take, quote near the mark, cancel.

use super::{keep_at, marks};
use crate::{devnet::accounts, trader::Trader};
use ballast_types::{
    CancelFilter, ClientId, MarketId, MarketParams, NewOrder, Operation, OrderId, PriceTicks, Side, SizeLots,
    TimeInForce,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Duration;
use tokio::task::JoinSet;

/// Orders of one trader that rest at most.
const MOST_RESTING: usize = 12;
/// Largest order, in micro-USDC.
const MOST_VALUE: u64 = 3_000_000_000;

/// Starts the traders on the node at `ws`.
pub(super) fn start(tasks: &mut JoinSet<()>, ws: &str, markets: &[MarketParams], seed: u64) {
    for (place, account) in accounts::NOISE.into_iter().enumerate() {
        let (ws, markets) = (ws.to_owned(), markets.to_vec());
        let mut seeds = ChaCha8Rng::seed_from_u64(seed.wrapping_add(place as u64));
        tasks.spawn(keep_at(move || trade(ws.clone(), account, markets.clone(), seeds.random())));
    }
}

/// Trades until the connection fails.
async fn trade(ws: String, account: usize, markets: Vec<MarketParams>, seed: u64) -> eyre::Result<()> {
    let mut trader = Trader::open(&ws, accounts::signer(account)).await?;
    let owned = vec![0; markets.len()];
    let mut noise = Noise { random: ChaCha8Rng::seed_from_u64(seed), markets, resting: Vec::new(), owned };
    trader.trade(vec![Operation::CancelAll(CancelFilter::ALL)]).await?;
    loop {
        tokio::time::sleep(Duration::from_millis(noise.random.random_range(100..500))).await;
        let marks = marks(&trader.connection).await?;
        let Some(step) = noise.step(&marks) else { continue };
        let ack = trader.trade(vec![step]).await?;
        noise.learn(&step, &ack.results);
    }
}

struct Noise {
    random: ChaCha8Rng,
    markets: Vec<MarketParams>,
    resting: Vec<(MarketId, OrderId)>,
    /// Lots taken so far by market, those sold below zero.
    owned: Vec<i64>,
}

impl Noise {
    fn step(&mut self, marks: &[u64]) -> Option<Operation> {
        let market = self.random.random_range(0..self.markets.len().min(marks.len()));
        let mark = marks[market];
        if mark == 0 {
            return None;
        }
        let cancels = self.resting.len() >= MOST_RESTING || self.random.random_range(0..5) == 0;
        if cancels && !self.resting.is_empty() {
            let (market, order) = self.resting.swap_remove(self.random.random_range(0..self.resting.len()));
            return Some(Operation::Cancel { market, order });
        }
        let takes = self.random.random_range(0..3) > 0;
        Some(Operation::Place {
            market: MarketId(u16::try_from(market).ok()?),
            order: self.order(market, mark, takes),
        })
    }

    fn order(&mut self, market: usize, mark: u64, takes: bool) -> NewOrder {
        // The more it owns, the likelier it sells.
        let lean = self.owned[market].signum() * 15;
        let side = if self.random.random_range(0..100) < 50 - lean { Side::Buy } else { Side::Sell };
        let most_away = mark / 500 + 1;
        let away = self.random.random_range(1..=most_away);
        let (price, time_in_force) = match (takes, side) {
            (true, Side::Buy) => (mark + most_away, TimeInForce::Ioc),
            (true, Side::Sell) => (mark.saturating_sub(most_away), TimeInForce::Ioc),
            (false, Side::Buy) => (mark.saturating_sub(away), TimeInForce::Gtc),
            (false, Side::Sell) => (mark + away, TimeInForce::Gtc),
        };
        let most = (MOST_VALUE / (mark * u64::from(self.markets[market].kappa))).max(1);
        let size = self.random.random_range(1..=most);
        let client = ClientId(self.random.random());
        NewOrder::plain(side, PriceTicks(price.max(1)), SizeLots(size), time_in_force, client)
    }

    fn learn(&mut self, step: &Operation, results: &[crate::trader::Step]) {
        let (Operation::Place { market, order }, Some(result)) = (step, results.first()) else { return };
        let filled = i64::try_from(result.filled_size.unwrap_or(0)).unwrap_or(i64::MAX);
        let owned = &mut self.owned[usize::from(market.0)];
        *owned = owned.saturating_add(if order.side == Side::Buy { filled } else { -filled });
        self.resting.extend(result.resting().map(|id| (*market, id)));
    }
}
