use super::{
    store::{MAX_KEY_BYTES, Pair},
    *,
};
use proptest::prelude::*;

const GIB: usize = 1 << 30;

fn put(table: Table, key: &[u8], value: &[u8]) -> Write {
    Write { table, key: key.to_vec(), value: Some(value.to_vec()) }
}

fn input(seq: u64) -> Record {
    use ballast_types::{Input, Millis, Source, Status, SystemCommand};
    let source = Source::System(SystemCommand::SealBatch { index: BatchIndex(seq) });
    let input = Input { seq: Seq(seq), time: Millis(seq * 10), source };
    let outcome = Outcome { status: Status::Accepted, events: Vec::new() };
    Record { input_bytes: codec::encode(&input), input, chain: B256::repeat_byte(seq as u8), outcome }
}

#[test]
fn what_was_committed_is_there_when_the_store_is_opened_again_and_a_torn_write_is_not() {
    let directory = tempfile::tempdir().expect("a directory");
    {
        let store = Arc::new(MdbxStore::open(directory.path(), GIB).expect("it opens"));
        let journal = Journal::new(Arc::<MdbxStore>::clone(&store));
        journal.append(&[input(1), input(2)]).expect("it commits");
        store.tear(&[put(Table::Inputs, &3_u64.to_be_bytes(), b"half"), put(Table::Meta, b"name", b"half")]);
    }
    let journal = Journal::new(Arc::new(MdbxStore::open(directory.path(), GIB).expect("it opens")));
    assert_eq!(journal.last_seq().expect("it reads"), Seq(2));
    assert_eq!(journal.records(Seq(1), 10).expect("it reads"), [input(1), input(2)]);
    assert_eq!(journal.meta("name").expect("it reads"), None);
}

#[test]
fn what_does_not_follow_the_log_is_refused() {
    let journal = Journal::new(Arc::new(MemoryStore::new()));
    assert!(journal.append(&[input(2)]).is_err());
    journal.append(&[input(1)]).expect("it follows");
    assert!(journal.append(&[input(1)]).is_err());
    assert!(journal.append(&[input(2), input(4)]).is_err());
    assert_eq!(journal.last_seq().expect("it reads"), Seq(1), "all or none");
}

#[test]
fn a_hole_in_the_log_is_told() {
    let store = Arc::new(MemoryStore::new());
    let journal = Journal::new(Arc::<MemoryStore>::clone(&store));
    journal.append(&[input(1), input(2), input(3)]).expect("it commits");
    let key = 2_u64.to_be_bytes().to_vec();
    store.write(&[Write { table: Table::Inputs, key, value: None }]).expect("it writes");
    assert!(matches!(journal.records(Seq(1), 10), Err(StoreError::Damaged(_))));
    assert!(matches!(journal.input_bytes(Seq(1), Seq(3)), Err(StoreError::Damaged(_))));
}

#[test]
fn a_value_or_key_that_is_too_long_is_refused_before_the_engine_sees_it() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = MdbxStore::open(directory.path(), GIB).expect("it opens");
    for key in [Vec::new(), vec![0; MAX_KEY_BYTES + 1]] {
        let refused = store.write(&[put(Table::Meta, &key, b"")]);
        assert!(matches!(refused, Err(StoreError::TooLong { what: "key", .. })));
        assert_eq!(store.get(Table::Meta, &key).expect("it reads"), None);
    }
}

#[test]
fn a_snapshot_counts_when_it_is_whole_and_replaces_the_one_before() {
    let journal = Journal::new(Arc::new(MemoryStore::new()));
    let records = |count: u16| (0..count).map(|n| n.to_be_bytes().to_vec());
    journal.put_snapshot(BatchIndex(2), Seq(20), records(700)).expect("it writes");
    // A crash in the middle of the next one: records without a name.
    let key = [&3_u64.to_be_bytes()[..], &0_u32.to_be_bytes()].concat();
    journal.store.write(&[put(Table::Snapshots, &key, b"torn")]).expect("it writes");
    let id = journal.snapshot().expect("it reads").expect("there is one");
    assert_eq!((id.batch, id.seq, id.records), (BatchIndex(2), Seq(20), 700));
    let read: Vec<_> = journal.read_snapshot(id).collect::<Result<_, _>>().expect("it is whole");
    assert_eq!(read, records(700).collect::<Vec<_>>());
    journal.put_snapshot(BatchIndex(3), Seq(30), records(3)).expect("it writes");
    let id = journal.snapshot().expect("it reads").expect("there is one");
    assert_eq!((id.batch, journal.read_snapshot(id).count()), (BatchIndex(3), 3));
    assert_eq!(journal.store.ascending(Table::Snapshots, &[], 10_000).expect("it reads").len(), 3);
}

