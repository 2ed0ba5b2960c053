//! Whether what a batch carries to L1 is its diff.

use alloc::vec::Vec;
use alloy_primitives::B256;
use ballast_batch::{
    BatchHeader,
    blobs::{ELEMENTS_PER_BLOB, blob_count, element},
    data::{BLOBS, calldata_data_hash},
};
use ballast_oracle::{Hint, Oracle, read};

use crate::invalid::Invalid;

/// Compares the data that the header commits to with the diff that its inputs make: calldata by their hash, blobs element
/// by element, to their end.
///
/// # Errors
/// [`Invalid::Data`] when they are something else.
///
/// # Panics
/// When the oracle withholds what the header commits to.
pub(crate) fn check(oracle: &mut dyn Oracle, header: &BatchHeader, diff: &[u8]) -> Result<(), Invalid> {
    if header.dataHash == calldata_data_hash(diff) {
        return Ok(());
    }
    let preimage = read(oracle, header.dataHash, Hint::Data).expect("the oracle has what is on L1");
    let blobs = versioned_hashes(&preimage).ok_or(Invalid::Data)?;
    if blobs.len() != blob_count(diff.len()) {
        return Err(Invalid::Data);
    }
    for (number, blob) in blobs.into_iter().enumerate() {
        for (place, index) in (number * ELEMENTS_PER_BLOB..).zip(0..ELEMENTS_PER_BLOB as u32) {
            if oracle.element(blob, index) != element(diff, place) {
                return Err(Invalid::Data);
            }
        }
    }
    Ok(())
}

/// The blobs that a header's `dataHash` names, if it is one of blobs.
fn versioned_hashes(preimage: &[u8]) -> Option<Vec<B256>> {
    let (hashes, []) = preimage.strip_prefix(&[BLOBS])?.as_chunks::<32>() else { return None };
    Some(hashes.iter().map(B256::from).collect())
}
