//! The state of the machine between two steps, and its hash.

use alloy_primitives::{B256, keccak256};

/// Bytes of an encoded state.
pub(crate) const STATE_BYTES: usize = 298;

/// The whole state; memory is in it by its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineState {
    /// Root over all memory.
    pub memory_root: B256,
    /// Address of the next instruction.
    pub pc: u64,
    /// Cycles so far.
    pub cycle: u64,
    /// Whether it stands still for ever.
    pub halted: bool,
    /// Why; 0 while it runs.
    pub exit_code: u8,
    /// Registers `x1` to `x31`.
    pub x: [u64; 31],
}

impl MachineState {
    /// Whether a run that ends so says that its subject is valid: halted with code 0.
    #[must_use]
    pub const fn says_valid(&self) -> bool {
        self.halted && self.exit_code == 0
    }

    /// The bytes that are hashed: the fields in their order, integers big-endian, without padding.
    #[must_use]
    pub fn encode(&self) -> [u8; STATE_BYTES] {
        let mut bytes = [0; STATE_BYTES];
        bytes[..32].copy_from_slice(self.memory_root.as_slice());
        bytes[32..40].copy_from_slice(&self.pc.to_be_bytes());
        bytes[40..48].copy_from_slice(&self.cycle.to_be_bytes());
        bytes[48] = u8::from(self.halted);
        bytes[49] = self.exit_code;
        for (place, register) in bytes[50..].as_chunks_mut::<8>().0.iter_mut().zip(self.x) {
            *place = register.to_be_bytes();
        }
        bytes
    }

    /// The state hash.
    #[must_use]
    pub fn hash(&self) -> B256 {
        keccak256(self.encode())
    }
}
