//! What a whole run comes to.

use crate::{fast::FastMachine, host::Host, image::Image, leap::Machine, leaves::Missing, subject::Subject};
use alloy_primitives::B256;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The exit code: 0 for valid.
    pub exit: u8,
    /// Cycles, which are instructions but for system calls.
    pub cycles: u64,
}

impl Ruling {
    /// Runs a program on a subject to its end.
    ///
    /// # Errors
    /// [`Missing`] what the host does not have.
    ///
    /// # Panics
    /// Never: a run that is not stopped ends with an exit code, at the limit of cycles at the latest.
    pub fn of(image: Image, subject: Subject, hash: B256, host: &mut impl Host) -> Result<Self, Missing> {
        let mut machine = FastMachine::new(Machine::start(image, subject, hash));
        machine.run(host, u64::MAX)?;
        let hart = machine.hart();
        Ok(Self { exit: hart.exit.expect("it ran to its end"), cycles: hart.cycle })
    }

    /// Whether the subject is valid.
    #[must_use]
    pub const fn is_valid(self) -> bool {
        self.exit == 0
    }
}
