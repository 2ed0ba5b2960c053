//! Open interest that is limited and gains that are strict: what they did, by name, and lives in which they often do.

use std::collections::BTreeMap;

use ballast_naive::Exchange;
use ballast_state::{Market, Venue};
use ballast_types::{
    AccountId, Address, Causes, ClientId, Event, Input, MarketClass, MarketId, Millis, NewOrder, Operation,
    Outcome, PriceReport, PriceTicks, Quote, RejectCode, RemovalReason, ReportedPrice, Side, SizeLots,
    Source, SystemCommand, TimeInForce, UserCommand,
    limits::{FUND_ACCOUNT, NEW_ACCOUNT},
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    batches,
    falls::{MARKETS, any_side, index_of, limit, some_account},
    inputs::{self, USDC},
    lives::{self, missing},
    pair::Pair,
    reports::all_report,
    settings::{Setting, batching, bearing, guarded, huge, ladder, limited, ordinary, protected, strict},
    stress,
};

/// What lives with limits are there to meet.
const ALL: &[&str] = &[
    "removed OpenInterest",
    "OpenInterestLimited",
    "refused for open interest as it could not be filled",
    "traded on where there is enough",
    "a clearing was found again",
    "a clearing was found again, and nothing traded",
    "a clearing opened all that there was room for",
    "one who waits could open and left",
    "one who waits rested as another left",
    "some could not bear a clearing that was found again",
    "bound by its span",
    "limited by the cap",
    "limited by the fund",
    "limited by the fund where only growth is said",
    "limited by growth",
    "limited by what was there a day ago",
    "limited by feedback",
    "a strict gain bound a margin check",
    "a strict gain did not leave",
    "a strict gain bound in a clearing",
    "a gain above its average counts nothing",
    "limited by what is traded elsewhere",
    "limited as too few told what is traded elsewhere",
    "less is traded elsewhere than is open",
    "a part of what is traded elsewhere bound a span",
    "a part where too few told what is traded elsewhere bound a span",
    "a part of what is open bound a span",
    "a part of the cap bound a span",
];

/// What gains and open interest are measured by, compared.
pub(crate) fn compare(fast: &Market, venue: &Venue, naive: &Exchange, id: MarketId, input: &Input) {
    let market = &naive.markets[usize::from(id.0)];
    let average = if market.params.strict_gains { market.average } else { 0 };
    assert_eq!(i128::from(fast.average.0), average, "average of {id} after {input:#?}");
    assert_eq!(fast.params, market.params, "parameters of {id} after {input:#?}");
    let past = i128::from(venue.interest.past(input.time).0);
    assert_eq!(past, naive.past_interest(id), "what the open interest of {id} was after {input:#?}");
    let told = (0..).zip(&venue.capacity.reports).filter(|(_, told)| told.time > Millis(0));
    let told: BTreeMap<u8, _> = told.map(|(n, told)| (n, (i128::from(told.usdc), told.time))).collect();
    assert_eq!(told, market.told_capacity, "capacities of {id} after {input:#?}");
    assert_eq!(venue.capacity.agreed.map(i128::from), market.capacity, "capacity of {id} after {input:#?}");
}

/// Whether the open interest grew no further than it may.
pub(crate) fn check(before: &Exchange, after: &Exchange, input: &Input) {
    let old = Exchange { time: input.time, ..before.clone() };
    for id in ids(after) {
        let (was, is) = (old.open_interest(id), after.open_interest(id));
        if is > was {
            let limit = old.interest_limit(id);
            assert!(limit.is_none_or(|limit| is <= limit), "{was} to {is} of {limit:?} after {input:#?}");
        }
    }
}

/// Markets that ever had a price: the limits of others are of no size.
fn priced(naive: &Exchange) -> Vec<MarketId> {
    ids(naive).into_iter().filter(|id| naive.markets[usize::from(id.0)].mark > 0).collect()
}

