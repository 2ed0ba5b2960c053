//! What somebody reads of L1 who looks after an exchange: what was judged, what allows a freeze, stress, and claims on what is
//! left.

use super::L1;
use crate::{
    error::Result,
    escape::{Freeze, Proposal},
    stress::{Terms, Unproven, Window},
};
use alloy::primitives::B256;
use ballast_batch::BatchHeader;
use std::future::Future;

/// What the contracts say of a batch (`VerdictStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody has said that it is wrong. Time makes it good.
    Undisputed,
    /// Somebody has, and it is not decided.
    Disputed,
    /// It is right, for ever.
    Valid,
    /// It is wrong, for ever: it fell, or was judged so.
    Invalid,
}

/// Reads what an exchange that is looked after may need. All of it is of the latest block.
pub trait Upkeep: L1 {
    /// What is said of a batch.
    fn verdict(&self, index: u64, batch_hash: B256) -> impl Future<Output = Result<Verdict>> + Send;

    /// The header of a batch, that of genesis too; `None` when L1 does not have it.
    fn header(&self, index: u64) -> impl Future<Output = Result<Option<BatchHeader>>> + Send;

    /// Whether the exchange is frozen, and by what it could be.
    fn freeze(&self) -> impl Future<Output = Result<Freeze>> + Send;

    /// What the clock of stress was deployed with.
    fn stress_terms(&self) -> impl Future<Output = Result<Terms>> + Send;

    /// What the clock could still be told.
    fn unproven(&self) -> impl Future<Output = Result<Unproven>> + Send;

    /// The windows that are open, but those of claims.
    fn windows(&self) -> impl Future<Output = Result<Vec<Window>>> + Send;

    /// The claims that were proposed in the blocks `from` to `to` of the canonical chain, both included, in order.
    fn claims(&self, from: u64, to: u64) -> impl Future<Output = Result<Vec<Proposal>>> + Send;

    /// The hash of the claim that was accepted; `None` while there is none.
    fn accepted_claim(&self) -> impl Future<Output = Result<Option<B256>>> + Send;
}
