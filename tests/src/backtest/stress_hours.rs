//! Which hours of the past a stress table is made of, for one factor, from what was known at the time (risk.md 4.3).

use ballast_risk::shortfall::{HISTORICAL_STRESS_ROWS, Return, Volatility};
use std::cmp::Reverse;

/// Hours from one table to the next: a week.
const REFRESH: usize = 168;
/// Hours from the choice of a table to its use: the timelock.
const DELAY: usize = 72;
/// Rows chosen by the return over the slow volatility, at each end.
const SCALED: usize = 64;

/// The hours seen so far.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// Return, and return in millionths of the slow volatility known before it.
    hours: Vec<(Return, i64)>,
}

impl History {
    /// Takes an hour in, with the volatility as it was known before it.
    pub fn push(&mut self, r: Return, before: &Volatility) {
        let slow = before.slow().0.max(1) as i64;
        self.hours.push((r, r.0 * 1_000_000 / slow));
    }

    /// The rows of a new table, if one comes into force now: the 64 lowest and the 64 highest returns over volatility,
    /// then the worst and the best returns in turns, up to 256.
    #[must_use]
    pub fn refreshed(&self) -> Option<Vec<Return>> {
        self.hours
            .len()
            .is_multiple_of(REFRESH)
            .then(|| choose(&self.hours[..self.hours.len().saturating_sub(DELAY)]))
    }

    /// The rows of a table from all hours.
    #[must_use]
    pub fn chosen(&self) -> Vec<Return> {
        choose(&self.hours)
    }
}

fn choose(hours: &[(Return, i64)]) -> Vec<Return> {
    let mut order: Vec<usize> = (0..hours.len()).collect();
    order.sort_by_key(|&k| (hours[k].1, k));
    let low = SCALED.min(order.len());
    let high = order.len().saturating_sub(SCALED).max(low);
    let mut chosen: Vec<Return> = order[..low].iter().chain(&order[high..]).map(|&k| hours[k].0).collect();
    let mut rest: Vec<usize> = order[low..high].to_vec();
    rest.sort_by_key(|&k| (Reverse(hours[k].0), k));
    // The worst are at the end, the best at the beginning.
    let (mut best, mut worst) = (0, rest.len());
    while chosen.len() < HISTORICAL_STRESS_ROWS && best < worst {
        if chosen.len().is_multiple_of(2) {
            worst -= 1;
            chosen.push(hours[rest[worst]].0);
        } else {
            chosen.push(hours[rest[best]].0);
            best += 1;
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_risk::shortfall::Sigma;

    fn history(returns: impl Iterator<Item = i64>) -> History {
        let mut it = History::default();
        for r in returns {
            it.push(Return(r), &Volatility::new(Sigma(1_000_000)));
        }
        it
    }

    #[test]
    fn a_short_history_is_taken_whole_and_each_hour_once() {
        let mut rows = history(-50..50).chosen();
        rows.sort_unstable();
        assert_eq!(rows, (-50..50).map(Return).collect::<Vec<_>>());
        assert!(history(0..0).chosen().is_empty());
    }

    #[test]
    fn of_a_long_history_the_ends_are_taken() {
        let mut rows = history(-500..500).chosen();
        rows.sort_unstable();
        let ends = (-500..-372).chain(372..500).map(Return);
        assert_eq!(rows, ends.collect::<Vec<_>>());
    }

    #[test]
    fn a_table_knows_nothing_of_the_last_72_hours_and_is_new_once_a_week() {
        assert_eq!(history(0..167).refreshed(), None);
        let rows = history(0..168).refreshed().expect("a week is over");
        assert_eq!(rows.iter().map(|row| row.0).max(), Some(95));
    }
}
