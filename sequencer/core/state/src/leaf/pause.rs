//! A time in which nothing leaves a pool.

use ballast_types::{
    Millis,
    limits::{MOST_PAUSE_MS, PAUSE_MS},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A time in which nothing leaves a pool (risk.md 6.8).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pause {
    /// When it began; 0 before the first.
    pub since: Millis,
    /// When it ends or ended.
    pub until: Millis,
}

impl Pause {
    /// Whether nothing leaves at `now`.
    #[must_use]
    pub fn is_on(&self, now: Millis) -> bool {
        now < self.until
    }

    /// The pause when somebody is found at `now` who owes; none where it is nearly as good as that already. It lasts for
    /// [`PAUSE_MS`] from then on and at most [`MOST_PAUSE_MS`] in all; the next begins when as long again has passed, at least
    /// [`PAUSE_MS`], and until then it is this one that goes on.
    #[must_use]
    pub fn found(&self, now: Millis) -> Option<Self> {
        let most = self.since.0.saturating_add(MOST_PAUSE_MS);
        let rest = self.until.0.saturating_sub(self.since.0).max(PAUSE_MS);
        let until = now.0.saturating_add(PAUSE_MS);
        if now.0 >= self.until.0.saturating_add(rest) {
            return Some(Self { since: now, until: Millis(until) });
        }
        let until = until.min(most);
        let is_later = until >= self.until.0.saturating_add(PAUSE_MS / 2);
        is_later.then_some(Self { until: Millis(until), ..*self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When it ends, where somebody is found every `step` ms from `from` to `to`.
    fn found(mut pause: Pause, from: u64, to: u64, step: usize) -> Pause {
        for now in (from..=to).step_by(step) {
            pause = pause.found(Millis(now)).unwrap_or(pause);
        }
        pause
    }

    #[test]
    fn it_ends_a_minute_after_the_last_who_was_found_and_changes_twice_a_minute() {
        let first = Pause::default().found(Millis(1_000_000)).expect("the first");
        assert_eq!((first.since, first.until), (Millis(1_000_000), Millis(1_060_000)));
        assert!(first.is_on(Millis(1_059_999)) && !first.is_on(Millis(1_060_000)));
        assert_eq!(first.found(Millis(1_029_999)), None);
        assert_eq!(first.found(Millis(1_030_000)), Some(Pause { until: Millis(1_090_000), ..first }));
        // It goes on when it ended less than a minute ago; then it is another.
        assert_eq!(first.found(Millis(1_119_999)), Some(Pause { until: Millis(1_179_999), ..first }));
        let next = first.found(Millis(1_120_000)).expect("another");
        assert_eq!((next.since, next.until), (Millis(1_120_000), Millis(1_180_000)));
    }

    #[test]
    fn it_lasts_a_day_at_most_and_there_is_none_for_as_long_again() {
        let (begin, day) = (1_000_000, MOST_PAUSE_MS);
        let all_day = found(Pause::default(), begin, begin + 2 * day - 10_000, 10_000);
        assert_eq!((all_day.since, all_day.until), (Millis(begin), Millis(begin + day)));
        let next = found(all_day, begin + 2 * day, begin + 2 * day, 10_000);
        assert_eq!(next.since, Millis(begin + 2 * day));
    }

    /// One that ended a moment before its day was over was followed by another after a minute, for ever.
    #[test]
    fn whatever_the_rhythm_half_of_the_time_is_free() {
        for step in [9_973, 10_000, 10_007, 29_999, 30_001, 30_020, 59_999, 60_001] {
            let (mut pause, mut closed, days) = (Pause::default(), 0, 8);
            for now in (1_000_000..1_000_000 + days * MOST_PAUSE_MS).step_by(step) {
                pause = pause.found(Millis(now)).unwrap_or(pause);
                closed += if pause.is_on(Millis(now)) { step as u64 } else { 0 };
            }
            assert!(closed <= (days / 2) * (MOST_PAUSE_MS + PAUSE_MS), "{closed} ms at {step}");
        }
    }

    #[test]
    fn the_end_of_time_is_survived() {
        let last = Pause { since: Millis(u64::MAX), until: Millis(u64::MAX) };
        assert_eq!(last.found(Millis(u64::MAX)), Some(last));
    }
}
