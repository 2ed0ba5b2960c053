//! What leaves pools that are paced, and a settlement layer that lags: compared, what they did by name, and lives in
//! which they often do.

use ballast_naive::{Account, Exchange, Stage};
use ballast_state::{Pace, Pool, Queued, Rate, State, Trader, queue_index};
use ballast_types::{
    AccountId, AssetId, BatchIndex, Causes, Event, Input, L1Payload, MarketId, Outcome, PoolId, Ppm, Quote,
    RejectCode, Source, Status, SystemCommand, UserCommand, Withdraw,
    limits::{MAX_TICKETS, MIN_QUEUED, NEW_ACCOUNT, OPENING_FEE, SMALL_EXIT},
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    falls::{MARKETS, all, index_of, some_account},
    inputs::{self, USDC, deposit},
    lives::{self, missing},
    pair::{Pair, next_nonce},
    reports::all_report,
    settings::{Setting, guarded, huge, ladder, ordinary, paced, protected, siloed, tiny},
    silos::some_pool,
    transfers,
};

const HOUR: u64 = 3_600_000;

/// What paced lives are there to meet.
const ALL: &[&str] = &[
    "went at once",
    "a small exit",
    "WithdrawalQueued",
    "released",
    "released in part",
    "released in a price report",
    "released at a seal",
    "three were released with one input",
    "both pools released with one input",
    "a part of a quarter of a million",
    "a part as large as a bucket",
    "one who waits is passed by a small exit",
    "no more is missing than there is",
    "a small exit was too large for the day",
    "a small exit on the day of opening",
    "too little to wait",
    "a transfer came back",
    "a transfer was paced",
    "a transfer was paced as others wait",
    "a transfer left a paced pool",
    "released as L1 lagged",
    "the stage rose to 1",
    "the stage rose to 2",
    "the stage rose from 0 to 2",
    "the stage fell to 1",
    "the stage fell to 0",
    "lag asked for margin",
    "lag and something else asked for margin",
    "lag let open interest stand still",
    "lag let orders only shrink",
    "lag in a halt",
    "a batch was told before any was sealed",
    "all that was sealed was taken",
    "what was awaited was taken",
    "an older batch was told",
    "a batch that was never sealed was told",
];

fn wide(number: impl Into<i128>) -> i128 {
    number.into()
}

/// Compares what paces a pool, and what waits there.
pub(crate) fn compare_pool(fast: &State, id: PoolId, naive: &Exchange, input: &Input) {
    let pool: &Pool = fast.pools.get(u32::from(id.0)).expect("it exists");
    let (pacing, naive) = (&pool.pacing, &naive.pools[usize::from(id.0)].pacing);
    assert_eq!(pacing.pace.is_some(), naive.is_some(), "{id:?}");
    let Some(naive) = naive else { return };
    for (place, (fast, naive)) in (0..).zip(pacing.buckets.iter().zip(&naive.buckets)) {
        let whole = 2 * wide([HOUR, 24 * HOUR][place]);
        let told = (wide(fast.used.0) * whole + wide(fast.part), pacing.kept);
        assert_eq!(told, (naive.drained, naive.kept), "bucket {place} of {id:?} after {input:#?}");
    }
    let first = naive.queue.first().map_or(naive.next_ticket, |first| first.ticket);
    let told = (pacing.first, pacing.next, wide(pacing.queued.0));
    assert_eq!(told, (first, naive.next_ticket, naive.queued()), "queue of {id:?} after {input:#?}");
    for it in &naive.queue {
        let leaf = fast.queues.get(queue_index(id, it.ticket)).copied();
        let amount = Quote(i64::try_from(it.amount).expect("money"));
        let expected = Queued { account: it.account, recipient: it.recipient, amount };
        assert_eq!(leaf, Some(expected), "ticket {} of {id:?} after {input:#?}", it.ticket);
    }
}

