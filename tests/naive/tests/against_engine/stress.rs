//! Lives in which markets are seldom normal: prices run, quotes go, publishers fall silent, the fund pays, and the
//! guardian speaks.

use ballast_types::{
    CancelFilter, GuardianCommand, MarketId, MarketMode, Millis, NewOrder, Operation, PriceReport,
    PriceTicks, ReportedPrice, Restrict, Side, SizeLots, SystemCommand, TimeInForce, limits::FUND_ACCOUNT,
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    batches,
    falls::{MARKETS, aim, all, any_side, gap, index_of, lacking, lever, lever_in, limit, some_account},
    inputs::{self, USDC, deposit},
    ladder::{deleverage, liquidate},
    lives::{self, missing},
    modes,
    pair::{GUARDIAN, Pair},
    reports::{self, all_report, drift, tell},
    settings::{Setting, guarded, huge, ladder, protected, tiny},
    waiting,
};

fn any_market(rng: &mut ChaCha8Rng) -> MarketId {
    MARKETS[rng.random_range(0..2)]
}

/// A quorum says the same of both markets as before.
fn confirm(pair: &mut Pair) {
    let prices: Vec<ReportedPrice> = MARKETS
        .map(|market| ReportedPrice::plain(market, PriceTicks(index_of(&pair.naive, market))))
        .to_vec();
    for n in 0..pair.setting.publishers.1 {
        let report = PriceReport { publisher: n, time: Millis(pair.time), prices: prices.clone() };
        pair.report(pair.publisher(n), report);
    }
}

/// Time passes for so long, and publishers say the same of both markets again and again.
pub(crate) fn calm(pair: &mut Pair, rng: &mut ChaCha8Rng, ms: u64) {
    let until = pair.time + ms;
    while pair.time < until {
        pair.time += rng.random_range(900..4_200);
        confirm(pair);
        if rng.random_ratio(1, 3) {
            batches::clear_if_due(pair, rng);
        }
    }
}

fn cancel_all(pair: &mut Pair) {
    for account in all(&pair.naive) {
        pair.operate(account, vec![Operation::CancelAll(CancelFilter::ALL)]);
    }
}

/// Orders on both sides of a price so many thousandths beside the index, worth so much, in tenths of a thousand lots.
fn quote(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId, beside: i64, much: i64) {
    let account = some_account(pair, rng);
    let index = i64::try_from(index_of(&pair.naive, market)).expect("a price");
    let middle = index + index * beside / 1_000;
    let step = |(side, sign): (Side, i64)| {
        let price = u64::try_from((middle + sign * (index / 400 + 1)).max(1)).expect("above zero");
        let size = much * USDC * i64::try_from(pair.setting.scale).expect("small") / index.max(1);
        let size = u64::try_from(size.max(1)).expect("above zero");
        Operation::Place { market, order: limit(side, price, size, TimeInForce::Gtc) }
    };
    let steps = [(Side::Buy, -1), (Side::Sell, 1)].into_iter().map(step).collect();
    pair.operate(account, steps);
}

/// The price runs away, in a minute or slowly; or there and back.
fn run(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = any_market(rng);
    let class = pair.setting.markets[usize::from(market.0)].class.velocity();
    let slow = rng.random_ratio(1, 3);
    let (most, wait) = if slow { (class.hour.0, 60_000) } else { (class.minute.0, 3_000) };
    let (now, home) = (index_of(&pair.naive, market), pair.setting.prices[usize::from(market.0)]);
    let far = now * u64::from(most) * rng.random_range(60..140) / 100_000_000;
    let up = if now > home * 3 / 2 { false } else { now < home * 2 / 3 || rng.random() };
    let steps = if slow { 24 } else { 6 };
    for n in 1..=steps {
        let part = far * n / steps;
        all_report(pair, market, if up { now + part } else { now - part });
        let pause = rng.random_range(wait / 3..wait / 2);
        calm(pair, rng, pause);
    }
    if rng.random() {
        let most = if rng.random_ratio(1, 10) { 4_500_000 } else { 100_000 };
        let pause = rng.random_range(0..most);
        calm(pair, rng, pause);
    }
}

/// The book lies beside the index for a while.
fn dislocate(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = any_market(rng);
    cancel_all(pair);
    let b = i64::from(pair.setting.markets[usize::from(market.0)].maintenance_margin.0 / 2) / 1_000;
    let away = rng.random_range(b - 2..b * 3) * if rng.random() { 1 } else { -1 };
    quote(pair, rng, market, away, 20);
    let pause = [4_000, 7_000, 20_000, 40_000, 80_000].choose(rng).copied().expect("five");
    calm(pair, rng, pause);
    if rng.random() {
        cancel_all(pair);
    }
}

