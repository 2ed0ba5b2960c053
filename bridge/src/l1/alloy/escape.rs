//! Reading freeze and escape.

use super::{AlloyL1, call_failed, history::Logs, read::LATEST, stress::seconds};
use crate::{
    bindings::{Escape, Inbox::MessageQueued, read_message},
    error::{Error, Result},
    escape::{Freeze, Proposal, Step, Unconsumed},
    l1::{L1, Upkeep, Verdict, blobs::BlobSource},
};
use alloy::{
    primitives::{Address, B256, U256},
    providers::DynProvider,
    rpc::types::Filter,
    sol_types::SolEvent,
};
use ballast_batch::{EscapeClaim, inbox::KIND_DEPOSIT};
use ballast_types::L1Payload;

impl<B: BlobSource> AlloyL1<B> {
    pub(super) fn escape(&self) -> Escape::EscapeInstance<&DynProvider> {
        Escape::new(self.deployment.escape, &self.provider)
    }

    /// Whether the exchange is frozen, and by what it could be.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn freeze(&self) -> Result<Freeze> {
        let (rollup, inbox) = (&self.rollup, &self.inbox);
        let frozen_at = rollup.frozenAt().block(LATEST).call().await.map_err(call_failed)?;
        let settled = rollup.isSettled().block(LATEST).call().await.map_err(call_failed)?;
        let silent_due = seconds(rollup.silentDue().block(LATEST).call().await.map_err(call_failed)?);
        let consumed = rollup.tip().block(LATEST).call().await.map_err(call_failed)?.l1MessageCount;
        let count = inbox.forcedCount().block(LATEST).call().await.map_err(call_failed)?;
        let oldest = inbox.firstForcedFrom(consumed).block(LATEST).call().await.map_err(call_failed)?;
        let oldest_request = if oldest < count {
            let due = rollup.forcedDue(oldest).block(LATEST).call().await.map_err(call_failed)?;
            Some((oldest, seconds(due)))
        } else {
            None
        };
        Ok(Freeze { frozen_at, settled, silent_due, oldest_request })
    }

    /// When the exchange is settled at the earliest, if nothing is disputed: unix seconds.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn settled_from(&self) -> Result<u64> {
        let last = self.batch_count().await?.saturating_sub(1);
        Ok(self.final_from(last).await?.unwrap_or_default())
    }

    /// What goes with a claim, in wei.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn escape_bond(&self) -> Result<U256> {
        self.escape().bond().block(LATEST).call().await.map_err(call_failed)
    }

    /// What an address may pull from the escape, in wei.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn escape_credit(&self, owner: Address) -> Result<U256> {
        self.escape().credit(owner).block(LATEST).call().await.map_err(call_failed)
    }

    /// The claim that was accepted; `None` while there is none.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn accepted_claim(&self) -> Result<Option<B256>> {
        let hash = self.escape().acceptedClaim().block(LATEST).call().await.map_err(call_failed)?;
        Ok((!hash.is_zero()).then_some(hash))
    }

    /// What is known of a claim; `None` when nobody proposed it.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn proposal(&self, claim: B256) -> Result<Option<Proposal>> {
        let found = self.escape().proposal(claim).block(LATEST).call().await.map_err(call_failed)?;
        Ok((!found.proposer.is_zero()).then(|| Proposal {
            claim: EscapeClaim::from(&found.claim),
            proposer: found.proposer,
            proposed_at: found.proposedAt,
        }))
    }

    /// All claims that were proposed, in their order.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn proposals(&self) -> Result<Vec<Proposal>> {
        Upkeep::claims(self, self.deployment.deploy_block, self.head().await?.number).await
    }

    /// What stands between us and an accepted claim: ours, once it can be computed.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn escape_step(&self, ours: Option<B256>) -> Result<Step> {
        let freeze = self.freeze().await?;
        if freeze.frozen_at == 0 {
            return Ok(Step::NotFrozen);
        }
        if !freeze.settled {
            return Ok(Step::Settle(self.settled_from().await?));
        }
        let Some(ours) = ours else { return Ok(Step::Propose) };
        match (self.accepted_claim().await?, self.proposal(ours).await?) {
            (Some(accepted), _) if accepted == ours => Ok(Step::Accepted),
            (Some(accepted), _) => Ok(Step::Other(accepted)),
            (None, None) => Ok(Step::Propose),
            (None, Some(_)) => {
                match self.verdict_of_claim(ours).await? {
                    Verdict::Undisputed | Verdict::Valid => {}
                    Verdict::Disputed => return Ok(Step::Disputed),
                    Verdict::Invalid => return Ok(Step::Fallen),
                }
                let end = self.escape().windowEnd(ours).block(LATEST).call().await.map_err(call_failed)?;
                Ok(Step::Accept(seconds(end)))
            }
        }
    }

    /// The first posted batch that is not final because somebody challenges it.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn first_disputed(&self) -> Result<Option<u64>> {
        for index in self.finalized_count().await?..self.batch_count().await? {
            let Some(hash) = self.batch_hash(index).await? else { break };
            if self.verdict(index, hash).await? == Verdict::Disputed {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    /// Whether a payout was paid.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn is_paid(&self, payout: u64) -> Result<bool> {
        self.escape().isPaid(payout).block(LATEST).call().await.map_err(call_failed)
    }

    /// Deposits that no final batch has consumed and that did not go back yet, in their order; those of `owner`, or all.
    /// Nothing when the exchange is not settled: a batch may consume them yet.
    ///
    /// # Errors
    /// [`Error::Transport`]; [`Error::UnreadableMessage`].
    pub async fn unconsumed(&self, owner: Option<Address>) -> Result<Vec<Unconsumed>> {
        if !self.freeze().await?.settled {
            return Ok(Vec::new());
        }
        let (consumed, _) = self.messages_consumed().await?;
        let filter =
            Filter::new().address(self.deployment.inbox).event_signature(MessageQueued::SIGNATURE_HASH);
        let mut logs = Logs::new(filter, self.deployment.deploy_block, self.head().await?.number);
        let mut found = Vec::new();
        while let Some(log) = logs.next(&self.provider).await? {
            let unreadable = |_| Error::Transport("a MessageQueued log cannot be read".to_owned());
            let event = MessageQueued::decode_log(&log.inner).map_err(unreadable)?;
            if event.index < consumed || event.kind != KIND_DEPOSIT {
                continue;
            }
            let message = read_message(&event)?;
            let L1Payload::Deposit { asset, owner: of, account, amount } = message.payload else { continue };
            if owner.is_some_and(|owner| owner != of) {
                continue;
            }
            let refunded = self.escape().isRefunded(event.index).block(LATEST).call().await;
            if !refunded.map_err(call_failed)? {
                found.push(Unconsumed {
                    message_index: event.index,
                    l1_block: message.l1_block,
                    l1_time: message.l1_time,
                    owner: of,
                    account: account.0,
                    asset: asset.0,
                    amount: amount.0.unsigned_abs(),
                });
            }
        }
        Ok(found)
    }
}
