//! Puts sealed batches on L1, in order, each once.
//!
//! The chain is the only memory: what is next is `batchCount` on L1, and the contract takes no other index, so a crash
//! at any point loses nothing and doubles nothing. A batch that a reorganisation takes away is simply next again.
//!
//! **What waits goes out in a column**: behind a batch on its way the next ones follow at once, each chained to the one
//! before, so that a block takes several and a backlog is gone soon after L1 opens again.
//!
//! **The chain of batch hashes is made here.** A header names its data (`dataHash`), which depends on whether they go
//! into blobs or calldata, and that is known only when it is posted; and it names the header before it
//! (`previousHash`), which depends on that one's data. So the batcher leaves both fields open, and the poster
//! fills them: `previousHash` from the last batch on L1 or on its way, `dataHash` from the way it chose. What was posted in
//! the end is given back through [`Outbox::record`].
//!
//! **A batch of ours that L1 rejected is never posted again**, for it is invalid for ever, and neither is one after it:
//! they build on it. Where somebody else's batch stands in our place, nothing is posted until it is rejected.

mod agreement;
#[cfg(test)]
mod column_tests;
#[cfg(test)]
mod rejected_tests;
#[cfg(test)]
mod tests;

use crate::{
    budget::{Budget, Hold},
    data::{BatchData, MAX_BLOB_BYTES, MAX_CALLDATA_BYTES, Mode, SidecarForm, seal_data},
    error::{Error, Result},
    fees::{FeeCaps, FeeQuote, enough_gas, first, prefer_blobs},
    l1::{Call, L1Sender, Posted},
    lane::{Lane, Sent},
};
use alloy::primitives::B256;
use ballast_batch::{BatchHeader, data::diff_hash};
use std::{collections::VecDeque, sync::Arc};
use tracing::{error, info};

/// A batch that is ready for L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedBatch {
    /// Its header; `previousHash` and `dataHash` are not filled in yet, whatever they hold is ignored.
    pub header: BatchHeader,
    /// The encoded diff, of the header's `diffHash`. Not empty.
    pub diff: Vec<u8>,
}

/// The batches of the exchange, durable. The node implements it.
pub trait Outbox: Send + Sync {
    /// The sealed batch `index`, 1 or more; `None` when it is not sealed yet.
    ///
    /// # Errors
    /// [`Error::Outbox`] when the store fails; so with all methods.
    fn get(&self, index: u64) -> Result<Option<SealedBatch>>;

    /// Hash of the batch `index` as it was last recorded; that of genesis for 0, always.
    ///
    /// # Errors
    /// See [`Outbox::get`].
    fn recorded(&self, index: u64) -> Result<Option<B256>>;

    /// The batch is on L1 with this header, in the latest block or below. May come again for the same index, with
    /// another header, after a reorganisation of L1.
    ///
    /// # Errors
    /// See [`Outbox::get`].
    fn record(&self, posted: &Posted) -> Result<()>;

    /// A reorganisation took the batches from `index` on away from L1: what was recorded of them is void.
    ///
    /// # Errors
    /// See [`Outbox::get`].
    fn withdraw_records(&self, index: u64) -> Result<()>;

    /// What L1 has from batch `first` on is somebody else's, as of now; all that it has is ours when `None`. Told whenever it
    /// changes, and at the beginning.
    fn stands_foreign(&self, first: Option<u64>);
}

/// Where diffs go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DataPolicy {
    /// The cheaper way that is open.
    #[default]
    Cheapest,
    /// Blobs only.
    Blobs,
    /// Calldata only, but for what is too large for it.
    Calldata,
}

/// How the poster works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PosterConfig {
    /// Where diffs go.
    pub policy: DataPolicy,
    /// Form of the sidecars; asked of L1 when `None`.
    pub sidecar_form: Option<SidecarForm>,
    /// How long a batch is held while L1 is dear.
    pub hold: Hold,
}

/// Packs a diff: [`seal_data`], or a quicker one without valid proofs for simulations.
pub type Sealer = fn(&[u8], Mode) -> Result<BatchData>;

/// Tells the time in Unix milliseconds, as headers do.
pub type Clock = fn() -> u64;

fn unix_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Posting {
    /// Every sealed batch is on L1.
    Nothing,
    /// A batch is on its way.
    Sent {
        /// Which.
        index: u64,
        /// By which transaction.
        transaction: B256,
    },
    /// The next batch waits for L1 to become cheaper.
    TooDear {
        /// Which.
        index: u64,
    },
    /// Somebody else's batch stands in our place. Ours waits until that one is rejected.
    Foreign {
        /// The place.
        index: u64,
    },
}

