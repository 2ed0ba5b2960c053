//! Every fault.

use super::Case;
use crate::program::{CODE, encode, immediate, load, machine, store};
use ballast_vm::{Alu, Instruction, Machine, Width};

/// A machine before one word.
fn before(word: u32) -> Machine {
    let mut machine = machine(&[]);
    machine.memory.write(CODE, &word.to_le_bytes());
    machine
}

fn words() -> impl Iterator<Item = Case> {
    [
        ("zeros", 0),
        ("ones", u32::MAX),
        ("a compressed instruction", 0x4501),
        ("SLLI with bit 26", 0x0400_1093),
        ("SRLI with bit 31", 0x8000_5093),
        ("SRAI with bit 26", 0x4400_5093),
        ("SLLIW with bit 25", 0x0200_109b),
        ("SRLIW with bit 25", 0x0200_509b),
        ("SRAIW with bit 25", 0x4200_509b),
        ("funct7 2", 0x0400_0033),
        ("SLL with bit 30", 0x4000_1033),
        ("MULHW", 0x0200_103b),
        ("SLTW", 0x0000_203b),
        ("branch of funct3 2", 0x0000_2063),
        ("JALR of funct3 1", 0x0000_1067),
        ("load of funct3 7", 0x0000_7003),
        ("store of funct3 4", 0x0000_4023),
        ("MISC-MEM of funct3 2", 0x0000_200f),
        ("ECALL with rd", 0x0000_00f3),
        ("URET", 0x0020_0073),
        ("CSRRW", 0xc000_1073),
        ("LR.D", 0x1000_302f),
        ("FADD.S", 0x0000_0053),
    ]
    .into_iter()
    .map(|(name, word)| Case::new(format!("unknown: {name}"), before(word), Some(242)))
}

fn fetches() -> Vec<Case> {
    let misaligned = machine(&[Instruction::Jal { rd: 1, imm: 6 }]);
    let mut beyond = machine(&[Instruction::Jalr { rd: 1, rs1: 5, imm: 0 }]);
    beyond.hart.x[5] = 1 << 32;
    let mut both = machine(&[]);
    both.hart.pc = (1 << 32) + 2;
    let mut at_once = machine(&[]);
    at_once.hart.pc = 1 << 63;
    let mut end = machine(&[]);
    end.hart.pc = 0xffff_fffc;
    end.memory.write(0xffff_fffc, &encode(immediate(Alu::Add, 1, 0, 1)).to_le_bytes());
    let mut below = machine(&[]);
    below.hart.pc = 0;
    below.memory.write(0, &encode(Instruction::Jal { rd: 1, imm: -4 }).to_le_bytes());
    vec![
        Case::new("fetch misaligned", misaligned, Some(240)),
        Case::new("fetch beyond memory", beyond, Some(241)),
        Case::new("fetch misaligned and beyond memory", both, Some(240)),
        Case::new("fetch beyond memory at once", at_once, Some(241)),
        Case::new("running off the end of memory", end, Some(241)),
        Case::new("jumping below zero", below, Some(241)),
    ]
}

fn accesses() -> Vec<Case> {
    let mut cases = Vec::new();
    let instructions = [
        ("LH", load(Width::Half, true, 1, 5, 0), 1),
        ("LW", load(Width::Word, true, 1, 5, 0), 2),
        ("LD to x0", load(Width::Double, true, 0, 5, 0), 4),
        ("SH", store(Width::Half, 5, 1, 0), 1),
        ("SW", store(Width::Word, 5, 1, 0), 2),
        ("SD", store(Width::Double, 5, 1, 0), 4),
    ];
    for (name, instruction, off) in instructions {
        let mut misaligned = machine(&[instruction]);
        misaligned.hart.x[5] = 0x8000 + off;
        cases.push(Case::new(format!("{name} misaligned"), misaligned, Some(243)));
    }
    for (name, instruction) in [
        ("LBU", load(Width::Byte, false, 1, 5, 0)),
        ("LD", load(Width::Double, true, 0, 5, 0)),
        ("SB", store(Width::Byte, 5, 1, 0)),
    ] {
        let mut beyond = machine(&[instruction]);
        beyond.hart.x[5] = 1 << 32;
        cases.push(Case::new(format!("{name} beyond memory"), beyond, Some(244)));
    }
    let mut both = machine(&[load(Width::Word, true, 1, 5, 0)]);
    both.hart.x[5] = u64::MAX;
    cases.push(Case::new("misaligned and beyond memory", both, Some(243)));
    cases
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = fetches();
    cases.extend(words());
    cases.extend(accesses());
    cases.push(Case::new("EBREAK", machine(&[Instruction::Ebreak]), Some(248)));
    cases
}
