//! The diff as L1 has it.

use crate::error::Result;
use alloy::{
    consensus::{SidecarBuilder, SimpleCoder},
    primitives::B256,
};
use ballast_batch::data::{blobs_data_hash, calldata_data_hash};
use ballast_bridge::{
    data::versioned_hash,
    l1::{L1, Posted},
};

/// What L1 has of a batch's diff.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Published {
    /// These bytes, under the batch's `dataHash`.
    Diff(Vec<u8>),
    /// Data that hold no diff.
    NoDiff(&'static str),
    /// Data that could not be read.
    Unread(String),
}

/// Reads the diff of a posted batch.
///
/// The contract has compared `dataHash` with the transaction itself, so data that contradict it are not the batch's
/// fault but the L1 node's: they count as unread.
///
/// # Errors
/// Temporary ones when L1 does not answer.
pub(crate) async fn read<L: L1>(l1: &L, posted: &Posted) -> Result<Published> {
    use ballast_bridge::Error;
    let contradicts = || Published::Unread("the L1 node shows other data than those of dataHash".into());
    let in_blobs = !posted.blob_hashes.is_empty();
    if in_blobs && blobs_data_hash(&posted.blob_hashes) != posted.header.dataHash {
        return Ok(contradicts());
    }
    match l1.diff(posted).await {
        Ok(diff) if !in_blobs && calldata_data_hash(&diff) != posted.header.dataHash => Ok(contradicts()),
        Ok(diff) => Ok(Published::Diff(diff)),
        Err(Error::WrongData { reason: "diff hash", .. }) => {
            Ok(Published::NoDiff("what is there has another diffHash"))
        }
        Err(Error::WrongData { reason, .. }) if in_blobs => Ok(Published::NoDiff(reason)),
        Err(
            error @ (Error::WrongData { .. } | Error::BlobService(_) | Error::BlobsGone(_) | Error::Kzg(_)),
        ) => Ok(Published::Unread(error.to_string())),
        Err(error) => Err(error.into()),
    }
}

/// Whether `diff`, packed the way that our poster packs it, makes exactly the blobs with these versioned hashes. Then
/// L1 has it, whether anybody still serves the blobs or not.
pub(crate) fn is_in_blobs(diff: &[u8], hashes: &[B256]) -> bool {
    let blobs = SidecarBuilder::<SimpleCoder>::from_slice(diff).take();
    blobs.len() == hashes.len()
        && blobs.iter().zip(hashes).all(|(blob, hash)| versioned_hash(blob).is_ok_and(|ours| ours == *hash))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_bridge::data::{BatchData, Mode, SidecarForm, seal_data};

    #[test]
    fn a_diff_is_known_by_its_blobs() {
        let BatchData::Blobs(sidecar) =
            seal_data(b"diff", Mode::Blobs(SidecarForm::Eip4844)).expect("a sidecar")
        else {
            panic!("blobs were asked for");
        };
        let hashes: Vec<_> = sidecar.versioned_hashes().collect();
        assert!(is_in_blobs(b"diff", &hashes));
        assert!(!is_in_blobs(b"diffs", &hashes));
        assert!(!is_in_blobs(b"diff", &[]));
    }
}