fn ids(naive: &Exchange) -> Vec<MarketId> {
    (0..naive.markets.len()).map(|id| MarketId(u16::try_from(id).expect("few"))).collect()
}

/// What limits and strictness did with an input, by name.
pub(crate) fn seen(
    (before, after): (&Exchange, &Exchange),
    input: &Input,
    signer: Option<Address>,
    outcome: &Outcome,
) -> Vec<&'static str> {
    let old = Exchange { time: input.time, ..before.clone() };
    let mut names = limits((&old, after), input, signer, outcome);
    if old.markets.iter().any(|market| market.params.strict_gains) {
        names.extend(gains(&old, input, signer, outcome));
    }
    names
}

/// What an exchange says to an input.
fn answer(mut naive: Exchange, input: &Input, signer: Option<Address>) -> Outcome {
    naive.apply(input, signer)
}

fn without_limits(naive: &Exchange) -> Exchange {
    let mut naive = naive.clone();
    for market in &mut naive.markets {
        market.params.open_interest_cap = Quote::ZERO;
        market.params.open_interest_growth = Quote::ZERO;
        (market.params.capacity, market.capacity) = (false, None);
        market.causes = Causes(market.causes.0 & !Causes::FEEDBACK.0);
    }
    naive
}

fn limits(
    (old, new): (&Exchange, &Exchange),
    input: &Input,
    signer: Option<Address>,
    outcome: &Outcome,
) -> Vec<&'static str> {
    let mut names = of_spans(old, input, outcome);
    names.extend(of_parts(old, input, outcome));
    for event in &outcome.events {
        match event {
            Event::OrderRemoved { market, reason: RemovalReason::OpenInterest, .. } => {
                names.extend(binding(old, *market));
            }
            Event::Fill { market, .. } => {
                let is_full =
                    old.interest_limit(*market).is_some_and(|limit| old.open_interest(*market) >= limit);
                names.extend(is_full.then_some("traded on where there is enough"));
            }
            Event::OperationRejected { rejection, step }
                if rejection.code == RejectCode::CannotFill
                    && priced(old).iter().any(|id| old.interest_limit(*id).is_some()) =>
            {
                let freely = answer(without_limits(old), input, signer);
                let is_refused = |event: &Event| matches!(event, Event::OperationRejected { step: it, rejection } if it == step && rejection.code == RejectCode::CannotFill);
                if !freely.events.iter().any(is_refused) {
                    names.push("refused for open interest as it could not be filled");
                }
            }
            _ => {}
        }
    }
    if let Source::System(SystemCommand::Clear { market }) = &input.source
        && old.markets.get(usize::from(market.0)).is_some_and(|market| market.mark > 0)
        && old.interest_limit(*market).is_some()
        && answer(without_limits(old), input, signer) != *outcome
    {
        names.push("a clearing was found again");
        names.extend(binding(old, *market));
        if matches!(outcome.events[..], [Event::Cleared { price: None, .. }, ..]) {
            names.push("a clearing was found again, and nothing traded");
        }
        names.extend(found_again((old, new), *market, &outcome.events));
    }
    names
}

/// What a clearing that was found again did.
fn found_again((old, new): (&Exchange, &Exchange), id: MarketId, events: &[Event]) -> Vec<&'static str> {
    let (was, is) = (old.open_interest(id), new.open_interest(id));
    let left = |event: &Event, why| matches!(event, Event::OrderRemoved { reason, .. } if *reason == why);
    let last_left = events.iter().position(|event| left(event, RemovalReason::OpenInterest));
    let rested = events.iter().rposition(|event| matches!(event, Event::OrderRested { .. }));
    let facts = [
        (is > was && old.interest_limit(id) == Some(is), "a clearing opened all that there was room for"),
        (last_left.is_some(), "one who waits could open and left"),
        (last_left.is_some() && rested > last_left, "one who waits rested as another left"),
        (
            events.iter().any(|event| left(event, RemovalReason::MakerMargin)),
            "some could not bear a clearing that was found again",
        ),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}

