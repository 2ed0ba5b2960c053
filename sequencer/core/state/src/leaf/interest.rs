//! What the open interest of a market was: it may grow by so much in a day.

use ballast_types::{Millis, SizeLots, limits::INTEREST_PERIOD_MS};
use borsh::{BorshDeserialize, BorshSerialize};

/// The open interest at the beginnings of the last periods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Interest {
    /// The period of the first of them, counted from the Unix epoch.
    period: u32,
    /// At the first tick of that period, of the one before it, and so on.
    kept: [SizeLots; Self::PERIODS],
}

impl Interest {
    const PERIODS: usize = 5;

    /// The open interest is `now_open` at a tick. It is kept for the running period and those without a tick before it.
    pub fn keep(&mut self, now: Millis, now_open: SizeLots) {
        let period = period(now);
        let passed = usize::try_from(period.saturating_sub(self.period)).unwrap_or(usize::MAX);
        if passed == 0 {
            return;
        }
        // The first tick of all knows nothing of the periods before it.
        let passed = if self.period == 0 { 1 } else { passed.min(Self::PERIODS) };
        self.kept.rotate_right(passed);
        self.kept[..passed].fill(now_open);
        self.period = period;
    }

    /// What it was 24 to 30 hours ago: at the first tick of the fourth period before the running one; 0 where none was kept.
    #[must_use]
    pub fn past(&self, now: Millis) -> SizeLots {
        let passed = usize::try_from(period(now).saturating_sub(self.period)).unwrap_or(usize::MAX);
        let place = (Self::PERIODS - 1).checked_sub(passed);
        place.map_or(SizeLots::ZERO, |place| self.kept[place])
    }
}

fn period(now: Millis) -> u32 {
    u32::try_from(now.0 / INTEREST_PERIOD_MS).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;
    /// The beginning of a period.
    const START: u64 = 1_000 * INTEREST_PERIOD_MS;

    #[test]
    fn what_was_a_day_ago_is_told_until_it_is_thirty_hours_old() {
        let mut interest = Interest::default();
        for hour in 0..=24 {
            interest.keep(Millis(START + hour * HOUR), SizeLots(100 + hour));
            assert_eq!(
                interest.past(Millis(START + hour * HOUR)),
                SizeLots(if hour < 24 { 0 } else { 100 }),
                "{hour}"
            );
        }
        assert_eq!(interest.past(Millis(START + 30 * HOUR - 1)), SizeLots(100));
        assert_eq!(interest.past(Millis(START + 30 * HOUR)), SizeLots(106), "no tick yet");
        interest.keep(Millis(START + 30 * HOUR), SizeLots(500));
        assert_eq!(interest.past(Millis(START + 30 * HOUR)), SizeLots(106));
    }

    #[test]
    fn periods_without_a_tick_have_what_was_found_after_them() {
        let mut interest = Interest::default();
        interest.keep(Millis(START), SizeLots(1));
        interest.keep(Millis(START + 18 * HOUR), SizeLots(2));
        assert_eq!(interest.past(Millis(START + 24 * HOUR)), SizeLots(1));
        assert_eq!(interest.past(Millis(START + 30 * HOUR)), SizeLots(2));
        assert_eq!(interest.past(Millis(START + 1_000 * HOUR)), SizeLots(0));
        interest.keep(Millis(START + 1_000 * HOUR), SizeLots(3));
        assert_eq!(interest.past(Millis(START + 1_000 * HOUR)), SizeLots(3));
    }
}
