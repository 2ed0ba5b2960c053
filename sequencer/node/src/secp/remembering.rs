//! A signature is recovered once: whoever asks for it again soon, as the second opinion on a batch does, is told.

use super::Secp256k1;
use alloy_primitives::{Address, B256};
use ballast_auth::Recover;
use ballast_types::Signature;
use std::{
    collections::HashMap,
    mem,
    sync::{Arc, Mutex, MutexGuard},
};

/// Signatures in one generation. The last two are remembered: some 10 MB, more inputs than a batch has.
const GENERATION: usize = 32_768;

type Signed = HashMap<B256, (Signature, Option<Address>)>;

/// Recovers as [`Secp256k1`] does, and remembers. A clone remembers with it.
#[derive(Clone, Debug, Default)]
pub struct Remembering(Arc<Mutex<Generations>>);

#[derive(Debug, Default)]
struct Generations {
    young: Signed,
    old: Signed,
}

impl Recover for Remembering {
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address> {
        if let Some(known) = self.lock().and_then(|generations| generations.get(digest, signature)) {
            return known;
        }
        let signer = Secp256k1.recover(digest, signature);
        if let Some(mut generations) = self.lock() {
            generations.put(digest, *signature, signer);
        }
        signer
    }
}

impl Remembering {
    /// None while another thread looks, which may have lost its core: to recover once more takes less than to wait for that.
    fn lock(&self) -> Option<MutexGuard<'_, Generations>> {
        // Nothing panics while it holds the lock.
        self.0.try_lock().ok()
    }
}

impl Generations {
    fn get(&self, digest: B256, signature: &Signature) -> Option<Option<Address>> {
        let known = self.young.get(&digest).or_else(|| self.old.get(&digest));
        known.filter(|(signed, _)| signed == signature).map(|(_, signer)| *signer)
    }

    fn put(&mut self, digest: B256, signature: Signature, signer: Option<Address>) {
        if self.young.len() >= GENERATION {
            // What is emptied keeps its room: nobody waits for the lock while a map grows or is given back.
            mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
        }
        self.young.insert(digest, (signature, signer));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secp::SigningKey;

    #[test]
    fn what_is_remembered_is_what_would_be_recovered() {
        let remembering = Remembering::default();
        let key = SigningKey::from_bytes([3; 32]).expect("a key");
        for n in 0..200_u8 {
            let digest = B256::repeat_byte(n / 4);
            let mut signature = key.sign(digest);
            // Of four signatures of a digest two are sound, one is of another and one is none.
            match n % 4 {
                2 => signature = key.sign(B256::repeat_byte(n)),
                3 => signature.0[64] = 29,
                _ => {}
            }
            for _ in 0..2 {
                assert_eq!(remembering.recover(digest, &signature), Secp256k1.recover(digest, &signature));
            }
        }
    }

    #[test]
    fn no_more_than_two_generations_are_kept() {
        let mut generations = Generations::default();
        let digest = |n: usize| B256::left_padding_from(&n.to_be_bytes());
        for n in 0..3 * GENERATION {
            generations.put(digest(n), Signature([1; 65]), None);
        }
        assert_eq!(generations.young.len() + generations.old.len(), 2 * GENERATION);
        assert_eq!(generations.get(digest(0), &Signature([1; 65])), None);
        assert_eq!(generations.get(digest(3 * GENERATION - 1), &Signature([1; 65])), Some(None));
        assert_eq!(generations.get(digest(3 * GENERATION - 1), &Signature([2; 65])), None);
    }
}
