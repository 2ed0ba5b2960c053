//! The average of the mark, at which gains count where that is worse (protocol, "Margin", "Strict gains").

use std::rc::Rc;

use ballast_types::{MarketId, Millis};

use crate::{
    account::Position, exchange::Exchange, history::Marked, margin::weigh, market::Market,
    numbers::divide_down,
};

/// A span in which marks count together, in ms of Unix time.
const SPAN_MS: u64 = 300_000;
/// So many of them count besides the running one.
const SPANS_BEFORE: u64 = 3;
/// The longest that one mark counts, in ms.
const MAX_AVERAGED_MS: u64 = 5_000;

impl Market {
    /// `A` at a time: over the marks that counted in the running span and those before it.
    fn average_at(&self, now: Millis) -> i128 {
        let span = |time: Millis| time.0 / SPAN_MS;
        let counts = |it: &&Marked| span(it.time) + SPANS_BEFORE >= span(now);
        let marks = || self.history.marks.iter().filter(counts);
        let ms: i128 = marks().map(|it| i128::from(it.ms)).sum();
        if ms == 0 {
            return self.mark;
        }
        divide_down(marks().map(|it| it.mark * i128::from(it.ms)).sum(), ms)
    }

    /// What a gain counts that comes to so much at the mark, of so many lots with this basis, in u.
    pub(crate) fn strict_gain(&self, q: i128, basis: i128) -> i128 {
        let gain = self.value(self.mark, q) - basis;
        if self.params.strict_gains { gain.min(self.value(self.average, q) - basis) } else { gain }
    }

    /// What a gain of the position counts in `E_w`, in u, where gains are strict; else 0.
    pub(crate) fn strict_gain_counts(&self, position: Position) -> i128 {
        let gain = self.value(self.mark, position.size) - position.basis;
        let strict = self.strict_gain(position.size, position.basis);
        if self.params.strict_gains && gain > 0 {
            weigh(gain, strict, self.params.gain_weight_initial.0)
        } else {
            0
        }
    }
}

impl Exchange {
    /// The market got a mark, and had one before, of a time, or had none: that counts for as long as it stood.
    pub(crate) fn move_average(&mut self, id: MarketId, before: Option<(i128, Millis)>) {
        let now = self.time;
        let market = self.market_mut(id);
        if let Some((mark, since)) = before {
            let ms = (now.0 - since.0).min(MAX_AVERAGED_MS);
            Rc::make_mut(&mut market.history).marks.push(Marked { time: now, mark, ms });
        }
        market.average = market.average_at(now);
    }
}