/// There are quotes, and then none, or only on one side.
fn vanish(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = any_market(rng);
    cancel_all(pair);
    quote(pair, rng, market, 0, 20);
    calm(pair, rng, 3_000);
    cancel_all(pair);
    if rng.random() {
        let (price, account) = (index_of(&pair.naive, market), some_account(pair, rng));
        let order = limit(any_side(rng), price, 50, TimeInForce::Gtc);
        pair.operate(account, vec![Operation::Place { market, order }]);
    }
    let pause = rng.random_range(20_000..45_000);
    calm(pair, rng, pause);
}

/// Publishers are silent for a minute or more.
fn silence(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    pair.time += [4_000, 59_990, 60_002, 61_000, 100_000].choose(rng).expect("five");
    let pause = rng.random_range(0..100_000);
    calm(pair, rng, pause);
}

/// A halted market is called to, with orders that agree on a price near the index, or far from it, or on none.
fn call(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let halted = |market: &MarketId| pair.naive.markets[usize::from(market.0)].halt.is_some();
    let halted: Vec<MarketId> = MARKETS.into_iter().filter(halted).collect();
    let Some(market) = halted.choose(rng).copied() else { return };
    let calls = |pair: &Pair| pair.naive.markets[usize::from(market.0)].halt.map(|halt| halt.calls_from.0);
    let Some(from) = calls(pair) else { return };
    let wait = from.saturating_sub(pair.time);
    calm(pair, rng, wait.min(120_000));
    if rng.random_ratio(1, 4) {
        pair.time += 5_100;
        ladder_operations(pair, rng, market);
    }
    let rounds = rng.random_range(1..7);
    let thousandths = *[0, 0, 15, 30, 60, 80].choose(rng).expect("six");
    let much = *[1, 20, 200].choose(rng).expect("three");
    for _ in 0..rounds {
        if rng.random_ratio(3, 4) {
            ladder_operations(pair, rng, market);
            cross(pair, rng, market, thousandths, much);
        }
        if rng.random_ratio(1, 3) {
            waiting::fire(pair, rng);
        }
        let due = pair.naive.markets[usize::from(market.0)].next_clearing.0;
        let wait = due.saturating_sub(pair.time);
        calm(pair, rng, wait.min(100_000));
        pair.system(SystemCommand::Clear { market });
    }
}

/// Two accounts, or one that lacks a counterpart, agree on a price beside the index.
fn cross(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId, beside: u64, much: u64) {
    let index = index_of(&pair.naive, market);
    let way = index * beside / 1_000;
    let price = if rng.random() { index + way } else { index - way };
    let size = SizeLots((much * 100_000 * pair.setting.scale / index.max(1)).max(1));
    for side in [Side::Buy, Side::Sell] {
        let account = some_account(pair, rng);
        let order = NewOrder { size, ..limit(side, price.max(1), 1, TimeInForce::Gtc) };
        pair.operate(account, vec![Operation::Place { market, order }]);
    }
}

/// Some orders, such as come when they may not.
fn ladder_operations(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId) {
    for _ in 0..2 {
        let account = some_account(pair, rng);
        let held = pair.naive.accounts[account.0 as usize].positions.get(&market).map_or(0, |it| it.size);
        let side = if held > 0 { Side::Sell } else { Side::Buy };
        let size = u64::try_from(held.abs()).expect("at most 2^46").max(1) / rng.random_range(1..3);
        let reduce_only = rng.random_ratio(1, 3);
        let order = limit(side, index_of(&pair.naive, market), size.max(1), TimeInForce::Gtc);
        let order = NewOrder { reduce_only, ..order };
        pair.operate(account, vec![Operation::Place { market, order }]);
    }
}

/// The guardian restricts a market that has something to do.
fn warn(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let (market, time) = (any_market(rng), Millis(pair.time));
    let mode = *MarketMode::ALL.choose(rng).expect("four");
    let until = Millis(pair.time + rng.random_range(0..30_000));
    let command = GuardianCommand::Restrict(Restrict { market, mode, until, time });
    pair.guardian(pair.naive.guardian, command);
    for _ in 0..3 {
        ladder_operations(pair, rng, market);
        waiting::fire(pair, rng);
    }
    if rng.random() {
        calm(pair, rng, 4_000);
    }
}