/// An order that meets nobody is refused for what it could open once the position that it would close is closed.
fn of_spans(old: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let Source::User { command: UserCommand::Operations(command), .. } = &input.source else {
        return Vec::new();
    };
    let is_so = |event: &&Event| {
        let Event::OperationRejected { step, rejection } = event else { return false };
        if rejection.code != RejectCode::OpenInterestLimited {
            return false;
        }
        let operation = &command.operations[usize::from(*step)];
        let Operation::Place { market, order } = operation else { return false };
        let q = old.accounts[command.account.0 as usize].positions.get(market).map_or(0, |it| it.size);
        let q = if order.side == Side::Buy { q } else { -q };
        let behind = old.open_lots(command.account, *market, order.side.opposite());
        q < 0 && rejection.value > behind - q
    };
    outcome.events.iter().filter(is_so).map(|_| "bound by its span").collect()
}

/// What the part of one account is of, where an order was refused for it.
fn of_parts(old: &Exchange, input: &Input, outcome: &Outcome) -> Vec<&'static str> {
    let Source::User { command: UserCommand::Operations(command), .. } = &input.source else {
        return Vec::new();
    };
    let refused = outcome.events.iter().filter_map(|event| match event {
        Event::OperationRejected { step, rejection } if rejection.code == RejectCode::OpenInterestLimited => {
            match &command.operations[usize::from(*step)] {
                Operation::Place { market, .. } | Operation::Replace { market, .. } => Some(*market),
                _ => None,
            }
        }
        _ => None,
    });
    let name = |id: MarketId| {
        let (market, cap) = (&old.markets[usize::from(id.0)], old.interest_cap(id));
        if market.params.capacity && market.capacity.is_none() {
            "a part where too few told what is traded elsewhere bound a span"
        } else if cap.is_some_and(|cap| cap < old.open_interest(id)) {
            "a part of what is open bound a span"
        } else if binding(old, id).contains(&"limited by what is traded elsewhere") {
            "a part of what is traded elsewhere bound a span"
        } else {
            "a part of the cap bound a span"
        }
    };
    refused.map(name).collect()
}

/// What limits the open interest of a market.
fn binding(old: &Exchange, id: MarketId) -> Vec<&'static str> {
    let market = &old.markets[usize::from(id.0)];
    let (limit, cap) = (old.interest_limit(id), old.interest_cap(id));
    let lot = market.mark * i128::from(market.params.kappa);
    let by_cap = cap.is_some() && limit == cap;
    let said = i128::from(market.params.open_interest_cap.0);
    let borne = market.capacity.map(|usdc| usdc * i128::from(USDC) / lot);
    let by_capacity = by_cap && cap == borne;
    let by_fund = by_cap && !by_capacity && (said == 0 || cap < Some(said / lot));
    let is_untold = market.params.capacity && market.capacity.is_none();
    let is_fed = market.causes.any_of(Causes::FEEDBACK);
    let by_growth = limit.is_some() && !is_fed && !is_untold && !by_cap;
    let facts = [
        (by_cap && !by_fund && !by_capacity, "limited by the cap"),
        (by_capacity, "limited by what is traded elsewhere"),
        (is_untold && !is_fed && !by_cap, "limited as too few told what is traded elsewhere"),
        (borne.is_some_and(|borne| borne < old.open_interest(id)), "less is traded elsewhere than is open"),
        (by_fund, "limited by the fund"),
        (by_fund && said == 0, "limited by the fund where only growth is said"),
        (by_growth, "limited by growth"),
        (by_growth && old.past_interest(id) > 0, "limited by what was there a day ago"),
        (is_fed && !by_cap && limit == Some(old.open_interest(id)), "limited by feedback"),
    ];
    facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)).collect()
}

