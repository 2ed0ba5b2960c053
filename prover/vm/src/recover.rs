//! The EVM's precompile 1, bit for bit: unlike the exchange's own recovery it takes the upper half of `s`, too.

use crate::leaves::Leaf;
use alloy_primitives::{Address, U256};
use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};

/// The signer of `input`: digest, `v` as a number, `r`, `s`. `None` where the precompile returns nothing.
#[must_use]
pub(crate) fn ecrecover(input: &[Leaf; 4]) -> Option<Address> {
    let [digest, v, r, s] = input;
    let v = U256::from_be_bytes(*v);
    let mut odd = match u64::try_from(v) {
        Ok(27) => false,
        Ok(28) => true,
        _ => return None,
    };
    let mut signature = Signature::from_scalars(*r, *s).ok()?;
    // The library takes the lower half only; the other signature of the pair has the same signer.
    let lower = signature.normalize_s();
    if lower != signature {
        signature = lower;
        odd = !odd;
    }
    let key = VerifyingKey::recover_from_prehash(digest, &signature, RecoveryId::new(odd, false)).ok()?;
    let point = key.to_sec1_point(false);
    // The first byte marks an uncompressed point.
    Some(Address::from_raw_public_key(point.as_bytes().get(1..)?))
}
