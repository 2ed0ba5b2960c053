//! Assets as margin: accounts that are levered on them, owe, sell, and want them back.

use ballast_naive::Exchange;
use ballast_types::{
    AccountId, AssetId, Event, ForcedRequest, Input, L1Payload, Outcome, Quote, RejectCode, Source, Status,
    SystemCommand, UserCommand, Withdraw,
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    custody::{self, TERMS},
    endings, exits,
    falls::{MARKETS, gap, index_of, lacking, lever},
    inputs, ladder,
    lives::{self, missing},
    pair::{Pair, next_nonce},
    reports::all_report,
    settings::{BACKSTOP, Setting, following, ladder as on_the_ladder, ordinary, protected},
};

/// The asset that is margin.
const ASSET: AssetId = AssetId(2);
const USDC: i64 = 1_000_000;

/// What lives on other margin are there to meet.
const ALL: &[&str] = &[
    "a sale",
    "a sale above maintenance margin",
    "a sale below maintenance margin",
    "a sale in part",
    "a sale that paid all",
    "a liquidation withheld by doubt",
    "a withdrawal kept as margin",
    "a forced withdrawal cut by margin",
    "a withdrawal at a price not known",
    "an exit that sold",
    "an exit that left something behind",
    "more than may be held went back",
    "a resolution with debts",
    "a debtor paid after the resolution",
    "an average was told",
    "a haircut was told",
];

/// What an input did with margin of other assets, by name.
pub(crate) fn seen(old: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut name = |holds: bool, name| names.extend(holds.then_some(name));
    let exits = outcome.events.iter().any(|event| matches!(event, Event::ExitEnded { .. }));
    for event in &outcome.events {
        match event {
            Event::CollateralSold { account, proceeds, .. } => {
                let margin = old.margin(*account);
                let is_below = margin.equity < margin.maintenance;
                name(true, "a sale");
                name(!is_below, "a sale above maintenance margin");
                name(is_below, "a sale below maintenance margin");
                let is_all = i128::from(proceeds.0) >= margin.debt();
                name(is_all, "a sale that paid all");
                name(!is_all, "a sale in part");
                name(exits, "an exit that sold");
            }
            Event::ExitEnded { account, .. } => {
                let held = old.accounts[account.0 as usize].holdings.get(&ASSET).copied().unwrap_or_default();
                let left = |event: &Event| match event {
                    Event::Withdrawn { asset: ASSET, amount, .. } => i128::from(amount.0),
                    Event::CollateralSold { amount, .. } => i128::from(amount.0),
                    _ => 0,
                };
                let flat = old.accounts[account.0 as usize].positions.is_empty();
                let gone: i128 = outcome.events.iter().map(left).sum();
                name(flat && gone < held, "an exit that left something behind");
            }
            Event::CollateralPriced { market, average, .. } => {
                let market = &old.markets[usize::from(market.0)];
                let is_average = market.hour_average != i128::from(average.0);
                name(is_average, "an average was told");
                name(!is_average, "a haircut was told");
            }
            Event::PoolResolved { pool, .. } => {
                let owes = |account: &&ballast_naive::Account| account.pool == *pool && account.cash < 0;
                name(
                    old.accounts.iter().any(|it| owes(&it) && !it.holdings.is_empty()),
                    "a resolution with debts",
                );
            }
            _ => {}
        }
    }
    let rejection = match outcome.status {
        Status::Rejected(rejection) => Some(rejection),
        Status::Accepted => None,
    };
    match &input.source {
        Source::System(SystemCommand::Liquidate { account }) if (account.0 as usize) < old.accounts.len() => {
            let (margin, doubt) = (old.margin(*account), old.doubt(*account));
            let is_below = margin.equity < margin.maintenance;
            let withheld = rejection.is_some() && margin.equity + doubt >= margin.maintenance;
            name(is_below && doubt > 0 && withheld, "a liquidation withheld by doubt");
            name(rejection.is_none() && doubt > 0, "a liquidation in spite of doubt");
        }
        Source::User { command: UserCommand::Withdraw(command), .. } if command.asset == ASSET => {
            let code = rejection.map(|rejection| rejection.code);
            let holds = old.accounts.get(command.account.0 as usize).and_then(|it| it.holdings.get(&ASSET));
            let has_it = holds.is_some_and(|held| *held >= i128::from(command.amount.0));
            name(code == Some(RejectCode::InsufficientFunds) && has_it, "a withdrawal kept as margin");
            let unknown = [RejectCode::StalePrice, RejectCode::InvalidOracle, RejectCode::UncertainOracle];
            name(code.is_some_and(|code| unknown.contains(&code)), "a withdrawal at a price not known");
        }
        Source::L1(message) => match &message.payload {
            L1Payload::Forced { request: ForcedRequest::Withdraw, account, asset: ASSET, amount, .. } => {
                let held = old.accounts.get(account.0 as usize).and_then(|it| it.holdings.get(&ASSET));
                let asked = held.copied().unwrap_or_default().min(amount.0.into());
                let cut = |event: &Event| matches!(event, Event::Withdrawn { amount, .. } if i128::from(amount.0) < asked);
                name(outcome.events.iter().any(cut), "a forced withdrawal cut by margin");
            }
            L1Payload::Deposit { asset: ASSET, .. } => {
                let back = matches!(outcome.events.first(), Some(Event::Withdrawn { .. }));
                name(back && !old.pools[0].is_ending(), "more than may be held went back");
            }
            L1Payload::Deposit { account, .. } => {
                let owes = old.accounts.get(account.0 as usize).is_some_and(|it| it.cash < 0);
                let told = outcome.events.first();
                let taken = matches!(told, Some(Event::Deposited { account: it, .. }) if it == account);
                name(owes && taken && old.pools[0].is_ending(), "a debtor paid after the resolution");
            }
            _ => {}
        },
        _ => {}
    }
    names
}

