//! Exchanges of several pools: what no input may do, what was done, by name, and lives in which one is a silo.

use std::collections::BTreeSet;

use ballast_engine::Listing;
use ballast_naive::{Account, Exchange, Pool, Position};
use ballast_state::Pace;
use ballast_types::{
    AccountId, Address, Event, Input, L1Payload, MarketId, Outcome, PoolId, RejectCode, Source, Status,
    SystemCommand, UserCommand,
    event::Cover,
    limits::{NEW_ACCOUNT, OPENING_FEE},
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    falls::all,
    inputs::{self, USDC, deposit},
    lives::{self, missing},
    pair::{GUARDIAN, Pair},
    settings::{Setting, guarded, huge, ladder, ordinary, protected, siloed},
    stress, transfers,
};

/// What lives with a silo are there to meet.
const ALL: &[&str] = &[
    "Transferred",
    "an account was opened by a transfer",
    "money came to a silo",
    "money left a silo",
    "money went on within a pool",
    "a transfer to one who lacks margin",
    "a transfer into a pool with a deficit",
    "what the pool held bound a transfer",
    "a transfer: InvalidAmount",
    "a transfer: InvalidRecipient",
    "a transfer: UnknownAccount",
    "a transfer: ForeignAccount",
    "a transfer: UnknownPool",
    "a transfer: OutOfScope",
    "a transfer: StalePrice",
    "a transfer: InvalidOracle",
    "a transfer: UncertainOracle",
    "a transfer: PoolInDeficit",
    "a transfer: InsufficientFunds",
    "a transfer of a backstop that holds something",
    "an order in a market of another pool",
    "a deposit to an account of a silo",
    "a deposit to the fund of a silo",
    "a deposit to the fund of no pool",
    "a liquidation in a silo",
    "a takeover in a silo",
    "a tear-up in a silo",
    "a deficit of a silo alone",
    "a deficit beside a silo without one",
    "the deficit of a silo was made good",
];

/// Markets as the engine lists them.
pub(crate) fn listings(setting: &Setting) -> Vec<Listing> {
    let listing = |(params, pool)| Listing { params, pool };
    setting.markets.iter().cloned().zip(setting.pools_of_markets()).map(listing).collect()
}

/// The naive exchange of a setting.
pub(crate) fn naive(publishers: Vec<Address>, setting: &Setting) -> Exchange {
    let (quorum, markets) = (setting.publishers.1, setting.markets.clone());
    let pools: Vec<_> = setting.pools().iter().map(|pool| (pool.backstop, pool.fund_target)).collect();
    let mut naive = Exchange::genesis(publishers, quorum, GUARDIAN, pools[0], markets);
    if setting.silo.is_some() {
        naive = naive.in_pools(&pools, &setting.pools_of_markets());
    }
    for (id, pool) in (0..).map(PoolId).zip(setting.pools()) {
        if let Some(Pace { hour, day }) = pool.pacing {
            naive = naive.paced(id, [hour, day].map(|rate| (rate.share.0, rate.floor)));
        }
    }
    if setting.settlement_lag {
        naive = naive.minding_lag();
    }
    if setting.peg_guard { naive.minding_peg() } else { naive }
}

fn pool_of(naive: &Exchange, id: AccountId) -> Option<PoolId> {
    naive.accounts.get(id.0 as usize).map(|account| account.pool)
}

fn pool_at(naive: &Exchange, id: MarketId) -> Option<PoolId> {
    naive.markets.get(usize::from(id.0)).map(|market| market.pool)
}

/// Any pool; no number is used up where there is one.
pub(crate) fn some_pool(pair: &Pair, rng: &mut ChaCha8Rng) -> PoolId {
    let count = u16::try_from(pair.naive.pools.len()).expect("at most 16");
    PoolId(if count > 1 { rng.random_range(0..count) } else { 0 })
}

/// A market of the account's pool in place of one that is not, mostly.
pub(crate) fn reachable(pair: &Pair, rng: &mut ChaCha8Rng, account: AccountId, drawn: MarketId) -> MarketId {
    let (of_account, of_market) = (pool_of(&pair.naive, account), pool_at(&pair.naive, drawn));
    if of_account.is_none() || of_market.is_none() || of_account == of_market || rng.random_ratio(1, 20) {
        return drawn;
    }
    MarketId(u16::from(of_account == Some(PoolId(1))))
}

/// An account of the market's pool in place of one that is not.
pub(crate) fn trader(pair: &Pair, rng: &mut ChaCha8Rng, drawn: AccountId, market: MarketId) -> AccountId {
    let pool = pool_at(&pair.naive, market);
    if pool_of(&pair.naive, drawn) == pool {
        return drawn;
    }
    let of_pool: Vec<AccountId> =
        all(&pair.naive).into_iter().filter(|id| pool_of(&pair.naive, *id) == pool).collect();
    of_pool.choose(rng).copied().unwrap_or(drawn)
}

