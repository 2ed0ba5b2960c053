//! Lives in which owners force what they ask for through L1, and leave.

use ballast_naive::Stage;
use ballast_types::{
    AccountId, Address, AssetId, ForcedRequest, GuardianCommand, L1Payload, MarketId, MarketMode, Millis,
    Operation, Outcome, Quote, Restrict, Side, Status, SystemCommand, TimeInForce,
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    batches, endings,
    exiting::{ALL, others},
    falls::{
        MARKETS, aim, all, gap, index_of, lacking, lever, limit, quote, some_account, some_trader, thin,
        turning_point,
    },
    inputs::{self, USDC, owner},
    ladder::liquidate,
    lives::{self, missing},
    paced,
    pair::Pair,
    reports::{all_report, calm, tell},
    settings::{BACKSTOP, Setting, batching, guarded, huge, ladder, protected, siloed, strict, tiny},
    stress,
};

/// Who asks, mostly the owner, and who is to be paid, mostly somebody.
fn ask(
    pair: &mut Pair,
    rng: &mut ChaCha8Rng,
    request: ForcedRequest,
    account: AccountId,
    amount: i64,
) -> Outcome {
    let owned = pair.naive.accounts.get(account.0 as usize).map_or(owner(0), |it| it.owner);
    let sender = if rng.random_ratio(1, 10) { owner(rng.random_range(0..4)) } else { owned };
    let recipient = if rng.random_ratio(1, 12) { Address::ZERO } else { owner(rng.random_range(0..4)) };
    let index = pair.naive.l1_messages + u64::from(rng.random_ratio(1, 40));
    let asset = if rng.random_ratio(1, 4) { AssetId(rng.random_range(1..5)) } else { AssetId::USDC };
    let amount = Quote(amount);
    pair.l1(index, L1Payload::Forced { request, sender, account, recipient, asset, amount })
}

/// A request of any kind for any account.
fn any_request(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = if rng.random_ratio(1, 20) { AccountId(77) } else { some_account(pair, rng) };
    let most = pair.naive.accounts.get(account.0 as usize).map_or(0, |_| pair.naive.withdrawable(account));
    let most = i64::try_from(most).unwrap_or(1 << 60);
    let amount = match rng.random_range(0..12) {
        0 => *[0, -1, i64::MIN, USDC - 1, (1 << 60) + 1].choose(rng).expect("five"),
        1 => USDC,
        2..5 => 1 << 60,
        5 => most,
        6 => most.saturating_add(1),
        7 => most / 3,
        _ => rng.random_range(USDC..1_000 * USDC),
    };
    let request = match rng.random_range(0..10) {
        0..2 => ForcedRequest::CancelAll,
        2..7 => ForcedRequest::Withdraw,
        7 => ForcedRequest::Exit,
        _ => ForcedRequest::Liquidate,
    };
    let lacks = lacking(&pair.naive).choose(rng).copied().filter(|_| request == ForcedRequest::Liquidate);
    let account = lacks.filter(|_| rng.random_ratio(3, 4)).unwrap_or(account);
    ask(pair, rng, request, account, amount);
}

/// An account with a position, mostly, and where.
fn some_held(pair: &Pair, rng: &mut ChaCha8Rng) -> Option<(AccountId, MarketId)> {
    let held: Vec<(AccountId, MarketId)> = all(&pair.naive)
        .into_iter()
        .flat_map(|id| pair.naive.accounts[id.0 as usize].positions.keys().map(move |market| (id, *market)))
        .collect();
    held.choose(rng).copied()
}

fn exiting(pair: &Pair) -> Vec<AccountId> {
    let exits = |id: &AccountId| pair.naive.accounts[id.0 as usize].exit.is_some();
    all(&pair.naive).into_iter().filter(exits).collect()
}

/// The account is named as it should be, in a market.
fn close(pair: &mut Pair, account: AccountId, market: MarketId) -> Outcome {
    let holders = others(&pair.naive, account, market);
    pair.system(SystemCommand::Exit { account, market, holders })
}

/// Somebody who exits is named, or somebody else, with a list that is right, or wrong in one place.
fn close_any(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let mut account = exiting(pair).choose(rng).copied().unwrap_or_else(|| some_account(pair, rng));
    let held: Vec<MarketId> = pair.naive.accounts[account.0 as usize].positions.keys().copied().collect();
    let mut market = held.choose(rng).copied().unwrap_or(MARKETS[rng.random_range(0..2)]);
    let mut holders = others(&pair.naive, account, market);
    let any = some_account(pair, rng);
    match rng.random_range(0..30) {
        0 => drop(holders.pop()),
        1 => {
            holders.push(any);
            holders.sort();
            holders.dedup();
        }
        2 => holders.reverse(),
        3 => holders.push(AccountId(77)),
        4 => holders.clear(),
        5 => holders = (0..961).map(AccountId).collect(),
        6 => holders.push(account),
        7 => account = AccountId(77),
        8 => account = any,
        9 => market = MarketId(rng.random_range(0..5)),
        _ => {}
    }
    pair.system(SystemCommand::Exit { account, market, holders });
}

