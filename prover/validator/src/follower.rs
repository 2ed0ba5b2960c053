//! From batch to batch: finds the next that L1 has, gathers what it consists of, judges it, keeps it, and walks back
//! when L1 does.

use crate::{
    archive::{Archive, Retention},
    blocking::blocking,
    court::Data,
    error::{Error, Result},
    judge::{Batch, Judgement, judge},
    metrics::FollowerMetrics,
    published,
    replica::{Consumed, Replica},
    source::{Chunk, InputSource, fits},
    store::Store,
    verdict::{Judged, Reason, Verdict},
    withheld::{Patience, Withholding},
};
use alloy::primitives::B256;
use ballast_batch::BatchHeader;
use ballast_bridge::l1::{Block, L1, Posted};
use ballast_engine::GenesisConfig;
use ballast_program::Invalid;
use std::{sync::Arc, time::Instant};
use tracing::{error, info, warn};

/// How the follower works.
#[derive(Clone, Debug, Default)]
pub struct FollowerConfig {
    /// Blocks that must lie above a batch's block: 0 takes batches from the head.
    pub confirmations: u64,
    /// What is kept.
    pub retention: Retention,
    /// What is done about inputs that nobody shows; nothing when it is left out.
    pub patience: Option<Patience>,
}

/// Follows the batches of one exchange. Ask it with [`Follower::step`].
///
/// It may be dropped, and a step be given up, at any point: what is kept is whole, and what is not is judged again.
#[derive(Debug)]
pub struct Follower<L, S> {
    l1: L,
    sources: Vec<S>,
    archive: Archive,
    confirmations: u64,
    /// Hash of the genesis header.
    genesis: B256,
    /// The exchange after the last valid batch; `None` while it is lent, or has to be restored.
    replica: Option<Replica>,
    /// Batches after the last valid one that are wrong, in order.
    wrong: Vec<(u64, B256)>,
    /// Whether it was seen that the exchange is frozen.
    frozen: bool,
    withholding: Withholding,
    metrics: FollowerMetrics,
}

impl<L: L1, S: InputSource> Follower<L, S> {
    /// A follower that goes on where `store` ends, with inputs from `sources`, asked in that order.
    ///
    /// # Errors
    /// [`Error::ForeignGenesis`] when L1 has another exchange; [`Error::ForeignStore`] when the store has; when L1 or
    /// the store fails.
    pub async fn open(
        l1: L,
        sources: Vec<S>,
        store: Arc<dyn Store>,
        genesis: GenesisConfig,
        config: FollowerConfig,
    ) -> Result<Self> {
        let archive = Archive::open(store, genesis, config.retention)?;
        let ours = archive.hash(0)?.unwrap_or_default();
        check_genesis(&l1, ours).await?;
        let mut this = Self {
            l1,
            sources,
            archive,
            confirmations: config.confirmations,
            genesis: ours,
            replica: None,
            wrong: Vec::new(),
            frozen: false,
            withholding: Withholding::new(config.patience),
            metrics: FollowerMetrics::new(),
        };
        let tip = this.tip().await?;
        info!(batch = tip.index, state_root = %tip.stateRoot, "following");
        Ok(this)
    }

    /// What is kept, for whoever serves it.
    pub const fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Header of the last valid batch.
    ///
    /// # Errors
    /// When it has to be restored and the store fails.
    pub async fn tip(&mut self) -> Result<BatchHeader> {
        let replica = self.lend().await?;
        let header = replica.header().clone();
        self.replica = Some(replica);
        Ok(header)
    }

    /// Judges the next batch, if L1 has one that is deep enough; a batch that was unavailable comes again.
    ///
    /// # Errors
    /// Those of L1 and of the store; [`Error::Disagreement`].
    pub async fn step(&mut self) -> Result<Option<Judged>> {
        let head = self.l1.head().await?;
        self.note_freeze().await?;
        self.archive.keep_from(self.l1.finalized_count().await?);
        let Some(tip) = self.reconcile().await? else { return Ok(None) };
        self.metrics.at(tip.index, self.l1.batch_count().await?);
        let index = tip.index + 1 + self.wrong.len() as u64;
        let previous = self.wrong.last().map_or_else(|| tip.hash(), |(_, hash)| *hash);
        let Some(posted) = self.posted(index, previous, &head).await? else { return Ok(None) };

        let started = Instant::now();
        let hash = posted.hash();
        let (verdict, inputs) = match self.wrong.last() {
            Some((wrong, _)) => (Verdict::Invalid(Reason::Follows(*wrong)), 0),
            None => self.judge(&head, posted).await?,
        };
        let took = started.elapsed();
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let judged = Judged { index, hash, verdict, inputs, ms };
        self.metrics.judged(&judged, took);
        match judged.verdict {
            Verdict::Valid => self.metrics.at(index, index + 1),
            Verdict::Invalid(_) => {
                self.withholding.over();
                self.wrong.push((index, hash));
            }
            Verdict::Unavailable(_) => {}
        }
        Ok(Some(judged))
    }

