//! The part of the validator that has a key: it does on L1 what somebody has to do. It answers demands for inputs, makes those
//! that it needs itself, argues in disputes, drops invalid batches and, where it is told to, proves stress and freezes a late exchange.

use crate::{Error, Result, answers::Answers, archive::Archive, metrics::ErrandMetrics, run::Ending};
use alloy::{primitives::U256, signers::local::PrivateKeySigner};
use ballast_bridge::{
    collector::Collector,
    demander::{Demander, Wanted},
    dispute::Advocate,
    fees::FeeCaps,
    freezer::Freezer,
    guard::Guard,
    l1::{L1Sender, alloy::AlloyL1, blobs::BlobSource},
    lane::LaneConfig,
    rejector::Rejector,
    sentinel::Sentinel,
    stress_prover::StressProver,
};
use std::{
    future::{Future, pending},
    path::Path,
    time::Duration,
};
use tokio::task::JoinHandle;

const GWEI: u128 = 1_000_000_000;
/// How long a transaction waits before it is replaced by a dearer one, in milliseconds.
const PATIENCE_MS: u64 = 60_000;

/// What is done, and the most that is offered for a gas, tip included, in gwei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// By demands and answers.
    pub demand_max_fee_gwei: u64,
    /// By rejections.
    pub reject_max_fee_gwei: u64,
    /// By acts in disputes.
    pub dispute_max_fee_gwei: u64,
    /// By a freeze; `None` where a late exchange is not frozen.
    pub freeze_max_fee_gwei: Option<u64>,
    /// By proofs of stress, and the most wei that they take in a day; `None` where it is not proven.
    pub stress: Option<(u64, U256)>,
    /// How often L1 is asked.
    pub poll: Duration,
}

/// The key in a file: 32 bytes of hexadecimal, with or without `0x`.
///
/// # Errors
/// When the file cannot be read or holds no key.
pub fn key(path: &Path) -> Result<PrivateKeySigner> {
    let file = |reason: &str| Error::File { path: path.to_owned(), reason: reason.to_owned() };
    let text = std::fs::read_to_string(path).map_err(|error| file(&error.to_string()))?;
    // What is in the file is not told: it may be most of a key.
    text.trim().parse().map_err(|_| file("not a key of 32 bytes in hexadecimal"))
}

fn caps(max_fee_gwei: u64) -> FeeCaps {
    let max_fee = u128::from(max_fee_gwei) * GWEI;
    FeeCaps { max_fee, tip: max_fee, blob_fee: 0 }
}

/// Starts the errands, for the account of the key that `l1` has.
pub fn start<B: BlobSource + Clone + 'static>(
    l1: AlloyL1<B>,
    archive: Archive,
    wanted: Wanted,
    advocate: Option<Box<dyn Advocate>>,
    terms: &Terms,
) -> JoinHandle<ballast_bridge::Result<()>>
where
    AlloyL1<B>: L1Sender,
{
    let lane = LaneConfig { caps: caps(terms.demand_max_fee_gwei), patience_ms: PATIENCE_MS };
    let deploy_block = l1.deployment().deploy_block;
    let sentinel = Sentinel::new(l1.clone(), Box::new(Answers::from(archive)), deploy_block);
    let demander = Demander::new(l1.clone(), wanted);
    let rejector = Rejector::new(l1.clone(), caps(terms.reject_max_fee_gwei));
    let freezer = terms.freeze_max_fee_gwei.map(|fee| Freezer::new(l1.clone(), caps(fee)));
    let prover = terms.stress.map(|(fee, most)| StressProver::new(l1.clone(), caps(fee), most));
    let collector = Collector::new(l1.clone());
    let guard = Guard::new(l1, lane, sentinel, Some(demander)).collecting(collector);
    let advocate = advocate.map(|advocate| (advocate, caps(terms.dispute_max_fee_gwei)));
    let guard = guard.rejecting(rejector).freezing(freezer).proving(prover).disputing(advocate);
    let mut guard = guard.observed(Box::new(ErrandMetrics::new()));
    let poll = terms.poll;
    tokio::spawn(async move { guard.run(poll, pending()).await })
}

/// Waits for what follows the batches, or for a failure of what runs errands, if there is any.
///
/// # Errors
/// Those of both.
pub async fn beside(
    following: impl Future<Output = Result<Ending>>,
    guard: Option<JoinHandle<ballast_bridge::Result<()>>>,
) -> Result<Ending> {
    let Some(mut guard) = guard else { return following.await };
    let ended = tokio::select! {
        ended = following => ended,
        failed = &mut guard => match failed {
            Ok(Ok(())) => Err(Error::Panicked("it stopped unasked".into())),
            Ok(Err(error)) => Err(error.into()),
            Err(panicked) => Err(Error::Panicked(panicked.to_string())),
        },
    };
    guard.abort();
    ended
}
