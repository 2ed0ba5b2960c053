//! Following L1 from genesis, from where an earlier run stopped, or from the middle where earlier data are gone.

use super::{Directory, Gathered, Gathering, Rebuilt};
use crate::{
    error::{Error, Result},
    l1::{
        L1,
        alloy::{AlloyL1, History},
        blobs::BlobSource,
    },
};
use alloy::primitives::B256;
use ballast_batch::{BatchHeader, data::diff_hash};
use std::{
    future::Future,
    time::{Duration, Instant},
};

/// How often what was done so far is written down.
const SAVE_EVERY: Duration = Duration::from_secs(60);

/// Up to where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The last batch that is final: what an escape claim is made on.
    Final,
    /// The last one that was posted.
    Posted,
}

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// With what earlier runs left, else with genesis; where L1 does not have the data any more, with the last batches that are a
    /// round: nothing less tells the state, and nothing is there sooner.
    Anywhere,
    /// With this batch, whatever earlier runs left: the batches of a round are gathered from it on. Genesis when it is 0.
    At(u64),
}

/// Who keeps diffs for longer than L1 does.
pub trait Diffs: Send + Sync {
    /// The diff of a batch; `None` when nobody has it. The caller need not trust them: implementations compare it with this hash.
    fn diff(&self, index: u64, hash: B256) -> impl Future<Output = Option<Vec<u8>>> + Send;
}

/// What is to be done.
#[derive(Clone, Copy, Debug)]
pub struct Plan<D> {
    /// Up to where.
    pub target: Target,
    /// Where to begin.
    pub begin: Begin,
    /// Whom to ask for what L1 does not have.
    pub archive: D,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The batch whose state was reached.
    pub batch: u64,
    /// The batch whose state is wanted.
    pub target: u64,
    /// While leaves are gathered from the middle: the batch that was begun with.
    pub gathers_from: Option<u64>,
}

/// The state after the target, from L1 and what `directory` holds, which is where the result is kept: when a batch has wrong data,
/// the state before it.
///
/// # Errors
/// [`Error::WrongData`] when L1's data do not make the state that the headers name; [`Error::BlobsGone`] when blobs are not there
/// any more, also when an earlier run left a state and the next batch is gone: it is not given up unasked, for what lies between
/// would be lost for good; [`Error::Incomplete`] when those of some batches are, but not of a whole round; [`Error::BlobService`] when nobody says;
/// [`Error::Transport`], [`Error::Moved`] when L1 does not answer or moved meanwhile: another run goes on.
pub async fn follow<B: BlobSource>(
    l1: &AlloyL1<B>,
    plan: &Plan<impl Diffs>,
    directory: &Directory,
    summary: impl Fn(&Rebuilt) -> String,
    mut tell: impl FnMut(Progress),
) -> Result<Rebuilt> {
    let count = match plan.target {
        Target::Final => l1.finalized_count().await?,
        Target::Posted => l1.batch_count().await?,
    };
    let last = count.saturating_sub(1);
    match reach(l1, plan, last, directory, &summary, &mut tell).await {
        Err(error @ Error::WrongData { index, .. }) if index > 0 => {
            // What comes before it is right, and may be all that there will ever be.
            let before = reach(l1, plan, index - 1, directory, &summary, &mut tell).await;
            before.and(Err(error))
        }
        reached => reached,
    }
}

/// The state after the batch `target`, and holds it as one of this kind.
async fn reach<B: BlobSource>(
    l1: &AlloyL1<B>,
    plan: &Plan<impl Diffs>,
    target: u64,
    directory: &Directory,
    summary: &impl Fn(&Rebuilt) -> String,
    tell: &mut impl FnMut(Progress),
) -> Result<Rebuilt> {
    let Plan { target: kind, begin, archive } = plan;
    let (kind, begin) = (*kind, *begin);
    let earlier = if begin == Begin::Anywhere { held(l1, target, directory).await? } else { None };
    let is_held = earlier.is_some();
    let mut state = match (begin, earlier) {
        (Begin::At(first), _) if first > 0 => gather(l1, plan, (first, target), directory, tell).await?,
        (_, Some(state)) => state,
        (_, None) => genesis(l1).await?,
    };
    let mut saved = Instant::now();
    let mut history = l1.history(state.header().index + 1).await?;
    tell(Progress { batch: state.header().index, target, gathers_from: None });
    while state.header().index < target {
        let next = state.header().index + 1;
        let (header, diff) = match fetch(l1, archive, &mut history, next).await {
            Ok(fetched) => fetched,
            Err(error) => {
                // What was read need not be read again.
                directory.save(kind, &state, &summary(&state))?;
                if is_held || begin != Begin::Anywhere || !matches!(error, Error::BlobsGone(_)) {
                    return Err(error);
                }
                state = last_round(l1, plan, (next + 1, target), directory, tell).await?;
                history = l1.history(state.header().index + 1).await?;
                continue;
            }
        };
        state = state.advance(header, &diff)?;
        // Before the state: it is of use only with them.
        directory.keep(&state)?;
        tell(Progress { batch: next, target, gathers_from: None });
        if saved.elapsed() > SAVE_EVERY {
            directory.save(kind, &state, &summary(&state))?;
            saved = Instant::now();
        }
    }
    // L1 may have moved, and what was read may be another history than the one that it ends with.
    if l1.batch_hash(target).await? != Some(state.header().hash()) {
        return Err(Error::Moved);
    }
    directory.save(kind, &state, &summary(&state))?;
    Ok(state)
}

