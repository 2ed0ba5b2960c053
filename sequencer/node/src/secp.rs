//! secp256k1 by libsecp256k1: several times faster than the portable code of the core, with the same results.

mod remembering;

pub use remembering::Remembering;

use alloy_primitives::{Address, B256};
use ballast_auth::Recover;
use ballast_types::Signature;
use secp256k1::{
    Message, SecretKey,
    ecdsa::{RecoverableSignature, RecoveryId},
};

/// Recovers signers with libsecp256k1. Agrees with [`ballast_auth::K256`] on every input: a test compares them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Secp256k1;

impl Recover for Secp256k1 {
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address> {
        let bytes = &signature.0;
        let id = match bytes[64] {
            27 => RecoveryId::Zero,
            28 => RecoveryId::One,
            _ => return None,
        };
        let parsed = RecoverableSignature::from_compact(&bytes[..64], id).ok()?;
        // Recovery takes a high s; the protocol does not (EIP-2): only the lower of the two is canonical.
        let mut standard = parsed.to_standard();
        standard.normalize_s();
        if standard.serialize_compact() != bytes[..64] {
            return None;
        }
        let key = parsed.recover_ecdsa(Message::from_digest(digest.0)).ok()?;
        Some(Address::from_raw_public_key(&key.serialize_uncompressed()[1..]))
    }
}

/// A key that signs digests: the sequencer's, for its promises.
#[derive(Clone)]
pub struct SigningKey {
    secret: SecretKey,
    address: Address,
}

impl SigningKey {
    /// The key with these bytes, or `None` when they are no key.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Option<Self> {
        let secret = SecretKey::from_secret_bytes(bytes).ok()?;
        let public = secp256k1::PublicKey::from_secret_key(&secret);
        let address = Address::from_raw_public_key(&public.serialize_uncompressed()[1..]);
        Some(Self { secret, address })
    }

    /// The key's address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.address
    }

    /// Signs a digest; deterministic (RFC 6979), `s` in the lower half.
    #[must_use]
    pub fn sign(&self, digest: B256) -> Signature {
        let signed =
            RecoverableSignature::sign_ecdsa_recoverable(Message::from_digest(digest.0), &self.secret);
        let (id, compact) = signed.serialize_compact();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&compact);
        // An id above 1 means r passed the group order: one chance in 2^127, and then v is not 27 or 28 and
        // the signature is refused by whoever checks it.
        bytes[64] = 27 + id.to_u8();
        Signature(bytes)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("address", &self.address).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
