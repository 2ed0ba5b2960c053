//! `scripts/bench vm --vs PEER`: our machine and another's on the same stream of instructions, turn by turn.

use crate::{
    bench::timing::{RUNS, cpu_time, median},
    ckb_vm, locked,
};
use ballast_vm::{Facts, FastMachine, Image, Machine, Subject};
use clap::ValueEnum;
use eyre::{Context, ensure};
use serde::Serialize;
use std::{fs, path::Path, time::Duration};

/// Whose machine to measure beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Peer {
    /// The machine of Nervos, in its assembly mode with its fusion of instructions.
    #[value(name = "ckb-vm")]
    CkbVm,
}

/// How a run ended, and the instructions that it took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// What the program exits with.
    pub exit: u8,
    /// Instructions, each counted once.
    pub instructions: u64,
}

/// What a machine made of the stream.
#[derive(Debug, Serialize)]
pub struct Line {
    bench: &'static str,
    /// Whose machine.
    machine: &'static str,
    /// Its version in our lock file; of ours, none.
    version: Option<&'static str>,
    /// Instructions of the stream.
    instructions: u64,
    /// How often it ran.
    runs: usize,
    /// Instructions a second of one thread's CPU time, start included: the middle run.
    instructions_per_second: f64,
    /// The same of the slowest run.
    slowest: f64,
    /// The same of the fastest run.
    fastest: f64,
}

impl Line {
    fn new(
        machine: &'static str,
        version: Option<&'static str>,
        instructions: u64,
        mut times: Vec<Duration>,
    ) -> Self {
        let rate = |time: Duration| (instructions as f64 / time.as_secs_f64()).round();
        let instructions_per_second = rate(median(&mut times));
        // They are in order by now.
        let (slowest, fastest) = (rate(times[times.len() - 1]), rate(times[0]));
        let runs = times.len();
        Self { bench: "vm", machine, version, instructions, runs, instructions_per_second, slowest, fastest }
    }
}

/// Runs the program in this file on both machines in turns, ours first; a line each.
///
/// # Errors
/// When it is no program, or the machines do not end it alike.
pub fn compare(peer: Peer, file: &Path) -> eyre::Result<(Line, Line)> {
    let elf = fs::read(file).wrap_err_with(|| format!("cannot read {}", file.display()))?;
    let Peer::CkbVm = peer;
    let (mut ours, mut theirs) = (Vec::with_capacity(RUNS), Vec::with_capacity(RUNS));
    let expected = on_ours(&elf)?;
    for _ in 0..RUNS {
        let (time, ended) = cpu_time(|| on_ours(&elf));
        ensure!(ended? == expected, "our machine ends it in another way than before");
        ours.push(time);
        let (time, ended) = cpu_time(|| ckb_vm::run(&elf, ckb_vm::FASTEST));
        ensure!(ended?.exit == expected.exit, "ckb-vm ends it in another way than ours");
        theirs.push(time);
    }
    let count = expected.instructions;
    Ok((Line::new("ballast", None, count, ours), Line::new("ckb-vm", Some(locked("ckb-vm")), count, theirs)))
}

/// Runs a program that makes no call but `exit` on our machine.
///
/// # Errors
/// When the file is no program.
pub fn on_ours(elf: &[u8]) -> eyre::Result<Ended> {
    let mut machine =
        FastMachine::new(Machine::start(Image::from_elf(elf)?, Subject::Batch, Default::default()));
    machine.run(&mut Facts::default(), u64::MAX)?;
    let hart = machine.hart();
    Ok(Ended { exit: hart.exit.expect("it ran to its end"), instructions: hart.cycle })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds the numbers from 1 to 1,000 in a loop of three instructions, and exits with the low six bits.
    const PROGRAM: [u32; 9] = [
        0x3e80_0293, // addi x5, x0, 1000
        0x0000_0513, // addi x10, x0, 0
        0x0055_0533, // add x10, x10, x5
        0xfff2_8293, // addi x5, x5, -1
        0xfe02_9ce3, // bne x5, x0, -8
        0x03f5_7513, // andi x10, x10, 63
        0x05d0_0893, // addi x17, x0, 93
        0x0000_0073, // ecall
        0x0000_0013, // nop
    ];

    /// A file of one executable segment at 0x10000.
    fn elf(words: &[u32]) -> Vec<u8> {
        let code: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend([2_u16, 243].iter().flat_map(|half| half.to_le_bytes()));
        file.extend(1_u32.to_le_bytes());
        file.extend([0x1_0000_u64, 64, 0].iter().flat_map(|double| double.to_le_bytes()));
        file.extend(0_u32.to_le_bytes());
        file.extend([64_u16, 56, 1, 64, 0, 0].iter().flat_map(|half| half.to_le_bytes()));
        file.extend([1_u32, 5].iter().flat_map(|word| word.to_le_bytes()));
        let size = code.len() as u64;
        let segment = [0x1000, 0x1_0000, 0x1_0000, size, size, 0x1000];
        file.extend(segment.iter().flat_map(|double| double.to_le_bytes()));
        file.resize(0x1000, 0);
        file.extend(code);
        file
    }

    #[test]
    fn both_machines_count_the_same_instructions_and_end_alike() {
        let elf = elf(&PROGRAM);
        let ended = Ended { exit: (1_000 * 1_001 / 2 % 64) as u8, instructions: 2 + 3 * 1_000 + 3 };
        assert_eq!(on_ours(&elf).expect("a program"), ended);
        assert_eq!(ckb_vm::run(&elf, ckb_vm::UNFUSED).expect("a program"), ended);
        assert_eq!(ckb_vm::run(&elf, ckb_vm::FASTEST).expect("a program").exit, ended.exit);
    }

    #[test]
    fn a_line_tells_the_middle_run_and_both_ends() {
        let times = [4, 1, 2].map(Duration::from_secs).to_vec();
        let line = Line::new("ballast", None, 8, times);
        assert_eq!((line.slowest, line.instructions_per_second, line.fastest), (2.0, 4.0, 8.0));
    }
}
