use super::*;
use k256::{ecdsa::SigningKey, elliptic_curve::PrimeField};
use proptest::prelude::*;

fn sign(key: &SigningKey, digest: B256) -> Signature {
    let (rs, id) = key.sign_prehash_recoverable(digest.as_slice());
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&rs.to_bytes());
    bytes[64] = 27 + id.to_byte();
    Signature(bytes)
}

fn address(key: &SigningKey) -> Address {
    Address::from_raw_public_key(&key.verifying_key().to_sec1_point(false).as_bytes()[1..])
}

/// The other signature of the same key for the same digest: `s` negated and the parity swapped.
fn malleated(signature: Signature) -> Signature {
    let mut bytes = signature.0;
    let s: [u8; 32] = bytes[32..64].try_into().expect("32 bytes");
    let negated = -k256::Scalar::from_repr(s.into()).expect("below the order");
    bytes[32..64].copy_from_slice(&negated.to_repr());
    bytes[64] = 27 + 28 - bytes[64];
    Signature(bytes)
}

fn keys() -> impl Strategy<Value = SigningKey> {
    any::<[u8; 32]>().prop_filter_map("a scalar", |bytes| SigningKey::from_slice(&bytes).ok())
}

#[test]
fn half_the_order_is_half_the_order() {
    // -1/2 = (n - 1)/2 modulo n.
    let half = -(k256::Scalar::from(2_u64).invert().expect("2 is not zero"));
    assert_eq!(HALF_ORDER, <[u8; 32]>::from(half.to_repr()));
}

#[test]
fn the_edges_of_a_canonical_signature() {
    let with = |r: [u8; 32], s: [u8; 32], v: u8| {
        let mut bytes = [0; 65];
        bytes[..32].copy_from_slice(&r);
        bytes[32..64].copy_from_slice(&s);
        bytes[64] = v;
        Signature(bytes)
    };
    let one = k256::Scalar::ONE.to_repr().into();
    let above_half = {
        let mut bytes = HALF_ORDER;
        bytes[31] += 1;
        bytes
    };
    let minus_one: [u8; 32] = (-k256::Scalar::ONE).to_repr().into();
    assert!(is_canonical(&with(one, one, 27)) && is_canonical(&with(minus_one, HALF_ORDER, 28)));
    for v in (0..=u8::MAX).filter(|v| !(27..=28).contains(v)) {
        assert!(!is_canonical(&with(one, one, v)), "v {v}");
    }
    for refused in
        [with([0; 32], one, 27), with(one, [0; 32], 27), with(one, above_half, 27), with(one, minus_one, 27)]
    {
        assert!(!is_canonical(&refused));
        assert_eq!(K256.recover(B256::ZERO, &refused), None);
    }
}

#[test]
fn r_at_or_above_the_order_and_r_that_is_no_point_recover_to_nobody() {
    let recover = |r: [u8; 32]| {
        let mut bytes = [0; 65];
        bytes[..32].copy_from_slice(&r);
        bytes[63] = 1;
        bytes[64] = 27;
        K256.recover(B256::repeat_byte(1), &Signature(bytes))
    };
    let small = |x: u8| {
        let mut bytes = [0; 32];
        bytes[31] = x;
        bytes
    };
    // Of the curve's small x, 1 has a point and 5 has none.
    assert!(recover(small(1)).is_some());
    assert_eq!(recover(small(5)), None);
    let mut order: [u8; 32] = (-k256::Scalar::ONE).to_repr().into();
    order[31] += 1;
    assert_eq!(recover(order), None);
    assert_eq!(recover([0xff; 32]), None);
}

#[test]
fn a_signature_that_recovers_to_the_point_at_infinity_names_nobody() {
    // With k = 1, R is the generator and r its x; s = z makes s R - z G the point at infinity.
    let r = k256::elliptic_curve::point::AffineCoordinates::x(&k256::AffinePoint::GENERATOR);
    let mut bytes = [0; 65];
    bytes[..32].copy_from_slice(&r);
    bytes[63] = 7;
    // The generator's y is even.
    bytes[64] = 27;
    let digest = B256::from_slice(&bytes[32..64]);
    assert_eq!(K256.recover(digest, &Signature(bytes)), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_signer_is_recovered(key in keys(), digest in any::<[u8; 32]>()) {
        let digest = B256::from(digest);
        prop_assert_eq!(K256.recover(digest, &sign(&key, digest)), Some(address(&key)));
    }

    #[test]
    fn the_second_signature_that_anyone_can_make_is_refused(key in keys(), digest in any::<[u8; 32]>()) {
        let digest = B256::from(digest);
        let high = malleated(sign(&key, digest));
        prop_assert!(!is_canonical(&high));
        prop_assert_eq!(K256.recover(digest, &high), None);
        // It is refused for its form alone: with the check left out it does name the signer.
        let id = RecoveryId::new(high.0[64] == 28, false);
        let rs = k256::ecdsa::Signature::from_slice(&high.0[..64]).expect("both in range");
        let recovered = VerifyingKey::recover_from_prehash(digest.as_slice(), &rs, id).expect("a key");
        prop_assert_eq!(&recovered, key.verifying_key());
    }

    #[test]
    fn a_flipped_bit_never_names_the_signer(key in keys(), digest in any::<[u8; 32]>(), bit in 0..(65 + 32) * 8_usize) {
        let mut digest = digest;
        let mut signature = sign(&key, B256::from(digest));
        let (byte, mask) = (bit / 8, 1_u8 << (bit % 8));
        match byte.checked_sub(65) {
            None => signature.0[byte] ^= mask,
            Some(byte) => digest[byte] ^= mask,
        }
        prop_assert_ne!(K256.recover(B256::from(digest), &signature), Some(address(&key)));
    }

    #[test]
    fn any_bytes_are_answered(bytes in any::<[u8; 65]>(), v in 27..=28_u8, digest in any::<[u8; 32]>()) {
        let mut bytes = bytes;
        let _ = K256.recover(B256::from(digest), &Signature(bytes));
        bytes[64] = v;
        bytes[32] &= 0x7f;
        let _ = K256.recover(B256::from(digest), &Signature(bytes));
    }
}
