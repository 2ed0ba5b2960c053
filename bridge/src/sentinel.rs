//! Shows chunks of inputs that are demanded on L1: what is not shown in time makes its batch fall, and all that follow.
//!
//! Whoever has inputs may answer, and the bond pays for it. The sentinel keeps nothing on disk: it reads the demands from
//! the deployment on, the last [`REREAD`] blocks again at each look, for L1 may be reorganised. Logs only say where to
//! look; before it sends anything it asks the contract. The one that is due first goes first, and one that cannot be
//! answered keeps no other waiting.

#[cfg(test)]
mod tests;

use crate::{
    demand::{Archive, DemandState, Demanded, Standing},
    error::{Error, Result},
    l1::{Block, Call, Demands, L1Sender},
    lane::{Lane, Sent},
};
use alloy::primitives::B256;
use std::{collections::BTreeMap, sync::Arc};
use tracing::{error, info, warn};

/// Blocks that are read again each time: no reorganisation of L1 is deeper.
pub const REREAD: u64 = 64;
/// Blocks of one reading.
const RANGE: u64 = 10_000;
/// Blocks after which a demand that was over is looked at again, as long as a reorganisation could open it again.
const LOOK_AGAIN: u64 = 8;

/// When a demand is due, its batch and its chunk: the order in which they are answered.
type Key = (u64, B256, u32);

/// What is known of a demand.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// Number of the batch.
    index: u64,
    /// It is not looked at before this block.
    look_at: u64,
    /// The block in which it was seen to be over.
    over_since: Option<u64>,
    /// Whether we lack its chunk.
    lacking: bool,
    /// Whether it was told that it was not answered in time.
    told: bool,
}

/// What a step did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answering {
    /// Nothing that we have is demanded.
    Nothing,
    /// A chunk is about to be shown.
    Sent {
        /// Of which batch.
        index: u64,
        /// Which chunk.
        chunk: u32,
        /// By which transaction.
        transaction: B256,
    },
    /// The answer waits for L1 to become cheaper.
    TooDear,
}

/// What a look at one demand found.
enum Look {
    /// It needs no answer, or none helps.
    Over,
    /// It was not answered in time.
    Missed,
    /// Another one of its batch was not.
    Fallen,
    /// We do not have the chunk.
    Lacking,
    /// It can be answered.
    Answer(Call),
}

/// Shows what is demanded. Ask it with [`Sentinel::step`].
pub struct Sentinel<L> {
    l1: L,
    archive: Box<dyn Archive>,
    deploy_block: u64,
    /// The first block that was never read.
    unread: u64,
    known: BTreeMap<Key, Known>,
    standing: Standing,
}

impl<L: L1Sender + Demands> Sentinel<L> {
    /// A sentinel over the demands since `deploy_block`, which answers from `archive`.
    pub fn new(l1: L, archive: Box<dyn Archive>, deploy_block: u64) -> Self {
        let (known, standing) = (BTreeMap::new(), Standing::default());
        Self { l1, archive, deploy_block, unread: deploy_block, known, standing }
    }

    /// How the demands stood at the last step.
    pub const fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Looks for demands, and sends the first answer that can be given through the lane, which must be free.
    ///
    /// # Errors
    /// Those of L1 and of the archive.
    pub async fn step(&mut self, lane: &mut Lane<L>, now: u64) -> Result<Answering> {
        let head = self.l1.head().await?;
        self.read(head.number).await?;
        let done = self.answer(lane, now, &head).await;
        self.note();
        done
    }

    /// Reads the demands up to the head, and lets go of those that are over for good.
    async fn read(&mut self, head: u64) -> Result<()> {
        let mut from = self.unread.saturating_sub(REREAD).max(self.deploy_block);
        while from <= head {
            let to = from.saturating_add(RANGE - 1).min(head);
            for Demanded { batch_hash, index, chunk, due } in self.l1.demands(from, to).await? {
                self.known.entry((due, batch_hash, chunk)).or_insert_with(|| {
                    info!(index, chunk, due, "a chunk of inputs is demanded on L1");
                    Known { index, look_at: 0, over_since: None, lacking: false, told: false }
                });
            }
            from = to.saturating_add(1);
            self.unread = from;
        }
        // A head that went back lets what was read beyond it be read again.
        self.unread = self.unread.min(head.saturating_add(1));
        // Its log is deeper than what is read again, so it does not come back.
        self.known
            .retain(|_, known| known.over_since.is_none_or(|since| since.saturating_add(REREAD) > head));
        Ok(())
    }