/// Compares how far L1 lags.
pub(crate) fn compare_lag(fast: &State, naive: &Exchange, input: &Input) {
    let awaited = fast.chain.checkpoint.map(|it| (it.batch, it.sealed));
    let told = (fast.chain.posted_time, fast.chain.sealed_time, awaited, fast.chain.lag as u8);
    let expected = (naive.posted, naive.sealed, naive.checkpoint, naive.stage);
    assert_eq!(told, expected, "lag after {input:#?}");
}

/// Compares the day of an account's last small exit, and how many of its withdrawals wait.
pub(crate) fn compare_trader(fast: &Trader, naive: &Exchange, id: AccountId, input: &Input) {
    let waits = naive.pool_of(id).pacing.as_ref().map_or(0, |it| it.tickets_of(id));
    let told = (fast.exit_day.map(u64::from), u64::from(fast.tickets));
    let expected = (naive.accounts[id.0 as usize].small_exit, waits);
    assert_eq!(told, expected, "small exit and tickets of {id} after {input:#?}");
}

fn queued(naive: &Exchange) -> usize {
    naive.pools.iter().filter_map(|pool| pool.pacing.as_ref()).map(|pacing| pacing.queue.len()).sum()
}

/// Whether all that left is the work of a release: what was withdrawn and does not wait.
pub(crate) fn check(before: &Exchange, after: &Exchange, outcome: &Outcome, input: &Input) {
    let out = |naive: &Exchange| -> i128 {
        let waits = |pool: &ballast_naive::Pool| pool.pacing.as_ref().map_or(0, |it| it.queued());
        naive.pools.iter().map(|pool| pool.withdrawn - waits(pool)).sum()
    };
    let left = |event: &Event| match event {
        Event::Withdrawn { asset: AssetId::USDC, amount, .. } => wide(amount.0),
        _ => 0,
    };
    let told: i128 = outcome.events.iter().map(left).sum();
    assert_eq!(out(after) - out(before), told, "after {input:#?}");
}

/// What happened to what leaves, and to the stage, by name.
pub(crate) fn seen(
    before: &Exchange,
    after: &Exchange,
    input: &Input,
    outcome: &Outcome,
) -> Vec<&'static str> {
    if after.pools.iter().all(|pool| pool.pacing.is_none()) && !after.minds_lag {
        return Vec::new();
    }
    let mut names = released(before, after, input, &outcome.events);
    names.extend(kept_back(before, input, outcome));
    names.extend(asked(before, after, input, outcome));
    names.extend(lagged(before, after, outcome));
    names
}

fn released(before: &Exchange, after: &Exchange, input: &Input, events: &[Event]) -> Vec<&'static str> {
    let out: Vec<(AccountId, u64, i64)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Withdrawn { account, amount, ticket: Some(ticket), .. } => {
                Some((*account, *ticket, amount.0))
            }
            _ => None,
        })
        .collect();
    if out.is_empty() {
        return Vec::new();
    }
    let pool = |id: AccountId| &before.pools[usize::from(before.accounts[id.0 as usize].pool.0)];
    let waited = |(id, ticket, _): &(AccountId, u64, i64)| {
        let pacing = pool(*id).pacing.as_ref()?;
        pacing.queue.iter().find(|it| it.ticket == *ticket).map(|it| it.amount)
    };
    let in_part = |it: &&(AccountId, u64, i64)| waited(it).is_some_and(|waited| waited > wide(it.2));
    let ended = |(id, _, _): &(AccountId, u64, i64)| matches!(pool(*id).stage, Stage::Resolved(_));
    let of_pools: Vec<PoolId> = out.iter().map(|it| before.accounts[it.0.0 as usize].pool).collect();
    let facts = [
        (true, "released"),
        (out.iter().any(|it| in_part(&it)), "released in part"),
        (out.iter().filter(in_part).any(|it| it.2 == 250_000_000_000), "a part of a quarter of a million"),
        (out.iter().filter(in_part).any(|it| it.2 < 250_000_000_000), "a part as large as a bucket"),
        (matches!(input.source, Source::Publisher { .. }), "released in a price report"),
        (matches!(input.source, Source::System(_)), "released at a seal"),
        (out.len() >= 3, "three were released with one input"),
        (of_pools.first() != of_pools.last(), "both pools released with one input"),
        (out.iter().any(ended), "released after the pool was resolved"),
        (after.stage > 0, "released as L1 lagged"),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}

