//! What may be spent within a day.

use alloy::primitives::U256;
use std::collections::VecDeque;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// What may be spent within a day, any 24 hours, counted since the start of the process. Times are milliseconds of any clock that does not go back.
#[derive(Clone, Debug)]
pub struct Allowance {
    most: U256,
    /// When what was spent, in wei; the latest last.
    spent: VecDeque<(u64, U256)>,
}

impl Allowance {
    /// Of so many wei a day.
    #[must_use]
    pub const fn new(most: U256) -> Self {
        Self { most, spent: VecDeque::new() }
    }

    /// Wei that were spent in the day before `now`.
    pub fn spent(&mut self, now: u64) -> U256 {
        while self.spent.front().is_some_and(|(at, _)| now.saturating_sub(*at) >= DAY_MS) {
            self.spent.pop_front();
        }
        self.spent.iter().fold(U256::ZERO, |sum, (_, cost)| sum.saturating_add(*cost))
    }

    /// Wei that may be spent now.
    pub fn left(&mut self, now: u64) -> U256 {
        let spent = self.spent(now);
        self.most.saturating_sub(spent)
    }

    /// So many wei are expected to be spent.
    pub fn expect(&mut self, now: u64, cost: U256) {
        self.spent.push_back((now, cost));
    }

    /// What was expected last has cost so many wei.
    pub fn correct(&mut self, cost: U256) {
        if let Some(last) = self.spent.back_mut() {
            last.1 = cost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_spent_comes_back_after_a_day() {
        let mut allowance = Allowance::new(U256::from(10));
        allowance.expect(5, U256::from(7));
        assert_eq!(allowance.left(5), U256::from(3));
        allowance.correct(U256::from(4));
        allowance.expect(6, U256::from(9));
        assert_eq!((allowance.left(7), allowance.spent(7)), (U256::ZERO, U256::from(13)));
        assert_eq!(allowance.left(DAY_MS + 5), U256::from(1));
        assert_eq!(allowance.left(DAY_MS + 6), U256::from(10));
        allowance.correct(U256::from(1));
        assert_eq!(allowance.left(DAY_MS + 6), U256::from(10), "nothing was expected");
    }
}