    async fn answer(&mut self, lane: &mut Lane<L>, now: u64, head: &Block) -> Result<Answering> {
        let due: Vec<Key> = self
            .known
            .iter()
            .filter(|(_, known)| known.look_at <= head.number)
            .map(|(key, _)| *key)
            .collect();
        for key in due {
            let (batch_hash, chunk) = (key.1, key.2);
            let Some(known) = self.known.get(&key).copied() else { continue };
            let call = match self.look(&known, batch_hash, chunk, head).await? {
                Look::Over => {
                    self.over(&key, head.number);
                    continue;
                }
                Look::Missed => {
                    self.miss(&key, head.number);
                    continue;
                }
                Look::Fallen => {
                    self.wait(&key, head.number);
                    continue;
                }
                Look::Lacking => {
                    self.lack(&key, head.number);
                    continue;
                }
                Look::Answer(call) => call,
            };
            self.change(&key, |known| (known.lacking, known.over_since, known.told) = (false, None, false));
            match lane.send(now, call).await {
                Ok(Sent::Pooled(transaction)) => {
                    info!(index = known.index, chunk, %transaction, "a chunk that was demanded is being shown");
                    self.standing.sent += 1;
                    return Ok(Answering::Sent { index: known.index, chunk, transaction });
                }
                Ok(Sent::TooDear) => return Ok(Answering::TooDear),
                // Somebody was quicker, or L1 has moved: the next look says which, and the others do not wait for it.
                Err(Error::Reverted { reason, .. }) => {
                    warn!(index = known.index, chunk, reason, "L1 does not take the chunk now");
                    self.change(&key, |known| known.look_at = head.number + 1);
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Answering::Nothing)
    }

    /// What is to be done about one demand.
    async fn look(&self, known: &Known, batch_hash: B256, chunk: u32, head: &Block) -> Result<Look> {
        let demand = self.l1.demand(batch_hash, chunk).await?;
        let DemandState::Open { due } = demand.state else { return Ok(Look::Over) };
        if self.l1.batch_hash(known.index).await? != Some(batch_hash) {
            return Ok(Look::Over);
        }
        // While L1 was stressed the contract gives more time than it said at first, and knows best.
        if demand.fallen {
            return Ok(if head.time > due { Look::Missed } else { Look::Fallen });
        }
        let Some(shown) = self.archive.chunk(known.index, chunk)? else { return Ok(Look::Lacking) };
        if !shown.answers(demand.inputs_root, chunk) {
            // Another batch of this number, or one that cannot be answered.
            return Ok(Look::Lacking);
        }
        Ok(Look::Answer(Call::Reveal { batch_hash, chunk, shown: Arc::new(shown) }))
    }

    fn over(&mut self, key: &Key, head: u64) {
        self.change(key, |known| {
            known.over_since.get_or_insert(head);
            known.look_at = head + LOOK_AGAIN;
        });
    }

    /// The batches of which a chunk was not shown in time, by number and hash, as long as they are remembered.
    pub fn missed(&self) -> Vec<(u64, B256)> {
        self.known.iter().filter(|(_, known)| known.told).map(|(key, known)| (known.index, key.1)).collect()
    }

    fn miss(&mut self, key: &Key, head: u64) {
        let told = self.known.get(key).is_none_or(|known| known.told);
        if !told {
            let index = self.known.get(key).map_or(0, |known| known.index);
            error!(
                index,
                chunk = key.2,
                "a chunk was not shown in time: the batch falls, and all that follow it"
            );
            self.standing.missed += 1;
        }
        self.change(key, |known| known.told = true);
        self.wait(key, head);
    }

    /// As long as nobody acts on a fall, stress of L1 that is proven late may give more time.
    fn wait(&mut self, key: &Key, head: u64) {
        self.change(key, |known| known.look_at = head + LOOK_AGAIN);
    }

    fn lack(&mut self, key: &Key, head: u64) {
        if let Some(known) = self.known.get(key).filter(|known| !known.lacking) {
            warn!(
                index = known.index,
                chunk = key.2,
                due = key.0,
                "a chunk is demanded that is not kept here"
            );
        }
        self.change(key, |known| (known.lacking, known.look_at) = (true, head + 1));
    }

    fn change(&mut self, key: &Key, with: impl FnOnce(&mut Known)) {
        if let Some(known) = self.known.get_mut(key) {
            with(known);
        }
    }

    /// Tells how the demands stand.
    fn note(&mut self) {
        let open = self.known.iter().filter(|(_, known)| known.over_since.is_none() && !known.told);
        self.standing.open = open.clone().count() as u64;
        self.standing.next_due = open.clone().next().map(|(key, _)| key.0);
        self.standing.lacking = open.filter(|(_, known)| known.lacking).count() as u64;
        self.archive.saw(&self.standing);
    }
}

impl<L: std::fmt::Debug> std::fmt::Debug for Sentinel<L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sentinel").field("known", &self.known).finish_non_exhaustive()
    }
}