fn holders(naive: &Exchange) -> Vec<AccountId> {
    let holds = |id: &usize| naive.accounts[*id].holdings.contains_key(&ASSET);
    let ids = (0..naive.accounts.len()).filter(holds);
    ids.map(|id| AccountId(u32::try_from(id).expect("few"))).collect()
}

/// An account gets as much as it has in USDC, more or less; seldom more than all may hold.
fn pledge(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let account = rng.random_range(0..pair.naive.accounts.len());
    let it = &pair.naive.accounts[account];
    let market = &pair.naive.markets[usize::from(TERMS.market.0)];
    let lot = (market.index * i128::from(market.params.kappa)).max(1);
    let worth = it.cash.clamp(i128::from(USDC), 1 << 50) * rng.random_range(1..8) / 2;
    let units = i64::try_from(worth * 3 / lot).unwrap_or(1 << 50).max(1);
    let amount = if rng.random_ratio(1, 30) { 1 << 59 } else { units };
    let (owner, account) = (it.owner, AccountId(u32::try_from(account).expect("few")));
    pair.l1(
        pair.naive.l1_messages,
        L1Payload::Deposit { asset: ASSET, owner, account, amount: Quote(amount) },
    );
}

/// Signed or forced, for what is held or a part of it.
fn take_back(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let Some(account) = holders(&pair.naive).choose(rng).copied() else { return };
    let it = &pair.naive.accounts[account.0 as usize];
    let held = i64::try_from(it.holdings[&ASSET]).expect("at most 2^60");
    let amount = Quote(if rng.random() { held } else { rng.random_range(1..=held) });
    let recipient = inputs::owner(2);
    if rng.random() {
        let (request, sender) = (ForcedRequest::Withdraw, it.owner);
        let forced = L1Payload::Forced { request, sender, account, recipient, asset: ASSET, amount };
        pair.l1(pair.naive.l1_messages, forced);
        return;
    }
    let (owner, nonce, expires) = next_nonce(&pair.naive, pair.time, account);
    let withdraw = Withdraw { account, nonce, expires, asset: ASSET, amount, recipient };
    pair.command(owner, UserCommand::Withdraw(withdraw));
}

