//! What a market's price is good for, and how far its publishers may differ (risk.md 2.3).

use crate::units::Ppm;
use borsh::{BorshDeserialize, BorshSerialize};

/// Class of a market: how deep it is outside the exchange (risk.md 0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum MarketClass {
    /// Such as BTC and ETH.
    A = 0,
    /// Other majors, such as SOL.
    B = 1,
    /// The long tail.
    C = 2,
}

/// How far the prices of a market may differ before they are trusted less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tolerance {
    /// Dispersion above which the price is uncertain, `d1`.
    pub uncertain: Ppm,
    /// Dispersion above which there is no price, `d2`.
    pub invalid: Ppm,
    /// A change of the index by more than this is a jump, `j1`.
    pub jump: Ppm,
}

impl MarketClass {
    /// Its letter.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
        }
    }

    /// The tolerances of the class (risk.md 2.3).
    #[must_use]
    pub const fn tolerance(self) -> Tolerance {
        let (uncertain, invalid, jump) = match self {
            Self::A => (3_000, 10_000, 30_000),
            Self::B => (5_000, 20_000, 50_000),
            Self::C => (20_000, 60_000, 150_000),
        };
        Tolerance { uncertain: Ppm(uncertain), invalid: Ppm(invalid), jump: Ppm(jump) }
    }

    /// How long it takes to close a position, in minutes (risk.md 4.6).
    #[must_use]
    pub const fn horizon(self) -> u16 {
        match self {
            Self::A => 15,
            Self::B => 30,
            Self::C => 60,
        }
    }

    /// How far the index may move before the market is slowed down, `v60` and `v3600` of risk.md 12.
    #[must_use]
    pub const fn velocity(self) -> Velocity {
        let (minute, hour) = match self {
            Self::A => (30_000, 100_000),
            Self::B => (50_000, 150_000),
            Self::C => (120_000, 350_000),
        };
        Velocity { minute: Ppm(minute), hour: Ppm(hour) }
    }

    /// How markets of the class are liquidated (risk.md 5.8 and 12). Of the common fund one of class C may take no more than it
    /// could lose alone; in a silo it has a fund of its own.
    #[must_use]
    pub const fn liquidation(self) -> LiquidationTerms {
        let (penalty, large, fund_share) = match self {
            Self::A => (5_000, 100_000, 500_000),
            Self::B => (10_000, 50_000, 250_000),
            Self::C => (20_000, 20_000, 100_000),
        };
        LiquidationTerms { penalty: Ppm(penalty), large: large * 1_000_000, fund_share: Ppm(fund_share) }
    }

    /// Most that one account may hold of the open interest that a market may have (risk.md 3.8 c).
    #[must_use]
    pub const fn position_share(self) -> Ppm {
        match self {
            Self::A | Self::B => Ppm(200_000),
            Self::C => Ppm(100_000),
        }
    }

    /// Most that the backstop may hold in a market of the class, whose initial margin is at least `initial`, as a part of its
    /// equity, in ppm, rounded down: in A and B a part of the leverage, in C of the equity itself. Source: risk.md 12.
    #[must_use]
    pub const fn backstop_share(self, initial: Ppm) -> u64 {
        match self {
            Self::A => 80_000 * 1_000_000 / initial.0 as u64,
            Self::B => 50_000 * 1_000_000 / initial.0 as u64,
            Self::C => 250_000,
        }
    }
}

/// How far an index may move, from its lowest to its highest, as a part of the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Velocity {
    /// In a minute.
    pub minute: Ppm,
    /// In an hour.
    pub hour: Ppm,
}

/// How markets of a class are liquidated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiquidationTerms {
    /// What a forced fill costs, as a part of its notional.
    pub penalty: Ppm,
    /// Position above which at most a fifth is closed in 5 s, in u.
    pub large: i128,
    /// Most that the fund pays for one market in a day, as a part of what it held when the day began.
    pub fund_share: Ppm,
}

/// What a market's price may be used for, from everything to nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum OracleState {
    /// A quorum agrees.
    #[default]
    Fresh = 0,
    /// A quorum differs, or its price has just jumped: the market matches in batches, and no funding accrues.
    Uncertain = 1,
    /// No quorum for [`MAX_MARK_AGE_MS`](crate::limits::MAX_MARK_AGE_MS): orders may only shrink positions.
    Stale = 2,
    /// A quorum contradicts itself, or there was none for
    /// [`INVALID_MARK_AGE_MS`](crate::limits::INVALID_MARK_AGE_MS): orders may only be cancelled.
    Invalid = 3,
}

impl From<OracleState> for u64 {
    fn from(state: OracleState) -> Self {
        state as Self
    }
}

impl TryFrom<u64> for OracleState {
    type Error = ();

    fn try_from(number: u64) -> Result<Self, ()> {
        let all = [Self::Fresh, Self::Uncertain, Self::Stale, Self::Invalid];
        all.into_iter().find(|state| u64::from(*state) == number).ok_or(())
    }
}
