//! Hours in which publishers are seldom silent, so that the premium has its samples and funding accrues.

use ballast_types::{
    AccountId, CancelFilter, ClientId, MarketId, NewOrder, Operation, PriceTicks, Side, SizeLots, TimeInForce,
};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    batches, inputs,
    lives::missing,
    pair::Pair,
    reports,
    settings::{Setting, dear, ordinary},
};

const HOUR: u64 = 3_600_000;

/// One who quotes both sides around the index and this much beside it, in thousandths.
fn quote(pair: &mut Pair, rng: &mut ChaCha8Rng, account: AccountId, beside: i64) {
    let mut steps = vec![Operation::CancelAll(CancelFilter::ALL)];
    for (market, size) in [(MarketId(0), 45_000), (MarketId(1), 20_000)] {
        let index = i64::try_from(pair.naive.markets[usize::from(market.0)].index).expect("a price");
        let middle = index + index * beside / 1_000;
        for (side, sign) in [(Side::Buy, -1), (Side::Sell, 1)] {
            for level in 1..3 {
                let price = u64::try_from(middle + sign * level * (index / 500 + 1)).expect("above zero");
                let size = SizeLots(size + rng.random_range(0..size / 2));
                let order = NewOrder::plain(side, PriceTicks(price), size, TimeInForce::Gtc, ClientId(0));
                steps.push(Operation::Place { market, order });
            }
        }
    }
    pair.operate(account, steps);
}

/// One who takes a little of what is quoted.
fn take(pair: &mut Pair, rng: &mut ChaCha8Rng, account: AccountId) {
    let market = MarketId(rng.random_range(0..2));
    let side = if rng.random() { Side::Buy } else { Side::Sell };
    let depth = pair.naive.markets[usize::from(market.0)].depth(side.opposite());
    let Some(&(best, _, _)) = depth.first() else { return };
    let size = SizeLots(rng.random_range(1..9_000));
    let order = NewOrder::plain(side, PriceTicks(best), size, TimeInForce::Ioc, ClientId(0));
    pair.operate(account, vec![Operation::Place { market, order }]);
}

/// Until then publishers speak every five seconds or so, a new quote comes every half minute, and somebody trades.
fn live(pair: &mut Pair, rng: &mut ChaCha8Rng, beside: i64, until: u64) {
    let mut round = 0;
    while pair.time < until {
        reports::hum(pair, rng);
        batches::clear_if_due(pair, rng);
        round += 1;
        if round % 6 == 0 {
            quote(pair, rng, AccountId(round / 6 % 2), beside);
            let taker = AccountId(rng.random_range(2..5));
            take(pair, rng, taker);
        }
        pair.time += match rng.random_range(0..100) {
            0 => rng.random_range(5_000..20_000),
            _ => rng.random_range(4_700..5_000),
        };
    }
}

/// Premiums above and below zero, and an hour without; then one cut short, and a silence of some hours.
#[test]
fn hours_are_those_of_the_naive_exchange() {
    let all = [
        "an hour with enough samples",
        "an hour with too few",
        "longs paid",
        "shorts paid",
        "a premium halved",
    ];
    hours(Pair::new, crate::seed());
    assert!(missing(&[hours(Pair::alone, 1)], &all).is_empty());
}

fn hours(new: impl Fn(Setting) -> Pair, seed: u64) -> Pair {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut setting = ordinary();
    setting.markets[1].order_band.0 = 100_000;
    let mut pair = new(setting);
    inputs::begin(&mut pair);
    let more = if crate::is_full() { 5 } else { 1 };
    for _ in 0..more {
        for beside in [15, -15, 0] {
            let next = (pair.time / HOUR + 1) * HOUR;
            live(&mut pair, rng, beside, next);
        }
        let soon = pair.time + HOUR / 6;
        live(&mut pair, rng, 15, soon);
        pair.time += rng.random_range(1..4) * HOUR;
        for _ in 0..300 {
            inputs::step(&mut pair, rng.next_u64());
        }
    }
    eprintln!("{} inputs\n{}", pair.inputs(), pair.seen.table());
    pair
}

/// A bid far above the index makes longs pay so much that the index of funding comes to its bound, and stays there until
/// the premium has halved often enough.
#[test]
fn funding_stops_at_its_bound() {
    let mut pair = Pair::new(dear());
    inputs::begin(&mut pair);
    let (market, index) = (MarketId(0), 1 << 36);
    let place = |side, price| {
        let order = NewOrder::plain(side, PriceTicks(price), SizeLots(1), TimeInForce::Gtc, ClientId(0));
        vec![Operation::Place { market, order }]
    };
    pair.operate(AccountId(0), place(Side::Buy, index));
    pair.operate(AccountId(1), place(Side::Sell, index));
    assert_eq!(pair.naive.accounts[0].positions[&market].size, 1);
    pair.operate(AccountId(2), place(Side::Buy, index / 10 * 19));
    pair.time = (pair.time / HOUR + 1) * HOUR;
    let accrued = |pair: &mut Pair| {
        let before = pair.seen.times("FundingAccrued");
        reports::all_report(pair, market, index);
        pair.seen.times("FundingAccrued") > before
    };
    for _ in 0..360 {
        pair.time += 5_000;
        accrued(&mut pair);
    }
    pair.time = (pair.time / HOUR + 1) * HOUR;
    let minutes = (0..15).filter(|_| {
        pair.time += 60_000;
        accrued(&mut pair)
    });
    let minutes = minutes.count();
    assert!((5..12).contains(&minutes), "{minutes} minutes until the bound");
    let stopped = pair.naive.markets[0].funding;
    for _ in 0..10 {
        pair.time += HOUR;
        accrued(&mut pair);
    }
    let funding = pair.naive.markets[0].funding;
    assert!(stopped < funding && funding <= 1 << 50, "{stopped}, then {funding}");
    pair.operate(AccountId(0), place(Side::Sell, index));
    pair.operate(AccountId(1), place(Side::Buy, index));
    assert_eq!(pair.naive.markets[0].funded / 60_000_000_000, funding);
}
