//! Batch header, messages, input chunks, withdrawals and diffs: the bytes that are law on L1.
//!
//! What Solidity must hash too is ABI-encoded and named as in the contracts; what only Rust reads (the diff)
//! is packed. Everything that is decoded here has exactly one encoding.

#![no_std]

extern crate alloc;

pub mod blobs;
pub mod chunks;
pub mod data;
pub mod diff;
pub mod escape;
pub mod exits;
pub mod genesis;
pub mod header;
pub mod inbox;
pub mod promise;
pub mod withdrawal;

pub use diff::{Changed, Diff, DiffError, Stripes};
pub use escape::{EscapeClaim, EscapePayout};
pub use exits::{Advanced, ExitLeaves};
pub use genesis::genesis_diff;
pub use header::BatchHeader;
pub use withdrawal::{Withdrawal, Withdrawn};
