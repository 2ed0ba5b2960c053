//! Random inputs that make sense often enough for everything to happen. Each follows from one number and from the
//! exchange as it is, so a stream is a list of numbers, which a shrinking test can shorten.

use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, GrantSession, L1Payload, MarketId, Millis, Nonce,
    Operation, Operations, OrderId, Quote, RevokeSession, SystemCommand, UserCommand, Withdraw,
    command::scope, limits::NEW_ACCOUNT,
};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    batches, ladder, orders,
    pair::Pair,
    reports::{self, all_report},
    squeeze::{press, squeeze},
    waiting,
};

pub(crate) const USDC: i64 = 1_000_000;
const MOST_ACCOUNTS: usize = 7;

pub(crate) fn owner(n: usize) -> Address {
    Address::repeat_byte(u8::try_from(n % 4 + 1).expect("small"))
}

fn scale(pair: &Pair) -> i64 {
    i64::try_from(pair.setting.scale).expect("small")
}

fn session_key(n: u8) -> Address {
    Address::repeat_byte(100 + n)
}

/// An exchange with prices, and accounts of which some have one owner.
pub(crate) fn begin(pair: &mut Pair) {
    for n in 0..MOST_ACCOUNTS - 1 {
        let amount = (100 * USDC + 7) * scale(pair);
        deposit(pair, owner(n), NEW_ACCOUNT, amount);
    }
    for (market, price) in (0..).map(MarketId).zip(pair.setting.prices) {
        all_report(pair, market, price);
    }
}

/// Time passes, and one thing happens.
pub(crate) fn step(pair: &mut Pair, number: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number);
    pass_time(pair, rng);
    act(pair, rng);
}

/// One thing that happens.
pub(crate) fn act(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    batches::clear_if_due(pair, rng);
    batches::reopen_seldom(pair, rng);
    if ladder::act_seldom(pair, rng) {
        return;
    }
    match rng.random_range(0..100) {
        0..55 => operate(pair, rng),
        55..62 => waiting::fire(pair, rng),
        62..71 => reports::some(pair, rng),
        71..74 => squeeze(pair, rng),
        74..78 => press(pair, rng),
        78..81 => reports::odd(pair, rng),
        81..84 => random_deposit(pair, rng),
        84..87 => withdraw(pair, rng),
        87..91 => {
            let many = rng.random_ratio(1, 40);
            (0..if many { 20 } else { 1 }).for_each(|_| grant(pair, rng));
        }
        91..93 => revoke(pair, rng),
        93..95 => sweep(pair, rng),
        95 => seal(pair, rng),
        96 => batches::restrict(pair, rng),
        97..98 => posted(pair, rng),
        _ => say_again(pair, rng),
    }
}

fn pass_time(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    pair.time += match rng.random_range(0..1_000) {
        0..400 => 0,
        400..960 => rng.random_range(0..300),
        960..996 => rng.random_range(300..6_000),
        996..998 => rng.random_range(6_000..90_000),
        998 => rng.random_range(0..20_000_000),
        _ if rng.random() => rng.random_range(0..100_000_000),
        _ => rng.random_range(0..1_500_000_000),
    };
}

/// An account, now and then one that does not exist.
pub(crate) fn account(pair: &Pair, rng: &mut ChaCha8Rng) -> AccountId {
    let all = pair.naive.accounts.len();
    AccountId(if rng.random_ratio(1, 300) {
        77
    } else {
        u32::try_from(rng.random_range(0..all)).expect("few")
    })
}

/// Mostly the owner, else a session key of the account, or anybody.
pub(crate) fn signer(pair: &Pair, rng: &mut ChaCha8Rng, id: AccountId) -> Address {
    let Some(account) = pair.naive.accounts.get(id.0 as usize) else { return owner(0) };
    let keys: Vec<Address> = account.sessions.keys().copied().collect();
    match rng.random_range(0..100) {
        0..70 => account.owner,
        70..96 => keys.choose(rng).copied().unwrap_or(account.owner),
        96..98 => session_key(rng.random_range(0..12)),
        98 => owner(rng.random_range(0..4)),
        _ => Address::ZERO,
    }
}

