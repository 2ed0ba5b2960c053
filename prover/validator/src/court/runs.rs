//! What the machine says of batches and escape claims, with all its states.

use super::{
    case::{Case, Data},
    claim::claim_facts,
    papers::subject,
    trial::{Trace, Trial},
};
use crate::{
    archive::{Archive, Kept},
    blocking::blocking,
    error::{Error, Result},
};
use alloy::primitives::B256;
use ballast_bridge::{
    dispute::Matter,
    l1::{L1, alloy::AlloyL1, blobs::BlobSource},
};
use ballast_vm::Image;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};
use tracing::info;

/// Runs that are kept at a time: each is some 64 bytes a leap.
const MOST: usize = 4;

/// A subject that was run on the machine.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) trial: Trial,
    pub(super) trace: Trace,
    /// What the batch carried to L1; nothing of an escape claim.
    pub(super) data: Data,
}

/// The right history of a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Right {
    pub(super) root: B256,
    pub(super) is_valid: bool,
}

/// Runs what may be disputed.
pub(super) struct Runs<B> {
    l1: AlloyL1<B>,
    archive: Archive,
    image: Image,
    known: BTreeMap<B256, Right>,
    recent: VecDeque<(B256, Arc<Run>)>,
}

impl<B: BlobSource> Runs<B> {
    pub(super) const fn new(l1: AlloyL1<B>, archive: Archive, image: Image) -> Self {
        Self { l1, archive, image, known: BTreeMap::new(), recent: VecDeque::new() }
    }

    /// Forgets what is known of everything but these.
    pub(super) fn keep_only(&mut self, wanted: impl Fn(&B256) -> bool) {
        self.known.retain(|hash, _| wanted(hash));
        self.recent.retain(|(hash, _)| wanted(hash));
    }

    /// The right history of a subject that is `is_valid` by all that was found out without the machine.
    ///
    /// # Errors
    /// [`Error::Disagreement`] when the machine says otherwise; [`Error::Incomplete`]; those of L1 and of the store.
    pub(super) async fn right(&mut self, matter: Matter, is_valid: bool) -> Result<Right> {
        let right = match self.known.get(&matter.hash) {
            Some(right) => *right,
            None => {
                let run = self.run(matter).await?;
                let right = Right { root: run.trace.history.root(), is_valid: run.trace.last.says_valid() };
                self.known.insert(matter.hash, right);
                right
            }
        };
        if right.is_valid == is_valid {
            return Ok(right);
        }
        let what =
            format!("natively it is {is_valid} that {} is valid, on the machine it is not so", matter.hash);
        Err(Error::Disagreement { index: matter.batch.unwrap_or_default(), what })
    }

    /// The run of a subject.
    ///
    /// # Errors
    /// [`Error::Incomplete`] when something that it takes is not here; those of L1 and of the store.
    pub(super) async fn run(&mut self, matter: Matter) -> Result<Arc<Run>> {
        if let Some((_, run)) = self.recent.iter().find(|(hash, _)| *hash == matter.hash) {
            return Ok(Arc::clone(run));
        }
        let run = match matter.batch {
            Some(index) => self.batch(index, matter).await?,
            None => self.claim(matter).await?,
        };
        let leaps = run.trace.history.leaps();
        info!(hash = %matter.hash, leaps, exit = run.trace.last.exit_code, "run on the machine");
        let run = Arc::new(run);
        self.recent.truncate(MOST - 1);
        self.recent.push_front((matter.hash, Arc::clone(&run)));
        Ok(run)
    }

    async fn batch(&self, index: u64, matter: Matter) -> Result<Run> {
        let (hash, archive, image) = (matter.hash, self.archive.clone(), self.image.clone());
        let kept = archive.judged(index, hash)?.ok_or_else(|| incomplete(hash, "it was not judged here"))?;
        let data = self.data(&kept).await?;
        blocking(move || {
            let before = archive.restore_at(index - 1)?;
            if before.header().hash() != kept.header.previousHash {
                return Err(incomplete(hash, "the state before it is not kept"));
            }
            let case = Case::new(&before, kept.header, kept.chunks, data);
            let mut trial = Trial::new(image, subject(matter), hash, case.facts()?.1);
            let trace = trial.trace()?;
            Ok(Run { trial, trace, data: case.data })
        })
        .await
    }

    async fn claim(&self, matter: Matter) -> Result<Run> {
        let (hash, archive, image) = (matter.hash, self.archive.clone(), self.image.clone());
        let proposal = self.l1.proposal(hash).await?.ok_or(ballast_bridge::Error::Moved)?;
        let last = self.l1.finalized_count().await?.saturating_sub(1);
        blocking(move || {
            let after = archive.restore_at(last)?;
            if after.header().hash() != proposal.claim.batchHash {
                return Err(incomplete(hash, "the state after its batch is not kept"));
            }
            let facts = claim_facts(&after, &proposal.claim)?.1;
            let mut trial = Trial::new(image, subject(matter), hash, facts);
            let trace = trial.trace()?;
            Ok(Run { trial, trace, data: Data::Calldata })
        })
        .await
    }

    /// What the batch carried to L1: made of the diff that is kept, or read from there.
    async fn data(&self, kept: &Kept) -> Result<Data> {
        if let Some(data) = &kept.data {
            return Ok(data.clone());
        }
        let (index, header) = (kept.header.index, kept.header.clone());
        if kept.is_valid
            && let Some(diff) = self.archive.diff(index)?
            && let Some(data) = blocking(move || Data::of_diff(&header, &diff)).await?
        {
            return Ok(data);
        }
        let posted = self.l1.posted(index).await?.ok_or(ballast_bridge::Error::Moved)?;
        if posted.blob_hashes.is_empty() {
            return Ok(Data::Calldata);
        }
        let blobs = self.l1.blobs_of(&posted).await?;
        Ok(Data::Blobs(posted.blob_hashes.into_iter().zip(blobs).collect()))
    }
}

fn incomplete(hash: B256, what: &str) -> Error {
    Error::Incomplete { hash, what: what.to_owned() }
}
