//! Margin that follows a market's index, with numbers that were worked out from `docs/protocol.md` by other means than
//! the naive exchange.
//!
//! The class is A; its floors are 5% and 10%. The seven worst residuals of a listed ring are 6,817,316, 5,180,040,
//! 4,559,014, 4,191,205, 3,935,979, 3,743,391 and 3,590,274.

mod hand;

use ballast_naive::{Exchange, Fractions};
use ballast_types::{
    AccountId, Address, AssetId, Event, Input, L1Message, L1Payload, MarketId, MarketParams, Millis, Nonce,
    Operation, Operations, Ppm, PriceReport, PriceTicks, Quote, RejectCode, ReportedPrice, Signature, Source,
    UserCommand, limits::NEW_ACCOUNT,
};
use hand::plain_market;

const PUBLISHER: Address = Address::repeat_byte(0xee);
const OWNER: Address = Address::repeat_byte(1);
const ONE: MarketId = MarketId(0);
const HOUR: u64 = 3_600_000;
/// Hours from 1970 to where time begins: the beginning of a day.
const FIRST: u64 = 480_000;

fn market(n: u16) -> MarketParams {
    MarketParams { shortfall: true, ..plain_market(&format!("M{n}-USD")) }
}

fn exchange(markets: u16) -> Exchange {
    let markets = (0..markets).map(market).collect();
    Exchange::genesis(vec![PUBLISHER], 1, Address::ZERO, (Address::ZERO, Quote(0)), markets)
}

fn input(it: &mut Exchange, time: u64, signer: Option<Address>, source: Source) -> Vec<Event> {
    let seq = it.seq.next();
    it.apply(&Input { seq, time: Millis(time), source }, signer).events
}

/// All markets get an index, so many ms after an hour began, or before; what is told of margin.
fn tick(it: &mut Exchange, hour: u64, at: i64, price: u64) -> Vec<Event> {
    let time = ((FIRST + hour) * HOUR).checked_add_signed(at).expect("after 1970");
    let of = |id| ReportedPrice::plain(MarketId(id), PriceTicks(price));
    let prices = (0..u16::try_from(it.markets.len()).expect("few")).map(of).collect();
    let report = PriceReport { publisher: 0, time: Millis(time), prices };
    let source = Source::Publisher { report, signature: Signature([0; 65]) };
    let events = input(it, time, Some(PUBLISHER), source);
    events.into_iter().filter(|event| matches!(event, Event::MarginChanged { .. })).collect()
}

/// An hour ends at a price that comes in small steps; what is told then.
fn end(it: &mut Exchange, hour: u64, price: u64) -> Vec<Event> {
    let mut now = u64::try_from(it.markets[0].index).expect("a price");
    let mut at = -100_000;
    while now != price {
        now = if now == 0 { price } else { price.clamp(now - now / 40, now + now / 40) };
        assert_eq!(tick(it, hour, at, now), []);
        at += 4_000;
    }
    for at in [-12_000, -6_000, -1_000, 4_000, 9_000] {
        assert_eq!(tick(it, hour, at, price), []);
    }
    tick(it, hour, 10_001, price)
}

fn changed(maintenance: u32, initial: u32) -> Event {
    Event::MarginChanged { market: ONE, maintenance: Ppm(maintenance), initial: Ppm(initial) }
}

/// The loss of a listed market, 42,916,795,126 u of a million USDC, and a quarter of what 26 bad hours are more.
#[test]
fn a_listed_market_asks_what_its_class_loses() {
    let it = exchange(1);
    assert_eq!(it.markets[0].fractions, Fractions { maintenance: 53_582, initial: 107_164 });
    let factor = it.markets[0].shortfall.as_ref().expect("it follows its index");
    assert_eq!(
        (factor.fast, factor.slow, factor.glided),
        (17_060_000 * 17_060_000, 17_060_000 * 17_060_000, 17_060_000)
    );
    assert_eq!(
        (factor.stress[0], factor.stress[3], factor.stress[256]),
        (-273_980_166, 208_179_896, -450_000_000)
    );
    assert_eq!(factor.stress.len(), 260);
    assert_eq!(factor.ring()[482], 1_517_801);
}

/// One bad hour of a fifth, of which 0.55 count: 110,000,000,000 u of a long; nothing of a short.
#[test]
fn a_stress_table_takes_the_place_of_the_class_s() {
    let mut it = exchange(1);
    it.give_history(ONE, FIRST, &[], &[-200_000_000]);
    assert_eq!(it.markets[0].fractions, Fractions { maintenance: 59_688, initial: 119_376 });
}

#[test]
fn what_is_known_of_an_hour_is_taken_in_as_its_end_would_be() {
    let (mut given, mut lived) = (exchange(1), exchange(1));
    given.give_history(ONE, FIRST + 2, &[100_000_000], &[]);
    assert_eq!(given.markets[0].fractions, Fractions { maintenance: 69_263, initial: 138_526 });
    end(&mut lived, 1, 1_000);
    end(&mut lived, 2, 1_100);
    let [given, lived] = [given, lived].map(|it| it.markets[0].shortfall.clone().expect("it follows"));
    assert_eq!((given.fast, given.slow, given.glided), (lived.fast, lived.slow, lived.glided));
    assert_eq!((given.ring(), given.close, given.hour), (lived.ring(), 0, 0));
}

