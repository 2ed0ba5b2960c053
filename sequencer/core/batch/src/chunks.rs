//! The inputs of a batch as chunks, small enough that one can be shown on L1 when it is demanded.

use alloc::vec::Vec;
use alloy_primitives::B256;
use ballast_state::tree::{fixed_proof, fixed_root, leaf_hash};
use ballast_types::limits::{INPUT_CHUNK_BYTES, MAX_INPUT_BYTES, MAX_INPUTS_PER_BATCH};

/// Depth of the tree over a batch's chunks.
pub const INPUT_TREE_DEPTH: usize = 16;
/// Chunks that a batch may have, 6 MiB; the batcher seals before. So few that inputs which nobody shows can all be demanded
/// before the batch is final (docs/protocol.md, "Data demands").
pub const MAX_INPUT_CHUNKS: u32 = 1 << 8;
const _: () = assert!(MAX_INPUT_CHUNKS <= 1 << INPUT_TREE_DEPTH);
/// Bytes before each input: its length, `u32` little-endian.
const LENGTH_BYTES: usize = 4;

/// Chunks that are not the inputs of any batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkError {
    /// More than [`MAX_INPUT_CHUNKS`].
    TooManyChunks,
    /// A chunk but the last is not full, or a chunk is empty or too long.
    ChunkLength,
    /// An input is empty or longer than [`MAX_INPUT_BYTES`].
    InputLength,
    /// More than [`MAX_INPUTS_PER_BATCH`].
    TooManyInputs,
    /// The last input is cut off.
    Truncated,
}

impl core::fmt::Display for ChunkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::TooManyChunks => "too many input chunks",
            Self::ChunkLength => "an input chunk has the wrong length",
            Self::InputLength => "an input has a length out of bounds",
            Self::TooManyInputs => "too many inputs in a batch",
            Self::Truncated => "the last input is cut off",
        })
    }
}

impl core::error::Error for ChunkError {}

/// Cuts encoded inputs, each with its length before it, into chunks of [`INPUT_CHUNK_BYTES`]; only the last
/// may be shorter.
///
/// # Panics
/// When there are too many inputs or chunks, or an input is empty or too long: the sequencer admits none
/// such, and the batcher seals a batch before.
#[must_use]
pub fn chunk<T: AsRef<[u8]>>(inputs: impl IntoIterator<Item = T>) -> Vec<Vec<u8>> {
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    let mut count = 0;
    for input in inputs {
        let bytes = input.as_ref();
        assert!((1..=MAX_INPUT_BYTES).contains(&bytes.len()), "an input of {} bytes", bytes.len());
        // The assertion bounds the length far below 2^32.
        append(&mut chunks, &(bytes.len() as u32).to_le_bytes());
        append(&mut chunks, bytes);
        count += 1;
    }
    assert!(count <= MAX_INPUTS_PER_BATCH, "{count} inputs in a batch");
    assert!(chunks.len() <= MAX_INPUT_CHUNKS as usize, "{} input chunks in a batch", chunks.len());
    chunks
}

fn append(chunks: &mut Vec<Vec<u8>>, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        if chunks.last().is_none_or(|last| last.len() == INPUT_CHUNK_BYTES) {
            chunks.push(Vec::new());
        }
        let last = chunks.last_mut().expect("there is a chunk with room");
        let (now, later) = bytes.split_at(bytes.len().min(INPUT_CHUNK_BYTES - last.len()));
        last.extend_from_slice(now);
        bytes = later;
    }
}

/// The encoded inputs that these are the chunks of.
///
/// # Errors
/// [`ChunkError`] when [`chunk`] makes no such chunks.
pub fn unchunk<T: AsRef<[u8]>>(chunks: &[T]) -> Result<Vec<Vec<u8>>, ChunkError> {
    if chunks.len() > MAX_INPUT_CHUNKS as usize {
        return Err(ChunkError::TooManyChunks);
    }
    let full = chunks.len().saturating_sub(1);
    let lengths = chunks.iter().map(|chunk| chunk.as_ref().len());
    if lengths.enumerate().any(|(at, length)| {
        length == 0 || length > INPUT_CHUNK_BYTES || (at < full && length != INPUT_CHUNK_BYTES)
    }) {
        return Err(ChunkError::ChunkLength);
    }
    let mut inputs = Vec::new();
    let mut reader = Reader { chunks, at: 0 };
    while !reader.is_empty() {
        let length = reader.take(LENGTH_BYTES)?;
        let length = length.iter().rev().fold(0_usize, |value, byte| value << 8 | usize::from(*byte));
        if !(1..=MAX_INPUT_BYTES).contains(&length) {
            return Err(ChunkError::InputLength);
        }
        inputs.push(reader.take(length)?);
        if inputs.len() as u64 > MAX_INPUTS_PER_BATCH {
            return Err(ChunkError::TooManyInputs);
        }
    }
    Ok(inputs)
}

