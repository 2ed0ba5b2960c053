//! The program on its machine, from the first leap to the last.

use crate::error::{Error, Result};
use alloy::primitives::B256;
use ballast_vm::{Facts, FastMachine, History, Image, Leap, Machine, MachineState, Missing, Ruling, Subject};
use std::path::Path;

/// The guest in a file, which must be the program with this hash.
///
/// # Errors
/// [`Error::File`] when it cannot be read, is no image, or is another program.
pub fn open_guest(path: &Path, program_hash: Option<B256>) -> Result<Image> {
    let refused = |reason: String| Error::File { path: path.to_owned(), reason };
    let file = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let mut image = Image::from_elf(&file).map_err(|error| refused(error.to_string()))?;
    let found = image.program_hash();
    match program_hash {
        Some(expected) if expected != found => {
            Err(refused(format!("its program hash is {found}, and L1 judges by {expected}")))
        }
        _ => Ok(image),
    }
}

/// All states of a run, by their hashes.
#[derive(Clone, Debug)]
pub struct Trace {
    /// The commitment to them.
    pub history: History,
    /// The last one.
    pub last: MachineState,
}

/// A run on a subject, which can be repeated.
#[derive(Clone, Debug)]
pub struct Trial {
    image: Image,
    subject: Subject,
    hash: B256,
    facts: Facts,
}

impl Trial {
    /// The run on the subject with this hash.
    #[must_use]
    pub const fn new(image: Image, subject: Subject, hash: B256, facts: Facts) -> Self {
        Self { image, subject, hash, facts }
    }

    fn machine(&self) -> FastMachine {
        FastMachine::new(Machine::start(self.image.clone(), self.subject, self.hash))
    }

    /// Runs to the end.
    ///
    /// # Errors
    /// [`Error::Incomplete`] when it asks for what is not here.
    pub fn run(&mut self) -> Result<Ruling> {
        Ruling::of(self.image.clone(), self.subject, self.hash, &mut self.facts)
            .map_err(|missing| incomplete(self.hash, missing))
    }

    /// Runs leap by leap, and keeps the hash of each state.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn trace(&mut self) -> Result<Trace> {
        let mut machine = self.machine();
        let mut last = machine.state();
        let mut states = vec![last.hash()];
        while !last.halted {
            machine.leap(&mut self.facts).map_err(|missing| incomplete(self.hash, missing))?;
            last = machine.state();
            states.push(last.hash());
        }
        Ok(Trace { history: History::new(states), last })
    }

    /// The leap that begins in state `index` of the history, with its witness, and the state after it.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn leap(&mut self, index: u64) -> Result<(Leap, MachineState)> {
        let mut machine = self.machine();
        for _ in 0..index {
            if machine.hart().exit.is_some() {
                break;
            }
            machine.leap(&mut self.facts).map_err(|missing| incomplete(self.hash, missing))?;
        }
        let mut machine = machine.into_machine();
        let leap = machine.leap(&mut self.facts).map_err(|missing| incomplete(self.hash, missing))?;
        Ok((leap, machine.state()))
    }
}

fn incomplete(hash: B256, missing: Missing) -> Error {
    Error::Incomplete { hash, what: missing.to_string() }
}
