//! While somebody owes nothing leaves a pool (protocol, "Pause").

use ballast_types::{AccountId, Event, Millis, PoolId, RejectCode, Rejection};

use crate::{exchange::Exchange, numbers::refuse, protection::Pool, resolution::Stage};

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// A time in which nothing leaves a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// When it began.
    pub since: Millis,
    /// When it is over.
    pub until: Millis,
}

impl Pool {
    /// Whether nothing leaves it now.
    pub(crate) fn is_paused(&self, now: Millis) -> bool {
        let is_resolved = matches!(self.stage, Stage::Resolved(_));
        !is_resolved && self.pause.is_some_and(|pause| now < pause.until)
    }

    /// Somebody was found who owes: whether that changes anything.
    fn pauses(&mut self, now: Millis) -> bool {
        // Before the first it is as if one had ended when time began.
        let last = self.pause.unwrap_or(Pause { since: Millis(0), until: Millis(0) });
        let rest = (last.until.0 - last.since.0).max(MINUTE);
        let begins = now.0 >= last.until.0 + rest;
        let since = if begins { now } else { last.since };
        let until = Millis((now.0 + MINUTE).min(since.0 + DAY));
        let changes = begins || until.0 >= last.until.0 + MINUTE / 2;
        if changes {
            self.pause = Some(Pause { since, until });
        }
        changes
    }
}

impl Exchange {
    /// Refuses what would leave the account's pool while it is paused.
    pub(crate) fn check_not_paused(&self, account: AccountId) -> Result<(), Rejection> {
        let pool = self.pool_of(account);
        if pool.is_paused(self.time) {
            let until = pool.pause.map_or(0, |pause| pause.until.0);
            return refuse(RejectCode::WithdrawalsPaused, self.time.0, until);
        }
        Ok(())
    }

    /// The account pauses its pool if it has a position and owes more than the fund may pay.
    pub(crate) fn pause_for(&mut self, id: AccountId) -> Option<Event> {
        let owed = -(self.margin(id).equity + self.doubt(id));
        let owes = owed > 0 && owed > self.pool_of(id).most_of_a_payment(self.time);
        if !owes || self.account(id).positions.is_empty() {
            return None;
        }
        let (now, pool): (Millis, PoolId) = (self.time, self.account(id).pool);
        if !self.pool_mut(pool).pauses(now) {
            return None;
        }
        let until = self.pool(pool).pause?.until;
        Some(Event::PoolPaused { pool, until })
    }
}
