//! Who runs the program, and what that one does for it: preimages, hashes, signers.

use core::{
    slice,
    sync::atomic::{AtomicBool, Ordering},
};

use alloy_primitives::{Address, B256};
use ballast_auth::{K256, Recover, is_canonical};
use ballast_oracle::{Hint, Oracle};
use ballast_types::Signature;
use rust_alloc::vec::Vec;
use tiny_keccak::{Hasher, Keccak};

use crate::{linux, machine};

/// Whether the machine runs the program; false under Linux.
static ON_MACHINE: AtomicBool = AtomicBool::new(false);

/// The host, to the program. It checks each preimage against the hash it asked for.
pub struct Host;

impl Host {
    /// Says that the machine runs the program. Called first of all, or never.
    pub fn is_the_machine() {
        ON_MACHINE.store(true, Ordering::Relaxed);
    }
}

fn on_machine() -> bool {
    ON_MACHINE.load(Ordering::Relaxed)
}

impl Oracle for Host {
    fn preimage(&mut self, hash: B256, _hint: Hint) -> Vec<u8> {
        if on_machine() { machine::preimage(&hash) } else { linux::preimage() }
    }

    fn element(&mut self, blob: B256, index: u32) -> B256 {
        if on_machine() { machine::element(&blob, index) } else { linux::element() }
    }
}

impl Recover for Host {
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address> {
        if !on_machine() {
            return K256.recover(digest, signature);
        }
        is_canonical(signature).then(|| machine::ecrecover(digest, signature)).flatten()
    }
}

/// Every keccak256 of the program: `alloy_primitives::keccak256` calls it (feature `native-keccak`).
///
/// # Safety
/// `bytes` has `length` readable bytes and `output` 32 writable ones.
#[unsafe(no_mangle)]
unsafe extern "C" fn native_keccak256(bytes: *const u8, length: usize, output: *mut u8) {
    // SAFETY: the caller's contract.
    let (bytes, output) = unsafe { (slice::from_raw_parts(bytes, length), &mut *output.cast::<[u8; 32]>()) };
    if length <= machine::MAX_BYTES && on_machine() {
        *output = machine::keccak256(bytes);
        return;
    }
    let mut hasher = Keccak::v256();
    hasher.update(bytes);
    hasher.finalize(output);
}
