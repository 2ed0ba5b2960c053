//! Leaps: as many steps as one transaction on L1 can execute.

use crate::{
    hart::Hart,
    host::{Asked, Host},
    image::Image,
    leaves::{Leaf, Leaves, Missing, Touched},
    limits::{LEAP_CYCLES, LEAP_LEAVES},
    memory::Memory,
    proof,
    state::MachineState,
    step::step,
    subject::Subject,
    witness::LeapWitness,
};
use alloy_primitives::B256;
use std::collections::BTreeMap;

/// Executes one leap, and tells the leaves that it touched, as they were before it. A halted machine stays as it is.
///
/// # Errors
/// [`Missing`] what a step needs. The machine stands inside the leap then and is of no use any more.
pub(crate) fn run_leap(
    hart: &mut Hart,
    memory: &mut impl Leaves,
    host: &mut impl Host,
) -> Result<BTreeMap<u32, Leaf>, Missing> {
    let mut memory = Touched::new(memory);
    let start = hart.cycle;
    while hart.exit.is_none() {
        step(hart, &mut memory, host)?;
        if hart.cycle - start >= LEAP_CYCLES || memory.before.len() >= LEAP_LEAVES {
            break;
        }
    }
    Ok(memory.before)
}

/// The reference machine: all its memory, and steps that are slow and obvious.
#[derive(Clone, Debug, Default)]
pub struct Machine {
    /// Everything but memory.
    pub hart: Hart,
    /// Memory.
    pub memory: Memory,
}

/// A leap: the state before it, and what its witness is made of.
#[derive(Clone, Debug)]
pub struct Leap {
    /// The state in which it begins.
    pub before: MachineState,
    /// What it needs.
    pub witness: LeapWitness,
}

impl Machine {
    /// A machine that stands at the start of a run on the subject with this hash.
    #[must_use]
    pub fn start(image: Image, subject: Subject, hash: B256) -> Self {
        Self { hart: Hart::start(image.entry, subject, hash), memory: image.memory }
    }

    /// The state. What changed of memory is hashed.
    pub fn state(&mut self) -> MachineState {
        self.hart.state(self.memory.root())
    }

    /// Executes one leap and makes its witness.
    ///
    /// # Errors
    /// [`Missing`] what the host does not have; the machine is of no use any more then.
    pub fn leap(&mut self, host: &mut impl Host) -> Result<Leap, Missing> {
        let before = self.state();
        let mut asked = Asked::new(host);
        let mut touched = run_leap(&mut self.hart, &mut self.memory, &mut asked)?;
        let (preimage, element) = (asked.preimage.unwrap_or_default(), asked.element);
        if touched.is_empty() {
            // A fetch that faults and a halted machine touch nothing, but a witness leads to the root.
            touched.insert(0, self.memory.leaf(0)?);
        }
        let (indexes, leaves): (Vec<_>, Vec<_>) = touched.into_iter().unzip();
        // Nothing below a sibling changed: they are the same after the leap.
        self.memory.root();
        let siblings = proof::siblings(&self.memory, &indexes);
        Ok(Leap { before, witness: LeapWitness { indexes, leaves, siblings, preimage, element } })
    }
}
