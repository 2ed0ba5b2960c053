//! Reading what stretches windows, and what would.

use super::{AlloyL1, call_failed, read::LATEST, transport};
use crate::{
    bindings::StressClock,
    demand::{DemandState, Demanded},
    error::{Error, Result},
    l1::{Block, Demands, L1, blobs::BlobSource},
    stress::{PROVABLE_BLOCKS, Provable, Samples, Terms, Unproven, Window, WindowOf, worthwhile},
};
use alloy::{
    consensus::Header,
    primitives::{Bytes, U256, keccak256},
    providers::{DynProvider, Provider},
};
use std::collections::BTreeSet;

/// Base fees of one answer, as all nodes give them.
const FEE_RANGE: u64 = 1_024;

/// The clock, as it is read.
pub(super) struct Clock {
    contract: StressClock::StressClockInstance<DynProvider>,
    pub(super) terms: Terms,
}

impl<B: BlobSource> AlloyL1<B> {
    /// The windows that are open.
    ///
    /// # Errors
    /// [`Error::Transport`].
    pub async fn windows(&self) -> Result<Vec<Window>> {
        let rollup = &self.rollup;
        let mut windows = Vec::new();
        let first = self.finalized_count().await?;
        if first < self.batch_count().await? {
            let posted = rollup.postedAt(first).block(LATEST).call().await.map_err(call_failed)?;
            let window = rollup.challengeWindow().block(LATEST).call().await.map_err(call_failed)?;
            let end = self.final_from(first).await?.ok_or(Error::Moved)?;
            windows.push(Window { of: WindowOf::Batch(first), plain: posted.saturating_add(window), end });
            windows.extend(self.demanded_since(first).await?);
        }
        let freeze = self.freeze().await?;
        if freeze.frozen_at != 0 {
            return Ok(windows);
        }
        let deadline = rollup.forcedDeadline().block(LATEST).call().await.map_err(call_failed)?;
        if let Some((id, due)) = freeze.oldest_request {
            let queued =
                self.inbox.forcedRecord(id).block(LATEST).call().await.map_err(call_failed)?.queuedAt;
            windows.push(Window {
                of: WindowOf::Request(id),
                plain: queued.saturating_add(deadline),
                end: due,
            });
        }
        let posted = rollup.lastPostedAt().block(LATEST).call().await.map_err(call_failed)?;
        let plain = posted.saturating_add(deadline);
        windows.push(Window { of: WindowOf::Silence, plain, end: freeze.silent_due });
        Ok(windows)
    }

    /// The demands that are open, of this batch and those after it.
    async fn demanded_since(&self, first: u64) -> Result<Vec<Window>> {
        let from = self.posted(first).await?.ok_or(Error::Moved)?.block.number;
        let mut windows = Vec::new();
        for Demanded { batch_hash, index, chunk, due } in
            self.demands(from, self.head().await?.number).await?
        {
            if self.batch_hash(index).await? == Some(batch_hash)
                && let DemandState::Open { due: end } = self.demand(batch_hash, chunk).await?.state
            {
                windows.push(Window { of: WindowOf::Demand(index, chunk), plain: due, end });
            }
        }
        Ok(windows)
    }

    /// What the clock could still be told: samples, and abnormal blocks since the first window that is open began. Only what
    /// contracts can know by its number is looked at.
    ///
    /// # Errors
    /// [`Error::Transport`]; [`Error::Moved`] when L1 moved meanwhile; [`Error::Config`] when L1's headers are not made as we
    /// know them.
    pub async fn unproven(&self) -> Result<Unproven> {
        let clock = self.clock().await?;
        let head = self.head().await?;
        let oldest = head.number.saturating_sub(PROVABLE_BLOCKS);
        let since = self.first_open().await?.unwrap_or(head.time);
        let first = self.first_block_from(since, oldest, &head).await?;
        let (known, samples) = self.samples(&clock, first, oldest, head.number).await?;
        let dear = self.dear(&clock, &known, first, head.number).await?;
        Ok(Unproven { clock: *clock.contract.address(), samples, dear })
    }

    pub(super) async fn clock(&self) -> Result<Clock> {
        let address = self.rollup.clock().block(LATEST).call().await.map_err(call_failed)?;
        let contract = StressClock::new(address, self.provider.clone());
        let terms = Terms {
            min_base_fee: contract.minBaseFee().call().await.map_err(call_failed)?,
            multiple: contract.multiple().call().await.map_err(call_failed)?,
            interval: contract.interval().call().await.map_err(call_failed)?,
            reference_step: contract.referenceStep().call().await.map_err(call_failed)?,
        };
        Ok(Clock { contract, terms })
    }

    /// When the first window began that is open, unix seconds; claims of an escape among them.
    async fn first_open(&self) -> Result<Option<u64>> {
        let mut begins = Vec::new();
        let first = self.finalized_count().await?;
        if first < self.batch_count().await? {
            begins.push(self.rollup.postedAt(first).block(LATEST).call().await.map_err(call_failed)?);
        }
        let freeze = self.freeze().await?;
        if freeze.frozen_at == 0 {
            begins.push(self.rollup.lastPostedAt().block(LATEST).call().await.map_err(call_failed)?);
            if let Some((id, _)) = freeze.oldest_request {
                let record = self.inbox.forcedRecord(id).block(LATEST).call().await.map_err(call_failed)?;
                begins.push(record.queuedAt);
            }
        } else if freeze.settled && self.accepted_claim().await?.is_none() {
            begins.extend(self.proposals().await?.iter().map(|proposal| proposal.proposed_at));
        }
        Ok(begins.into_iter().min())
    }

