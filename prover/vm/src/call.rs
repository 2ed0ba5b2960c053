//! System calls.

use crate::{
    fault::Fault,
    hart::Hart,
    host::Host,
    leaves::{Leaf, Leaves, Missing},
    limits::{
        BLOB_ELEMENTS, CYCLES, ECRECOVER_CYCLES, KECCAK256_CYCLES, LEAF_BYTES, MAX_CALL_BYTES, MAX_EXIT_CODE,
        MAX_PREIMAGE_BYTES, MEMORY_BYTES, READ_BLOB_CYCLES, READ_PREIMAGE_CYCLES,
    },
    recover::ecrecover,
};
use alloy_primitives::{B256, keccak256};

const A0: usize = 10;
const A7: usize = 17;

/// Why an instruction does not end well.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// The machine halts.
    Fault(Fault),
    /// The machine cannot go on.
    Missing(Missing),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Missing> for Stop {
    fn from(missing: Missing) -> Self {
        Self::Missing(missing)
    }
}

/// Executes ECALL. Reads all it reads before it writes.
///
/// # Errors
/// [`Stop`]; nothing has changed then.
pub(crate) fn system_call(
    hart: &mut Hart,
    memory: &mut impl Leaves,
    host: &mut impl Host,
) -> Result<(), Stop> {
    let [a0, a1, a2, a3] = [hart.x[A0], hart.x[A0 + 1], hart.x[A0 + 2], hart.x[A0 + 3]];
    let (result, cost) = match hart.x[A7] {
        1 => (read_preimage(memory, host, a0, a1, a2, a3)?, READ_PREIMAGE_CYCLES),
        2 => (hash(memory, a0, a1, a2)?, KECCAK256_CYCLES),
        3 => (recover(memory, a0, a1)?, ECRECOVER_CYCLES),
        4 => (read_blob(memory, host, a0, a1, a2)?, READ_BLOB_CYCLES),
        93 => return exit(hart, a0),
        _ => return Err(Fault::UnknownCall.into()),
    };
    hart.x[A0] = result;
    hart.pc = hart.pc.wrapping_add(4);
    hart.cycle += cost;
    Ok(())
}

fn read_preimage(
    memory: &mut impl Leaves,
    host: &mut impl Host,
    hash: u64,
    offset: u64,
    to: u64,
    length: u64,
) -> Result<u64, Stop> {
    allow(
        offset.is_multiple_of(LEAF_BYTES) && length.is_multiple_of(LEAF_BYTES) && length <= MAX_CALL_BYTES,
    )?;
    let (hash, to) = (first_leaf(hash, LEAF_BYTES)?, first_leaf(to, length)?);
    let hash = B256::from(memory.leaf(hash)?);
    let preimage = host.preimage(hash).ok_or(Missing::Preimage(hash))?;
    let whole = preimage.len() as u64;
    allow(whole <= MAX_PREIMAGE_BYTES)?;
    // Neither end is beyond the preimage, which is small.
    let (start, end) = (offset.min(whole), offset.saturating_add(length).min(whole));
    for (index, bytes) in (to..).zip(preimage[start as usize..end as usize].chunks(LEAF_BYTES as usize)) {
        let mut leaf = [0; 32];
        leaf[..bytes.len()].copy_from_slice(bytes);
        memory.set_leaf(index, leaf)?;
    }
    Ok(whole)
}

fn hash(memory: &mut impl Leaves, from: u64, length: u64, to: u64) -> Result<u64, Stop> {
    allow(length <= MAX_CALL_BYTES)?;
    let from = first_leaf(from, length)?;
    let to = first_leaf(to, LEAF_BYTES)?;
    let mut input = Vec::with_capacity(MAX_CALL_BYTES as usize);
    for index in (from..).take(length.div_ceil(LEAF_BYTES) as usize) {
        input.extend_from_slice(&memory.leaf(index)?);
    }
    memory.set_leaf(to, keccak256(&input[..length as usize]).0)?;
    Ok(0)
}

fn recover(memory: &mut impl Leaves, from: u64, to: u64) -> Result<u64, Stop> {
    let from = first_leaf(from, 4 * LEAF_BYTES)?;
    let to = first_leaf(to, LEAF_BYTES)?;
    let mut input = [Leaf::default(); 4];
    for (leaf, index) in input.iter_mut().zip(from..) {
        *leaf = memory.leaf(index)?;
    }
    let Some(signer) = ecrecover(&input) else { return Ok(0) };
    memory.set_leaf(to, signer.into_word().0)?;
    Ok(1)
}

fn read_blob(
    memory: &mut impl Leaves,
    host: &mut impl Host,
    hash: u64,
    index: u64,
    to: u64,
) -> Result<u64, Stop> {
    allow(index < BLOB_ELEMENTS)?;
    let (hash, to) = (first_leaf(hash, LEAF_BYTES)?, first_leaf(to, LEAF_BYTES)?);
    let versioned_hash = B256::from(memory.leaf(hash)?);
    let index = index as u16;
    let element =
        host.blob_element(versioned_hash, index).ok_or(Missing::BlobElement { versioned_hash, index })?;
    memory.set_leaf(to, element.0)?;
    Ok(0)
}

fn exit(hart: &mut Hart, code: u64) -> Result<(), Stop> {
    if code > MAX_EXIT_CODE {
        return Err(Fault::BadExitCode.into());
    }
    hart.exit = Some(code as u8);
    hart.cycle += CYCLES;
    Ok(())
}

fn allow(condition: bool) -> Result<(), Fault> {
    if condition { Ok(()) } else { Err(Fault::BadArgument) }
}

/// The leaf that an address argument names, when `length` bytes from it on are memory.
fn first_leaf(address: u64, length: u64) -> Result<u32, Fault> {
    let ends = address.checked_add(length).is_some_and(|end| end <= MEMORY_BYTES);
    allow(address.is_multiple_of(LEAF_BYTES) && ends)?;
    Ok((address / LEAF_BYTES) as u32)
}
