//! Traders at random: take, quote near the mark, cancel.

use super::{desk::Desk, keep_at, marks};
use crate::devnet::accounts;
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
pub(super) fn start(tasks: &mut JoinSet<()>, ws: &str, desk: &Desk, seed: u64) {
    for (place, account) in accounts::NOISE.into_iter().enumerate() {
        let (ws, desk) = (ws.to_owned(), desk.clone());
        let mut seeds = ChaCha8Rng::seed_from_u64(seed.wrapping_add(place as u64));
        tasks.spawn(keep_at(move || trade(ws.clone(), account, desk.clone(), seeds.random())));
    }
}

/// Trades until the connection fails.
async fn trade(ws: String, account: usize, desk: Desk, seed: u64) -> eyre::Result<()> {
    let mut trader = desk.sit_down(&ws, accounts::signer(account)).await?;
    let mut noise = Noise::new(desk, seed);
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
    markets: Vec<Traded>,
    resting: Vec<(MarketId, OrderId)>,
}

struct Traded {
    id: MarketId,
    params: MarketParams,
    /// Lots taken so far, those sold below zero.
    owned: i64,
}

impl Noise {
    fn new(desk: Desk, seed: u64) -> Self {
        let markets = desk.markets.into_iter().map(|(id, params)| Traded { id, params, owned: 0 }).collect();
        Self { random: ChaCha8Rng::seed_from_u64(seed), markets, resting: Vec::new() }
    }

    fn step(&mut self, marks: &[u64]) -> Option<Operation> {
        let place = self.random.random_range(0..self.markets.len());
        let id = self.markets[place].id;
        let mark = marks.get(usize::from(id.0)).copied().filter(|mark| *mark > 0)?;
        let cancels = self.resting.len() >= MOST_RESTING || self.random.random_range(0..5) == 0;
        if cancels && !self.resting.is_empty() {
            let (market, order) = self.resting.swap_remove(self.random.random_range(0..self.resting.len()));
            return Some(Operation::Cancel { market, order });
        }
        let takes = self.random.random_range(0..3) > 0;
        Some(Operation::Place { market: id, order: self.order(place, mark, takes) })
    }

    fn order(&mut self, place: usize, mark: u64, takes: bool) -> NewOrder {
        // The more it owns, the likelier it sells.
        let lean = self.markets[place].owned.signum() * 15;
        let side = if self.random.random_range(0..100) < 50 - lean { Side::Buy } else { Side::Sell };
        let most_away = mark / 500 + 1;
        let away = self.random.random_range(1..=most_away);
        let (price, time_in_force) = match (takes, side) {
            (true, Side::Buy) => (mark + most_away, TimeInForce::Ioc),
            (true, Side::Sell) => (mark.saturating_sub(most_away), TimeInForce::Ioc),
            (false, Side::Buy) => (mark.saturating_sub(away), TimeInForce::Gtc),
            (false, Side::Sell) => (mark + away, TimeInForce::Gtc),
        };
        let most = (MOST_VALUE / (mark * u64::from(self.markets[place].params.kappa))).max(1);
        let size = self.random.random_range(1..=most);
        let client = ClientId(self.random.random());
        NewOrder::plain(side, PriceTicks(price.max(1)), SizeLots(size), time_in_force, client)
    }

    fn learn(&mut self, step: &Operation, results: &[crate::trader::Step]) {
        let (Operation::Place { market, order }, Some(result)) = (step, results.first()) else { return };
        let filled = i64::try_from(result.filled_size.unwrap_or(0)).unwrap_or(i64::MAX);
        if let Some(traded) = self.markets.iter_mut().find(|traded| traded.id == *market) {
            let taken = if order.side == Side::Buy { filled } else { -filled };
            traded.owned = traded.owned.saturating_add(taken);
        }
        self.resting.extend(result.resting().map(|id| (*market, id)));
    }
}
