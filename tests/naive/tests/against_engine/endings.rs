//! Lives in which markets settle and pools are resolved, and the inputs that lead there.

use ballast_naive::Stage;
use ballast_types::{
    AccountId, AssetId, GuardianCommand, MarketId, MarketMode, Millis, PoolId, PriceReport, PriceTicks,
    Quote, ReportedPrice, Restrict, SystemCommand, UserCommand, Withdraw,
    limits::{FUND_ACCOUNT, MINUTE_MS, NEW_ACCOUNT, OPENING_FEE, SETTLEMENT_GRACE_MS, SETTLEMENT_MS},
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    ended::ALL,
    falls::{MARKETS, aim, all, index_of, lacking, lever_in, some_account},
    inputs::{self, USDC, deposit},
    ladder::{churn, deleverage, liquidate},
    lives::{self, missing},
    pair::Pair,
    reports::{all_report, calm, drift, tell},
    settings::{
        BACKSTOP, Setting, batching, following, guarded, huge, ladder, ordinary, protected, settling, siloed,
        strict,
    },
    silos::some_pool,
    transfers,
};

/// The first whole minute of a life.
const FIRST: u64 = 1_700_000_040_000;

/// Markets with a date and without, in one pool and in two, with all that ends with a market.
pub(crate) fn settings() -> [Setting; 11] {
    let after = |minutes: u64| Millis(FIRST + minutes * MINUTE_MS);
    let never = Millis(0);
    let silo = siloed(protected(ladder(), 20_000 * USDC), 0);
    [
        settling(ordinary(), [after(69), never, never]),
        settling(siloed(ladder(), 0), [never, after(90), after(2_000)]),
        siloed(ladder(), 0),
        siloed(ordinary(), 0),
        settling(silo, [after(300), never, after(1)]),
        settling(guarded(ladder(), [true, true]), [after(65), after(105), never]),
        settling(following(strict(ladder()), Vec::new()), [after(100), never, never]),
        settling(huge(), [never, after(80), never]),
        ladder(),
        settling(protected(ladder(), 20_000 * USDC), [after(75), never, never]),
        settling(batching(protected(ladder(), 1 << 60), [100, 1_000]), [after(90), after(3_000), never]),
    ]
}

/// Every owner has accounts in all pools, and backstops have something.
pub(crate) fn begin(pair: &mut Pair) {
    inputs::begin(pair);
    let scale = i64::try_from(pair.setting.scale).expect("small");
    for backstop in pair.naive.pools.iter().filter_map(|pool| pool.backstop).collect::<Vec<_>>() {
        deposit(pair, BACKSTOP, backstop.0, 2_000 * USDC * scale);
    }
    if pair.naive.pools.len() == 1 {
        return;
    }
    for account in all(&pair.naive) {
        let owner = pair.naive.accounts[account.0 as usize].owner;
        deposit(pair, owner, account.0, 120 * USDC * scale);
        let amount = 100 * USDC * scale + OPENING_FEE;
        transfers::send(pair, account, AccountId(NEW_ACCOUNT), PoolId(1), amount);
    }
}

fn has_settled(pair: &Pair, id: MarketId) -> bool {
    pair.naive.markets[usize::from(id.0)].settled.is_some()
}

fn some_market(pair: &Pair, rng: &mut ChaCha8Rng) -> MarketId {
    MarketId(u16::try_from(rng.random_range(0..pair.naive.markets.len())).expect("few"))
}

/// A market with a price that has not settled, where there is one.
fn open_market(pair: &Pair, rng: &mut ChaCha8Rng) -> MarketId {
    let open: Vec<MarketId> = MARKETS.into_iter().filter(|id| !has_settled(pair, *id)).collect();
    open.choose(rng).copied().unwrap_or(MARKETS[0])
}

/// Two trade with each other as much as they may, also where orders wait.
fn trade_in(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId) {
    lever_in(pair, rng, market);
    if pair.naive.markets[usize::from(market.0)].orders.iter().any(|order| order.waits.is_some()) {
        pair.time += rng.random_range(900..1_100);
        all_report(pair, market, index_of(&pair.naive, market));
        pair.system(SystemCommand::Clear { market });
    }
}