    /// Says it once when the exchange was frozen: what was posted is judged as ever, and nothing more comes.
    async fn note_freeze(&mut self) -> Result<()> {
        let at = self.l1.frozen_at().await?;
        if let Some(at) = at.filter(|_| !self.frozen) {
            warn!(at, "the exchange is frozen on L1: no batch comes after those that were posted");
        }
        self.frozen = at.is_some();
        self.metrics.frozen(at);
        Ok(())
    }

    /// Goes back to the last batch that L1 still has, when it has not the last that was judged; returns its header.
    /// `None` when L1 has only batches that were judged, and fewer.
    async fn reconcile(&mut self) -> Result<Option<BatchHeader>> {
        while let Some((index, hash)) = self.wrong.last().copied() {
            if self.l1.batch_hash(index).await? == Some(hash) {
                break;
            }
            info!(index, "a wrong batch is gone from L1");
            self.wrong.pop();
        }
        let tip = self.tip().await?;
        if tip.index == 0 || self.l1.batch_hash(tip.index).await? == Some(tip.hash()) {
            return Ok(Some(tip));
        }
        if self.is_behind(&tip).await? {
            return Ok(None);
        }
        let mut common = tip.index - 1;
        // What is not kept any more is unknown: then everything is read again.
        while common > 0 {
            match self.archive.hash(common)? {
                Some(hash) if self.l1.batch_hash(common).await? == Some(hash) => break,
                Some(_) => common -= 1,
                None => common = 0,
            }
        }
        check_genesis(&self.l1, self.genesis).await?;
        warn!(from = tip.index, to = common, "L1 was reorganised: going back");
        self.archive.forget_after(common)?;
        self.replica = None;
        self.wrong.clear();
        self.tip().await.map(Some)
    }

    /// Whether L1 has nothing but batches that were judged. Then there is nothing to judge, and nothing to go back to:
    /// its node may only be behind, and inputs that are forgotten now may be the last copies.
    async fn is_behind(&self, tip: &BatchHeader) -> Result<bool> {
        let Some(last) = self.l1.batch_count().await?.checked_sub(1) else { return Ok(false) };
        if last == 0 || last >= tip.index {
            return Ok(false);
        }
        let (ours, theirs) = (self.archive.hash(last)?, self.l1.batch_hash(last).await?);
        Ok(ours.is_some() && ours == theirs)
    }

    /// The batch after `previous` as L1 has it, when it is deep enough.
    async fn posted(&self, index: u64, previous: B256, head: &Block) -> Result<Option<Posted>> {
        let Some(hash) = self.l1.batch_hash(index).await? else { return Ok(None) };
        let posted = self.l1.posted(index).await?.ok_or(ballast_bridge::Error::Moved)?;
        if posted.header.index != index || posted.hash() != hash {
            return Err(ballast_bridge::Error::Moved.into());
        }
        if posted.block.number.saturating_add(self.confirmations) > head.number {
            return Ok(None);
        }
        self.check_block(&posted.block).await?;
        // Nobody is accused of not following a batch that L1 has replaced meanwhile.
        if self.l1.batch_hash(index - 1).await? != Some(previous) {
            return Err(ballast_bridge::Error::Moved.into());
        }
        Ok(Some(posted))
    }

    /// Makes sure that L1 is still on the branch with this block.
    async fn check_block(&self, block: &Block) -> Result<()> {
        let now = self.l1.block(block.number).await?.map(|now| now.hash);
        if now == Some(block.hash) { Ok(()) } else { Err(ballast_bridge::Error::Moved.into()) }
    }