/// Who waits in a pool that may not pay him, and who was not let to wait.
fn kept_back(before: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    let waits = |pool: &ballast_naive::Pool| pool.pacing.as_ref().is_some_and(|it| !it.queue.is_empty());
    let may_not = |pool: &ballast_naive::Pool| {
        pool.stage == Stage::Open && pool.deficit > 0 || matches!(pool.stage, Stage::Settling(_))
    };
    let releases = matches!(input.source, Source::Publisher { .. }) && outcome.status == Status::Accepted;
    let is_kept = releases && before.pools.iter().any(|pool| waits(pool) && may_not(pool));
    names.extend(is_kept.then_some("nobody is released as the pool may not pay"));
    let (Source::User { command: UserCommand::Withdraw(it), .. }, Some(account)) =
        (&input.source, withdrawing(before, input))
    else {
        return names;
    };
    let pool = before.pool_of(it.account);
    if pool.pacing.is_none() {
        return names;
    }
    let code = match outcome.status {
        Status::Rejected(rejection) => Some((rejection.code, rejection.limit)),
        Status::Accepted => None,
    };
    let queues = matches!(outcome.events[..], [Event::WithdrawalQueued { .. }]);
    let is_kept = queues || code == Some((RejectCode::InvalidAmount, wide(MIN_QUEUED)));
    let today = Some(input.time.0 / (24 * HOUR));
    let may_be_small = it.amount.0 < SMALL_EXIT && account.positions.is_empty() && is_kept;
    let facts = [
        (code == Some((RejectCode::InvalidAmount, wide(MIN_QUEUED))), "too little to wait"),
        (code == Some((RejectCode::WithdrawalsFull, wide(MAX_TICKETS))), "an account has too many that wait"),
        (may_be_small && account.small_exit != today, "a small exit was too large for the day"),
    ];
    names.extend(facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)));
    names
}

/// The account that asks for a withdrawal, where it exists.
fn withdrawing<'a>(before: &'a Exchange, input: &Input) -> Option<&'a Account> {
    let Source::User { command: UserCommand::Withdraw(it), .. } = &input.source else { return None };
    before.accounts.get(it.account.0 as usize)
}

fn asked(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    let exit =
        |naive: &Exchange, id: AccountId| naive.accounts.get(id.0 as usize).and_then(|it| it.small_exit);
    let is_small = |id: AccountId| id.0 < NEW_ACCOUNT && exit(before, id) != exit(after, id);
    if before.accounts.len() < after.accounts.len() {
        let opened = after.accounts.last().is_some_and(|it| it.small_exit.is_some());
        names.extend(opened.then_some("a small exit on the day of opening"));
    }
    for event in &outcome.events {
        match event {
            Event::Withdrawn { account, asset: AssetId::USDC, ticket: None, .. } if is_small(*account) => {
                names.push("a small exit");
                names.extend((queued(before) > 0).then_some("one who waits is passed by a small exit"));
            }
            Event::Withdrawn { account, asset: AssetId::USDC, ticket: None, .. }
                if account.0 < NEW_ACCOUNT && after.pool_of(*account).pacing.is_some() =>
            {
                names.push("went at once");
            }
            Event::Transferred { account, pool, .. } if after.accounts[account.0 as usize].pool != *pool => {
                let is_paced = after.pool_of(*account).pacing.is_some();
                names.extend(is_paced.then_some("a transfer left a paced pool"));
                let missed = |naive: &Exchange| {
                    let it = naive.pools[usize::from(pool.0)].pacing.as_ref();
                    it.map_or(0, |it| it.buckets[0].drained)
                };
                names.extend((missed(before) > missed(after)).then_some("a transfer came back"));
            }
            _ => {}
        }
    }
    if let Status::Rejected(rejection) = outcome.status
        && rejection.code == RejectCode::WithdrawalPaced
    {
        let waits = rejection.limit == 0 && queued(before) > 0;
        names.push(if waits { "a transfer was paced as others wait" } else { "a transfer was paced" });
    }
    let is_asked = matches!(input.source, Source::User { command: UserCommand::Withdraw(_), .. });
    let is_over = before.pools.iter().any(|pool| {
        let buckets = pool.pacing.iter().flat_map(|it| &it.buckets);
        buckets.into_iter().any(|it| it.is_forgiven(pool.there()))
    });
    names.extend((is_asked && is_over).then_some("no more is missing than there is"));
    names
}

