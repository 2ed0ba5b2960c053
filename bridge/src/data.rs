//! The state diff on its way to L1: in blobs (EIP-4844) or in calldata.
//!
//! In blobs the diff is packed as `ballast_batch::blobs` says, by alloy's `SimpleCoder`.

use crate::error::{Error, Result};
use alloy::{
    consensus::{BlobTransactionSidecarVariant, SidecarBuilder, SidecarCoder, SimpleCoder},
    eips::{
        eip4844::{
            Blob, FIELD_ELEMENTS_PER_BLOB, c_kzg, env_settings::EnvKzgSettings, kzg_to_versioned_hash,
        },
        eip7594::MAX_BLOBS_PER_TX_FUSAKA,
    },
    primitives::{B256, Bytes},
};
use ballast_batch::data::{blobs_data_hash, calldata_data_hash};
use std::sync::Arc;

/// Blobs that one transaction may carry (EIP-7594).
pub const MAX_BLOBS: usize = 6;
/// Bytes of a diff that fit [`MAX_BLOBS`] blobs: 31 in each field element, one element for the length.
pub const MAX_BLOB_BYTES: usize = (MAX_BLOBS * FIELD_ELEMENTS_PER_BLOB as usize - 1) * 31;
/// Bytes of a diff that fit a transaction without blobs: nodes pass on transactions of at most 128 KiB.
pub const MAX_CALLDATA_BYTES: usize = 120_000;

/// How the proofs of a blob transaction are written on the wire. L1 takes one form only at any time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SidecarForm {
    /// One proof a blob: before the Osaka hard fork.
    Eip4844,
    /// Proofs of all cells: from Osaka on.
    Eip7594,
}

/// Where a diff goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Into the blobs of the transaction.
    Blobs(SidecarForm),
    /// Into its calldata.
    Calldata,
}

/// A diff as its transaction carries it. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchData {
    /// In blobs.
    Blobs(Arc<BlobTransactionSidecarVariant>),
    /// In calldata.
    Calldata(Bytes),
}

impl BatchData {
    /// The header's `dataHash`.
    #[must_use]
    pub fn commitment(&self) -> B256 {
        match self {
            Self::Blobs(sidecar) => blobs_data_hash(&sidecar.versioned_hashes().collect::<Vec<_>>()),
            Self::Calldata(data) => calldata_data_hash(data),
        }
    }

    /// Whether the transaction carries blobs.
    #[must_use]
    pub const fn has_blobs(&self) -> bool {
        matches!(self, Self::Blobs(_))
    }
}

/// Packs a diff. Blobs cost about a second of CPU in all (KZG): keep it off threads that others wait for.
///
/// # Errors
/// [`Error::DataTooLarge`]; [`Error::EmptyDiff`], for the contract takes empty calldata as "look into the blobs";
/// [`Error::Kzg`].
pub fn seal_data(diff: &[u8], mode: Mode) -> Result<BatchData> {
    if diff.is_empty() {
        return Err(Error::EmptyDiff);
    }
    let limit = match mode {
        Mode::Blobs(_) => MAX_BLOB_BYTES,
        Mode::Calldata => MAX_CALLDATA_BYTES,
    };
    if diff.len() > limit {
        return Err(Error::DataTooLarge { bytes: diff.len(), limit });
    }
    let Mode::Blobs(form) = mode else {
        return Ok(BatchData::Calldata(Bytes::copy_from_slice(diff)));
    };
    let builder = SidecarBuilder::<SimpleCoder>::from_slice(diff);
    let sidecar = match form {
        SidecarForm::Eip4844 => builder.build_4844().map(BlobTransactionSidecarVariant::from),
        SidecarForm::Eip7594 => builder.build_7594().map(BlobTransactionSidecarVariant::from),
    }
    .map_err(|e| Error::Kzg(e.to_string()))?;
    Ok(BatchData::Blobs(Arc::new(sidecar)))
}

/// The diff that [`seal_data`] packed into `blobs`; `None` when they hold anything else, be it in what a diff leaves free.
#[must_use]
pub fn open_blobs(blobs: &[Blob]) -> Option<Vec<u8>> {
    let diff = SimpleCoder::default().decode_all(blobs)?.into_iter().next()?;
    (SidecarBuilder::<SimpleCoder>::from_slice(&diff).take() == blobs).then_some(diff)
}