fn trade(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = open_market(pair, rng);
    trade_in(pair, rng, market);
}

/// Publishers speak for some minutes, or some of them do.
fn minutes(pair: &mut Pair, rng: &mut ChaCha8Rng, most: u64) {
    for _ in 0..rng.random_range(1..=most) {
        drift(pair, rng);
        if rng.random_ratio(1, 3) {
            let market = MARKETS[rng.random_range(0..2)];
            all_report(pair, market, index_of(&pair.naive, market));
        }
        pair.time += rng.random_range(5_000..90_000);
    }
}

/// Time comes near the date of a market, and mostly to it.
fn approach(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let dated: Vec<(MarketId, u64)> = (0..)
        .map(MarketId)
        .zip(&pair.naive.markets)
        .filter(|(_, it)| it.settled.is_none() && it.params.settles_at.0 > pair.time)
        .map(|(id, it)| (id, it.params.settles_at.0))
        .collect();
    let Some((market, date)) = dated.choose(rng).copied() else { return };
    let before = rng.random_range(0..100) * MINUTE_MS;
    pair.time = pair.time.max(date.saturating_sub(before));
    if before > 60 * MINUTE_MS {
        drift(pair, rng);
        prepare(pair, rng, market);
    }
    minutes(pair, rng, 12);
    if rng.random_ratio(1, 4) {
        return;
    }
    prepare(pair, rng, market);
    pair.time = pair.time.max(date + rng.random_range(0..3) - 1);
    if rng.random_ratio(3, 4) {
        pair.system(SystemCommand::Settle { market });
    }
    if rng.random() {
        drift(pair, rng);
    }
}

/// Some have positions, orders that wait, or little margin, and the guardian says something.
fn prepare(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId) {
    for _ in 0..rng.random_range(1..4) {
        match rng.random_range(0..6) {
            0 => trade(pair, rng),
            1..3 => {
                let market =
                    if MARKETS.contains(&market) && rng.random() { market } else { open_market(pair, rng) };
                fall(pair, rng, market);
                for account in lacking(&pair.naive).into_iter().filter(|_| rng.random()).collect::<Vec<_>>() {
                    pair.system(SystemCommand::Liquidate { account });
                }
            }
            3 => restrict(pair, rng),
            4 => aim(pair, rng),
            _ => (0..6).for_each(|_| inputs::operate(pair, rng)),
        }
    }
}

/// The guardian restricts some market for long.
fn restrict(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let (market, time) = (MARKETS[rng.random_range(0..2)], Millis(pair.time));
    let mode = [MarketMode::Batches, MarketMode::ReduceOnly, MarketMode::Halt, MarketMode::Settled];
    let mode = *mode.choose(rng).expect("four");
    let until = Millis(pair.time + rng.random_range(1..3_600_000));
    pair.guardian(pair.naive.guardian, GuardianCommand::Restrict(Restrict { market, mode, until, time }));
}

/// Accounts take what they may, and the price moves so far that some of them owe; whether it fell.
fn fall(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId) -> bool {
    for _ in 0..rng.random_range(1..4) {
        trade_in(pair, rng, market);
    }
    let (now, home) = (index_of(&pair.naive, market), pair.setting.prices[usize::from(market.0)]);
    let (low, high) = (now * 13 / 20, now * 27 / 20 + 1);
    let falls = if rng.random() { low >= home.div_ceil(2) } else { high > home * 2 };
    tell(pair, &calm(&pair.naive, pair.time, market, if falls { low.max(1) } else { high }));
    falls
}

/// Nobody speaks of a market for a day, or nearly.
fn silence(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = MARKETS[rng.random_range(0..2)];
    if has_settled(pair, market) {
        return;
    }
    prepare(pair, rng, market);
    let due = pair.naive.markets[usize::from(market.0)].mark_time.0 + SETTLEMENT_MS;
    pair.time = pair.time.max(due + rng.random_range(0..4) - 2);
    if rng.random_ratio(2, 3) {
        let other = MARKETS[1 - usize::from(market.0)];
        all_report(pair, other, index_of(&pair.naive, other));
    }
    if rng.random_ratio(1, 4) {
        all_report(pair, market, index_of(&pair.naive, market));
    }
    pair.system(SystemCommand::Settle { market });
}

