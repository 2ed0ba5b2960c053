//! The leaps of the vectors.

mod blobs;
mod calls;
mod dearest;
mod faults;
mod instructions;
mod leaps;
mod mixed;

use alloy_primitives::Bytes;
use ballast_vm::{Facts, Machine};

/// A machine before a leap, and how the leap ends.
pub(crate) struct Case {
    pub name: String,
    pub machine: Machine,
    pub host: Facts,
    /// Of the field element that it reads; empty when it reads none.
    pub opening: Bytes,
    pub exit: Option<u8>,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, machine: Machine, exit: Option<u8>) -> Self {
        Self { name: name.into(), machine, host: Facts::default(), opening: Bytes::new(), exit }
    }
}

pub(crate) fn all() -> Vec<Case> {
    [
        instructions::cases(),
        faults::cases(),
        calls::cases(),
        blobs::cases(),
        leaps::cases(),
        mixed::cases(),
        dearest::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}
