//! The inputs of the batch that is judged next, as far as somebody has shown them.

use super::{Chunk, InputSource, Withheld};
use crate::verdict::Missing;
use alloy::primitives::B256;
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

/// What was found under one root. Nobody is asked for it again: a batch that is shown chunk by chunk, as they are demanded, is
/// gathered for days.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    root: B256,
    found: BTreeMap<u32, Chunk>,
}

impl Gathering {
    /// All chunks that the header counts, each proven under its `inputsRoot`; for each, the sources are asked in turn.
    /// The contract takes no header that counts more than [`MAX_INPUT_CHUNKS`](ballast_batch::chunks::MAX_INPUT_CHUNKS).
    /// One that is longer than chunks are is the last that is asked for, before the others fill memory.
    ///
    /// # Errors
    /// [`Lacking`], with `most` chunks at most.
    pub(crate) async fn gather<S: InputSource>(
        &mut self,
        sources: &[S],
        header: &BatchHeader,
        most: usize,
    ) -> Result<Vec<Chunk>, Lacking> {
        if self.root != header.inputsRoot {
            *self = Self { root: header.inputsRoot, found: BTreeMap::new() };
        }
        let unknown: Vec<u32> =
            (0..header.inputChunks).filter(|chunk| !self.found.contains_key(chunk)).collect();
        let mut lacking = Vec::new();
        for some in unknown.chunks(AT_ONCE) {
            if lacking.len() >= most || self.found.values().any(|chunk| !fits(chunk)) {
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
        let long = self.found.iter().find(|(_, chunk)| !fits(chunk));
        let last = long.map_or(u32::MAX, |(number, _)| *number);
        lacking.retain(|(chunk, _)| *chunk < last);
        lacking.truncate(most);
        let chunks = lacking.iter().map(|(chunk, _)| *chunk).collect();
        if let Some((chunk, why)) = lacking.into_iter().next() {
            return Err(Lacking { chunks, first: Missing::Chunk { chunk, why } });
        }
        let found = std::mem::take(&mut self.found).into_iter();
        Ok(found.take_while(|(number, _)| *number <= last).map(|(_, chunk)| chunk).collect())
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
