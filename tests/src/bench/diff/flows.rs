//! What many accounts ask for: recorded order flow, or the common workload, each order of somebody drawn by lot.

use super::crowd::{Crowd, Wish};
use crate::{
    flow::{Action, Flow},
    stream,
    workload::{self, Kind},
};
use ballast_types::{MarketParams, Ppm, PriceTicks, Quote, Side, SizeLots};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// Steps of the common workload for each fill that is wanted, more than enough.
const STEPS: usize = 8;
/// Markets of the common workload.
const MARKETS: usize = 9;
/// Where all of them begin, in ticks.
const PRICE: PriceTicks = PriceTicks(100_000);
/// From here on the numbers of orders that only take, which have none in a recorded flow.
const TAKERS: u64 = 1 << 62;

/// Accounts by Zipf's law: the n-th most active asks for 1/n of what the first does. Which they are is spread over the ids.
struct Lots {
    totals: Vec<u64>,
    random: ChaCha8Rng,
}

impl Lots {
    fn new(accounts: u32, seed: u64) -> Self {
        let totals = (1..=u64::from(accounts)).scan(0, |total, rank| {
            *total += 1_000_000_000 / rank;
            Some(*total)
        });
        Self { totals: totals.collect(), random: ChaCha8Rng::seed_from_u64(seed) }
    }

    fn draw(&mut self) -> u32 {
        let count = self.totals.len();
        let drawn = self.random.random_range(0..self.totals[count - 1]);
        let rank = self.totals.partition_point(|total| *total <= drawn) as u64;
        // A prime above any number of accounts that is asked for leads from ranks to ids one to one.
        u32::try_from(rank * 2_654_435_761 % count as u64).expect("an account")
    }
}

/// Who asks for what, and the exchange before.
pub(super) struct Asked {
    pub(super) crowd: Crowd,
    pub(super) wishes: Vec<Wish>,
}

/// A recorded day. Venues do not tell whose an order is.
pub(super) fn recorded(path: &Path, accounts: u32, seed: u64) -> eyre::Result<Asked> {
    let flow = Flow::read(path, usize::MAX)?;
    let mut lots = Lots::new(accounts, seed);
    let mut wish = |(at, action): (u64, &Action)| match *action {
        Action::Place { id, side, price, size } => {
            Wish::Place { id, account: lots.draw(), market: 0, side, price, size, takes: false }
        }
        Action::Take { side, price, size } => {
            Wish::Place { id: TAKERS + at, account: lots.draw(), market: 0, side, price, size, takes: true }
        }
        Action::Cancel { id } => Wish::Cancel { id },
        Action::Replace { id, price, size } => Wish::Replace { id, price, size },
    };
    let wishes = (0..).zip(&flow.actions).map(&mut wish).collect();
    Ok(Asked { crowd: Crowd::new(accounts, vec![open(flow.market)], &[flow.first_price]), wishes })
}

/// The common workload over nine markets, long enough for so many fills.
pub(super) fn common(fills: usize, accounts: u32, seed: u64) -> Asked {
    let markets = (0..MARKETS).map(|n| open(stream::market(&format!("M{n}-USD")))).collect();
    let mut lots = Lots::new(accounts, seed);
    let steps = workload::generate(STEPS * fills, MARKETS, seed).steps;
    let wish = |step: &workload::Step| {
        let (id, price, size) = (step.id.into(), PriceTicks(step.price.into()), SizeLots(step.size.into()));
        match step.kind {
            Kind::Limit | Kind::Ioc => Wish::Place {
                id,
                account: lots.draw(),
                market: step.book,
                side: if step.side == 0 { Side::Buy } else { Side::Sell },
                price,
                size,
                takes: step.kind == Kind::Ioc,
            },
            Kind::Cancel => Wish::Cancel { id },
            Kind::Modify => Wish::Replace { id, price, size },
        }
    };
    let wishes = steps.iter().map(wish).collect();
    Asked { crowd: Crowd::new(accounts, markets, &[PRICE; MARKETS]), wishes }
}

/// A market that lets everything through: here only what trades do to accounts is of interest.
fn open(market: MarketParams) -> MarketParams {
    MarketParams {
        order_band: Ppm(1_000_000),
        circuit_breakers: false,
        open_interest_cap: Quote::ZERO,
        open_interest_growth: Quote::ZERO,
        capacity: false,
        strict_gains: false,
        margin_tiers: Vec::new(),
        ..market
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_active_is_drawn_as_often_as_zipf_says() {
        let mut lots = Lots::new(1_000, 1);
        let mut drawn = vec![0_u32; 1_000];
        (0..10_000).for_each(|_| drawn[lots.draw() as usize] += 1);
        // The first is 1 of H(1000) = 7.49.
        assert!((1_200..1_470).contains(&drawn[0]), "{}", drawn[0]);
        assert!(drawn.iter().filter(|count| **count > 0).count() > 700);
    }
}
