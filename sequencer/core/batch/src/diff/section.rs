//! What the three sections have in common: ids, flags, and fields as differences.

use alloc::vec::Vec;

use super::{
    Changed, DiffError,
    wire::{self, Reader, difference, put_ids, put_number},
};

/// Flag of a leaf whose identity is told; every new leaf has it.
pub(super) const IDENTITY: u16 = 1;

/// Flag of field `field`.
pub(super) const fn field_flag(field: usize) -> u16 {
    2 << field
}

/// The leaves that differ from what they were.
pub(super) fn net<T: PartialEq>(changes: &[Changed<T>]) -> Vec<&Changed<T>> {
    changes.iter().filter(|change| change.is_net()).collect()
}

/// Writes the count and the ids.
pub(super) fn put_header<T>(out: &mut Vec<u8>, changes: &[&Changed<T>]) {
    put_number(out, changes.len() as u64);
    put_ids(out, changes.iter().map(|change| change.index));
}

/// Flags of the fields that differ.
pub(super) fn flags_of<const N: usize>(before: &[u64; N], after: &[u64; N]) -> u16 {
    (0..N).filter(|field| before[*field] != after[*field]).fold(0, |flags, field| flags | field_flag(field))
}

/// Writes the fields that differ, column by column.
pub(super) fn put_fields<const N: usize>(out: &mut Vec<u8>, leaves: &[([u64; N], [u64; N])]) {
    for field in 0..N {
        for (before, after) in leaves.iter().filter(|(before, after)| before[field] != after[field]) {
            put_number(out, difference(before[field], after[field]));
        }
    }
}

/// Bytes that flags take, the low one first; `known` are the bits with a meaning.
const fn width(known: u16) -> usize {
    if known > 0xff { 2 } else { 1 }
}

/// Writes the flags of a leaf; `known` are the bits with a meaning.
pub(super) fn put_flags(out: &mut Vec<u8>, flags: u16, known: u16) {
    out.extend_from_slice(&flags.to_le_bytes()[..width(known)]);
}

/// Reads the column of flags; `known` are the bits with a meaning. A leaf without a flag is told in vain.
pub(super) fn read_flags(reader: &mut Reader<'_>, count: usize, known: u16) -> Result<Vec<u16>, DiffError> {
    let width = width(known);
    let bytes = reader.take(count.saturating_mul(width))?;
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |flags, byte| flags << 8 | u16::from(*byte));
    let flags: Vec<u16> = bytes.chunks_exact(width).map(number).collect();
    if flags.iter().any(|flags| flags & !known != 0) {
        return Err(DiffError::Flags);
    }
    if flags.contains(&0) {
        return Err(DiffError::NoChange);
    }
    Ok(flags)
}

/// Moves the fields whose flags are set, column by column.
pub(super) fn read_fields<const N: usize>(
    reader: &mut Reader<'_>,
    flags: &[u16],
    leaves: &mut [[u64; N]],
) -> Result<(), DiffError> {
    for field in 0..N {
        for (leaf, _) in leaves.iter_mut().zip(flags).filter(|(_, flags)| **flags & field_flag(field) != 0) {
            let difference = reader.number()?;
            if difference == 0 {
                return Err(DiffError::NoChange);
            }
            leaf[field] = wire::advance(leaf[field], difference);
        }
    }
    Ok(())
}
