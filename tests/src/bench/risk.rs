//! What it takes to find the accounts below maintenance margin among a million that are not.

mod act;
mod check;

use super::{memory, timing::cpu_time};
use crate::stream;
use ballast_engine::{Exchange, GenesisConfig, ProtectionConfig};
use ballast_node::liquidator::Liquidator;
use ballast_risk::{Exposure, summarize};
use ballast_state::{Account, Holdings, Position};
use ballast_types::{
    AccountId, Address, Event, Lots, MarketId, OracleState, Outcome, PoolId, PriceTicks, Quote, SizeLots,
    Status,
};
use rand::{Rng, SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::{hint::black_box, time::Duration};

/// Price of every market at first, in ticks.
const PRICE: u64 = 500_000;
/// Positions of each account.
const POSITIONS: usize = 3;
/// Ticks of the walk.
const TICKS: usize = 1_000;
/// Millionths by which a mark moves in a tick of the walk, at most.
const STEP: i64 = 1_000;
/// Millionths by which all marks fall in the gap: only the thin are below then.
const GAP: i64 = 20_000;
/// Millionths by which all marks fall in the crash.
const CRASH: i64 = 100_000;
/// Millionths of the notional that the equity of the thin is, and the least that of the others is; 25,000 must be kept.
const THIN: i64 = 40_000;
const LEAST: i64 = 50_000;
/// Valuations of which the mean is told.
const VALUATIONS: u32 = 1_000_000;

/// What was built.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Parameters {
    /// Accounts, with three positions each.
    pub accounts: u32,
    /// Those of them that are below after the gap.
    pub thin: u32,
    /// Markets that they are spread over.
    pub markets: u16,
    /// Seed of the choices.
    pub seed: u64,
}

/// What was found. Times are of one thread.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which benchmark.
    pub bench: &'static str,
    /// What was built.
    pub workload: Parameters,
    /// Milliseconds to build the index.
    pub build_ms: f64,
    /// Resident bytes of the index, an account.
    pub bytes_per_account: u64,
    /// Milliseconds to follow a fall of all marks by 0.1% and to find nobody.
    pub move_ms: f64,
    /// The same for a tick of a walk in which every mark moves by up to 0.1% either way, median.
    pub walk_ms: f64,
    /// The longest of them.
    pub walk_longest_ms: f64,
    /// Accounts valued in a tick of it, mean.
    pub walk_evaluations: u64,
    /// Milliseconds to find the thin after all marks fell by 2%.
    pub gap_ms: f64,
    /// Accounts valued for it.
    pub gap_evaluations: u64,
    /// Milliseconds to act on as many accounts as the thin, of an exchange that has no others: a step of the ladder for each, which
    /// closes some of its one position on the book.
    pub act_ms: f64,
    /// Milliseconds of the longest of them.
    pub act_longest_ms: f64,
    /// Milliseconds of the longest look after all marks fell by 10%, of as many as it takes to find all.
    pub crash_longest_ms: f64,
    /// How many it takes.
    pub crash_looks: u64,
    /// Accounts that are below then.
    pub crash_below: usize,
    /// Nanoseconds to value an account of three positions.
    pub summarize_ns: f64,
    /// Nanoseconds to find whether such an account has the margin for an order, mean over many.
    pub check_ns: f64,
}

/// Builds the exchange and the index, and moves the prices.
///
/// # Errors
/// When the kernel does not tell what is resident.
///
/// # Panics
/// When others are found than there are.
pub fn run(workload: Parameters) -> eyre::Result<Figures> {
    let mut random = ChaCha8Rng::seed_from_u64(workload.seed);
    let exchange = exchange(&workload, &mut random);
    let before = memory::status("RssAnon:")?;
    let (build, index) = cpu_time(|| Liquidator::of(&exchange));
    let resident = memory::status("RssAnon:")?.saturating_sub(before);
    let mut venue = Venue { exchange, index, marks: vec![PRICE; usize::from(workload.markets)] };

    let (small, found) = venue.fall_to(PRICE - PRICE / 1_000);
    assert_eq!(found, 0);
    let evaluations = venue.index.evaluations();
    let mut walk: Vec<_> = (0..TICKS).map(|_| venue.walk(&mut random)).collect();
    walk.sort_unstable();
    let evaluations = venue.index.evaluations() - evaluations;
    assert_eq!(venue.fall_to(PRICE).1, 0);
    let walked = venue.index.evaluations();
    let (gap, found) = venue.fall_to(below(PRICE, GAP));
    let gap_evaluations = venue.index.evaluations() - walked;
    assert_eq!(found, workload.thin as usize);

    let (mut longest, mut crash_below) = venue.fall_to(below(PRICE, CRASH));
    let mut crash_looks = 1;
    while venue.index.is_behind() {
        let (time, found) = venue.look();
        (longest, crash_below) = (longest.max(time), found);
        crash_looks += 1;
    }
    let acted = act::act(workload.thin, workload.markets);
    Ok(Figures {
        bench: "risk",
        workload,
        build_ms: millis(build),
        bytes_per_account: resident / u64::from(workload.accounts.max(1)),
        move_ms: millis(small),
        walk_ms: millis(walk[TICKS / 2]),
        walk_longest_ms: millis(walk[TICKS - 1]),
        walk_evaluations: evaluations / TICKS as u64,
        gap_ms: millis(gap),
        gap_evaluations,
        act_ms: acted.all_ms,
        act_longest_ms: acted.longest_ms,
        crash_longest_ms: millis(longest),
        crash_looks,
        crash_below,
        summarize_ns: valuation(&venue.exchange),
        check_ns: check::nanoseconds(workload.markets, workload.seed),
    })
}

