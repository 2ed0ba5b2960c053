//! Assets beside USDC: three that every exchange lists, deposits and withdrawals of them, and that they agree.

use ballast_naive::Exchange;
use ballast_state::State;
use ballast_types::{
    AccountId, Address, AssetId, AssetParams, Collateral, Event, Input, L1Payload, MarketId, Millis, Outcome,
    Ppm, Quote, Source, Status, Units, UserCommand, Withdraw,
    limits::{FUND_ACCOUNT, NEW_ACCOUNT},
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    endings, exits, inputs,
    lives::{self, missing},
    pair::{Pair, next_nonce},
    settings::{Setting, huge, ladder, ordinary, protected, siloed},
};

/// The least of each that may be withdrawn.
const MINIMA: [u64; 3] = [1_000, 1, 10];
/// Accounts above which no more are opened in kind, so that others are named often enough.
const MOST_ACCOUNTS: usize = 12;

/// What lives with other assets are there to meet.
const ALL: &[&str] = &[
    "a deposit in kind",
    "a deposit in kind opened an account",
    "a deposit in kind to a stranger",
    "a deposit in kind to another pool",
    "a deposit in kind to a fund",
    "a deposit in kind went back",
    "a deposit in kind: UnknownAsset",
    "a deposit in kind: InvalidAmount",
    "a deposit in kind: Overflow",
    "a withdrawal in kind",
    "a withdrawal in kind of the last of it",
    "a withdrawal in kind beside a position",
    "a withdrawal in kind: UnknownAsset",
    "a withdrawal in kind: InvalidAmount",
    "a withdrawal in kind: InsufficientFunds",
    "a withdrawal in kind: InvalidRecipient",
    "an exit with something in kind",
];

/// What the second is margin for: three units are a lot of the first market, of whose worth nearly all days count in the beginning.
const FIRST: Collateral = Collateral {
    market: MarketId(0),
    units_per_lot: Units(3),
    haircut: Ppm(100_001),
    size_factor: Ppm(37),
    since: Millis(1_700_000_000_000 - 27 * 86_400_000),
    most: Quote(1 << 59),
    total: Units((1 << 59) + 3_000_000),
};
/// What the third is margin for, where the second market is of the first pool: nothing on the first day, and never for
/// more than 60,000 USDC; what is large counts for much less.
const SECOND: Collateral = Collateral {
    market: MarketId(1),
    units_per_lot: Units(7),
    haircut: Ppm(50_003),
    size_factor: Ppm(1_009),
    since: Millis(1_700_000_000_000 + 86_400_000),
    most: Quote(60_000_000_000),
    total: Units(1 << 59),
};

/// What each asset is margin for, if it is.
fn terms(setting: &Setting) -> [Option<Collateral>; 3] {
    [None, Some(FIRST), setting.silo.is_none().then_some(SECOND)]
}

/// The assets of every exchange that is compared.
pub(crate) fn listed(setting: &Setting) -> Vec<AssetParams> {
    let params = |((symbol, minimum), collateral): ((&str, u64), Option<Collateral>)| AssetParams {
        symbol: symbol.into(),
        minimum: Units(minimum),
        collateral,
    };
    ["ETH", "WBTC", "PAXG"].into_iter().zip(MINIMA).zip(terms(setting)).map(params).collect()
}

/// The same exchange with these assets.
pub(crate) fn naive(naive: Exchange, setting: &Setting) -> Exchange {
    MINIMA.into_iter().zip(terms(setting)).fold(naive, |naive, (minimum, terms)| match terms {
        Some(terms) => naive.with_collateral(minimum, terms),
        None => naive.with_asset(minimum),
    })
}