#[test]
fn samples_are_the_last_of_five_seconds() {
    let mut it = exchange(1);
    tick(&mut it, 1, -15_000, 990);
    assert_eq!(it.markets[0].hour_samples(), None);
    for (at, price) in [(-14_999, 991), (-10_000, 992), (-9_999, 993), (-5_000, 994), (0, 995), (1, 996)] {
        tick(&mut it, 1, at, price);
    }
    let sampled = |it: &Exchange| it.markets[0].hour_samples();
    let expected = [Some(992), Some(994), Some(995), Some(996), None];
    assert_eq!(sampled(&it), Some((FIRST + 1, expected)));
    tick(&mut it, 1, 10_000, 997);
    assert_eq!(sampled(&it), Some((FIRST + 1, [Some(992), Some(994), Some(995), Some(996), Some(997)])));
    assert_eq!(tick(&mut it, 1, 10_001, 998), []);
    assert_eq!(sampled(&it), None);
    let factor = it.markets[0].shortfall.as_ref().expect("it follows its index");
    assert_eq!((factor.close, factor.hour, factor.fast), (995, FIRST + 1, 17_060_000 * 17_060_000));
}

#[test]
fn of_four_samples_the_second_closes_the_hour_and_of_two_none() {
    let mut it = exchange(1);
    for (at, price) in [(-10_000, 1_003), (-5_000, 1_001), (1, 1_004), (5_001, 1_002), (10_001, 1_000)] {
        tick(&mut it, 1, at, price);
    }
    let close = |it: &Exchange| it.markets[0].shortfall.as_ref().map(|it| (it.close, it.hour));
    assert_eq!(close(&it), Some((1_002, FIRST + 1)));
    for at in [-10_000, 10_000, 10_001] {
        assert_eq!(tick(&mut it, 2, at, 1_020), []);
    }
    assert_eq!((close(&it), it.markets[0].hour_samples()), (Some((1_002, FIRST + 1)), None));
}

/// An hour of 1%, then in another exchange one of 10%, in which maintenance would rise to 69,263.
#[test]
fn margins_fall_and_rise_with_hours() {
    let mut it = exchange(1);
    assert_eq!(end(&mut it, 1, 1_000), []);
    assert_eq!(end(&mut it, 2, 1_010), [changed(53_572, 107_144)]);
    let factor = it.markets[0].shortfall.as_ref().expect("it follows its index");
    assert_eq!((factor.fast, factor.slow), (285_604_945_573_806, 290_859_766_884_994));
    assert_eq!((factor.raw(), factor.glided, factor.ring()[482]), (17_054_611, 17_054_611, 586_166));

    let mut it = exchange(1);
    end(&mut it, 1, 1_000);
    assert_eq!(end(&mut it, 2, 1_100), [changed(54_655, 138_526)]);
    let factor = it.markets[0].shortfall.as_ref().expect("it follows its index");
    assert_eq!((factor.fast, factor.slow), (567_439_452_562_332, 300_386_114_999_008));
    assert_eq!((factor.raw(), factor.glided, factor.ring()[482]), (23_820_987, 17_401_201, 5_861_664));
}

/// After an hour that was missed the next return is from the last close, and the row of the one missed stays.
#[test]
fn an_hour_that_is_missed_moves_nothing() {
    let mut it = exchange(1);
    end(&mut it, 1, 1_000);
    let row = it.markets[0].shortfall.as_ref().map(|it| it.ring()[481]);
    assert_eq!(end(&mut it, 3, 990), [changed(53_572, 107_144)]);
    let factor = it.markets[0].shortfall.as_ref().expect("it follows its index");
    assert_eq!(factor.ring()[483], -586_167);
    assert_eq!(Some(factor.ring()[481]), row);
    assert_eq!(factor.returns, [(FIRST + 3, -10_000_000)]);
}

#[test]
fn sixteen_hours_end_with_an_input() {
    let mut it = exchange(18);
    let ended = |it: &Exchange| {
        let hours = it.markets.iter().filter_map(|market| market.shortfall.as_ref()).map(|it| it.hour);
        hours.filter(|hour| *hour > 0).count()
    };
    for at in [-12_000, -6_000, -1_000] {
        tick(&mut it, 1, at, 1_000);
    }
    tick(&mut it, 1, 11_000, 1_000);
    assert_eq!(ended(&it), 16);
    tick(&mut it, 1, 11_001, 1_000);
    assert_eq!(ended(&it), 18);
}

/// 10 by the floor of 100,000 ppm, though 107,164 are in force.
#[test]
fn the_highest_leverage_goes_by_the_floor() {
    let mut it = exchange(1);
    let (asset, account) = (AssetId(0), AccountId(NEW_ACCOUNT));
    let payload = L1Payload::Deposit { asset, owner: OWNER, account, amount: Quote(1_000_000) };
    let message = L1Message { index: 0, l1_block: 1, l1_time: 1, payload };
    input(&mut it, 1, None, Source::L1(message));
    let mut say = |nonce, leverage| {
        let (account, market) = (AccountId(0), ONE);
        let operations = vec![Operation::SetLeverage { market, leverage }];
        let command =
            Operations { account, nonce: Nonce(nonce), expires: Millis(1), atomic: false, operations };
        let source =
            Source::User { command: UserCommand::Operations(command), signature: Signature([0; 65]) };
        input(&mut it, 1, Some(OWNER), source)
    };
    assert!(matches!(say(0, 10)[..], [Event::LeverageSet { leverage: 10, .. }]));
    let refused = say(1, 11);
    let [Event::OperationRejected { rejection, .. }] = refused[..] else {
        panic!("it was taken: {refused:?}")
    };
    assert_eq!((rejection.code, rejection.limit), (RejectCode::InvalidLeverage, 10));
}
