//! The inputs of a batch, from the chunks that its header commits to.

use alloc::vec::Vec;
use alloy_primitives::B256;
use ballast_batch::{
    BatchHeader,
    chunks::{INPUT_TREE_DEPTH, MAX_INPUT_CHUNKS, unchunk},
};
use ballast_oracle::{Hint, Oracle};
use ballast_types::{Input, codec, limits::INPUT_CHUNK_BYTES};

use crate::{
    invalid::Invalid,
    leaves::{children, leaf},
};

/// The inputs that `header` commits to.
///
/// # Errors
/// [`Invalid`] when the chunks hold something else than inputs.
///
/// # Panics
/// When the oracle withholds a preimage.
pub(crate) fn load(oracle: &mut dyn Oracle, header: &BatchHeader) -> Result<Vec<Input>, Invalid> {
    if header.inputChunks == 0 || header.inputChunks > MAX_INPUT_CHUNKS {
        return Err(Invalid::NotInputs);
    }
    let mut chunks = Vec::new();
    let top = u8::try_from(INPUT_TREE_DEPTH).expect("the depth is 16");
    collect(oracle, header.inputsRoot, top, 0, header.inputChunks, &mut chunks)?;
    let encoded = unchunk(&chunks).map_err(|_| Invalid::NotInputs)?;
    encoded.iter().map(|bytes| codec::decode(bytes).map_err(|_| Invalid::NotInputs)).collect()
}

/// Adds the chunks under the node at `index` of `level`, from the left, as far as there are any.
fn collect(
    oracle: &mut dyn Oracle,
    hash: B256,
    level: u8,
    index: u32,
    count: u32,
    chunks: &mut Vec<Vec<u8>>,
) -> Result<(), Invalid> {
    if u64::from(index) << level >= u64::from(count) {
        return Ok(());
    }
    // The header's maker chose these hashes: what has no form is a wrong batch, never a failure of ours.
    if hash == B256::ZERO {
        return Err(Invalid::NotInputs);
    }
    if level == 0 {
        let chunk = leaf(oracle, hash, Hint::Chunk { index }).ok_or(Invalid::NotInputs)?;
        // At once: whoever shows this one need not have those behind it.
        if chunk.len() > INPUT_CHUNK_BYTES {
            return Err(Invalid::NotInputs);
        }
        chunks.push(chunk);
        return Ok(());
    }
    let (left, right) = children(oracle, hash, Hint::ChunkNode { level, index }).ok_or(Invalid::NotInputs)?;
    collect(oracle, left, level - 1, 2 * index, count, chunks)?;
    collect(oracle, right, level - 1, 2 * index + 1, count, chunks)
}