fn gains(old: &Exchange, input: &Input, signer: Option<Address>, outcome: &Outcome) -> Vec<&'static str> {
    let mut plain = old.clone();
    for market in &mut plain.markets {
        market.params.strict_gains = false;
    }
    let mut names = Vec::new();
    let counts_nothing = old.accounts.iter().any(|account| {
        account.positions.iter().any(|(id, it)| {
            let market = &old.markets[usize::from(id.0)];
            let gain = |price| it.size * price * i128::from(market.params.kappa) - it.basis;
            market.params.strict_gains && gain(market.mark) > 0 && gain(market.average) <= 0
        })
    });
    names.extend(counts_nothing.then_some("a gain above its average counts nothing"));
    let is_asked = matches!(
        input.source,
        Source::User { .. } | Source::System(SystemCommand::Clear { .. } | SystemCommand::Fire { .. })
    );
    if !is_asked {
        return names;
    }
    let freely = answer(plain, input, signer);
    let removed = |outcome: &Outcome| {
        let gave_way =
            |event: &&Event| matches!(event, Event::OrderRemoved { reason: RemovalReason::MakerMargin, .. });
        outcome.events.iter().filter(gave_way).count()
    };
    let lacked = |outcome: &Outcome| {
        let lacks = |event: &&Event| matches!(event, Event::OperationRejected { rejection, .. } if rejection.code == RejectCode::InsufficientMargin);
        outcome.events.iter().filter(lacks).count()
    };
    let clears = matches!(input.source, Source::System(SystemCommand::Clear { .. }));
    let facts = [
        (lacked(outcome) > lacked(&freely), "a strict gain bound a margin check"),
        (outcome.status != freely.status, "a strict gain did not leave"),
        (!clears && removed(outcome) > removed(&freely), "a strict gain bound a maker"),
        (clears && removed(outcome) > removed(&freely), "a strict gain bound in a clearing"),
    ];
    names.extend(facts.into_iter().filter_map(|(holds, name)| holds.then_some(name)));
    names
}

/// Markets in which little may be open, some of which are also under stress.
pub(crate) fn settings() -> [Setting; 9] {
    let under_stress = || guarded(ladder(), [true, true]);
    let mut of_class_b = limited(ordinary(), [(700 * USDC, 0), (500 * USDC, 300 * USDC)]);
    of_class_b.markets[0].class = MarketClass::B;
    let by_the_fund = limited(under_stress(), [(0, 0), (3_000_000 * USDC, 0)]);
    let growing = limited(ordinary(), [(0, 1_500 * USDC), (0, 0)]);
    let in_batches = limited(ordinary(), [(1_000 * USDC, 0), (600 * USDC, 0)]);
    [
        protected(growing, 50 * USDC),
        batching(in_batches, [100, 700]),
        strict(of_class_b),
        strict(limited(ordinary(), [(1_000 * USDC, 0), (0, 200 * USDC)])),
        protected(by_the_fund, 20_000 * USDC),
        protected(strict(limited(under_stress(), [(0, 200_000 * USDC), (0, 0)])), 1 << 60),
        strict(limited(huge(), [(1 << 59, 0), (1 << 60, 1 << 57)])),
        bearing(limited(ordinary(), [(0, 0), (900 * USDC, 300 * USDC)])),
        batching(bearing(protected(limited(under_stress(), [(0, 0); 2]), 50 * USDC)), [0, 700]),
    ]
}

/// Many accounts, and a fund.
pub(crate) fn begin(pair: &mut Pair) {
    inputs::begin(pair);
    let scale = i64::try_from(pair.setting.scale).expect("small");
    for n in 0..18 {
        inputs::deposit(pair, inputs::owner(n), NEW_ACCOUNT, 100 * USDC * scale);
    }
    inputs::deposit(pair, inputs::owner(0), FUND_ACCOUNT, 100 * USDC * scale);
}