/// What traded is forgotten; then a large account is closed on a deep book, more than anything else trades.
fn feed_back(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    (0..4).for_each(|_| lever(pair, rng));
    calm(pair, rng, 80_000);
    for market in MARKETS {
        for account in all(&pair.naive).into_iter().take(3) {
            let owner = pair.naive.accounts[account.0 as usize].owner;
            let amount = 2_000_000 * USDC;
            if rng.random_ratio(1, 4) {
                deposit(pair, owner, account.0, amount);
            }
        }
        quote(pair, rng, market, 0, 2_000);
    }
    for _ in 0..4 {
        aim(pair, rng);
        if rng.random() {
            let market = any_market(rng);
            quote(pair, rng, market, 0, 2_000);
        }
        (0..3).for_each(|_| liquidate(pair, rng));
        let pause = rng.random_range(0..6_000);
        calm(pair, rng, pause);
    }
    if rng.random_ratio(1, 3) {
        calm(pair, rng, 150_000);
    }
}

/// Accounts fall while a market is restricted.
fn fall(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    match rng.random_range(0..4) {
        0 => gap(pair, rng),
        1 => aim(pair, rng),
        2 => deleverage(pair, rng),
        _ => (0..3).for_each(|_| liquidate(pair, rng)),
    }
}

/// Falls, and what is done about them, while the guardian restricts a market.
fn fall_restricted(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = any_market(rng);
    lever(pair, rng);
    let mode = *[MarketMode::Batches, MarketMode::ReduceOnly, MarketMode::Halt, MarketMode::Halt]
        .choose(rng)
        .expect("four");
    let most = if mode == MarketMode::Halt { 3_000 } else { 60_000 };
    let (time, until) = (Millis(pair.time), Millis(pair.time + rng.random_range(0..most)));
    pair.guardian(pair.naive.guardian, GuardianCommand::Restrict(Restrict { market, mode, until, time }));
    for _ in 0..3 {
        fall(pair, rng);
    }
    calm(pair, rng, 1_500);
    fall(pair, rng);
    deleverage(pair, rng);
    call(pair, rng);
}

/// Somebody with leverage falls while there is a book and the guardian lets orders only shrink positions.
fn fall_on_the_book(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    // A run of the price would let the market match in batches where it has breakers.
    let watches = |market: MarketId| pair.setting.markets[usize::from(market.0)].circuit_breakers;
    let market = MARKETS.into_iter().find(|market| !watches(*market)).unwrap_or(MARKETS[1]);
    cancel_all(pair);
    calm(pair, rng, 100_000);
    (0..5).for_each(|_| lever_in(pair, rng, market));
    for beside in [-40, -20, 0, 20, 40] {
        (0..2).for_each(|_| quote(pair, rng, market, beside, 50));
    }
    let (time, mode) = (Millis(pair.time), MarketMode::ReduceOnly);
    let until = Millis(pair.time + 600_000);
    pair.guardian(pair.naive.guardian, GuardianCommand::Restrict(Restrict { market, mode, until, time }));
    slide(pair, rng, market);
    let (time, until) = (Millis(pair.time), Millis(0));
    pair.guardian(pair.naive.guardian, GuardianCommand::Restrict(Restrict { market, mode, until, time }));
}

/// The price slides by 7%, and whoever lacks margin is liquidated.
fn slide(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId) {
    let (begins, up) = (index_of(&pair.naive, market), rng.random());
    for percent in 1..8 {
        let way = begins * percent / 100;
        slide_to(pair, market, if up { begins + way } else { begins - way });
    }
}

fn slide_to(pair: &mut Pair, market: MarketId, price: u64) {
    tell(pair, &reports::calm(&pair.naive, pair.time, market, price));
    for account in lacking(&pair.naive) {
        pair.system(SystemCommand::Liquidate { account });
    }
}

/// Accounts with leverage lack margin on a deep book while nobody else trades, so slowly that no price runs.
fn cascade(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    cascade_until(pair, rng, |_| false);
    if rng.random() {
        calm(pair, rng, 150_000);
    }
}

/// The same, until something is so.
pub(crate) fn cascade_until(pair: &mut Pair, rng: &mut ChaCha8Rng, is_over: impl Fn(&Pair) -> bool) {
    let watches = |market: &MarketId| pair.setting.markets[usize::from(market.0)].circuit_breakers;
    let market = MARKETS.into_iter().find(watches).expect("one has breakers");
    cancel_all(pair);
    calm(pair, rng, 100_000);
    (0..6).for_each(|_| lever_in(pair, rng, market));
    calm(pair, rng, 80_000);
    let (begins, up) = (index_of(&pair.naive, market), rng.random());
    let thousandths = if market == MARKETS[0] { 8 } else { 16 };
    for part in 1..10 {
        cancel_all(pair);
        (0..6).for_each(|_| quote(pair, rng, market, 0, 300));
        let way = begins * part * thousandths / 1_000;
        let price = if up { begins + way } else { begins - way };
        slide_to(pair, market, price);
        for _ in 0..4 {
            pair.time += 2_500;
            slide_to(pair, market, price);
            if is_over(pair) {
                return;
            }
        }
        calm(pair, rng, 16_000);
    }
}

