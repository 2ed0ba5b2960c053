//! A risk pool: its ledger, and what stands behind its accounts.

use ballast_types::{
    AccountId, Millis, Quote,
    limits::{FUND_DAY_MS, FUND_PEAK_MS},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// A risk pool's ledger, such that after every input, with `C_eff`, `FEE` and `IF` of risk.md 5.11,
/// `credited + transferred + deficit = sum of C_eff + fees + fund + withdrawn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    /// All that was ever credited from L1.
    pub credited: Quote,
    /// All that was ever debited for withdrawal, claimed or not.
    pub withdrawn: Quote,
    /// Fees taken and not yet paid out.
    pub fees: Quote,
    /// What the insurance fund holds.
    pub fund: Quote,
    /// What accounts owed and nobody could pay. Without it the pool could pay everybody.
    pub deficit: Quote,
    /// What stands behind its accounts.
    pub protection: Protection,
    /// What came from other pools less what went to them; over all pools it adds up to zero.
    pub transferred: Quote,
}

impl Pool {
    /// What of the vault stands for this pool, in u: never below zero (INV-48).
    #[must_use]
    pub fn held(&self) -> i128 {
        let [credited, transferred, withdrawn] =
            [self.credited, self.transferred, self.withdrawn].map(|amount| i128::from(amount.0));
        credited + transferred - withdrawn
    }
}

/// What stands behind a pool's accounts: its fund and its backstop, and what bounds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Protection {
    /// What the fund should hold.
    pub target: Quote,
    /// The account that takes positions over, if there is one.
    pub backstop: Option<AccountId>,
    /// What the fund held.
    pub history: FundHistory,
    /// The day of the backstop's last takeover, counted from the Unix epoch.
    pub takeover_day: u32,
    /// Its equity before the first takeover of that day.
    pub takeover_equity: Quote,
}

/// What an insurance fund held (risk.md 5.8): when the day of its last change began, and at most in the period of that
/// change and in the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FundHistory {
    /// The day of the last change, counted from the Unix epoch.
    pub day: u32,
    /// Held when it began.
    pub day_start: Quote,
    /// The period of the last change, counted from the Unix epoch.
    pub period: u32,
    /// Most that was held in it.
    pub peak: Quote,
    /// Most that was held in the one before it.
    pub last_peak: Quote,
}

impl FundHistory {
    /// The same history told from `time`, which is not before the last change, with a fund that holds `balance`.
    #[must_use]
    pub fn at(&self, time: Millis, balance: Quote) -> Self {
        let count = |length| u32::try_from(time.0 / length).unwrap_or(u32::MAX);
        let (day, period) = (count(FUND_DAY_MS), count(FUND_PEAK_MS));
        let day_start = if day == self.day { self.day_start } else { balance };
        let (peak, last_peak) = match period.saturating_sub(self.period) {
            0 => (self.peak, self.last_peak),
            1 => (balance, self.peak),
            _ => (balance, balance),
        };
        Self { day, day_start, period, peak, last_peak }
    }

    /// With a fund that holds `balance` from now on.
    #[must_use]
    pub fn with(&self, balance: Quote) -> Self {
        Self { peak: self.peak.max(balance), ..*self }
    }

    /// Most that was held in the two periods.
    #[must_use]
    pub fn highest(&self) -> Quote {
        self.peak.max(self.last_peak)
    }
}