/// A market in which liquidations feed on themselves.
fn fed(naive: &Exchange) -> Option<MarketId> {
    MARKETS.into_iter().find(|id| naive.markets[usize::from(id.0)].causes.any_of(Causes::FEEDBACK))
}

/// Some open what there may be in a market, and somewhat more.
pub(crate) fn crowd(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = fed(&pair.naive).unwrap_or(MARKETS[rng.random_range(0..2)]);
    let limit = pair.naive.interest_limit(market).unwrap_or(100);
    let most = u64::try_from(limit / 10).expect("not below zero") + 1;
    let tick = index_of(&pair.naive, market);
    for _ in 0..rng.random_range(4..24) {
        let account = some_account(pair, rng);
        let in_force = *[TimeInForce::Gtc, TimeInForce::Gtc, TimeInForce::Ioc, TimeInForce::Fok]
            .choose(rng)
            .expect("four");
        let (price, size) = (PriceTicks(tick + rng.random_range(0..2)), SizeLots(rng.random_range(1..=most)));
        // Those of every second account are of other owners.
        let of_place = if account.0.is_multiple_of(2) { Side::Buy } else { Side::Sell };
        let side = if rng.random_ratio(2, 3) { of_place } else { any_side(rng) };
        let order = NewOrder::plain(side, price, size, in_force, ClientId(0));
        let order = NewOrder { reduce_only: rng.random_ratio(1, 6), ..order };
        pair.operate(account, vec![Operation::Place { market, order }]);
        if rng.random_ratio(1, 4) {
            close(pair, rng, market);
        }
    }
    if pair.naive.markets[usize::from(market.0)].params.batch_interval > 0 {
        pair.time += 700;
        all_report(pair, market, tick);
        pair.system(SystemCommand::Clear { market });
    }
}

/// Somebody closes some of his position, or turns it over.
fn close(pair: &mut Pair, rng: &mut ChaCha8Rng, market: MarketId) {
    let account = some_account(pair, rng);
    let held = pair.naive.accounts[account.0 as usize].positions.get(&market).map_or(0, |it| it.size);
    let side = if held > 0 { Side::Sell } else { Side::Buy };
    let lots = u64::try_from(held.abs()).expect("at most 2^46").max(1);
    let size = *[lots.div_ceil(3), lots, 2 * lots].choose(rng).expect("three");
    let price = index_of(&pair.naive, market) + rng.random_range(0..2);
    let order = limit(side, price, size, TimeInForce::Gtc);
    pair.operate(account, vec![Operation::Place { market, order }]);
}

/// Publishers say what open interest a market can bear, somewhat more or less than there is mostly; or time passes, and what they said is old.
fn tell_capacity(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = MARKETS[rng.random_range(0..2)];
    let price = index_of(&pair.naive, market).max(1);
    if rng.random_ratio(1, 4) {
        pair.time += *[1_800_000, 3_600_000, 3_600_001].choose(rng).expect("three");
        return all_report(pair, market, price);
    }
    let it = &pair.naive.markets[usize::from(market.0)];
    let open = pair.naive.open_interest(market) * it.mark * i128::from(it.params.kappa);
    let worth = u64::try_from(open / i128::from(USDC)).expect("it fits");
    let around = *[worth / 2, worth, worth + 1, 2 * worth + 100].choose(rng).expect("four");
    let silent = if rng.random_ratio(1, 6) { rng.random_range(1..=2) } else { 0 };
    pair.time += 1;
    for n in 0..u8::try_from(pair.naive.publishers.len()).expect("at most 16").saturating_sub(silent) {
        let mut told = ReportedPrice::capacity(market, around + u64::from(n % 3) + 1);
        if rng.random_ratio(1, 40) {
            told.perp = Some(PriceTicks(1));
        }
        if rng.random_ratio(1, 40) {
            told.price = PriceTicks(*[0, (1 << 40) + 1].choose(rng).expect("two"));
        }
        if rng.random_ratio(1, 40) {
            told.market = MarketId(rng.random_range(32_768 + 1..u16::MAX));
        }
        let also = rng.random_bool(0.7).then(|| ReportedPrice::plain(market, PriceTicks(price)));
        let report = PriceReport {
            publisher: n,
            time: Millis(pair.time),
            prices: also.into_iter().chain([told]).collect(),
        };
        pair.report(pair.publisher(n), report);
    }
}