/// The fund holds half of what it should and pays for one market after another.
fn drain(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let half = i64::try_from(pair.naive.pools[0].target / 2).expect("money");
    if (1..1 << 40).contains(&half) && pair.naive.pools[0].fund() < i128::from(half) {
        deposit(pair, GUARDIAN, FUND_ACCOUNT, half);
    }
    for _ in 0..4 {
        lever(pair, rng);
        gap(pair, rng);
        (0..3).for_each(|_| liquidate(pair, rng));
        deleverage(pair, rng);
    }
    if rng.random() {
        pair.time += 86_400_000;
        calm(pair, rng, 10_000);
    }
}

/// Publishers differ about a halted market for longer than its auction is due.
fn doubt(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = any_market(rng);
    let index = index_of(&pair.naive, market);
    let (time, mode) = (Millis(pair.time), MarketMode::Halt);
    pair.guardian(
        pair.naive.guardian,
        GuardianCommand::Restrict(Restrict { market, mode, until: time, time }),
    );
    if rng.random() {
        cross(pair, rng, market, 0, 20);
    }
    let class = pair.setting.markets[usize::from(market.0)].class;
    let away = index * u64::from(class.tolerance().uncertain.0) / 500_000;
    for _ in 0..54 {
        pair.time += 3_500;
        for (n, price) in (0..).zip([index - away, index, index + away]) {
            let prices = vec![ReportedPrice::plain(market, PriceTicks(price))];
            pair.report(pair.publisher(n), PriceReport { publisher: n, time: Millis(pair.time), prices });
        }
        if rng.random_ratio(1, 4) {
            pair.system(SystemCommand::Clear { market });
        }
    }
    pair.system(SystemCommand::Clear { market });
}

/// One thing happens to the markets.
fn scene(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    match rng.random_range(0..100) {
        0..14 => run(pair, rng),
        14..22 => dislocate(pair, rng),
        22..28 => vanish(pair, rng),
        28..30 => doubt(pair, rng),
        30..32 => drain(pair, rng),
        32..34 => cascade(pair, rng),
        34..42 => silence(pair, rng),
        42..58 => call(pair, rng),
        58..70 => warn(pair, rng),
        70..78 => feed_back(pair, rng),
        78..88 => fall(pair, rng),
        88..94 => fall_restricted(pair, rng),
        94..96 => fall_on_the_book(pair, rng),
        96 => pair.time += 86_400_000,
        _ => drift(pair, rng),
    }
}

/// Mostly what always happens, at prices that are mostly known; now and then a scene.
pub(crate) fn step(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    if rng.random_ratio(1, 5) {
        return scene(pair, rng);
    }
    pair.time += rng.random_range(0..600);
    if rng.random_ratio(1, 5) {
        calm(pair, rng, 1);
    }
    inputs::act(pair, rng);
}

fn lives(
    settings: impl IntoIterator<Item = Setting>,
    new: impl Fn(Setting) -> Pair,
    seed: u64,
    steps: u32,
) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    lives::lives(settings, new, inputs::begin, steps, |pair| {
        step(pair, &mut ChaCha8Rng::seed_from_u64(numbers.next_u64()));
    })
}

/// In a long life the fund grows until nothing drains it.
fn under_stress(new: impl Fn(Setting) -> Pair, seed: u64) -> Vec<Pair> {
    let (times, steps) = if crate::is_full() { (5, 500) } else { (1, 250) };
    let settings = [
        guarded(ladder(), [true, false]),
        protected(guarded(ladder(), [true, false]), 1 << 60),
        protected(guarded(ladder(), [false, true]), 0),
        protected(guarded(ladder(), [true, true]), 20_000 * USDC),
    ];
    lives(settings.into_iter().flat_map(|setting| vec![setting; times]), new, seed, steps)
}

/// The seed is always the same one: what must have happened is asked of it, but for what is rare.
#[test]
fn a_life_under_stress_keeps_its_books() {
    let missing = missing(&under_stress(Pair::alone, 2), modes::ALL);
    if crate::is_full() {
        assert!(10 * missing.len() < modes::ALL.len(), "never happened: {missing:?}");
    }
}

#[test]
fn a_life_under_stress_is_that_of_the_naive_exchange() {
    under_stress(Pair::new, crate::seed());
}

/// Breakers where sizes and money are near their bounds, and where a tick is much of a price.
#[test]
fn a_life_under_stress_near_the_bounds_is_that_of_the_naive_exchange() {
    let settings = [huge(), tiny()].map(|setting| guarded(setting, [true, true]));
    lives(settings, Pair::new, crate::seed(), if crate::is_full() { 2_000 } else { 100 });
}
