//! Instructions as the fast machine keeps them: eight bytes, jumps within the page resolved.

use crate::decode::{Alu, Condition, Instruction, Width, decode};
use std::cell::Cell;

/// Instructions of a page.
pub(super) const PAGE_OPS: usize = 1024;
/// Where what is written to `x0` goes.
const LOST: u8 = 32;

/// A decoded instruction: destination, operands, immediate; a place is that of an instruction in its page.
#[derive(Clone, Copy, Debug)]
pub(super) enum Op {
    Add(u8, u8, u8),
    Sub(u8, u8, u8),
    Sll(u8, u8, u8),
    Slt(u8, u8, u8),
    Sltu(u8, u8, u8),
    Xor(u8, u8, u8),
    Srl(u8, u8, u8),
    Or(u8, u8, u8),
    And(u8, u8, u8),
    AddW(u8, u8, u8),
    SubW(u8, u8, u8),
    Mul(u8, u8, u8),
    Mulhu(u8, u8, u8),
    Register(Alu, u8, u8, u8),
    AddI(u8, u8, i32),
    SltuI(u8, u8, i32),
    XorI(u8, u8, i32),
    OrI(u8, u8, i32),
    AndI(u8, u8, i32),
    SllI(u8, u8, i32),
    SrlI(u8, u8, i32),
    SraI(u8, u8, i32),
    AddIW(u8, u8, i32),
    Immediate(Alu, u8, u8, i16),
    Lui(u8, i32),
    Auipc(u8, i32),
    Lb(u8, u8, i32),
    Lh(u8, u8, i32),
    Lw(u8, u8, i32),
    Ld(u8, u8, i32),
    Lbu(u8, u8, i32),
    Lhu(u8, u8, i32),
    Lwu(u8, u8, i32),
    Sb(u8, u8, i32),
    Sh(u8, u8, i32),
    Sw(u8, u8, i32),
    Sd(u8, u8, i32),
    Beq(u8, u8, u16),
    Bne(u8, u8, u16),
    Blt(u8, u8, u16),
    Bge(u8, u8, u16),
    Bltu(u8, u8, u16),
    Bgeu(u8, u8, u16),
    FarBranch(Condition, u8, u8, i16),
    Jal(u8, u16),
    FarJal(u8, i32),
    Jalr(u8, u8, i32),
    Fence,
    /// Left to the reference step.
    Slow,
}

/// The decoded instructions of a page. They change in place, for code may write over itself.
pub(super) type CodePage = [Cell<Op>; PAGE_OPS];

/// The instruction in `word`, the `at`th of its page.
pub(super) fn translate(word: u32, at: usize) -> Op {
    decode(word).map_or(Op::Slow, |instruction| match instruction {
        Instruction::Lui { rd, imm } => Op::Lui(to(rd), imm),
        Instruction::Auipc { rd, imm } => Op::Auipc(to(rd), imm),
        Instruction::Jal { rd, imm } => match place(at, imm) {
            Some(place) => Op::Jal(to(rd), place),
            None => Op::FarJal(to(rd), imm),
        },
        Instruction::Jalr { rd, rs1, imm } => Op::Jalr(to(rd), rs1, imm),
        Instruction::Branch { condition, rs1, rs2, imm } => branch(condition, rs1, rs2, imm, at),
        Instruction::Load { width, signed, rd, rs1, imm } => load(width, signed, to(rd), rs1, imm),
        Instruction::Store { width, rs1, rs2, imm } => match width {
            Width::Byte => Op::Sb(rs1, rs2, imm),
            Width::Half => Op::Sh(rs1, rs2, imm),
            Width::Word => Op::Sw(rs1, rs2, imm),
            Width::Double => Op::Sd(rs1, rs2, imm),
        },
        Instruction::Immediate { op, rd, rs1, imm } => immediate(op, to(rd), rs1, imm),
        Instruction::Register { op, rd, rs1, rs2 } => register(op, to(rd), rs1, rs2),
        Instruction::Fence => Op::Fence,
        Instruction::Ecall | Instruction::Ebreak => Op::Slow,
    })
}

const fn to(rd: u8) -> u8 {
    if rd == 0 { LOST } else { rd }
}

/// Where a jump goes that stays within the page.
fn place(at: usize, imm: i32) -> Option<u16> {
    let target = i32::try_from(4 * at).ok()? + imm;
    let inside = target >= 0 && target < 4 * PAGE_OPS as i32 && target % 4 == 0;
    if inside { u16::try_from(target / 4).ok() } else { None }
}

/// An immediate of twelve bits, or the offset of a branch.
fn short(imm: i32) -> i16 {
    i16::try_from(imm).expect("it has thirteen bits at most")
}

fn branch(condition: Condition, a: u8, b: u8, imm: i32, at: usize) -> Op {
    let Some(place) = place(at, imm) else { return Op::FarBranch(condition, a, b, short(imm)) };
    match condition {
        Condition::Eq => Op::Beq(a, b, place),
        Condition::Ne => Op::Bne(a, b, place),
        Condition::Lt => Op::Blt(a, b, place),
        Condition::Ge => Op::Bge(a, b, place),
        Condition::Ltu => Op::Bltu(a, b, place),
        Condition::Geu => Op::Bgeu(a, b, place),
    }
}

const fn load(width: Width, signed: bool, d: u8, a: u8, imm: i32) -> Op {
    match (width, signed) {
        (Width::Byte, true) => Op::Lb(d, a, imm),
        (Width::Half, true) => Op::Lh(d, a, imm),
        (Width::Word, true) => Op::Lw(d, a, imm),
        (Width::Byte, false) => Op::Lbu(d, a, imm),
        (Width::Half, false) => Op::Lhu(d, a, imm),
        (Width::Word, false) => Op::Lwu(d, a, imm),
        (Width::Double, _) => Op::Ld(d, a, imm),
    }
}

fn immediate(op: Alu, d: u8, a: u8, imm: i32) -> Op {
    match op {
        Alu::Add => Op::AddI(d, a, imm),
        Alu::Sltu => Op::SltuI(d, a, imm),
        Alu::Xor => Op::XorI(d, a, imm),
        Alu::Or => Op::OrI(d, a, imm),
        Alu::And => Op::AndI(d, a, imm),
        Alu::Sll => Op::SllI(d, a, imm),
        Alu::Srl => Op::SrlI(d, a, imm),
        Alu::Sra => Op::SraI(d, a, imm),
        Alu::AddW => Op::AddIW(d, a, imm),
        _ => Op::Immediate(op, d, a, short(imm)),
    }
}

const fn register(op: Alu, d: u8, a: u8, b: u8) -> Op {
    match op {
        Alu::Add => Op::Add(d, a, b),
        Alu::Sub => Op::Sub(d, a, b),
        Alu::Sll => Op::Sll(d, a, b),
        Alu::Slt => Op::Slt(d, a, b),
        Alu::Sltu => Op::Sltu(d, a, b),
        Alu::Xor => Op::Xor(d, a, b),
        Alu::Srl => Op::Srl(d, a, b),
        Alu::Or => Op::Or(d, a, b),
        Alu::And => Op::And(d, a, b),
        Alu::AddW => Op::AddW(d, a, b),
        Alu::SubW => Op::SubW(d, a, b),
        Alu::Mul => Op::Mul(d, a, b),
        Alu::Mulhu => Op::Mulhu(d, a, b),
        _ => Op::Register(op, d, a, b),
    }
}

#[cfg(test)]
#[test]
fn an_op_takes_eight_bytes() {
    assert_eq!(size_of::<Op>(), 8);
}
