//! Three ways to one root: the exchange with its trees, the program natively, the program as a RISC-V binary.

use alloy::primitives::keccak256;
use ballast_auth::K256;
use ballast_batch::BatchHeader;
use ballast_batch::{
    blobs::{ELEMENTS_PER_BLOB, blob_count, element},
    chunks::chunk,
    data::{BLOBS, CALLDATA, blobs_data_hash, calldata_data_hash},
};
use ballast_engine::{Exchange, GenesisConfig, apply, commit, invariants, verify};
use ballast_oracle::{Facts, Host, Recorder, Tape};
use ballast_program::{Built, Invalid, Leaves, build, run};
use ballast_state::{Commitment, Section};
use ballast_tests::{
    contract::Contract,
    guest::{Guest, INVALID, facts},
    scenario, size,
    stream::Stream,
};
use ballast_types::{B256, BatchIndex, Event, Input, Source, SystemCommand, codec};
use ballast_vm::{BlobElement, Facts as Told, FastMachine, Leap, Ruling, Subject, replay};
use std::{collections::BTreeMap, sync::Arc};

mod escape;

/// Every leaf of the state before a batch, kept by place.
#[derive(Clone, Default)]
struct LeafMap(BTreeMap<(Section, u32), Vec<u8>>);

impl Facts for LeafMap {
    fn leaf(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        self.0.get(&(section, index)).cloned()
    }
}

/// An exchange that seals batches and remembers what each began with.
struct World {
    exchange: Exchange,
    commitment: Commitment,
    facts: LeafMap,
    previous: BatchHeader,
}

/// A batch, and the oracle of the state that it began with.
struct Sealed {
    built: Built,
    header: BatchHeader,
    previous: BatchHeader,
    inputs: Vec<Input>,
    commitment: Arc<Commitment>,
    facts: LeafMap,
}

impl World {
    fn new(genesis: &GenesisConfig) -> Self {
        let mut exchange = Exchange::genesis(genesis).unwrap();
        let (mut commitment, mut facts) = (Commitment::new(), LeafMap::default());
        advance(&mut exchange, &mut commitment, &mut facts);
        let previous = BatchHeader::genesis(commitment.section_roots());
        Self { exchange, commitment, facts, previous }
    }

    fn of_stream(seed: u64, accounts: u64, markets: u16) -> (Self, Stream) {
        let (stream, genesis) = Stream::new(seed, accounts, markets);
        (Self::new(&genesis), stream.governed())
    }

    /// Applies `count` inputs of the stream, and seals.
    fn batch(&mut self, stream: &mut Stream, first: bool, count: usize) -> Sealed {
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
    fn sealed(&mut self, inputs: Vec<Input>) -> Sealed {
        let (commitment, facts) = (Arc::new(self.commitment.clone()), self.facts.clone());
        invariants::check(&self.exchange).unwrap();
        advance(&mut self.exchange, &mut self.commitment, &mut self.facts);

        let host = Host::new(Arc::clone(&commitment), facts.clone());
        let leaves = Arc::new(Leaves::new(host, &self.previous.sectionRoots));
        let built = build(&self.previous, &inputs, &leaves, &K256).unwrap();
        let header = BatchHeader { dataHash: calldata_data_hash(&built.diff), ..built.header.clone() };
        let previous = std::mem::replace(&mut self.previous, header.clone());
        Sealed { built, header, previous, inputs, commitment, facts }
    }

    fn apply(&mut self, input: &Input) -> Vec<Event> {
        let verified = verify(&K256, self.exchange.separator(), &input.source);
        apply(&mut self.exchange, input, &verified).events
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
    fn oracle(&self, header: &BatchHeader) -> Host<LeafMap> {
        let encoded = |header: &BatchHeader| alloy::sol_types::SolValue::abi_encode(header);
        Host::new(Arc::clone(&self.commitment), self.facts.clone())
            .with_header(header.hash(), encoded(header))
            .with_header(self.previous.hash(), encoded(&self.previous))
            .with_chunks(chunk(self.inputs.iter().map(codec::encode)))
    }

    /// The batch with its diff in blobs. The program takes their names as they are.
    fn in_blobs(&self) -> Carried<'_> {
        let diff = &self.built.diff;
        let blob = |number: usize| -> Vec<u8> {
            (0..ELEMENTS_PER_BLOB).flat_map(|i| element(diff, number * ELEMENTS_PER_BLOB + i)).collect()
        };
        Carried { sealed: self, blobs: (0..blob_count(diff.len())).map(blob).collect() }
    }

    fn verdict(&self, header: &BatchHeader) -> Result<B256, Invalid> {
        run(self.oracle(header), &K256, header.hash()).0
    }

    fn tape(&self) -> Vec<u8> {
        let (verdict, recorder) = run(Recorder::new(self.oracle(&self.header)), &K256, self.header.hash());
        verdict.unwrap();
        recorder.into_tape()
    }
}

/// A batch and the blobs that its transaction carries.
struct Carried<'a> {
    sealed: &'a Sealed,
    blobs: Vec<Vec<u8>>,
}