/// What is due is dealt with.
fn serve(pair: &mut Pair) {
    for _ in 0..30 {
        pair.naive.time = Millis(pair.time);
        let Some(place) = pair.naive.exit_due() else { return };
        let market = u16::try_from(place).map(MarketId).ok();
        let is_due = |id: &AccountId| {
            let it = &pair.naive.accounts[id.0 as usize];
            market.map_or(it.positions.is_empty(), |market| it.positions.contains_key(&market))
        };
        let due: Vec<AccountId> = exiting(pair).into_iter().filter(is_due).collect();
        let close = |account: &AccountId| close(pair, *account, market.unwrap_or(MARKETS[0])).status;
        if !due.iter().map(close).any(|status| status == Status::Accepted) {
            return;
        }
    }
}

/// Somebody with a position leaves, while something happens to him, to his market or to its book.
fn leave(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let Some((account, market)) = some_held(pair, rng) else { return lever(pair, rng) };
    before_leaving(pair, rng, account, market);
    ask(pair, rng, ForcedRequest::Exit, account, 0);
    match rng.random_range(0..8) {
        0 => drop(pair.system(SystemCommand::Liquidate { account })),
        1 => gap(pair, rng),
        2 => {
            let owner = pair.naive.accounts[account.0 as usize].owner;
            inputs::deposit(pair, owner, account.0, USDC);
        }
        3 => pair.time += rng.random_range(0..8_000),
        _ => {}
    }
    match rng.random_range(0..4) {
        0 => {}
        1 => thin(pair, rng, account, market),
        _ => meet(pair, rng, account, market),
    }
    if rng.random_ratio(2, 3) && pair.naive.markets[usize::from(market.0)].settled.is_none() {
        all_report(pair, market, index_of(&pair.naive, market));
    }
    close(pair, account, market);
    if rng.random_ratio(3, 4) {
        serve(pair);
    }
}

fn before_leaving(pair: &mut Pair, rng: &mut ChaCha8Rng, account: AccountId, market: MarketId) {
    let index = index_of(&pair.naive, market);
    match rng.random_range(0..10) {
        0 => aim(pair, rng),
        1 => {
            let mode =
                *[MarketMode::Batches, MarketMode::ReduceOnly, MarketMode::Halt].choose(rng).expect("three");
            let (time, until) = (Millis(pair.time), Millis(pair.time + rng.random_range(0..9_000)));
            pair.guardian(
                pair.naive.guardian,
                GuardianCommand::Restrict(Restrict { market, mode, until, time }),
            );
            drop(pair.system(SystemCommand::Liquidate { account }));
        }
        2 => {
            quote(pair, rng);
            inputs::operate(pair, rng);
        }
        3 => liquidate(pair, rng),
        4..8 => tell(pair, &calm(&pair.naive, pair.time, market, index.max(1))),
        _ => {}
    }
}

/// Somebody lacks margin where orders wait, and leaves while part of his position waits to be closed.
fn leave_lacking(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let Some((account, market)) = some_held(pair, rng) else { return };
    let (wanted, home) = (rng.random_range(40..100), pair.setting.prices[usize::from(market.0)]);
    let Ok((below, _)) = turning_point(pair, account, market, wanted, home.div_ceil(2)..home * 2) else {
        return;
    };
    if rng.random() {
        quote(pair, rng);
    }
    tell(pair, &calm(&pair.naive, pair.time, market, below));
    let (time, until) = (Millis(pair.time), Millis(pair.time + 60_000));
    let (mode, by_exit) = (MarketMode::Batches, rng.random());
    if rng.random_ratio(4, 5) {
        pair.guardian(pair.naive.guardian, GuardianCommand::Restrict(Restrict { market, mode, until, time }));
    }
    if by_exit {
        ask(pair, rng, ForcedRequest::Exit, account, 0);
    }
    ask(pair, rng, ForcedRequest::Liquidate, account, 0);
    pair.system(SystemCommand::Liquidate { account });
    if rng.random_ratio(1, 4) {
        pair.time += rng.random_range(900..1_100);
        pair.system(SystemCommand::Clear { market });
    }
    ask(pair, rng, ForcedRequest::Exit, account, 0);
    close(pair, account, market);
}

/// Somebody leaves a pool that ends, where one does.
fn leave_ended(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let is_ended = |id: &AccountId| pair.naive.pool_of(*id).stage != Stage::Open;
    let ended: Vec<AccountId> = all(&pair.naive).into_iter().filter(is_ended).collect();
    let account = ended.choose(rng).copied().unwrap_or_else(|| some_account(pair, rng));
    let request = if rng.random_ratio(3, 4) { ForcedRequest::Exit } else { ForcedRequest::Withdraw };
    ask(pair, rng, request, account, 1 << 60);
}

