//! Calls that build on each other, at nonces in a row: a block takes as many of them as are there.
//!
//! Only the first is replaced by a dearer one and tried on the latest state, for what is behind it waits for it anyway. What
//! is behind one that failed has no effect either, and is forgotten: the contracts take nothing out of order.

use super::{Lane, LaneState, Sent};
use crate::{
    budget::Budget,
    error::{Error, Result},
    l1::{Call, L1Sender},
};

/// Most transactions until the lane must have been free: half of what pools hold of an account with blobs, and others wait
/// for their turn.
const MAX_COLUMN: usize = 8;

impl<L: L1Sender> Lane<L> {
    /// The last call under way, on which another can build now: something is under way, the first not for so long that L1
    /// seems to be closed, and not too many went already.
    pub fn open_end(&self, now: u64) -> Option<&Call> {
        let first = self.column.front()?;
        let flows = now.saturating_sub(first.sent_at) < self.config.patience_ms && !first.outpriced;
        self.column.back().filter(|_| flows && self.sent < MAX_COLUMN).map(|last| &last.call)
    }

    /// Sends `call` behind the one that [`Self::open_end`] tells, for what `budget` allows by now, with `gas` units of gas.
    ///
    /// # Errors
    /// Those of L1. After [`Error::Transport`] the transaction may be in the pool: it is offered again, or is then an orphan.
    pub async fn send_behind(&mut self, now: u64, call: Call, budget: Budget, gas: u64) -> Result<Sent> {
        let Some(last) = self.column.back() else { return Err(Error::Moved) };
        let nonce = last.nonce + 1;
        self.offer(now, call, nonce, budget, Some(gas)).await
    }

    /// The first is in a block: the next one is the first, and its time to wait begins. After one without effect there is
    /// none.
    pub(super) fn advance(&mut self, success: bool, now: u64) {
        self.column.pop_front();
        if !success {
            self.reset();
        }
        if let Some(first) = self.column.front_mut() {
            (first.sent_at, first.gas) = (now, None);
        }
    }

    /// Everything before `nonce` is in blocks.
    pub(super) fn skip_to(&mut self, nonce: u64, now: u64) -> LaneState {
        while self.column.front().is_some_and(|first| first.nonce < nonce) {
            self.advance(true, now);
        }
        if self.column.is_empty() { LaneState::Displaced } else { LaneState::Busy }
    }

    /// Sends again what the pool lost from behind the first, one at a time: `pending` is the nonce that it misses.
    pub(super) async fn restore(&mut self, pending: u64) -> Result<()> {
        let Some(lost) = self.column.iter().find(|flight| flight.nonce == pending) else { return Ok(()) };
        let Some(gas) = lost.gas else { return Ok(()) };
        match self.l1.send_behind(&lost.call, lost.nonce, &lost.fees, gas).await {
            // The pool has it after all, or more; or it was mined meanwhile.
            Ok(_) | Err(Error::Underpriced | Error::NonceUsed) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