/// The versioned hash of a blob, computed from its bytes.
///
/// # Errors
/// [`Error::Kzg`] when the bytes are no field elements.
pub fn versioned_hash(blob: &Blob) -> Result<B256> {
    let kzg = |e: c_kzg::Error| Error::Kzg(e.to_string());
    let blob = c_kzg::Blob::from_bytes(blob.as_slice()).map_err(kzg)?;
    let commitment = EnvKzgSettings::Default.get().blob_to_kzg_commitment(&blob).map_err(kzg)?;
    Ok(kzg_to_versioned_hash(commitment.as_slice()))
}

const _: () = assert!(MAX_BLOBS as u64 == MAX_BLOBS_PER_TX_FUSAKA);

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_batch::blobs::{blob_count, element};

    fn pack(diff: &[u8]) -> Vec<Blob> {
        SidecarBuilder::<SimpleCoder>::from_slice(diff).take()
    }

    #[test]
    fn a_diff_is_read_back_from_its_blobs() {
        for length in [1, 30, 31, 32, 4095 * 31, 4095 * 31 + 1, MAX_BLOB_BYTES] {
            let diff: Vec<u8> = (0..length).map(|i| (i % 251) as u8 + 1).collect();
            let blobs = pack(&diff);
            assert_eq!(blobs.len(), blob_count(length), "{length}");
            let packed = blobs.iter().flat_map(|blob| blob.chunks(32)).enumerate();
            for (place, bytes) in packed {
                assert_eq!(bytes, element(&diff, place), "element {place} of {length} bytes");
            }
            assert_eq!(open_blobs(&blobs), Some(diff), "{length}");
        }
        assert_eq!((blob_count(MAX_BLOB_BYTES), blob_count(MAX_BLOB_BYTES + 1)), (MAX_BLOBS, MAX_BLOBS + 1));
    }

    #[test]
    fn what_a_diff_leaves_free_is_zero() {
        let packed = pack(&[7; 5_000]);
        let mut longer = packed.clone();
        longer.push(Blob::ZERO);
        assert_eq!(open_blobs(&longer), None, "a blob too many");
        for at in [9, 31, 32, 32 * 163 + 20, 131_071] {
            let mut other = packed.clone();
            other[0][at] = 1;
            assert_eq!(open_blobs(&other), None, "byte {at}");
        }
    }

    #[test]
    fn other_blobs_are_no_diff() {
        assert_eq!(open_blobs(&[]), None);
        assert_eq!(open_blobs(&[Blob::ZERO]), None, "nothing");
        assert_eq!(open_blobs(&[Blob::repeat_byte(0xff)]), None, "no field elements");
        let mut truncated = pack(&[7; 5_000]);
        truncated[0][1..9].copy_from_slice(&u64::MAX.to_be_bytes());
        assert_eq!(open_blobs(&truncated), None, "a length that the blobs cannot hold");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert!(matches!(seal_data(&[], Mode::Calldata), Err(Error::EmptyDiff)));
        let large = vec![1; MAX_BLOB_BYTES + 1];
        for (mode, limit) in
            [(Mode::Calldata, MAX_CALLDATA_BYTES), (Mode::Blobs(SidecarForm::Eip7594), MAX_BLOB_BYTES)]
        {
            assert!(
                matches!(seal_data(&large, mode), Err(Error::DataTooLarge { limit: l, .. }) if l == limit)
            );
        }
    }

    #[test]
    fn the_sidecar_has_the_form_that_was_asked_for() {
        let hashes = [SidecarForm::Eip7594, SidecarForm::Eip4844].map(|form| {
            let BatchData::Blobs(sidecar) = seal_data(b"diff", Mode::Blobs(form)).expect("a sidecar") else {
                panic!("blobs were asked for");
            };
            assert_eq!(sidecar.is_eip7594(), form == SidecarForm::Eip7594);
            assert_eq!(
                versioned_hash(&sidecar.blobs()[0]).expect("a blob"),
                sidecar.versioned_hashes().next().expect("one")
            );
            sidecar.versioned_hashes().collect::<Vec<_>>()
        });
        assert_eq!(hashes[0], hashes[1], "the form does not change what is committed to");
    }
}