/// Reads across the edges of chunks.
struct Reader<'a, T> {
    chunks: &'a [T],
    /// Bytes of the first chunk that were read.
    at: usize,
}

impl<T: AsRef<[u8]>> Reader<'_, T> {
    fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// The next `length` bytes.
    fn take(&mut self, length: usize) -> Result<Vec<u8>, ChunkError> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let (first, rest) = self.chunks.split_first().ok_or(ChunkError::Truncated)?;
            let left = &first.as_ref()[self.at..];
            let now = left.len().min(length - bytes.len());
            bytes.extend_from_slice(&left[..now]);
            self.at += now;
            if now == left.len() {
                (self.chunks, self.at) = (rest, 0);
            }
        }
        Ok(bytes)
    }
}

/// Root over the chunks of a batch, each a leaf.
///
/// # Panics
/// When there are more than [`MAX_INPUT_CHUNKS`].
#[must_use]
pub fn inputs_root<T: AsRef<[u8]>>(chunks: &[T]) -> B256 {
    fixed_root(INPUT_TREE_DEPTH, &leaves(chunks))
}

/// Siblings from the leaf of the chunk at `index` up to that root.
///
/// # Panics
/// As [`inputs_root`], and when there is no chunk at `index`.
#[must_use]
pub fn chunk_proof<T: AsRef<[u8]>>(chunks: &[T], index: u32) -> Vec<B256> {
    assert!((index as usize) < chunks.len(), "chunk {index} of {}", chunks.len());
    fixed_proof(INPUT_TREE_DEPTH, &leaves(chunks), index)
}

fn leaves<T: AsRef<[u8]>>(chunks: &[T]) -> Vec<B256> {
    chunks.iter().map(|chunk| leaf_hash(chunk.as_ref())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use ballast_state::tree::verify;
    use proptest::{collection::vec as vec_of, prelude::*};

    fn inputs() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let length =
            prop_oneof![1..40_usize, 1..=MAX_INPUT_BYTES, Just(INPUT_CHUNK_BYTES / 2 - LENGTH_BYTES)];
        vec_of((length, any::<u8>()).prop_map(|(length, byte)| vec![byte; length]), 0..12)
    }

    proptest! {
        #[test]
        fn inputs_come_back(inputs in inputs()) {
            let chunks = chunk(&inputs);
            prop_assert!(chunks.iter().rev().skip(1).all(|chunk| chunk.len() == INPUT_CHUNK_BYTES));
            prop_assert_eq!(unchunk(&chunks), Ok(inputs));
            let root = inputs_root(&chunks);
            for (index, chunk) in (0..).zip(&chunks) {
                prop_assert!(verify(root, INPUT_TREE_DEPTH, index, leaf_hash(chunk), &chunk_proof(&chunks, index)));
            }
        }

        #[test]
        fn what_is_read_is_what_was_cut(mut chunks in inputs().prop_map(|inputs| chunk(&inputs)), at: prop::sample::Index, byte: u8, cut in 0..3_usize) {
            if let Some(last) = chunks.last_mut() {
                let at = at.index(last.len());
                last[at] = byte;
                last.truncate(last.len() - cut.min(last.len() - 1));
            }
            if let Ok(inputs) = unchunk(&chunks) {
                prop_assert_eq!(chunk(&inputs), chunks);
            }
        }

        #[test]
        fn garbage_is_refused_or_canonical(chunks in vec_of(vec_of(0..4_u8, 0..60), 0..3)) {
            if let Ok(inputs) = unchunk(&chunks) {
                prop_assert_eq!(chunk(&inputs), chunks);
            }
        }
    }

    #[test]
    fn malformed_chunks_are_named() {
        let long = [0xff, 0xff, 0xff, 0x7f];
        assert_eq!(unchunk::<[u8; 0]>(&[]), Ok(vec![]));
        assert_eq!(unchunk(&[[]]), Err(ChunkError::ChunkLength));
        assert_eq!(unchunk(&[vec![0; INPUT_CHUNK_BYTES + 1]]), Err(ChunkError::ChunkLength));
        assert_eq!(unchunk(&[vec![1, 0, 0, 0, 7], vec![1, 0, 0, 0, 7]]), Err(ChunkError::ChunkLength));
        assert_eq!(unchunk(&[[0; 4]]), Err(ChunkError::InputLength));
        assert_eq!(unchunk(&[long]), Err(ChunkError::InputLength));
        assert_eq!(unchunk(&[[2, 0, 0, 0, 7]]), Err(ChunkError::Truncated));
        assert_eq!(unchunk(&[[2, 0, 0]]), Err(ChunkError::Truncated));
        assert_eq!(unchunk(&vec![[0; 1]; MAX_INPUT_CHUNKS as usize + 1]), Err(ChunkError::TooManyChunks));
    }
}