/// One thing happens, or many that have to do with limits.
pub(crate) fn step(pair: &mut Pair, number: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number);
    if pair.setting.markets[0].capacity && rng.random_ratio(1, 6) {
        tell_capacity(pair, rng);
    } else if rng.random_ratio(if fed(&pair.naive).is_some() { 6 } else { 1 }, 12) {
        crowd(pair, rng);
    } else if pair.setting.ladder > 10 && rng.random_ratio(1, 5) {
        stress::step(pair, rng);
    } else {
        inputs::step(pair, number);
    }
}

/// Large accounts are closed on a deep book, and then others would open more.
fn frozen(new: impl Fn(Setting) -> Pair, numbers: &mut ChaCha8Rng) -> Pair {
    let mut pair = new(guarded(ladder(), [true, false]));
    let rng = &mut ChaCha8Rng::seed_from_u64(numbers.next_u64());
    inputs::begin(&mut pair);
    stress::cascade_until(&mut pair, rng, |pair| fed(&pair.naive).is_some());
    for _ in 0..6 {
        crowd(&mut pair, rng);
        stress::calm(&mut pair, rng, 1_500);
        batches::clear_if_due(&mut pair, rng);
    }
    eprintln!("{} inputs\n{}", pair.inputs(), pair.seen.table());
    pair
}

/// All open their part of markets that their fund is to bear, until there is no room.
fn borne(new: impl Fn(Setting) -> Pair, numbers: &mut ChaCha8Rng) -> Pair {
    let mut setting = limited(ordinary(), [(0, 1_500 * USDC), (2_000 * USDC, 0)]);
    setting.markets[..2].iter_mut().for_each(|market| market.class = MarketClass::C);
    let mut pair = new(setting);
    begin(&mut pair);
    let rng = &mut ChaCha8Rng::seed_from_u64(numbers.next_u64());
    for market in MARKETS {
        for _ in 0..2 {
            for account in (0..pair.naive.accounts.len() as u32).map(AccountId) {
                stress::calm(&mut pair, rng, 1_500);
                let limit =
                    u64::try_from(pair.naive.interest_limit(market).unwrap_or(0)).expect("at least 0");
                let size = SizeLots(rng.random_range(limit / 11..=limit / 10).max(1));
                let (side, tick) = (
                    if account.0.is_multiple_of(2) { Side::Buy } else { Side::Sell },
                    index_of(&pair.naive, market),
                );
                let order = NewOrder::plain(side, PriceTicks(tick), size, TimeInForce::Gtc, ClientId(0));
                pair.operate(account, vec![Operation::Place { market, order }]);
            }
        }
    }
    eprintln!("{} inputs\n{}", pair.inputs(), pair.seen.table());
    pair
}

fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let frozen: Vec<Pair> = (0..steps / 200).map(|_| frozen(&new, &mut numbers)).collect();
    let mut lives = lives::lives(settings(), &new, begin, steps, |pair| step(pair, numbers.next_u64()));
    lives.extend(frozen);
    lives.push(borne(new, &mut numbers));
    lives
}

/// The seed is always the same one: what must have happened is asked of it.
#[test]
fn a_limited_life_keeps_its_books() {
    let lives = lives(Pair::alone, 1, if crate::is_full() { 1_200 } else { 400 });
    let missing = missing(&lives, ALL);
    if crate::is_full() {
        assert!(missing.is_empty(), "never happened: {missing:?}");
    }
}

#[test]
fn a_limited_life_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 1_200 } else { 400 });
}