fn lagged(before: &Exchange, after: &Exchange, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    names.extend(match (before.stage, after.stage) {
        (0, 2) => vec!["the stage rose from 0 to 2", "the stage rose to 2"],
        (1, 2) => vec!["the stage rose to 2"],
        (0, 1) => vec!["the stage rose to 1"],
        (2, 1) => vec!["the stage fell to 1"],
        (1 | 2, 0) => vec!["the stage fell to 0"],
        _ => Vec::new(),
    });
    let posted = |event: &Event| matches!(event, Event::BatchPosted { .. });
    if outcome.events.iter().any(posted) && after.minds_lag {
        names.extend((before.batch == BatchIndex(1)).then_some("a batch was told before any was sealed"));
    }
    for event in &outcome.events {
        let Event::BatchPosted { index, .. } = event else { continue };
        let Some((awaited, _)) = before.checkpoint else { continue };
        names.push(match (after.checkpoint, *index < awaited) {
            (None, _) => "all that was sealed was taken",
            (_, false) => "what was awaited was taken",
            (_, true) => "an older batch was told",
        });
        names.extend((*index >= before.batch).then_some("a batch that was never sealed was told"));
    }
    for event in &outcome.events {
        match event {
            Event::ModeChanged { causes, .. } if causes.any_of(Causes::LAG) => {
                names.push("lag asked for margin");
                let others = Causes::VELOCITY.with(Causes::FEEDBACK);
                names.extend(causes.any_of(others).then_some("lag and something else asked for margin"));
                names.extend(causes.any_of(Causes::OUTAGE).then_some("lag in a halt"));
            }
            Event::OrderRemoved { market, reason: ballast_types::RemovalReason::OpenInterest, .. } => {
                let is_lagging = before.markets[usize::from(market.0)].causes.any_of(Causes::LAG);
                names.extend(is_lagging.then_some("lag let open interest stand still"));
            }
            Event::OperationRejected { rejection, .. } if rejection.code == RejectCode::MarketReduceOnly => {
                let market = usize::try_from(rejection.value).expect("a market");
                let is_stalled = before.markets[market].causes.any_of(Causes::STALLED);
                names.extend(is_stalled.then_some("lag let orders only shrink"));
            }
            _ => {}
        }
    }
    names
}

pub(crate) const fn pace(hour: (u32, i64), day: (u32, i64)) -> Pace {
    Pace {
        hour: Rate { share: Ppm(hour.0), floor: Quote(hour.1) },
        day: Rate { share: Ppm(day.0), floor: Quote(day.1) },
    }
}

/// Pools of every kind, in which the settlement layer lags or does not count.
pub(crate) fn settings() -> [Setting; 6] {
    let usual = pace((50_000, 50_000 * USDC), (250_000, 100_000 * USDC));
    let rich = pace((500_000, 250_000 * USDC), (1_000_000, 2_000_000 * USDC));
    let few = pace((123_457, 10 * USDC), (345_679, 20 * USDC));
    let least = pace((1, USDC), (1, USDC));
    let most = pace((1_000_000, 1 << 60), (999_999, 1 << 59));
    [
        paced(ladder(), [usual, usual], true),
        paced(siloed(protected(ladder(), 20_000 * USDC), 20_000 * USDC), [rich, usual], true),
        paced(siloed(ordinary(), 0), [few, few], true),
        paced(guarded(ladder(), [true, true]), [rich, rich], true),
        paced(huge(), [most, most], false),
        paced(siloed(tiny(), 0), [least, few], true),
    ]
}

