//! Where the inputs of batches come from: the sequencer, another validator, anybody. Nobody is believed: a chunk comes
//! with a proof under the root that the header names.

mod gathering;
mod http;
mod memory;
mod shown;

pub use ballast_bridge::demand::Chunk;
pub(crate) use gathering::{Gathering, Lacking, fits};
pub use http::HttpSource;
pub use memory::MemorySource;
pub use shown::ShownOnL1;

use std::future::Future;

/// Why a source has no chunk.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Withheld(pub String);

/// Shows chunks of inputs.
pub trait InputSource: Send + Sync {
    /// The chunk `chunk` of the batch `index`. It need not be right.
    fn chunk(&self, index: u64, chunk: u32) -> impl Future<Output = Result<Chunk, Withheld>> + Send;
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
