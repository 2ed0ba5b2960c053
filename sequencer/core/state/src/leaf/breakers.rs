//! What a market's circuit breakers look at, and what they said (risk.md 6).

use ballast_types::{
    Causes, MarketMode, Millis, Ppm, PriceTicks, SizeLots,
    limits::{HOUR_SPAN_MS, MINUTE_SPAN_MS},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// What happened in a market in a span of time. Spans begin at multiples of their length in Unix time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Span {
    /// Which, counted from the Unix epoch.
    pub number: u32,
    /// The lowest index; 0 when there was none.
    pub low: PriceTicks,
    /// The highest index.
    pub high: PriceTicks,
    /// Lots that orders traded. Saturates.
    pub traded: u64,
    /// Lots of those that forced orders traded on the book. Saturates.
    pub forced: u64,
}

/// The running span and those before it, of `N`: that of number `n` is at place `n % N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Window<const N: usize>([Span; N]);

/// What a window saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activity {
    /// The lowest and the highest index, if there was one.
    pub range: Option<(PriceTicks, PriceTicks)>,
    /// Lots that orders traded.
    pub traded: u128,
    /// Lots of forced orders.
    pub forced: u128,
}

impl<const N: usize> Window<N> {
    /// Nothing happened yet.
    pub const EMPTY: Self =
        Self([Span { number: 0, low: PriceTicks(0), high: PriceTicks(0), traded: 0, forced: 0 }; N]);

    /// The running span, `number`.
    fn running(&mut self, number: u32) -> &mut Span {
        let span = &mut self.0[number as usize % N];
        if span.number != number {
            *span = Span { number, ..Span::default() };
        }
        span
    }

    /// What the span `number` and the `N - 1` before it saw.
    fn seen(&self, number: u32) -> Activity {
        let spans = self.0.iter().filter(|span| number - span.number.min(number) < N as u32);
        spans.fold(Activity::default(), |seen, span| Activity {
            range: match seen.range {
                _ if !span.low.is_valid() => seen.range,
                None => Some((span.low, span.high)),
                Some((low, high)) => Some((low.min(span.low), high.max(span.high))),
            },
            traded: seen.traded + u128::from(span.traded),
            forced: seen.forced + u128::from(span.forced),
        })
    }
}

/// A halt, and the auction that ends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Halt {
    /// Why.
    pub causes: Causes,
    /// From when on orders are taken, for the auction.
    pub calls_from: Millis,
    /// How often the auction was put off.
    pub rounds: u8,
}

/// What was told of a market's mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Told {
    /// The mode.
    pub mode: MarketMode,
    /// Why.
    pub causes: Causes,
    /// What its initial margin was multiplied with.
    pub initial_factor: Ppm,
    /// Of a halt, from when on orders are taken; else 0.
    pub calls_from: Millis,
}

impl Told {
    /// That nothing is the matter.
    pub const NOTHING: Self = Self {
        mode: MarketMode::Normal,
        causes: Causes::NONE,
        initial_factor: Ppm::WHOLE,
        calls_from: Millis(0),
    };
}

/// The circuit breakers of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Breakers {
    /// The last minute, in spans of 15 s.
    pub minute: Window<5>,
    /// The last hour, in spans of 10 min.
    pub hour: Window<7>,
    /// When the index last moved by more than half of what it may, as long as the breaker holds.
    pub fast: Option<Millis>,
    /// When liquidations last were more than half of the part that they may be, as long as the breaker holds.
    pub forced: Option<Millis>,
    /// When the fund had last paid nearly all for the market that it may in a day, as long as that breaker holds.
    pub spent: Option<Millis>,
    /// Since when the middle of the book lies outside.
    pub outside: Option<Millis>,
    /// When both best prices were last near the index, or orders waited; 0 when they were not near since the last halt and
    /// since the price came back.
    pub quoted: Millis,
    /// Until when the market matches in batches because its auction found no good price.
    pub thin_until: Millis,
    /// Until when nobody is liquidated by a price that just came back after an outage.
    pub warm_until: Millis,
    /// Until when the guardian lets orders only reduce.
    pub reduce_until: Millis,
    /// That there is a halt.
    pub halt: Option<Halt>,
    /// What the breakers said at the last tick, but for the halt.
    pub causes: Causes,
    /// What was told last.
    pub told: Told,
}

impl Breakers {
    /// Of a market in which nothing happened.
    pub const NEW: Self = Self {
        minute: Window::EMPTY,
        hour: Window::EMPTY,
        fast: None,
        forced: None,
        spent: None,
        outside: None,
        quoted: Millis(0),
        thin_until: Millis(0),
        warm_until: Millis(0),
        reduce_until: Millis(0),
        halt: None,
        causes: Causes::NONE,
        told: Told::NOTHING,
    };

    /// The index was `index` at a tick.
    pub fn note_index(&mut self, now: Millis, index: PriceTicks) {
        self.note(now, |span| {
            span.low = if span.low.is_valid() { span.low.min(index) } else { index };
            span.high = span.high.max(index);
        });
    }

    /// Orders traded `lots`.
    pub fn note_trade(&mut self, now: Millis, lots: SizeLots) {
        self.note(now, |span| span.traded = span.traded.saturating_add(lots.0));
    }

    /// Forced orders traded `lots` of that on the book.
    pub fn note_forced(&mut self, now: Millis, lots: SizeLots) {
        self.note(now, |span| span.forced = span.forced.saturating_add(lots.0));
    }

    /// What the last minute saw.
    #[must_use]
    pub fn last_minute(&self, now: Millis) -> Activity {
        self.minute.seen(number(now, MINUTE_SPAN_MS))
    }

    /// What the last hour saw.
    #[must_use]
    pub fn last_hour(&self, now: Millis) -> Activity {
        self.hour.seen(number(now, HOUR_SPAN_MS))
    }

    fn note(&mut self, now: Millis, change: impl Fn(&mut Span)) {
        change(self.minute.running(number(now, MINUTE_SPAN_MS)));
        change(self.hour.running(number(now, HOUR_SPAN_MS)));
    }
}

fn number(now: Millis, length: u64) -> u32 {
    u32::try_from(now.0 / length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_forgets_what_is_older_than_its_spans() {
        let mut breakers = Breakers::NEW;
        let at = |seconds: u64| Millis(1_700_000_010_000 + seconds * 1_000);
        breakers.note_index(at(0), PriceTicks(100));
        breakers.note_trade(at(0), SizeLots(7));
        breakers.note_index(at(14), PriceTicks(90));
        breakers.note_forced(at(20), SizeLots(2));
        breakers.note_index(at(59), PriceTicks(110));
        let seen = |range, traded, forced| Activity { range, traded, forced };
        let both = Some((PriceTicks(90), PriceTicks(110)));
        assert_eq!(breakers.last_minute(at(59)), seen(both, 7, 2));
        assert_eq!(breakers.last_minute(at(74)), seen(both, 7, 2));
        assert_eq!(breakers.last_minute(at(75)), seen(Some((PriceTicks(110), PriceTicks(110))), 0, 2));
        assert_eq!(breakers.last_minute(at(90)).forced, 0);
        assert_eq!(breakers.last_minute(at(500)), Activity::default());
        assert_eq!(breakers.last_hour(at(3_600)), seen(both, 7, 2));
        assert_eq!(breakers.last_hour(at(2 * 3_600)), Activity::default());
        assert_eq!(Breakers::NEW.last_minute(at(0)), Activity::default());
    }
}