pub(crate) fn begin(pair: &mut Pair) {
    inputs::begin(pair);
    let scale = i64::try_from(pair.setting.scale).expect("small");
    let pools = u16::try_from(pair.naive.pools.len()).expect("at most 16");
    for account in all(&pair.naive) {
        let owner = pair.naive.accounts[account.0 as usize].owner;
        deposit(pair, owner, account.0, 4_000 * USDC * scale);
        for pool in 1..pools {
            let amount = 1_000 * USDC * scale + OPENING_FEE;
            transfers::send(pair, account, AccountId(NEW_ACCOUNT), PoolId(pool), amount);
        }
    }
}

/// An account withdraws, of what its pool lets out and of what it has.
fn withdraw(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = some_account(pair, rng);
    let may = i64::try_from(pair.naive.withdrawable(account)).unwrap_or(1 << 60).min(1 << 60);
    let amount = match rng.random_range(0..8) {
        0 => USDC,
        1 => may,
        2 => may / 2,
        3 => 5_000 * USDC - rng.random_range(0..2),
        4 => rng.random_range(0..5_000 * USDC),
        _ => rng.random_range(0..=may.max(1)) / [1, 3, 10].choose(rng).expect("three"),
    };
    take(pair, account, amount.max(USDC));
}

fn take(pair: &mut Pair, account: AccountId, amount: i64) {
    let (owner, nonce, expires) = next_nonce(&pair.naive, pair.time, account);
    let (amount, recipient) = (Quote(amount), owner);
    pair.command(
        owner,
        UserCommand::Withdraw(Withdraw { account, nonce, expires, asset: AssetId::USDC, amount, recipient }),
    );
}

/// Money from pool to pool.
fn move_on(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = some_account(pair, rng);
    let (owner, pool) = {
        let it = &pair.naive.accounts[account.0 as usize];
        (it.owner, it.pool)
    };
    let is_sibling = |id: &AccountId| {
        let it = &pair.naive.accounts[id.0 as usize];
        it.owner == owner && it.pool != pool
    };
    let siblings: Vec<AccountId> = all(&pair.naive).into_iter().filter(is_sibling).collect();
    let Some(to) = siblings.choose(rng).copied() else { return };
    let may = i64::try_from(pair.naive.withdrawable(account)).unwrap_or(1 << 60).min(1 << 60);
    let amount = (may / [1, 2, 10, 100].choose(rng).expect("four")).max(1);
    let pool = pair.naive.accounts[to.0 as usize].pool;
    transfers::send(pair, account, to, pool, amount);
}

fn seal(pair: &mut Pair) {
    drop(pair.system(SystemCommand::SealBatch { index: pair.naive.batch }));
}

/// L1 took a batch, mostly one of the last that were sealed, or says so of one that never was. When does not matter.
fn post(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let l1_time = rng.random_range(0..2 * pair.time / 1_000);
    let newest = pair.naive.batch.0 - 1;
    let awaited = pair.naive.checkpoint.map_or(newest, |(batch, _)| batch.0);
    let index = match rng.random_range(0..12) {
        0 => rng.random_range(0..=newest + 5),
        1 => newest + 1,
        2..4 => newest.saturating_sub(rng.random_range(0..4)),
        4..7 => awaited,
        7 => awaited.saturating_sub(1),
        _ => newest,
    };
    let (index, batch_hash) = (BatchIndex(index), Default::default());
    let payload = L1Payload::BatchPosted { index, batch_hash, l1_block: 5, prevrandao: Default::default() };
    pair.l1_at(pair.naive.l1_messages, l1_time, payload);
}

