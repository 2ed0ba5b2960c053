//! A peg that is watched, parameters that governance moves, and open interest that asks for margin: what they did by name,
//! and lives in which they often do.

use ballast_engine::governance::is_of_signer;
use ballast_naive::{Change, Exchange, Guard, Peg};
use ballast_state::State;
use ballast_types::{
    Event, GovernanceCall, Input, L1Payload, Millis, Ppm, PriceReport, PriceTicks, Quote, RejectCode,
    ReportedPrice, Source, USDC as WORTH,
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    falls::{MARKETS, index_of},
    inputs::{self, USDC},
    limited,
    lives::{self, missing},
    paced,
    pair::Pair,
    reports,
    settings::{Setting, huge, ladder, limited as bounded, ordinary, protected},
    shortfall, stress,
};

const MINUTE: u64 = 60_000;
const HOUR: u64 = 3_600_000;

/// What such lives are there to meet.
const ALL: &[&str] = &[
    "PegChanged",
    "weak",
    "no longer weak",
    "broken",
    "no longer broken",
    "the lowest became lower",
    "the peg asked for margin",
    "the peg let orders only shrink",
    "too few said what a USDC is worth",
    "OpenInterestMargin",
    "open interest asked for more",
    "open interest asked for less",
    "open interest asked for nothing again",
    "TiersMoved",
    "tiers began sooner",
    "tiers began later",
    "a tier began sooner than what somebody held",
    "tiers waited for a price that is sure",
    "what tiers are worth changed",
    "ChangeScheduled",
    "ParameterChanged",
    "GovernanceRefused",
    "a change was taken back",
    "a change was replaced",
    "changes took effect together",
    "a change was refused as it was to take effect",
    "a floor glided",
    "a pace changed",
    "a fund's target changed",
    "a publisher was replaced",
    "the guardian was replaced",
    "a signer waited for another",
    "a signer was refused as it was to take effect",
    "refused UnknownPublisher",
    "refused UnknownGuardian",
    "refused UnknownAccount",
    "a date was announced",
    "refused UnknownAction",
    "refused OutOfBounds",
    "refused UnknownMarket",
    "refused UnknownPool",
];

/// What governance scheduled, what a USDC is worth, and what the open interest of each market asks for, compared.
pub(crate) fn compare(fast: &State, naive: &Exchange, input: &Input) {
    let mut pending = naive.pending.clone();
    pending.sort_unstable();
    let waiting = fast.pending().changes().iter().map(|it| Change {
        at: it.at,
        action: it.call.action,
        subject: it.call.subject,
        value: it.call.value,
    });
    assert_eq!(waiting.collect::<Vec<_>>(), pending, "what waits of governance after {input:#?}");
    assert_eq!(
        (fast.publishers(), fast.guardian(), fast.signers().map(|signers| signers.replaced_at)),
        (naive.publishers.as_slice(), naive.guardian, naive.replaced_at),
        "who signs after {input:#?}"
    );
    let peg = naive.peg.as_ref();
    let is_on = |guard| peg.is_some_and(|peg| peg.is_on(guard));
    let (kept, low) = (&fast.chain.peg, peg.map_or(990_000, Peg::low));
    assert_eq!(
        (kept.weak.on, kept.broken.on, i128::from(kept.low.0)),
        (is_on(Guard::Weak), is_on(Guard::Broken), low),
        "the peg after {input:#?}"
    );
    for (id, market) in (0..).zip(&naive.markets) {
        let listed = fast.markets.get(id).expect("listed");
        assert_eq!(i128::from(listed.open_interest_margin.0), market.crowding, "of {id} after {input:#?}");
        assert_eq!(listed.params, market.params, "parameters of {id} after {input:#?}");
    }
}