/// Orders so near to the price that who leaves meets them.
fn meet(pair: &mut Pair, rng: &mut ChaCha8Rng, account: AccountId, market: MarketId) {
    let index = index_of(&pair.naive, market);
    let held = pair.naive.accounts[account.0 as usize].positions.get(&market).map_or(0, |it| it.size);
    let side = if held > 0 { Side::Buy } else { Side::Sell };
    for _ in 0..rng.random_range(1..4) {
        let away = index * rng.random_range(0..25) / 1_000;
        let price = if side == Side::Buy { index - away } else { index + away };
        let size = u64::try_from(held.abs()).expect("at most 2^46") / rng.random_range(1..5) + 1;
        let order = limit(side, price.max(1), size, TimeInForce::Gtc);
        let maker = some_trader(pair, rng, market);
        pair.operate(maker, vec![Operation::Place { market, order }]);
    }
}

/// Who has nothing gets something.
fn come_back(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    serve(pair);
    let scale = i64::try_from(pair.setting.scale).expect("small");
    for account in all(&pair.naive) {
        let it = &pair.naive.accounts[account.0 as usize];
        let is_poor = pair.naive.margin(account).equity < i128::from(USDC * scale);
        if is_poor && pair.naive.pool_of(account).stage == Stage::Open {
            let owner = it.owner;
            inputs::deposit(pair, owner, account.0, rng.random_range(1..200) * USDC * scale);
        }
    }
}

/// The backstops have something.
fn back(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let scale = i64::try_from(pair.setting.scale).expect("small");
    for backstop in pair.naive.pools.iter().filter_map(|pool| pool.backstop).collect::<Vec<_>>() {
        inputs::deposit(pair, BACKSTOP, backstop.0, rng.random_range(1..60) * USDC * scale);
    }
}

/// One thing that has to do with requests and exits.
fn act(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    match rng.random_range(0..20) {
        0..5 => any_request(pair, rng),
        5..9 => close_any(pair, rng),
        9..12 => serve(pair),
        12..15 => leave(pair, rng),
        15 => leave_lacking(pair, rng),
        16 => leave_ended(pair, rng),
        17 => (0..3).for_each(|_| lever(pair, rng)),
        18 if rng.random() => back(pair, rng),
        18 => come_back(pair, rng),
        _ => {
            pair.time += rng.random_range(0..1_200);
            for market in MARKETS {
                all_report(pair, market, index_of(&pair.naive, market).max(1));
            }
            batches::clear_if_due(pair, rng);
        }
    }
}

/// Such a thing, or mostly another.
pub(crate) fn step(pair: &mut Pair, number: u64, other: impl Fn(&mut Pair, u64)) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number ^ 0x6578_6974);
    if rng.random_ratio(1, 4) { act(pair, rng) } else { other(pair, number) }
}

/// Lives on the ladder, near the bounds and of a tick or two; such as are paced; under stress; and such as end.
fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let plain = [
        ladder(),
        protected(ladder(), 20_000 * USDC),
        siloed(protected(ladder(), 0), 0),
        protected(strict(batching(ladder(), [0, 1_000])), 1 << 60),
        huge(),
        tiny(),
    ];
    let mut all = lives::lives(plain, &new, inputs::begin, steps, |pair| {
        step(pair, numbers.next_u64(), inputs::step);
    });
    all.extend(lives::lives(paced::settings(), &new, paced::begin, steps, |pair| {
        step(pair, numbers.next_u64(), paced::step);
    }));
    let stressed =
        [protected(guarded(ladder(), [true, true]), 20_000 * USDC), guarded(ladder(), [true, false])];
    let under_stress = |pair: &mut Pair, number| stress::step(pair, &mut ChaCha8Rng::seed_from_u64(number));
    all.extend(lives::lives(stressed, &new, inputs::begin, steps / 3, |pair| {
        step(pair, numbers.next_u64(), under_stress);
    }));
    all.extend(lives::lives(endings::settings(), &new, endings::begin, 1, |pair| {
        (0..20).for_each(|_| step(pair, numbers.next_u64(), endings::begin_step));
        endings::end(pair, &mut ChaCha8Rng::seed_from_u64(numbers.next_u64()));
        (0..steps / 3).for_each(|_| step(pair, numbers.next_u64(), endings::step));
    }));
    all
}

/// The seed is always the same one: what must have happened is asked of it, but for a thing or two that are rare.
#[test]
fn a_life_with_exits_keeps_its_books() {
    let missing = missing(&lives(Pair::alone, 1, if crate::is_full() { 2_000 } else { 200 }), ALL);
    if crate::is_full() {
        assert!(10 * missing.len() < ALL.len(), "never happened: {missing:?}");
    }
}

#[test]
fn a_life_with_exits_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 2_000 } else { 200 });
}
