//! Arithmetic of the specification: everything wraps, division by zero has a result.

use crate::decode::{Alu, Condition};

/// The result of an operation.
#[must_use]
#[inline]
pub(crate) fn compute(op: Alu, a: u64, b: u64) -> u64 {
    match op {
        Alu::Add => a.wrapping_add(b),
        Alu::Sub => a.wrapping_sub(b),
        Alu::Sll => a.wrapping_shl(low(b)),
        Alu::Slt => u64::from(a.cast_signed() < b.cast_signed()),
        Alu::Sltu => u64::from(a < b),
        Alu::Xor => a ^ b,
        Alu::Srl => a.wrapping_shr(low(b)),
        Alu::Sra => a.cast_signed().wrapping_shr(low(b)).cast_unsigned(),
        Alu::Or => a | b,
        Alu::And => a & b,
        Alu::AddW => extend(low(a).wrapping_add(low(b))),
        Alu::SubW => extend(low(a).wrapping_sub(low(b))),
        Alu::SllW => extend(low(a).wrapping_shl(low(b))),
        Alu::SrlW => extend(low(a).wrapping_shr(low(b))),
        Alu::SraW => extend(low(a).cast_signed().wrapping_shr(low(b)).cast_unsigned()),
        _ => multiply_or_divide(op, a, b),
    }
}

#[inline]
fn multiply_or_divide(op: Alu, a: u64, b: u64) -> u64 {
    match op {
        Alu::Mul => a.wrapping_mul(b),
        Alu::Mulh => high_signed(i128::from(a.cast_signed()).wrapping_mul(i128::from(b.cast_signed()))),
        Alu::Mulhsu => high_signed(i128::from(a.cast_signed()).wrapping_mul(i128::from(b))),
        Alu::Mulhu => high(u128::from(a).wrapping_mul(u128::from(b))),
        Alu::Div if b == 0 => u64::MAX,
        Alu::Div => a.cast_signed().wrapping_div(b.cast_signed()).cast_unsigned(),
        Alu::Divu => a.checked_div(b).unwrap_or(u64::MAX),
        Alu::Rem if b == 0 => a,
        Alu::Rem => a.cast_signed().wrapping_rem(b.cast_signed()).cast_unsigned(),
        Alu::Remu => a.checked_rem(b).unwrap_or(a),
        Alu::MulW => extend(low(a).wrapping_mul(low(b))),
        Alu::DivW if low(b) == 0 => u64::MAX,
        Alu::DivW => extend(low(a).cast_signed().wrapping_div(low(b).cast_signed()).cast_unsigned()),
        Alu::DivuW => extend(low(a).checked_div(low(b)).unwrap_or(u32::MAX)),
        Alu::RemW if low(b) == 0 => extend(low(a)),
        Alu::RemW => extend(low(a).cast_signed().wrapping_rem(low(b).cast_signed()).cast_unsigned()),
        Alu::RemuW => extend(low(a).checked_rem(low(b)).unwrap_or(low(a))),
        _ => unreachable!("the caller computes {op:?}"),
    }
}

/// Whether a branch is taken.
#[must_use]
#[inline]
pub(crate) fn holds(condition: Condition, a: u64, b: u64) -> bool {
    match condition {
        Condition::Eq => a == b,
        Condition::Ne => a != b,
        Condition::Lt => a.cast_signed() < b.cast_signed(),
        Condition::Ge => a.cast_signed() >= b.cast_signed(),
        Condition::Ltu => a < b,
        Condition::Geu => a >= b,
    }
}

/// An immediate as an operand.
#[must_use]
#[inline]
pub(crate) const fn operand(imm: i32) -> u64 {
    (imm as i64).cast_unsigned()
}

const fn low(value: u64) -> u32 {
    value as u32
}

const fn high(value: u128) -> u64 {
    (value >> 64) as u64
}

const fn high_signed(value: i128) -> u64 {
    high(value.cast_unsigned())
}

/// Sign-extends a word.
const fn extend(word: u32) -> u64 {
    operand(word.cast_signed())
}
