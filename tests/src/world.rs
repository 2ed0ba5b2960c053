//! An exchange that seals batches, and what a judge of one asks for.

use crate::stream::Stream;
use alloy::{primitives::keccak256, sol_types::SolValue};
use ballast_auth::K256;
use ballast_batch::{
    BatchHeader,
    blobs::{ELEMENTS_PER_BLOB, blob_count, element},
    chunks::chunk,
    data::{BLOBS, blobs_data_hash, calldata_data_hash},
};
use ballast_engine::{Exchange, GenesisConfig, apply, commit, invariants, verify};
use ballast_oracle::{Facts, Host, Recorder};
use ballast_program::{Built, Invalid, Leaves, build, run};
use ballast_state::{Commitment, Section};
use ballast_types::{B256, BatchIndex, Event, Input, Source, SystemCommand, codec};
use ballast_vm::{BlobElement, Facts as Told};
use std::{collections::BTreeMap, sync::Arc};

/// Every leaf of the state before a batch, kept by place.
#[derive(Clone, Debug, Default)]
pub struct LeafMap(pub BTreeMap<(Section, u32), Vec<u8>>);

impl Facts for LeafMap {
    fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        self.0.get(&(section, index)).cloned()
    }
}

/// An exchange that seals batches and remembers what each began with.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "an exchange has none")]
pub struct World {
    /// The exchange.
    pub exchange: Exchange,
    /// The trees over its leaves when the last batch was sealed.
    pub commitment: Commitment,
    /// Those leaves.
    pub facts: LeafMap,
    /// The header of that batch.
    pub previous: BatchHeader,
}

/// A batch, and the oracle of the state that it began with.
#[allow(missing_debug_implementations, reason = "a commitment has none")]
pub struct Sealed {
    /// What its inputs make.
    pub built: Built,
    /// Its header, with its diff in calldata.
    pub header: BatchHeader,
    /// Its inputs.
    pub inputs: Vec<Input>,
    previous: BatchHeader,
    commitment: Arc<Commitment>,
    facts: LeafMap,
}

impl World {
    /// A world that begins so.
    ///
    /// # Panics
    /// When no exchange can.
    #[must_use]
    pub fn new(genesis: &GenesisConfig) -> Self {
        let mut exchange = Exchange::genesis(genesis).expect("the genesis is sound");
        let (mut commitment, mut facts) = (Commitment::new(), LeafMap::default());
        advance(&mut exchange, &mut commitment, &mut facts);
        let previous = BatchHeader::genesis(commitment.section_roots());
        Self { exchange, commitment, facts, previous }
    }

    /// The world of a stream in which governance says something, too.
    #[must_use]
    pub fn of_stream(seed: u64, accounts: u64, markets: u16) -> (Self, Stream) {
        let (stream, genesis) = Stream::new(seed, accounts, markets);
        (Self::new(&genesis), stream.governed())
    }

    /// Applies `count` inputs of the stream, and seals.
    pub fn batch(&mut self, stream: &mut Stream, first: bool, count: usize) -> Sealed {
        let mut inputs = if first { stream.opening() } else { Vec::new() };
        inputs.iter().for_each(|input| drop(self.apply(input)));
        for _ in 0..count {
            let input = stream.next_input();
            for event in self.apply(&input) {
                if let Event::OrderRested { market, order } | Event::OrderWaits { market, order } = event {
                    stream.learn(market, order.id);
                }
            }
            inputs.push(input);
        }
        let seal = stream.seal();
        self.apply(&seal);
        inputs.push(seal);
        self.sealed(inputs)
    }

    /// Builds the batch of these inputs, which were applied, the way the sequencer does.
    ///
    /// # Panics
    /// When they are not the inputs of a batch, or an invariant does not hold after them.
    pub fn sealed(&mut self, inputs: Vec<Input>) -> Sealed {
        let (commitment, facts) = (Arc::new(self.commitment.clone()), self.facts.clone());
        invariants::check(&self.exchange).expect("the invariants hold");
        advance(&mut self.exchange, &mut self.commitment, &mut self.facts);

        let host = Host::new(Arc::clone(&commitment), facts.clone());
        let leaves = Arc::new(Leaves::new(host, &self.previous.sectionRoots));
        let built = build(&self.previous, &inputs, &leaves, &K256).expect("they are a batch");
        let header = BatchHeader { dataHash: calldata_data_hash(&built.diff), ..built.header.clone() };
        let previous = std::mem::replace(&mut self.previous, header.clone());
        Sealed { built, header, previous, inputs, commitment, facts }
    }

