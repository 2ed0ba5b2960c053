//! What an input did.

use super::Event;
use crate::reject::Rejection;
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// Whether an input took effect as a whole. The steps of [`crate::Operations`] have their own answers among the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Status {
    /// It took effect.
    Accepted,
    /// It had no effect but to use its nonce, if its signer was known.
    Rejected(Rejection),
}

/// What an input did.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Outcome {
    /// Whether it took effect.
    pub status: Status,
    /// What happened, in order.
    pub events: Vec<Event>,
}

impl Outcome {
    /// An input that had no effect.
    #[must_use]
    pub const fn rejected(rejection: Rejection) -> Self {
        Self { status: Status::Rejected(rejection), events: Vec::new() }
    }
}
