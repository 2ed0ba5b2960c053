//! Margin that follows a market's index: compared, what it did by name, and lives in which hours end.

use std::array;

use ballast_engine::History;
use ballast_naive::{Exchange, Fractions, Market, Shortfall};
use ballast_state::{State, factor_index};
use ballast_types::{
    Event, Input, MarketClass, MarketId, Millis, OracleState, Outcome, PriceReport, PriceTicks,
    ReportedPrice, SystemCommand,
};
use rand::{Rng, RngCore, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

use crate::{
    falls::{MARKETS, all, index_of, lacking, lever, quote, turning_point},
    inputs::{self, USDC},
    lives::{self, missing},
    pair::Pair,
    reports::{calm, tell},
    settings::{Setting, following, huge, ladder, ordinary, protected},
};

const HOUR: u64 = 3_600_000;
/// The hour before lives begin.
const BEFORE: u64 = 1_700_000_000_000 / HOUR;

/// What lives with such margin are there to meet.
const ALL: &[&str] = &[
    "an hour closed",
    "a first hour closed",
    "an hour closed with 3 samples",
    "an hour closed with 4 samples",
    "an hour closed with 5 samples",
    "an hour was missed",
    "an uncertain index was no sample",
    "a sample was replaced",
    "a return at its bound",
    "a residual is larger than its return counts",
    "maintenance rose as far as it may",
    "maintenance fell as far as it may",
    "initial rose",
    "initial fell",
    "initial fell as maintenance rose",
    "initial rose as maintenance fell",
    "an hour closed and nothing moved",
    "the glide took an account below maintenance",
    "liquidated as its floor would not",
];

/// Compares the fractions in force, the samples, and what a market's margin follows.
pub(crate) fn compare(fast: &State, naive: &Market, id: MarketId, input: &Input) {
    let market = fast.markets.get(u32::from(id.0)).expect("listed");
    let Fractions { maintenance, initial } = naive.fractions;
    assert_eq!((market.maintenance.0, market.initial.0), (maintenance, initial), "{id} after {input:#?}");
    let closing = fast.venues.get(u32::from(id.0)).expect("listed").closing;
    let samples = closing.samples.map(|index| i128::from(index.0));
    let (hour, expected) = naive.hour_samples().unwrap_or_default();
    let expected = expected.map(Option::unwrap_or_default);
    assert_eq!((closing.hour, samples), (hour, expected), "samples of {id} after {input:#?}");
    let factor = fast.factors.get(factor_index(id));
    assert_eq!(factor.is_some(), naive.shortfall.is_some(), "{id} after {input:#?}");
    let (Some(it), Some(naive)) = (factor, naive.shortfall.as_deref()) else { return };
    let told = [it.close.0, it.fast, it.slow, it.glided].map(i128::from);
    let expected = [naive.close, naive.fast, naive.slow, naive.glided];
    assert_eq!((it.hour, told), (naive.hour, expected), "factor of {id} after {input:#?}");
    if input.seq.0 < 3 || naive.hour == hour_of(input.time) {
        let wide = |list: &[i64]| list.iter().copied().map(i128::from).collect::<Vec<_>>();
        let ring: Vec<i128> = it.residuals.iter().copied().map(i128::from).collect();
        assert_eq!(ring, naive.ring(), "ring of {id} after {input:#?}");
        assert_eq!(wide(&it.stress), naive.stress, "stress table of {id} after {input:#?}");
    }
}

const fn hour_of(time: Millis) -> u64 {
    time.0 / HOUR
}

/// What happened to samples, hours and fractions, by name.
pub(crate) fn seen(old: &Exchange, new: &Exchange, outcome: &Outcome) -> Vec<String> {
    let markets = old.markets.iter().zip(&new.markets);
    let mut names: Vec<String> = markets
        .filter(|(_, market)| market.shortfall.is_some())
        .flat_map(|(old, market)| hours(old, market, new.time))
        .collect();
    let glided = outcome.events.iter().any(|event| matches!(event, Event::MarginChanged { .. }));
    if glided {
        let mut unmoved = new.clone();
        for (market, old) in unmoved.markets.iter_mut().zip(&old.markets) {
            market.fractions = old.fractions;
        }
        let fell = |id: &&ballast_types::AccountId| !lacking(&unmoved).contains(id);
        let count = lacking(new).iter().filter(fell).count();
        names.extend((0..count).map(|_| "the glide took an account below maintenance".into()));
    }
    for event in &outcome.events {
        if let Event::Liquidated { account, .. } = event {
            let mut floors = old.clone();
            for market in &mut floors.markets {
                market.fractions.maintenance = market.params.maintenance_margin.0;
            }
            if !lacking(&floors).contains(account) && lacking(old).contains(account) {
                names.push("liquidated as its floor would not".into());
            }
        }
    }
    names
}

/// The same of one market.
fn hours(old: &Market, new: &Market, now: Millis) -> Vec<String> {
    let mut names = Vec::new();
    let (before, after) = (old.hour_samples(), new.hour_samples());
    let count = |samples: [Option<i128>; 5]| samples.iter().flatten().count();
    let (Some(was), Some(is)) = (old.shortfall.as_deref(), new.shortfall.as_deref()) else { return names };
    let closed = is.hour != was.hour;
    match (before, after) {
        (Some((_, samples)), _) if closed => {
            names.push("an hour closed".into());
            names.push(format!("an hour closed with {} samples", count(samples)));
            names.extend((was.close == 0).then(|| "a first hour closed".into()));
            names.extend(bounded(was, is));
            names.extend(moved(old.fractions, new.fractions));
        }
        (Some(_), None) => names.push("an hour was missed".into()),
        (Some((hour, samples)), Some((next, _))) if hour != next => {
            let few =
                if count(samples) < 3 { "an hour was missed" } else { "an hour was forgotten for another" };
            names.push(few.into());
        }
        (Some((_, samples)), Some((_, others))) => {
            let replaced = (0..5).any(|i| samples[i].is_some() && samples[i] != others[i]);
            names.extend(replaced.then(|| "a sample was replaced".into()));
        }
        _ => {}
    }
    let ticked = new.mark_time == now && old.mark_time != now;
    let around = (now.0 + 15_000) % HOUR <= 25_000;
    if ticked && around && new.quality == OracleState::Uncertain {
        names.push("an uncertain index was no sample".into());
    }
    names
}

/// Whether a return was held within ten times the volatility in force, and its residual is more than ten.
fn bounded(was: &Shortfall, is: &Shortfall) -> Vec<String> {
    let (Some((_, r)), Some((_, z))) = (is.returns.last(), is.residuals.last()) else { return Vec::new() };
    let names = [
        (r.abs() == 10 * was.raw().max(100_000), "a return at its bound"),
        (z.abs() > 10_000_000, "a residual is larger than its return counts"),
    ];
    names.into_iter().filter(|(holds, _)| *holds).map(|(_, name)| name.into()).collect()
}

fn moved(old: Fractions, new: Fractions) -> Vec<String> {
    let (was, is) = (old.maintenance, new.maintenance);
    let (rose, fell) = (new.initial > old.initial, new.initial < old.initial);
    let names = [
        (is == (was * 1_020).div_ceil(1_000) + 1, "maintenance rose as far as it may"),
        (is > was, "maintenance rose"),
        (is < was && is == (was * 990).div_ceil(1_000), "maintenance fell as far as it may"),
        (is < was, "maintenance fell"),
        (rose, "initial rose"),
        (fell, "initial fell"),
        (fell && is > was, "initial fell as maintenance rose"),
        (rose && is < was, "initial rose as maintenance fell"),
        (old == new, "an hour closed and nothing moved"),
    ];
    names.into_iter().filter(|(holds, _)| *holds).map(|(_, name)| name.into()).collect()
}

/// Returns of so many hours, none of them above so many ppb, up and down without a pattern.
fn returns(hours: u64, most: i64) -> Vec<i64> {
    let rng = &mut ChaCha8Rng::seed_from_u64(hours);
    (0..hours).map(|_| rng.random_range(-most..=most)).collect()
}

fn known(market: MarketId, returns: Vec<i64>, stress: Vec<i64>) -> History {
    History { market, hour: BEFORE - 1, returns, stress }
}

/// Markets of each class, with a history of every kind and with none.
pub(crate) fn settings() -> [Setting; 5] {
    let [one, two] = MARKETS;
    let lately = known(one, returns(40, 30_000_000), returns(23, 200_000_000));
    let calm = known(two, returns(800, 400_000), vec![-50_000_000]);
    let mut of_class_a = following(ordinary(), vec![known(two, Vec::new(), returns(260, 90_000_000))]);
    of_class_a.markets[0].class = MarketClass::A;
    of_class_a.markets[0].maintenance_margin.0 = 11_003;
    of_class_a.markets[0].initial_margin.0 = 20_001;
    let wild = known(one, returns(12, 1_000_000_000), vec![-1_000_000_000, 3_000_000_000]);
    [
        following(ladder(), vec![lately, calm.clone()]),
        following(
            protected(ladder(), 1_000 * USDC),
            vec![known(one, returns(740, 300_000), Vec::new()), calm],
        ),
        following(protected(ladder(), 1 << 60), Vec::new()),
        of_class_a,
        following(huge(), vec![wild]),
    ]
}

/// Some account has as much as it must, and hardly more.
fn hover(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let held: Vec<_> = all(&pair.naive)
        .into_iter()
        .flat_map(|id| pair.naive.accounts[id.0 as usize].positions.keys().map(move |market| (id, *market)))
        .collect();
    let Some((account, market)) = held.choose(rng).copied() else { return };
    let home = pair.setting.prices[usize::from(market.0)];
    let wanted = rng.random_range(100..103);
    if let Ok((_, enough)) = turning_point(pair, account, market, wanted, home.div_ceil(2)..home * 2) {
        tell(pair, &calm(&pair.naive, pair.time, market, enough));
    }
}

/// Publishers speak of both markets, or of one; of each they agree, differ, or have seen it jump.
fn tick(pair: &mut Pair, rng: &mut ChaCha8Rng, restless: u32) {
    let moods: [u32; 2] = array::from_fn(|_| rng.random_range(0..100 + restless));
    for n in 0..pair.setting.publishers.0 {
        let price = |(market, mood): (MarketId, u32)| {
            let now = index_of(&pair.naive, market).max(1);
            let tolerance = pair.setting.markets[usize::from(market.0)].class.tolerance();
            let part = |ppm: u64| (now * ppm).div_ceil(1_000_000);
            let apart = part(u64::from(tolerance.uncertain.0) * 3 / 4);
            let price = match mood {
                0..60 => now,
                60..85 => now + 1 - u64::from(now > 1) * 2 * u64::from(mood % 2),
                85..95 => (now + u64::from(n % 3) * apart).saturating_sub(apart).max(1),
                95..98 => now + part(u64::from(tolerance.jump.0) * 5 / 4) * u64::from(n < 2),
                _ => return None,
            };
            Some(ReportedPrice::plain(market, PriceTicks(price)))
        };
        let prices: Vec<ReportedPrice> = MARKETS.into_iter().zip(moods).filter_map(price).collect();
        if !prices.is_empty() {
            pair.report(pair.publisher(n), PriceReport { publisher: n, time: Millis(pair.time), prices });
        }
    }
}

/// An hour ends: publishers speak before and after, more or less often, and who lacks margin is liquidated.
fn end_hour(pair: &mut Pair, rng: &mut ChaCha8Rng, wild: u64) {
    let mut hour = pair.time / HOUR + 1;
    if hour * HOUR - pair.time < 30_000 || rng.random_ratio(1, 12) {
        hour += rng.random_range(1..4);
    }
    pair.time = hour * HOUR - 20_000;
    for market in MARKETS {
        let (now, home) = (index_of(&pair.naive, market), pair.setting.prices[usize::from(market.0)]);
        let most = now * wild / 1_000;
        let to = (now + rng.random_range(0..=2 * most)).saturating_sub(most);
        tell(pair, &calm(&pair.naive, pair.time, market, to.clamp(home.div_ceil(2), home * 2)));
    }
    if rng.random_ratio(1, 3) {
        hover(pair, rng);
    }
    let restless = *[0, 0, 30, 200].choose(rng).expect("four");
    let until = hour * HOUR + rng.random_range(8_000..18_000);
    while pair.time < until {
        let to_next = 5_000 - pair.time % 5_000;
        pair.time += match rng.random_range(0..10) {
            0 => to_next,
            1 => to_next + 1,
            _ => rng.random_range(300..4_900),
        };
        tick(pair, rng, restless);
    }
    for account in lacking(&pair.naive) {
        if rng.random_ratio(4, 5) {
            pair.system(SystemCommand::Liquidate { account });
        }
    }
}

/// Hours of which some are wild, and things that happen between them.
fn step(pair: &mut Pair, rng: &mut ChaCha8Rng, wild: u64) {
    for _ in 0..rng.random_range(0..4) {
        match rng.random_range(0..4) {
            0 => quote(pair, rng),
            1 => lever(pair, rng),
            _ => inputs::act(pair, rng),
        }
    }
    end_hour(pair, rng, wild);
}

fn lives(new: impl Fn(Setting) -> Pair, seed: u64, hours: u32) -> Vec<Pair> {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let mut hour = 0;
    lives::lives(settings(), new, inputs::begin, hours, |pair| {
        let wild = if hour % 100 < 30 { 60 } else { 1 };
        hour = (hour + 1) % hours;
        step(pair, &mut ChaCha8Rng::seed_from_u64(numbers.next_u64()), wild);
    })
}

/// The seed is always the same one: what must have happened is asked of it.
#[test]
fn hours_that_move_margins_keep_their_books() {
    let missing = missing(&lives(Pair::alone, 1, if crate::is_full() { 400 } else { 160 }), ALL);
    assert!(missing.len() < 4, "never happened: {missing:?}");
}

#[test]
fn hours_that_move_margins_are_those_of_the_naive_exchange() {
    lives(Pair::new, crate::seed(), if crate::is_full() { 400 } else { 160 });
}

/// Of forty markets whose hour ends with one input sixteen end it, and the others with the next.
#[test]
fn many_hours_end_as_those_of_the_naive_exchange() {
    let rng = &mut ChaCha8Rng::seed_from_u64(crate::seed());
    let mut setting = following(ladder(), Vec::new());
    let unpriced = setting.markets.pop().expect("three");
    setting.markets = setting.markets.iter().cycle().take(40).cloned().chain([unpriced]).collect();
    for (n, market) in setting.markets.iter_mut().enumerate() {
        market.symbol = format!("M{n}-USD");
    }
    let mut pair = Pair::new(setting);
    for hour in 0..12 {
        let ends = (pair.time / HOUR + 1) * HOUR;
        for at in [-14_000, -9_000, -1_000, 3_000, 9_000, 12_000] {
            pair.time = ends.checked_add_signed(at).expect("after 1970");
            let prices = |rng: &mut ChaCha8Rng| {
                let price = 1_000 + hour * 4 + rng.random_range(0..3);
                let of = |id| ReportedPrice::plain(MarketId(id), PriceTicks(price));
                (0..40).map(of).collect()
            };
            let prices: Vec<ReportedPrice> = prices(rng);
            for n in 0..if at == 12_000 { hour % 4 } else { 2 } {
                let n = u8::try_from(n).expect("few");
                let report = PriceReport { publisher: n, time: Millis(pair.time), prices: prices.clone() };
                pair.report(pair.publisher(n), report);
                pair.time += 1;
            }
        }
    }
    let closed = pair.seen.times("an hour closed");
    assert!(closed > 200 && closed < 40 * 12, "{closed}\n{}", pair.seen.table());
    assert!(pair.seen.times("an hour was forgotten for another") > 0, "{}", pair.seen.table());
}
