//! Every bit of offsets and of register numbers, and instructions of all kinds in a row.

use super::Case;
use crate::program::{branch, encode, immediate, load, machine, random::anything, store};
use ballast_vm::{Alu, Condition, Instruction, Machine, Width};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const MIDDLE: u64 = 0x1000_0000;

/// Jumps by each offset in turn, and meets a breakpoint at the end.
fn chain(offsets: impl Iterator<Item = i32>, jump: impl Fn(u8, i32) -> Instruction) -> Machine {
    let mut machine = machine(&[]);
    machine.hart.pc = MIDDLE;
    let mut pc = MIDDLE;
    for (register, offset) in (1..).zip(offsets) {
        machine.memory.write(pc, &encode(jump(register % 31 + 1, offset)).to_le_bytes());
        pc = pc.wrapping_add_signed(offset.into());
    }
    machine.memory.write(pc, &encode(Instruction::Ebreak).to_le_bytes());
    machine
}

/// Powers of two up to 2^`most`, then their negatives from the least on.
fn powers(most: u32) -> impl Iterator<Item = i32> {
    (2..most).map(|power| 1 << power).chain((2..=most).rev().map(|power| -(1 << power)))
}

/// Loads and stores with every bit of an offset, to and from every register.
fn offsets() -> Machine {
    let mut program = Vec::new();
    let powers: Vec<i32> = (3..11).flat_map(|power| [1 << power, -(1 << power)]).chain([-2048, 0]).collect();
    for (register, offset) in (1_u8..).zip(powers) {
        let register = if register < 16 { register } else { register + 8 };
        program.push(store(Width::Double, 20, register, offset));
        program.push(load(Width::Word, false, 31 - register % 8, 20, offset));
        program.push(immediate(Alu::Xor, register, 31 - register % 8, offset - 1));
    }
    program.push(Instruction::Ebreak);
    let mut machine = machine(&program);
    for (register, value) in machine.hart.x.iter_mut().enumerate().skip(1) {
        *value = (register as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    machine.hart.x[20] = 0x2_0000;
    machine
}

/// The third leap of a few random programs.
fn random() -> impl Iterator<Item = Case> {
    (0..40_u64).filter_map(|seed| {
        let (mut machine, mut host) = anything(&mut ChaCha8Rng::seed_from_u64(seed));
        for _ in 0..2 {
            machine.leap(&mut host).ok()?;
        }
        let mut after = machine.clone();
        after.leap(&mut host).ok()?;
        let runs = machine.hart.exit.is_none();
        let case = Case::new(format!("random program {seed}"), machine, after.hart.exit);
        runs.then_some(Case { host, ..case })
    })
}

pub(super) fn cases() -> Vec<Case> {
    let jumps = chain(powers(20), |rd, imm| Instruction::Jal { rd, imm });
    let branches = chain(powers(12), |register, imm| branch(Condition::Eq, register, register, imm));
    let mut cases = vec![
        Case::new("jumps by every power of two", jumps, Some(248)),
        Case::new("branches by every power of two", branches, Some(248)),
        Case::new("offsets of loads and stores", offsets(), Some(248)),
    ];
    cases.extend(random().take(8));
    cases
}