/// Puts sealed batches on L1. Ask it with [`Poster::step`].
#[derive(Debug)]
pub struct Poster<L, O> {
    l1: L,
    outbox: O,
    config: PosterConfig,
    sealer: Sealer,
    clock: Clock,
    /// Whether it was told that nothing is posted any more.
    told_frozen: bool,
    /// Batches of L1, genesis included, that are ours, as of the last look; 0 before the first.
    agreed: u64,
    /// The first batch of L1 that is somebody else's, as the outbox was told.
    told_foreign: Option<u64>,
    /// Data of batches that are not known to be on L1, sealed for an earlier attempt.
    sealed: Vec<(u64, Mode, BatchData)>,
}

impl<L: L1Sender, O: Outbox> Poster<L, O> {
    /// A poster for the batches of `outbox`.
    pub const fn new(l1: L, outbox: O, config: PosterConfig) -> Self {
        Self {
            l1,
            outbox,
            config,
            sealer: seal_data,
            clock: unix_ms,
            told_frozen: false,
            agreed: 0,
            told_foreign: None,
            sealed: Vec::new(),
        }
    }

    /// The same with another way to pack diffs.
    #[must_use]
    pub fn with_sealer(self, sealer: Sealer) -> Self {
        Self { sealer, ..self }
    }