/// What of an account is on L1.
fn owned(account: &Account) -> (Address, PoolId, i128, Vec<(MarketId, i128, i128)>) {
    let position = |(market, it): (&MarketId, &Position)| (*market, it.size, it.funding);
    (account.owner, account.pool, account.cash, account.positions.iter().map(position).collect())
}

/// What of a pool is money.
fn ledger(pool: &Pool) -> [i128; 6] {
    [pool.credited, pool.withdrawn, pool.transferred, pool.fees, pool.fund(), pool.deficit]
}

/// Pools in which something is owned by others than before, or more or less.
fn touched(before: &Exchange, after: &Exchange) -> BTreeSet<PoolId> {
    let accounts = (0..)
        .zip(&after.accounts)
        .filter(|(id, it): &(usize, _)| before.accounts.get(*id).is_none_or(|was| owned(was) != owned(it)));
    let pools = (0..).map(PoolId).zip(after.pools.iter().zip(&before.pools));
    let pools = pools.filter(|(_, (is, was))| ledger(is) != ledger(was)).map(|(id, _)| id);
    accounts.map(|(_, account)| account.pool).chain(pools).collect()
}

/// Whether pools stayed alone: INV-19 and INV-62.
pub(crate) fn check(before: &Exchange, after: &Exchange, input: &Input) {
    let is_transfer = matches!(&input.source, Source::User { command: UserCommand::Transfer(_), .. });
    let fires = matches!(input.source, Source::System(SystemCommand::Fire { .. }));
    let touched = touched(before, after);
    assert!(touched.len() < 2 || is_transfer || fires, "{touched:?} changed with {input:#?}");
    let crosses = matches!(
        &input.source,
        Source::User { command: UserCommand::Transfer(_) | UserCommand::Withdraw(_), .. }
            | Source::L1(_)
            | Source::System(SystemCommand::Exit { .. })
    );
    for (is, was) in after.pools.iter().zip(&before.pools) {
        assert!(is.held() >= 0, "{is:?} after {input:#?}");
        assert!(crosses || is.held() == was.held(), "{was:?} to {is:?} after {input:#?}");
    }
    let held = |naive: &Exchange| -> i128 { naive.pools.iter().map(Pool::held).sum() };
    assert!(!is_transfer || held(before) == held(after), "money appeared or went with {input:#?}");
    assert_eq!(after.pools.iter().map(|pool| pool.transferred).sum::<i128>(), 0, "after {input:#?}");
    for account in &after.accounts {
        let mut traded = account.positions.keys().chain(account.leverages.keys());
        let conditionals = account.conditionals.values().map(|it| it.market);
        assert!(traded.all(|id| pool_at(after, *id) == Some(account.pool)), "after {input:#?}");
        assert!(conditionals.into_iter().all(|id| pool_at(after, id) == Some(account.pool)));
    }
    for market in &after.markets {
        let is_alien = |id| pool_of(after, id) != Some(market.pool);
        assert!(!market.orders.iter().any(|order| is_alien(order.account)), "after {input:#?}");
    }
    for (was, is) in before.accounts.iter().zip(&after.accounts) {
        assert_eq!((was.owner, was.pool), (is.owner, is.pool), "after {input:#?}");
    }
}

/// What has to do with several pools, by name.
pub(crate) fn seen(before: &Exchange, after: &Exchange, input: &Input, outcome: &Outcome) -> Vec<String> {
    if after.pools.len() < 2 {
        return Vec::new();
    }
    let old = Exchange { time: input.time, ..before.clone() };
    let mut names: Vec<&str> = outcome.events.iter().filter_map(|event| told(&old, event)).collect();
    let deficits = after.pools.iter().map(|pool| pool.deficit > 0).collect::<Vec<_>>();
    names.extend((deficits == [false, true]).then_some("a deficit of a silo alone"));
    names.extend((deficits == [true, false]).then_some("a deficit beside a silo without one"));
    if after.pools[1].deficit < before.pools[1].deficit {
        names.push("the deficit of a silo was made good");
    }
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    match &input.source {
        Source::User { command: UserCommand::Transfer(command), .. } => {
            let Status::Rejected(rejection) = outcome.status else { return names };
            names.push(format!("a transfer: {:?}", rejection.code));
            let is_short = rejection.code == RejectCode::InsufficientFunds;
            if is_short && rejection.limit < old.withdrawable(command.account) {
                let pool = old.pool_of(command.account);
                let holds = pool.backstop == Some(command.account)
                    && !old.accounts[command.account.0 as usize].positions.is_empty();
                names.push(if holds {
                    "a transfer of a backstop that holds something".to_owned()
                } else {
                    "what the pool held bound a transfer".to_owned()
                });
            }
        }
        Source::L1(message) => {
            if let L1Payload::Deposit { account, .. } = message.payload
                && matches!(outcome.events[..], [Event::Deposited { opened: true, .. }])
                && account.0 < NEW_ACCOUNT
                && account.0 > NEW_ACCOUNT - 100
            {
                names.push("a deposit to the fund of no pool".to_owned());
            }
        }
        _ => {}
    }
    names
}

