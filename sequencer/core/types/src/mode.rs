//! What may be done in a market, and what took it there (risk.md 6.1, 6.3).

use borsh::{BorshDeserialize, BorshSerialize};

/// What may be done in a market besides cancelling, from everything to nothing.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize,
)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum MarketMode {
    /// Orders meet as they come.
    #[default]
    Normal = 0,
    /// Orders wait and are cleared at one price (`AUCTION_ONLY` of risk.md 6.1).
    Batches = 1,
    /// Orders may only shrink positions.
    ReduceOnly = 2,
    /// Nothing trades but in the one auction that ends it.
    Halt = 3,
    /// Nothing trades any more: it settled.
    Settled = 4,
}

impl MarketMode {
    /// All of them, in order.
    pub const ALL: [Self; 5] = [Self::Normal, Self::Batches, Self::ReduceOnly, Self::Halt, Self::Settled];

    /// Its name in answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Batches => "batches",
            Self::ReduceOnly => "reduceOnly",
            Self::Halt => "halt",
            Self::Settled => "settled",
        }
    }
}

/// What took a market into its mode: a sum of the constants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, BorshSerialize, BorshDeserialize)]
pub struct Causes(pub u16);

impl Causes {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// It had no price for more than a minute (risk.md 6.5).
    pub const OUTAGE: Self = Self(1);
    /// Its index moves fast (CB2).
    pub const VELOCITY: Self = Self(2);
    /// Liquidations are much of what is traded (CB4).
    pub const FEEDBACK: Self = Self(4);
    /// The fund paid for it all that it may, or is nearly empty (CB5).
    pub const FUND: Self = Self(8);
    /// Its own book is away from the index (CB1).
    pub const DISLOCATION: Self = Self(16);
    /// Nobody quotes near the index (CB6).
    pub const QUOTES: Self = Self(32);
    /// The guardian said so.
    pub const GUARDIAN: Self = Self(64);
    /// The auction that was to reopen it found no good price.
    pub const THIN: Self = Self(128);
    /// L1 takes no batch for long: initial margin is raised, and open interest stands still (risk.md 6.5).
    pub const LAG: Self = Self(256);
    /// It takes none for so long that positions only shrink.
    pub const STALLED: Self = Self(512);
    /// It settles within the hour, at a price that is nearly known: positions only shrink.
    pub const ENDING: Self = Self(1_024);
    /// A USDC is worth less than a dollar for a while: initial margin is raised (risk.md 3.6).
    pub const WEAK: Self = Self(2_048);
    /// It is worth so much less for so long that positions only shrink (risk.md 6.5).
    pub const BROKEN: Self = Self(4_096);

    /// Every cause with its name in answers, in the order of their bits.
    pub const ALL: [(Self, &'static str); 13] = [
        (Self::OUTAGE, "outage"),
        (Self::VELOCITY, "velocity"),
        (Self::FEEDBACK, "feedback"),
        (Self::FUND, "fund"),
        (Self::DISLOCATION, "dislocation"),
        (Self::QUOTES, "quotes"),
        (Self::GUARDIAN, "guardian"),
        (Self::THIN, "thin"),
        (Self::LAG, "lag"),
        (Self::STALLED, "stalled"),
        (Self::ENDING, "ending"),
        (Self::WEAK, "weakPeg"),
        (Self::BROKEN, "brokenPeg"),
    ];

    /// These and `others`.
    #[must_use]
    pub const fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Whether any of `others` is among them.
    #[must_use]
    pub const fn any_of(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }

    /// These where `holds`, else nothing.
    #[must_use]
    pub const fn when(self, holds: bool) -> Self {
        if holds { self } else { Self::NONE }
    }
}
