//! The leaps of the vectors.

mod calls;
mod faults;
mod instructions;
mod leaps;
mod mixed;

use ballast_vm::{Facts, Machine};

/// A machine before a leap, and how the leap ends.
pub(crate) struct Case {
    pub name: String,
    pub machine: Machine,
    pub host: Facts,
    pub exit: Option<u8>,
}

impl Case {
    pub(crate) fn new(name: impl Into<String>, machine: Machine, exit: Option<u8>) -> Self {
        Self { name: name.into(), machine, host: Facts::default(), exit }
    }
}

pub(crate) fn all() -> Vec<Case> {
    [instructions::cases(), faults::cases(), calls::cases(), leaps::cases(), mixed::cases()]
        .into_iter()
        .flatten()
        .collect()
}