/// The state after the last batches that are a round, none of them before `low`.
async fn last_round<B: BlobSource>(
    l1: &AlloyL1<B>,
    plan: &Plan<impl Diffs>,
    (low, target): (u64, u64),
    directory: &Directory,
    tell: &mut impl FnMut(Progress),
) -> Result<Rebuilt> {
    // The last batch says how many there are in a round. The first of them may say that there are more.
    let mut round = 1;
    loop {
        let first = low.max((target + 1).saturating_sub(round));
        match gather(l1, plan, (first, target), directory, tell).await {
            Err(Error::Incomplete { first: begun, needed, .. })
                if begun == first && needed > round && first > low =>
            {
                round = needed;
            }
            done => return done,
        }
    }
}

/// The state at the end of the round that begins with the batch `first`, or, where it need not be that one, with the first behind
/// those whose data are gone.
async fn gather<B: BlobSource>(
    l1: &AlloyL1<B>,
    plan: &Plan<impl Diffs>,
    (first, target): (u64, u64),
    directory: &Directory,
    tell: &mut impl FnMut(Progress),
) -> Result<Rebuilt> {
    if first > target {
        return Err(Error::Config(format!(
            "batch {first} is to be begun with, and the last there is is {target}"
        )));
    }
    let mut history = l1.history(first).await?;
    let (mut begun, mut needed) = (first, 0);
    let mut gathering = Gathering::new(begun);
    for index in first..=target {
        let (header, diff) = match fetch(l1, &plan.archive, &mut history, index).await {
            Err(Error::BlobsGone(_)) if plan.begin == Begin::Anywhere && index < target => {
                begun = index + 1;
                gathering = Gathering::new(begun);
                continue;
            }
            fetched => fetched?,
        };
        gathering = match gathering.take(header, &diff)? {
            Gathered::Whole(state) => return number(l1, *state, directory).await,
            Gathered::Part(gathering, round, _) => {
                needed = round;
                *gathering
            }
        };
        tell(Progress { batch: index, target, gathers_from: Some(begun) });
    }
    Err(Error::Incomplete { first: begun, last: target, needed })
}

/// The gathered state with the number of its next withdrawal, which the headers before it count. Withdrawals that earlier runs found
/// stay, but for those of batches that L1 does not have any more.
async fn number<B: BlobSource>(l1: &AlloyL1<B>, state: Rebuilt, directory: &Directory) -> Result<Rebuilt> {
    for header in directory.batches()? {
        if l1.batch_hash(header.index).await? != Some(header.hash()) {
            directory.forget(header.index)?;
        }
    }
    let withdrawals = l1.withdrawals_until(state.header()).await?;
    Ok(state.numbered(withdrawals))
}

/// The batch `index` as L1 has it, with its own diff: that the data of the transaction hold it, L1 does not look at. Where its
/// blobs cannot be had an archive is asked.
async fn fetch<B: BlobSource>(
    l1: &AlloyL1<B>,
    archive: &impl Diffs,
    history: &mut History,
    index: u64,
) -> Result<(BatchHeader, Vec<u8>)> {
    let posted = history.next(l1, index).await?;
    let told = posted.header.diffHash;
    let diff = match l1.diff(&posted).await {
        Err(error @ (Error::BlobsGone(_) | Error::BlobService(_))) => {
            archive.diff(index, told).await.ok_or(error)?
        }
        diff => diff?,
    };
    if diff_hash(&diff) != told {
        return Err(Error::WrongData { index, reason: "diff hash" });
    }
    Ok((posted.header, diff))
}

async fn genesis<B: BlobSource>(l1: &AlloyL1<B>) -> Result<Rebuilt> {
    let (header, data) = l1.genesis().await?;
    Rebuilt::genesis(header, &data)
}

/// The latest of what earlier runs left of which L1 still has the batch, which is not past `target`, and of which no withdrawal
/// is missing.
///
/// # Errors
/// [`Error::Config`] when the directory cannot be read; [`Error::Transport`] when L1 does not answer.
pub async fn held<B: BlobSource>(
    l1: &AlloyL1<B>,
    target: u64,
    directory: &Directory,
) -> Result<Option<Rebuilt>> {
    let mut newest: Option<Rebuilt> = None;
    for kind in [Target::Final, Target::Posted] {
        let Some(state) = directory.load(kind)? else { continue };
        let index = state.header().index;
        let is_later = newest.as_ref().is_none_or(|found| found.header().index < index);
        if is_later
            && index <= target
            && l1.batch_hash(index).await? == Some(state.header().hash())
            && directory.withdrawals(&state)?.is_some()
        {
            newest = Some(state);
        }
    }
    Ok(newest)
}
