//! The machine of a dispute, beside the sequencer.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Whether batches are judged as a dispute would judge them, before they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MachineConfig {
    /// ELF file of the program; without one the machine does not run.
    pub guest: Option<PathBuf>,
    /// Every so many batches are judged.
    pub every: u64,
}

impl Default for MachineConfig {
    fn default() -> Self {
        Self { guest: None, every: 1 }
    }
}
