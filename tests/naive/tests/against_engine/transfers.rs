//! Random transfers between accounts, most of which may be, and deposits for funds and accounts of several pools.

use ballast_types::{
    AccountId, Nonce, PoolId, Quote, Transfer, UserCommand,
    limits::{FUND_ACCOUNT, NEW_ACCOUNT, OPENING_FEE},
};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    falls::{all, gap, some_account},
    inputs::{self, USDC, deposit},
    pair::Pair,
    silos::some_pool,
};

/// How many accounts there may be before no more are opened on purpose.
const MOST_ACCOUNTS: usize = 24;

fn pool_of(pair: &Pair, account: AccountId) -> PoolId {
    pair.naive.accounts.get(account.0 as usize).map_or(PoolId(0), |account| account.pool)
}

fn most(pair: &Pair, account: AccountId) -> i64 {
    let most = pair.naive.accounts.get(account.0 as usize).map_or(0, |_| pair.naive.withdrawable(account));
    i64::try_from(most).unwrap_or(1 << 60)
}

/// Other accounts of the same owner.
fn siblings(pair: &Pair, account: AccountId) -> Vec<AccountId> {
    let owner = |id: AccountId| pair.naive.accounts.get(id.0 as usize).map(|account| account.owner);
    all(&pair.naive).into_iter().filter(|id| *id != account && owner(*id) == owner(account)).collect()
}

/// Who is paid, and the pool that is said with it.
fn receiver(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId) -> (AccountId, PoolId) {
    let may_open = pair.naive.accounts.len() < MOST_ACCOUNTS;
    let to = match rng.random_range(0..40) {
        0..3 if may_open => AccountId(NEW_ACCOUNT),
        3 => account,
        4 => AccountId(77),
        5 => AccountId(FUND_ACCOUNT),
        6..8 => some_account(pair, rng),
        _ => siblings(pair, account).choose(rng).copied().unwrap_or_else(|| some_account(pair, rng)),
    };
    let pools = u16::try_from(pair.naive.pools.len()).expect("at most 16");
    let pool = match rng.random_range(0..24) {
        0..2 => PoolId(rng.random_range(0..pools + 2)),
        _ if to == AccountId(NEW_ACCOUNT) => some_pool(pair, rng),
        _ => pool_of(pair, to),
    };
    (to, pool)
}

fn amount(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId) -> i64 {
    let most = most(pair, account);
    match rng.random_range(0..30) {
        0 => 0,
        1 => -7,
        2 => 1,
        3 => OPENING_FEE - 1,
        4 => OPENING_FEE,
        5 => 1 << 60,
        6 => (1 << 60) + 1,
        7..12 => most,
        12..15 => most.saturating_add(1),
        15..24 => most / 2,
        _ => rng.random_range(1..30 * USDC) * i64::try_from(pair.setting.scale).expect("small"),
    }
}

pub(crate) fn transfer(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = inputs::account(pair, rng);
    let signer = inputs::signer(pair, rng, account);
    let (nonce, expires) = inputs::form(pair, rng, signer, account);
    let (to, pool) = receiver(pair, rng, account);
    let amount = Quote(amount(pair, rng, account));
    pair.command(signer, UserCommand::Transfer(Transfer { account, nonce, expires, to, pool, amount }));
}

/// So many that whatever may speak against one of them does.
pub(crate) fn play(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    (0..600).for_each(|_| transfer(pair, rng));
}

/// So much goes from an account to another, as its owner wants.
pub(crate) fn send(pair: &mut Pair, account: AccountId, to: AccountId, pool: PoolId, amount: i64) {
    let it = &pair.naive.accounts[account.0 as usize];
    let (owner, nonce) = (it.owner, Nonce(it.nonces.used.last().map_or(0, |highest| highest + 1)));
    let (expires, amount) = (ballast_types::Millis(pair.time), Quote(amount));
    pair.command(owner, UserCommand::Transfer(Transfer { account, nonce, expires, to, pool, amount }));
}

/// Everybody takes out of a pool what he may, after its price has moved far.
pub(crate) fn flee(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    if rng.random_ratio(2, 3) {
        gap(pair, rng);
    }
    let from = some_pool(pair, rng);
    for account in all(&pair.naive).into_iter().filter(|id| pool_of(pair, *id) == from).collect::<Vec<_>>() {
        let elsewhere: Vec<AccountId> = siblings(pair, account)
            .into_iter()
            .filter(|id| rng.random_ratio(1, 8) || pool_of(pair, *id) != from)
            .collect();
        let Some(to) = elsewhere.choose(rng).copied() else { continue };
        let amount = most(pair, account).saturating_add(i64::from(rng.random_ratio(1, 3)));
        let pool = pool_of(pair, to);
        send(pair, account, to, pool, amount);
    }
}

/// Those in a pool who have little get something from the same owner, or from L1.
pub(crate) fn support(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let pool = some_pool(pair, rng);
    let scale = i64::try_from(pair.setting.scale).expect("small");
    for to in all(&pair.naive).into_iter().filter(|id| pool_of(pair, *id) == pool).collect::<Vec<_>>() {
        let has_enough = pair.naive.margin(to).equity > i128::from(40 * USDC * scale);
        if has_enough && rng.random_ratio(5, 6) {
            continue;
        }
        let richest = siblings(pair, to).into_iter().max_by_key(|id| most(pair, *id));
        match richest.filter(|_| rng.random()) {
            Some(account) => {
                let amount = most(pair, account) / 2;
                send(pair, account, to, pool, amount);
            }
            None => {
                let owner = pair.naive.accounts[to.0 as usize].owner;
                deposit(pair, owner, to.0, rng.random_range(1..100 * USDC) * scale);
            }
        }
    }
}

/// A gift to the fund of some pool, now and then of one that there is not, which opens an account.
pub(crate) fn endow(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let scale = i64::try_from(pair.setting.scale).expect("small");
    let may_open = pair.naive.accounts.len() < MOST_ACCOUNTS;
    let pool = if may_open && rng.random_ratio(1, 12) {
        PoolId(u16::try_from(pair.naive.pools.len()).expect("at most 16"))
    } else {
        some_pool(pair, rng)
    };
    let owner = inputs::owner(rng.random_range(0..4));
    deposit(pair, owner, FUND_ACCOUNT - u32::from(pool.0), rng.random_range(1..40 * USDC) * scale);
}
