//! The index against the scan, on markets that move at random.

use super::world::{World, bitcoin};
use ballast_types::{AccountId, Lots, MarginTier, MarketId, MarketParams, Ppm, Quote, SizeLots};
use proptest::prelude::*;
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

struct Play {
    random: ChaCha8Rng,
    world: World,
    accounts: u32,
    markets: u16,
}

impl Play {
    fn of(seed: u64, accounts: u32, markets: u16) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let params = (0..markets).map(|_| market(&mut random)).collect();
        let mut play = Self { random, world: World::of(params), accounts, markets };
        play.world.pledge(MarketId(0));
        for market in 0..markets {
            let mark = play.random.random_range(1_000..1_000_000);
            play.world.price(MarketId(market), mark);
        }
        (0..accounts).for_each(|_| play.open());
        play.world.start();
        play
    }

    /// Equity is between all and nothing of the notional, more often little.
    fn open(&mut self) {
        let mut positions: Vec<(MarketId, i64)> = Vec::new();
        for market in 0..self.markets {
            if self.random.random_bool(0.5) {
                let lots = 1_i64 << self.random.random_range(0..10);
                let lots = lots + self.random.random_range(0..lots);
                positions.push((MarketId(market), if self.random.random() { lots } else { -lots }));
            }
        }
        let notional: i128 = positions
            .iter()
            .map(|(id, lots)| {
                let market = self.world.market(*id);
                market.params.value(market.mark, Lots(lots.abs()))
            })
            .sum();
        let part = 1_000_000_i128 >> self.random.random_range(0..6);
        let equity = notional * part / 1_000_000;
        self.world.open_at(i64::try_from(equity).expect("a small amount"), &positions);
    }

    fn some_market(&mut self) -> MarketId {
        MarketId(self.random.random_range(0..self.markets))
    }

    fn some_account(&mut self) -> AccountId {
        AccountId(self.random.random_range(0..self.accounts))
    }

    /// A mark that moved by at most this many millionths.
    fn drift(&mut self, id: MarketId, most: i64) {
        let mark = i64::try_from(self.world.market(id).mark.0).expect("a small price");
        let moved = mark + mark * self.random.random_range(-most..=most) / 1_000_000;
        self.world.price(id, moved.clamp(1, 1 << 30).unsigned_abs());
    }

    fn act(&mut self) {
        let market = self.some_market();
        match self.random.random_range(0..11) {
            0..4 => self.drift(market, 3_000),
            4 => self.drift(market, 100_000),
            5 => {
                let step = self.random.random_range(-100..=100);
                self.world.fund(market, step);
            }
            6..9 => {
                let (buyer, seller) = (self.some_account(), self.some_account());
                let lots = self.random.random_range(1..1_000);
                if buyer != seller {
                    self.world.trade(market, buyer, seller, lots);
                }
            }
            9 if self.random.random_ratio(1, 4) => {
                let percents: Vec<u64> = (0..4).map(|_| self.random.random_range(60..150)).collect();
                self.world.tiers(market, |n, bound| bound * percents[n] / 100);
            }
            9 if self.random.random_ratio(1, 8) => {
                let haircut = self.random.random_range(0..400_000);
                self.world.haircut(MarketId(0), haircut);
            }
            9 => {
                let account = self.some_account();
                let units = self.random.random_range(0..3_000);
                self.world.hold(account, units);
            }
            _ => {
                let account = self.some_account();
                let amount = self.random.random_range(-3_000_000..=3_000_000);
                self.world.deposit(account, amount);
            }
        }
    }
}

fn market(random: &mut ChaCha8Rng) -> MarketParams {
    let decimals = random.random_range(0..3);
    let maintenance = random.random_range(0..60_000);
    let first = *[255, 600, 1_500].choose(random).expect("three");
    let (mut above, mut multiplier) = (0, 1_000_000);
    let tiers = (0..random.random_range(0..4)).map(|_| {
        above += random.random_range(1..300) + if above == 0 { first } else { 0 };
        multiplier += random.random_range(0..1_000_000);
        MarginTier {
            above: SizeLots(above),
            multiplier: Ppm(multiplier),
            notional: Quote(above.cast_signed()),
        }
    });
    MarketParams {
        margin_tiers: tiers.collect(),
        price_decimals: 2,
        size_decimals: 4 - decimals,
        kappa: 10_u32.pow(decimals.into()),
        maintenance_margin: Ppm(maintenance.max(1_000)),
        initial_margin: Ppm(2 * maintenance.max(1_000)),
        ..bitcoin()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn it_finds_whom_a_scan_finds(seed in any::<u64>(), markets in 1..7_u16, accounts in 2..60_u32) {
        let mut play = Play::of(seed, accounts, markets);
        play.world.compare();
        for _ in 0..150 {
            (0..play.random.random_range(1..4)).for_each(|_| play.act());
            play.world.compare();
        }
        // From a restart it is no other.
        let mut again = play.world.clone();
        again.start();
        prop_assert_eq!(again.below(), play.world.below());
    }
}

/// S23 of risk.md 11.1: as many markets as an account may be in, most of them with tiers, and funding that never ends.
#[test]
fn it_misses_nobody_in_twenty_markets() {
    let mut play = Play::of(1, 40, 20);
    let most = (0..40).map(|n| play.world.account(AccountId(n)).positions.len()).max();
    assert!(most >= Some(14), "{most:?} positions");
    let mut found = 0;
    for _ in 0..300 {
        for market in 0..20 {
            play.drift(MarketId(market), 2_000);
            play.world.fund(MarketId(market), 3);
        }
        found += play.world.compare().len();
    }
    assert!(found > 0, "nobody was ever below");
}

#[test]
fn it_looks_at_few_of_those_whom_a_scan_looks_at() {
    let (accounts, markets, ticks) = (300, 4, 400);
    let (mut looked_at, mut scanned, mut named) = (0, 0, 0);
    for seed in 0..5 {
        let mut play = Play::of(seed, accounts, markets);
        let first = play.world.index.evaluations();
        for _ in 0..ticks {
            (0..markets).for_each(|market| play.drift(MarketId(market), 1_000));
            named += play.world.compare().len() as u64;
        }
        looked_at += play.world.index.evaluations() - first;
        scanned += u64::from(accounts) * ticks;
    }
    // Whoever is below is looked at as long as it is so.
    assert!((looked_at - named) * 50 < scanned, "{looked_at}, {named} of them named, of {scanned}");
}
