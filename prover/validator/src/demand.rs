//! The part of the validator that has a key: it answers demands for inputs on L1, and makes those that it needs itself.

use crate::{Error, Result, answers::Answers, archive::Archive, run::Ending};
use alloy::signers::local::PrivateKeySigner;
use ballast_bridge::{
    demander::{Demander, Wanted},
    fees::FeeCaps,
    guard::Guard,
    l1::{L1Sender, alloy::AlloyL1, blobs::BlobSource},
    lane::LaneConfig,
    sentinel::Sentinel,
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

/// How it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The most that is offered for a gas, tip included, in gwei.
    pub max_fee_gwei: u64,
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

/// Starts answering and demanding, for the account of the key that `l1` has.
pub fn start<B: BlobSource + Clone + 'static>(
    l1: AlloyL1<B>,
    archive: Archive,
    wanted: Wanted,
    terms: &Terms,
) -> JoinHandle<ballast_bridge::Result<()>>
where
    AlloyL1<B>: L1Sender,
{
    let max_fee = u128::from(terms.max_fee_gwei) * GWEI;
    let caps = FeeCaps { max_fee, tip: max_fee, blob_fee: 0 };
    let lane = LaneConfig { caps, patience_ms: PATIENCE_MS };
    let deploy_block = l1.deployment().deploy_block;
    let sentinel = Sentinel::new(l1.clone(), Box::new(Answers::from(archive)), deploy_block);
    let demander = Demander::new(l1.clone(), wanted);
    let mut guard = Guard::new(l1, lane, sentinel, Some(demander));
    let poll = terms.poll;
    tokio::spawn(async move { guard.run(poll, pending()).await })
}

/// Waits for what follows the batches, or for a failure of what answers demands, if there is any.
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