    /// Gathers what the batch consists of and judges it.
    async fn judge(&mut self, head: &Block, posted: Posted) -> Result<(Verdict, u64)> {
        let header = &posted.header;
        let claimed = Consumed { count: header.l1MessageCount, rolling: header.l1MessageHash };
        if !self.is_in_inbox(head, claimed).await? {
            return Ok((Verdict::Invalid(Reason::Inbox { count: claimed.count }), 0));
        }
        let known = self.archive.judged(header.index, header.hash())?.filter(|kept| !kept.is_valid);
        let chunks = match &known {
            Some(kept) => kept.chunks.clone(),
            None => match self.withholding.gather(&self.sources, header).await {
                Ok(chunks) => chunks,
                Err(missing) => {
                    self.withholding.look_ahead(&self.l1, &self.sources, head).await?;
                    return Ok((Verdict::Unavailable(missing), 0));
                }
            },
        };
        let judgement = if chunks.last().is_none_or(fits) {
            let carried = known.as_ref().and_then(|kept| kept.data.as_ref()?.published(header));
            let published = match carried {
                Some(published) => published,
                None => published::read(&self.l1, &posted).await?,
            };
            let Posted { header, blob_hashes, .. } = posted.clone();
            let chunks = chunks.iter().map(|chunk| chunk.data.clone()).collect();
            self.execute(Batch { header, blob_hashes, chunks, published }).await?
        } else {
            Judgement::invalid(Reason::Inputs(Invalid::NotInputs))
        };
        let Judgement { verdict, inputs, messages, .. } = judgement;
        if let (Verdict::Invalid(reason), None) = (&verdict, known) {
            self.keep_wrong(&posted, chunks, reason).await?;
        }
        if let Verdict::Invalid(Reason::Field { field: "l1MessageCount" | "l1MessageHash", .. }) = verdict
            && let Some(index) = self.foreign_message(head, &messages).await?
        {
            return Ok((Verdict::Invalid(Reason::Message { index }), inputs));
        }
        Ok((verdict, inputs))
    }

    /// Keeps a wrong batch with what shows that it is wrong, for as long as it may be disputed.
    async fn keep_wrong(&self, posted: &Posted, chunks: Vec<Chunk>, reason: &Reason) -> Result<()> {
        let data = match self.l1.blobs_of(posted).await {
            Ok(blobs) if blobs.is_empty() => Some(Data::Calldata),
            Ok(blobs) => Some(Data::Blobs(posted.blob_hashes.iter().copied().zip(blobs).collect())),
            // It is wrong by its blobs alone: without them nobody believes it.
            Err(error) if matches!(reason, Reason::Diff { .. } | Reason::NoDiff(_)) => {
                return Err(error.into());
            }
            Err(_) => None,
        };
        let (archive, header) = (self.archive.clone(), posted.header.clone());
        blocking(move || archive.keep_wrong(&header, &chunks, data.as_ref())).await
    }

    /// Judges on a thread of its own, and keeps the batch when it is valid.
    async fn execute(&mut self, batch: Batch) -> Result<Judgement> {
        let replica = self.lend().await?;
        let archive = self.archive.clone();
        let mut judgement = blocking(move || {
            let mut judgement = judge(replica, &batch)?;
            if judgement.verdict == Verdict::Valid
                && let Some(replica) = &judgement.replica
            {
                let changes = std::mem::take(&mut judgement.changes);
                archive.keep(replica, &batch.chunks, &judgement.diff, changes)?;
            }
            Ok(judgement)
        })
        .await?;
        self.replica = judgement.replica.take();
        if let (Some(violation), Some(replica)) = (&judgement.unsound, &self.replica) {
            // No contract would believe it: the batch is what the rules make of its inputs.
            let batch = replica.header().index;
            error!(batch, %violation, "the rules of the exchange made something of nothing: leave");
            self.metrics.unsound(batch);
        }
        Ok(judgement)
    }

    /// The exchange after the last valid batch, to be given back.
    async fn lend(&mut self) -> Result<Replica> {
        match self.replica.take() {
            Some(replica) => Ok(replica),
            None => {
                let archive = self.archive.clone();
                blocking(move || archive.restore()).await
            }
        }
    }

    /// Whether the inbox came past this on its way. The question is put to the head: a full node does not keep the
    /// state of old blocks, and the inbox forgets nothing.
    async fn is_in_inbox(&self, head: &Block, consumed: Consumed) -> Result<bool> {
        let view = self.l1.inbox(head.hash, consumed.count).await?;
        if view.rolling == Some(consumed.rolling) {
            return Ok(true);
        }
        // Nobody is accused by a branch that L1 has left.
        self.check_block(head).await?;
        Ok(false)
    }

    /// The first of the consumed messages that the inbox does not have so, as rolling hashes tell: once they part,
    /// they stay apart.
    async fn foreign_message(&self, head: &Block, messages: &[Consumed]) -> Result<Option<u64>> {
        let (mut known, mut foreign) = (0, messages.len());
        while known < foreign {
            let middle = usize::midpoint(known, foreign);
            if self.is_in_inbox(head, messages[middle]).await? {
                known = middle + 1;
            } else {
                foreign = middle;
            }
        }
        Ok(messages.get(known).map(|first| first.count - 1))
    }
}

/// Makes sure that the contracts were deployed with this genesis.
async fn check_genesis<L: L1>(l1: &L, ours: B256) -> Result<()> {
    let theirs = l1.batch_hash(0).await?.ok_or(ballast_bridge::Error::Moved)?;
    if theirs == ours { Ok(()) } else { Err(Error::ForeignGenesis { ours, theirs }) }
}
