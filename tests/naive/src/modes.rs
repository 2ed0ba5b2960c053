//! In which mode a market is, and what its breakers see at a tick (protocol, "Modes").

use std::rc::Rc;

use ballast_types::{
    Causes, Event, MarketClass, MarketId, MarketMode, Millis, OracleState, Ppm, RejectCode, Rejection, Seq,
    Side,
    limits::{
        DISLOCATED_HALT_MS, DISLOCATED_MS, ENDING_MS, FUND_DAY_MS, INVALID_MARK_AGE_MS, QUOTELESS_MS,
        WARM_UP_MS,
    },
};

use crate::{
    closing::terms,
    exchange::Exchange,
    history::{Grade, History, Tick, Window},
    market::Market,
    numbers::{MILLION, refuse},
    peg::{Guard, Peg},
};

/// What was told last of a market's mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// In which it is.
    pub mode: MarketMode,
    /// Why.
    pub causes: Causes,
    /// What its initial margin is multiplied with, in ppm.
    pub factor: u32,
    /// Of a halt, from when on orders are taken; else 0.
    pub calls_from: Millis,
}

impl Told {
    pub(crate) const NOTHING: Self =
        Self { mode: MarketMode::Normal, causes: Causes::NONE, factor: 1_000_000, calls_from: Millis(0) };
}

/// `v60` and `v3600`, in ppm.
const fn velocities(class: MarketClass) -> (i128, i128) {
    match class {
        MarketClass::A => (30_000, 100_000),
        MarketClass::B => (50_000, 150_000),
        MarketClass::C => (120_000, 350_000),
    }
}

/// Causes that let a market match in batches.
const TO_BATCHES: Causes =
    Causes(Causes::VELOCITY.0 | Causes::FEEDBACK.0 | Causes::DISLOCATION.0 | Causes::THIN.0);

impl Market {
    /// Whether the range of a window is above so many ppm, and whether it is above half of that.
    fn moved(&self, window: Window, most: i128, now: Millis) -> (bool, bool) {
        let Some((low, high)) = self.history.range(window, now) else { return (false, false) };
        ((high - low) * MILLION > most * low, 2 * (high - low) * MILLION > most * low)
    }

    fn speed(&self, now: Millis) -> Grade {
        let (v60, v3600) = velocities(self.params.class);
        let minute = self.moved(Window::MINUTE, v60, now);
        let hour = self.moved(Window::HOUR, v3600, now);
        Grade::of(minute.0 || hour.0, minute.1 || hour.1)
    }

    fn feedback(&self, now: Millis) -> Grade {
        let traded = History::lots(&self.history.traded, Window::MINUTE, now);
        let forced = History::lots(&self.history.forced, Window::MINUTE, now);
        let is_large = self.value(self.mark, forced) >= terms(self.params.class).large;
        Grade::of(is_large && 10 * forced > 4 * traded, is_large && 10 * forced > 2 * traded)
    }

    /// Notes what there is to see at this tick.
    fn look(&mut self, seq: Seq, now: Millis, comes_back: bool) {
        let (b, index) = (self.reach_of_mark(), self.index);
        let bests = self.best(Side::Buy).zip(self.best(Side::Sell));
        let is_near = |price: i128| (price - index).abs() * MILLION <= 2 * b * index;
        let outside = bests.is_some_and(|(bid, ask)| (2 * index - bid - ask).abs() * MILLION > 2 * b * index);
        let quoted = bests.is_some_and(|(bid, ask)| is_near(bid) && is_near(ask));
        let waits = self.orders.iter().any(|order| order.waits.is_some());
        let (fast, forced) = (Grade::Low, Grade::Low);
        let (jumped, halted) = (self.jumped.is_some(), self.halt.is_some());
        let history = Rc::make_mut(&mut self.history);
        history.forget(now);
        history.ticks.push(Tick {
            seq,
            time: now,
            index,
            jumped,
            outside,
            quoted,
            waits,
            comes_back,
            halted,
            fast,
            forced,
        });
        let (fast, forced) = (self.speed(now), self.feedback(now));
        let tick = Rc::make_mut(&mut self.history).ticks.last_mut().expect("it was just noted");
        (tick.fast, tick.forced) = (fast, forced);
    }

