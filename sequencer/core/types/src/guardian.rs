//! What the guardian may say: it moves markets towards safety (risk.md 6.1), and knows no account.

use crate::{ids::MarketId, units::Millis};
use borsh::{BorshDeserialize, BorshSerialize};

/// One command of the guardian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum GuardianCommand {
    /// A market matches in batches for a while.
    BatchMatching(BatchMatching),
}

/// A market matches in batches for a while, whatever its parameters say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct BatchMatching {
    /// Which market.
    pub market: MarketId,
    /// When it is over; what is over already ends at once.
    pub until: Millis,
    /// When this was said; grows from command to command.
    pub time: Millis,
}

impl GuardianCommand {
    /// When this was said.
    #[must_use]
    pub const fn time(&self) -> Millis {
        match self {
            Self::BatchMatching(c) => c.time,
        }
    }
}
