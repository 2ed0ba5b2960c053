//! Before the crash: everybody deposits, and enters by trades on the book.

use super::{
    assumptions::Assumptions,
    crowd::{Place, Trader, Wanted, pools},
    event::Crash,
    makers::{Desk, Maker, order},
    noise::limit,
    target::target,
    venue::{Pace, Venue, signed_by},
};
use ballast_engine::{GenesisConfig, Listing, ProtectionConfig};
use ballast_types::{
    AccountId, Address, ClientId, Direction, Event, Millis, NewOrder, Operation, PoolId, Ppm, PriceReport,
    PriceSource, PriceTicks, Quote, ReportedPrice, Side, SizeLots, Source, TimeInForce, Trigger,
    limits::{FUND_ACCOUNT, NEW_ACCOUNT, OPENING_FEE},
};

/// Owner of the backstop.
pub(super) const BACKSTOP: u32 = 0xffff_0000;
/// Traders that enter between two quotes: at most so many, and at most a part of all.
const CHUNK: usize = 50;
const CHUNKS: usize = 100;
/// What makers show while everybody enters, as a part of the open interest.
const OPENING_DEPTH: f64 = 0.10;
/// Those who trade at random in each market, and what they bring together, as a part of the open interest.
const NOISE: u16 = 8;
const NOISE_CAPITAL: f64 = 0.04;
/// How far into the book an entry goes at most.
const ENTRY: f64 = 0.012;
/// Dollars of a market without a maker's capital: nobody trades with less.
const LEAST: f64 = 1_000.0;

/// Everybody, when the crash begins.
pub(super) struct Opened {
    pub(super) venue: Venue,
    pub(super) places: Vec<Place>,
    pub(super) desks: Vec<Desk>,
    pub(super) noise: Vec<Vec<Maker>>,
    /// What the fund of each pool should hold, in dollars.
    pub(super) targets: Vec<f64>,
    /// Positions that were wanted, and those that came to nothing.
    pub(super) wanted: usize,
    pub(super) failed: usize,
}

/// The address of the owner with this number.
pub(super) fn owner(number: u32) -> Address {
    let mut bytes = [0xba; 20];
    bytes[16..].copy_from_slice(&number.to_be_bytes());
    Address::from(bytes)
}

/// The address of a publisher.
pub(super) fn publisher(number: u8) -> Address {
    owner(0xffff_1000 + u32::from(number))
}

/// An amount in u.
pub(super) fn quote(dollars: f64) -> Quote {
    Quote((dollars * 1e6) as i64)
}

/// Opens the exchange and all accounts, and lets everybody enter at the price at which the crash begins.
///
/// # Errors
/// When the exchange could not begin so.
pub(super) fn open(
    crash: &Crash,
    places: Vec<Place>,
    traders: &[Trader],
    assumed: &Assumptions,
) -> eyre::Result<Opened> {
    let targets: Vec<f64> = pools(&places).into_iter().map(|pool| target(pool, &places, traders)).collect();
    let chunk = (traders.len() / CHUNKS).clamp(1, CHUNK);
    let chunks = traders.len().div_ceil(chunk) as u64 + 2;
    let start = Millis(crash.from - chunks * assumed.tick_ms);
    let pace = Pace { group_ms: assumed.group_ms, step_us: assumed.step_us };
    let mut venue = Venue::new(&genesis(&places, assumed, &targets), start, pace)?;
    for (pool, target) in (0..).zip(&targets) {
        let (backstop, fund) = if pool == 0 {
            (assumed.backstop, assumed.fund.unwrap_or(*target))
        } else {
            (assumed.silo_backstop, *target)
        };
        venue.deposit(owner(BACKSTOP + pool), pool, quote(backstop));
        venue.deposit(owner(BACKSTOP + pool), FUND_ACCOUNT - pool, quote(fund));
        venue.tally.homes.push(None);
    }
    let mut next = 0;
    let mut desks = Vec::new();
    let mut noise = Vec::new();
    for place in &places {
        let capital = (place.interest * assumed.maker_capital).max(LEAST);
        desks.push(Desk::of(enter(&mut venue, &mut next, place, assumed.makers, capital)));
        let capital = (place.interest * NOISE_CAPITAL).max(LEAST);
        noise.push(enter(&mut venue, &mut next, place, NOISE, capital));
    }
    let (wanted, mut failed) = (traders.iter().map(|trader| trader.wanted.len()).sum(), 0);
    for chunk in traders.chunks(chunk) {
        let now = Millis(venue.now.0 + assumed.tick_ms);
        venue.until(now);
        report(&mut venue, &places, assumed.publishers, 0, |place| (place.price, None));
        for (place, desk) in places.iter().zip(&mut desks) {
            let depth = place.interest * OPENING_DEPTH;
            desk.quote(&mut venue, place, place.price, depth, 0.0);
        }
        for trader in chunk {
            failed += come(&mut venue, &mut next, &places, trader);
        }
    }
    venue.until(Millis(crash.from));
    Ok(Opened { venue, places, desks, noise, targets, wanted, failed })
}