    /// Orders traded so many lots.
    pub(crate) fn note_traded(&mut self, now: Millis, lots: i128) {
        Rc::make_mut(&mut self.history).traded.push((now, lots));
    }

    /// Forced orders did, without those that wait.
    pub(crate) fn note_forced(&mut self, now: Millis, lots: i128) {
        Rc::make_mut(&mut self.history).forced.push((now, lots));
    }

    /// Whether orders are only cancelled.
    #[must_use]
    pub fn is_closed(&self, now: Millis) -> bool {
        self.halt.is_some_and(|halt| now < halt.calls_from)
    }

    /// Whether the last outage is so long ago that accounts may be liquidated.
    #[must_use]
    pub fn is_warm(&self, now: Millis) -> bool {
        self.outage.is_none_or(|outage| now.0 - outage.0 >= WARM_UP_MS)
    }

    /// Whether something asks for batches.
    pub(crate) fn asks_for_batches(&self, now: Millis) -> bool {
        self.causes.any_of(TO_BATCHES) || now < self.batch_until
    }

    /// Whether something asks for orders that only shrink positions.
    pub(crate) fn is_reduce_only(&self, now: Millis) -> bool {
        let reducing = Causes::FUND.with(Causes::STALLED).with(Causes::ENDING).with(Causes::BROKEN);
        self.causes.any_of(reducing) || now < self.reduce_until
    }

    /// Whether its last hour has begun.
    fn is_ending(&self, now: Millis) -> bool {
        self.params.settles_at != Millis(0) && now.0 + ENDING_MS >= self.params.settles_at.0
    }

    /// The mode at a time, and why.
    #[must_use]
    pub fn mode(&self, now: Millis) -> (MarketMode, Causes) {
        if self.settled.is_some() {
            return (MarketMode::Settled, Causes::NONE);
        }
        let mode = if self.halt.is_some() {
            MarketMode::Halt
        } else if self.is_reduce_only(now) {
            MarketMode::ReduceOnly
        } else if self.asks_for_batches(now) {
            MarketMode::Batches
        } else {
            MarketMode::Normal
        };
        let guardian = Causes::GUARDIAN.when(now < self.batch_until || now < self.reduce_until);
        let of_halt = self.halt.map_or(Causes::NONE, |halt| halt.causes);
        (mode, self.causes.with(guardian).with(of_halt))
    }
}

