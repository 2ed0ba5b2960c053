//! Images: what a run starts from, and how an ELF file becomes one.

use crate::{limits::MEMORY_BYTES, memory::Memory};
use alloy_primitives::{B256, keccak256};
use object::{
    Endianness,
    elf::{EM_RISCV, FileHeader64, PT_LOAD},
    read::elf::{FileHeader, ProgramHeader},
};
use thiserror::Error;

/// A memory and an entry.
#[derive(Clone, Debug, Default)]
pub struct Image {
    /// Memory at the start.
    pub memory: Memory,
    /// Where the first instruction is.
    pub entry: u64,
}

/// Why a file is no image.
#[derive(Debug, Error)]
pub enum ImageError {
    /// No 64-bit ELF file, or a broken one.
    #[error("not a 64-bit ELF file")]
    Malformed(#[from] object::read::Error),
    /// For another machine, or big-endian.
    #[error("not for little-endian RISC-V")]
    Machine,
    /// A segment lies beyond 4 GiB, or is larger in the file than in memory.
    #[error("the segment at {0:#x} does not fit")]
    Segment(u64),
    /// Two segments overlap.
    #[error("the segment at {0:#x} overlaps another")]
    Overlap(u64),
}

impl Image {
    /// The loadable segments of an ELF file, and its entry point.
    ///
    /// # Errors
    /// [`ImageError`] when the file is none for this machine.
    pub fn from_elf(file: &[u8]) -> Result<Self, ImageError> {
        let header = FileHeader64::<Endianness>::parse(file)?;
        let endian = header.endian()?;
        if endian != Endianness::Little || header.e_machine(endian) != EM_RISCV {
            return Err(ImageError::Machine);
        }
        let mut memory = Memory::default();
        let mut taken: Vec<(u64, u64)> = Vec::new();
        for segment in header.program_headers(endian, file)? {
            if segment.p_type(endian) != PT_LOAD {
                continue;
            }
            let (start, size) = (segment.p_vaddr(endian), segment.p_memsz(endian));
            let end = start.checked_add(size).filter(|end| *end <= MEMORY_BYTES);
            let bytes = segment.data(endian, file).map_err(|()| ImageError::Segment(start))?;
            let Some(end) = end.filter(|_| bytes.len() as u64 <= size) else {
                return Err(ImageError::Segment(start));
            };
            if taken.iter().any(|(from, to)| *from < end && start < *to) {
                return Err(ImageError::Overlap(start));
            }
            taken.push((start, end));
            memory.write(start, bytes);
        }
        Ok(Self { memory, entry: header.e_entry(endian) })
    }

    /// The program hash.
    pub fn program_hash(&mut self) -> B256 {
        program_hash(self.memory.root(), self.entry)
    }
}

/// The hash of a program that starts with this memory and at this address.
#[must_use]
pub fn program_hash(memory_root: B256, entry: u64) -> B256 {
    let mut bytes = [0; 40];
    bytes[..32].copy_from_slice(memory_root.as_slice());
    bytes[32..].copy_from_slice(&entry.to_be_bytes());
    keccak256(bytes)
}
