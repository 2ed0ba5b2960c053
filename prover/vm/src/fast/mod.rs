//! The fast machine: the same states as the reference, sooner. What is rare it leaves to the reference step.

mod access;
mod execute;
mod op;
mod run;
mod watch;

use crate::{
    hart::Hart,
    host::Host,
    leap::Machine,
    leaves::Missing,
    limits::{LEAP_CYCLES, LEAP_LEAVES, MEMORY_BYTES},
    memory::{DECODED, PAGE_BYTES, ZEROS},
    state::MachineState,
    step::step,
};
use execute::{Core, Leave, Registers, run};
use op::{CodePage, translate};
use std::cell::Cell;
use watch::{Watch, Watched};

/// A machine that keeps instructions decoded.
#[derive(Debug)]
pub struct FastMachine {
    machine: Machine,
    /// Decoded pages, by their place in memory.
    code: Vec<Option<Box<CodePage>>>,
    watch: Watch,
}

impl FastMachine {
    /// Goes on where another machine stands.
    #[must_use]
    pub fn new(machine: Machine) -> Self {
        Self { machine, code: Vec::new(), watch: Watch::default() }
    }

    /// The plain machine in the same state, which can tell what a leap needs.
    #[must_use]
    pub fn into_machine(mut self) -> Machine {
        for flags in &mut self.machine.memory.flags {
            *flags &= !DECODED;
        }
        self.machine
    }

    /// Everything but memory.
    #[must_use]
    pub const fn hart(&self) -> &Hart {
        &self.machine.hart
    }

    /// The state. What changed of memory is hashed.
    pub fn state(&mut self) -> MachineState {
        self.machine.state()
    }

    /// Runs until the machine halts, or until the first jump from `cycle` on.
    ///
    /// # Errors
    /// [`Missing`] what the host does not have; the machine can go on when it has it.
    pub fn run(&mut self, host: &mut impl Host, cycle: u64) -> Result<(), Missing> {
        self.go::<false>(host, cycle)
    }

    /// Executes one leap.
    ///
    /// # Errors
    /// [`Missing`] what the host does not have; the machine stands inside the leap then and is of no use any more.
    pub fn leap(&mut self, host: &mut impl Host) -> Result<(), Missing> {
        self.watch.reset(self.machine.memory.frames.len());
        let end = self.machine.hart.cycle + LEAP_CYCLES;
        self.go::<true>(host, end)
    }

    fn go<const LEAP: bool>(&mut self, host: &mut impl Host, end: u64) -> Result<(), Missing> {
        let mut core = core(&self.machine.hart, end);
        while self.machine.hart.exit.is_none()
            && core.cycle < end
            && !(LEAP && self.watch.count >= LEAP_LEAVES)
        {
            let Self { machine, code, watch } = self;
            match run::<LEAP>(&mut core, code, &mut machine.memory, watch) {
                Leave::End => {}
                Leave::Undecoded if self.decode(core.pc) => {}
                Leave::Undecoded | Leave::Slow => {
                    self.store(&core);
                    self.slow_step(host, LEAP)?;
                    core = self::core(&self.machine.hart, end);
                }
            }
        }
        self.store(&core);
        Ok(())
    }

    fn store(&mut self, core: &Core) {
        let hart = &mut self.machine.hart;
        (hart.pc, hart.cycle) = (core.pc, core.cycle);
        hart.x.copy_from_slice(&core.x.0[..32]);
    }

    fn slow_step(&mut self, host: &mut impl Host, leap: bool) -> Result<(), Missing> {
        let Self { machine: Machine { hart, memory }, code, watch } = self;
        step(hart, &mut Watched { memory, watch, code, leap }, host)
    }

    /// Decodes the page of an address. Not when nothing there can be decoded.
    fn decode(&mut self, pc: u64) -> bool {
        if !pc.is_multiple_of(4) || pc >= MEMORY_BYTES {
            return false;
        }
        let memory = &mut self.machine.memory;
        let place = memory.places[pc as usize / PAGE_BYTES] as usize;
        if place as u32 == ZEROS {
            return false;
        }
        let words = memory.frames[place].as_chunks::<4>().0;
        let page: Box<CodePage> =
            Box::new(std::array::from_fn(|at| Cell::new(translate(u32::from_le_bytes(words[at]), at))));
        memory.flags[place] |= DECODED;
        if self.code.len() <= place {
            self.code.resize_with(place + 1, || None);
        }
        self.code[place] = Some(page);
        true
    }
}

fn core(hart: &Hart, end: u64) -> Core {
    let mut x = [0; 256];
    x[..32].copy_from_slice(&hart.x);
    Core { pc: hart.pc, cycle: hart.cycle, end, x: Registers(x) }
}