/// A nonce that is mostly fresh, and a time at which the command mostly has not expired.
pub(crate) fn form(pair: &Pair, rng: &mut ChaCha8Rng, signer: Address, id: AccountId) -> (Nonce, Millis) {
    let highest = pair.naive.accounts.get(id.0 as usize).and_then(|account| {
        let nonces = account.sessions.get(&signer).map_or(&account.nonces, |session| &session.nonces);
        nonces.used.last().copied()
    });
    let next = highest.map_or_else(|| rng.random_range(0..2), |highest| highest + 1);
    let nonce = match rng.random_range(0..200) {
        0 => next + (1 << 32) + rng.random_range(0..2) - 1,
        1..3 => next.saturating_sub(rng.random_range(1_020..1_028)),
        3..6 => next.saturating_sub(rng.random_range(0..1_030)),
        6..30 => next + rng.random_range(0..90),
        _ => next,
    };
    let expires = match rng.random_range(0..300) {
        0 => pair.time - 1,
        1 => pair.time,
        2 => pair.time + 86_400_000,
        3 => pair.time + 86_400_001,
        _ => pair.time + 1_000,
    };
    (Nonce(nonce), Millis(expires))
}

pub(crate) fn operate(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = account(pair, rng);
    let signer = signer(pair, rng, account);
    let (nonce, expires) = form(pair, rng, signer, account);
    let steps = match rng.random_range(0..400) {
        0 => 0,
        1 => 101,
        2..4 => 100,
        _ => rng.random_range(1..5),
    };
    let mut operations: Vec<Operation> = Vec::new();
    if rng.random_ratio(1, 4) {
        operations = waiting::bracket(pair, rng, account);
    }
    if rng.random_ratio(1, 200) {
        operations = waiting::many(pair, rng, account);
    }
    while operations.len() < steps {
        operations.push(if rng.random_ratio(1, 5) {
            waiting::operation(pair, rng, account, &operations)
        } else {
            orders::operation(pair, rng, account, signer)
        });
    }
    let atomic = rng.random_ratio(1, 4);
    say(pair, signer, UserCommand::Operations(Operations { account, nonce, expires, atomic, operations }));
}

fn say(pair: &mut Pair, signer: Address, command: UserCommand) {
    pair.command(signer, command);
}

fn say_again(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    if let Some((signer, command)) = pair.said.choose(rng).cloned() {
        say(pair, signer, command);
    }
}

pub(crate) fn withdraw(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = account(pair, rng);
    let signer = signer(pair, rng, account);
    let (nonce, expires) = form(pair, rng, signer, account);
    let most = pair.naive.accounts.get(account.0 as usize).map_or(0, |_| pair.naive.withdrawable(account));
    let most = i64::try_from(most).unwrap_or(1 << 60);
    let amount = Quote(match rng.random_range(0..20) {
        0 => USDC - 1,
        1 => (1 << 60) + 1,
        2 => 1 << 60,
        3 => -5,
        4..10 => most,
        10..13 => most.saturating_add(1),
        _ => most / 3,
    });
    let recipient = if rng.random_ratio(1, 8) { Address::ZERO } else { owner(2) };
    let asset = AssetId::USDC;
    say(pair, signer, UserCommand::Withdraw(Withdraw { account, nonce, expires, asset, amount, recipient }));
}

fn grant(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = if rng.random_ratio(2, 3) { AccountId(1) } else { account(pair, rng) };
    let signer = signer(pair, rng, account);
    let (nonce, expires) = form(pair, rng, signer, account);
    let key = match rng.random_range(0..40) {
        0 => Address::ZERO,
        1 => owner(account.0 as usize),
        _ => session_key(rng.random_range(0..20)),
    };
    let valid_until = Millis(match rng.random_range(0..20) {
        0 => pair.time - 1,
        1 => u64::MAX,
        2..8 => pair.time + rng.random_range(0..3_000),
        _ => pair.time + rng.random_range(0..400_000_000),
    });
    let scope = if rng.random_ratio(1, 3) { rng.random_range(0..6) } else { scope::ALL };
    let grant = GrantSession { account, nonce, expires, key, valid_until, scope };
    say(pair, signer, UserCommand::GrantSession(grant));
}