fn genesis(places: &[Place], assumed: &Assumptions, targets: &[f64]) -> GenesisConfig {
    let protection = |(pool, target): (u32, &f64)| ProtectionConfig {
        backstop: owner(BACKSTOP + pool),
        fund_target: quote(*target),
        pacing: None,
    };
    let listing = |place: &Place| Listing { params: place.params.clone(), pool: place.pool };
    GenesisConfig {
        chain_id: 31_337,
        exchange: Address::repeat_byte(0xba),
        publishers: (0..assumed.publishers).map(publisher).collect(),
        quorum: assumed.quorum,
        guardian: Address::ZERO,
        pools: (0..).zip(targets).map(protection).collect(),
        markets: places.iter().map(listing).collect(),
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
    }
}

/// Opens `count` accounts of somebody who trades in one market, with `capital` dollars together.
fn enter(venue: &mut Venue, next: &mut u32, place: &Place, count: u16, capital: f64) -> Vec<Maker> {
    let enter = |_| {
        let (owner, account) = open_account(venue, next, place, capital / f64::from(count.max(1)));
        Maker { owner, account }
    };
    (0..count).map(enter).collect()
}

/// Somebody opens an account to trade in a market. What L1 brings goes to one of the common pool; in a silo another one is opened
/// from there.
fn open_account(venue: &mut Venue, next: &mut u32, place: &Place, dollars: f64) -> (Address, AccountId) {
    let owner = owner(*next);
    *next += 1;
    let opened = |venue: &Venue| AccountId(venue.exchange.state.chain.accounts - 1);
    if place.pool == PoolId(0) {
        venue.deposit(owner, NEW_ACCOUNT, quote(dollars));
        venue.tally.homes.push(Some(place.id));
        return (owner, opened(venue));
    }
    let amount = Quote(quote(dollars).0 + OPENING_FEE);
    venue.deposit(owner, NEW_ACCOUNT, amount);
    let main = opened(venue);
    venue.open_in(place.pool, owner, main, amount);
    venue.tally.homes.extend([None, Some(place.id)]);
    (owner, opened(venue))
}

/// A trader deposits, takes his positions and sets his stops; how many positions came to nothing.
fn come(venue: &mut Venue, next: &mut u32, places: &[Place], trader: &Trader) -> usize {
    let largest = trader.wanted.iter().max_by(|one, other| one.notional.total_cmp(&other.notional));
    let home = largest.map_or(0, |wanted| wanted.place);
    let (owner, account) = open_account(venue, next, &places[home], trader.equity);
    let mut failed = 0;
    for wanted in &trader.wanted {
        let place = &places[wanted.place];
        let lots = place.grid.lots(wanted.notional, place.price).max(1);
        let at = limit(place, place.price, wanted.side, ENTRY);
        let mut operations = vec![order(place.id, wanted.side, at, lots, TimeInForce::Ioc)];
        operations.extend(wanted.stop.map(|level| stop(place, wanted, level)));
        let outcome = venue.operate(account, owner, operations);
        failed += usize::from(!outcome.events.iter().any(|event| matches!(event, Event::Fill { .. })));
    }
    failed
}

/// A conditional order that closes all at the market when the mark reaches its level.
fn stop(place: &Place, wanted: &Wanted, level: f64) -> Operation {
    let (side, direction, price) = match wanted.side {
        Side::Buy => (Side::Sell, Direction::Below, PriceTicks(1)),
        Side::Sell => (Side::Buy, Direction::Above, PriceTicks(place.grid.ticks(place.price * 3.0))),
    };
    let lots = SizeLots(place.grid.lots(wanted.notional, place.price).max(1));
    let plain = NewOrder::plain(side, price, lots, TimeInForce::Ioc, ClientId(0));
    let level = PriceTicks(place.grid.ticks(level));
    Operation::PlaceConditional {
        market: place.id,
        order: NewOrder { reduce_only: true, ..plain },
        trigger: Trigger::Price { source: PriceSource::Mark, direction, level },
        link: None,
    }
}

/// All publishers report what `price` says of a market to each of them: the spot price, and that of its perpetual. They
/// come `apart` ms one after the other, with the prices of this tick.
pub(super) fn report(
    venue: &mut Venue,
    places: &[Place],
    publishers: u8,
    apart: u64,
    mut price: impl FnMut(&Place) -> (f64, Option<f64>),
) {
    for number in 0..publishers {
        if apart > 0 && number > 0 {
            venue.group();
            venue.until(Millis(venue.now.0 + apart));
        }
        let prices = places.iter().map(|place| {
            let (spot, perp) = price(place);
            let ticks = |price| PriceTicks(place.grid.ticks(price));
            ReportedPrice {
                market: place.id,
                price: ticks(spot),
                perp: Some(ticks(perp.unwrap_or(spot))),
                confidence: Ppm(0),
            }
        });
        let report = PriceReport { publisher: number, time: venue.now, prices: prices.collect() };
        venue.input(Source::Publisher { report, signature: signed_by(publisher(number)) });
    }
}
