//! What the guardian may say: it moves markets towards safety (risk.md 6.1), and knows no account.

use crate::{ids::MarketId, mode::MarketMode, units::Millis};
use borsh::{BorshDeserialize, BorshSerialize};

/// One command of the guardian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum GuardianCommand {
    /// A market is restricted for a while.
    Restrict(Restrict),
}

/// A market is in a mode for a while, whatever its parameters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Restrict {
    /// Which market.
    pub market: MarketId,
    /// What it is restricted to; not normal.
    pub mode: MarketMode,
    /// When it is over. What is over already ends at once, but for a halt.
    pub until: Millis,
    /// When this was said; grows from command to command.
    pub time: Millis,
}

impl GuardianCommand {
    /// When this was said.
    #[must_use]
    pub const fn time(&self) -> Millis {
        match self {
            Self::Restrict(c) => c.time,
        }
    }
}