/// A publisher says anything of a market, twice at one time: which is refused, but where it settled.
fn pass_over(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let ended: Vec<MarketId> = MARKETS.into_iter().filter(|id| has_settled(pair, *id)).collect();
    let market = ended.choose(rng).copied().unwrap_or(MARKETS[0]);
    let price = PriceTicks(*[0, 1, 1 << 41].choose(rng).expect("three"));
    for _ in 0..2 {
        let prices = vec![ReportedPrice::plain(market, price)];
        pair.report(pair.publisher(0), PriceReport { publisher: 0, time: Millis(pair.time), prices });
    }
}

/// Markets are settled that may be, or may not.
fn settle(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = if rng.random_ratio(1, 12) { MarketId(9) } else { some_market(pair, rng) };
    pair.system(SystemCommand::Settle { market });
}

/// Some of a market's positions become cash, by a list that is right, or wrong in one place.
fn cash(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let ended: Vec<MarketId> = MARKETS.into_iter().filter(|id| has_settled(pair, *id)).collect();
    let market = ended.choose(rng).copied().unwrap_or_else(|| some_market(pair, rng));
    let has = |id: &AccountId| pair.naive.accounts[id.0 as usize].positions.contains_key(&market);
    let in_gain = |id: &AccountId| {
        let cash = pair.naive.accounts[id.0 as usize].positions.get(&market).map_or(0, |it| it.basis);
        cash < 0
    };
    let mut accounts = all(&pair.naive);
    let it = pair.naive.markets.get(usize::from(market.0)).expect("listed");
    if it.is_in_grace(Millis(pair.time)) && rng.random_ratio(1, 3) {
        pair.time = it.mark_time.0 + SETTLEMENT_GRACE_MS + rng.random_range(0..3) - 1;
    }
    match rng.random_range(0..8) {
        0 => {}
        1..4 => accounts.retain(has),
        4 => accounts.retain(|id| has(id) && in_gain(id)),
        _ => accounts.retain(|id| has(id) && rng.random()),
    }
    let mut market = market;
    match rng.random_range(0..40) {
        0 => accounts.clear(),
        1 => accounts.reverse(),
        2 => accounts.extend(accounts.last().copied()),
        3 => accounts.push(AccountId(77)),
        4 => accounts = (0..257).map(AccountId).collect(),
        5 => accounts = (0..256).map(AccountId).collect(),
        6 => market = MarketId(7),
        7 => market = some_market(pair, rng),
        _ => {}
    }
    pair.system(SystemCommand::SettlePositions { market, accounts });
    if rng.random() {
        for account in lacking(&pair.naive) {
            pair.system(SystemCommand::Liquidate { account });
        }
    }
}

/// A market moves so far that some owe, after who won has left: a deficit, mostly.
fn ruin(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = open_market(pair, rng);
    if rng.random_ratio(1, 4) {
        let fund = FUND_ACCOUNT - u32::from(some_pool(pair, rng).0);
        deposit(pair, inputs::owner(0), fund, rng.random_range(1..300 * USDC));
    }
    let falls = fall(pair, rng, market);
    for _ in 0..3 {
        churn(pair, rng, market, falls);
        for account in lacking(&pair.naive) {
            pair.system(SystemCommand::Liquidate { account });
        }
        deleverage(pair, rng);
    }
}

/// Who holds what is cash lacks margin elsewhere.
fn lack_beside(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = open_market(pair, rng);
    if has_settled(pair, market) || !MARKETS.into_iter().any(|id| has_settled(pair, id)) {
        return;
    }
    fall(pair, rng, market);
    for account in lacking(&pair.naive) {
        pair.system(SystemCommand::Liquidate { account });
    }
}

