//! One account's way to L1: one transaction at a time, until it is in a block or certainly not. Calls that build on each
//! other may go behind the first at the nonces after it, so that one block takes them all: see the column.
//!
//! The lane keeps nothing on disk. After a crash it learns from the pending nonce that a transaction of a former life
//! may still be in the pool, gives it time, and then replaces it at the same nonce; so there is never more than one
//! transaction of a nonce that can take effect.

mod column;
#[cfg(test)]
mod tests;

use crate::{
    budget::Budget,
    error::{Error, Result},
    fees::{FeeCaps, Fees, bump, first},
    l1::{Call, L1Sender, Receipt},
};
use alloy::primitives::B256;
use std::collections::VecDeque;
use tracing::{info, warn};

/// How often an offer is raised at once when the pool holds a better one from a former life.
const MAX_RAISES: usize = 40;

/// How the lane pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneConfig {
    /// The most that may be offered.
    pub caps: FeeCaps,
    /// Milliseconds until a transaction that is in no block is replaced by a dearer one.
    pub patience_ms: u64,
}

#[derive(Clone, Debug)]
struct Flight {
    call: Call,
    nonce: u64,
    fees: Fees,
    budget: Budget,
    /// Its gas, where it goes behind another.
    gas: Option<u64>,
    /// This transaction and those it replaced, for any of them may be mined; the latest last.
    hashes: Vec<B256>,
    sent_at: u64,
    /// Whether L1 asks for more than the budget allows, as it was last seen.
    outpriced: bool,
}

/// Where the lane is after [`Lane::poll`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LaneState {
    /// Nothing is under way.
    Free,
    /// A transaction is under way: ask again later.
    Busy,
    /// The transaction under way came into a block; the lane is free.
    Mined(Receipt),
    /// Another transaction of the account used the nonce, or an earlier nonce is free again; the lane is free.
    Displaced,
}

/// What became of [`Lane::send`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The pool took it.
    Pooled(B256),
    /// L1 asks for more than may be offered now.
    TooDear,
}

/// One account's way to L1. Times are milliseconds of any clock that does not go back.
#[derive(Debug)]
pub struct Lane<L> {
    l1: L,
    config: LaneConfig,
    /// What is under way, by rising nonces. All but the first build on the one before.
    column: VecDeque<Flight>,
    /// Transactions sent since nothing was under way.
    sent: usize,
    /// Since when the pool holds a transaction that this lane knows nothing of.
    orphan_since: Option<u64>,
}

impl<L: L1Sender> Lane<L> {
    /// A lane with nothing under way that it knows of.
    pub const fn new(l1: L, config: LaneConfig) -> Self {
        Self { l1, config, column: VecDeque::new(), sent: 0, orphan_since: None }
    }

    /// The caps.
    pub const fn caps(&self) -> &FeeCaps {
        &self.config.caps
    }

    /// Whether something is under way that this lane sent and remembers.
    pub fn is_under_way(&self) -> bool {
        !self.column.is_empty()
    }

    /// Whether what is under way was not mined for long, and may offer no more.
    pub fn is_outpriced(&self) -> bool {
        self.column.front().is_some_and(|first| first.outpriced)
    }

    /// Forgets what is under way, as a crash would. What is in the pool stays there, and is dealt with as then.
    pub fn reset(&mut self) {
        self.column.clear();
    }

    /// Looks after what is under way: finds its receipt, replaces it when it takes too long, sends it again when
    /// the pool lost it.
    ///
    /// # Errors
    /// Those of L1.
    pub async fn poll(&mut self, now: u64) -> Result<LaneState> {
        let Some(first) = self.column.front() else { return self.poll_orphan(now).await };
        for hash in first.hashes.iter().rev() {
            if let Some(receipt) = self.l1.receipt(*hash).await? {
                self.advance(receipt.success, now);
                return Ok(LaneState::Mined(receipt));
            }
        }
        let nonces = self.l1.nonces().await?;
        if nonces.latest > first.nonce {
            // Or its receipt is not indexed yet; what it did is seen in the state of the contracts anyway.
            return Ok(self.skip_to(nonces.latest, now));
        }
        if nonces.pending < first.nonce {
            // A reorganisation took away transactions before this one, so it cannot be mined. Should they come
            // back, it does what it does; the contracts take nothing twice.
            self.reset();
            return Ok(LaneState::Displaced);
        }
        let lost = nonces.pending == first.nonce;
        if lost || now.saturating_sub(first.sent_at) >= self.config.patience_ms {
            self.send_again(now, lost).await?;
        } else {
            self.restore(nonces.pending).await?;
        }
        Ok(LaneState::Busy)
    }

