//! Batches whose inputs nobody shows: after a while they are demanded on L1, by whoever has a key for it.
//!
//! Batches behind one that cannot be judged are looked at, too. Else each would be demanded only when the one before it was
//! shown, and a wrong batch behind two that are shown in the last second would be final by then.

use crate::{
    error::Result,
    source::{Chunk, Gathering, InputSource, Lacking},
    verdict::Missing,
};
use alloy::primitives::B256;
use ballast_batch::{BatchHeader, chunks::MAX_INPUT_CHUNKS};
use ballast_bridge::{
    demander::{Want, Wanted},
    l1::{Block, L1},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use tracing::{error, warn};

/// Chunks of all batches that are kept while one cannot be judged, 240 MiB: forty full batches.
const MOST_CHUNKS: u32 = 40 * MAX_INPUT_CHUNKS;

/// When and how much is demanded.
#[derive(Clone, Debug)]
pub struct Patience {
    /// How long inputs may be missing before they are demanded.
    pub after: Duration,
    /// Chunks of one batch that are demanded at a time.
    pub most: usize,
    /// Chunks of all batches that are demanded at a time.
    pub in_all: usize,
    /// Where it is said what is wanted.
    pub wanted: Wanted,
    /// Whether anybody listens there: without a key nothing is demanded, and what would be is told.
    pub has_key: bool,
}

/// A batch that waits for its inputs.
#[derive(Debug)]
struct Waiting {
    header: BatchHeader,
    hash: B256,
    since: Instant,
    gathering: Gathering,
    /// Chunks that nobody showed at the last look.
    lacking: Vec<u32>,
}

impl Waiting {
    fn new(header: &BatchHeader) -> Self {
        let (hash, since) = (header.hash(), Instant::now());
        Self { header: header.clone(), hash, since, gathering: Gathering::default(), lacking: Vec::new() }
    }

    fn is_due(&self, patience: &Patience) -> bool {
        self.since.elapsed() >= patience.after
    }

    /// Looks for what is missing. One missing chunk is enough to know that the batch cannot be judged, until it is time to demand
    /// them.
    async fn look<S: InputSource>(
        &mut self,
        sources: &[S],
        patience: Option<&Patience>,
    ) -> std::result::Result<(), Missing> {
        let most = patience.filter(|patience| self.is_due(patience)).map_or(1, |patience| patience.most);
        let looked = self.gathering.look(sources, &self.header, most).await;
        self.lacking.clear();
        looked.map_err(|Lacking { chunks, first }| {
            self.lacking = chunks;
            first
        })
    }
}

/// The batches that wait, by number: that which is judged next, and those behind it.
#[derive(Debug)]
pub(crate) struct Withholding {
    patience: Option<Patience>,
    waiting: BTreeMap<u64, Waiting>,
    /// The block in which later batches were looked at last.
    looked: B256,
}

impl Withholding {
    pub(crate) const fn new(patience: Option<Patience>) -> Self {
        Self { patience, waiting: BTreeMap::new(), looked: B256::ZERO }
    }

    /// The inputs of the batch that is judged next. Those that nobody shows are wanted when it is time.
    pub(crate) async fn gather<S: InputSource>(
        &mut self,
        sources: &[S],
        header: &BatchHeader,
    ) -> std::result::Result<Vec<Chunk>, Missing> {
        let (index, hash) = (header.index, header.hash());
        // What is before it was judged.
        self.waiting = self.waiting.split_off(&index);
        self.waiting.retain(|of, known| *of != index || known.hash == hash);
        let waiting = self.waiting.entry(index).or_insert_with(|| Waiting::new(header));
        let looked = waiting.look(sources, self.patience.as_ref()).await;
        let gathered = looked.map(|()| waiting.gathering.chunks());
        if gathered.is_ok() {
            // Whoever shows this one may show the others, too: they are looked at again before they are demanded.
            self.looked = B256::ZERO;
            self.waiting.values_mut().for_each(|waiting| waiting.lacking.clear());
        }
        self.say();
        gathered
    }

    /// Looks at the batches behind the one that cannot be judged, once in a block and when that one is demanded already.
    ///
    /// # Errors
    /// Those of L1.
    pub(crate) async fn look_ahead<L: L1, S: InputSource>(
        &mut self,
        l1: &L,
        sources: &[S],
        head: &Block,
    ) -> Result<()> {
        let Some(patience) = self.patience.clone() else { return Ok(()) };
        let next = self.waiting.first_key_value().filter(|(_, next)| next.is_due(&patience));
        let Some((first, next)) = next.filter(|_| self.looked != head.hash) else { return Ok(()) };
        let (mut lacking, mut kept) = (next.lacking.len(), next.header.inputChunks);
        for index in first + 1..l1.batch_count().await? {
            if lacking >= patience.in_all {
                break;
            }
            let known = self.waiting.get(&index).map(|waiting| waiting.hash);
            if known.is_none() || l1.batch_hash(index).await? != known {
                let Some(posted) = l1.posted(index).await? else { break };
                self.waiting.insert(index, Waiting::new(&posted.header));
            }
            let Some(waiting) = self.waiting.get_mut(&index) else { break };
            kept += waiting.header.inputChunks;
            if kept > MOST_CHUNKS {
                break;
            }
            // What is missing is noted there.
            let _ = waiting.look(sources, Some(&patience)).await;
            lacking += waiting.lacking.len();
        }
        self.looked = head.hash;
        self.say();
        Ok(())
    }

    /// Nothing is wanted: what follows a wrong batch goes with it.
    pub(crate) fn over(&mut self) {
        self.waiting.clear();
        self.say();
    }

    /// Says what is wanted, earlier batches first.
    fn say(&self) {
        let Some(patience) = &self.patience else { return };
        let (mut wants, mut left) = (Vec::new(), patience.in_all);
        for waiting in self.waiting.values().filter(|waiting| waiting.is_due(patience)) {
            let chunks: Vec<_> = waiting.lacking.iter().copied().take(left).collect();
            left -= chunks.len();
            if !chunks.is_empty() {
                wants.push(Want { header: waiting.header.clone(), chunks });
            }
        }
        let told = patience.wanted.get();
        wants.iter().filter(|want| !told.contains(want)).for_each(|want| tell(patience, want));
        patience.wanted.set(wants);
    }
}

fn tell(patience: &Patience, Want { header, chunks }: &Want) {
    let (index, seconds) = (header.index, patience.after.as_secs());
    if patience.has_key {
        warn!(index, ?chunks, seconds, "nobody shows inputs of a posted batch: they are demanded on L1");
    } else {
        error!(
            index,
            ?chunks,
            seconds,
            "nobody shows inputs of a posted batch, and this validator has no key to demand them on L1: give it one with \
             --key-file, or run `bridge demand {index}` before the batch is final"
        );
    }
}
