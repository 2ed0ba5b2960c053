//! Programs for tests: instructions as words, and machines that hold them.
#![allow(dead_code, reason = "every test uses its part")]

pub(crate) mod elf;
pub(crate) mod random;

use ballast_vm::{Alu, Condition, Hart, Instruction, Machine, Width};

/// Where programs of tests begin.
pub(crate) const CODE: u64 = 0x1000;

pub(crate) const ALU: [Alu; 28] = [
    Alu::Add,
    Alu::Sub,
    Alu::Sll,
    Alu::Slt,
    Alu::Sltu,
    Alu::Xor,
    Alu::Srl,
    Alu::Sra,
    Alu::Or,
    Alu::And,
    Alu::AddW,
    Alu::SubW,
    Alu::SllW,
    Alu::SrlW,
    Alu::SraW,
    Alu::Mul,
    Alu::Mulh,
    Alu::Mulhsu,
    Alu::Mulhu,
    Alu::Div,
    Alu::Divu,
    Alu::Rem,
    Alu::Remu,
    Alu::MulW,
    Alu::DivW,
    Alu::DivuW,
    Alu::RemW,
    Alu::RemuW,
];
/// Those with an immediate.
pub(crate) const IMMEDIATE: [Alu; 13] = [
    Alu::Add,
    Alu::Sll,
    Alu::Slt,
    Alu::Sltu,
    Alu::Xor,
    Alu::Srl,
    Alu::Sra,
    Alu::Or,
    Alu::And,
    Alu::AddW,
    Alu::SllW,
    Alu::SrlW,
    Alu::SraW,
];
pub(crate) const CONDITIONS: [Condition; 6] =
    [Condition::Eq, Condition::Ne, Condition::Lt, Condition::Ge, Condition::Ltu, Condition::Geu];
pub(crate) const LOADS: [(Width, bool); 7] = [
    (Width::Byte, true),
    (Width::Half, true),
    (Width::Word, true),
    (Width::Double, true),
    (Width::Byte, false),
    (Width::Half, false),
    (Width::Word, false),
];
pub(crate) const STORES: [Width; 4] = [Width::Byte, Width::Half, Width::Word, Width::Double];

/// A word from its parts, each at its place.
fn word(parts: &[(u32, u32)]) -> u32 {
    parts.iter().fold(0, |word, (value, at)| word | value << at)
}

fn bits(imm: i32, from: u32, count: u32) -> u32 {
    imm.cast_unsigned() >> from & ((1 << count) - 1)
}

/// opcode, funct3 and funct7 of an operation, without the bit of the immediate form.
fn operation(op: Alu) -> (u32, u32, u32) {
    match op {
        Alu::Add => (0x33, 0, 0),
        Alu::Sub => (0x33, 0, 0x20),
        Alu::Sll => (0x33, 1, 0),
        Alu::Slt => (0x33, 2, 0),
        Alu::Sltu => (0x33, 3, 0),
        Alu::Xor => (0x33, 4, 0),
        Alu::Srl => (0x33, 5, 0),
        Alu::Sra => (0x33, 5, 0x20),
        Alu::Or => (0x33, 6, 0),
        Alu::And => (0x33, 7, 0),
        Alu::AddW => (0x3b, 0, 0),
        Alu::SubW => (0x3b, 0, 0x20),
        Alu::SllW => (0x3b, 1, 0),
        Alu::SrlW => (0x3b, 5, 0),
        Alu::SraW => (0x3b, 5, 0x20),
        Alu::Mul => (0x33, 0, 1),
        Alu::Mulh => (0x33, 1, 1),
        Alu::Mulhsu => (0x33, 2, 1),
        Alu::Mulhu => (0x33, 3, 1),
        Alu::Div => (0x33, 4, 1),
        Alu::Divu => (0x33, 5, 1),
        Alu::Rem => (0x33, 6, 1),
        Alu::Remu => (0x33, 7, 1),
        Alu::MulW => (0x3b, 0, 1),
        Alu::DivW => (0x3b, 4, 1),
        Alu::DivuW => (0x3b, 5, 1),
        Alu::RemW => (0x3b, 6, 1),
        Alu::RemuW => (0x3b, 7, 1),
    }
}