fn confirm(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    for market in MARKETS {
        if rng.random_ratio(7, 8) {
            all_report(pair, market, index_of(&pair.naive, market));
        }
    }
}

/// Time passes at which publishers speak, or do not.
fn wait(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let most = [10_000, 400_000, 2_000_000, 4_000_000, 100_000_000].choose(rng).expect("five");
    pair.time += rng.random_range(0..*most);
    for _ in 0..rng.random_range(0..3) {
        confirm(pair, rng);
        pair.time += rng.random_range(0..5_000);
    }
}

/// One thing happens, or one that has to do with what leaves.
pub(crate) fn step(pair: &mut Pair, number: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number);
    match rng.random_range(0..100) {
        0..20 => (0..rng.random_range(1..4)).for_each(|_| withdraw(pair, rng)),
        20..26 => move_on(pair, rng),
        26..30 => post(pair, rng),
        30..33 => {
            seal(pair);
            pair.time += rng.random_range(0..600_000);
            post(pair, rng);
        }
        33..42 => wait(pair, rng),
        42..48 => confirm(pair, rng),
        48..51 => pair.time += rng.random_range(0..2_000_000),
        51..54 => seal(pair),
        54..58 => {
            let pool = some_pool(pair, rng);
            let of_pool = |id: &AccountId| pair.naive.accounts[id.0 as usize].pool == pool;
            let of_pool: Vec<AccountId> = all(&pair.naive).into_iter().filter(of_pool).collect();
            let Some(account) = of_pool.choose(rng).copied() else { return };
            let owner = pair.naive.accounts[account.0 as usize].owner;
            let scale = i64::try_from(pair.setting.scale).expect("small");
            deposit(pair, owner, account.0, rng.random_range(1..1_000 * USDC) * scale);
        }
        _ => inputs::step(pair, number),
    }
}

fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    lives::lives(settings(), new, begin, steps, |pair| step(pair, numbers.next_u64()))
}

/// The seed is always the same one: what must have happened is asked of it, but for a thing or two that are rare.
#[test]
fn a_paced_life_keeps_its_books() {
    let missing = missing(&lives(Pair::alone, 1, if crate::is_full() { 2_000 } else { 400 }), ALL);
    if crate::is_full() {
        assert!(8 * missing.len() < ALL.len(), "never happened: {missing:?}");
    }
}

#[test]
fn a_paced_life_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 2_000 } else { 400 });
}

/// Of 72 withdrawals that wait one input lets out 64, the next the others. An account has sixteen of them, and no more.
#[test]
fn no_more_than_64_are_released_with_one_input() {
    let all_of_it = pace((1_000_000, 2 * USDC), (1_000_000, 2 * USDC));
    let mut pair = Pair::new(paced(ordinary(), [all_of_it, all_of_it], true));
    inputs::begin(&mut pair);
    for account in 0..5 {
        let owner = pair.naive.accounts[account as usize].owner;
        deposit(&mut pair, owner, account, 10_000 * USDC);
    }
    // What the buckets hold is let out, and then nothing for an hour.
    let held = i64::try_from(pair.naive.pools[0].held()).expect("money");
    deposit(&mut pair, inputs::owner(0), 0, held);
    take(&mut pair, AccountId(0), held);
    for number in 0..72 {
        pair.time += 1;
        let account = AccountId(if number < 70 { number % 5 } else { 0 });
        take(&mut pair, account, 100 * USDC + i64::from(number));
    }
    assert_eq!(queued(&pair.naive), 72);
    take(&mut pair, AccountId(0), 100 * USDC);
    assert_eq!(queued(&pair.naive), 72);
    assert_eq!(pair.seen.times("an account has too many that wait"), 1);
    pair.time += 40 * 24 * HOUR;
    all_report(&mut pair, MarketId(0), 1_000);
    assert_eq!(queued(&pair.naive), 0);
    assert_eq!(pair.seen.times("three were released with one input"), 2);
}
