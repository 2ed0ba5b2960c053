//! Loads and stores that succeed at once. Everything else is left to the reference step, which faults where it must.

use super::watch::Watch;
use crate::{
    limits::{LEAF_BYTES, MEMORY_BYTES},
    memory::{ALL_CHANGED, DECODED, Memory, PAGE_BYTES, ZEROS},
};

/// The place of the page, and the offset in it, of an aligned address within memory.
#[inline(always)]
pub(super) fn locate<const SIZE: usize>(memory: &Memory, address: u64) -> Option<(u32, usize)> {
    let wrong = !(MEMORY_BYTES - 1) | (SIZE as u64 - 1);
    if address & wrong != 0 {
        return None;
    }
    let place = memory.places[address as usize / PAGE_BYTES % memory.places.len()];
    Some((place, address as usize % PAGE_BYTES))
}

/// Reads `SIZE` bytes.
#[inline(always)]
pub(super) fn load<const LEAP: bool, const SIZE: usize>(
    memory: &Memory,
    watch: &mut Watch,
    address: u64,
) -> Option<[u8; SIZE]> {
    let (place, at) = locate::<SIZE>(memory, address)?;
    if LEAP {
        if place == ZEROS {
            return None;
        }
        watch.touch(place, at / LEAF_BYTES as usize);
    }
    Some(memory.frames[place as usize].as_chunks::<SIZE>().0[at / SIZE])
}

/// Writes `SIZE` bytes.
#[inline(always)]
pub(super) fn store<const LEAP: bool, const SIZE: usize>(
    memory: &mut Memory,
    watch: &mut Watch,
    address: u64,
    value: u64,
) -> Option<()> {
    let (place, at) = locate::<SIZE>(memory, address)?;
    let flags = memory.flags[place as usize];
    if LEAP {
        if place == ZEROS || flags & DECODED != 0 {
            return None;
        }
        let leaf = at / LEAF_BYTES as usize;
        watch.touch(place, leaf);
        memory.mark(place, 1 << leaf);
    } else if flags != ALL_CHANGED {
        return None;
    }
    let (bytes, _) = value.to_le_bytes().split_first_chunk::<SIZE>().map(|(low, rest)| (*low, rest.len()))?;
    memory.frames[place as usize].as_chunks_mut::<SIZE>().0[at / SIZE] = bytes;
    Some(())
}
