//! Liquidations: the inputs that take accounts off the ladder, and lives on it.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, MarketId, NewOrder, Operation, PoolId, Side, SizeLots, SystemCommand, TimeInForce,
    limits::FUND_ACCOUNT,
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    batches,
    falls::{MARKETS, aim, all, gap, index_of, lacking, lever, limit, quote, some_account, some_trader},
    inputs::{self, USDC, deposit, owner},
    lives,
    pair::Pair,
    reports::all_report,
    rungs::{ALL, BACKED},
    settings::{Setting, ladder, protected},
    silos,
};

/// Now and then something that has to do with liquidations happens; whether it did.
pub(crate) fn act_seldom(pair: &mut Pair, rng: &mut ChaCha8Rng) -> bool {
    let acts = rng.random_ratio(pair.setting.ladder, 100);
    if acts {
        act(pair, rng);
    }
    acts
}

fn act(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    match rng.random_range(0..100) {
        0..25 => lever(pair, rng),
        25..35 => quote(pair, rng),
        35..45 => gap(pair, rng),
        45..55 => aim(pair, rng),
        55..72 => liquidate(pair, rng),
        72..82 => deleverage(pair, rng),
        82..86 => gift(pair, rng),
        86..90 => back(pair, rng),
        90..94 => unload(pair, rng),
        94..97 => clean_up(pair, rng),
        _ => feed(pair, rng),
    }
}

pub(crate) fn liquidate(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = match rng.random_range(0..12) {
        0 => AccountId(77),
        1..3 => some_account(pair, rng),
        _ => lacking(&pair.naive).choose(rng).copied().unwrap_or_else(|| some_account(pair, rng)),
    };
    for _ in 0..if rng.random_ratio(1, 4) { 2 } else { 1 } {
        pair.system(SystemCommand::Liquidate { account });
    }
}

/// Everything that can be done is done.
fn clean_up(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    for _ in 0..4 {
        for account in lacking(&pair.naive) {
            pair.system(SystemCommand::Liquidate { account });
        }
        pair.time += rng.random_range(0..1_200);
        for market in MARKETS {
            all_report(pair, market, index_of(&pair.naive, market));
        }
        batches::clear_if_due(pair, rng);
    }
    deleverage(pair, rng);
}

/// Bankrupt accounts of a side of some market that have orders no more, or such as have.
fn stuck(naive: &Exchange, market: MarketId, is_long: bool) -> Vec<AccountId> {
    let is_bankrupt = |id: &AccountId| {
        let position = naive.accounts[id.0 as usize].positions.get(&market);
        position.is_some_and(|position| (position.size > 0) == is_long) && naive.margin(*id).equity <= 0
    };
    all(naive).into_iter().filter(is_bankrupt).collect()
}

/// A tear-up with lists that are right, or wrong in one place.
pub(crate) fn deleverage(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let naive = &pair.naive;
    let cases: Vec<(MarketId, bool)> = MARKETS
        .into_iter()
        .flat_map(|market| [(market, true), (market, false)])
        .filter(|(market, is_long)| !stuck(naive, *market, *is_long).is_empty())
        .collect();
    let any = (MARKETS[rng.random_range(0..2)], rng.random());
    let (market, is_long) = cases.choose(rng).copied().unwrap_or(any);
    if rng.random_ratio(1, 2) {
        churn(pair, rng, market, is_long);
    }
    if rng.random_ratio(4, 5) {
        for account in stuck(&pair.naive, market, is_long) {
            pair.system(SystemCommand::Liquidate { account });
        }
    }
    let naive = &pair.naive;
    let mut accounts = stuck(naive, market, is_long);
    if accounts.len() > 1 && rng.random_ratio(1, 5) {
        accounts.remove(rng.random_range(0..accounts.len()));
    }
    let holders = naive.holders(market, if is_long { Side::Sell } else { Side::Buy });
    let (mut accounts, mut holders, mut market) = (accounts, holders, market);
    if rng.random_ratio(1, 4) {
        spoil(pair, rng, &mut accounts, &mut holders, &mut market);
    }
    pair.system(SystemCommand::Deleverage { market, accounts, holders });
    if pair.naive.pools.iter().any(|pool| pool.deficit > 0) {
        (0..3).for_each(|_| inputs::withdraw(pair, rng));
        cut_gains(pair, rng);
    }
}