    /// The same with another clock.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Records what L1 has, and sends the next batch through the lane: as the first when it is free, else behind the batch
    /// that is under way there, when there is one and the lane is open for more.
    ///
    /// # Errors
    /// Those of L1 and of the outbox; [`Error::ForeignBatch`]; [`Error::RejectedBatch`].
    ///
    /// # Panics
    /// When the outbox gives a batch that contradicts itself.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64) -> Result<Posting> {
        let count = self.l1.batch_count().await?;
        if let Some(index) = self.reconcile(count).await? {
            return Ok(Posting::Foreign { index });
        }
        let Some(place) = self.place(lane, count, now)? else { return Ok(Posting::Nothing) };
        let Some(batch) = self.outbox.get(place.index)? else { return Ok(Posting::Nothing) };
        if self.is_frozen(count).await? {
            return Ok(Posting::Nothing);
        }
        assert_eq!(batch.header.index, place.index, "the outbox gave another batch");
        assert_eq!(
            batch.header.diffHash,
            diff_hash(&batch.diff),
            "the header of batch {} has another diff",
            place.index
        );
        self.post(lane, &batch, &place, now).await
    }

    /// Where the next batch goes; `None` while the lane takes none.
    fn place(&self, lane: &Lane<L>, count: u64, now: u64) -> Result<Option<Place>> {
        if !lane.is_under_way() {
            // As it was agreed on: what L1 has by now may be another.
            let previous = self.outbox.recorded(count - 1)?.ok_or(Error::Moved)?;
            return Ok(Some(Place { index: count, previous, behind: None }));
        }
        let Some(Call::PostBatch { header, data }) = lane.open_end(now) else { return Ok(None) };
        // Otherwise the last under way is in a block already, and the lane is to find out first.
        let follows = header.index >= count;
        let place =
            Place { index: header.index + 1, previous: header.hash(), behind: Some(data.has_blobs()) };
        Ok(follows.then_some(place))
    }

    async fn post(
        &mut self,
        lane: &mut Lane<L>,
        batch: &SealedBatch,
        place: &Place,
        now: u64,
    ) -> Result<Posting> {
        let index = place.index;
        let quote = self.l1.fees().await?;
        let budget = self.budget(batch, *lane.caps(), now);
        let caps = budget.at(now);
        let mut closed = None;
        let mut ways = VecDeque::from(self.ways(&batch.diff, &quote).await?);
        while let Some(mode) = ways.pop_front() {
            let blobs = matches!(mode, Mode::Blobs(_));
            // A column is of one kind, for pools take no other of the same account.
            if place.behind.is_some_and(|kind| kind != blobs) || first(&quote, &caps, blobs).is_none() {
                continue;
            }
            let data = self.data(batch, mode).await?;
            let header = close(batch.header.clone(), place.previous, data.commitment());
            // Rejected before it was recorded.
            self.check_stands(index, header.hash()).await?;
            let gas = enough_gas(&data);
            let call = Call::PostBatch { header: Arc::new(header), data };
            let sent = match place.behind {
                None => lane.send_within(now, call, budget).await,
                Some(_) => lane.send_behind(now, call, budget, gas).await,
            };
            match sent {
                Ok(Sent::Pooled(transaction)) => {
                    info!(index, %transaction, ?mode, "batch sent");
                    return Ok(Posting::Sent { index, transaction });
                }
                Ok(Sent::TooDear) => {}
                // Left over from a former life: only a transaction of the same kind can replace it, whatever the
                // policy has become.
                Err(error @ Error::OtherKindPending) => {
                    if !blobs && self.config.policy == DataPolicy::Calldata {
                        ways.extend(self.blobs(&batch.diff).await?);
                    }
                    closed = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        closed.map_or(Ok(Posting::TooDear { index }), Err)
    }

    /// Batches of L1, genesis included, that are ours, as of the last look; 0 before the first.
    pub const fn agreed(&self) -> u64 {
        self.agreed
    }

    /// What may be offered for a batch: by how long ago it ended.
    fn budget(&self, batch: &SealedBatch, most: FeeCaps, now: u64) -> Budget {
        let waited = (self.clock)().saturating_sub(batch.header.lastTimeMs);
        Budget::rising(&self.config.hold, most, now, waited)
    }

    /// Whether L1 takes no batch any more, for ever; the batch `next` would be the next one.
    async fn is_frozen(&mut self, next: u64) -> Result<bool> {
        let Some(frozen_at) = self.l1.frozen_at().await? else {
            self.told_frozen = false;
            return Ok(false);
        };
        if !self.told_frozen {
            error!(
                frozen_at,
                next,
                "the exchange is frozen on L1: no batch is posted any more, and who is owed leaves by the escape"
            );
            self.told_frozen = true;
        }
        Ok(true)
    }

    /// The ways that are open to a diff, the cheaper first.
    async fn ways(&self, diff: &[u8], quote: &FeeQuote) -> Result<Vec<Mode>> {
        let form = match self.config.policy {
            DataPolicy::Calldata if diff.len() <= MAX_CALLDATA_BYTES => None,
            // What no transaction carries besides goes into blobs all the same: posting would stop for ever.
            _ => self.form().await?,
        };
        if form.is_none() && self.config.policy == DataPolicy::Blobs {
            return Err(Error::Config("L1 takes no blobs, and the policy forbids calldata".to_owned()));
        }
        let blobs = form.and_then(|form| through_blobs(diff, form));
        let calldata = (self.config.policy != DataPolicy::Blobs && diff.len() <= MAX_CALLDATA_BYTES)
            .then_some(Mode::Calldata);
        let mut ways: Vec<Mode> = blobs.into_iter().chain(calldata).collect();
        if ways.is_empty() {
            let limit = if form.is_some() { MAX_BLOB_BYTES } else { MAX_CALLDATA_BYTES };
            return Err(Error::DataTooLarge { bytes: diff.len(), limit });
        }
        if !prefer_blobs(diff, quote) {
            ways.reverse();
        }
        Ok(ways)
    }

    async fn form(&self) -> Result<Option<SidecarForm>> {
        match self.config.sidecar_form {
            Some(form) => Ok(Some(form)),
            None => self.l1.sidecar_form().await,
        }
    }

    /// The way through blobs, when L1 takes any and the diff fits.
    async fn blobs(&self, diff: &[u8]) -> Result<Option<Mode>> {
        Ok(self.form().await?.and_then(|form| through_blobs(diff, form)))
    }

    async fn data(&mut self, batch: &SealedBatch, mode: Mode) -> Result<BatchData> {
        let index = batch.header.index;
        if let Some((.., data)) = self.sealed.iter().find(|(i, m, _)| *i == index && *m == mode) {
            return Ok(data.clone());
        }
        let (sealer, diff) = (self.sealer, batch.diff.clone());
        // KZG is work for a CPU, not for the threads that wait for sockets, and everybody else goes first.
        let data = crate::threads::in_background("kzg", move || sealer(&diff, mode)).await;
        let data = data.map_err(|e| Error::Kzg(e.to_string()))??;
        self.sealed.push((index, mode, data.clone()));
        Ok(data)
    }
}

/// Where a batch goes.
struct Place {
    index: u64,
    /// Hash of the batch before it, on L1 or under way.
    previous: B256,
    /// When it goes behind another that is under way: whether that one has blobs.
    behind: Option<bool>,
}

fn through_blobs(diff: &[u8], form: SidecarForm) -> Option<Mode> {
    (diff.len() <= MAX_BLOB_BYTES).then_some(Mode::Blobs(form))
}

/// The header with its open fields filled in.
fn close(header: BatchHeader, previous_hash: B256, data_hash: B256) -> BatchHeader {
    BatchHeader { previousHash: previous_hash, dataHash: data_hash, ..header }
}
