//! What the insurance fund should hold (risk.md 5.8), of the crowd as it is drawn.

use super::crowd::{Place, Trader};
use ballast_risk::ladder::{fund_target, interest_part};
use ballast_types::{MarketClass, PoolId, Side};

/// Floors of the common pool and of a silo, in dollars (risk.md 12).
const FLOOR: f64 = 5e6;
const SILO_FLOOR: f64 = 1e5;
/// Moves of bitcoin and of others that nobody has seen (risk.md 4.3).
const STRESS: [(f64, f64); 4] = [(-0.35, -0.45), (0.25, 0.40), (-0.10, 0.30), (0.10, -0.30)];

/// The target of a pool in dollars: of its floor, of what two accounts would owe in the worst of the four synthetic stress moves
/// (of the 260 rows the worst), of a part of the open interest by class, and of what the largest accounts may lose in an hour.
pub(super) fn target(pool: PoolId, places: &[Place], traders: &[Trader]) -> f64 {
    let of_pool = places.iter().filter(|place| place.pool == pool);
    let interest = of_pool.map(|place| (u(place.interest), interest_part(place.params.class)));
    // Whoever trades in a silo trades nowhere else.
    let traders: Vec<&Trader> =
        traders.iter().filter(|trader| places[trader.wanted[0].place].pool == pool).collect();
    let cover = STRESS.iter().map(|stress| {
        two_largest(traders.iter().map(|trader| (loss(places, trader, *stress) - trader.equity).max(0.0)))
    });
    let mut hourly: Vec<f64> = traders.iter().map(|trader| requirement(places, trader)).collect();
    hourly.sort_by(|one, other| other.total_cmp(one));
    let floor = if pool == PoolId(0) { FLOOR } else { SILO_FLOOR };
    fund_target(u(floor), u(cover.fold(0.0, f64::max)), interest, hourly.into_iter().map(u)) as f64 / 1e6
}

/// So many dollars in u.
fn u(dollars: f64) -> i128 {
    (dollars * 1e6) as i128
}

/// What a trader loses in a move.
fn loss(places: &[Place], trader: &Trader, (bitcoin, others): (f64, f64)) -> f64 {
    let of = |wanted: &super::crowd::Wanted| {
        let place = &places[wanted.place];
        let moved = if place.params.symbol.starts_with("BTC") { bitcoin } else { others };
        let sign = if wanted.side == Side::Buy { -1.0 } else { 1.0 };
        sign * moved * wanted.notional
    };
    trader.wanted.iter().map(of).sum()
}

/// The hourly requirement of a trader: the floor of the maintenance margin, brought from the class's horizon to an hour.
fn requirement(places: &[Place], trader: &Trader) -> f64 {
    let of = |wanted: &super::crowd::Wanted| {
        let params = &places[wanted.place].params;
        let horizon = match params.class {
            MarketClass::A => 0.55,
            MarketClass::B => 0.78,
            MarketClass::C => 1.0,
        };
        wanted.notional * f64::from(params.maintenance_margin.0) / 1e6 / horizon
    };
    trader.wanted.iter().map(of).sum()
}

fn two_largest(values: impl Iterator<Item = f64>) -> f64 {
    let (first, second) = values.fold((0.0_f64, 0.0_f64), |(first, second), value| {
        if value > first { (value, first) } else { (first, second.max(value)) }
    });
    first + second
}
