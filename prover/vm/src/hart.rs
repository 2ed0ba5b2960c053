//! What of the machine is not memory.

use crate::{fault::Fault, limits::CYCLES, state::MachineState, subject::Subject};
use alloy_primitives::B256;

/// The hardware thread: everything of the state but memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hart {
    /// Address of the next instruction.
    pub pc: u64,
    /// Cycles so far.
    pub cycle: u64,
    /// The exit code once the machine has halted.
    pub exit: Option<u8>,
    /// Registers `x0` to `x31`; `x0` is always 0.
    pub x: [u64; 32],
}

impl Hart {
    /// Where a run starts: at `entry`, with the hash of the subject in `a0` to `a3` and what it is in `a4`.
    #[must_use]
    pub fn start(entry: u64, subject: Subject, hash: B256) -> Self {
        let mut hart = Self { pc: entry, ..Self::default() };
        for (register, bytes) in hart.x[10..14].iter_mut().zip(hash.as_chunks::<8>().0) {
            *register = u64::from_le_bytes(*bytes);
        }
        hart.x[14] = subject as u64;
        hart
    }

    /// Writes a register; what is written to `x0` is lost.
    pub fn set(&mut self, register: u8, value: u64) {
        if register != 0 {
            self.x[usize::from(register)] = value;
        }
    }

    /// Halts by a fault: one cycle more, all else stays.
    pub fn fault(&mut self, fault: Fault) {
        self.exit = Some(fault.code());
        self.cycle += CYCLES;
    }

    /// The state, with the root of memory.
    #[must_use]
    pub fn state(&self, memory_root: B256) -> MachineState {
        let mut x = [0; 31];
        x.copy_from_slice(&self.x[1..]);
        MachineState {
            memory_root,
            pc: self.pc,
            cycle: self.cycle,
            halted: self.exit.is_some(),
            exit_code: self.exit.unwrap_or(0),
            x,
        }
    }
}

impl From<&MachineState> for Hart {
    fn from(state: &MachineState) -> Self {
        let mut x = [0; 32];
        x[1..].copy_from_slice(&state.x);
        Self { pc: state.pc, cycle: state.cycle, exit: state.halted.then_some(state.exit_code), x }
    }
}
