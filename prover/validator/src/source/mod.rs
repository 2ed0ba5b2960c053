//! Where the inputs of batches come from: the sequencer, another validator, anybody. Nobody is believed: a chunk comes
//! with a proof under the root that the header names.

mod http;
mod memory;
mod shown;

pub use ballast_bridge::demand::Chunk;
pub use http::HttpSource;
pub use memory::MemorySource;
pub use shown::ShownOnL1;

use crate::verdict::Missing;
use ballast_batch::BatchHeader;
use ballast_types::limits::INPUT_CHUNK_BYTES;
use futures_util::future::join_all;
use std::future::Future;

/// Chunks that are asked for at a time.
const AT_ONCE: u32 = 8;

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
/// [`Missing::Chunk`] for the first that nobody shows. One that is longer than chunks are is the last that is asked for,
/// before the others fill memory.
pub(crate) async fn collect<S: InputSource>(
    sources: &[S],
    header: &BatchHeader,
) -> Result<Vec<Chunk>, Missing> {
    let mut chunks = Vec::new();
    let mut next = 0;
    while next < header.inputChunks {
        let end = header.inputChunks.min(next + AT_ONCE);
        for chunk in join_all((next..end).map(|chunk| find(sources, header, chunk))).await {
            let chunk = chunk?;
            let fits = fits(&chunk);
            chunks.push(chunk);
            if !fits {
                return Ok(chunks);
            }
        }
        next = end;
    }
    Ok(chunks)
}

/// Whether a chunk is no longer than chunks are.
pub(crate) const fn fits(chunk: &Chunk) -> bool {
    chunk.data.len() <= INPUT_CHUNK_BYTES
}

async fn find<S: InputSource>(sources: &[S], header: &BatchHeader, chunk: u32) -> Result<Chunk, Missing> {
    let mut why = "nobody is there to be asked".to_owned();
    for source in sources {
        match source.chunk(header.index, chunk).await {
            Ok(shown) if shown.is_under(header.inputsRoot, chunk) => return Ok(shown),
            Ok(_) => why = "what was shown is not it".to_owned(),
            Err(Withheld(reason)) => why = reason,
        }
    }
    Err(Missing::Chunk { chunk, why })
}

/// The first chunks that nobody shows, at most so many, ascending.
pub(crate) async fn missing<S: InputSource>(sources: &[S], header: &BatchHeader, most: usize) -> Vec<u32> {
    let mut missing = Vec::new();
    let mut next = 0;
    while next < header.inputChunks && missing.len() < most {
        let end = header.inputChunks.min(next + AT_ONCE);
        let asked = (next..end).map(async |chunk| (chunk, find(sources, header, chunk).await));
        for (chunk, found) in join_all(asked).await {
            if found.is_err() {
                missing.push(chunk);
            }
        }
        next = end;
    }
    missing.truncate(most);
    missing
}

/// One of two kinds of source.
#[derive(Clone, Debug)]
pub enum Either<A, B> {
    /// The one.
    One(A),
    /// The other.
    Other(B),
}

impl<A: InputSource, B: InputSource> InputSource for Either<A, B> {
    async fn chunk(&self, index: u64, chunk: u32) -> Result<Chunk, Withheld> {
        match self {
            Self::One(source) => source.chunk(index, chunk).await,
            Self::Other(source) => source.chunk(index, chunk).await,
        }
    }
}