/// The word of an instruction.
pub(crate) fn encode(instruction: Instruction) -> u32 {
    let r = u32::from;
    match instruction {
        Instruction::Lui { rd, imm } => word(&[(0x37, 0), (r(rd), 7), (bits(imm, 12, 20), 12)]),
        Instruction::Auipc { rd, imm } => word(&[(0x17, 0), (r(rd), 7), (bits(imm, 12, 20), 12)]),
        Instruction::Jal { rd, imm } => word(&[
            (0x6f, 0),
            (r(rd), 7),
            (bits(imm, 12, 8), 12),
            (bits(imm, 11, 1), 20),
            (bits(imm, 1, 10), 21),
            (bits(imm, 20, 1), 31),
        ]),
        Instruction::Jalr { rd, rs1, imm } => {
            word(&[(0x67, 0), (r(rd), 7), (r(rs1), 15), (bits(imm, 0, 12), 20)])
        }
        Instruction::Branch { condition, rs1, rs2, imm } => {
            let funct3 = [0, 1, 4, 5, 6, 7][condition as usize];
            word(&[
                (0x63, 0),
                (bits(imm, 11, 1), 7),
                (bits(imm, 1, 4), 8),
                (funct3, 12),
                (r(rs1), 15),
                (r(rs2), 20),
                (bits(imm, 5, 6), 25),
                (bits(imm, 12, 1), 31),
            ])
        }
        Instruction::Load { width, signed, rd, rs1, imm } => {
            let funct3 = width as u32 + if signed { 0 } else { 4 };
            word(&[(0x03, 0), (r(rd), 7), (funct3, 12), (r(rs1), 15), (bits(imm, 0, 12), 20)])
        }
        Instruction::Store { width, rs1, rs2, imm } => word(&[
            (0x23, 0),
            (bits(imm, 0, 5), 7),
            (width as u32, 12),
            (r(rs1), 15),
            (r(rs2), 20),
            (bits(imm, 5, 7), 25),
        ]),
        Instruction::Immediate { op, rd, rs1, imm } => {
            let (opcode, funct3, funct7) = operation(op);
            word(&[
                (opcode - 0x20, 0),
                (r(rd), 7),
                (funct3, 12),
                (r(rs1), 15),
                (bits(imm, 0, 12), 20),
                (funct7, 25),
            ])
        }
        Instruction::Register { op, rd, rs1, rs2 } => {
            let (opcode, funct3, funct7) = operation(op);
            word(&[(opcode, 0), (r(rd), 7), (funct3, 12), (r(rs1), 15), (r(rs2), 20), (funct7, 25)])
        }
        Instruction::Fence => 0x0ff0_000f,
        Instruction::Ecall => 0x73,
        Instruction::Ebreak => 0x0010_0073,
    }
}

pub(crate) fn register(op: Alu, rd: u8, rs1: u8, rs2: u8) -> Instruction {
    Instruction::Register { op, rd, rs1, rs2 }
}

pub(crate) fn immediate(op: Alu, rd: u8, rs1: u8, imm: i32) -> Instruction {
    Instruction::Immediate { op, rd, rs1, imm }
}

pub(crate) fn branch(condition: Condition, rs1: u8, rs2: u8, imm: i32) -> Instruction {
    Instruction::Branch { condition, rs1, rs2, imm }
}

pub(crate) fn load(width: Width, signed: bool, rd: u8, rs1: u8, imm: i32) -> Instruction {
    Instruction::Load { width, signed, rd, rs1, imm }
}

pub(crate) fn store(width: Width, rs1: u8, rs2: u8, imm: i32) -> Instruction {
    Instruction::Store { width, rs1, rs2, imm }
}

pub(crate) fn words(program: &[Instruction]) -> Vec<u8> {
    program.iter().flat_map(|instruction| encode(*instruction).to_le_bytes()).collect()
}

/// A machine before the first instruction of a program, all registers 0.
pub(crate) fn machine(program: &[Instruction]) -> Machine {
    let mut machine = Machine { hart: Hart { pc: CODE, ..Hart::default() }, ..Machine::default() };
    machine.memory.write(CODE, &words(program));
    machine
}

/// Values at the edges of what they are.
pub(crate) const EDGES: [u64; 8] =
    [0, 1, u64::MAX, 1 << 63, 0x7fff_ffff_ffff_ffff, 0x8000_0000, 0xffff_ffff, 0x0123_4567_89ab_cdef];
