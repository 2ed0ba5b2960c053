//! From a word to an instruction.

/// An operation of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of the specification")]
pub enum Alu {
    Add,
    Sub,
    Sll,
    Slt,
    Sltu,
    Xor,
    Srl,
    Sra,
    Or,
    And,
    AddW,
    SubW,
    SllW,
    SrlW,
    SraW,
    Mul,
    Mulh,
    Mulhsu,
    Mulhu,
    Div,
    Divu,
    Rem,
    Remu,
    MulW,
    DivW,
    DivuW,
    RemW,
    RemuW,
}

/// When a branch is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of the specification")]
pub enum Condition {
    Eq,
    Ne,
    Lt,
    Ge,
    Ltu,
    Geu,
}

/// How much a load or store moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Width {
    /// 1 byte.
    Byte = 0,
    /// 2 bytes.
    Half = 1,
    /// 4 bytes.
    Word = 2,
    /// 8 bytes.
    Double = 3,
}

impl Width {
    /// In bytes.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << (self as u8)
    }

    const fn of(bits: u32) -> Self {
        match bits & 3 {
            0 => Self::Byte,
            1 => Self::Half,
            2 => Self::Word,
            _ => Self::Double,
        }
    }
}

/// An instruction. Registers are 0 to 31; immediates are sign-extended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "the names of the specification")]
pub enum Instruction {
    Lui { rd: u8, imm: i32 },
    Auipc { rd: u8, imm: i32 },
    Jal { rd: u8, imm: i32 },
    Jalr { rd: u8, rs1: u8, imm: i32 },
    Branch { condition: Condition, rs1: u8, rs2: u8, imm: i32 },
    Load { width: Width, signed: bool, rd: u8, rs1: u8, imm: i32 },
    Store { width: Width, rs1: u8, rs2: u8, imm: i32 },
    Immediate { op: Alu, rd: u8, rs1: u8, imm: i32 },
    Register { op: Alu, rd: u8, rs1: u8, rs2: u8 },
    Fence,
    Ecall,
    Ebreak,
}

const ECALL: u32 = 0x0000_0073;
const EBREAK: u32 = 0x0010_0073;

/// Decodes a word; `None` when it is no instruction of this machine.
#[must_use]
pub fn decode(word: u32) -> Option<Instruction> {
    let (rd, rs1, rs2) = (register(word, 7), register(word, 15), register(word, 20));
    let funct3 = (word >> 12) & 7;
    Some(match word & 0x7f {
        0x37 => Instruction::Lui { rd, imm: upper(word) },
        0x17 => Instruction::Auipc { rd, imm: upper(word) },
        0x6f => Instruction::Jal { rd, imm: jump_offset(word) },
        0x67 if funct3 == 0 => Instruction::Jalr { rd, rs1, imm: immediate(word) },
        0x63 => Instruction::Branch { condition: condition(funct3)?, rs1, rs2, imm: branch_offset(word) },
        0x03 if funct3 != 7 => {
            Instruction::Load { width: Width::of(funct3), signed: funct3 < 4, rd, rs1, imm: immediate(word) }
        }
        0x23 if funct3 < 4 => {
            Instruction::Store { width: Width::of(funct3), rs1, rs2, imm: store_offset(word) }
        }
        0x13 => {
            let (op, imm) = with_immediate(word, funct3)?;
            Instruction::Immediate { op, rd, rs1, imm }
        }
        0x1b => {
            let (op, imm) = with_immediate_word(word, funct3)?;
            Instruction::Immediate { op, rd, rs1, imm }
        }
        0x33 => Instruction::Register { op: with_register(word >> 25, funct3)?, rd, rs1, rs2 },
        0x3b => Instruction::Register { op: with_register_word(word >> 25, funct3)?, rd, rs1, rs2 },
        0x0f if funct3 < 2 => Instruction::Fence,
        _ if word == ECALL => Instruction::Ecall,
        _ if word == EBREAK => Instruction::Ebreak,
        _ => return None,
    })
}

