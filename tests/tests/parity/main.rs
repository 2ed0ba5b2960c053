//! Three ways to one root: the exchange with its trees, the program natively, the program as a RISC-V binary.

use alloy::primitives::keccak256;
use ballast_auth::K256;
use ballast_batch::BatchHeader;
use ballast_batch::data::CALLDATA;
use ballast_oracle::{Recorder, Tape};
use ballast_program::{Invalid, run};
use ballast_tests::{
    contract::Contract,
    guest::{Guest, INVALID, facts},
    scenario, size,
    world::{Carried, Sealed, World},
};
use ballast_types::{B256, BatchIndex, Input, Source, SystemCommand};
use ballast_vm::{Facts as Told, Leap, Machine, Ruling, Subject, replay};

mod compiled;
mod escape;
mod random;
mod recorded;

/// What the program says of a batch in blobs, natively and as the guest.
fn verdict(carried: &Carried<'_>, guest: Option<&Guest>) -> Result<B256, Invalid> {
    let header = carried.header();
    let (verdict, recorder) = run(Recorder::new(carried.oracle(&header)), &K256, header.hash());
    if let Some(guest) = guest {
        let tape = recorder.into_tape();
        let expected = verdict.map_err(|_| INVALID);
        assert_eq!(guest.run(Subject::Batch, header.hash(), &tape), expected, "the guest");
        let mut facts = facts(&tape);
        carried.tell(&mut facts);
        let Ruling { exit, .. } = guest.run_on_machine(Subject::Batch, header.hash(), &mut facts);
        assert_eq!(i32::from(exit), expected.err().unwrap_or(0), "the guest on the machine");
    }
    verdict
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
    assert_eq!(verdict(&right, guest.as_ref()), Ok(sealed.header.stateRoot));

    for at in [0, 8, 9, 40, right.blobs[0].len() - 1] {
        let mut wrong = sealed.in_blobs();
        wrong.blobs[0][at] ^= 1;
        assert_eq!(verdict(&wrong, guest.as_ref()), Err(Invalid::Data), "byte {at}");
    }
    let mut wrong = sealed.in_blobs();
    wrong.blobs.push(vec![0; right.blobs[0].len()]);
    assert_eq!(verdict(&wrong, guest.as_ref()), Err(Invalid::Data), "a blob too many");
    let mut wrong = sealed.in_blobs();
    wrong.blobs.clear();
    assert_eq!(verdict(&wrong, guest.as_ref()), Err(Invalid::Data), "none");
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

/// The run on what has this hash, leap by leap on the fast machine and on the reference; sampled leaps are replayed from their
/// witnesses, here and on L1. Tells how it ended.
fn replay_leaps(guest: &Guest, subject: Subject, hash: B256, facts: &mut Told) -> u8 {
    let Ruling { exit, cycles } = guest.run_on_machine(subject, hash, facts);
    let (mut machine, mut contract) = (guest.machine(subject, hash), Contract::deployed());
    let mut reference = Machine::start(guest.image(), subject, hash);
    let mut leaps = 0_u32;
    let sampled = if size::is_full() { 100 } else { 500 };
    while machine.hart().exit.is_none() {
        let Leap { before, witness } = reference.leap(facts).unwrap();
        let after = reference.state();
        machine.leap(facts).unwrap();
        assert_eq!(machine.state(), after, "leap {leaps} of {hash}");
        if leaps.is_multiple_of(sampled) {
            assert_eq!(contract.leap(&before, &witness), after.hash(), "leap {leaps} of {hash} on L1");
            assert_eq!(replay(&before, &witness), Ok(after), "leap {leaps} of {hash}");
        }
        leaps += 1;
    }
    assert_eq!((machine.hart().exit, machine.hart().cycle), (Some(exit), cycles), "{leaps} leaps");
    exit
}
