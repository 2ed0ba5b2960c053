use super::*;
use alloy_primitives::U256;
use ballast_auth::K256;
use proptest::prelude::*;

/// Order of the group of secp256k1.
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba,
    0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
];

fn key(seed: [u8; 32]) -> Option<SigningKey> {
    SigningKey::from_bytes(seed)
}

fn same(digest: B256, signature: Signature) -> Option<Address> {
    let (ours, portable) = (Secp256k1.recover(digest, &signature), K256.recover(digest, &signature));
    assert_eq!(ours, portable, "{digest} {signature:?}");
    ours
}

fn with_high_s(signature: Signature) -> Signature {
    let mut bytes = signature.0;
    let s = U256::from_be_slice(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&(U256::from_be_bytes(ORDER) - s).to_be_bytes::<32>());
    bytes[64] = if bytes[64] == 27 { 28 } else { 27 };
    Signature(bytes)
}

proptest! {
    #[test]
    fn a_signature_recovers_to_its_signer_and_its_high_twin_to_nobody(seed: [u8; 32], digest: [u8; 32]) {
        let Some(key) = key(seed) else { return Ok(()) };
        let signature = key.sign(digest.into());
        prop_assert_eq!(same(digest.into(), signature), Some(key.address()));
        prop_assert_eq!(same(digest.into(), with_high_s(signature)), None);
    }

    #[test]
    fn every_changed_byte_is_judged_alike(seed: [u8; 32], digest: [u8; 32], at in 0_usize..65, byte: u8) {
        let Some(key) = key(seed) else { return Ok(()) };
        let mut signature = key.sign(digest.into());
        signature.0[at] = byte;
        same(digest.into(), signature);
    }

    #[test]
    fn garbage_is_judged_alike(head: [u8; 32], tail: [u8; 32], v in prop_oneof![27_u8..29, any::<u8>()], digest: [u8; 32]) {
        let mut bytes = [0; 65];
        bytes[..32].copy_from_slice(&head);
        bytes[32..64].copy_from_slice(&tail);
        bytes[64] = v;
        same(digest.into(), Signature(bytes));
        // The lower half of s, so that garbage reaches the curve.
        bytes[32] &= 0x3f;
        same(digest.into(), Signature(bytes));
    }
}

#[test]
fn the_edges_of_the_scalars_are_judged_alike() {
    let edges = [
        U256::ZERO,
        U256::from(1),
        U256::from_be_bytes(ORDER) - U256::from(1),
        U256::from_be_bytes(ORDER),
        U256::MAX,
    ];
    for r in edges {
        for s in edges {
            for v in [0, 1, 26, 27, 28, 29, 255] {
                let mut bytes = [0; 65];
                bytes[..32].copy_from_slice(&r.to_be_bytes::<32>());
                bytes[32..64].copy_from_slice(&s.to_be_bytes::<32>());
                bytes[64] = v;
                same(B256::repeat_byte(7), Signature(bytes));
            }
        }
    }
    assert!(key(ORDER).is_none() && key([0; 32]).is_none());
}
