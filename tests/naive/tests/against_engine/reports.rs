//! Price reports: of publishers that agree, that differ, and such as nobody may say.

use ballast_naive::Exchange;
use ballast_types::{
    Address, Input, MarketId, Millis, Ppm, PriceReport, PriceTicks, ReportedPrice, Seq, Signature, Source,
};
use rand::{Rng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

use crate::pair::{Pair, publisher};

/// Markets that have prices.
const MARKETS: [MarketId; 2] = [MarketId(0), MarketId(1)];

fn index_of(naive: &Exchange, market: MarketId) -> u64 {
    u64::try_from(naive.markets[usize::from(market.0)].index).expect("a price")
}

fn publishers(naive: &Exchange) -> u8 {
    u8::try_from(naive.publishers.len()).expect("at most 16")
}

/// Every publisher's report of these prices at a time, but for a thousandth.
fn agreeing(naive: &Exchange, prices: &[(MarketId, u64)], time: u64) -> Vec<PriceReport> {
    let near = |n: u8, price: u64| price + u64::from(n % 3) * (price / 1_000) - price / 1_000;
    let report = |n| {
        let price =
            |(market, price): &(MarketId, u64)| ReportedPrice::plain(*market, PriceTicks(near(n, *price)));
        PriceReport { publisher: n, time: Millis(time), prices: prices.iter().map(price).collect() }
    };
    (0..publishers(naive)).map(report).collect()
}

/// All publishers report a price; the index becomes the one given.
pub(crate) fn all_report(pair: &mut Pair, market: MarketId, price: u64) {
    tell(pair, &agreeing(&pair.naive, &[(market, price)], pair.time + 1));
}

/// What is to be said after `time` for the market to come to a price and to match continuously again, where it
/// otherwise does; prices elsewhere stay.
pub(crate) fn calm(naive: &Exchange, time: u64, market: MarketId, price: u64) -> Vec<PriceReport> {
    let at = |other| if other == market { price } else { index_of(naive, other) };
    let prices: Vec<(MarketId, u64)> = MARKETS.map(|other| (other, at(other))).to_vec();
    let mut reports = agreeing(naive, &prices, time + 1);
    let after = foresee(naive, &reports);
    let is_unsure = |last: Millis| last.0 + 1_000 > time + 1;
    if after.markets[usize::from(market.0)].uncertain.is_some_and(is_unsure) {
        reports.extend([602, 1_602].into_iter().flat_map(|later| agreeing(naive, &prices, time + later)));
    }
    reports
}

/// What a naive exchange is after these reports.
pub(crate) fn foresee(naive: &Exchange, reports: &[PriceReport]) -> Exchange {
    let mut naive = naive.clone();
    for report in reports {
        let source = Source::Publisher { report: report.clone(), signature: Signature([0; 65]) };
        let signer = naive.publishers[usize::from(report.publisher)];
        naive.apply(&Input { seq: Seq(0), time: report.time, source }, Some(signer));
    }
    naive
}

/// Says them, each at its time.
pub(crate) fn tell(pair: &mut Pair, reports: &[PriceReport]) {
    for report in reports {
        pair.time = pair.time.max(report.time.0);
        pair.report(pair.publisher(report.publisher), report.clone());
    }
}

/// Publishers say something about the markets that have prices.
pub(crate) fn some(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    match rng.random_range(0..9) {
        0..2 => move_price(pair, rng),
        2..4 => {
            let market = MARKETS[rng.random_range(0..2)];
            tell(pair, &calm(&pair.naive, pair.time, market, index_of(&pair.naive, market)));
        }
        _ => drift(pair, rng),
    }
}

/// A new price near the old one and not too far from where it began.
fn near(pair: &Pair, rng: &mut ChaCha8Rng, market: MarketId, most: u64) -> u64 {
    let (now, home) = (index_of(&pair.naive, market).max(1), pair.setting.prices[usize::from(market.0)]);
    let to = (now + rng.random_range(0..=2 * most)).saturating_sub(most);
    let to = if rng.random_ratio(1, 8) { (to + home) / 2 } else { to };
    to.clamp(home.div_ceil(2), home * 2)
}

/// All publishers report a market's new price.
fn move_price(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let market = MARKETS[rng.random_range(0..2)];
    let now = index_of(&pair.naive, market);
    let most = if rng.random_ratio(1, 4) { now / 5 } else { now / 100 + 1 };
    let to = near(pair, rng, market, most);
    if rng.random_ratio(1, 3) {
        tell(pair, &calm(&pair.naive, pair.time, market, to));
    } else {
        all_report(pair, market, to);
    }
}

/// How publishers differ of one market in one round.
struct Mood {
    price: u64,
    /// Most that one is off, in ppm.
    spread: u64,
    /// What perpetuals elsewhere are worth more, in ppm and above a tenth less.
    perp: Option<u64>,
    /// One publisher in so many knows no perpetuals.
    silent: u32,
}

impl Mood {
    fn draw(pair: &Pair, rng: &mut ChaCha8Rng, market: MarketId) -> Self {
        let class = pair.setting.markets[usize::from(market.0)].class;
        let tolerance = class.tolerance();
        let [d1, d2, j1] =
            [tolerance.uncertain, tolerance.invalid, tolerance.jump].map(|ppm| u64::from(ppm.0));
        let most = match rng.random_range(0..30) {
            0 => 2 * j1,
            1..4 => d2,
            _ => d1 / 4,
        };
        let now = index_of(&pair.naive, market);
        let most = now * most / 1_000_000 + u64::from(rng.random_ratio(1, 6));
        let spread = match rng.random_range(0..30) {
            0 => 2 * d2,
            1 => (d1 + d2) / 2,
            _ => d1 / 4,
        };
        let perp = match rng.random_range(0..8) {
            0 => None,
            1..4 => Some(rng.random_range(0..200_000)),
            _ => Some(100_000),
        };
        Self { price: near(pair, rng, market, most), spread, perp, silent: rng.random_range(2..9) }
    }

    fn say(&self, rng: &mut ChaCha8Rng, market: MarketId) -> ReportedPrice {
        let most = self.price * self.spread / 1_000_000;
        let price = (self.price + rng.random_range(0..=2 * most)).saturating_sub(most).max(1);
        let perp = self.perp.map(|more| PriceTicks((price * (900_000 + more) / 1_000_000).max(1)));
        let confidence = match rng.random_range(0..30) {
            0 => 20_000,
            1 => 20_001,
            _ => rng.random_range(0..3_000),
        };
        ReportedPrice {
            market,
            price: PriceTicks(price),
            perp: perp.filter(|_| !rng.random_ratio(1, self.silent)),
            confidence: Ppm(confidence),
        }
    }
}

/// A quorum of publishers, or more, say about the same of both markets; now and then they differ, or their price jumps.
pub(crate) fn drift(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let moods = MARKETS.map(|market| (market, Mood::draw(pair, rng, market)));
    let (count, quorum) = pair.setting.publishers;
    let mut speakers: Vec<u8> = (0..count).collect();
    speakers.shuffle(rng);
    speakers.truncate(rng.random_range(1..9).clamp(quorum, count).into());
    for n in speakers {
        pair.time += rng.random_range(1..20);
        let mut prices = Vec::new();
        for (market, mood) in &moods {
            if rng.random_ratio(19, 20) {
                prices.push(mood.say(rng, *market));
            }
        }
        pair.report(pair.publisher(n), PriceReport { publisher: n, time: Millis(pair.time), prices });
    }
}

/// A quorum of publishers say the same of both markets, which moves by no more than a tick; seldom they differ.
pub(crate) fn hum(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    if rng.random_ratio(1, 50) {
        return drift(pair, rng);
    }
    let elsewhere = rng.random_ratio(1, 2);
    let prices: Vec<ReportedPrice> = MARKETS
        .into_iter()
        .map(|market| {
            let most = u64::from(rng.random_ratio(1, 10));
            let price = PriceTicks(near(pair, rng, market, most));
            ReportedPrice { perp: elsewhere.then_some(price), ..ReportedPrice::plain(market, price) }
        })
        .collect();
    for n in 0..pair.setting.publishers.1 {
        pair.report(
            pair.publisher(n),
            PriceReport { publisher: n, time: Millis(pair.time), prices: prices.clone() },
        );
    }
}

/// One publisher says something, not always what it may.
pub(crate) fn odd(pair: &mut Pair, rng: &mut ChaCha8Rng) {
    let n = rng.random_range(0..publishers(&pair.naive) + 1);
    let signer = match rng.random_range(0..20) {
        0 => Address::ZERO,
        1 => publisher(0),
        _ => pair.naive.publishers.get(usize::from(n)).copied().unwrap_or(publisher(n)),
    };
    let time = Millis(match rng.random_range(0..10) {
        0..2 => pair.time + rng.random_range(499..503),
        2 => pair.time - rng.random_range(2_999..3_002),
        3..5 => pair.time + rng.random_range(0..500),
        _ => pair.time - rng.random_range(0..3_000),
    });
    let mut prices: Vec<ReportedPrice> = Vec::new();
    for market in (0..4).map(MarketId) {
        let now = if MARKETS.contains(&market) { index_of(&pair.naive, market).max(1) } else { 1 };
        let far = now / if rng.random_ratio(1, 8) { 20 } else { 150 };
        let any = |rng: &mut ChaCha8Rng| match rng.random_range(0..60) {
            0 => 0,
            1 => (1 << 40) + 1,
            _ => now + rng.random_range(0..=2 * far) - far,
        };
        let (price, perp) = (PriceTicks(any(rng)), PriceTicks(any(rng)));
        let perp = rng.random_ratio(3, 4).then_some(perp);
        if rng.random_ratio(if market.0 < 2 { 30 } else { 1 }, 40) {
            prices.push(ReportedPrice { market, price, perp, confidence: Ppm(0) });
        }
    }
    match rng.random_range(0..20) {
        0 => prices.reverse(),
        1 => prices = prices.iter().copied().cycle().take(if prices.is_empty() { 0 } else { 257 }).collect(),
        _ => {}
    }
    pair.report(signer, PriceReport { publisher: n, time, prices });
}
