//! Where the inputs of batches come from: the sequencer, another validator, anybody. Nobody is believed: a chunk comes
//! with a proof under the root that the header names.

mod http;
mod memory;

pub use http::HttpSource;
pub use memory::MemorySource;

use crate::verdict::{Missing, Reason, Verdict};
use alloy::primitives::B256;
use ballast_batch::{BatchHeader, chunks::INPUT_TREE_DEPTH};
use ballast_program::Invalid;
use ballast_state::tree::{leaf_hash, verify};
use ballast_types::limits::INPUT_CHUNK_BYTES;
use futures_util::future::try_join_all;
use std::future::Future;

/// Chunks that are asked for at a time.
const AT_ONCE: u32 = 8;

/// A chunk of a batch's inputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Its bytes.
    pub data: Vec<u8>,
    /// Siblings from the chunk up to the header's `inputsRoot`.
    pub proof: Vec<B256>,
}

/// Why a source has no chunk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Withheld(pub String);

/// Shows chunks of inputs.
pub trait InputSource: Send + Sync {
    /// The chunk `chunk` of the batch `index`. It need not be right.
    fn chunk(&self, index: u64, chunk: u32) -> impl Future<Output = Result<Chunk, Withheld>> + Send;
}

/// All chunks that the header counts, each proven under its `inputsRoot`; for each, the sources are asked in turn.
/// The contract takes no header that counts more than [`MAX_INPUT_CHUNKS`](ballast_batch::chunks::MAX_INPUT_CHUNKS).
///
/// # Errors
/// [`Verdict::Unavailable`] for the first that nobody shows; [`Verdict::Invalid`] for one that is proven and longer than
/// chunks are, before the others fill memory.
pub(crate) async fn collect<S: InputSource>(
    sources: &[S],
    header: &BatchHeader,
) -> Result<Vec<Vec<u8>>, Verdict> {
    let mut chunks = Vec::new();
    let mut next = 0;
    while next < header.inputChunks {
        let end = header.inputChunks.min(next + AT_ONCE);
        chunks.extend(try_join_all((next..end).map(|chunk| find(sources, header, chunk))).await?);
        next = end;
    }
    Ok(chunks)
}

async fn find<S: InputSource>(sources: &[S], header: &BatchHeader, chunk: u32) -> Result<Vec<u8>, Verdict> {
    let mut why = "nobody is there to be asked".to_owned();
    for source in sources {
        match source.chunk(header.index, chunk).await {
            Ok(shown) if is_under(header, chunk, &shown) => {
                let fits = shown.data.len() <= INPUT_CHUNK_BYTES;
                return fits
                    .then_some(shown.data)
                    .ok_or(Verdict::Invalid(Reason::Inputs(Invalid::NotInputs)));
            }
            Ok(_) => why = "what was shown is not it".to_owned(),
            Err(Withheld(reason)) => why = reason,
        }
    }
    Err(Verdict::Unavailable(Missing::Chunk { chunk, why }))
}

fn is_under(header: &BatchHeader, chunk: u32, shown: &Chunk) -> bool {
    verify(header.inputsRoot, INPUT_TREE_DEPTH, chunk, leaf_hash(&shown.data), &shown.proof)
}
