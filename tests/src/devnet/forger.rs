//! Whoever takes the sequencer's place for one batch: has the state before it, lets the real engine make another batch of other
//! inputs, posts it with the poster's key, and shows its inputs.

use super::{Devnet, impostor, node};
use ballast_auth::Recover;
use ballast_batch::{
    BatchHeader,
    chunks::{chunk, unchunk},
};
use ballast_bridge::{
    data::BatchData,
    l1::{L1 as _, Posted, alloy::AlloyL1, blobs::Beacon},
};
use ballast_types::{Input, codec};
use ballast_validator::{
    Archive, Board, Follower, FollowerConfig, Replica, Retention,
    court::{Case, Data, Trial},
    genesis, server,
    source::{Chunk, HttpSource},
    store::MemoryStore,
};
use ballast_vm::{Image, Subject};
use eyre::{ContextCompat as _, ensure, eyre};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Follows the batches until its time comes.
#[derive(Debug)]
pub struct Forger {
    follower: Follower<AlloyL1<Beacon>, HttpSource>,
    /// What it shows of its own batches.
    shown: Archive,
    url: String,
    // Stops serving when dropped.
    _server: JoinSet<()>,
}

/// A batch that the node made and L1 has forgotten, and what it was made of.
#[derive(Debug)]
pub struct Place {
    /// The batch.
    pub honest: Posted,
    /// Its diff.
    pub diff: Vec<u8>,
    /// Its inputs; the last is the seal.
    pub inputs: Vec<Input>,
}

/// A batch that is to take the place.
#[derive(Clone, Debug)]
pub struct Forged {
    /// Its header, but for the data.
    pub header: BatchHeader,
    /// Its diff.
    pub diff: Vec<u8>,
    /// What is shown as its inputs.
    pub inputs: Vec<Input>,
}

impl Forger {
    /// Begins to follow, and to serve on a port of its own.
    ///
    /// # Errors
    /// When L1 does not answer, or nothing can be served.
    pub async fn start(devnet: &Devnet) -> eyre::Result<Self> {
        let l1 = impostor::l1(devnet).await?;
        let genesis = genesis::read(&devnet.dir().join(node::GENESIS))?;
        let archive = || Arc::new(MemoryStore::default());
        let shown = Archive::open(archive(), genesis.clone(), Retention::default())?;
        let sources = vec![HttpSource::new(&devnet.http())?];
        let follower = Follower::open(l1, sources, archive(), genesis, FollowerConfig::default()).await?;
        let address = ([127, 0, 0, 1], 0).into();
        let (handle, address) = server::serve(shown.clone(), Board::default(), address).await?;
        let mut server = JoinSet::new();
        server.spawn(handle.stopped());
        Ok(Self { follower, shown, url: format!("http://{address}"), _server: server })
    }

    /// Where it shows the inputs of its batches.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Holds the node and has L1 forget its last batch.
    ///
    /// # Errors
    /// When L1 does not answer, or the node does not stand still.
    pub async fn take_the_place(&mut self, devnet: &Devnet) -> eyre::Result<Place> {
        let l1 = impostor::l1(devnet).await?;
        loop {
            self.catch_up(devnet).await?;
            let (honest, diff) = impostor::take_back_the_last(devnet).await?;
            let index = honest.header.index;
            if self.follower.archive().hash(index)? == Some(honest.hash()) {
                return Ok(Place { inputs: self.inputs(index)?, honest, diff });
            }
            // A batch came between the two.
            devnet.node().resume()?;
            let is_back = async || Ok((l1.batch_count().await? > index).then_some(()));
            devnet.until("the batch to be posted again", is_back).await?;
        }
    }

    /// Judges all that L1 has.
    async fn catch_up(&mut self, devnet: &Devnet) -> eyre::Result<()> {
        let l1 = impostor::l1(devnet).await?;
        let follower = &mut self.follower;
        let look = async || {
            follower.step().await?;
            let last = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
            let tip = follower.tip().await?;
            Ok((tip.index > 0 && l1.batch_hash(last).await? == Some(tip.hash())).then_some(()))
        };
        devnet.until("the forger to have every batch", look).await
    }

    /// The inputs of a batch that it follows.
    fn inputs(&self, index: u64) -> eyre::Result<Vec<Input>> {
        let kept = self.follower.archive().judged_last(index)?.wrap_err("it was judged")?;
        let chunks: Vec<_> = kept.chunks.into_iter().map(|chunk| chunk.data).collect();
        let encoded = unchunk(&chunks).map_err(|error| eyre!("no chunks of inputs: {error:?}"))?;
        let decoded = encoded.iter().map(|bytes| codec::decode(bytes));
        decoded.collect::<Result<_, _>>().map_err(|error| eyre!("no inputs: {error:?}"))
    }

    /// The exchange before the place.
    ///
    /// # Errors
    /// When it is not kept.
    pub fn before(&self, place: &Place) -> eyre::Result<Replica> {
        let before = self.follower.archive().restore_at(place.honest.header.index - 1)?;
        ensure!(before.header().hash() == place.honest.header.previousHash, "it is another state");
        Ok(before)
    }

    /// The batch that these inputs make, for one who believes of signatures what `recover` says.
    ///
    /// # Errors
    /// When they are not the inputs of a batch.
    pub fn seal(&self, place: &Place, inputs: Vec<Input>, recover: &impl Recover) -> eyre::Result<Forged> {
        let replayed = self.before(place)?.replay(&inputs, recover);
        let replayed = replayed.map_err(|invalid| eyre!("no batch: {invalid}"))?;
        let header = BatchHeader { programHash: place.honest.header.programHash, ..replayed.header };
        Ok(Forged { header, diff: replayed.diff, inputs })
    }

    /// Shows the inputs of a batch to whoever asks, and posts it with the data that its header names.
    ///
    /// # Errors
    /// When the contract refuses it, with its reason.
    pub async fn post(&self, devnet: &Devnet, forged: &Forged, data: BatchData) -> eyre::Result<Posted> {
        // Only the number of this state is asked for.
        let place = self.follower.archive().restore_at(forged.header.index)?;
        self.shown.keep(&place, &forged.chunks(), &forged.diff, Vec::new())?;
        impostor::post(devnet, &forged.header, data).await
    }

    /// The run of the machine on a batch that carries these data. What blobs hold is believed: they may be others than those of
    /// their hashes.
    ///
    /// # Errors
    /// When the program asks for something that is not there.
    pub fn trial(&self, place: &Place, forged: &Forged, data: Data, image: Image) -> eyre::Result<Trial> {
        let before = self.before(place)?;
        let chunks = forged.chunks();
        let shown = (0..forged.header.inputChunks).filter_map(|chunk| Chunk::of(&chunks, chunk)).collect();
        let (_, facts) = Case::new(&before, forged.header.clone(), shown, data).facts()?;
        Ok(Trial::new(image, Subject::Batch, forged.header.hash(), facts))
    }
}

impl Forged {
    /// The chunks of its inputs.
    fn chunks(&self) -> Vec<Vec<u8>> {
        chunk(self.inputs.iter().map(codec::encode))
    }

    /// With its diff in calldata, as its header says then.
    ///
    /// # Errors
    /// When the diff does not fit one transaction.
    pub fn in_calldata(self) -> eyre::Result<(Self, BatchData)> {
        let (header, data) = impostor::with_diff(self.header, &self.diff)?;
        Ok((Self { header, ..self }, data))
    }
}
