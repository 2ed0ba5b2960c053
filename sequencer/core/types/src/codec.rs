//! The one canonical encoding: Borsh (<https://borsh.io>), little-endian and without padding or choice.
//!
//! A value has exactly one encoding, and [`decode`] refuses whatever is not one: unknown tags, trailing or
//! missing bytes, lengths that the bytes cannot hold.

use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

/// The bytes were not the encoding of such a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError;

impl core::fmt::Display for DecodeError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the bytes are not a canonical encoding")
    }
}

impl core::error::Error for DecodeError {}

/// The encoding of `value`.
///
/// # Panics
/// Never: writing to memory does not fail, and no list of ours is longer than a `u32`.
#[must_use]
pub fn encode<T: BorshSerialize>(value: &T) -> Vec<u8> {
    // Leaves and inputs are kept in great numbers, and `borsh::to_vec` would reserve a KiB for each.
    let length = borsh::object_length(value).expect("counting does not fail");
    let mut bytes = Vec::with_capacity(length);
    value.serialize(&mut bytes).expect("writing to memory does not fail");
    bytes
}

/// The value whose encoding is exactly `bytes`.
///
/// # Errors
/// [`DecodeError`] when there is none.
pub fn decode<T: BorshDeserialize>(bytes: &[u8]) -> Result<T, DecodeError> {
    borsh::from_slice(bytes).map_err(|_| DecodeError)
}