/// Compares what is in custody, and what accounts hold.
pub(crate) fn compare(state: &State, naive: &Exchange, input: &Input) {
    let custody: Vec<_> = state
        .chain
        .custody
        .iter()
        .map(|it| (i128::from(it.credited.0), i128::from(it.withdrawn.0)))
        .collect();
    let expected: Vec<_> = naive.assets.iter().map(|it| (it.credited, it.withdrawn)).collect();
    assert_eq!(custody, expected, "custody after {input:#?}");
    for (id, account) in (0..).zip(&naive.accounts) {
        let fast = state.accounts.get(id).expect("it exists");
        let held: Vec<_> =
            fast.holdings.iter().map(|holding| (holding.asset, i128::from(holding.amount.0))).collect();
        let expected: Vec<_> = account.holdings.iter().map(|(asset, units)| (*asset, *units)).collect();
        assert_eq!(held, expected, "holdings of {id} after {input:#?}");
        let counted = naive.margin(AccountId(id)).counted;
        let backing = ballast_engine::backing_of(state, fast);
        let told = [backing.value, backing.initial, backing.live];
        assert_eq!(told, [counted.value, counted.initial, counted.live], "margin of {id} after {input:#?}");
    }
    for (id, it) in (0..).zip(&naive.markets) {
        let market = state.markets.get(id).expect("it is listed");
        let told =
            [i128::from(market.hour_average.0), market.haircut.0.into(), market.haircut_initial.0.into()];
        let expected = [it.hour_average, it.haircuts.0, it.haircuts.1];
        assert_eq!(told, expected, "what is valued by market {id} after {input:#?}");
    }
}

/// Nothing is made or lost: of each asset accounts hold what came and did not leave.
pub(crate) fn check(naive: &Exchange, input: &Input) {
    for (number, asset) in (1..).zip(&naive.assets) {
        let held = naive.accounts.iter().filter_map(|account| account.holdings.get(&AssetId(number)));
        assert_eq!(held.sum::<i128>(), asset.credited - asset.withdrawn, "asset {number} after {input:#?}");
    }
}

/// What an input did in kind, by name.
pub(crate) fn seen(old: &Exchange, input: &Input, outcome: &Outcome) -> Vec<String> {
    let mut all = Vec::new();
    let refused = |what: &str| match outcome.status {
        Status::Rejected(rejection) => Some(format!("{what}: {:?}", rejection.code)),
        Status::Accepted => None,
    };
    match &input.source {
        Source::L1(message) => {
            if let L1Payload::Deposit { asset, account, owner, .. } = &message.payload
                && *asset != AssetId::USDC
            {
                all.extend(refused("a deposit in kind"));
                all.extend(deposited(old, *account, *owner, outcome).into_iter().map(str::to_owned));
            }
        }
        Source::User { command: UserCommand::Withdraw(command), .. } if command.asset != AssetId::USDC => {
            all.extend(refused("a withdrawal in kind"));
            if outcome.status == Status::Accepted {
                let account = &old.accounts[command.account.0 as usize];
                let held = account.holdings[&command.asset];
                all.push("a withdrawal in kind".into());
                let is_last = held == i128::from(command.amount.0);
                all.extend(is_last.then(|| "a withdrawal in kind of the last of it".into()));
                let is_open = !account.positions.is_empty();
                all.extend(is_open.then(|| "a withdrawal in kind beside a position".into()));
            }
        }
        _ => {}
    }
    let ends = outcome.events.iter().any(|event| matches!(event, Event::ExitEnded { .. }));
    let in_kind = |event: &Event| matches!(event, Event::Withdrawn { asset, .. } if *asset != AssetId::USDC);
    all.extend((ends && outcome.events.iter().any(in_kind)).then(|| "an exit with something in kind".into()));
    all
}

fn deposited(old: &Exchange, named: AccountId, owner: Address, outcome: &Outcome) -> Vec<&'static str> {
    match outcome.events.first() {
        Some(Event::Deposited { opened: false, .. }) => vec!["a deposit in kind"],
        Some(Event::Deposited { opened: true, .. }) => {
            let named_one = old.accounts.get(named.0 as usize);
            let stranger = named_one.is_some_and(|account| account.owner != owner);
            let elsewhere = named_one.is_some_and(|account| account.owner == owner && account.pool.0 > 0);
            let fund = named.0 < NEW_ACCOUNT && named.0 > FUND_ACCOUNT - 4;
            let names = [
                (true, "a deposit in kind opened an account"),
                (stranger, "a deposit in kind to a stranger"),
                (elsewhere, "a deposit in kind to another pool"),
                (fund, "a deposit in kind to a fund"),
            ];
            names.into_iter().filter(|(is_so, _)| *is_so).map(|(_, name)| name).collect()
        }
        Some(Event::Withdrawn { .. }) => vec!["a deposit in kind went back"],
        _ => Vec::new(),
    }
}

