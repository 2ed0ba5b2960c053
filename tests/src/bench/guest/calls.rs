//! What a run is made of: instructions, and system calls by their number.

use crate::bench::batches::Batch;
use ballast_vm::{
    limits::{ECRECOVER_CYCLES, KECCAK256_CYCLES, READ_BLOB_CYCLES, READ_PREIMAGE_CYCLES},
    step::step,
};
use serde::Serialize;

/// How often each was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// Instructions that are no such call, at one cycle each; the exit among them.
    pub instructions: u64,
    /// `read_preimage`, at 1,024 cycles.
    pub read_preimage: u64,
    /// `keccak256`, at 64 cycles.
    pub keccak256: u64,
    /// `ecrecover`, at 256 cycles.
    pub ecrecover: u64,
    /// `read_blob`, at 1,024 cycles.
    pub read_blob: u64,
}

impl Calls {
    /// Counts them on the reference machine: a step costs what its call does.
    ///
    /// # Panics
    /// When the guest asks for what its tape does not have, or calls what there is not.
    pub(super) fn of(batch: &Batch) -> Self {
        let (mut machine, mut facts) = (batch.machine().into_machine(), batch.facts());
        let mut calls = Self::default();
        while machine.hart.exit.is_none() {
            let (before, number) = (machine.hart.cycle, machine.hart.x[17]);
            step(&mut machine.hart, &mut machine.memory, &mut facts)
                .expect("the tape has all that it asks for");
            calls.count(machine.hart.cycle - before, number);
        }
        calls
    }

    /// Counts a step that cost so much while `a7` was `number`.
    fn count(&mut self, cost: u64, number: u64) {
        let counted = match (cost, number) {
            (1, _) => &mut self.instructions,
            (READ_PREIMAGE_CYCLES, 1) => &mut self.read_preimage,
            (KECCAK256_CYCLES, 2) => &mut self.keccak256,
            (ECRECOVER_CYCLES, 3) => &mut self.ecrecover,
            (READ_BLOB_CYCLES, 4) => &mut self.read_blob,
            _ => panic!("a step that costs {cost} with {number} in a7"),
        };
        *counted += 1;
    }

    /// What they cost together, in cycles.
    #[cfg(test)]
    const fn cycles(&self) -> u64 {
        self.instructions
            + READ_PREIMAGE_CYCLES * self.read_preimage
            + KECCAK256_CYCLES * self.keccak256
            + ECRECOVER_CYCLES * self.ecrecover
            + READ_BLOB_CYCLES * self.read_blob
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bench::{batches::Parameters, vm::whole},
        guest::Guest,
    };

    #[test]
    fn the_calls_cost_what_the_machine_counts() {
        if Guest::find().is_none() {
            return;
        }
        let workload = Parameters { orders: 40, markets: 2, operations: 4, seed: 1 };
        let batch = Batch::of(&workload).expect("there is a guest");
        let calls = Calls::of(&batch);
        assert_eq!(calls.cycles(), whole(&batch).1);
        assert_eq!(calls.read_blob, 0, "its data are in calldata");
        assert_eq!(calls.ecrecover, batch.signatures, "one for each signature");
        assert!(calls.read_preimage > 100 && calls.keccak256 > calls.read_preimage, "{calls:?}");
    }
}