    /// The first block from `oldest` on whose time is at least `time`; that after the head when there is none.
    async fn first_block_from(&self, time: u64, oldest: u64, head: &Block) -> Result<u64> {
        let (mut low, mut high) = (oldest, head.number.saturating_add(1));
        while low < high {
            let middle = low + (high - low) / 2;
            if self.block(middle).await?.ok_or(Error::Moved)?.time < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// The samples that blocks from `first` on are compared with, as far as they are known or can be proven, and headers of
    /// those to be proven.
    async fn samples(
        &self,
        clock: &Clock,
        first: u64,
        oldest: u64,
        head: u64,
    ) -> Result<(Samples, Vec<Provable>)> {
        let earliest = clock.terms.samples_of(first).last().unwrap_or(0);
        let step = u64::from(clock.terms.reference_step);
        let (mut known, mut headers) = (Samples::new(), Vec::new());
        for number in (earliest..=head).step_by(usize::try_from(step).unwrap_or(usize::MAX)) {
            let sample = clock.contract.sample(number).block(LATEST).call().await.map_err(call_failed)?;
            if sample != 0 {
                known.insert(number, sample);
            } else if number >= oldest {
                let (header, encoded) = self.header(number).await?;
                if let Some(fee) = header.base_fee_per_gas.filter(|fee| *fee != 0) {
                    known.insert(number, fee);
                    headers.push(Provable { number, header: encoded });
                }
            }
        }
        Ok((known, headers))
    }

    /// Headers of abnormal blocks that make intervals stressed which are not yet.
    async fn dear(&self, clock: &Clock, known: &Samples, first: u64, head: u64) -> Result<Vec<Provable>> {
        let fees = self.base_fees(first, head).await?;
        let abnormal = |(number, fee): &(u64, u128)| {
            clock.terms.threshold(*number, known).is_some_and(|least| *fee >= least)
        };
        let numbers: Vec<_> = fees.into_iter().filter(abnormal).map(|(number, _)| number).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(number) = numbers.get(at) {
            let (header, encoded) = self.header(*number).await?;
            if let Some(index) = clock.terms.marks(header.timestamp) {
                found.push((index, Provable { number: *number, header: encoded }));
            }
            // One block of an interval is enough, and after its first half none is of use.
            at = self.first_from(&numbers, at + 1, clock.terms.next_interval(header.timestamp)).await?;
        }
        let mut marked = BTreeSet::new();
        for index in found.iter().flat_map(|(index, _)| index.saturating_sub(1)..=index.saturating_add(1)) {
            if clock.contract.isMarked(index).block(LATEST).call().await.map_err(call_failed)? {
                marked.insert(index);
            }
        }
        let indices: Vec<_> = found.iter().map(|(index, _)| *index).collect();
        let wanted = worthwhile(&indices, |index| marked.contains(&index));
        Ok(found.into_iter().filter(|(index, _)| wanted.contains(index)).map(|(_, header)| header).collect())
    }

    /// The first place from `from` on whose block has at least this time; the length when there is none.
    async fn first_from(&self, numbers: &[u64], from: usize, time: u64) -> Result<usize> {
        let (mut low, mut high) = (from, numbers.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let number = numbers.get(middle).copied().ok_or(Error::Moved)?;
            if self.block(number).await?.ok_or(Error::Moved)?.time < time {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Base fees of blocks, in wei, both ends included.
    async fn base_fees(&self, first: u64, last: u64) -> Result<Vec<(u64, u128)>> {
        let mut fees = Vec::new();
        let mut at = first;
        while at <= last {
            let to = at.saturating_add(FEE_RANGE - 1).min(last);
            let answer =
                self.provider.get_fee_history(to - at + 1, to.into(), &[]).await.map_err(transport)?;
            // A node that keeps fewer begins later.
            for number in at..answer.oldest_block.min(to.saturating_add(1)) {
                let fee = self.header(number).await?.0.base_fee_per_gas.unwrap_or(0);
                fees.push((number, u128::from(fee)));
            }
            let told = (answer.oldest_block..).zip(answer.base_fee_per_gas);
            fees.extend(told.filter(|(number, _)| (at..=to).contains(number)));
            at = to.saturating_add(1);
        }
        Ok(fees)
    }

    /// A header, and its RLP with the hash that L1 tells of it.
    async fn header(&self, number: u64) -> Result<(Header, Bytes)> {
        let block = self.provider.get_block_by_number(number.into()).await.map_err(transport)?;
        let told = block.ok_or(Error::Moved)?.header;
        let encoded: Bytes = alloy::rlp::encode(&told.inner).into();
        if keccak256(&encoded) != told.hash {
            return Err(Error::Config(format!(
                "the header of block {number} has other fields than this version knows: it needs a newer one"
            )));
        }
        Ok((told.inner, encoded))
    }
}

/// Seconds as the contracts tell them; what is beyond 64 bits never comes.
pub(super) fn seconds(told: U256) -> u64 {
    told.saturating_to()
}
