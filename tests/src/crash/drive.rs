//! From tick to tick through a crash.

use super::{
    assumptions::Assumptions,
    crowd::{self, normal},
    event::{Asset, Crash},
    makers::{Mood, depth},
    noise,
    open::{BACKSTOP, Opened, open, owner, report},
    report::{Moment, Report, Sizes, conclude},
    venue::Venue,
};
use ballast_engine::{invariants, matches_in_batches};
use ballast_types::{AccountId, MarketId, Millis, OracleState};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What is looked at whole, and drawn in pictures, is looked at once a minute.
const MINUTE_MS: u64 = 60_000;
/// The engine is asked once a second why nothing is done to whoever waits.
const SECOND_MS: u64 = 1_000;

/// How the mark of a market went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    /// Farthest that the mark was from the index, as a part of it.
    pub(super) distance: f64,
    /// Ticks at which the price was not fresh, and at which the market matched in batches.
    pub(super) uncertain: u64,
    pub(super) batches: u64,
    /// Lowest and first index, in dollars.
    pub(super) lowest: f64,
    pub(super) first: f64,
}

/// Everything on the way.
struct Drive<'a> {
    crash: &'a Crash,
    assumed: &'a Assumptions,
    opened: Opened,
    moods: Vec<Mood>,
    marks: Vec<Marks>,
    moments: Vec<Moment>,
    broken: Option<String>,
    random: ChaCha8Rng,
}

/// Goes through a crash.
///
/// # Errors
/// When no exchange could begin so, for example because no market was named.
pub fn run(crash: &Crash, assumed: &Assumptions) -> eyre::Result<Report> {
    let mut random = ChaCha8Rng::seed_from_u64(assumed.seed);
    let places = crowd::places(crash, assumed);
    let traders = crowd::draw(&places, assumed, &mut random);
    let opened = open(crash, places, &traders, assumed)?;
    let sizes = Sizes::of(&opened, crash);
    let count = opened.places.len();
    let mut drive = Drive {
        crash,
        assumed,
        opened,
        moods: crash.assets.iter().map(|asset| Mood::of(asset.index.calm())).collect(),
        marks: vec![Marks::default(); count],
        moments: Vec::new(),
        broken: None,
        random,
    };
    let mut time = crash.from;
    while time < crash.to {
        drive.tick(time);
        time += assumed.tick_ms;
    }
    let venue = &mut drive.opened.venue;
    venue.until(Millis(time));
    drive.look_at_all();
    let root = drive.opened.venue.root();
    Ok(conclude(crash, assumed, sizes, &drive.opened, &drive.marks, drive.moments, drive.broken, root))
}

impl Drive<'_> {
    /// What happens at one tick, in this order: makers, who know the price before the exchange does, quote anew; all
    /// publishers report; the sequencer's group; those who trade at random; the backstop.
    fn tick(&mut self, time: u64) {
        self.until(time);
        let prices: Vec<f64> = self.crash.assets.iter().map(|asset| asset.index.at(time)).collect();
        self.quote(time, &prices);
        self.report(time, &prices);
        let venue = &mut self.opened.venue;
        venue.look();
        if self.assumed.audit {
            venue.watch.audit(&venue.exchange);
        }
        venue.group();
        self.trade(time, &prices);
        let Opened { venue, places, targets, .. } = &mut self.opened;
        for pool in 0..targets.len() as u32 {
            let backstop = (AccountId(pool), owner(BACKSTOP + pool));
            noise::unwind(venue, places, backstop, self.assumed.unwind, &prices);
        }
        self.measure(&prices);
        if time.is_multiple_of(MINUTE_MS) {
            self.look_at_all();
        }
    }

    /// All happens that is due before a tick. Then the ladder has had its time, and the engine is asked once a second what
    /// whoever is below still waits for.
    fn until(&mut self, time: u64) {
        let venue = &mut self.opened.venue;
        venue.until(Millis(time));
        if time.is_multiple_of(SECOND_MS) {
            venue.watch.ask_why(&mut venue.exchange, Millis(venue.now.0 - 1));
        }
    }

    fn quote(&mut self, time: u64, prices: &[f64]) {
        let Opened { venue, places, desks, .. } = &mut self.opened;
        for (number, (place, desk)) in places.iter().zip(desks).enumerate() {
            let mood = &mut self.moods[number];
            mood.follow(moved(&self.crash.assets[number], time), self.assumed.tick_ms);
            let stress = mood.stress();
            desk.quote(venue, place, prices[number], place.interest * depth(self.assumed, stress), stress);
        }
    }

    fn report(&mut self, time: u64, prices: &[f64]) {
        let Opened { venue, places, .. } = &mut self.opened;
        let (random, off) = (&mut self.random, self.assumed.publisher_noise / 10_000.0);
        let (count, apart) = (self.assumed.publishers, self.assumed.apart_ms);
        report(venue, places, count, apart, |place| {
            let number = usize::from(place.id.0);
            let factor = 1.0 + off * normal(random);
            let perp = self.crash.assets[number].perp.as_ref().and_then(|perp| perp.told(time));
            let perp = perp.map(|perp| perp * factor);
            (prices[number] * factor, perp)
        });
    }

    fn trade(&mut self, time: u64, prices: &[f64]) {
        let Opened { venue, places, noise, .. } = &mut self.opened;
        let days = self.assumed.tick_ms as f64 / 86_400_000.0;
        for (number, place) in places.iter().enumerate() {
            let asset = &self.crash.assets[number];
            // The worst minutes of these files are some thirty times the ordinary one.
            let lean = -self.assumed.panic * (moved(asset, time) / asset.index.calm() / 10.0).tanh();
            let volume = place.interest * self.assumed.turnover * days;
            noise::trade(venue, place, &noise[number], prices[number], volume, lean, &mut self.random);
        }
    }

    fn measure(&mut self, prices: &[f64]) {
        let exchange = &self.opened.venue.exchange;
        for (number, marks) in self.marks.iter_mut().enumerate() {
            let market = exchange.state.markets.get(number as u32).expect("it is listed");
            let distance = (market.mark.0 as f64 / market.index.0 as f64 - 1.0).abs();
            marks.distance = marks.distance.max(distance);
            marks.uncertain += u64::from(market.oracle != OracleState::Fresh);
            let id = MarketId(number as u16);
            marks.batches += u64::from(matches_in_batches(&exchange.state, self.opened.venue.now, id));
            if marks.first == 0.0 {
                (marks.first, marks.lowest) = (prices[number], prices[number]);
            }
            marks.lowest = marks.lowest.min(prices[number]);
        }
    }

    /// Everything is recounted, and what changed is committed.
    fn look_at_all(&mut self) {
        let venue: &mut Venue = &mut self.opened.venue;
        if let Err(violation) = invariants::check(&venue.exchange) {
            self.broken.get_or_insert(format!("at {}: {violation}", venue.now));
        }
        if let Some(crossed) = &venue.crossed {
            self.broken.get_or_insert_with(|| crossed.clone());
        }
        venue.root();
        self.moments.push(Moment::of(venue, &self.opened.places));
    }
}

/// By which part the price moved in the last minute.
fn moved(asset: &Asset, time: u64) -> f64 {
    (asset.index.at(time) / asset.index.at(time.saturating_sub(MINUTE_MS))).ln()
}
