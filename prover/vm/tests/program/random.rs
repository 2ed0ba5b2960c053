//! Programs of random instructions.

use super::{
    ALU, CODE, CONDITIONS, IMMEDIATE, LOADS, STORES, branch, encode, immediate, load, register, store,
};
use ballast_vm::{Alu, Facts, Instruction, Machine};
use rand::{Rng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;

/// Registers that results go to. Bases of loads and stores are above, so that they last.
const RESULTS: std::ops::Range<u8> = 0..18;
/// Registers that hold addresses.
pub(crate) const BASES: [u8; 4] = [20, 21, 22, 23];

fn operand(random: &mut ChaCha8Rng) -> u8 {
    random.random_range(0..20)
}

/// Arithmetic.
pub(crate) fn arithmetic(random: &mut ChaCha8Rng) -> Instruction {
    let rd = random.random_range(RESULTS);
    let (rs1, rs2) = (operand(random), operand(random));
    match random.random_range(0..10) {
        0 => Instruction::Lui { rd, imm: random.random::<i32>() & !0xfff },
        1..5 => register(*ALU.choose(random).expect("not empty"), rd, rs1, rs2),
        _ => {
            let op = *IMMEDIATE.choose(random).expect("not empty");
            let most = match op {
                Alu::Sll | Alu::Srl | Alu::Sra => 0..64,
                Alu::SllW | Alu::SrlW | Alu::SraW => 0..32,
                _ => -2048..2048,
            };
            immediate(op, rd, rs1, random.random_range(most))
        }
    }
}

/// A load or store within 2 KiB of a base.
pub(crate) fn access(random: &mut ChaCha8Rng) -> Instruction {
    let base = *BASES.choose(random).expect("not empty");
    if random.random() {
        let (width, signed) = *LOADS.choose(random).expect("not empty");
        let imm = random.random_range(-2048..2040) & -(width.bytes() as i32);
        load(width, signed, random.random_range(RESULTS), base, imm)
    } else {
        let width = *STORES.choose(random).expect("not empty");
        let imm = random.random_range(-2048..2040) & -(width.bytes() as i32);
        store(width, base, operand(random), imm)
    }
}

/// A branch or jump by at most `reach` instructions, either way or forwards only.
pub(crate) fn jump(random: &mut ChaCha8Rng, reach: i32, forwards: bool) -> Instruction {
    let from = if forwards { 1 } else { -reach };
    let imm = 4 * random.random_range(from..=reach);
    if random.random_ratio(1, 6) {
        return Instruction::Jal { rd: random.random_range(RESULTS), imm };
    }
    let condition = *CONDITIONS.choose(random).expect("not empty");
    branch(condition, operand(random), operand(random), imm)
}

/// A word that may be anything, near an instruction.
fn chaos(random: &mut ChaCha8Rng) -> u32 {
    match random.random_range(0..8) {
        0 => random.random(),
        1 => encode(Instruction::Ecall),
        2 => encode(Instruction::Jalr { rd: 1, rs1: 20, imm: random.random_range(-64..64) }),
        3 => encode(Instruction::Auipc { rd: 22, imm: random.random_range(-4..4) << 12 }),
        4 => encode(immediate(Alu::Add, 20, 20, random.random_range(-64..64))),
        5 => encode(immediate(Alu::Add, 17, 0, random.random_range(0..5))),
        _ => encode(arithmetic(random)) ^ (1 << random.random_range(0..32)),
    }
}

/// A machine before two pages of anything, with bases in its own code, at the end of memory, far away; and its host.
pub(crate) fn anything(random: &mut ChaCha8Rng) -> (Machine, Facts) {
    let wild = random.random_range(0..3) * random.random_range(0..20);
    let mut words: Vec<u32> = (0..2047)
        .map(|at| match random.random_range(0..1000) {
            0..500 => encode(arithmetic(random)),
            500..700 => encode(access(random)),
            700..900 if at < 1800 => encode(jump(random, 200, at < 200)),
            900..910 => encode(Instruction::Fence),
            910 => encode(Instruction::Ecall),
            other if other < 1000 - wild => encode(arithmetic(random)),
            _ => chaos(random),
        })
        .collect();
    // And again, from the start.
    words.push(encode(Instruction::Jal { rd: 0, imm: -4 * 2047 }));
    let mut machine = super::machine(&[]);
    let bytes: Vec<u8> = words.into_iter().flat_map(u32::to_le_bytes).collect();
    machine.memory.write(CODE, &bytes);
    for register in &mut machine.hart.x[1..20] {
        *register = super::EDGES[random.random_range(0..8)] ^ random.random_range(0..4);
    }
    let far = u64::from(random.random::<u32>()) & !31;
    // Stores into the code make it end soon.
    let second = if random.random_ratio(1, 3) { CODE + 0x1000 } else { 0x3_0000 };
    let second = second + (random.random_range(0..64_u64) << 5);
    machine.hart.x[20..24].copy_from_slice(&[
        0x10_0000,
        second,
        0xffff_f800,
        far.clamp(0x4_0000, 0xffff_f000),
    ]);
    let mut host = Facts::default();
    let hash = host.add_preimage((0..1500).map(|_| random.random()).collect::<Vec<u8>>());
    machine.memory.write(0x10_0000, hash.as_slice());
    if random.random() {
        // What the next calls find: a hash in order, and places that are allowed.
        machine.hart.x[10..14].copy_from_slice(&[0x10_0000, 0, 0x10_0000, 96]);
        machine.hart.x[17] = random.random_range(1..4);
    }
    (machine, host)
}
