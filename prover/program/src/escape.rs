//! The verdict on an escape claim: what the state after a batch comes to, as the one escape program says.

use alloy_primitives::B256;
use ballast_batch::{BatchHeader, EscapeClaim, ExitLeaves};
use ballast_engine::Escape;
use ballast_oracle::{Hint, Oracle, read};
use ballast_state::{QUEUES, Section, state_root};
use ballast_types::codec;
use borsh::BorshDeserialize;

use crate::{invalid::Invalid, walk::walk};

/// Says whether the escape claim with this hash is right, with the root of its payouts, and hands the oracle back.
///
/// Whether its batch is the last final one L1 knows, which takes no claim on another.
///
/// # Errors
/// [`Invalid`], the first thing that is wrong with it.
///
/// # Panics
/// When the oracle withholds a preimage: then nothing can be said.
pub fn judge_escape<O: Oracle>(mut oracle: O, claim_hash: B256) -> (Result<B256, Invalid>, O) {
    let verdict = judge(&mut oracle, claim_hash);
    (verdict, oracle)
}

fn judge(oracle: &mut dyn Oracle, claim_hash: B256) -> Result<B256, Invalid> {
    let bytes = read(oracle, claim_hash, Hint::Claim).expect("the oracle has the claim");
    let claim = EscapeClaim::from_bytes(&bytes).ok_or(Invalid::NotAClaim)?;
    let bytes = read(oracle, claim.batchHash, Hint::Header).expect("the oracle has every header");
    let header = BatchHeader::from_bytes(&bytes).ok_or(Invalid::NotAHeader)?;
    if state_root(&header.sectionRoots) != header.stateRoot {
        return Err(Invalid::NotAState);
    }
    let leaves = exit_leaves(oracle, &header)?;
    compare(&Escape::of(&leaves).claim(claim.batchHash), &claim)?;
    Ok(claim.payoutsRoot)
}

/// All leaves of the exit sections after the batch.
fn exit_leaves(oracle: &mut dyn Oracle, header: &BatchHeader) -> Result<ExitLeaves, Invalid> {
    let mut leaves = ExitLeaves::default();
    for section in [Section::Accounts, Section::Markets, Section::Pools] {
        let root = header.sectionRoots[section as usize];
        walk(oracle, section, root, &mut |index, bytes| {
            match section {
                Section::Accounts => drop(leaves.accounts.insert(index, decode(bytes)?)),
                Section::Markets => drop(leaves.markets.insert(index, decode(bytes)?)),
                _ if index < QUEUES => drop(leaves.pools.insert(index, decode(bytes)?)),
                _ => drop(leaves.queues.insert(index, decode(bytes)?)),
            }
            Ok(())
        })?;
    }
    Ok(leaves)
}

/// A final batch may never have been judged: what is no leaf of ours makes every claim on it wrong, and is no failure.
fn decode<T: BorshDeserialize>(bytes: &[u8]) -> Result<T, Invalid> {
    codec::decode(bytes).map_err(|_| Invalid::NotAState)
}

/// Compares what the state comes to with what is claimed.
fn compare(right: &EscapeClaim, claimed: &EscapeClaim) -> Result<(), Invalid> {
    let checks = [
        ("payoutCount", right.payoutCount == claimed.payoutCount),
        ("total", right.total == claimed.total),
        ("payoutsRoot", right.payoutsRoot == claimed.payoutsRoot),
    ];
    match checks.into_iter().find(|(_, holds)| !holds) {
        Some((field, _)) => Err(Invalid::ClaimDiffers(field)),
        None => Ok(()),
    }
}
