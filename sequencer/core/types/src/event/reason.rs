//! Why an order left, and who paid.

use borsh::{BorshDeserialize, BorshSerialize};

/// Why an order left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum RemovalReason {
    /// Filled whole.
    Filled = 0,
    /// Its trader cancelled it.
    Cancelled = 1,
    /// Its trader replaced it.
    Replaced = 2,
    /// The rest of an immediate-or-cancel order.
    ImmediateOrCancel = 3,
    /// The rest of an order that met the maximum of makers.
    FillLimit = 4,
    /// It rested, and would have traded with an order of its own owner.
    SelfTrade = 5,
    /// Its account no longer has the fill margin (risk.md 3.5).
    MakerMargin = 6,
    /// The last time at which it might trade is over.
    Expired = 7,
    /// It may only close, and there is nothing to close.
    ReduceOnly = 8,
    /// The time had come at which its trader wanted all orders cancelled.
    Scheduled = 9,
    /// Its trader took size off.
    Reduced = 10,
    /// It took, and would have traded with a resting order of its own owner.
    SelfTradeTaker = 11,
    /// Another order of its group traded, or fired, in its stead.
    OneCancelsOther = 12,
    /// The order after whose trades it was to come went without any.
    NotOpened = 13,
    /// It waited and would cross the book, but cannot trade within the band around the index.
    OutsideBand = 14,
    /// Its account is liquidated.
    Liquidation = 15,
    /// What is left of it would raise the open interest above its limit (risk.md 3.8).
    OpenInterest = 16,
    /// Its market settled.
    Settled = 17,
    /// Its account exits.
    Exit = 18,
}

/// Who pays what an account owes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Cover {
    /// The pool's insurance fund.
    Fund = 0,
    /// The pool's backstop.
    Backstop = 1,
    /// Nobody: the pool has a deficit.
    Pool = 2,
    /// The fees that the pool earned.
    Fees = 3,
}
