//! The margin fractions in force of a market, and the samples and hours by which they move (protocol, "Margin
//! fractions": samples, the end of an hour, targets, its step).

use std::rc::Rc;

use ballast_types::{
    Event, MarketId, MarketParams, Millis, OracleState, Ppm,
    limits::{HOUR_MS, HOUR_SAMPLE_MS, MAX_HOURS_PER_INPUT, MIN_HOUR_SAMPLES},
};

use crate::{
    exchange::Exchange,
    market::Market,
    numbers::{MILLION, divide_up},
    shortfall::Shortfall,
};

/// Margin fractions of a market, in ppm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fractions {
    /// `maintenance`.
    pub maintenance: u32,
    /// `initial`.
    pub initial: u32,
}

/// The hour to which a time belongs as one of its samples, counted from the Unix epoch, and which sample it is.
fn sample_of(time: Millis) -> Option<(u64, u64)> {
    let k = time.0.div_ceil(HOUR_SAMPLE_MS);
    (0..5).find_map(|i| {
        let ends = (k + 2).checked_sub(i)?;
        ends.is_multiple_of(720).then_some((ends / 720, i))
    })
}

fn ppm(x: i128) -> u32 {
    u32::try_from(x).expect("at most 10^6")
}

/// What fractions should be.
fn targets(params: &MarketParams, shortfall: Option<&Shortfall>) -> Fractions {
    let Some(shortfall) = shortfall else {
        return Fractions { maintenance: params.maintenance_margin.0, initial: params.initial_margin.0 };
    };
    let floors = [params.maintenance_margin, params.initial_margin].map(|floor| i128::from(floor.0));
    let maintenance = floors[0].max(shortfall.may_lose(1)).max(shortfall.may_lose(-1)).min(MILLION);
    let initial = floors[1].max(2 * maintenance).min(MILLION);
    Fractions { maintenance: ppm(maintenance), initial: ppm(initial) }
}

impl Fractions {
    /// At their targets, and what they follow, if they do.
    pub(crate) fn begin(params: &MarketParams) -> (Self, Option<Rc<Shortfall>>) {
        let shortfall = params.shortfall.then(|| Shortfall::listed(params.class));
        (targets(params, shortfall.as_ref()), shortfall.map(Rc::new))
    }

    /// A step towards others.
    fn step(self, to: Self) -> Self {
        let (maintenance, initial) = (i128::from(self.maintenance), i128::from(self.initial));
        let (target, higher) = (i128::from(to.maintenance), i128::from(to.initial));
        let falls = |x: i128| divide_up(x * 990, 1_000);
        let maintenance = if target > maintenance {
            target.min(divide_up(maintenance * 1_020, 1_000) + 1)
        } else {
            target.max(falls(maintenance))
        };
        Self { maintenance: ppm(maintenance), initial: ppm(higher.max(falls(initial))) }
    }
}

impl Market {
    /// The samples that there are of the running hour, by their number, in ticks; and which hour that is.
    #[must_use]
    pub fn hour_samples(&self) -> Option<(u64, [Option<i128>; 5])> {
        let (time, _) = self.around.last()?;
        let (hour, _) = sample_of(*time)?;
        let last = |i: u64| {
            let is_it = |(time, _): &&(Millis, i128)| sample_of(*time) == Some((hour, i));
            self.around.iter().rfind(is_it).map(|(_, index)| *index)
        };
        Some((hour, [0, 1, 2, 3, 4].map(last)))
    }
}

impl Exchange {
    /// Gives a market that goes by its shortfall a history: returns up to an hour, and a stress table.
    pub fn give_history(&mut self, id: MarketId, hour: u64, returns: &[i64], stress: &[i64]) {
        let market = self.market_mut(id);
        let shortfall = market.shortfall.as_mut().expect("it goes by its shortfall");
        Rc::make_mut(shortfall).give(hour, returns, stress);
        market.fractions = targets(&market.params, market.shortfall.as_deref());
    }

    /// The market got an index: an hour may be over, and the index be a sample.
    pub(crate) fn move_fractions(&mut self, id: MarketId) -> Option<Event> {
        if self.market(id).shortfall.is_none() {
            return self.follow_floors(id);
        }
        let event = self.end_hour(id);
        let (now, fresh) = (self.time, self.oracle(id) == OracleState::Fresh);
        let market = self.market_mut(id);
        if let (true, Some((hour, _))) = (fresh, sample_of(now)) {
            let is_of = |(time, _): &(Millis, i128)| sample_of(*time).is_some_and(|(other, _)| other == hour);
            market.around.retain(is_of);
            market.around.push((now, market.index));
        }
        event
    }

    /// Fractions that follow nothing but floors make a step in each hour after one in which a floor moved.
    fn follow_floors(&mut self, id: MarketId) -> Option<Event> {
        let hour = self.time.0 / HOUR_MS;
        let market = self.market_mut(id);
        let (before, to) = (market.fractions, targets(&market.params, None));
        if hour <= market.glided || before == to {
            return None;
        }
        market.glided = hour;
        self.step_fractions(id, to)
    }

    /// A step, which is told when it changes anything.
    fn step_fractions(&mut self, id: MarketId, to: Fractions) -> Option<Event> {
        let market = self.market_mut(id);
        let before = market.fractions;
        market.fractions = before.step(to);
        let Fractions { maintenance, initial } = market.fractions;
        let told = Event::MarginChanged { market: id, maintenance: Ppm(maintenance), initial: Ppm(initial) };
        (before != market.fractions).then_some(told)
    }

    fn end_hour(&mut self, id: MarketId) -> Option<Event> {
        let (hour, samples) = self.market(id).hour_samples()?;
        if self.time.0 <= HOUR_MS * hour + 10_000 {
            return None;
        }
        let mut there: Vec<i128> = samples.into_iter().flatten().collect();
        there.sort_unstable();
        if there.len() < MIN_HOUR_SAMPLES {
            self.market_mut(id).around.clear();
            return None;
        }
        let ended = self.ended.iter().filter(|seq| **seq == self.seq).count();
        if ended >= MAX_HOURS_PER_INPUT {
            return None;
        }
        self.ended.retain(|seq| *seq == self.seq);
        self.ended.push(self.seq);
        let market = self.market_mut(id);
        market.around.clear();
        let shortfall = Rc::make_mut(market.shortfall.as_mut().expect("looked at"));
        shortfall.close_hour(hour, there[there.len().div_ceil(2) - 1]);
        let to = targets(&market.params, Some(shortfall));
        self.move_haircuts(id);
        self.step_fractions(id, to)
    }
}