#[test]
fn a_snapshot_of_large_records_held_up_the_log() {
    const RECORD: usize = 256 << 10;
    let store = Arc::new(MemoryStore::new());
    let journal = Journal::new(Arc::<MemoryStore>::clone(&store));
    let records = (0..64_u8).map(|n| vec![n; RECORD]);
    let id = journal.put_snapshot(BatchIndex(1), Seq(10), records).expect("it writes");
    assert!(store.largest_write() <= (1 << 20) + RECORD, "{} bytes in one write", store.largest_write());
    let read: Vec<_> = journal.read_snapshot(id).collect::<Result<_, _>>().expect("it is whole");
    assert!(read.iter().zip(0_u8..).all(|(record, n)| record == &vec![n; RECORD]) && read.len() == 64);
}

#[derive(Clone, Debug)]
enum Step {
    Write(Vec<(u8, u8, Option<u8>)>),
    Up(u8, Vec<u8>, usize),
    Down(u8, Option<Vec<u8>>, usize),
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(0..4_u8, 0..3)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        prop::collection::vec((0..3_u8, 0..9_u8, prop::option::of(any::<u8>())), 1..6).prop_map(Step::Write),
        (0..3_u8, key(), 0..5_usize).prop_map(|(t, k, n)| Step::Up(t, k, n)),
        (0..3_u8, prop::option::of(key()), 0..5_usize).prop_map(|(t, k, n)| Step::Down(t, k, n)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_store_on_disk_and_its_twin_in_memory_agree(steps in prop::collection::vec(step(), 1..40)) {
        let directory = tempfile::tempdir().expect("a directory");
        let disk = MdbxStore::open(directory.path(), GIB).expect("it opens");
        let memory = MemoryStore::new();
        let table = |number: u8| Table::ALL[usize::from(number)];
        for step in steps {
            match step {
                Step::Write(writes) => {
                    let write = |(t, k, value): (u8, u8, Option<u8>)| {
                        Write { table: table(t), key: vec![k / 3, k % 3], value: value.map(|v| vec![v]) }
                    };
                    let writes: Vec<Write> = writes.into_iter().map(write).collect();
                    disk.write(&writes).expect("it writes");
                    memory.write(&writes).expect("it writes");
                    for write in &writes {
                        let read = |store: &dyn Store| store.get(write.table, &write.key).expect("it reads");
                        prop_assert_eq!(read(&disk), read(&memory));
                        let keys: Vec<Vec<u8>> = writes.iter().map(|write| write.key.clone()).collect();
                        let read = |store: &dyn Store| store.get_all(write.table, &keys).expect("it reads");
                        prop_assert_eq!(read(&disk), read(&memory));
                    }
                }
                Step::Up(t, from, limit) => {
                    let read = |store: &dyn Store| -> Vec<Pair> { store.ascending(table(t), &from, limit).expect("it reads") };
                    prop_assert_eq!(read(&disk), read(&memory));
                    let keys = |store: &dyn Store| store.keys(table(t), &from, limit).expect("it reads");
                    let expected: Vec<Vec<u8>> = read(&memory).into_iter().map(|(key, _)| key).collect();
                    prop_assert_eq!(keys(&disk), expected.clone());
                    prop_assert_eq!(keys(&memory), expected);
                }
                Step::Down(t, below, limit) => {
                    let read = |store: &dyn Store| -> Vec<Pair> {
                        store.descending(table(t), below.as_deref(), limit).expect("it reads")
                    };
                    prop_assert_eq!(read(&disk), read(&memory));
                }
            }
        }
    }
}