impl Carried<'_> {
    fn header(&self) -> BatchHeader {
        BatchHeader { dataHash: blobs_data_hash(&self.names()), ..self.sealed.header.clone() }
    }

    fn names(&self) -> Vec<B256> {
        self.blobs.iter().map(keccak256).collect()
    }

    fn oracle(&self, header: &BatchHeader) -> Host<LeafMap> {
        let names = self.names();
        let preimage = [&[BLOBS], names.concat().as_slice()].concat();
        let blobs = names.iter().copied().zip(self.blobs.iter().cloned()).collect();
        self.sealed.oracle(header).with_data(header.dataHash, preimage, blobs)
    }

    /// What a tape holds, and the blobs.
    fn facts(&self, tape: &[u8]) -> Told {
        let mut facts = facts(tape);
        for (versioned_hash, blob) in self.names().into_iter().zip(&self.blobs) {
            for (index, element) in (0..).zip(blob.chunks(32)) {
                let element = B256::from_slice(element);
                facts.add_blob_element(BlobElement { versioned_hash, index, element });
            }
        }
        facts
    }

    /// What the program says, natively and as the guest.
    fn verdict(&self, guest: Option<&Guest>) -> Result<B256, Invalid> {
        let header = self.header();
        let (verdict, recorder) = run(Recorder::new(self.oracle(&header)), &K256, header.hash());
        if let Some(guest) = guest {
            let tape = recorder.into_tape();
            let expected = verdict.map_err(|_| INVALID);
            assert_eq!(guest.run(Subject::Batch, header.hash(), &tape), expected, "the guest");
            let Ruling { exit, .. } =
                guest.run_on_machine(Subject::Batch, header.hash(), &mut self.facts(&tape));
            assert_eq!(i32::from(exit), expected.err().unwrap_or(0), "the guest on the machine");
        }
        verdict
    }
}

fn batches() -> usize {
    if size::is_full() { 24 } else { 4 }
}

/// Makes a header say one thing that is not so.
type Lie = fn(&mut BatchHeader);

#[test]
fn sequencer_program_and_guest_reach_the_same_root() {
    let (mut world, mut stream) = World::of_stream(size::seed(), 12, 3);
    let guest = Guest::find();
    for number in 0..batches() {
        let sealed = world.batch(&mut stream, number == 0, 300);
        agree(&sealed, world.commitment.state_root(), guest.as_ref());
    }
}

