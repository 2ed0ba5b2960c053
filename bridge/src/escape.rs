//! The end of the exchange as L1 has it, and what somebody can do about it next.

use crate::bindings::Escape;
use alloy::primitives::{Address, B256};
use ballast_batch::{EscapeClaim, EscapePayout};
use std::fmt;

/// Whether the exchange is frozen, and by what it could be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freeze {
    /// When it was frozen, unix seconds; 0 while it is not.
    pub frozen_at: u64,
    /// Whether it is frozen and every posted batch is final.
    pub settled: bool,
    /// The last second in which silence is no reason to freeze, unix seconds, stretched as far as is proven.
    pub silent_due: u64,
    /// The first forced request that no posted batch has consumed, and the last second in which it is no reason, likewise.
    pub oldest_request: Option<(u64, u64)>,
}

/// What allows a freeze.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The forced request with this number was passed over.
    Request(u64),
    /// No batch was posted.
    Silence,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request(id) => write!(f, "forced request {id} was passed over"),
            Self::Silence => f.write_str("no batch was posted for too long"),
        }
    }
}

impl Freeze {
    /// What allows a freeze first, and the last second at which it does not yet. Requests are due in their order, so that the
    /// oldest is the first. Both may come later, as more stress of L1 is proven, and never earlier.
    #[must_use]
    pub fn reason(&self) -> (Reason, u64) {
        let silence = (Reason::Silence, self.silent_due);
        let request = self.oldest_request.map(|(id, due)| (Reason::Request(id), due));
        request.filter(|(_, due)| *due <= silence.1).unwrap_or(silence)
    }

    /// What allows a freeze at `time`, unix seconds; `None` where nothing does, or it was done.
    #[must_use]
    pub fn possible_at(&self, time: u64) -> Option<Reason> {
        let (reason, due) = self.reason();
        (self.frozen_at == 0 && time > due).then_some(reason)
    }
}

/// A claim that somebody proposed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The claim.
    pub claim: EscapeClaim,
    /// Who paid the bond.
    pub proposer: Address,
    /// When, unix seconds.
    pub proposed_at: u64,
}

/// A message of a deposit that no final batch has consumed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unconsumed {
    /// Its message in the inbox.
    pub message_index: u64,
    /// The block that queued it.
    pub l1_block: u64,
    /// Its time.
    pub l1_time: u64,
    /// Who gets it back.
    pub owner: Address,
    /// The account that it was for.
    pub account: u32,
    /// Which asset.
    pub asset: u16,
    /// How much, in micro-USDC.
    pub amount: u64,
}

impl Unconsumed {
    /// As `Escape.refund` takes it.
    #[must_use]
    pub const fn deposit(&self) -> Escape::Deposit {
        Escape::Deposit { asset: self.asset, owner: self.owner, account: self.account, amount: self.amount }
    }
}

impl From<&EscapeClaim> for Escape::EscapeClaim {
    fn from(claim: &EscapeClaim) -> Self {
        Self {
            batchHash: claim.batchHash,
            payoutsRoot: claim.payoutsRoot,
            payoutCount: claim.payoutCount,
            total: claim.total,
        }
    }
}

impl From<&Escape::EscapeClaim> for EscapeClaim {
    fn from(claim: &Escape::EscapeClaim) -> Self {
        Self {
            batchHash: claim.batchHash,
            payoutsRoot: claim.payoutsRoot,
            payoutCount: claim.payoutCount,
            total: claim.total,
        }
    }
}

impl From<&EscapePayout> for Escape::EscapePayout {
    fn from(payout: &EscapePayout) -> Self {
        Self { index: payout.index, recipient: payout.recipient, asset: payout.asset, amount: payout.amount }
    }
}

/// What the next step towards an accepted claim is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The exchange is not frozen.
    NotFrozen,
    /// A posted batch is not final; the window of the last ends at these unix seconds.
    Settle(u64),
    /// Nobody has proposed our claim.
    Propose,
    /// It can be accepted from these unix seconds on, if nobody disputes it.
    Accept(u64),
    /// Our claim was challenged, and it is not decided who is right.
    Disputed,
    /// Our claim was challenged, and fell.
    Fallen,
    /// It was accepted.
    Accepted,
    /// Another one was accepted, which is not what the state comes to.
    Other(B256),
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::sol_types::SolValue;

    #[test]
    fn what_is_due_first_is_the_reason() {
        let freeze = Freeze { frozen_at: 0, settled: false, silent_due: 150, oldest_request: Some((7, 149)) };
        assert_eq!(freeze.reason(), (Reason::Request(7), 149));
        assert_eq!(Freeze { oldest_request: Some((7, 150)), ..freeze }.reason(), (Reason::Request(7), 150));
        assert_eq!(Freeze { oldest_request: Some((7, 151)), ..freeze }.reason(), (Reason::Silence, 150));
        assert_eq!(Freeze { oldest_request: None, ..freeze }.reason(), (Reason::Silence, 150));
        assert_eq!((freeze.possible_at(149), freeze.possible_at(150)), (None, Some(Reason::Request(7))));
        assert_eq!(Freeze { frozen_at: 160, ..freeze }.possible_at(170), None);
    }

    #[test]
    fn what_goes_to_the_contract_is_what_we_hash() {
        let payout =
            EscapePayout { index: 1, recipient: Address::repeat_byte(2), asset: 0, amount: u64::MAX };
        assert_eq!(Escape::EscapePayout::from(&payout).abi_encode(), payout.abi_encode());
        let claim = EscapeClaim {
            batchHash: B256::repeat_byte(1),
            payoutsRoot: B256::repeat_byte(2),
            payoutCount: 3,
            total: 4,
        };
        let theirs = Escape::EscapeClaim::from(&claim);
        assert_eq!(theirs.abi_encode(), claim.abi_encode());
        assert_eq!(EscapeClaim::from(&theirs), claim);
    }
}
