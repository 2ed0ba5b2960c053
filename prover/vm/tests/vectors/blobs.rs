//! Field elements of a blob, with the openings that a contract verifies.

use super::{
    Case,
    calls::{HASH, TO, before},
};
use alloy::eips::eip4844::{BYTES_PER_BLOB, c_kzg, env_settings::EnvKzgSettings, kzg_to_versioned_hash};
use alloy_primitives::{B256, U256, keccak256, uint};
use ballast_vm::BlobElement;

/// Field elements are below this.
const MODULUS: U256 = uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);
/// It generates all of the field but zero.
const GENERATOR: U256 = uint!(7_U256);

/// Element `index` of the blob: whatever fits the field, and zero once.
fn element(index: u16) -> B256 {
    let mut element = keccak256(index.to_be_bytes());
    element[0] >>= 2;
    if index == 7 { B256::ZERO } else { element }
}

fn blob() -> c_kzg::Blob {
    let bytes: Vec<u8> = (0..4096).flat_map(|index| element(index).0).collect();
    assert_eq!(bytes.len(), BYTES_PER_BLOB);
    c_kzg::Blob::from_bytes(&bytes).expect("its size is right")
}

/// Where the polynomial has the value of element `index`: roots of unity are ordered by the index with its bits reversed.
fn point(index: u16) -> U256 {
    let exponent = U256::from(index.reverse_bits() >> 4);
    GENERATOR.pow_mod((MODULUS - uint!(1_U256)) / uint!(4096_U256) * exponent, MODULUS)
}

pub(super) fn cases() -> Vec<Case> {
    let (blob, settings) = (blob(), EnvKzgSettings::Default.get());
    let commitment = settings.blob_to_kzg_commitment(&blob).expect("its elements are").to_bytes();
    let versioned_hash = kzg_to_versioned_hash(commitment.as_slice());
    let case = |index: u16, to: u64| {
        let z = c_kzg::Bytes32::new(point(index).to_be_bytes());
        let (proof, value) = settings.compute_kzg_proof(&blob, &z).expect("the point is in the field");
        assert_eq!(*value, element(index).0, "the polynomial at the point of element {index}");
        let mut machine = before(4, &[HASH, index.into(), to]);
        machine.memory.write(HASH, versioned_hash.as_slice());
        let mut case = Case::new(format!("read_blob: element {index} to {to:#x}"), machine, None);
        case.host.add_blob_element(BlobElement { versioned_hash, index, element: element(index) });
        case.opening = [&*value, commitment.as_slice(), proof.to_bytes().as_slice()].concat().into();
        case
    };
    vec![case(0, TO), case(1, TO), case(7, TO), case(2048, TO), case(4095, TO), case(1234, HASH)]
}