/// A pool owes for a day, or nearly, and is made whole, or not.
fn overdue(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let owing: Vec<(PoolId, u64)> = (0..)
        .map(PoolId)
        .zip(&pair.naive.pools)
        .filter(|(_, pool)| pool.stage == Stage::Open)
        .filter_map(|(id, pool)| pool.owes_since.map(|since| (id, since.0)))
        .collect();
    let Some((pool, since)) = owing.choose(rng).copied() else {
        return ruin(pair, rng);
    };
    let part = if rng.random_ratio(2, 3) { 1 } else { rng.random_range(1..4) };
    pair.time = pair.time.max(since + SETTLEMENT_MS / part + rng.random_range(0..4) - 2);
    if rng.random() {
        for market in MARKETS {
            all_report(pair, market, index_of(&pair.naive, market));
        }
    }
    if rng.random_ratio(1, 5) {
        let lacks = i64::try_from(pair.naive.pools[usize::from(pool.0)].deficit).expect("money");
        let amount = *[lacks, lacks, lacks / 2, lacks - 1, lacks - 1].choose(rng).expect("five");
        deposit(pair, inputs::owner(0), FUND_ACCOUNT - u32::from(pool.0), amount);
    }
    let market = open_market(pair, rng);
    if rng.random_ratio(1, 3) && !has_settled(pair, market) {
        fall(pair, rng, market);
    }
    for _ in 0..*[1, 1, 3].choose(rng).expect("three") {
        pair.system(SystemCommand::Resolve { pool });
    }
}

fn resolve(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let pool = if rng.random_ratio(1, 20) { PoolId(5) } else { some_pool(pair, rng) };
    pair.system(SystemCommand::Resolve { pool });
}

/// An account of a pool that ends, or whose position is cash, where there is one.
fn of_ended(pair: &Pair, rng: &mut ChaCha8Rng) -> AccountId {
    let is_cash = |id: &AccountId| {
        let held = pair.naive.accounts[id.0 as usize].positions.keys();
        held.filter(|market| has_settled(pair, **market)).count() > 0
    };
    let is_ended = |id: &AccountId| pair.naive.pool_of(*id).stage != Stage::Open || is_cash(id);
    let ended: Vec<AccountId> = all(&pair.naive).into_iter().filter(is_ended).collect();
    ended.choose(rng).copied().unwrap_or_else(|| some_account(pair, rng))
}

/// Somebody takes what he has, or more, or hardly anything.
fn take_out(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = of_ended(pair, rng);
    let it = &pair.naive.accounts[account.0 as usize];
    let most = i64::try_from(pair.naive.withdrawable(account)).unwrap_or(1 << 60);
    let amount = match rng.random_range(0..12) {
        0 => 1,
        1 => OPENING_FEE,
        2 => OPENING_FEE + 1,
        3 => most.saturating_add(1),
        4..7 => most,
        7 => rng.random_range(1..100),
        _ => most / rng.random_range(2..9),
    };
    let (owner, pool) = (it.owner, it.pool);
    if rng.random_ratio(if pair.naive.pools.len() > 1 { 1 } else { 2 }, 3) {
        let nonce = ballast_types::Nonce(it.nonces.used.last().map_or(0, |highest| highest + 1));
        let (expires, amount) = (Millis(pair.time), Quote(amount));
        let withdraw = Withdraw { account, nonce, expires, asset: AssetId::USDC, amount, recipient: owner };
        pair.command(owner, UserCommand::Withdraw(withdraw));
        return;
    }
    let elsewhere: Vec<AccountId> = all(&pair.naive)
        .into_iter()
        .filter(|id| *id != account && pair.naive.accounts[id.0 as usize].owner == owner)
        .filter(|id| pair.naive.accounts[id.0 as usize].pool != pool || rng.random_ratio(1, 6))
        .collect();
    let to = elsewhere.choose(rng).copied().filter(|_| rng.random_ratio(2, 3));
    let to = to.unwrap_or(AccountId(NEW_ACCOUNT));
    let other = PoolId(1 - pool.0.min(1));
    let said = pair.naive.accounts.get(to.0 as usize).map(|it| it.pool);
    let said = said.unwrap_or_else(|| if rng.random_ratio(3, 4) { other } else { some_pool(pair, rng) });
    let is_new = to == AccountId(NEW_ACCOUNT);
    let amount = if is_new && rng.random_ratio(1, 3) { OPENING_FEE + rng.random_range(0..2) } else { amount };
    if pair.naive.accounts.len() < 24 || !is_new {
        transfers::send(pair, account, to, said, amount);
    }
}

