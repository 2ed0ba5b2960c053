//! Reading forced requests and their fees.

use super::{AlloyL1, call_failed, read::LATEST, transport};
use crate::{
    bindings::Inbox::ForcedRequested,
    error::{Error, Result},
    forced::{FeeState, Forced, judge, last_posted_by},
    l1::{L1, blobs::BlobSource},
};
use alloy::{
    primitives::Address,
    providers::Provider,
    rpc::types::{Filter, Log},
    sol_types::SolEvent,
};

/// Blocks of the first query for logs. A node that refuses as many is asked for fewer.
const LOG_RANGE: u64 = 10_000;

/// What forced requests cost at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForcedPrice {
    /// Wei that one costs.
    pub fee: u128,
    /// How many are open: neither consumed by a posted batch nor late.
    pub open: u64,
    /// Seconds until one is late.
    pub refund_after: u64,
    /// Wei that one costs at most, however many are open.
    pub most: u128,
}

/// What all requests are seen by.
struct Now {
    /// Of the latest block, unix seconds.
    time: u64,
    /// Seconds until a request is late.
    wait: u64,
    /// Messages that the last posted batch has consumed.
    consumed: u64,
}

impl<B: BlobSource> AlloyL1<B> {
    /// What a forced request costs now.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn forced_price(&self) -> Result<ForcedPrice> {
        let fee = self.inbox.forcedFee().block(LATEST).call().await.map_err(call_failed)?;
        let open = self.inbox.openForced().block(LATEST).call().await.map_err(call_failed)?;
        let refund_after = self.inbox.refundAfter().block(LATEST).call().await.map_err(call_failed)?;
        let most = self.inbox.forcedMaxFee().block(LATEST).call().await.map_err(call_failed)?;
        Ok(ForcedPrice { fee: fee.to(), open, refund_after, most: most.into() })
    }

    /// Messages that the last posted batch has consumed, and its index.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn messages_consumed(&self) -> Result<(u64, u64)> {
        let tip = self.rollup.tip().block(LATEST).call().await.map_err(call_failed)?;
        Ok((tip.l1MessageCount, tip.batchCount.saturating_sub(1)))
    }

    /// What an address may pull from the inbox, in wei.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn forced_credit(&self, owner: Address) -> Result<u128> {
        let credit = self.inbox.credit(owner).block(LATEST).call().await.map_err(call_failed)?;
        Ok(credit.saturating_to())
    }

    /// The forced requests that an address sent, in their order.
    ///
    /// # Errors
    /// [`Error::Transport`]; [`Error::Moved`] when L1 moved meanwhile.
    pub async fn forced_requests(&self, payer: Address) -> Result<Vec<Forced>> {
        let filter = Filter::new()
            .address(self.deployment.inbox)
            .event_signature(ForcedRequested::SIGNATURE_HASH)
            .topic2(payer.into_word());
        let head = self.head().await?;
        let wait = self.inbox.refundAfter().block(LATEST).call().await.map_err(call_failed)?;
        let (consumed, _) = self.messages_consumed().await?;
        let now = Now { time: head.time, wait, consumed };
        let (mut from, mut range) = (self.deployment.deploy_block, LOG_RANGE);
        let mut found = Vec::new();
        while from <= head.number {
            let to = from.saturating_add(range - 1).min(head.number);
            let filter = filter.clone().from_block(from).to_block(to);
            match self.provider.get_logs(&filter).await {
                Err(error) if error.is_error_resp() && range > 1 => range /= 2,
                logs => {
                    for log in logs.map_err(transport)? {
                        found.push(self.forced(&log, &now).await?);
                    }
                    from = to.saturating_add(1);
                }
            }
        }
        Ok(found)
    }

    async fn forced(&self, log: &Log, now: &Now) -> Result<Forced> {
        let unreadable = |_| Error::Transport("a ForcedRequested log cannot be read".to_owned());
        let event = ForcedRequested::decode_log(&log.inner).map_err(unreadable)?;
        let record = self.inbox.forcedRecord(event.id).block(LATEST).call().await.map_err(call_failed)?;
        if record.messageIndex != event.messageIndex {
            return Err(Error::Moved);
        }
        let due = record.queuedAt.saturating_add(now.wait);
        Ok(Forced {
            id: event.id,
            account: event.account,
            request: event.request,
            message_index: event.messageIndex,
            fee: event.fee.to(),
            due,
            consumed: now.consumed > event.messageIndex,
            fee_state: match record.settled {
                true => FeeState::Settled,
                false if now.time <= due => FeeState::NotDue,
                false => self.judged(event.messageIndex, due).await?,
            },
        })
    }

    /// What the batch says that decides about a request that is due.
    async fn judged(&self, message_index: u64, due: u64) -> Result<FeeState> {
        let posted_at = async |index| self.rollup.postedAt(index).block(LATEST).call().await;
        let last = last_posted_by(due, self.batch_count().await?, posted_at).await.map_err(call_failed)?;
        let posted = self.posted(last).await?.ok_or(Error::Moved)?;
        Ok(judge(message_index, posted.header))
    }
}