/// What of it happened, by name.
pub(crate) fn seen(before: &Exchange, after: &Exchange, source: &Source, events: &[Event]) -> Vec<String> {
    let mut names: Vec<&str> = Vec::new();
    if let (Some(old), Some(new)) = (&before.peg, &after.peg) {
        let turns = [(Guard::Weak, "weak", "no longer weak"), (Guard::Broken, "broken", "no longer broken")];
        for (guard, on, off) in turns {
            match (old.is_on(guard), new.is_on(guard)) {
                (false, true) => names.push(on),
                (true, false) => names.push(off),
                _ => {}
            }
        }
        let stays = old.is_on(Guard::Weak) && new.is_on(Guard::Weak);
        names.extend((stays && new.low() < old.low()).then_some("the lowest became lower"));
        let said = matches!(source, Source::Publisher { .. }) && after.seq > before.seq;
        let few = said && new.worth.len() == old.worth.len() && !new.said.is_empty();
        names.extend(few.then_some("too few said what a USDC is worth"));
        let asks =
            after.markets.iter().any(|market| market.factor == new.factor() && new.factor() > 1_000_000);
        names.extend(asks.then_some("the peg asked for margin"));
        let shrinks = |event: &Event| matches!(event, Event::OperationRejected { rejection, .. } if rejection.code == RejectCode::MarketReduceOnly);
        let refuses = new.is_on(Guard::Broken) && events.iter().any(shrinks);
        names.extend(refuses.then_some("the peg let orders only shrink"));
    }
    for (old, new) in before.markets.iter().zip(&after.markets) {
        names.extend((new.crowding > old.crowding).then_some("open interest asked for more"));
        let less = new.crowding < old.crowding;
        names.extend(less.then_some("open interest asked for less"));
        names.extend((less && new.crowding == 0).then_some("open interest asked for nothing again"));
        let glided = new.shortfall.is_none() && new.fractions != old.fractions;
        names.extend((glided && old.params == new.params).then_some("a floor glided"));
    }
    let mut names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    names.extend(governed(before, after, source, events));
    names.extend(events.iter().flat_map(|event| tiered(before, after.time, event)).map(str::to_owned));
    names
}

/// What tiers that moved did.
fn tiered(before: &Exchange, now: Millis, event: &Event) -> Vec<&'static str> {
    let Event::TiersMoved { market, above } = event else { return Vec::new() };
    let market_before = &before.markets[usize::from(market.0)];
    let old = &market_before.params.margin_tiers;
    let mut names = Vec::new();
    let waited = market_before.mark_time.0 / HOUR == now.0 / HOUR;
    names.extend(waited.then_some("tiers waited for a price that is sure"));
    for (old, new) in old.iter().map(|tier| tier.above).zip(above) {
        names.extend((*new < old).then_some("tiers began sooner"));
        names.extend((*new > old).then_some("tiers began later"));
        let mut held = before.accounts.iter().filter_map(|account| account.positions.get(market));
        let beyond = held.any(|it| it.size.unsigned_abs() > new.0.into());
        names.extend((*new < old && beyond).then_some("a tier began sooner than what somebody held"));
    }
    names
}

fn governed(before: &Exchange, after: &Exchange, source: &Source, events: &[Event]) -> Vec<String> {
    let is_message = matches!(source, Source::L1(_));
    let mut names = Vec::new();
    for event in events {
        match event {
            Event::ChangeScheduled(_, at) => {
                let taken_back = *at == Millis(0) && after.pending.len() < before.pending.len();
                let replaced = *at > Millis(0) && after.pending.len() == before.pending.len();
                names.extend(taken_back.then_some("a change was taken back".to_owned()));
                names.extend(replaced.then_some("a change was replaced".to_owned()));
            }
            Event::GovernanceRefused(call, rejection) => {
                names.push(format!("refused {:?}", rejection.code));
                let what = if is_of_signer(call.action) { "signer" } else { "change" };
                names.extend((!is_message).then(|| format!("a {what} was refused as it was to take effect")));
            }
            Event::ParameterChanged(call) => match call.action {
                5 => names.push("a date was announced".to_owned()),
                6..=9 => names.push("a pace changed".to_owned()),
                10 => names.push("a fund's target changed".to_owned()),
                11 => names.push("a publisher was replaced".to_owned()),
                12 => names.push("the guardian was replaced".to_owned()),
                13 => names.push("what tiers are worth changed".to_owned()),
                _ => {}
            },
            _ => {}
        }
    }
    let waits = |change: &Change| is_of_signer(change.action) && change.at <= after.time;
    let waited = after.replaced_at != before.replaced_at && after.pending.iter().any(waits);
    names.extend(waited.then(|| "a signer waited for another".to_owned()));
    let changed = events.iter().filter(|event| matches!(event, Event::ParameterChanged(_))).count();
    names.extend((changed > 1).then(|| "changes took effect together".to_owned()));
    names
}

