//! Beginning in the middle: a round of batches leads to the leaves that all batches since genesis lead to.

use super::*;
use ballast_batch::{Stripes, diff::Stripe};
use ballast_state::{Position, Queued, queue_index};
use ballast_types::{Lots, MarketId};

/// Rounds of eight batches, of at most four accounts each.
const SHORT: Stripes = Stripes { batches: 8, accounts: 4 };

/// Numbers that are the same for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Some accounts trade, some come, somebody waits to leave.
fn next(before: &ExitLeaves, random: &mut Random) -> ExitLeaves {
    let mut after = before.clone();
    for _ in 0..random.below(5) {
        let id = random.below(after.accounts.len() as u64) as u32;
        let account = after.accounts.get_mut(&id).expect("ids are dense");
        account.cash.0 += random.below(1_000) as i64 - 400;
        let size = random.below(5) as i64 - 2;
        let market = MarketId(random.below(3) as u16);
        account.positions.retain(|position| position.market != market);
        if size != 0 {
            let funding = random.below(100) as i64;
            account.positions.push(Position { market, size: Lots(size), funding });
        }
        account.positions.sort_unstable_by_key(|position| position.market);
    }
    for _ in 0..random.below(3) {
        let id = after.accounts.len() as u32;
        after.accounts.insert(id, account(id as u8, random.below(1 << 40) as i64));
    }
    let pool = after.pools.get_mut(&0).expect("there is one");
    pool.credited.0 += random.below(9) as i64;
    if random.below(3) == 0 {
        let index = queue_index(PoolId(0), pool.pacing.next);
        pool.pacing.next += 1;
        let queued = Queued {
            account: AccountId(random.below(9) as u32),
            recipient: Address::repeat_byte(3),
            amount: Quote(random.below(1_000) as i64),
        };
        after.queues.insert(index, queued);
    }
    after
}

fn changed<T: Clone>(
    before: &std::collections::BTreeMap<u32, T>,
    after: &std::collections::BTreeMap<u32, T>,
) -> Vec<Changed<T>> {
    let change = |(index, leaf): (&u32, &T)| Changed {
        index: *index,
        before: before.get(index).cloned(),
        after: leaf.clone(),
    };
    after.iter().map(change).collect()
}

/// A chain of so many batches, with the state after each; each pays one withdrawal.
fn history(seed: u64, batches: u64) -> Vec<(BatchHeader, Vec<u8>, Rebuilt)> {
    let mut random = Random(seed);
    let mut before = leaves(&[5, 6, 7, 8, 9]);
    let data = before.encode_all();
    let genesis = header(None, &before, &data);
    let mut state = Rebuilt::genesis(genesis.clone(), &data).expect("it is sound");
    let mut all = vec![(genesis, data, state.clone())];
    for index in 1..=batches {
        let after = next(&before, &mut random);
        let paid = Withdrawn { account: AccountId(1), recipient: Address::ZERO, asset: 0, amount: index };
        let diff = Diff {
            accounts: changed(&before.accounts, &after.accounts),
            pools: changed(&before.pools, &after.pools),
            queues: changed(&before.queues, &after.queues),
            withdrawals: vec![paid],
            stripe: Some(Stripe::of(index, after.accounts.len() as u32, SHORT, &mut &after)),
            ..Diff::default()
        };
        let diff = diff.encode(&mut &before);
        let numbered = numbered(index - 1, &[paid]);
        let header = paying(&all.last().expect("genesis").0, &after, &diff, &numbered);
        state = state.advance(header.clone(), &diff).expect("it is sound");
        assert_eq!(state.leaves(), &after);
        all.push((header, diff, state.clone()));
        before = after;
    }
    all
}

/// What the batches from `first` on lead to, at the end of the round.
fn gathered(all: &[(BatchHeader, Vec<u8>, Rebuilt)], first: u64) -> Result<Option<Rebuilt>> {
    let mut gathering = Gathering::new(first);
    for (header, diff, _) in all.iter().filter(|batch| batch.0.index >= first) {
        gathering = match gathering.take(header.clone(), diff)? {
            Gathered::Part(gathering, round, taken) => {
                assert!(taken < round);
                *gathering
            }
            // Each batch pays one.
            Gathered::Whole(state) => {
                let paid = state.header().index;
                return Ok(Some(state.numbered(paid)));
            }
        };
    }
    Ok(None)
}