/// Every scenario table, as a batch of its own, or as the batches that it seals.
#[test]
fn scenarios_reach_the_same_root_in_every_host() {
    let guest = Guest::find();
    let is_seal = |input: &Input| matches!(input.source, Source::System(SystemCommand::SealBatch { .. }));
    for (name, text) in scenario::files() {
        let (genesis, mut inputs) =
            scenario::run(&text).unwrap_or_else(|failure| panic!("{name}, {failure}"));
        let last = inputs.last().expect("a scenario does something");
        let sealed = inputs.iter().filter(|input| is_seal(input)).count() as u64;
        let seal = SystemCommand::SealBatch { index: BatchIndex(1 + sealed) };
        inputs.push(Input { seq: last.seq.next(), time: last.time, source: Source::System(seal) });
        let mut world = World::new(&genesis);
        for batch in inputs.split_inclusive(is_seal) {
            batch.iter().for_each(|input| drop(world.apply(input)));
            let sealed = world.sealed(batch.to_vec());
            agree(&sealed, world.commitment.state_root(), guest.as_ref());
        }
    }
}

/// The trees, the program natively, the program from a tape, and the guest where it can be run.
fn agree(sealed: &Sealed, root: B256, guest: Option<&Guest>) {
    assert_eq!(sealed.built.header.stateRoot, root, "the trees and the program");
    assert_eq!(sealed.verdict(&sealed.header), Ok(root), "the program on the header");
    let tape = sealed.tape();
    let replayed = run(Tape::new(Box::leak(tape.clone().into_boxed_slice())), &K256, sealed.header.hash()).0;
    assert_eq!(replayed, Ok(root), "the program from a tape");
    if let Some(guest) = guest {
        assert_eq!(guest.run(Subject::Batch, sealed.header.hash(), &tape), Ok(root), "the guest");
        let Ruling { exit, .. } =
            guest.run_on_machine(Subject::Batch, sealed.header.hash(), &mut facts(&tape));
        assert_eq!(exit, 0, "the guest on the machine");
    }
}

#[test]
fn every_lie_in_a_header_is_named() {
    let (mut world, mut stream) = World::of_stream(size::seed(), 8, 2);
    world.batch(&mut stream, true, 50);
    let sealed = world.batch(&mut stream, false, 200);
    let lies: [(&str, Lie); 15] = [
        ("index", |h| h.index += 1),
        ("previousStateRoot", |h| h.previousStateRoot = B256::repeat_byte(1)),
        ("firstSeq", |h| h.firstSeq += 1),
        ("lastSeq", |h| h.lastSeq += 1),
        ("firstTimeMs", |h| h.firstTimeMs += 1),
        ("lastTimeMs", |h| h.lastTimeMs += 1),
        ("promiseHash", |h| h.promiseHash = B256::repeat_byte(1)),
        ("l1MessageCount", |h| h.l1MessageCount += 1),
        ("l1MessageHash", |h| h.l1MessageHash = B256::repeat_byte(1)),
        ("withdrawalsRoot", |h| h.withdrawalsRoot = B256::repeat_byte(1)),
        ("withdrawalCount", |h| h.withdrawalCount += 1),
        ("diffHash", |h| h.diffHash = B256::repeat_byte(1)),
        ("sectionRoots", |h| h.sectionRoots[3] = B256::repeat_byte(1)),
        ("stateRoot", |h| h.stateRoot = B256::repeat_byte(1)),
        ("inputChunks", |h| h.inputChunks += 1),
    ];
    for (field, lie) in lies {
        let mut header = sealed.header.clone();
        lie(&mut header);
        let verdict = sealed.verdict(&header);
        let named = verdict == Err(Invalid::Differs(field));
        assert!(
            named || (field == "inputChunks" && verdict == Err(Invalid::NotInputs)),
            "{field}: {verdict:?}"
        );
    }
}