/// Exchanges in which all of that may happen.
pub(crate) fn settings() -> [Setting; 6] {
    let free = |mut setting: Setting, of: [i64; 2]| {
        for (market, free) in setting.markets.iter_mut().zip(of) {
            market.open_interest_free = Quote(free);
        }
        setting
    };
    let watched = |setting| Setting { peg_guard: true, ..setting };
    let of_class_b = bounded(ordinary(), [(700 * USDC, 0), (500 * USDC, 300 * USDC)]);
    let mut paces = paced::settings().into_iter();
    let mut follow = shortfall::settings().into_iter();
    [
        watched(free(of_class_b, [100 * USDC, 333 * USDC])),
        watched(free(
            bounded(protected(ladder(), 1 << 60), [(9_000_000 * USDC, 0); 2]),
            [1, 1_000_000 * USDC],
        )),
        watched(paces.nth(1).expect("six")),
        paces.nth(2).expect("three are left"),
        watched(follow.next().expect("five")),
        watched(free(bounded(huge(), [(1 << 59, 0), (1 << 60, 1 << 57)]), [1 << 50, 1 << 40])),
    ]
}

/// Publishers say what a USDC is worth, and the price of a market with it, or nothing else.
fn tell_worth(pair: &mut Pair, rng: &mut ChaCha8Rng, worth: u64) {
    let market = *MARKETS.choose(rng).expect("two");
    let price = index_of(&pair.naive, market).max(1);
    let silent = if rng.random_ratio(1, 10) { rng.random_range(1..=3) } else { 0 };
    let count = u8::try_from(pair.naive.publishers.len()).expect("at most 16");
    pair.time += 1;
    for n in 0..count.saturating_sub(silent) {
        let price_of_it = PriceTicks(worth + u64::from(n));
        let mut said = ReportedPrice { perp: None, ..ReportedPrice::plain(WORTH, price_of_it) };
        if rng.random_ratio(1, 40) {
            said.perp = Some(PriceTicks(worth));
        }
        if rng.random_ratio(1, 40) {
            said.price = PriceTicks(*[0, 2_000_001, 1 << 41].choose(rng).expect("three"));
        }
        if rng.random_ratio(1, 20) {
            said.confidence = Ppm(999_999);
        }
        let also = rng.random_bool(0.5).then(|| ReportedPrice::plain(market, PriceTicks(price)));
        let prices = also.into_iter().chain([said]).collect();
        let report = PriceReport { publisher: n, time: Millis(pair.time), prices };
        pair.report(pair.publisher(n), report);
    }
}

/// It stays at a worth for a while.
fn drift_from_peg(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let worth =
        *[1_000_000, 990_000, 989_999, 985_432, 970_000, 969_999, 950_001, 1].choose(rng).expect("eight");
    let minutes = *[1, 2, 11].choose(rng).expect("three");
    let every = *[MINUTE / 4, MINUTE, 2 * MINUTE].choose(rng).expect("three");
    let until = pair.time + minutes * MINUTE + 1_000;
    while pair.time < until {
        tell_worth(pair, rng, worth);
        pair.time += every;
    }
    tell_worth(pair, rng, worth);
}

/// Governance says something, mostly near what there is.
fn govern(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    if rng.random_ratio(1, 6) {
        return replace_signer(pair, rng);
    }
    if rng.random_ratio(1, 20) {
        return move_floors_together(pair, rng);
    }
    let action = match rng.random_range(0..=12) {
        11 => 13,
        12 => rng.random_range(11..=15),
        action => action,
    };
    let subject = if rng.random_ratio(1, 20) { rng.random() } else { rng.random_range(0..3) };
    let current = current(&pair.naive, action, subject).unwrap_or(1);
    let value = match rng.random_range(0..12) {
        0 => 0,
        1 => rng.random(),
        2 => current,
        3 => current * 2,
        4 => current.saturating_mul(2) + 1,
        5 => current.div_ceil(2),
        6 => current / 2,
        _ if action == 5 => (pair.time / MINUTE + rng.random_range(4_300..4_400)) * MINUTE,
        _ => rng.random_range(current / 2..=current.saturating_mul(2)).max(1),
    };
    say(pair, action, subject, value);
}

