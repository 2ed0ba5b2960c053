//! Random clearings, and words of the guardian.

use ballast_types::{
    AccountId, Address, GuardianCommand, MarketId, MarketMode, Millis, Operation, Ppm, Restrict, Side,
    SystemCommand, TimeInForce, limits::NEW_ACCOUNT,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    falls::{self, MARKETS, index_of},
    inputs, orders,
    pair::Pair,
    reports::all_report,
    settings::{huge, ordinary, tiny},
};

/// The guardian restricts a market, or no longer; now and then he may not.
pub(crate) fn restrict(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let signer = match rng.random_range(0..20) {
        0 => Address::ZERO,
        1 => inputs::owner(0),
        _ => pair.naive.guardian,
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
        let steps = if crate::is_full() { 15_000 } else { 3_000 };
        let cleared = |pair: &Pair| pair.seen.times("cleared at a price");
        crate::live(Pair::new, crate::seed(), setting.clone(), steps);
        let always = crate::live(Pair::alone, 1, setting, 3_000);
        assert!(cleared(&always) > 10, "too few clearings");
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
        let account = AccountId(n % 6);
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

/// The account places an order of one side in the first market.
fn order(pair: &mut Pair, account: AccountId, side: Side, price: u64, lots: u64) {
    let order = falls::limit(side, price, lots, TimeInForce::Gtc);
    pair.operate(account, vec![Operation::Place { market: MarketId(0), order }]);
}

/// The first market is cleared when it may be.
fn clear(pair: &mut Pair, price: u64) {
    for _ in 0..15 {
        pair.time += 4_000;
        all_report(pair, MarketId(0), price);
    }
    pair.system(SystemCommand::Clear { market: MarketId(0) });
}

/// Where no other order may wait any more 64 forced ones do, and one more does not.
#[test]
fn forced_orders_find_places_in_a_full_batch() {
    let mut setting = ordinary();
    setting.markets[0].batch_interval = 60_000;
    let mut pair = Pair::new(setting);
    inputs::begin(&mut pair);
    let first = u32::try_from(pair.naive.accounts.len()).expect("few");
    let buyers = (first..first + 70).map(AccountId);
    let others = (first + 70..first + 90).map(AccountId);
    for id in buyers.clone().chain(others.clone()) {
        let owner = Address::left_padding_from(&(1_000 + id.0).to_be_bytes());
        let money = if buyers.clone().any(|buyer| buyer == id) { 6_500_000 } else { 10_000_000_000 };
        inputs::deposit(&mut pair, owner, NEW_ACCOUNT, money);
    }
    let seller = AccountId(first + 70);
    order(&mut pair, seller, Side::Sell, 1_000, 4_200_000);
    buyers.clone().for_each(|buyer| order(&mut pair, buyer, Side::Buy, 1_000, 60_000));
    clear(&mut pair, 1_000);
    for _ in 0..33 {
        others.clone().for_each(|account| order(&mut pair, account, Side::Buy, 960, 10));
    }
    all_report(&mut pair, MarketId(0), 930);
    for account in buyers {
        pair.system(SystemCommand::Liquidate { account });
    }
    order(&mut pair, seller, Side::Sell, 900, 10);
    let forced = pair.naive.markets[0].orders.iter().filter(|order| order.is_forced()).count();
    assert_eq!((forced, pair.naive.markets[0].orders.len()), (64, 64 + 448));
    clear(&mut pair, 930);
    assert_eq!(pair.seen.times("cleared at a price"), 2);
}

/// "Who takes part": whoever rests within the best limit of the other side, or the edge of the band that it is beyond. What
/// rests below the band, within the limit of a forced order, is not looked at: the naive exchange cancelled it where its
/// time was over.
#[test]
fn a_forced_order_beyond_the_band_reaches_only_to_its_edge() {
    let mut setting = ordinary();
    let market = &mut setting.markets[0];
    (market.batch_interval, market.order_band) = (60_000, Ppm(50_000));
    (market.initial_margin, market.maintenance_margin) = (Ppm(310_000), Ppm(300_000));
    market.margin_tiers.clear();
    let mut pair = Pair::new(setting);
    inputs::begin(&mut pair);
    let first = u32::try_from(pair.naive.accounts.len()).expect("few");
    let [low, seller, buyer] = [first, first + 1, first + 2].map(AccountId);
    for (id, money) in [(low, 10_000), (seller, 10_000), (buyer, 335)] {
        let owner = Address::left_padding_from(&(1_000 + id.0).to_be_bytes());
        inputs::deposit(&mut pair, owner, NEW_ACCOUNT, money * 1_000_000);
    }

    let market = MarketId(0);
    [940, 880].iter().for_each(|price| all_report(&mut pair, market, *price));
    clear(&mut pair, 880);
    order(&mut pair, low, Side::Buy, 840, 1_000_000);
    clear(&mut pair, 880);
    let at = Some(Millis(pair.time + 400_000));
    pair.operate(low, vec![Operation::ScheduleCancel { at }]);
    [940, 1_000].iter().for_each(|price| clear(&mut pair, *price));
    order(&mut pair, seller, Side::Sell, 1_000, 1_000_000);
    order(&mut pair, buyer, Side::Buy, 1_000, 1_000_000);
    clear(&mut pair, 1_000);
    assert_eq!(pair.seen.times("cleared at a price"), 1);

    clear(&mut pair, 950);
    clear(&mut pair, 895);
    pair.time += 400_000;
    clear(&mut pair, 895);
    pair.system(SystemCommand::Liquidate { account: buyer });
    let prices: Vec<u64> = pair.naive.markets[0].orders.iter().map(|order| order.price.0).collect();
    let forced = pair.naive.markets[0].orders.iter().find(|order| order.is_forced()).expect("it waits");
    let low = 895 - 895 * 50_000 / 1_000_000;
    assert!(forced.price.0 < 840 && 840 < low, "{prices:?}");
    clear(&mut pair, 895);
    assert!(pair.naive.markets[0].orders.iter().any(|order| order.price.0 == 840), "nobody looked at it");
}