/// The backstop gets money, or a debtor does.
fn feed(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let owes = |it: &(usize, &ballast_naive::Account)| it.1.cash < 0 && it.1.positions.is_empty();
    let debtors: Vec<usize> = (0..).zip(&pair.naive.accounts).filter(owes).map(|(id, _)| id).collect();
    if let Some(id) = debtors.choose(rng).copied().filter(|_| rng.random()) {
        let it = &pair.naive.accounts[id];
        let owed = i64::try_from(-it.cash).expect("at most 2^60");
        let amount = if rng.random() { owed } else { rng.random_range(1..=owed) };
        inputs::deposit(pair, it.owner, u32::try_from(id).expect("few"), amount);
    } else if let Some(backstop) = pair.naive.pools[0].backstop {
        let scale = i64::try_from(pair.setting.scale).expect("small");
        inputs::deposit(pair, BACKSTOP, backstop.0, rng.random_range(1..200) * USDC * scale);
    }
}

/// A day passes, or an hour, and prices are where they were.
fn wait(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    pair.time += if rng.random() { 86_400_000 } else { rng.random_range(0..4_000_000) };
    for _ in 0..2 {
        for market in MARKETS {
            all_report(pair, market, index_of(&pair.naive, market).max(1));
        }
        pair.time += 61_000;
    }
}

/// The running hour ends, with prices in each span that is a sample, and once after.
fn end_hour(pair: &mut Pair) {
    let end = pair.time.next_multiple_of(3_600_000);
    for after in [-14_900, -9_900, -4_900, 100, 5_100, 11_000_i64] {
        pair.time = pair.time.max(end.saturating_add_signed(after));
        for market in MARKETS {
            all_report(pair, market, index_of(&pair.naive, market).max(1));
        }
    }
}

/// Something with margin of other assets, or mostly another thing.
fn step(pair: &mut Pair, number: u64, other: impl Fn(&mut Pair, u64)) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number ^ 0x6c6f_616e);
    match rng.random_range(0..40) {
        0..4 => pledge(pair, rng),
        4..6 => take_back(pair, rng),
        6 => feed(pair, rng),
        7..10 => lever(pair, rng),
        10..12 => gap(pair, rng),
        12..15 => {
            for account in lacking(&pair.naive) {
                pair.system(SystemCommand::Liquidate { account });
            }
        }
        15 if rng.random() => end_hour(pair),
        15 => wait(pair, rng),
        16 => ladder::liquidate(pair, rng),
        17 => custody::step(pair, number, |_, _| {}),
        _ => other(pair, number),
    }
}

/// With a backstop that has money and one that has little, without one, in markets whose margin follows their index, and such as end.
fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let settings = [
        protected(on_the_ladder(), 20_000 * USDC),
        protected(ordinary(), 0),
        on_the_ladder(),
        protected(following(on_the_ladder(), Vec::new()), 0),
    ];
    let mut all = lives::lives(settings, &new, inputs::begin, steps, |pair| {
        step(pair, numbers.next_u64(), |pair, number| exits::step(pair, number, inputs::step));
    });
    all.extend(lives::lives(endings::settings(), &new, endings::begin, 1, |pair| {
        (0..40).for_each(|_| step(pair, numbers.next_u64(), endings::begin_step));
        endings::end(pair, &mut ChaCha8Rng::seed_from_u64(numbers.next_u64()));
        (0..steps / 3).for_each(|_| {
            step(pair, numbers.next_u64(), |pair, number| exits::step(pair, number, endings::step));
        });
    }));
    all
}

/// The seed is always the same one: what must have happened is asked of it.
#[test]
fn a_life_on_other_margin_meets_what_it_should() {
    let missing = missing(&lives(Pair::alone, 1, 1_500), ALL);
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

#[test]
fn a_life_on_other_margin_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 3_000 } else { 400 });
}