/// Somebody pays in for an account, a new one or a fund.
fn pay_in(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = of_ended(pair, rng);
    let owner = pair.naive.accounts[account.0 as usize].owner;
    let amount = rng.random_range(1..20 * USDC);
    let fund = FUND_ACCOUNT - u32::from(some_pool(pair, rng).0);
    let may_open = pair.naive.accounts.len() < 24 || pair.naive.pools[0].stage != Stage::Open;
    let to = match rng.random_range(0..5) {
        0 => fund,
        1 if may_open => NEW_ACCOUNT,
        _ => account.0,
    };
    let takes = pair.naive.pool_of(account).stage == Stage::Open;
    if may_open || takes && to == account.0 {
        deposit(pair, owner, to, amount);
    }
}

/// One thing happens, mostly one that comes before an end.
pub(crate) fn begin_step(pair: &mut Pair, number: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number);
    match rng.random_range(0..20) {
        0..6 => trade(pair, rng),
        6 => minutes(pair, rng, 6),
        7 => pay_in(pair, rng),
        _ => inputs::step(pair, number),
    }
}

/// A market or a pool comes to its end, or nearly.
pub(crate) fn end(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    match rng.random_range(0..8) {
        0..3 => approach(pair, rng),
        3 => silence(pair, rng),
        _ => {
            ruin(pair, rng);
            (0..5).for_each(|_| inputs::act(pair, rng));
            overdue(pair, rng);
        }
    }
}

/// One thing happens, mostly one that has to do with ends.
pub(crate) fn step(pair: &mut Pair, number: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number);
    let has_ended = pair.naive.pools.iter().any(|pool| pool.stage != Stage::Open);
    match rng.random_range(0..100) {
        0..6 => trade(pair, rng),
        6 => minutes(pair, rng, 6),
        7 => ruin(pair, rng),
        8..10 => end(pair, rng),
        10..13 => settle(pair, rng),
        13..19 => cash(pair, rng),
        19..23 => lack_beside(pair, rng),
        23..28 => resolve(pair, rng),
        28..32 => overdue(pair, rng),
        32..36 => take_out(pair, rng),
        36..50 if has_ended => take_out(pair, rng),
        50..58 if has_ended => pay_in(pair, rng),
        58..64 => liquidate(pair, rng),
        64..70 => deleverage(pair, rng),
        70..73 => inputs::sweep(pair, rng),
        73 => restrict(pair, rng),
        74..76 => pass_over(pair, rng),
        _ => inputs::step(pair, number),
    }
}

/// So many rounds of lives in all settings; in each something is open, and then it ends.
fn lives(new: impl Fn(Setting) -> Pair, seed: u64, rounds: usize) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let settings = (0..rounds).flat_map(|_| settings());
    lives::lives(settings, new, begin, 1, |pair| {
        (0..20).for_each(|_| begin_step(pair, numbers.next_u64()));
        end(pair, &mut ChaCha8Rng::seed_from_u64(numbers.next_u64()));
        (0..60).for_each(|_| step(pair, numbers.next_u64()));
    })
}

/// The seed is always the same one: what must have happened is asked of it, but for a thing or two that are rare.
#[test]
fn a_life_that_ends_keeps_its_books() {
    let lives = lives(Pair::alone, 1, if crate::is_full() { 12 } else { 2 });
    let missing = missing(&lives, ALL);
    if crate::is_full() {
        assert!(10 * missing.len() < ALL.len(), "never happened: {missing:?}");
    }
}

#[test]
fn a_life_that_ends_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 12 } else { 2 });
}

/// The lots alone took an account past 2^60, before it paid for them what it gained: that is a bound broken on the way. It was
/// in the sixth round, in the setting with huge amounts.
#[test]
fn lots_that_broke_a_bound_before_they_were_paid_for_changed_hands_in_the_naive_exchange() {
    let lives = lives(Pair::new, 3_390_643_548_468_576_946, 6);
    let mut huge = lives.iter().skip(7).step_by(settings().len());
    assert!(huge.any(|life| life.seen.times("Overflow") > 0), "no bound was broken");
}