impl Exchange {
    /// The breakers look at a market, whose mark before was of a time, when there was one, and whose price comes back
    /// from being stale or invalid, or does not.
    pub(crate) fn look_at(&mut self, id: MarketId, marked: Option<Millis>, comes_back: bool) -> Vec<Event> {
        let now = self.time;
        let watches = self.market(id).params.circuit_breakers;
        if watches && marked.is_some_and(|marked| now.0 - marked.0 > INVALID_MARK_AGE_MS) {
            self.halt(id, Causes::OUTAGE, Millis(now.0 + WARM_UP_MS));
            self.market_mut(id).outage = Some(now);
        }
        let seq = self.seq;
        self.market_mut(id).look(seq, now, comes_back);
        let is_fast = watches && self.market(id).history.holds(|tick| tick.fast);
        let is_fed = watches && self.market(id).history.holds(|tick| tick.forced);
        let mut causes = Causes::VELOCITY.when(is_fast).with(Causes::FEEDBACK.when(is_fed));
        self.look_at_fund(id);
        causes = causes.with(Causes::FUND.when(self.market(id).drained.is_some()));
        if watches && self.market(id).halt.is_none() {
            let since = self.market(id).history.outside_since();
            let outside_for = |ms: u64| since.is_some_and(|since| now.0 - since.0 >= ms);
            causes = causes.with(Causes::DISLOCATION.when(outside_for(DISLOCATED_MS)));
            let quoted = self.market(id).history.quoted();
            let is_quoteless = quoted.is_some_and(|quoted| now.0 - quoted.0 > QUOTELESS_MS);
            let halting = Causes::DISLOCATION.when(outside_for(DISLOCATED_HALT_MS));
            let halting = halting.with(Causes::QUOTES.when(is_quoteless));
            if halting != Causes::NONE {
                self.halt(id, halting, now);
            }
        }
        causes = causes.with(Causes::LAG.when(self.stage > 0)).with(Causes::STALLED.when(self.stage == 2));
        causes = causes.with(Causes::ENDING.when(self.market(id).is_ending(now)));
        let is_on = |guard| self.peg.as_ref().is_some_and(|peg| peg.is_on(guard));
        causes = causes.with(Causes::WEAK.when(is_on(Guard::Weak)));
        causes = causes.with(Causes::BROKEN.when(is_on(Guard::Broken)));
        let is_lagging = self.stage > 0;
        let by_peg = self.peg.as_ref().map_or(1_000_000, Peg::factor);
        let mut events = Vec::new();
        let is_alone = self.market(id).halt.is_some() && self.may_reopen(id) && self.waiting(id).is_empty();
        if is_alone {
            match self.how_it_ends(id, None, 0, false) {
                Some(end) => self.end_halt(id, end),
                None => events.push(self.put_off(id)),
            }
        }
        let market = self.market_mut(id);
        market.causes = causes.with(Causes::THIN.when(now < market.thin_until));
        let own = match (is_fed, is_fast || is_lagging) {
            (true, _) => 1_500_000,
            (false, true) => 1_250_000,
            (false, false) => 1_000_000,
        };
        market.factor = by_peg.max(own);
        events.extend(self.tell_mode(id));
        events
    }

    /// Notes whether the fund paid much, for the market on this day or for whatever, and may pay little more, or whether that is
    /// over.
    fn look_at_fund(&mut self, id: MarketId) {
        let (now, target, paid) = (self.time, self.pool_at(id).target, self.paid_today(id));
        let is_full = self.pool_at(id).fund() >= target;
        let for_it = paid > 0 && 20 * paid >= target && 10 * self.claim(id) < paid;
        let is_drained = (for_it || self.pool_at(id).is_low(now)) && !is_full;
        let last = if is_drained { Some(now) } else { self.market(id).drained };
        self.market_mut(id).drained = last.filter(|last| !is_full && now.0 - last.0 < FUND_DAY_MS);
    }

    /// Tells the mode, its causes, the initial margin and from when on a halt calls, when one is another than was told.
    pub(crate) fn tell_mode(&mut self, id: MarketId) -> Option<Event> {
        let now = self.time;
        let market = self.market_mut(id);
        let (mode, causes) = market.mode(now);
        let calls_from = market.halt.map_or(Millis(0), |halt| halt.calls_from);
        let told = Told { mode, causes, factor: market.factor, calls_from };
        if told == market.told {
            return None;
        }
        market.told = told;
        Some(Event::ModeChanged { market: id, mode, causes, initial_factor: Ppm(told.factor), calls_from })
    }

    /// Refuses an order that the mode of its market does not take; whether it only shrinks a position is known.
    pub(crate) fn check_mode(&self, id: MarketId, shrinks: bool) -> Result<(), Rejection> {
        let market = self.market(id);
        if let Some(halt) = market.halt
            && (market.is_closed(self.time) || self.oracle(id) == OracleState::Stale)
        {
            return refuse(RejectCode::MarketHalted, id.0, halt.calls_from.0);
        }
        if market.is_reduce_only(self.time) && !shrinks {
            return refuse(RejectCode::MarketReduceOnly, id.0, 0);
        }
        Ok(())
    }
}
