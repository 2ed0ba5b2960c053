//! Runs the RISC-V guest: under an emulator of its instruction set, and on the machine of a dispute.

use ballast_types::B256;
use ballast_vm::{Facts, FastMachine, Image, Machine, Ruling, Subject};
use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
};

/// Exit code of a guest that found the batch or the claim invalid.
pub const INVALID: i32 = 1;

/// The guest's binary and the emulator that runs it.
#[derive(Clone, Debug)]
pub struct Guest {
    elf: PathBuf,
    emulator: PathBuf,
}

impl Guest {
    /// The guest that `scripts/test` built; `None`, said aloud, where this machine has no compiler for it.
    ///
    /// # Panics
    /// When the guest was neither built nor skipped: run the tests through `scripts/test`.
    #[must_use]
    pub fn find() -> Option<Self> {
        if std::env::var("BALLAST_GUEST").as_deref() == Ok("skip") {
            eprintln!("SKIPPED: the RISC-V guest (BALLAST_GUEST=skip)");
            return None;
        }
        let elf = std::env::var_os("BALLAST_GUEST_ELF")
            .expect("BALLAST_GUEST_ELF names the guest: run scripts/test, or set BALLAST_GUEST=skip");
        let emulator = std::env::var_os("GUEST_QEMU").unwrap_or_else(|| "qemu-riscv64".into());
        Some(Self { elf: elf.into(), emulator: emulator.into() })
    }

    /// Runs the guest on what has this hash: the state root that a batch leads to or the root of a claim's payouts, or the
    /// exit code that is not 0.
    ///
    /// # Errors
    /// The exit code.
    ///
    /// # Panics
    /// When the emulator does not start, or a guest that says "valid" tells no root.
    pub fn run(&self, subject: Subject, hash: B256, tape: &[u8]) -> Result<B256, i32> {
        let mut child = Command::new(&self.emulator)
            .arg(&self.elf)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        let input = [&[subject as u8], hash.as_slice(), tape].concat();
        let writer = std::thread::spawn(move || {
            // A guest that stops early closes the pipe; its exit code says why.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().expect("the emulator ends");
        writer.join().expect("the writer does not panic");
        match output.status.code() {
            Some(0) => Ok(B256::try_from(output.stdout.as_slice()).expect("what is valid has a root")),
            code => Err(code.unwrap_or(-1)),
        }
    }

    /// The guest as the machine runs it.
    ///
    /// # Panics
    /// When its file is no image.
    #[must_use]
    pub fn image(&self) -> Image {
        let file = std::fs::read(&self.elf).expect("the guest can be read");
        Image::from_elf(&file).expect("the guest is an image")
    }

    /// The machine, about to run the guest on what has this hash.
    ///
    /// # Panics
    /// When the guest's file is no image.
    #[must_use]
    pub fn machine(&self, subject: Subject, hash: B256) -> FastMachine {
        FastMachine::new(Machine::start(self.image(), subject, hash))
    }

    /// Runs the guest on the machine.
    ///
    /// # Panics
    /// When `facts` lack something that it asks for.
    pub fn run_on_machine(&self, subject: Subject, hash: B256, facts: &mut Facts) -> Ruling {
        Ruling::of(self.image(), subject, hash, facts).expect("the facts have all that it asks for")
    }
}

/// What a tape holds, by hash. A field element is there, too, and nobody asks for it by that name.
///
/// # Panics
/// When the tape is torn.
#[must_use]
pub fn facts(mut tape: &[u8]) -> Facts {
    let mut facts = Facts::default();
    while let Some((length, rest)) = tape.split_first_chunk::<4>() {
        let (bytes, rest) = rest.split_at(u32::from_le_bytes(*length) as usize);
        facts.add_preimage(bytes.to_vec());
        tape = rest;
    }
    facts
}
