//! A risk pool: its ledger, and what stands behind its accounts.

use ballast_types::{
    AccountId, Millis, Quote,
    limits::{FUND_DAY_MS, FUND_PEAK_MS, RATIO_WHOLE},
    math::mul_div_floor,
};
use borsh::{BorshDeserialize, BorshSerialize};

use super::{pacing::Pacing, pause::Pause};

/// A risk pool's ledger, such that after every input, with `C_eff`, `FEE` and `IF` of risk.md 5.11,
/// `credited + transferred + deficit = sum of C_eff + fees + fund + withdrawn`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Pool {
    /// All that was ever credited from L1.
    pub credited: Quote,
    /// All that was ever debited for withdrawal, claimed or not, and what waits to leave.
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
    /// What leaves it, and how fast.
    pub pacing: Pacing,
    /// How long it owes, and what comes of that.
    pub resolution: Resolution,
    /// What accounts owed that other assets stand for, when it was resolved, in u.
    pub debts: Quote,
    /// The last time in which nothing left it, as somebody owed and nobody had paid it yet.
    pub pause: Pause,
}

/// The end of a pool that nobody makes whole (risk.md 5.1, 10.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Resolution {
    /// Since when it has a deficit; 0 when it has none.
    pub owes_since: Millis,
    /// How far it is.
    pub stage: Stage,
}

/// How far the resolution of a pool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Stage {
    /// It did not begin.
    #[default]
    Open,
    /// Its markets settled; its accounts become cash one after the other.
    Settling {
        /// The first account that was not looked at.
        next: AccountId,
    },
    /// All of them are: whoever leaves is paid so many parts in 10^9 of his cash.
    Resolved {
        /// The parts, at most [`RATIO_WHOLE`](ballast_types::limits::RATIO_WHOLE).
        ratio: u32,
    },
}

impl Pool {
    /// What of the vault stands for this pool, in u: never below zero (INV-48).
    #[must_use]
    pub fn held(&self) -> i128 {
        let [credited, transferred, withdrawn] =
            [self.credited, self.transferred, self.withdrawn].map(|amount| i128::from(amount.0));
        credited + transferred - withdrawn
    }

    /// Whether it is in resolution, or was resolved.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.resolution.stage != Stage::Open
    }

    /// Whether nothing leaves it at `now`, but what exits, as somebody in it owes: not when it was resolved.
    #[must_use]
    pub fn is_paused(&self, now: Millis) -> bool {
        self.pause.is_on(now) && !self.is_ending()
    }

    /// Whether what it holds may leave: not while it is in resolution, nor before while it owes.
    #[must_use]
    pub fn may_pay(&self) -> bool {
        match self.resolution.stage {
            Stage::Open => self.deficit == Quote::ZERO,
            Stage::Settling { .. } => false,
            Stage::Resolved { .. } => true,
        }
    }

    /// The ratio by which it pays, once it was resolved.
    #[must_use]
    pub const fn ratio(&self) -> Option<u32> {
        match self.resolution.stage {
            Stage::Resolved { ratio } => Some(ratio),
            Stage::Open | Stage::Settling { .. } => None,
        }
    }

    /// What whoever takes `amount`, which is not negative, out of it is paid, in u: rounded down.
    #[must_use]
    pub fn paid(&self, amount: Quote) -> Quote {
        let ratio = self.ratio().unwrap_or(RATIO_WHOLE);
        let paid = mul_div_floor(amount.0.into(), ratio.into(), RATIO_WHOLE.into());
        Quote::try_from_i128(paid).expect("it is part of the amount")
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
