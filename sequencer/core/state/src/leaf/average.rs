//! The mark on average of a quarter of an hour: what a gain is worth that did not last does not count.

use ballast_types::{
    Millis, PriceTicks,
    limits::{AVERAGE_SPAN_MS, MAX_AVERAGED_MS},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Marks that held in one span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Marks {
    /// Sum of each times the milliseconds that it held: at most 2^40 ticks for little more than 300 s.
    sum: u64,
    /// Those milliseconds.
    time: u32,
}

/// The mark in the running span and in the three before it, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Average {
    /// The first of them, counted from the Unix epoch.
    span: u32,
    marks: [Marks; Self::SPANS],
}

impl Average {
    const SPANS: usize = 4;

    /// `mark` held since `since` until now, of which at most 5 s count, in the running span. What it is on average then,
    /// rounded down; none without a millisecond.
    pub fn held(&mut self, mark: PriceTicks, since: Millis, now: Millis) -> Option<PriceTicks> {
        let span = u32::try_from(now.0 / AVERAGE_SPAN_MS).unwrap_or(u32::MAX);
        let passed = usize::try_from(span.saturating_sub(self.span)).unwrap_or(usize::MAX).min(Self::SPANS);
        self.marks.rotate_right(passed);
        self.marks[..passed].fill(Marks::default());
        self.span = span;
        let time = now.since(since).min(MAX_AVERAGED_MS);
        let running = &mut self.marks[0];
        // A span has at most 300 s, and 5 s from the one before.
        running.sum += mark.0 * time;
        running.time += u32::try_from(time).unwrap_or(u32::MAX);
        self.mean()
    }

    fn mean(&self) -> Option<PriceTicks> {
        let (sum, time) = self
            .marks
            .iter()
            .fold((0, 0), |(sum, time), marks| (sum + u128::from(marks.sum), time + u128::from(marks.time)));
        let mean = sum.checked_div(time)?;
        Some(PriceTicks(u64::try_from(mean).unwrap_or(u64::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::limits::MAX_PRICE;

    #[test]
    fn a_mark_counts_for_as_long_as_it_held() {
        let mut average = Average::default();
        assert_eq!(average.held(PriceTicks(100), Millis(1_000), Millis(1_000)), None);
        assert_eq!(average.held(PriceTicks(100), Millis(1_000), Millis(2_000)), Some(PriceTicks(100)));
        assert_eq!(average.held(PriceTicks(200), Millis(2_000), Millis(5_000)), Some(PriceTicks(175)));
        assert_eq!(
            average.held(PriceTicks(1), Millis(5_000), Millis(5_001)),
            Some(PriceTicks(174)),
            "rounded down"
        );
        // Nobody saw more than five seconds of it.
        let mut average = Average::default();
        let _ = average.held(PriceTicks(100), Millis(0), Millis(5_000));
        assert_eq!(average.held(PriceTicks(200), Millis(5_000), Millis(100_000)), Some(PriceTicks(150)));
    }

    #[test]
    fn it_forgets_after_four_spans() {
        let mut average = Average::default();
        let _ = average.held(PriceTicks(100), Millis(0), Millis(1_000));
        for span in 1..=3 {
            let now = Millis(span * AVERAGE_SPAN_MS);
            assert!(average.held(PriceTicks(300), Millis(now.0 - 1), now) < Some(PriceTicks(300)), "{span}");
        }
        let now = Millis(4 * AVERAGE_SPAN_MS);
        assert_eq!(average.held(PriceTicks(300), Millis(now.0 - 1), now), Some(PriceTicks(300)));
        let now = Millis(400 * AVERAGE_SPAN_MS);
        assert_eq!(average.held(PriceTicks(7), Millis(now.0 - 1), now), Some(PriceTicks(7)));
    }

    #[test]
    fn the_highest_mark_fits() {
        let mut average = Average::default();
        for second in 1..=600 {
            let now = Millis(second * 1_000);
            assert_eq!(
                average.held(PriceTicks(MAX_PRICE), Millis(now.0 - 1_000), now),
                Some(PriceTicks(MAX_PRICE))
            );
        }
    }
}
