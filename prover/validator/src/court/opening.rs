//! The proof of a field element of a blob (EIP-4844).

use crate::error::Result;
use alloy::{
    eips::eip4844::{Blob, c_kzg, env_settings::EnvKzgSettings},
    primitives::{B256, Bytes, U256, uint},
};
use ballast_bridge::Error as L1Error;

/// Field elements are below this.
const MODULUS: U256 = uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);
/// Its 4,096th power, and none before, is 1.
const ROOT_OF_UNITY: U256 = uint!(0x564c0a11a0f704f4fc3e8acfe0f8245f0ad1347b378fbf96e206da11a5d36306_U256);

/// Where the polynomial of a blob has the value of an element: the root of unity to the power of the index with its twelve
/// bits reversed.
fn point(index: u16) -> U256 {
    ROOT_OF_UNITY.pow_mod(U256::from(index.reverse_bits() >> 4), MODULUS)
}

/// Element, commitment and proof, 32 + 48 + 48 bytes, as a leap's witness has them.
///
/// # Errors
/// When the library for KZG fails.
pub(super) fn opening(blob: &Blob, index: u16, element: B256) -> Result<Bytes> {
    let kzg = |error: c_kzg::Error| L1Error::Kzg(error.to_string());
    let settings = EnvKzgSettings::Default.get();
    let blob = c_kzg::Blob::from_bytes(blob.as_slice()).map_err(kzg)?;
    let commitment = settings.blob_to_kzg_commitment(&blob).map_err(kzg)?;
    let z = c_kzg::Bytes32::from_bytes(&point(index).to_be_bytes::<32>()).map_err(kzg)?;
    let (proof, _) = settings.compute_kzg_proof(&blob, &z).map_err(kzg)?;
    Ok([element.as_slice(), commitment.as_slice(), proof.as_slice()].concat().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_at_the_point_is_the_element() {
        let mut blob = Blob::ZERO;
        for (place, element) in blob.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            element[30..].copy_from_slice(&u16::try_from(place + 1).expect("4,096 elements").to_be_bytes());
        }
        let settings = EnvKzgSettings::Default.get();
        for index in [0, 1, 2_048, 4_095] {
            let element = B256::from(U256::from(index + 1));
            let bytes = opening(&blob, index, element).expect("an opening");
            let array =
                |range: std::ops::Range<usize>| c_kzg::Bytes48::from_bytes(&bytes[range]).expect("48 bytes");
            let z = c_kzg::Bytes32::from_bytes(&point(index).to_be_bytes::<32>()).expect("32 bytes");
            let y = c_kzg::Bytes32::from_bytes(&bytes[..32]).expect("32 bytes");
            assert!(settings.verify_kzg_proof(&array(32..80), &z, &y, &array(80..128)).expect("an answer"));
        }
    }
}
