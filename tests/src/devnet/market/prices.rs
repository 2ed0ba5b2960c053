//! The price of the underlyings, as the publishers see it: a seeded random walk, or a recorded minute file.

use crate::devnet::options::Market;
use eyre::{WrapErr, eyre};
use flate2::read::MultiGzDecoder;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;
use std::{fs::File, io::Read, path::Path};

/// Largest ordinary step, in millionths of the price.
const STEP_PPM: i64 = 150;
/// Largest jump, in millionths of the price.
const JUMP_PPM: i64 = 5_000;
/// One step in so many is a jump.
const JUMP_EVERY: u32 = 400;

/// Where the prices go, step by step. The same seed goes the same way.
#[derive(Debug)]
pub struct Prices {
    random: ChaCha8Rng,
    first: Vec<u64>,
    now: Vec<u64>,
    /// Ticks that the first market will have, the next one last.
    recorded: Vec<u64>,
}

impl Prices {
    /// A random walk of every market from its first price.
    #[must_use]
    pub fn walk(markets: &[Market], seed: u64) -> Self {
        let first: Vec<u64> = markets.iter().map(|market| market.first_price).collect();
        Self { random: ChaCha8Rng::seed_from_u64(seed), now: first.clone(), first, recorded: Vec::new() }
    }

    /// The first market follows the closing prices of a minute file, one a step, and walks on from its end.
    ///
    /// # Errors
    /// When the file cannot be read or holds no price of that market.
    pub fn recorded(markets: &[Market], seed: u64, path: &Path) -> eyre::Result<Self> {
        let mut prices = Self::walk(markets, seed);
        let decimals = markets.first().ok_or_else(|| eyre!("there is no market"))?.params.price_decimals;
        prices.recorded = read(path, decimals).wrap_err_with(|| format!("cannot read {}", path.display()))?;
        prices.recorded.reverse();
        // Where the walk goes on from.
        prices.first[0] = prices.recorded[0];
        prices.advance();
        Ok(prices)
    }

    /// The prices now, in ticks by market.
    #[must_use]
    pub fn now(&self) -> &[u64] {
        &self.now
    }

    /// One step on.
    pub fn advance(&mut self) {
        for market in 0..self.now.len() {
            let told = if market == 0 { self.recorded.pop() } else { None };
            self.now[market] = told.unwrap_or_else(|| self.walked(market));
        }
    }

    fn walked(&mut self, market: usize) -> u64 {
        let most = if self.random.random_range(0..JUMP_EVERY) == 0 { JUMP_PPM } else { STEP_PPM };
        let change = self.random.random_range(-most..=most);
        let (now, first) = (i128::from(self.now[market]), i128::from(self.first[market]));
        // Between half and double the first price, so that a devnet may run for weeks.
        let next = (now + now * i128::from(change) / 1_000_000).clamp(first / 2, first * 2).max(1);
        u64::try_from(next).expect("between bounds that are prices")
    }
}

#[derive(Deserialize)]
struct Minute {
    close: f64,
}

fn read(path: &Path, decimals: u8) -> eyre::Result<Vec<u64>> {
    let file = File::open(path)?;
    let packed = path.extension().is_some_and(|ending| ending == "gz");
    let text: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut ticks = Vec::new();
    for row in csv::Reader::from_reader(text).deserialize() {
        let row: Minute = row?;
        let price = (row.close * 10_f64.powi(i32::from(decimals))).round();
        eyre::ensure!((1.0..1e12).contains(&price), "{} is no price", row.close);
        // In bounds, and whole.
        ticks.push(price as u64);
    }
    if ticks.is_empty() { Err(eyre!("it holds no minute")) } else { Ok(ticks) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::devnet::options::launch_markets;

    #[test]
    fn a_seed_goes_one_way_and_stays_in_bounds() {
        let markets = launch_markets();
        let (mut one, mut two) = (Prices::walk(&markets, 7), Prices::walk(&markets, 7));
        for _ in 0..5_000 {
            one.advance();
            two.advance();
            assert_eq!(one.now(), two.now());
            for (market, price) in markets.iter().zip(one.now()) {
                assert!((market.first_price / 2..=market.first_price * 2).contains(price));
            }
        }
        assert_ne!(one.now()[0], markets[0].first_price);
    }

    #[test]
    fn the_first_market_follows_a_file_and_walks_on() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("minutes.csv");
        std::fs::write(
            &path,
            "time_unix_s,open,high,low,close,volume\n0,1,1,1,50000.04,0\n60,1,1,1,49999.96,0\n",
        )
        .expect("written");
        let mut prices = Prices::recorded(&launch_markets(), 1, &path).expect("two minutes");
        assert_eq!(prices.now()[0], 500_000);
        prices.advance();
        assert_eq!(prices.now()[0], 500_000);
        prices.advance();
        assert!(prices.now()[0].abs_diff(500_000) <= 2_500);
    }
}
