//! The machine that a dispute runs on: its system calls (docs/machine.md).
//!
//! Whatever a call reads or writes begins at a multiple of 32, so what goes through here is copied into such a place.

use core::{arch::asm, mem::MaybeUninit};

use alloy_primitives::{Address, B256};
use ballast_types::Signature;
use rust_alloc::vec::Vec;

const READ_PREIMAGE: usize = 1;
const KECCAK256: usize = 2;
const ECRECOVER: usize = 3;
const READ_BLOB: usize = 4;

/// The most bytes that one call reads or writes.
pub const MAX_BYTES: usize = 1024;

/// Bytes at a multiple of 32.
#[repr(C, align(32))]
struct Aligned<T>(T);

/// The preimage of `hash`. The machine has no other bytes to give than those that hash to it.
pub fn preimage(hash: &B256) -> Vec<u8> {
    let name = Aligned(hash.0);
    let mut part = Aligned([MaybeUninit::<u8>::uninit(); MAX_BYTES]);
    let mut bytes = Vec::new();
    loop {
        let offset = bytes.len();
        // SAFETY: `name` is 32 readable bytes, `part` as many writable ones as it is told.
        let length = unsafe {
            call(READ_PREIMAGE, [(&raw const name).addr(), offset, (&raw mut part).addr(), MAX_BYTES])
        };
        if offset == 0 {
            bytes.reserve_exact(length);
        }
        let got = (length - offset).min(MAX_BYTES);
        // SAFETY: the call wrote the bytes that the preimage has from `offset` on, as far as they fit.
        bytes.extend_from_slice(unsafe { part.0[..got].assume_init_ref() });
        if bytes.len() == length {
            return bytes;
        }
    }
}

/// The field element `index` of the blob with the versioned hash `blob`.
pub fn element(blob: &B256, index: u32) -> B256 {
    let name = Aligned(blob.0);
    let mut element = Aligned([0; 32]);
    // SAFETY: `name` is 32 readable bytes and `element` 32 writable ones.
    unsafe { call(READ_BLOB, [(&raw const name).addr(), index as usize, (&raw mut element).addr(), 0]) };
    B256::new(element.0)
}

/// keccak256 of at most [`MAX_BYTES`] bytes.
pub fn keccak256(bytes: &[u8]) -> [u8; 32] {
    let mut input = Aligned([MaybeUninit::<u8>::uninit(); MAX_BYTES]);
    input.0[..bytes.len()].write_copy_of_slice(bytes);
    let mut hash = Aligned([0; 32]);
    // SAFETY: the first `bytes.len()` bytes of `input` were written just now, and `hash` has 32 writable ones.
    unsafe { call(KECCAK256, [(&raw const input).addr(), bytes.len(), (&raw mut hash).addr(), 0]) };
    hash.0
}

/// Who signed `digest`, as the EVM says.
pub fn ecrecover(digest: B256, signature: &Signature) -> Option<Address> {
    let mut input = Aligned([0; 128]);
    let (rs, v) = signature.0.split_at(64);
    input.0[..32].copy_from_slice(digest.as_slice());
    input.0[63] = v[0];
    input.0[64..].copy_from_slice(rs);
    let mut signer = Aligned([0; 32]);
    // SAFETY: `input` has 128 readable bytes and `signer` 32 writable ones.
    let found = unsafe { call(ECRECOVER, [(&raw const input).addr(), (&raw mut signer).addr(), 0, 0]) };
    (found == 1).then(|| Address::from_word(B256::new(signer.0)))
}

/// # Safety
/// The memory behind the arguments must be what the call `number` expects.
unsafe fn call(number: usize, [a, b, c, d]: [usize; 4]) -> usize {
    let result;
    // SAFETY: all registers the call may change are named; memory is assumed clobbered.
    unsafe {
        asm!(
            "ecall", in("a7") number, inlateout("a0") a => result, in("a1") b, in("a2") c, in("a3") d,
            options(nostack)
        )
    };
    result
}