/// One of those that are listed, and now and then another.
fn asset(rng: &mut ChaCha8Rng) -> AssetId {
    AssetId(match rng.random_range(0..24) {
        0 => 4,
        1 => u16::MAX,
        n => 1 + n % 3,
    })
}

fn deposit(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let asset = asset(rng);
    let all = pair.naive.accounts.len();
    let account = u32::try_from(rng.random_range(0..all)).expect("few");
    let owned = pair.naive.accounts[account as usize].owner;
    let may_open = all < MOST_ACCOUNTS;
    let (owner, account) = match rng.random_range(0..16) {
        0 if may_open => (inputs::owner(rng.random_range(0..4)), NEW_ACCOUNT),
        1 if may_open => (inputs::owner(rng.random_range(0..4)), account),
        2 if may_open => (owned, FUND_ACCOUNT - rng.random_range(0..3)),
        3 if may_open => (owned, 77),
        // Of an account of another pool it is opened in the first one.
        _ if may_open || pair.naive.accounts[account as usize].pool.0 == 0 => (owned, account),
        _ => return,
    };
    let amount = match rng.random_range(0..20) {
        0 => *[0, -1, i64::MIN, (1 << 60) + 1].choose(rng).expect("four"),
        1 => 1 << 59,
        2..6 => rng.random_range(1..1_000),
        _ => rng.random_range(1_000..1_000_000),
    };
    let account = AccountId(account);
    pair.l1(pair.naive.l1_messages, L1Payload::Deposit { asset, owner, account, amount: Quote(amount) });
}

fn withdraw(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let holds = |id: &usize| !pair.naive.accounts[*id].holdings.is_empty();
    let holders: Vec<usize> = (0..pair.naive.accounts.len()).filter(holds).collect();
    let Some(account) = holders.choose(rng).copied() else { return };
    let asset = asset(rng);
    let held = pair.naive.accounts[account].holdings.get(&asset).copied().unwrap_or_default();
    let held = i64::try_from(held).expect("at most 2^60");
    let amount = match rng.random_range(0..12) {
        0 => *[0, -1, i64::MIN, (1 << 60) + 1].choose(rng).expect("four"),
        1..4 => held,
        4 => held + 1,
        5 => rng.random_range(1..1_001),
        _ => rng.random_range(0..=held.max(1)),
    };
    let account = AccountId(u32::try_from(account).expect("few"));
    let (owner, nonce, expires) = next_nonce(&pair.naive, pair.time, account);
    let signer = if rng.random_ratio(1, 30) { inputs::owner(rng.random_range(0..4)) } else { owner };
    let recipient = if rng.random_ratio(1, 12) { Address::ZERO } else { inputs::owner(2) };
    let withdraw = Withdraw { account, nonce, expires, asset, amount: Quote(amount), recipient };
    pair.command(signer, UserCommand::Withdraw(withdraw));
}

/// Something in kind, or mostly another thing.
pub(crate) fn step(pair: &mut Pair, number: u64, other: impl Fn(&mut Pair, u64)) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number ^ 0x6b69_6e64);
    match rng.random_range(0..12) {
        0..2 => deposit(pair, rng),
        2 => withdraw(pair, rng),
        _ => other(pair, number),
    }
}

/// Ordinary lives, near the bounds, with a silo, with exits, and such as end.
fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let settings = [ordinary(), huge(), siloed(protected(ladder(), 0), 0)];
    let mut all = lives::lives(settings, &new, inputs::begin, steps, |pair| {
        step(pair, numbers.next_u64(), |pair, number| exits::step(pair, number, inputs::step));
    });
    all.extend(lives::lives(endings::settings(), &new, endings::begin, 1, |pair| {
        (0..20).for_each(|_| step(pair, numbers.next_u64(), endings::begin_step));
        endings::end(pair, &mut ChaCha8Rng::seed_from_u64(numbers.next_u64()));
        (0..steps / 3).for_each(|_| {
            step(pair, numbers.next_u64(), |pair, number| exits::step(pair, number, endings::step));
        });
    }));
    all
}

/// The seed is always the same one: what must have happened is asked of it.
#[test]
fn a_life_with_other_assets_meets_what_it_should() {
    let missing = missing(&lives(Pair::alone, 1, 1_500), ALL);
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

#[test]
fn a_life_with_other_assets_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 3_000 } else { 300 });
}