const fn register(word: u32, at: u32) -> u8 {
    ((word >> at) & 31) as u8
}

const fn upper(word: u32) -> i32 {
    (word & 0xffff_f000).cast_signed()
}

const fn immediate(word: u32) -> i32 {
    word.cast_signed() >> 20
}

const fn store_offset(word: u32) -> i32 {
    ((word & 0xfe00_0000).cast_signed() >> 20) | ((word >> 7) & 31).cast_signed()
}

const fn branch_offset(word: u32) -> i32 {
    let low = (word >> 7 & 0x1e) | (word >> 20 & 0x7e0) | (word << 4 & 0x800);
    ((word & 0x8000_0000).cast_signed() >> 19) | low.cast_signed()
}

const fn jump_offset(word: u32) -> i32 {
    let low = (word >> 20 & 0x7fe) | (word >> 9 & 0x800) | (word & 0xf_f000);
    ((word & 0x8000_0000).cast_signed() >> 11) | low.cast_signed()
}

const fn condition(funct3: u32) -> Option<Condition> {
    Some(match funct3 {
        0 => Condition::Eq,
        1 => Condition::Ne,
        4 => Condition::Lt,
        5 => Condition::Ge,
        6 => Condition::Ltu,
        7 => Condition::Geu,
        _ => return None,
    })
}

const fn with_immediate(word: u32, funct3: u32) -> Option<(Alu, i32)> {
    let imm = immediate(word);
    let shift = imm & 63;
    Some(match (funct3, word >> 26) {
        (0, _) => (Alu::Add, imm),
        (1, 0) => (Alu::Sll, shift),
        (2, _) => (Alu::Slt, imm),
        (3, _) => (Alu::Sltu, imm),
        (4, _) => (Alu::Xor, imm),
        (5, 0) => (Alu::Srl, shift),
        (5, 0b01_0000) => (Alu::Sra, shift),
        (6, _) => (Alu::Or, imm),
        (7, _) => (Alu::And, imm),
        _ => return None,
    })
}

const fn with_immediate_word(word: u32, funct3: u32) -> Option<(Alu, i32)> {
    let imm = immediate(word);
    let shift = imm & 31;
    Some(match (funct3, word >> 25) {
        (0, _) => (Alu::AddW, imm),
        (1, 0) => (Alu::SllW, shift),
        (5, 0) => (Alu::SrlW, shift),
        (5, 0b010_0000) => (Alu::SraW, shift),
        _ => return None,
    })
}

const fn with_register(funct7: u32, funct3: u32) -> Option<Alu> {
    Some(match (funct7, funct3) {
        (0, 0) => Alu::Add,
        (0, 1) => Alu::Sll,
        (0, 2) => Alu::Slt,
        (0, 3) => Alu::Sltu,
        (0, 4) => Alu::Xor,
        (0, 5) => Alu::Srl,
        (0, 6) => Alu::Or,
        (0, 7) => Alu::And,
        (0x20, 0) => Alu::Sub,
        (0x20, 5) => Alu::Sra,
        (1, 0) => Alu::Mul,
        (1, 1) => Alu::Mulh,
        (1, 2) => Alu::Mulhsu,
        (1, 3) => Alu::Mulhu,
        (1, 4) => Alu::Div,
        (1, 5) => Alu::Divu,
        (1, 6) => Alu::Rem,
        (1, 7) => Alu::Remu,
        _ => return None,
    })
}

const fn with_register_word(funct7: u32, funct3: u32) -> Option<Alu> {
    Some(match (funct7, funct3) {
        (0, 0) => Alu::AddW,
        (0, 1) => Alu::SllW,
        (0, 5) => Alu::SrlW,
        (0x20, 0) => Alu::SubW,
        (0x20, 5) => Alu::SraW,
        (1, 0) => Alu::MulW,
        (1, 4) => Alu::DivW,
        (1, 5) => Alu::DivuW,
        (1, 6) => Alu::RemW,
        (1, 7) => Alu::RemuW,
        _ => return None,
    })
}
