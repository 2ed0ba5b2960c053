//! A run's preimages and field elements in the order in which it asks for them.
//!
//! The program is deterministic, so a tape recorded by one host feeds any other: the guest reads it from its
//! standard input. Format: for each its length as `u32` little-endian, then its bytes.

use crate::{Hint, Oracle};
use alloc::vec::Vec;
use alloy_primitives::B256;

/// Passes an oracle's answers on and keeps them.
#[derive(Debug)]
pub struct Recorder<O> {
    inner: O,
    tape: Vec<u8>,
}

impl<O: Oracle> Recorder<O> {
    /// Records what `inner` answers.
    pub const fn new(inner: O) -> Self {
        Self { inner, tape: Vec::new() }
    }

    fn record(&mut self, bytes: &[u8]) {
        let length = u32::try_from(bytes.len()).expect("a preimage is far below 4 GiB");
        self.tape.extend_from_slice(&length.to_le_bytes());
        self.tape.extend_from_slice(bytes);
    }

    /// What was recorded.
    #[must_use]
    pub fn into_tape(self) -> Vec<u8> {
        self.tape
    }
}

impl<O: Oracle> Oracle for Recorder<O> {
    fn preimage(&mut self, hash: B256, hint: Hint) -> Vec<u8> {
        let bytes = self.inner.preimage(hash, hint);
        self.record(&bytes);
        bytes
    }

    fn element(&mut self, blob: B256, index: u32) -> B256 {
        let element = self.inner.element(blob, index);
        self.record(element.as_slice());
        element
    }
}

/// Answers from a tape, whatever is asked; the asker verifies.
#[derive(Debug)]
pub struct Tape<'a> {
    rest: &'a [u8],
}

impl<'a> Tape<'a> {
    /// Reads `bytes` from their beginning.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }
}

impl Oracle for Tape<'_> {
    /// The next preimage; empty when the tape is at its end or torn.
    fn preimage(&mut self, _hash: B256, _hint: Hint) -> Vec<u8> {
        let Some((length, rest)) = self.rest.split_first_chunk::<4>() else { return Vec::new() };
        let Some((bytes, rest)) =
            usize::try_from(u32::from_le_bytes(*length)).ok().and_then(|n| rest.split_at_checked(n))
        else {
            return Vec::new();
        };
        self.rest = rest;
        bytes.to_vec()
    }

    fn element(&mut self, blob: B256, _index: u32) -> B256 {
        B256::try_from(self.preimage(blob, Hint::Data).as_slice()).expect("the tape has every field element")
    }
}