/// An exchange with its index.
struct Venue {
    exchange: Exchange,
    index: Liquidator,
    marks: Vec<u64>,
}

impl Venue {
    /// All marks are at this price: how long it took to follow and to look, and how many were below.
    fn fall_to(&mut self, price: u64) -> (Duration, usize) {
        self.marks.fill(price);
        self.tick()
    }

    fn walk(&mut self, random: &mut ChaCha8Rng) -> Duration {
        for mark in &mut self.marks {
            *mark = below(*mark, random.random_range(-STEP..=STEP));
        }
        self.tick().0
    }

    fn tick(&mut self) -> (Duration, usize) {
        let mut events = Vec::new();
        for (id, mark) in (0..).map(MarketId).zip(&self.marks) {
            let mark = PriceTicks(*mark);
            self.exchange.state.markets.get_mut(id.0.into()).expect("it is listed").mark = mark;
            events.push(Event::PriceUpdated { market: id, index: mark, mark, oracle: OracleState::Fresh });
        }
        let outcome = Outcome { status: Status::Accepted, events };
        let (follow, ()) = cpu_time(|| self.index.follow(&outcome));
        let (look, found) = self.look();
        (follow + look, found)
    }

    fn look(&mut self) -> (Duration, usize) {
        let (time, found) = cpu_time(|| self.index.below(&self.exchange));
        (time, found.len())
    }
}

fn below(price: u64, millionths: i64) -> u64 {
    price.saturating_add_signed(-(price.cast_signed() * millionths / 1_000_000))
}

/// Accounts of 50 to 50,000 USDC a position, long or short, with an equity of 5% to all of that; the thin are long
/// everywhere. Only the facts that margin is made of are there.
fn exchange(workload: &Parameters, random: &mut ChaCha8Rng) -> Exchange {
    let mut exchange = empty(workload.markets);
    for market in 0..u32::from(workload.markets) {
        exchange.state.markets.get_mut(market).expect("it is listed").mark = PriceTicks(PRICE);
    }
    let lot = stream::market("M").value(PriceTicks(PRICE), Lots(1));
    let lot = i64::try_from(lot).expect("a lot is worth little");
    for id in 0..workload.accounts {
        let is_thin = id < workload.thin;
        let mut markets = sample(random, usize::from(workload.markets), POSITIONS).into_vec();
        markets.sort_unstable();
        let positions = markets.into_iter().map(|market| {
            let lots = 10_f64.powf(random.random_range(0.0..3.0)) as i64;
            let size = if is_thin || random.random() { Lots(lots) } else { Lots(-lots) };
            Position { market: MarketId(market as u16), size, funding: 0 }
        });
        let positions: Vec<Position> = positions.collect();
        let part = LEAST as f64 * 20_f64.powf(random.random_range(0.0..1.0));
        let part = if is_thin { THIN } else { part as i64 };
        let notional: i64 = positions.iter().map(|held| held.size.0.abs() * lot).sum();
        let value: i64 = positions.iter().map(|held| held.size.0 * lot).sum();
        let cash = Quote(notional / 1_000_000 * part - value);
        let account =
            Account { owner: Address::ZERO, pool: PoolId(0), cash, positions, holdings: Holdings::NONE };
        exchange.state.accounts.insert(id, account);
    }
    exchange.state.chain.accounts = workload.accounts;
    exchange
}

/// An exchange without an account.
fn empty(markets: u16) -> Exchange {
    let config = GenesisConfig {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0xba),
        publishers: vec![Address::repeat_byte(1)],
        quorum: 1,
        guardian: Address::ZERO,
        pools: vec![ProtectionConfig::default()],
        markets: (0..markets).map(|n| stream::market(&format!("M{n}-USD")).into()).collect(),
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
    };
    Exchange::genesis(&config).expect("the genesis is sound")
}

/// Nanoseconds to value one account time and again, with open orders in all of its markets.
fn valuation(exchange: &Exchange) -> f64 {
    let account = exchange.state.accounts.get(AccountId(0).0).expect("an account");
    let value = || {
        let exposures = account.positions.iter().map(|held| {
            let market = exchange.state.markets.get(held.market.0.into()).expect("it is listed");
            Exposure {
                params: &market.params,
                initial: market.initial_fraction(10),
                maintenance: market.maintenance,
                mark: market.mark,
                average: market.average,
                funding: market.funding,
                size: held.size,
                entry_funding: held.funding,
                basis: Quote(1),
                bid_lots: SizeLots(10),
                ask_lots: SizeLots(20),
                settled: false,
            }
        });
        summarize(account.cash, Quote(1_000), 3, exposures)
    };
    let (time, ()) = cpu_time(|| {
        for _ in 0..VALUATIONS {
            black_box(value());
        }
    });
    (time.as_secs_f64() * 1e10 / f64::from(VALUATIONS)).round() / 10.0
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
