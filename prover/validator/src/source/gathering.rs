//! The inputs of a batch, as far as somebody has shown them.

use super::{Chunk, InputSource, Withheld};
use crate::verdict::Missing;
use ballast_batch::BatchHeader;
use ballast_types::limits::INPUT_CHUNK_BYTES;
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// Chunks that are asked for at a time.
const AT_ONCE: usize = 8;

/// What keeps inputs from being whole.
#[derive(Debug)]
pub(crate) struct Lacking {
    /// The first chunks that nobody shows, ascending: one at least.
    pub chunks: Vec<u32>,
    /// Why the source that was asked last does not show the first.
    pub first: Missing,
}

/// What was found of one batch. Nobody is asked for it again: one that is shown chunk by chunk, as they are demanded, is gathered
/// for days, and a source that showed something may not do it twice.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    found: BTreeMap<u32, Chunk>,
}

impl Gathering {
    /// Looks for every chunk that the header counts and that was not found yet; for each, the sources are asked in turn. What is
    /// found is proven under `inputsRoot`. The contract takes no header that counts more than
    /// [`MAX_INPUT_CHUNKS`](ballast_batch::chunks::MAX_INPUT_CHUNKS). A chunk that is longer than chunks are is the last that
    /// is asked for, before the others fill memory.
    ///
    /// # Errors
    /// [`Lacking`], with `most` chunks at most.
    pub(crate) async fn look<S: InputSource>(
        &mut self,
        sources: &[S],
        header: &BatchHeader,
        most: usize,
    ) -> Result<(), Lacking> {
        let unknown = (0..header.inputChunks).filter(|chunk| !self.found.contains_key(chunk));
        let (unknown, mut lacking) = (unknown.collect::<Vec<_>>(), Vec::new());
        for some in unknown.chunks(AT_ONCE) {
            if lacking.len() >= most || self.last().is_some() {
                break;
            }
            let asked = some.iter().map(async |chunk| (*chunk, find(sources, header, *chunk).await));
            for (chunk, found) in join_all(asked).await {
                match found {
                    Ok(shown) => _ = self.found.insert(chunk, shown),
                    Err(Withheld(why)) => lacking.push((chunk, why)),
                }
            }
        }
        if let Some(last) = self.last() {
            lacking.retain(|(chunk, _)| *chunk < last);
        }
        lacking.truncate(most);
        let chunks = lacking.iter().map(|(chunk, _)| *chunk).collect();
        let first = lacking.into_iter().next();
        first.map_or(Ok(()), |(chunk, why)| Err(Lacking { chunks, first: Missing::Chunk { chunk, why } }))
    }

    /// What was found, up to the first chunk that is too long.
    pub(crate) fn chunks(&self) -> Vec<Chunk> {
        let last = self.last().unwrap_or(u32::MAX);
        self.found.range(..=last).map(|(_, chunk)| chunk.clone()).collect()
    }

    /// The first chunk that is too long, which no inputs have.
    fn last(&self) -> Option<u32> {
        self.found.iter().find(|(_, chunk)| !fits(chunk)).map(|(number, _)| *number)
    }
}

/// Whether a chunk is no longer than chunks are.
pub(crate) const fn fits(chunk: &Chunk) -> bool {
    chunk.data.len() <= INPUT_CHUNK_BYTES
}

async fn find<S: InputSource>(sources: &[S], header: &BatchHeader, chunk: u32) -> Result<Chunk, Withheld> {
    let mut why = Withheld("nobody is there to be asked".to_owned());
    for source in sources {
        match source.chunk(header.index, chunk).await {
            Ok(shown) if shown.is_under(header.inputsRoot, chunk) => return Ok(shown),
            Ok(_) => why = Withheld("what was shown is not it".to_owned()),
            Err(withheld) => why = withheld,
        }
    }
    Err(why)
}