fn say(pair: &mut Pair, action: u8, subject: u16, value: u64) {
    let payload = L1Payload::Governance(GovernanceCall { action, subject, value });
    pair.l1(pair.naive.l1_messages, payload);
}

/// Initial margin is to fall by half, and before that maintenance margin doubles.
fn move_floors_together(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let subject = rng.random_range(0..2);
    let [maintenance, initial] = [0, 1].map(|action| current(&pair.naive, action, subject).unwrap_or(1));
    say(pair, 1, subject, initial.div_ceil(2));
    say(pair, 0, subject, (2 * maintenance).min(initial));
}

/// Governance has somebody else sign, or several.
fn replace_signer(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    for _ in 0..rng.random_range(1..4) {
        let action = if rng.random_ratio(1, 4) { 12 } else { 11 };
        let places = if action == 11 { pair.naive.publishers.len() } else { 1 };
        let subject = rng.random_range(0..=places) as u16;
        let value = rng.random_range(0..=pair.naive.accounts.len()) as u64;
        let call = GovernanceCall { action, subject, value };
        pair.l1(pair.naive.l1_messages, L1Payload::Governance(call));
    }
}

/// What a parameter is, where there is one.
fn current(naive: &Exchange, action: u8, subject: u16) -> Option<u64> {
    if action == 10 {
        return naive.pools.get(usize::from(subject)).and_then(|pool| u64::try_from(pool.target).ok());
    }
    if (6..=9).contains(&action) {
        let rates = naive.pools.get(usize::from(subject))?.pacing.as_ref()?.rates();
        return [rates[0].0, rates[0].1, rates[1].0, rates[1].1].get(usize::from(action) - 6).copied();
    }
    let params = &naive.markets.get(usize::from(subject))?.params;
    let money = |quote: Quote| quote.0.unsigned_abs();
    Some(match action {
        0 => params.maintenance_margin.0.into(),
        1 => params.initial_margin.0.into(),
        2 => money(params.open_interest_cap),
        3 => money(params.open_interest_growth),
        4 => money(params.open_interest_free),
        13 => money(params.margin_tiers.first()?.notional),
        _ => params.settles_at.0,
    })
}

/// Time passes, and prices come back, now and then from so far that they are not believed at once.
fn wait(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let hours = *[1, 1, 2, 24, 73, 169].choose(rng).expect("six");
    pair.time += hours * HOUR;
    for market in MARKETS {
        let price = index_of(&pair.naive, market).max(1);
        let price = if rng.random_ratio(1, 4) { price + price / 6 } else { price };
        reports::all_report(pair, market, price);
    }
    stress::calm(pair, rng, 1_500);
}

pub(crate) fn step(pair: &mut Pair, number: u64) {
    let rng = &mut ChaCha8Rng::seed_from_u64(number);
    match rng.random_range(0..20) {
        0..3 => govern(pair, rng),
        3 => wait(pair, rng),
        4 => drift_from_peg(pair, rng),
        5 => tell_worth(pair, rng, 990_000),
        6..10 => limited::crowd(pair, rng),
        _ => inputs::step(pair, number),
    }
}

fn lives(new: impl Fn(Setting) -> Pair, seed: u64, steps: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    lives::lives(settings(), new, limited::begin, steps, |pair| step(pair, numbers.next_u64()))
}

/// The seed is always the same one: what must have happened is asked of it.
#[test]
fn a_life_whose_parameters_move_keeps_its_books() {
    let lives = lives(Pair::alone, 1, if crate::is_full() { 1_500 } else { 300 });
    let missing = missing(&lives, ALL);
    if crate::is_full() {
        assert!(missing.is_empty(), "never happened: {missing:?}");
    }
}

#[test]
fn a_life_whose_parameters_move_is_that_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 1_500 } else { 300 });
}