/// The program looks into blobs, to their end.
#[test]
fn blobs_hold_the_diff_and_nothing_else() {
    let guest = Guest::find();
    let (mut world, mut stream) = World::of_stream(size::seed(), 8, 2);
    let sealed = world.batch(&mut stream, true, 100);
    let right = sealed.in_blobs();
    assert_eq!(right.verdict(guest.as_ref()), Ok(sealed.header.stateRoot));

    for at in [0, 8, 9, 40, right.blobs[0].len() - 1] {
        let mut wrong = sealed.in_blobs();
        wrong.blobs[0][at] ^= 1;
        assert_eq!(wrong.verdict(guest.as_ref()), Err(Invalid::Data), "byte {at}");
    }
    let mut wrong = sealed.in_blobs();
    wrong.blobs.push(vec![0; right.blobs[0].len()]);
    assert_eq!(wrong.verdict(guest.as_ref()), Err(Invalid::Data), "a blob too many");
    let mut wrong = sealed.in_blobs();
    wrong.blobs.clear();
    assert_eq!(wrong.verdict(guest.as_ref()), Err(Invalid::Data), "none");
}

#[test]
fn calldata_are_the_diff() {
    let (mut world, mut stream) = World::of_stream(size::seed(), 8, 2);
    let sealed = world.batch(&mut stream, true, 100);
    let preimage = [&[CALLDATA], keccak256(b"another diff").as_slice()].concat();
    let header = BatchHeader { dataHash: keccak256(&preimage), ..sealed.header.clone() };
    let oracle = sealed.oracle(&header).with_data(header.dataHash, preimage, Vec::new());
    assert_eq!(run(oracle, &K256, header.hash()).0, Err(Invalid::Data));
}

#[test]
fn a_guest_that_is_fed_a_lie_says_invalid() {
    let Some(guest) = Guest::find() else { return };
    let (mut world, mut stream) = World::of_stream(size::seed(), 8, 2);
    let sealed = world.batch(&mut stream, true, 80);
    let mut header = sealed.header.clone();
    header.withdrawalCount += 1;
    let (_, recorder) = run(Recorder::new(sealed.oracle(&header)), &K256, header.hash());
    let tape = recorder.into_tape();
    assert_eq!(guest.run(Subject::Batch, header.hash(), &tape), Err(INVALID));
    let Ruling { exit, .. } = guest.run_on_machine(Subject::Batch, header.hash(), &mut facts(&tape));
    assert_eq!(i32::from(exit), INVALID, "on the machine");
}

/// The fast machine stops where the plain one does, leap by leap, and a witness alone leads to the same state, in Rust and
/// in Solidity.
#[test]
fn leaps_of_the_guest_are_replayed_from_their_witnesses() {
    let Some(guest) = Guest::find() else { return };
    let (mut world, mut stream) = World::of_stream(size::seed(), 8, 2);
    let sealed = world.batch(&mut stream, true, 30);
    let (batch, mut facts) = (sealed.header.hash(), facts(&sealed.tape()));
    assert_eq!(replay_leaps(&guest, Subject::Batch, batch, &mut facts), 0);
}

/// Replays sampled leaps of the run on what has this hash from their witnesses, here and on L1; tells how it ended.
fn replay_leaps(guest: &Guest, subject: Subject, hash: B256, facts: &mut Told) -> u8 {
    let Ruling { exit, cycles } = guest.run_on_machine(subject, hash, facts);
    let (mut machine, mut contract) = (guest.machine(subject, hash), Contract::deployed());
    let mut leaps = 0_u32;
    let sampled = if size::is_full() { 500 } else { 100 };
    while machine.hart().exit.is_none() {
        if leaps.is_multiple_of(sampled) {
            let mut plain = machine.into_machine();
            let Leap { before, witness } = plain.leap(facts).unwrap();
            let after = plain.state();
            assert_eq!(contract.leap(&before, &witness), after.hash(), "leap {leaps} of {hash} on L1");
            assert_eq!(replay(&before, &witness), Ok(after), "leap {leaps} of {hash}");
            machine = FastMachine::new(plain);
        } else {
            machine.leap(facts).unwrap();
        }
        leaps += 1;
    }
    assert_eq!((machine.hart().exit, machine.hart().cycle), (Some(exit), cycles), "{leaps} leaps");
    exit
}
