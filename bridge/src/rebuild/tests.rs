use super::*;
use ballast_batch::{Changed, Diff, Withdrawn};
use ballast_state::{Account, Holdings, Pool};
use ballast_types::{AccountId, Address, PoolId, Quote};

fn account(n: u8, cash: i64) -> Account {
    Account {
        owner: Address::repeat_byte(n),
        pool: PoolId(0),
        cash: Quote(cash),
        positions: Vec::new(),
        holdings: Holdings::NONE,
    }
}

fn leaves(accounts: &[i64]) -> ExitLeaves {
    let accounts = accounts.iter().enumerate().map(|(id, cash)| (id as u32, account(id as u8 + 1, *cash)));
    let mut leaves = ExitLeaves { accounts: accounts.collect(), ..ExitLeaves::default() };
    leaves.pools.insert(0, Pool { credited: Quote(1_000), ..Pool::default() });
    leaves
}

/// The header that is honest about a diff that leads to `after`, and pays `withdrawals`.
fn paying(
    previous: &BatchHeader,
    after: &ExitLeaves,
    diff: &[u8],
    withdrawals: &[Withdrawal],
) -> BatchHeader {
    BatchHeader {
        withdrawalsRoot: withdrawals_root(withdrawals),
        withdrawalCount: withdrawals.len() as u32,
        ..header(Some(previous), after, diff)
    }
}

/// The header that is honest about a diff that leads to `after`.
fn header(previous: Option<&BatchHeader>, after: &ExitLeaves, diff: &[u8]) -> BatchHeader {
    let mut trees = Commitment::new();
    let told = ExitLeaves::default().advance(&after.encode_all());
    trees.update(&told.expect("it is one").changes);
    let roots = trees.section_roots();
    BatchHeader {
        index: previous.map_or(0, |header| header.index + 1),
        previousHash: previous.map_or(B256::ZERO, BatchHeader::hash),
        diffHash: diff_hash(diff),
        withdrawalsRoot: previous.map_or(B256::ZERO, |_| withdrawals_root(&[])),
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

/// Batches that pay: two withdrawals, none, and one; the second account of [`chain`] pays.
fn paid() -> Vec<(BatchHeader, Vec<u8>)> {
    let withdrawn =
        |amount| Withdrawn { account: AccountId(1), recipient: Address::repeat_byte(0x55), asset: 0, amount };
    let mut before = leaves(&[5, 1_000]);
    let data = before.encode_all();
    let mut batches = vec![(header(None, &before, &data), data)];
    let mut next = 0;
    for amounts in [vec![10, 20], vec![], vec![40]] {
        let withdrawals: Vec<_> = amounts.iter().copied().map(withdrawn).collect();
        let mut after = before.clone();
        let cash = &mut after.accounts.get_mut(&1).expect("it is there").cash.0;
        *cash -= 1 + amounts.iter().sum::<u64>() as i64;
        let account =
            Changed { index: 1, before: before.accounts.get(&1).cloned(), after: after.accounts[&1].clone() };
        let diff = Diff { accounts: vec![account], withdrawals: withdrawals.clone(), ..Diff::default() };
        let diff = diff.encode(&mut &before);
        let numbered = numbered(next, &withdrawals);
        next += withdrawals.len() as u64;
        let (previous, _) = batches.last().expect("genesis");
        batches.push((paying(previous, &after, &diff, &numbered), diff));
        before = after;
    }
    batches
}

fn follow_all(directory: &Directory) -> Rebuilt {
    let mut batches = paid().into_iter();
    let (header, data) = batches.next().expect("genesis");
    let mut state = Rebuilt::genesis(header, &data).expect("it is sound");
    for (header, diff) in batches {
        state = state.advance(header, &diff).expect("it is sound");
        directory.keep(&state).expect("it can be written");
    }
    state
}

#[test]
fn a_diff_whose_withdrawals_are_not_those_of_its_header_is_refused() {
    let batches = paid();
    let genesis = Rebuilt::genesis(batches[0].0.clone(), &batches[0].1).expect("it is sound");
    let (header, diff) = &batches[1];
    assert_eq!(genesis.clone().advance(header.clone(), diff).expect("it is sound").withdrawal_count(), 2);
    let root = BatchHeader { withdrawalsRoot: B256::repeat_byte(1), ..header.clone() };
    let lie = |header| reason(genesis.clone().advance(header, diff));
    assert_eq!(lie(root), "the diff has other withdrawals than the header's root is of");
    let count = BatchHeader { withdrawalCount: 1, ..header.clone() };
    assert_eq!(lie(count), "the diff has not as many withdrawals as the header counts");
    // The same withdrawals with other numbers are others.
    let mut late = genesis.clone();
    late.next_withdrawal = 7;
    let other = reason(late.advance(header.clone(), diff));
    assert_eq!(other, "the diff has other withdrawals than the header's root is of");
}

#[test]
fn withdrawals_are_kept_with_what_claims_them() {
    let dir = std::env::temp_dir().join(format!("ballast-withdrawals-{}", std::process::id()));
    let directory = Directory::open(&dir).expect("a directory");
    let state = follow_all(&directory);
    directory.save(Target::Posted, &state, "{}").expect("it can be written");
    let state = directory.load(Target::Posted).expect("it can be read").expect("it is there");
    assert_eq!(state.withdrawal_count(), 3);
    let held = |state| directory.withdrawals(state).expect("they can be read");
    let batches = held(&state).expect("all are there");
    let ids = |batch: &Sealed| batch.withdrawals.iter().map(|it| (it.id, it.amount)).collect::<Vec<_>>();
    assert_eq!(batches.iter().map(ids).collect::<Vec<_>>(), [vec![(0, 10), (1, 20)], vec![(2, 40)]]);
    let claim = batches[0].claim(1).expect("it is of the batch");
    assert!(claim.is_valid() && claim.header == paid()[1].0);
    assert_eq!(batches[0].claim(2), None, "it is of another");
    // Those of later batches are not of an earlier state.
    let genesis = Rebuilt::genesis(paid()[0].0.clone(), &paid()[0].1).expect("it is sound");
    assert_eq!(held(&genesis), Some(Vec::new()));
    let path = dir.join("withdrawals/3.bin");
    let bytes = std::fs::read(&path).expect("it is there");
    for cut in [0, 800, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..cut]).expect("it can be written");
        assert_eq!(held(&state), None, "{cut} bytes");
    }
    std::fs::remove_file(&path).expect("it is there");
    assert_eq!(held(&state), None, "one is missing");
    // A batch without any takes the place of one that had some.
    std::fs::write(&path, &bytes).expect("it can be written");
    directory.keep(&Rebuilt { withdrawals: Vec::new(), ..state.clone() }).expect("it can be removed");
    assert!(!path.exists());
    std::fs::remove_dir_all(&dir).expect("it is ours");
}

mod middle;
