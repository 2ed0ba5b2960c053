//! The verdict on a batch.

use alloc::{sync::Arc, vec::Vec};
use alloy_primitives::B256;
use ballast_auth::Recover;
use ballast_batch::BatchHeader;
use ballast_oracle::{Hint, Oracle, read};

use crate::{build::build, data, inputs, invalid::Invalid, leaves::Leaves};

/// Says whether the batch with this hash is valid, with the state root that it leads to, and hands the oracle
/// back.
///
/// # Errors
/// [`Invalid`], the first thing that is wrong with it.
///
/// # Panics
/// When the oracle withholds a preimage or a blob: then nothing can be said.
pub fn run<O, R>(oracle: O, recover: &R, batch_hash: B256) -> (Result<B256, Invalid>, O)
where
    O: Oracle + Send + 'static,
    R: Recover,
{
    let (verdict, mut oracle) = judge(oracle, recover, batch_hash);
    let verdict = verdict.and_then(|(header, diff)| {
        data::check(&mut oracle, &header, &diff)?;
        Ok(header.stateRoot)
    });
    (verdict, oracle)
}

/// The part of [`run`] that does not look at the data on L1: whether the header is what the inputs make, with the header
/// and the diff that belongs to it.
///
/// # Errors
/// [`Invalid`], the first thing that is wrong with it.
///
/// # Panics
/// When the oracle withholds a preimage: then nothing can be said.
pub fn judge<O, R>(
    mut oracle: O,
    recover: &R,
    batch_hash: B256,
) -> (Result<(BatchHeader, Vec<u8>), Invalid>, O)
where
    O: Oracle + Send + 'static,
    R: Recover,
{
    let loaded = load(&mut oracle, batch_hash);
    let (header, previous) = match loaded {
        Ok(headers) => headers,
        Err(invalid) => return (Err(invalid), oracle),
    };
    let inputs = match inputs::load(&mut oracle, &header) {
        Ok(inputs) => inputs,
        Err(invalid) => return (Err(invalid), oracle),
    };
    let leaves = Arc::new(Leaves::new(oracle, &previous.sectionRoots));
    let verdict = build(&previous, &inputs, &leaves, recover)
        .and_then(|built| compare(&built.header, &header).map(|()| built.diff))
        .map(|diff| (header, diff));
    let leaves = Arc::try_unwrap(leaves).ok().expect("the exchange that used the leaves is gone");
    (verdict, leaves.into_oracle())
}

/// The header of the batch and the one before.
fn load(oracle: &mut dyn Oracle, batch_hash: B256) -> Result<(BatchHeader, BatchHeader), Invalid> {
    let mut header = |hash| {
        let bytes = read(oracle, hash, Hint::Header).expect("the oracle has every header");
        BatchHeader::from_bytes(&bytes).ok_or(Invalid::NotAHeader)
    };
    let current = header(batch_hash)?;
    if current.index == 0 {
        return Err(Invalid::Discontinuous("index"));
    }
    let previous = header(current.previousHash)?;
    Ok((current, previous))
}

/// Compares what the inputs make with what the header claims. Where the data lies is looked at elsewhere, and which program
/// judges it the contract compares.
fn compare(built: &BatchHeader, claimed: &BatchHeader) -> Result<(), Invalid> {
    let checks = [
        ("index", built.index == claimed.index),
        ("previousHash", built.previousHash == claimed.previousHash),
        ("previousStateRoot", built.previousStateRoot == claimed.previousStateRoot),
        ("firstSeq", built.firstSeq == claimed.firstSeq),
        ("lastSeq", built.lastSeq == claimed.lastSeq),
        ("firstTimeMs", built.firstTimeMs == claimed.firstTimeMs),
        ("lastTimeMs", built.lastTimeMs == claimed.lastTimeMs),
        ("inputsRoot", built.inputsRoot == claimed.inputsRoot),
        ("inputChunks", built.inputChunks == claimed.inputChunks),
        ("promiseHash", built.promiseHash == claimed.promiseHash),
        ("l1MessageCount", built.l1MessageCount == claimed.l1MessageCount),
        ("l1MessageHash", built.l1MessageHash == claimed.l1MessageHash),
        ("withdrawalsRoot", built.withdrawalsRoot == claimed.withdrawalsRoot),
        ("withdrawalCount", built.withdrawalCount == claimed.withdrawalCount),
        ("diffHash", built.diffHash == claimed.diffHash),
        ("sectionRoots", built.sectionRoots == claimed.sectionRoots),
        ("stateRoot", built.stateRoot == claimed.stateRoot),
    ];
    match checks.into_iter().find(|(_, holds)| !holds) {
        Some((field, _)) => Err(Invalid::Differs(field)),
        None => Ok(()),
    }
}
