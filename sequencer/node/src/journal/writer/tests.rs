use super::*;
use crate::{journal::MemoryStore, pipeline::Record, secp::Secp256k1};
use alloy_primitives::B256;
use ballast_engine::verify;
use ballast_types::{BatchIndex, Input, Millis, Outcome, Seq, Source, Status, SystemCommand, codec};
use crossbeam_channel::bounded;
use std::{sync::Arc, thread};

/// A writer that does not run yet, and all that leads to it and from it.
struct Bench {
    store: Arc<MemoryStore>,
    groups: Sender<Group>,
    /// The journal of a stage that has the writer write.
    other: Journal,
    durable: Receiver<Group>,
    writer: Writer,
}

/// With room for so many durable groups.
fn bench(room: usize) -> Bench {
    let store = Arc::new(MemoryStore::new());
    let journal = Journal::new(Arc::<MemoryStore>::clone(&store));
    let ((groups, waiting), (sender, durable)) = (bounded(8), bounded(room));
    let (writer, other) = Writer::new(journal, waiting, sender, JournalMetrics::new());
    Bench { store, groups, other, durable, writer }
}

/// A group of one input.
fn group(seq: u64) -> Group {
    let source = Source::System(SystemCommand::SealBatch { index: BatchIndex(seq) });
    let verified = verify(&Secp256k1, B256::ZERO, &source);
    let input = Input { seq: Seq(seq), time: Millis(seq), source };
    let outcome = Outcome { status: Status::Accepted, events: Vec::new() };
    let record = Record { input_bytes: codec::encode(&input), input, chain: B256::ZERO, outcome };
    vec![Entry::Sequenced { record: Arc::new(record), verified, reply: None }]
}

fn put(journal: &Journal, index: u64) -> Result<(), StoreError> {
    journal.put_batch(BatchIndex(index), vec![7], 0..0)
}

fn is_kept(store: &MemoryStore, index: u64) -> bool {
    Journal::new(Arc::new(store.crash())).batch(BatchIndex(index)).expect("it reads").is_some()
}

#[test]
fn what_a_stage_asks_for_is_written_in_the_transaction_of_the_groups_that_wait() {
    let Bench { store, groups, other, mut writer, .. } = bench(8);
    let left = Arc::clone(&store);
    let stage = thread::spawn(move || put(&other, 1).map(|()| is_kept(&left, 1)));
    let (none, request) = writer.next().expect("the sequencer is there");
    assert!(none.is_empty() && request.is_some());
    writer.commit(&[group(1), group(2)], request).expect("it commits");
    let kept = stage.join().expect("no panic").expect("it is written");
    assert!(kept, "it was told so before it was durable");
    assert_eq!(store.commits(), 1);
    assert_eq!(writer.journal.last_seq().expect("it reads"), Seq(2));
    for seq in 3..5 {
        groups.send(group(seq)).expect("there is room");
    }
    let (waiting, request) = writer.next().expect("the sequencer is there");
    assert_eq!((waiting.len(), request.is_some()), (2, false));
}

#[test]
fn a_publisher_that_waited_for_the_batcher_and_the_batcher_for_a_write_stood_still() {
    let Bench { store, groups, other, durable, writer, .. } = bench(0);
    let running = thread::spawn(move || writer.run());
    groups.send(group(1)).expect("there is room");
    while store.commits() == 0 {
        thread::yield_now();
    }
    // Nobody takes the group now: the writer waits with it.
    for index in 1..4 {
        put(&other, index).expect("it is written meanwhile");
    }
    assert_eq!(durable.recv().expect("it is handed on").len(), 1);
    drop((groups, other));
    running.join().expect("no panic").expect("it ends when nobody is left");
    assert!(durable.recv().is_err(), "no group twice");
    assert!((1..4).all(|index| is_kept(&store, index)));
}

#[test]
fn what_is_asked_for_after_the_last_group_is_written_before_the_writer_ends() {
    let Bench { store, groups, other, durable, writer, .. } = bench(8);
    let running = thread::spawn(move || writer.run());
    groups.send(group(1)).expect("there is room");
    drop(groups);
    assert_eq!(durable.iter().count(), 1, "the stages behind end when nothing more comes");
    put(&other, 1).expect("it is written");
    put(&other, 2).expect("it is written");
    drop(other);
    running.join().expect("no panic").expect("it ends when nobody is left");
    assert!(is_kept(&store, 1) && is_kept(&store, 2));
}

#[test]
fn groups_go_on_when_those_who_asked_are_gone() {
    let Bench { store, groups, other, durable, writer } = bench(8);
    drop(other);
    let running = thread::spawn(move || writer.run());
    for seq in 1..4 {
        groups.send(group(seq)).expect("there is room");
        assert_eq!(durable.recv().expect("it is handed on").len(), 1);
    }
    drop(groups);
    running.join().expect("no panic").expect("it ends when nobody is left");
    assert_eq!(Journal::new(store).last_seq().expect("it reads"), Seq(3));
}

#[test]
fn a_store_that_fails_is_told_to_those_who_asked_and_nothing_goes_on() {
    let Bench { store, groups, other, durable, writer } = bench(8);
    store.fail_at(0);
    groups.send(group(1)).expect("there is room");
    let stage = thread::spawn(move || [put(&other, 1), put(&other, 2)]);
    assert!(writer.run().is_err());
    for told in stage.join().expect("no panic") {
        assert!(matches!(told, Err(StoreError::Engine(_))), "{told:?}");
    }
    assert!(durable.recv().is_err(), "a group that is not durable went on");
    assert!(!is_kept(&store, 1));
}

#[test]
fn a_write_that_the_store_would_refuse_takes_no_group_with_it() {
    let Bench { groups, other, durable, writer, .. } = bench(8);
    let running = thread::spawn(move || writer.run());
    assert!(matches!(other.put_meta("", vec![1]), Err(StoreError::TooLong { .. })));
    groups.send(group(1)).expect("there is room");
    assert_eq!(durable.recv().expect("it is handed on").len(), 1);
    drop((groups, other));
    running.join().expect("no panic").expect("it ends when nobody is left");
}

#[test]
fn reads_do_not_wait_for_the_writer() {
    let Bench { store, other, .. } = bench(8);
    put(&Journal::new(store), 1).expect("it writes");
    assert_eq!(other.batch(BatchIndex(1)).expect("it reads"), Some(vec![7]));
    assert_eq!(other.last_batch().expect("it reads"), BatchIndex(1));
}
