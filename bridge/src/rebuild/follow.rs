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
use ballast_batch::{BatchHeader, data::diff_hash};
use std::time::{Duration, Instant};

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
    /// With what earlier runs left, else with genesis; where L1 does not have the data any more, with the first batch from which on
    /// it has them.
    Anywhere,
    /// With this batch, whatever earlier runs left: the batches of a round are gathered from it on. Genesis when it is 0.
    At(u64),
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
/// any more, [`Error::Incomplete`] when those of some batches are, but not of a whole round; [`Error::BlobService`] when nobody says;
/// [`Error::Transport`], [`Error::Moved`] when L1 does not answer or moved meanwhile: another run goes on.
pub async fn follow<B: BlobSource>(
    l1: &AlloyL1<B>,
    (target, begin): (Target, Begin),
    directory: &Directory,
    summary: impl Fn(&Rebuilt) -> String,
    mut tell: impl FnMut(Progress),
) -> Result<Rebuilt> {
    let count = match target {
        Target::Final => l1.finalized_count().await?,
        Target::Posted => l1.batch_count().await?,
    };
    let last = count.saturating_sub(1);
    match reach(l1, (target, begin), last, directory, &summary, &mut tell).await {
        Err(error @ Error::WrongData { index, .. }) if index > 0 => {
            // What comes before it is right, and may be all that there will ever be.
            let before = reach(l1, (target, begin), index - 1, directory, &summary, &mut tell).await;
            before.and(Err(error))
        }
        reached => reached,
    }
}

/// The state after the batch `target`, and holds it as one of this kind.
async fn reach<B: BlobSource>(
    l1: &AlloyL1<B>,
    (kind, begin): (Target, Begin),
    target: u64,
    directory: &Directory,
    summary: &impl Fn(&Rebuilt) -> String,
    tell: &mut impl FnMut(Progress),
) -> Result<Rebuilt> {
    let mut state = match begin {
        Begin::At(first) if first > 0 => gather(l1, (first, target), directory, tell).await?,
        Begin::At(_) => genesis(l1).await?,
        Begin::Anywhere => first_state(l1, target, directory).await?,
    };
    let mut saved = Instant::now();
    let mut history = l1.history(state.header().index + 1).await?;
    tell(Progress { batch: state.header().index, target, gathers_from: None });
    while state.header().index < target {
        let next = state.header().index + 1;
        let (header, diff) = match fetch(l1, &mut history, next).await {
            Ok(fetched) => fetched,
            Err(error) => {
                // What was read need not be read again.
                directory.save(kind, &state, &summary(&state))?;
                let (true, Error::BlobsGone(_)) = (begin == Begin::Anywhere, &error) else {
                    return Err(error);
                };
                // The data of this batch are gone, but a whole round of later ones may be there.
                let Some(first) = reachable(l1, next + 1, target).await? else { return Err(error) };
                state = gather(l1, (first, target), directory, tell).await?;
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

/// The first batch from `low` to `high` from which on L1 has the data; they go in the order in which they came.
async fn reachable<B: BlobSource>(l1: &AlloyL1<B>, low: u64, high: u64) -> Result<Option<u64>> {
    let (mut low, mut end) = (low, high.saturating_add(1));
    while low < end {
        let middle = low + (end - low) / 2;
        let posted = l1.posted(middle).await?.ok_or(Error::Moved)?;
        match l1.diff(&posted).await {
            Ok(_) => end = middle,
            Err(Error::BlobsGone(_)) => low = middle + 1,
            Err(error) => return Err(error),
        }
    }
    Ok((low <= high).then_some(low))
}

/// The state at the end of the round that begins with the batch `first`. Of the batches before it the headers are read alone, which
/// count the withdrawals. Withdrawals that earlier runs found stay, but for those of batches that L1 does not have any more.
async fn gather<B: BlobSource>(
    l1: &AlloyL1<B>,
    (first, target): (u64, u64),
    directory: &Directory,
    tell: &mut impl FnMut(Progress),
) -> Result<Rebuilt> {
    if first > target {
        return Err(Error::Config(format!(
            "batch {first} is to be begun with, and the last there is is {target}"
        )));
    }
    let mut history = l1.history(1).await?;
    let mut withdrawals = 0_u64;
    for index in 1..first {
        let header = history.next(l1, index).await?.header;
        directory.drop_others(&header)?;
        withdrawals = withdrawals.saturating_add(header.withdrawalCount.into());
    }
    let mut gathering = Gathering::new(first, withdrawals);
    let mut needed = 0;
    for index in first..=target {
        let (header, diff) = fetch(l1, &mut history, index).await?;
        directory.drop_others(&header)?;
        gathering = match gathering.take(header, &diff)? {
            Gathered::Whole(state) => return Ok(*state),
            Gathered::Part(gathering, round, _) => {
                needed = round;
                *gathering
            }
        };
        tell(Progress { batch: index, target, gathers_from: Some(first) });
    }
    Err(Error::Incomplete { first, last: target, needed })
}

/// The batch `index` as L1 has it, with its own diff: that the data of the transaction hold it, L1 does not look at.
async fn fetch<B: BlobSource>(
    l1: &AlloyL1<B>,
    history: &mut History,
    index: u64,
) -> Result<(BatchHeader, Vec<u8>)> {
    let posted = history.next(l1, index).await?;
    let diff = l1.diff(&posted).await?;
    if diff_hash(&diff) != posted.header.diffHash {
        return Err(Error::WrongData { index, reason: "diff hash" });
    }
    Ok((posted.header, diff))
}

/// What earlier runs left, else genesis.
async fn first_state<B: BlobSource>(l1: &AlloyL1<B>, target: u64, directory: &Directory) -> Result<Rebuilt> {
    if let Some(state) = held(l1, target, directory).await? {
        return Ok(state);
    }
    genesis(l1).await
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
