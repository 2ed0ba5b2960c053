//! From a digest and a signature to the address that signed.

use alloy_primitives::{Address, B256};
use ballast_types::Signature;
use k256::ecdsa::{RecoveryId, VerifyingKey};

/// Half the order of secp256k1, rounded down: the largest `s` of a canonical signature (EIP-2).
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x5d,
    0x57, 0x6e, 0x73, 0x57, 0xa4, 0x50, 0x1d, 0xdf, 0xe9, 0x2f, 0x46, 0x68, 0x1b, 0x20, 0xa0,
];

/// Recovers signers. Every implementation gives the same answer as [`K256`] for every input: the outcome of
/// the exchange depends on it.
pub trait Recover {
    /// The address whose key signed `digest`. `None` when the signature is not canonical
    /// ([`is_canonical`]), when `r` is not below the order of the curve or names no point, or when the
    /// recovered point is none.
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address>;
}

/// Whether a signature has the one form that the exchange takes: `v` 27 or 28, `r` and `s` not zero, `s` in
/// the lower half. Of the two signatures that anyone can make out of one, this leaves one (EIP-2). Whether `r`
/// is a point is for [`Recover`] to find.
#[must_use]
pub fn is_canonical(signature: &Signature) -> bool {
    let (r, rest) = signature.0.split_at(32);
    let (s, v) = rest.split_at(32);
    let not_zero = |bytes: &[u8]| bytes.iter().any(|&byte| byte != 0);
    matches!(v, [27 | 28]) && not_zero(r) && not_zero(s) && s <= HALF_ORDER.as_slice()
}

/// Portable recovery in Rust alone, for the guest and for tests.
#[derive(Clone, Copy, Debug, Default)]
pub struct K256;

impl Recover for K256 {
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address> {
        if !is_canonical(signature) {
            return None;
        }
        // A canonical `v` never asks for an `r` above the order, as the EVM's own recovery does not.
        let id = RecoveryId::new(signature.0[64] == 28, false);
        let rs = k256::ecdsa::Signature::from_slice(&signature.0[..64]).ok()?;
        let key = VerifyingKey::recover_from_prehash(digest.as_slice(), &rs, id).ok()?;
        let point = key.to_sec1_point(false);
        // The first byte marks an uncompressed point.
        Some(Address::from_raw_public_key(point.as_bytes().get(1..)?))
    }
}

#[cfg(test)]
mod tests;
