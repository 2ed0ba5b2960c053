//! Who trades when the crash begins: drawn from the seed.

use super::{
    assumptions::Assumptions,
    event::Crash,
    listing::{self, Grid},
};
use ballast_types::{MarketClass, MarketId, MarketParams, PoolId, Side};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeSet;

/// Most that one account holds of a side of a market.
const LARGEST: f64 = 0.03;
/// Least notional of a position, in dollars.
const SMALLEST: f64 = 20.0;

/// A market as everybody sees it who is drawn.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) id: MarketId,
    /// Its pool: the common one, or of class C a silo of its own (risk.md 8.1).
    pub(super) pool: PoolId,
    pub(super) params: MarketParams,
    pub(super) grid: Grid,
    /// Price when the crash begins, in dollars.
    pub(super) price: f64,
    /// One-sided open interest that is wanted, in dollars.
    pub(super) interest: f64,
}

/// A position that somebody wants.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    pub(super) place: usize,
    pub(super) side: Side,
    /// In dollars.
    pub(super) notional: f64,
    /// Price at which a stop closes it.
    pub(super) stop: Option<f64>,
}

/// Somebody who trades.
#[derive(Clone, Debug)]
pub(super) struct Trader {
    pub(super) wanted: Vec<Wanted>,
    /// What he brings, in dollars.
    pub(super) equity: f64,
}

/// The markets of a crash.
pub(super) fn places(crash: &Crash, assumed: &Assumptions) -> Vec<Place> {
    let mut silos = 0;
    let place = |(id, asset): (MarketId, &super::event::Asset)| {
        let is_silo = asset.class == MarketClass::C;
        silos += u16::from(is_silo);
        let pool = PoolId(if is_silo { silos } else { 0 });
        let price = asset.index.at(crash.from);
        let params = listing::listed(&asset.name, asset.class, price);
        let interest = listing::cap(&asset.name, asset.class) * assumed.open_interest;
        Place { id, pool, grid: Grid::of(&params), params, price, interest }
    };
    (0..).map(MarketId).zip(&crash.assets).map(place).collect()
}

/// The pools of the markets, the common one first.
pub(super) fn pools(places: &[Place]) -> BTreeSet<PoolId> {
    places.iter().map(|place| place.pool).chain([PoolId(0)]).collect()
}

/// Everybody, in the order in which they come.
pub(super) fn draw(places: &[Place], assumed: &Assumptions, random: &mut ChaCha8Rng) -> Vec<Trader> {
    let weights: Vec<f64> = places.iter().map(|place| weight(place.params.class)).collect();
    let sum: f64 = weights.iter().sum();
    let mut traders = Vec::new();
    for (place, weight) in weights.iter().enumerate() {
        let count = (f64::from(assumed.accounts) * weight / sum).round() as usize;
        traders.extend((0..count).map(|_| wish(places, place, assumed, random)));
    }
    for (number, place) in places.iter().enumerate() {
        scale(&mut traders, number, Side::Buy, place.interest);
        scale(&mut traders, number, Side::Sell, place.interest * assumed.short_interest);
    }
    for trader in &mut traders {
        let leverage = assumed.leverage * (assumed.leverage_spread * normal(random)).exp();
        bring(trader, places, leverage, random.random::<f64>() < assumed.stops, random);
    }
    traders.shuffle(random);
    traders
}

/// How many accounts come to a market of a class.
const fn weight(class: MarketClass) -> f64 {
    match class {
        MarketClass::A => 4.0,
        MarketClass::B => 2.0,
        MarketClass::C => 1.0,
    }
}

/// One or two positions of no certain size yet. Whoever trades in C has nothing else: such a market is isolated.
fn wish(places: &[Place], place: usize, assumed: &Assumptions, random: &mut ChaCha8Rng) -> Trader {
    let side = if random.random::<f64>() < assumed.long_accounts { Side::Buy } else { Side::Sell };
    let is_isolated = |place: usize| places[place].params.class == MarketClass::C;
    let mut wanted = vec![place];
    let second = random.random_range(0..places.len());
    if random.random::<f64>() < assumed.second_market
        && second != place
        && !is_isolated(second)
        && !is_isolated(place)
    {
        wanted.push(second);
    }
    let size = random.random_range(f64::EPSILON..1.0_f64).powf(-1.0 / assumed.size_tail);
    let part = wanted.len() as f64;
    let of = |place| Wanted { place, side, notional: size / part, stop: None };
    Trader { wanted: wanted.into_iter().map(of).collect(), equity: 0.0 }
}

/// Scales the positions of a side of a market, so that they add up to `total`, and none is above its part.
fn scale(traders: &mut [Trader], place: usize, side: Side, total: f64) {
    // What is cut off the largest goes to the others, which may make them large.
    for _ in 0..20 {
        let mut of_side: Vec<&mut f64> = traders
            .iter_mut()
            .flat_map(|trader| &mut trader.wanted)
            .filter(|wanted| wanted.place == place && wanted.side == side)
            .map(|wanted| &mut wanted.notional)
            .collect();
        let most = (total * LARGEST).max(total / of_side.len().max(1) as f64);
        let factor = total / of_side.iter().map(|notional| **notional).sum::<f64>();
        of_side.iter_mut().for_each(|notional| **notional = (**notional * factor).min(most).max(SMALLEST));
    }
}

/// What a trader brings for this leverage, and where his stops lie.
fn bring(trader: &mut Trader, places: &[Place], leverage: f64, stops: bool, random: &mut ChaCha8Rng) {
    let notional: f64 = trader.wanted.iter().map(|wanted| wanted.notional).sum();
    let initial = |wanted: &Wanted| {
        let place = &places[wanted.place];
        listing::initial(&place.params, wanted.notional, place.price)
    };
    let least: f64 = trader.wanted.iter().map(initial).sum::<f64>() / 0.95;
    trader.equity = (notional / leverage).max(least).min(notional.max(least)) + 1.0;
    if !stops {
        return;
    }
    for wanted in &mut trader.wanted {
        let place = &places[wanted.place];
        let maintenance = f64::from(place.params.maintenance_margin.0) / 1e6;
        let way = (trader.equity / notional - maintenance).max(0.005) * random.random_range(0.2..0.9);
        let sign = if wanted.side == Side::Buy { -1.0 } else { 1.0 };
        wanted.stop = Some(place.price * (1.0 + sign * way.min(0.9)));
    }
}

/// A draw from the standard normal distribution.
pub(super) fn normal(random: &mut ChaCha8Rng) -> f64 {
    let (one, other): (f64, f64) = (random.random_range(f64::EPSILON..1.0), random.random());
    (-2.0 * one.ln()).sqrt() * (std::f64::consts::TAU * other).cos()
}
