use super::*;
use ballast_batch::{Changed, Diff};
use ballast_state::{Account, Pool};
use ballast_types::{Address, PoolId, Quote};

fn account(n: u8, cash: i64) -> Account {
    Account { owner: Address::repeat_byte(n), pool: PoolId(0), cash: Quote(cash), positions: Vec::new() }
}

fn leaves(accounts: &[i64]) -> ExitLeaves {
    let accounts = accounts.iter().enumerate().map(|(id, cash)| (id as u32, account(id as u8 + 1, *cash)));
    let mut leaves = ExitLeaves { accounts: accounts.collect(), ..ExitLeaves::default() };
    leaves.pools.insert(0, Pool { credited: Quote(1_000), ..Pool::default() });
    leaves
}

/// The header that is honest about a diff that leads to `after`.
fn header(previous: Option<&BatchHeader>, after: &ExitLeaves, diff: &[u8]) -> BatchHeader {
    let mut trees = Commitment::new();
    let told = ExitLeaves::default().advance(&after.encode_all());
    trees.update(&told.expect("it is one"));
    let roots = trees.section_roots();
    BatchHeader {
        index: previous.map_or(0, |header| header.index + 1),
        previousHash: previous.map_or(B256::ZERO, BatchHeader::hash),
        diffHash: diff_hash(diff),
        ..BatchHeader::genesis(roots)
    }
}

/// Genesis with two accounts, and a batch in which the second gets a cent and a third comes.
fn chain() -> (Rebuilt, BatchHeader, Vec<u8>) {
    let (first, second) = (leaves(&[5, 0]), leaves(&[5, 10_000, 7]));
    let data = first.encode_all();
    let genesis = Rebuilt::genesis(header(None, &first, &data), &data).expect("it is sound");
    let changed = |index: u32| Changed {
        index,
        before: first.accounts.get(&index).cloned(),
        after: second.accounts[&index].clone(),
    };
    let diff = Diff { accounts: vec![changed(1), changed(2)], ..Diff::default() }.encode(&mut &first);
    let next = header(Some(genesis.header()), &second, &diff);
    (genesis, next, diff)
}

fn reason(result: Result<Rebuilt>) -> &'static str {
    match result {
        Err(Error::WrongData { reason, .. }) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn diffs_lead_to_the_leaves_whose_roots_the_headers_name() {
    let (genesis, header, diff) = chain();
    let state = genesis.advance(header.clone(), &diff).expect("it is sound");
    assert_eq!(state.leaves(), &leaves(&[5, 10_000, 7]));
    assert_eq!(state.header(), &header);
}

#[test]
fn nothing_is_believed() {
    let (genesis, header, diff) = chain();
    let lie = |header: BatchHeader, diff: &[u8]| reason(genesis.clone().advance(header, diff));
    let orphan = BatchHeader { previousHash: B256::repeat_byte(1), ..header.clone() };
    assert_eq!(lie(orphan, &diff), "it does not follow the one before");
    let late = BatchHeader { index: 2, ..header.clone() };
    assert_eq!(lie(late, &diff), "it does not follow the one before");
    assert_eq!(lie(header.clone(), &diff[..diff.len() - 1]), "diff hash");
    let short = diff[..diff.len() - 1].to_vec();
    let garbage = BatchHeader { diffHash: diff_hash(&short), ..header.clone() };
    assert_eq!(lie(garbage, &short), "the diff cannot be read");
    for section in 0..3 {
        let mut other = header.clone();
        other.sectionRoots[section] = B256::repeat_byte(9);
        assert_eq!(lie(other, &diff), "the diff leads to other roots than the header names");
    }
}

#[test]
fn what_was_rebuilt_is_found_again_and_what_is_damaged_is_not() {
    let dir = std::env::temp_dir().join(format!("ballast-rebuild-{}", std::process::id()));
    let directory = Directory::open(&dir).expect("a directory");
    assert!(directory.load(Target::Final).expect("it can be read").is_none());
    let (genesis, header, diff) = chain();
    let state = genesis.clone().advance(header.clone(), &diff).expect("it is sound");
    directory.save(Target::Final, &state, "{}").expect("it can be written");
    let found = directory.load(Target::Final).expect("it can be read").expect("it is there");
    assert_eq!((found.leaves(), found.header()), (state.leaves(), &header));
    assert_eq!(found.trees.section_roots()[..3], state.trees.section_roots()[..3]);
    directory.save(Target::Final, &genesis, "{}").expect("it is passed over");
    let kept = directory.load(Target::Final).expect("it can be read").expect("it is there");
    assert_eq!(kept.header(), &header, "an earlier state takes no later one's place");
    let path = dir.join("final.bin");
    let mut bytes = std::fs::read(&path).expect("it is there");
    for cut in [0, 10, 800, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..cut]).expect("it can be written");
        assert!(directory.load(Target::Final).expect("it can be read").is_none(), "{cut} bytes");
    }
    *bytes.last_mut().expect("it is long") ^= 1;
    std::fs::write(&path, &bytes).expect("it can be written");
    assert!(directory.load(Target::Final).expect("it can be read").is_none(), "another amount");
    std::fs::remove_dir_all(&dir).expect("it is ours");
}
