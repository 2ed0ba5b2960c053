//! Commitments to the data that carries a diff on L1, and to the diff itself.

use alloc::vec::Vec;
use alloy_primitives::{B256, keccak256};

/// First byte of what `dataHash` is of when the diff lies in blobs.
pub const BLOBS: u8 = 0;
/// First byte of what `dataHash` is of when the diff lies in calldata.
pub const CALLDATA: u8 = 1;

/// `dataHash` of a header whose diff lies in blobs: `keccak(0x00 || versioned hashes)`, in their order.
#[must_use]
pub fn blobs_data_hash(versioned_hashes: &[B256]) -> B256 {
    let mut preimage = Vec::with_capacity(1 + 32 * versioned_hashes.len());
    preimage.push(BLOBS);
    versioned_hashes.iter().for_each(|hash| preimage.extend_from_slice(hash.as_slice()));
    keccak256(preimage)
}

/// `dataHash` of a header whose diff lies in calldata: `keccak(0x01 || keccak(data))`.
#[must_use]
pub fn calldata_data_hash(data: &[u8]) -> B256 {
    let mut preimage = [CALLDATA; 33];
    preimage[1..].copy_from_slice(keccak256(data).as_slice());
    keccak256(preimage)
}

/// `diffHash` of a header: `keccak(encoded diff)`.
#[must_use]
pub fn diff_hash(encoded_diff: &[u8]) -> B256 {
    keccak256(encoded_diff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_blob_is_not_calldata_with_its_hash() {
        let data = b"diff";
        assert_ne!(blobs_data_hash(&[keccak256(data)]), calldata_data_hash(data));
        assert_ne!(blobs_data_hash(&[]), calldata_data_hash(&[]));
    }
}