/// Gains pay what pools owe, with lists that are right, or wrong in one place.
fn cut_gains(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    if rng.random_ratio(4, 5) {
        for market in MARKETS {
            all_report(pair, market, index_of(&pair.naive, market));
        }
    }
    let owes = |pool: &PoolId| pair.naive.pools[usize::from(pool.0)].deficit > 0;
    let pools = u16::try_from(pair.naive.pools.len()).expect("a few");
    for pool in (0..pools).map(PoolId).filter(owes).collect::<Vec<_>>() {
        let account = |id: &AccountId| &pair.naive.accounts[id.0 as usize];
        let holds = |id: &AccountId| account(id).pool == pool && !account(id).positions.is_empty();
        let mut holders: Vec<AccountId> = all(&pair.naive).into_iter().filter(holds).collect();
        match rng.random_range(0..8) {
            0 => drop(holders.pop()),
            1 => {
                holders.push(some_account(pair, rng));
                holders.sort_unstable();
            }
            _ => {}
        }
        let pool = if rng.random_ratio(1, 16) { PoolId(rng.random_range(0..4)) } else { pool };
        pair.system(SystemCommand::Haircut { pool, holders });
    }
}

/// Those who hold the other side sell what they have to others, who have no gain of it.
pub(crate) fn churn(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId, is_long: bool) {
    let side = if is_long { Side::Buy } else { Side::Sell };
    let price = index_of(&pair.naive, market);
    for holder in pair.naive.holders(market, side.opposite()) {
        let held = pair.naive.accounts[holder.0 as usize].positions.get(&market).map_or(0, |it| it.size);
        let size = SizeLots(u64::try_from(held.abs()).expect("at most 2^46").max(1));
        let taker = some_trader(pair, rng, market);
        for (account, side) in [(holder, side), (taker, side.opposite())] {
            let order = NewOrder { size, ..limit(side, price, 1, TimeInForce::Gtc) };
            let order = if account == holder {
                NewOrder { reduce_only: true, ..order }
            } else {
                NewOrder { time_in_force: TimeInForce::Ioc, ..order }
            };
            pair.operate(account, vec![Operation::Place { market, order }]);
        }
    }
}

/// Makes one place wrong.
fn spoil(
    pair: &Pair,
    rng: &mut ChaCha8Rng,
    accounts: &mut Vec<AccountId>,
    holders: &mut Vec<AccountId>,
    market: &mut MarketId,
) {
    let any = some_account(pair, rng);
    let add = |list: &mut Vec<AccountId>, id| {
        list.push(id);
        list.sort();
        list.dedup();
    };
    match rng.random_range(0..12) {
        0 => add(accounts, any),
        1 => add(holders, any),
        2 => accounts.clear(),
        3 => holders.clear(),
        4 => accounts.reverse(),
        5 => holders.reverse(),
        6 => holders.push(AccountId(77)),
        7 => accounts.push(AccountId(88)),
        8 => *market = MarketId(rng.random_range(0..5)),
        9 => holders.extend(accounts.first().copied()),
        10 if rng.random() => *accounts = (0..257).map(AccountId).collect(),
        10 => *holders = (0..769).map(AccountId).collect(),
        _ => drop(holders.pop()),
    }
}

/// Somebody gives money to the fund, now and then just what the pool lacks.
fn gift(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let pool = silos::some_pool(pair, rng);
    let lacks = i64::try_from(pair.naive.pools[usize::from(pool.0)].deficit).expect("money");
    let scale = i64::try_from(pair.setting.scale).expect("small");
    let amount = match rng.random_range(0..6) {
        0 => lacks,
        1 => lacks / 2,
        2 => lacks + rng.random_range(1..20 * USDC) * scale,
        _ => rng.random_range(1..40 * USDC) * scale,
    };
    deposit(pair, owner(0), FUND_ACCOUNT - u32::from(pool.0), amount);
}

