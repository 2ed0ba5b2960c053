//! Random clearings, and words of the guardian.

use ballast_types::{Address, GuardianCommand, MarketId, MarketMode, Millis, Restrict, SystemCommand};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    falls::{MARKETS, index_of},
    inputs, orders,
    pair::{GUARDIAN, Pair},
    reports::all_report,
    settings::{huge, ordinary, tiny},
};

/// The guardian restricts a market, or no longer; now and then he may not.
pub(crate) fn restrict(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let signer = match rng.random_range(0..20) {
        0 => Address::ZERO,
        1 => inputs::owner(0),
        _ => GUARDIAN,
    };
    let time = match rng.random_range(0..20) {
        0 => pair.time + rng.random_range(499..503),
        1 => pair.time - rng.random_range(2_999..3_002),
        _ => pair.time,
    };
    let until = match rng.random_range(0..20) {
        0..8 => 0,
        8 => pair.time + 3_600_000 + rng.random_range(0..2),
        _ => pair.time + rng.random_range(1..20_000),
    };
    let market = MarketId(if rng.random_ratio(1, 40) { 3 } else { rng.random_range(0..3) });
    let mode = match rng.random_range(0..20) {
        0 => MarketMode::Normal,
        1..10 => MarketMode::Batches,
        10..17 => MarketMode::ReduceOnly,
        _ => MarketMode::Halt,
    };
    let command = Restrict { market, mode, until: Millis(until), time: Millis(time) };
    pair.guardian(signer, GuardianCommand::Restrict(command));
}

/// Clears markets, mostly such as are due.
pub(crate) fn clear_if_due(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    for market in (0..4).map(MarketId) {
        let naive = pair.naive.markets.get(usize::from(market.0));
        let waits = naive.is_some_and(|market| {
            let waits = market.orders.iter().any(|order| order.waits.is_some());
            waits && market.next_clearing.0 <= pair.time
        });
        if rng.random_ratio(if waits { 15 } else { 1 }, 60) {
            pair.system(SystemCommand::Clear { market });
        }
    }
}

/// Publishers say the same of a halted market again and again until its auction is due, now and then.
pub(crate) fn reopen_seldom(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    for market in MARKETS {
        let halted = |pair: &Pair| pair.naive.markets[usize::from(market.0)].halt.is_some();
        if !halted(pair) || !rng.random_ratio(1, 30) {
            continue;
        }
        for _ in 0..12 {
            pair.time += 4_000;
            all_report(pair, market, index_of(&pair.naive, market));
        }
        if halted(pair) {
            pair.system(SystemCommand::Clear { market });
        }
    }
}

/// A life in which every market matches in batches by its parameters.
#[test]
fn a_life_in_batches_is_that_of_the_naive_exchange() {
    for mut setting in [ordinary(), huge(), tiny()] {
        for market in &mut setting.markets {
            market.batch_interval = 100;
        }
        let steps = if crate::is_full() { 7_500 } else { 1_500 };
        let lives = crate::seeds().map(|seed| crate::live(seed, setting.clone(), steps));
        let cleared: u64 = lives.iter().map(|pair| pair.seen.times("cleared at a price")).sum();
        assert!(cleared > 10, "too few clearings: {cleared}");
    }
}

/// As many orders wait as may, and one more does not.
#[test]
fn a_batch_is_full() {
    let mut setting = ordinary();
    setting.markets[0].batch_interval = 60_000;
    let mut pair = Pair::new(setting);
    inputs::begin(&mut pair);
    let market = MarketId(0);
    let mut numbers = ChaCha8Rng::seed_from_u64(7);
    for n in 0..600_u32 {
        let account = ballast_types::AccountId(n % 6);
        let step = orders::small(&mut numbers, market);
        pair.operate(account, vec![step]);
    }
    assert!(pair.seen.code(ballast_types::RejectCode::BatchFull) > 0);
    for _ in 0..15 {
        pair.time += 4_000;
        all_report(&mut pair, market, 1_000);
    }
    pair.system(SystemCommand::Clear { market });
    assert_eq!(pair.seen.times("cleared at a price"), 1);
}