#[test]
fn from_the_middle_one_comes_to_the_same_state() {
    for seed in 0..6 {
        let all = history(seed, 60);
        for first in [1, 2, 9, 30] {
            let mut state = gathered(&all, first).expect("it is sound").expect("there is a round");
            let at = state.header().index as usize;
            assert!(at as u64 >= first + 7 && state.first_withdrawal() == state.header().index);
            let whole = &all[at].2;
            assert_eq!(state.leaves(), whole.leaves(), "seed {seed}, from {first}");
            assert_eq!(state.trees.section_roots()[..3], whole.trees.section_roots()[..3]);
            assert_eq!(state.withdrawal_count(), whole.withdrawal_count());
            for (header, diff, whole) in &all[at + 1..] {
                state = state.advance(header.clone(), diff).expect("it goes on");
                assert_eq!(state.leaves(), whole.leaves());
                assert_eq!(state.withdrawals, whole.withdrawals);
            }
        }
        // With dozens of accounts a round is longer than eight batches, and the last few are not one.
        assert!(gathered(&all, 55).expect("it is sound").is_none());
    }
}

#[test]
fn a_batch_that_is_missing_or_wrong_is_an_error() {
    let all = history(7, 30);
    let missing: Vec<_> = all.iter().filter(|batch| batch.0.index != 12).cloned().collect();
    assert_eq!(reason(gathered(&missing, 10).map(|_| unreachable!())), "it does not follow the one before");
    let mut other = all.clone();
    other[12].1.push(0);
    assert_eq!(reason(gathered(&other, 10).map(|_| unreachable!())), "diff hash");
    // A sequencer that tells other leaves in full than there are is found out by the roots at the end of the round.
    let mut lies = all.clone();
    let mut after = lies[10].2.leaves().clone();
    let untold = |id: &u32| id % 8 == 10 % 8;
    let id = *after.accounts.keys().find(|id| untold(id)).expect("one is in the stripe");
    after.accounts.get_mut(&id).expect("it is there").cash.0 += 1;
    let stripe = Stripe::of(10, after.accounts.len() as u32, SHORT, &mut &after);
    lies[10].1 = Diff { stripe: Some(stripe), ..Diff::default() }.encode(&mut &after);
    lies[10].0.diffHash = diff_hash(&lies[10].1);
    for at in 11..lies.len() {
        lies[at].0.previousHash = lies[at - 1].0.hash();
    }
    let found = reason(gathered(&lies, 10).map(|_| unreachable!()));
    assert!(
        found == "the batches of a round lead to other roots than the header names"
            || found == "the diff cannot be read",
        "{found}"
    );
}

#[test]
fn a_state_from_the_middle_is_kept_with_the_withdrawals_after_it() {
    let dir = std::env::temp_dir().join(format!("ballast-middle-{}", std::process::id()));
    let directory = Directory::open(&dir).expect("a directory");
    let all = history(3, 40);
    let mut state = gathered(&all, 4).expect("it is sound").expect("there is a round");
    let first = state.first_withdrawal();
    for (header, diff, _) in &all[state.header().index as usize + 1..] {
        state = state.advance(header.clone(), diff).expect("it goes on");
        directory.keep(&state).expect("it can be written");
    }
    directory.save(Target::Posted, &state, "{}").expect("it can be written");
    let found = directory.load(Target::Posted).expect("it can be read").expect("it is there");
    assert_eq!((found.first_withdrawal(), found.withdrawal_count()), (first, 40));
    let held = directory.withdrawals(&found).expect("they can be read").expect("all are there");
    assert_eq!(held.len() as u64, 40 - first);
    // What an earlier run found of the batches before it is not forgotten, unless L1 has another batch there.
    let mut early = all[0].2.clone();
    for (header, diff, _) in &all[1..4] {
        early = early.advance(header.clone(), diff).expect("it is sound");
        directory.keep(&early).expect("it can be written");
    }
    let ids = || {
        let held = directory.withdrawals(&found).expect("they can be read").expect("all are there");
        held.iter().flat_map(|batch| batch.withdrawals.iter().map(|it| it.id)).collect::<Vec<_>>()
    };
    assert_eq!(ids(), (0..3).chain(first..40).collect::<Vec<_>>());
    let mut held: Vec<u64> =
        directory.batches().expect("they can be read").iter().map(|header| header.index).collect();
    held.sort_unstable();
    assert_eq!(held[..3], [1, 2, 3]);
    directory.forget(2).expect("it can be removed");
    directory.forget(2).expect("there is none any more");
    assert_eq!(ids(), [0, 2].into_iter().chain(first..40).collect::<Vec<_>>());
    std::fs::remove_dir_all(&dir).expect("it is ours");
}