/// Its owner backs the backstop.
fn back(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let pool = silos::some_pool(pair, rng);
    let Some(backstop) = pair.naive.pools[usize::from(pool.0)].backstop else { return };
    let scale = i64::try_from(pair.setting.scale).expect("small");
    let amount = rng.random_range(1..200 * USDC) * scale;
    let owner = pair.naive.accounts[backstop.0 as usize].owner;
    deposit(pair, owner, backstop.0, amount);
}

/// The backstop closes part of what it holds, or tries to do more than it may.
fn unload(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = MARKETS[rng.random_range(0..2)];
    let Some(backstop) = pair.naive.pool_at(market).backstop else { return };
    let held = pair.naive.accounts[backstop.0 as usize].positions.get(&market).map_or(0, |it| it.size);
    let side = if held > 0 { Side::Sell } else { Side::Buy };
    let lots = u64::try_from(held.abs()).expect("at most 2^46").max(1);
    let size = rng.random_range(1..=lots);
    let life = if rng.random() { TimeInForce::Gtc } else { TimeInForce::Ioc };
    let price = index_of(&pair.naive, market) * rng.random_range(980..1_020) / 1_000;
    let reduce_only = rng.random_ratio(7, 8);
    let order = NewOrder { reduce_only, ..limit(side, price.max(1), size, life) };
    pair.operate(backstop, vec![Operation::Place { market, order }]);
}

/// Who has little gets more.
fn feed(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let poor = |id: &AccountId| pair.naive.margin(*id).equity < 10_000_000 * i128::from(pair.setting.scale);
    let poor: Vec<AccountId> = all(&pair.naive).into_iter().filter(poor).collect();
    let Some(id) = poor.choose(rng).copied() else { return };
    let amount = rng.random_range(1..100 * USDC) * i64::try_from(pair.setting.scale).expect("small");
    let owner = pair.naive.accounts[id.0 as usize].owner;
    deposit(pair, owner, id.0, amount);
}

/// Steps of a life at full size.
const FULL: u32 = 8_000;

/// Lives with and without a backstop, and with a fund that soon holds enough, or never.
fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let settings =
        [ladder(), protected(ladder(), 0), protected(ladder(), 1 << 60), protected(ladder(), 20_000 * USDC)];
    lives_in(settings, new, seed, steps)
}

fn lives_in(
    settings: impl IntoIterator<Item = Setting>,
    new: impl Fn(Setting) -> Pair,
    seed: u64,
    steps: u32,
) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    lives::lives(settings, new, inputs::begin, steps, |pair| inputs::step(pair, numbers.next_u64()))
}

fn check_all(lives: &[Pair]) {
    let (bare, backed) = lives.split_first().expect("four");
    let times = |lives: &[Pair], what: &str| lives.iter().map(|pair| pair.seen.times(what)).sum::<u64>();
    let missing: Vec<&str> = ALL
        .iter()
        .filter(|what| times(lives, what) == 0)
        .chain(BACKED.iter().filter(|what| times(backed, what) == 0))
        .copied()
        .collect();
    assert!(missing.is_empty(), "never happened: {missing:?}");
    // Without a backstop a tear-up leaves a deficit now and then only: of a few lives one has it.
    let has = |life: &Pair| ["torn up", "a deficit"].iter().all(|what| life.seen.times(what) > 0);
    let mut others = (2..6).map(|seed| lives_in([ladder()], Pair::alone, seed, FULL).remove(0));
    assert!(has(bare) || others.any(|life| has(&life)), "nothing torn up without a backstop, or no deficit");
}

/// The books of the naive exchange stay in order down the whole ladder. The seed is always the same one: what must
/// have happened is asked of it, which a fresh one may miss by chance.
#[test]
fn a_life_on_the_ladder_keeps_its_books() {
    let lives = lives(Pair::alone, 1, if crate::is_full() { FULL } else { 500 });
    if crate::is_full() {
        check_all(&lives);
    }
}

#[test]
fn a_life_on_the_ladder_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { FULL } else { 500 });
}
