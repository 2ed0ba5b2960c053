//! Assets as margin: accounts that are levered on them, owe, sell, and want them back.

use ballast_engine::History;
use ballast_naive::Exchange;
use ballast_types::{
    AccountId, AssetId, Collateral, Event, ForcedRequest, Input, L1Payload, Outcome, RejectCode, Source,
    Status, SystemCommand, UserCommand,
};
use rand::{Rng, RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::{
    custody, endings, exits,
    falls::{MARKETS, gap, lacking, lever, some_trader},
    inputs, ladder,
    lives::{self, missing},
    pair::Pair,
    pledged::{end_hour, feed, pledge, ruin, take_back, wait},
    settings::{Setting, following, ladder as on_the_ladder, ordinary, protected},
};

/// What lives on other margin are there to meet.
const ALL: &[&str] = &[
    "a sale",
    "a sale above maintenance margin",
    "a sale below maintenance margin",
    "a sale in part",
    "a sale that paid all",
    "a sale of two assets",
    "a sale while it counted in part",
    "a sale when it counted in full",
    "owed too much and sold nothing to a backstop",
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
    "a haircut rose",
    "a haircut fell",
    "a liquidation in spite of doubt",
    "a tear-up withheld by doubt",
];

/// What an asset is margin for, if it is.
pub(crate) fn terms(naive: &Exchange, asset: AssetId) -> Option<Collateral> {
    naive.assets.get(usize::from(asset.0).checked_sub(1)?)?.terms
}

/// What an input did with margin of other assets, by name.
pub(crate) fn seen(old: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let mut names = Vec::new();
    let mut name = |holds: bool, name| names.extend(holds.then_some(name));
    let is_margin = |asset: AssetId| terms(old, asset).is_some();
    let exits = outcome.events.iter().any(|event| matches!(event, Event::ExitEnded { .. }));
    let sales = outcome.events.iter().filter(|event| matches!(event, Event::CollateralSold { .. })).count();
    name(sales > 1, "a sale of two assets");
    for event in &outcome.events {
        match event {
            Event::CollateralSold { account, asset, proceeds, .. } => {
                let margin = old.margin(*account);
                let is_below = margin.equity < margin.maintenance;
                name(true, "a sale");
                name(!is_below, "a sale above maintenance margin");
                name(is_below, "a sale below maintenance margin");
                let is_all = i128::from(proceeds.0) >= margin.debt();
                name(is_all, "a sale that paid all");
                name(!is_all, "a sale in part");
                name(exits, "an exit that sold");
                let since = terms(old, *asset).map_or(0, |terms| terms.since.0);
                let is_full = input.time.0 - since >= 30 * 86_400_000;
                name(!is_full, "a sale while it counted in part");
                name(is_full, "a sale when it counted in full");
            }
            Event::ExitEnded { account, .. } => {
                let held: i128 = old.accounts[account.0 as usize].holdings.values().sum();
                let left = |event: &Event| match event {
                    Event::Withdrawn { asset, amount, .. } if *asset != AssetId::USDC => i128::from(amount.0),
                    Event::CollateralSold { amount, .. } => i128::from(amount.0),
                    _ => 0,
                };
                let flat = old.accounts[account.0 as usize].positions.is_empty();
                let gone: i128 = outcome.events.iter().map(left).sum();
                name(flat && gone < held, "an exit that left something behind");
            }
            Event::CollateralPriced { market, average, haircut, .. } => {
                let market = &old.markets[usize::from(market.0)];
                let is_average = market.hour_average != i128::from(average.0);
                name(is_average, "an average was told");
                name(i128::from(haircut.0) > market.haircuts.0, "a haircut rose");
                name(i128::from(haircut.0) < market.haircuts.0, "a haircut fell");
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
            let may_buy = old.pool_of(*account).backstop.is_some_and(|backstop| backstop != *account);
            let is_kept = sales == 0 && may_buy && doubt == 0 && margin.owes_too_much();
            name(is_kept, "owed too much and sold nothing to a backstop");
        }
        Source::System(SystemCommand::Deleverage { accounts, .. }) => {
            let withheld = |id: &AccountId| {
                let equity = old.margin(*id).equity;
                equity <= 0 && equity + old.doubt(*id) > 0
            };
            let exist = accounts.iter().filter(|id| (id.0 as usize) < old.accounts.len());
            name(rejection.is_some() && exist.into_iter().any(withheld), "a tear-up withheld by doubt");
        }
        Source::User { command: UserCommand::Withdraw(command), .. } if is_margin(command.asset) => {
            let code = rejection.map(|rejection| rejection.code);
            let account = old.accounts.get(command.account.0 as usize);
            let holds = account.and_then(|it| it.holdings.get(&command.asset));
            let has_it = holds.is_some_and(|held| *held >= i128::from(command.amount.0));
            name(code == Some(RejectCode::InsufficientFunds) && has_it, "a withdrawal kept as margin");
            let unknown = [RejectCode::StalePrice, RejectCode::InvalidOracle, RejectCode::UncertainOracle];
            name(code.is_some_and(|code| unknown.contains(&code)), "a withdrawal at a price not known");
        }
        Source::L1(message) => match &message.payload {
            L1Payload::Forced { request: ForcedRequest::Withdraw, account, asset, amount, .. }
                if is_margin(*asset) =>
            {
                let held = old.accounts.get(account.0 as usize).and_then(|it| it.holdings.get(asset));
                let asked = held.copied().unwrap_or_default().min(amount.0.into());
                let cut = |event: &Event| matches!(event, Event::Withdrawn { amount, .. } if i128::from(amount.0) < asked);
                name(outcome.events.iter().any(cut), "a forced withdrawal cut by margin");
            }
            L1Payload::Deposit { asset, .. } if is_margin(*asset) => {
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

/// Something with margin of other assets, or mostly another thing.
fn step(pair: &mut Pair, number: u64, other: impl Fn(&mut Pair, u64)) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number ^ 0x6c6f_616e);
    match rng.random_range(0..40) {
        0..2 => {
            let account = some_trader(pair, rng, MARKETS[0]);
            pledge(pair, rng, account);
        }
        2..4 => ruin(pair, rng),
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

/// Hours before the beginning after which haircuts fall.
fn wild() -> History {
    let returns = vec![400_000_000, -300_000_000, 300_000_000];
    History { market: MARKETS[0], hour: 1_700_000_000_000 / 3_600_000 - 1, returns, stress: Vec::new() }
}

/// With a backstop that has money and one that has little, without one, and in markets whose margin follows their index.
pub(crate) fn settings() -> [Setting; 5] {
    [
        protected(on_the_ladder(), 20_000 * inputs::USDC),
        protected(ordinary(), 0),
        on_the_ladder(),
        protected(following(on_the_ladder(), Vec::new()), 0),
        protected(following(on_the_ladder(), vec![wild()]), 0),
    ]
}

/// Something with margin of other assets, an exit, or what is ordinary.
pub(crate) fn ordinary_step(pair: &mut Pair, number: u64) {
    step(pair, number, |pair, number| exits::step(pair, number, inputs::step));
}

/// In those settings, and in markets that end.
fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let mut all = lives::lives(settings(), &new, inputs::begin, steps, |pair| {
        ordinary_step(pair, numbers.next_u64());
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

/// The seeds are always the same: what must have happened is asked of them together.
#[test]
fn a_life_on_other_margin_meets_what_it_should() {
    let all: Vec<Pair> = (1..=3).flat_map(|seed| lives(Pair::alone, seed, 1_500)).collect();
    let missing = missing(&all, ALL);
    assert!(missing.is_empty(), "never happened: {missing:?}");
}

#[test]
fn a_life_on_other_margin_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 3_000 } else { 400 });
}