fn revoke(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = if rng.random_ratio(2, 3) { AccountId(1) } else { account(pair, rng) };
    let signer = signer(pair, rng, account);
    let (nonce, expires) = form(pair, rng, signer, account);
    let sessions = pair.naive.accounts.get(account.0 as usize).map(|account| &account.sessions);
    let keys: Vec<Address> = sessions.into_iter().flat_map(|sessions| sessions.keys().copied()).collect();
    let key = match rng.random_range(0..4) {
        0 => session_key(rng.random_range(0..12)),
        1 => signer,
        _ => keys.choose(rng).copied().unwrap_or(signer),
    };
    say(pair, signer, UserCommand::RevokeSession(RevokeSession { account, nonce, expires, key }));
}

pub(crate) fn deposit(pair: &mut Pair, owner: Address, account: u32, amount: i64) {
    let (asset, account, amount) = (AssetId(0), AccountId(account), Quote(amount));
    pair.l1(pair.naive.l1_messages, L1Payload::Deposit { asset, owner, account, amount });
}

fn random_deposit(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = account(pair, rng);
    let theirs = pair.naive.accounts.get(account.0 as usize).map_or(owner(0), |account| account.owner);
    let backstops = pair.naive.pools.iter().filter(|pool| pool.backstop.is_some()).count();
    let room = pair.naive.accounts.len() < MOST_ACCOUNTS + backstops;
    let owner = if room && rng.random_ratio(1, 6) { owner(rng.random_range(0..4)) } else { theirs };
    let account = if !room && account.0 == 77 { AccountId(0) } else { account };
    let owner = if room { owner } else { pair.naive.accounts[account.0 as usize].owner };
    let amount = Quote(match rng.random_range(0..40) {
        0 => 0,
        1 => -1,
        2 => (1 << 60) + 1,
        3 if room => 1 << 60,
        _ => rng.random_range(1..60 * USDC) * scale(pair) / 2 + 1,
    });
    let asset = AssetId(if rng.random_ratio(1, 12) { 9 } else { 0 });
    let index = pair.naive.l1_messages + u64::from(rng.random_ratio(1, 12));
    pair.l1(index, L1Payload::Deposit { asset, owner, account, amount });
}

fn posted(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let payload = L1Payload::BatchPosted {
        index: BatchIndex(rng.random_range(0..5)),
        batch_hash: B256::repeat_byte(9),
        l1_block: 5,
        prevrandao: Default::default(),
    };
    pair.l1(pair.naive.l1_messages, payload);
}

fn seal(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let wrong = u64::from(rng.random_ratio(1, 10));
    pair.system(SystemCommand::SealBatch { index: BatchIndex(pair.naive.batch.0 + wrong) });
}

/// Names orders of every market, at their end or not, some twice, and some that do not exist.
pub(crate) fn sweep(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let mut orders: Vec<(MarketId, OrderId)> = Vec::new();
    for (id, market) in (0..).map(MarketId).zip(&pair.naive.markets) {
        orders.extend(market.orders.iter().filter(|_| rng.random_ratio(1, 2)).map(|order| (id, order.id)));
    }
    if rng.random_ratio(1, 3) {
        orders.push((MarketId(rng.random_range(0..5)), OrderId(rng.random_range(0..1 << 24))));
        orders.extend_from_within(..1);
    }
    let most = if rng.random_ratio(1, 10) { 257 } else { 256 };
    if most > 256 && !orders.is_empty() {
        orders = orders.iter().copied().cycle().take(most).collect();
    }
    orders.truncate(most);
    pair.system(SystemCommand::Sweep { orders });
}