    /// Applies an input; what it did.
    pub fn apply(&mut self, input: &Input) -> Vec<Event> {
        let verified = verify(&K256, self.exchange.separator(), &input.source);
        apply(&mut self.exchange, input, &verified).events
    }

    /// What somebody says now, as the next input.
    #[must_use]
    pub fn input(&self, source: Source) -> Input {
        let chain = &self.exchange.state.chain;
        Input { seq: chain.seq.next(), time: chain.time, source }
    }

    /// The batch of these inputs, which were applied, with its seal behind them.
    pub fn seal(&mut self, mut inputs: Vec<Input>) -> Sealed {
        let index = BatchIndex(self.previous.index + 1);
        let seal = self.input(Source::System(SystemCommand::SealBatch { index }));
        self.apply(&seal);
        inputs.push(seal);
        self.sealed(inputs)
    }
}

fn advance(exchange: &mut Exchange, commitment: &mut Commitment, facts: &mut LeafMap) {
    let changes = commit(exchange);
    commitment.update(&changes);
    for (section, index, bytes) in changes {
        match bytes {
            Some(bytes) => facts.0.insert((section, index), bytes),
            None => facts.0.remove(&(section, index)),
        };
    }
}

impl Sealed {
    /// What answers whoever judges `header` as that of this batch.
    #[must_use]
    pub fn oracle(&self, header: &BatchHeader) -> Host<LeafMap> {
        Host::new(Arc::clone(&self.commitment), self.facts.clone())
            .with_header(header.hash(), header.abi_encode())
            .with_header(self.previous.hash(), self.previous.abi_encode())
            .with_chunks(chunk(self.inputs.iter().map(codec::encode)))
    }

    /// The batch with its diff in blobs. The program takes their names as they are.
    #[must_use]
    pub fn in_blobs(&self) -> Carried<'_> {
        let diff = &self.built.diff;
        let blob = |number: usize| -> Vec<u8> {
            (0..ELEMENTS_PER_BLOB).flat_map(|i| element(diff, number * ELEMENTS_PER_BLOB + i)).collect()
        };
        Carried { sealed: self, blobs: (0..blob_count(diff.len())).map(blob).collect() }
    }

    /// What the program says natively.
    ///
    /// # Errors
    /// [`Invalid`], when the header is wrong.
    pub fn verdict(&self, header: &BatchHeader) -> Result<B256, Invalid> {
        run(self.oracle(header), &K256, header.hash()).0
    }

    /// All that the program asks for, in its order.
    ///
    /// # Panics
    /// When the batch is not valid.
    #[must_use]
    pub fn tape(&self) -> Vec<u8> {
        let (verdict, recorder) = run(Recorder::new(self.oracle(&self.header)), &K256, self.header.hash());
        verdict.expect("the batch is valid");
        recorder.into_tape()
    }
}

/// A batch and the blobs that its transaction carries.
#[allow(missing_debug_implementations, reason = "a commitment has none")]
pub struct Carried<'a> {
    sealed: &'a Sealed,
    /// What is in the blobs.
    pub blobs: Vec<Vec<u8>>,
}

impl Carried<'_> {
    /// The header, with the diff in the blobs.
    #[must_use]
    pub fn header(&self) -> BatchHeader {
        BatchHeader { dataHash: blobs_data_hash(&self.names()), ..self.sealed.header.clone() }
    }

    fn names(&self) -> Vec<B256> {
        self.blobs.iter().map(keccak256).collect()
    }

    /// What answers whoever judges `header` as that of this batch.
    #[must_use]
    pub fn oracle(&self, header: &BatchHeader) -> Host<LeafMap> {
        let names = self.names();
        let preimage = [&[BLOBS], names.concat().as_slice()].concat();
        let blobs = names.iter().copied().zip(self.blobs.iter().cloned()).collect();
        self.sealed.oracle(header).with_data(header.dataHash, preimage, blobs)
    }

    /// Adds what the blobs hold.
    pub fn tell(&self, facts: &mut Told) {
        for (versioned_hash, blob) in self.names().into_iter().zip(&self.blobs) {
            for (index, element) in (0..).zip(blob.chunks(32)) {
                let element = B256::from_slice(element);
                facts.add_blob_element(BlobElement { versioned_hash, index, element });
            }
        }
    }
}