    async fn poll_orphan(&mut self, now: u64) -> Result<LaneState> {
        let nonces = self.l1.nonces().await?;
        if nonces.pending <= nonces.latest {
            self.orphan_since = None;
            return Ok(LaneState::Free);
        }
        let since = *self.orphan_since.get_or_insert_with(|| {
            warn!(nonce = nonces.latest, "a transaction of a former life is in the pool: waiting for it");
            now
        });
        let waited = now.saturating_sub(since) >= self.config.patience_ms;
        Ok(if waited { LaneState::Free } else { LaneState::Busy })
    }

    /// Raises the offer of what is under way when it took too long or is too low; what the pool lost goes again as it
    /// is otherwise. Many nodes do not count the pool in the pending nonce, so that everything looks lost to them: that
    /// alone must not raise an offer.
    async fn send_again(&mut self, now: u64, lost: bool) -> Result<()> {
        let quote = self.l1.fees().await?;
        let Some(flight) = self.column.front_mut() else { return Ok(()) };
        let waited = now.saturating_sub(flight.sent_at) >= self.config.patience_ms;
        let enough = flight.fees.max_fee >= quote.base_fee.saturating_add(flight.fees.tip)
            && flight.fees.blob_fee.is_none_or(|fee| fee >= quote.blob_base_fee);
        let raised = bump(&flight.fees, &quote, &flight.budget.at(now));
        // The caps are reached: what is offered waits for L1 to become cheaper.
        flight.outpriced = !enough && waited && raised.is_none();
        let fees = match raised {
            _ if lost && enough && !waited => flight.fees,
            Some(fees) => fees,
            None if lost => flight.fees,
            None => {
                flight.sent_at = now;
                flight.outpriced = true;
                return Ok(());
            }
        };
        match self.l1.send(&flight.call, flight.nonce, &fees).await {
            Ok(hash) => {
                if !flight.hashes.contains(&hash) {
                    info!(%hash, nonce = flight.nonce, max_fee = fees.max_fee, "transaction replaced");
                    flight.hashes.push(hash);
                }
                // Patience counts from the offer, however often it is repeated.
                if fees != flight.fees || waited {
                    (flight.fees, flight.sent_at) = (fees, now);
                }
                Ok(())
            }
            // The pool wants more: the next raise starts from here.
            Err(Error::Underpriced) => {
                flight.fees = fees;
                Ok(())
            }
            // It was mined meanwhile, or L1 moved: the next poll finds out which.
            Err(Error::NonceUsed) => Ok(()),
            Err(error @ Error::Reverted { .. }) => {
                // The call makes no sense any more on this branch. Let go of it: the caller reads L1 again and
                // decides, and the next transaction takes its nonce.
                self.reset();
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// [`Self::send_within`] the caps.
    ///
    /// # Errors
    /// As there.
    ///
    /// # Panics
    /// As there.
    pub async fn send(&mut self, now: u64, call: Call) -> Result<Sent> {
        self.send_within(now, call, Budget::flat(self.config.caps)).await
    }

    /// Sends `call` at the latest nonce, for what `budget` allows by then. The lane must be free. A transaction of a former
    /// life at that nonce is outbid.
    ///
    /// # Errors
    /// Those of L1. After [`Error::Transport`] the transaction may be in the pool: it is then an orphan.
    ///
    /// # Panics
    /// When something is under way.
    pub async fn send_within(&mut self, now: u64, call: Call, budget: Budget) -> Result<Sent> {
        assert!(self.column.is_empty(), "one transaction at a time");
        let nonce = self.l1.nonces().await?.latest;
        self.sent = 0;
        self.offer(now, call, nonce, budget, None).await
    }

    /// Offers a transaction to the pool, more and more while it holds a better one at that nonce. With `gas` it goes as it
    /// is, otherwise it is tried first.
    async fn offer(
        &mut self,
        now: u64,
        call: Call,
        nonce: u64,
        budget: Budget,
        gas: Option<u64>,
    ) -> Result<Sent> {
        let quote = self.l1.fees().await?;
        let caps = budget.at(now);
        let mut offer = first(&quote, &caps, call.has_blobs());
        for _ in 0..MAX_RAISES {
            let Some(fees) = offer else { return Ok(Sent::TooDear) };
            let sent = match gas {
                Some(gas) => self.l1.send_behind(&call, nonce, &fees, gas).await,
                None => self.l1.send(&call, nonce, &fees).await,
            };
            match sent {
                Ok(hash) => {
                    info!(%hash, nonce, max_fee = fees.max_fee, "transaction sent");
                    self.orphan_since = None;
                    self.sent += 1;
                    let (hashes, sent_at, outpriced) = (vec![hash], now, false);
                    self.column.push_back(Flight {
                        call,
                        nonce,
                        fees,
                        budget,
                        gas,
                        hashes,
                        sent_at,
                        outpriced,
                    });
                    return Ok(Sent::Pooled(hash));
                }
                Err(Error::Underpriced) => offer = bump(&fees, &quote, &caps),
                Err(error) => return Err(error),
            }
        }
        Ok(Sent::TooDear)
    }
}
