//! What a market's breakers look back at: every tick and every trade, with its time (protocol, "Modes").

use ballast_types::{
    Millis, Seq,
    limits::{BREAKER_HOLD_MS, HOUR_SPAN_MS, MINUTE_SPAN_MS},
};

/// Longer than anything looks back.
const KEPT_MS: u64 = 7_200_000;

/// What was seen of a market at a tick that gave it an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tick {
    /// The input that it was.
    pub seq: Seq,
    /// When it was.
    pub time: Millis,
    /// `I`, in ticks.
    pub index: i128,
    /// Whether the price had jumped.
    pub jumped: bool,
    /// Whether there were best bid and best ask and their middle was outside.
    pub outside: bool,
    /// Whether there were best bid and best ask and both were near.
    pub quoted: bool,
    /// Whether orders waited for a clearing.
    pub waits: bool,
    /// Whether the price came back with it from being stale or invalid.
    pub comes_back: bool,
    /// Whether the market was halted when its book was looked at.
    pub halted: bool,
    /// Whether the index moved too fast.
    pub fast: Grade,
    /// Whether too much of what was traded was forced.
    pub forced: Grade,
}

/// How far something is from what trips a breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// At most half of it.
    Low,
    /// More than half of it.
    High,
    /// More than it.
    Trips,
}

impl Grade {
    pub(crate) const fn of(trips: bool, is_high: bool) -> Self {
        match (trips, is_high) {
            (true, _) => Self::Trips,
            (false, true) => Self::High,
            (false, false) => Self::Low,
        }
    }
}

/// All that happened in a market, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Its ticks.
    pub ticks: Vec<Tick>,
    /// When orders traded, and how many lots.
    pub traded: Vec<(Millis, i128)>,
    /// When forced orders traded on the book, and how many lots; not those that waited.
    pub forced: Vec<(Millis, i128)>,
    /// The inputs with which halts began.
    pub halts: Vec<Seq>,
    /// Marks that were followed by others.
    pub marks: Vec<Marked>,
}

/// A mark that another took the place of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Marked {
    /// When the other came.
    pub time: Millis,
    /// `M` up to then, in ticks.
    pub mark: i128,
    /// How long it counts, in ms.
    pub ms: u64,
}

/// Running spans, and so many before.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Length of a span, in ms.
    span: u64,
    /// How many there are besides the running one.
    before: u64,
}

impl Window {
    /// The running span of 15 s and the four before it.
    pub const MINUTE: Self = Self { span: MINUTE_SPAN_MS, before: 4 };
    /// The running span of 10 min and the six before it.
    pub const HOUR: Self = Self { span: HOUR_SPAN_MS, before: 6 };

    /// Whether what happened at a time is in it.
    const fn has(self, time: Millis, now: Millis) -> bool {
        time.0 / self.span + self.before >= now.0 / self.span
    }
}

impl History {
    /// Lowest and highest index of a window, of the ticks at which the price had not jumped.
    #[must_use]
    pub fn range(&self, window: Window, now: Millis) -> Option<(i128, i128)> {
        let counts = |tick: &&Tick| !tick.jumped && window.has(tick.time, now);
        let indices = || self.ticks.iter().filter(counts).map(|tick| tick.index);
        Some((indices().min()?, indices().max()?))
    }

    /// Lots of a list in a window.
    #[must_use]
    pub fn lots(list: &[(Millis, i128)], window: Window, now: Millis) -> i128 {
        list.iter().filter(|(time, _)| window.has(*time, now)).map(|(_, lots)| lots).sum()
    }

    /// Whether a breaker that some tick tripped has not let go at any since: that is at the first which is 60 s after
    /// the last with more than half of what trips it.
    pub(crate) fn holds(&self, grade: impl Fn(&Tick) -> Grade) -> bool {
        for (place, tick) in self.ticks.iter().enumerate().rev() {
            if grade(tick) == Grade::Trips {
                return true;
            }
            let before = self.ticks[..=place].iter().rev();
            let mut lately = before.take_while(|other| tick.time.0 - other.time.0 < BREAKER_HOLD_MS);
            if lately.all(|other| grade(other) == Grade::Low) {
                return false;
            }
        }
        false
    }

    /// The ticks of which the book counts, the oldest first: since the last halt ended and the price last came back, from
    /// the first on at which both sides were quoted near the index.
    fn counting(&self) -> &[Tick] {
        let halted = self.halts.last().copied();
        let is_over = |tick: &Tick| !tick.halted && halted.is_none_or(|halted| tick.seq > halted);
        let after = self.ticks.iter().rposition(|tick| !is_over(tick)).map_or(0, |place| place + 1);
        let back = self.ticks.iter().rposition(|tick| tick.comes_back).unwrap_or(0);
        let lately = &self.ticks[after.max(back)..];
        let quoted = lately.iter().position(|tick| tick.quoted).unwrap_or(lately.len());
        &lately[quoted..]
    }

    /// The first of the ticks up to now that count, at all of which the middle was outside.
    #[must_use]
    pub fn outside_since(&self) -> Option<Millis> {
        self.counting().iter().rev().take_while(|tick| tick.outside).last().map(|tick| tick.time)
    }

    /// The last tick that counts at which both sides were quoted near the index, or orders waited.
    #[must_use]
    pub fn quoted(&self) -> Option<Millis> {
        self.counting().iter().rfind(|tick| tick.quoted || tick.waits).map(|tick| tick.time)
    }

    /// Nothing looks back as far as what is dropped.
    pub(crate) fn forget(&mut self, now: Millis) {
        let is_old = |time: Millis| time.0 + KEPT_MS < now.0;
        self.ticks.retain(|tick| !is_old(tick.time));
        self.traded.retain(|(time, _)| !is_old(*time));
        self.forced.retain(|(time, _)| !is_old(*time));
        self.marks.retain(|it| !is_old(it.time));
    }
}