fn told(old: &Exchange, event: &Event) -> Option<&'static str> {
    let is_silo = |id| pool_of(old, id) == Some(PoolId(1));
    match *event {
        Event::Transferred { fee, .. } if fee.0 > 0 => Some("an account was opened by a transfer"),
        Event::Transferred { to, .. } if lacks(old, to) => Some("a transfer to one who lacks margin"),
        Event::Transferred { pool, .. } if old.pools[usize::from(pool.0)].deficit > 0 => {
            Some("a transfer into a pool with a deficit")
        }
        Event::Transferred { account, pool, .. } => match (pool_of(old, account), pool) {
            (Some(PoolId(0)), PoolId(1)) => Some("money came to a silo"),
            (Some(PoolId(1)), PoolId(0)) => Some("money left a silo"),
            _ => Some("money went on within a pool"),
        },
        Event::OperationRejected { rejection, .. }
            if rejection.code == RejectCode::UnknownMarket && rejection.value < rejection.limit =>
        {
            Some("an order in a market of another pool")
        }
        Event::Deposited { account, opened: false, .. } if is_silo(account) => {
            Some("a deposit to an account of a silo")
        }
        Event::FundDeposited { pool: PoolId(1), .. } => Some("a deposit to the fund of a silo"),
        Event::Liquidated { account, .. } if is_silo(account) => Some("a liquidation in a silo"),
        Event::TakenOver { account, .. } if is_silo(account) => Some("a takeover in a silo"),
        Event::Deleveraged { account, .. } if is_silo(account) => Some("a tear-up in a silo"),
        Event::DeficitCovered { account, by: Cover::Fund, .. } if is_silo(account) => {
            Some("the fund of a silo covered")
        }
        _ => None,
    }
}

fn lacks(naive: &Exchange, id: AccountId) -> bool {
    let margin = naive.margin(id);
    margin.equity < margin.maintenance
}

/// Exchanges of which one market is a silo, with what stands behind both pools or without.
pub(crate) fn settings() -> [Setting; 6] {
    [
        siloed(ordinary(), 0),
        siloed(huge(), 0),
        siloed(ladder(), 0),
        siloed(protected(ladder(), 1 << 60), 0),
        siloed(protected(ladder(), 0), 20_000 * USDC),
        siloed(protected(guarded(ladder(), [true, true]), 20_000 * USDC), 1 << 60),
    ]
}

/// Every owner has accounts in both pools.
pub(crate) fn begin(pair: &mut Pair) {
    inputs::begin(pair);
    let scale = i64::try_from(pair.setting.scale).expect("small");
    for account in all(&pair.naive) {
        let owner = pair.naive.accounts[account.0 as usize].owner;
        deposit(pair, owner, account.0, 120 * USDC * scale);
        let amount = 100 * USDC * scale + OPENING_FEE;
        transfers::send(pair, account, AccountId(NEW_ACCOUNT), PoolId(1), amount);
    }
}

/// One thing happens, or one that has to do with pools.
pub(crate) fn step(pair: &mut Pair, number: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number);
    match rng.random_range(0..100) {
        0..14 => (0..2).for_each(|_| transfers::transfer(pair, rng)),
        14..17 => transfers::flee(pair, rng),
        17..20 => transfers::support(pair, rng),
        20..22 => transfers::endow(pair, rng),
        22..30 if pair.setting.markets[0].circuit_breakers => stress::step(pair, rng),
        _ => inputs::step(pair, number),
    }
}

fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    lives::lives(settings(), new, begin, steps, |pair| step(pair, numbers.next_u64()))
}

/// The seed is always the same one: what must have happened is asked of it, but for a thing or two that are rare.
#[test]
fn a_life_with_a_silo_keeps_its_books() {
    let lives = lives(Pair::alone, 1, if crate::is_full() { 1_500 } else { 300 });
    let missing = missing(&lives, ALL);
    if crate::is_full() {
        assert!(5 * missing.len() < ALL.len(), "never happened: {missing:?}");
    }
}

#[test]
fn a_life_with_a_silo_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 1_500 } else { 300 });
}
