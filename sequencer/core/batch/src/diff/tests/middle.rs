//! Who begins in the middle: what changed is read though it is not known from what, and within a round everything is known.

use super::*;
use crate::ExitLeaves;

/// Rounds of four batches, of at most two accounts each: of more than eight accounts they are longer.
const SHORT: Stripes = Stripes { batches: 4, accounts: 2 };

/// A step of a random history, none of whose leaves is ever gone.
#[derive(Clone, Debug)]
struct Step {
    accounts: BTreeMap<u32, Account>,
    opened: u8,
    markets: BTreeMap<u32, Market>,
    pools: BTreeMap<u32, Pool>,
    queued: Vec<Queued>,
}

fn step() -> impl Strategy<Value = Step> {
    let accounts = btree_map(0..20_u32, account(), 0..6);
    let (markets, pools) = (btree_map(0..7_u32, market(), 0..4), btree_map(0..3_u32, pool(), 0..2));
    (accounts, 0..4_u8, markets, pools, vec_of(queued(), 0..3)).prop_map(
        |(accounts, opened, markets, pools, queued)| Step { accounts, opened, markets, pools, queued },
    )
}

/// The leaves after a step; tickets are over and new ones come.
fn after(before: &ExitLeaves, step: &Step) -> ExitLeaves {
    let mut leaves = before.clone();
    for (at, account) in &step.accounts {
        // Half of them trade: the leaf keeps its owner, and most of its positions.
        let Some(leaf) = leaves.accounts.get_mut(at) else { continue };
        if at % 2 == 0 {
            *leaf = account.clone();
        } else {
            leaf.cash = account.cash;
            leaf.holdings = account.holdings.clone();
            for position in account.positions.iter().take(2) {
                leaf.positions.retain(|held| held.market != position.market);
                if leaf.positions.len() < MAX_POSITIONS {
                    leaf.positions.push(*position);
                }
                leaf.positions.sort_unstable_by_key(|held| held.market);
            }
        }
    }
    for _ in 0..step.opened {
        let id = leaves.accounts.len() as u32;
        let opened = step.accounts.values().next().cloned().unwrap_or_else(|| account_with(&[]));
        leaves.accounts.insert(id, opened);
    }
    leaves.markets.extend(step.markets.clone());
    for (id, new) in &step.pools {
        let pacing = leaves.pools.get(id).map(|pool| pool.pacing).unwrap_or_default();
        leaves.pools.insert(*id, Pool { pacing, ..*new });
    }
    for queued in &step.queued {
        let Some((id, pool)) = leaves.pools.iter_mut().next() else { break };
        let index = ballast_state::queue_index(PoolId(*id as u16), pool.pacing.next);
        pool.pacing.next += 1;
        pool.pacing.first += pool.pacing.next % 2;
        leaves.queues.insert(index, *queued);
    }
    leaves
}

fn changes_of<T: Clone>(before: &BTreeMap<u32, T>, after: &BTreeMap<u32, T>) -> Vec<Changed<T>> {
    let change = |(index, leaf): (&u32, &T)| Changed {
        index: *index,
        before: before.get(index).cloned(),
        after: leaf.clone(),
    };
    after.iter().map(change).collect()
}

fn told(batch: u64, before: &ExitLeaves, after: &ExitLeaves) -> Vec<u8> {
    let diff = Diff {
        accounts: changes_of(&before.accounts, &after.accounts),
        markets: changes_of(&before.markets, &after.markets),
        pools: changes_of(&before.pools, &after.pools),
        queues: changes_of(&before.queues, &after.queues),
        withdrawals: Vec::new(),
        stripe: Some(Stripe::of(batch, after.accounts.len() as u32, SHORT, &mut &*after)),
    };
    diff.encode(&mut &*before)
}

/// The bytes of each batch, and the leaves after it.
fn history(steps: &[Step]) -> Vec<(Vec<u8>, ExitLeaves)> {
    let mut before = ExitLeaves::default();
    let mut batches = Vec::new();
    for (step, batch) in steps.iter().zip(1..) {
        let after = after(&before, step);
        batches.push((told(batch, &before, &after), after.clone()));
        before = after;
    }
    batches
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Wherever one begins, at most a round later all leaves are known, and what is known before is right.
    #[test]
    fn any_round_of_batches_tells_everything(steps in vec_of(step(), 1..30), begin: prop::sample::Index) {
        let batches = history(&steps);
        let mut whole = ExitLeaves::default();
        for (bytes, after) in &batches {
            prop_assert!(whole.advance(bytes).is_ok());
            prop_assert_eq!(&whole, after);
        }
        let begin = begin.index(batches.len());
        let mut known = ExitLeaves::default();
        for (read, (bytes, after)) in (1..).zip(&batches[begin..]) {
            let round = known.advance_known(bytes).expect("a diff").expect("it has a stripe");
            if read >= round {
                prop_assert_eq!(&known, after, "after {} batches of {}", read, round);
            }
            prop_assert!(known.accounts.iter().all(|(id, leaf)| after.accounts.get(id) == Some(leaf)));
            prop_assert!(known.markets.iter().all(|(id, leaf)| after.markets.get(id) == Some(leaf)));
            prop_assert!(known.pools.iter().all(|(id, leaf)| after.pools.get(id) == Some(leaf)));
            prop_assert!(known.queues.iter().all(|(id, leaf)| after.queues.get(id) == Some(leaf)));
        }
    }

    /// A stripe is bounded, and comes back; what is read from damaged bytes never is more than a refusal.
    #[test]
    fn a_stripe_comes_back_and_damage_is_refused_or_canonical(
        steps in vec_of(step(), 2..6),
        edits in vec_of((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let batches = history(&steps);
        let (before, bytes) = (&batches[batches.len() - 2].1, &batches[batches.len() - 1].0);
        let diff = Diff::decode(bytes, &mut &*before).expect("a diff");
        let stripe = diff.stripe.as_ref().expect("it has one");
        prop_assert!(stripe.accounts.len() <= 2);
        let most = Most { told: Told::of(stripe), ..Most::default() };
        let alone = Diff { stripe: diff.stripe.clone(), ..Diff::default() };
        prop_assert!(alone.encode(&mut &batches[batches.len() - 1].1).len() <= max_bytes(most));
        let mut damaged = bytes.clone();
        for (at, byte) in edits {
            let at = at.index(damaged.len());
            damaged[at] = byte;
        }
        if let Ok(diff) = Diff::decode(&damaged, &mut &*before) {
            prop_assert_eq!(diff.encode(&mut &*before), damaged.clone());
        }
        // Who knows a part, or nothing, takes it for something or refuses it.
        let mut part = before.clone();
        part.accounts.retain(|id, _| id % 3 == 0);
        part.markets.retain(|id, _| id % 2 == 0);
        let _ = part.advance_known(&damaged);
        let _ = ExitLeaves::default().advance_known(&damaged);
    }
}

/// What is known must agree with what is told in full.
#[test]
fn a_stripe_that_tells_other_leaves_is_refused() {
    let mut leaves = ExitLeaves::default();
    leaves.accounts.insert(0, account_with(&[(3, 1, 2)]));
    let mut other = leaves.clone();
    other.accounts.get_mut(&0).expect("it is there").cash.0 += 1;
    let stripe = Stripe::of(4, 1, SHORT, &mut &other);
    assert_eq!(stripe.accounts.len(), 1);
    let bytes = Diff { stripe: Some(stripe), ..Diff::default() }.encode(&mut &leaves);
    assert_eq!(leaves.clone().advance(&bytes), Err(DiffError::Stripe));
    assert_eq!(leaves.advance_known(&bytes), Err(DiffError::Stripe));
    assert_eq!(ExitLeaves::default().advance_known(&bytes), Ok(Some(4)), "who knows nothing believes it");
}

#[test]
fn rounds_grow_with_the_accounts_and_a_stripe_does_not() {
    assert_eq!([0, 8, 9, 16, 17, 64, 65].map(|accounts| SHORT.round(accounts)), [4, 4, 8, 8, 16, 32, 64]);
    for accounts in 0..200 {
        let round = SHORT.round(accounts);
        let told: u32 = (0..round).map(|batch| SHORT.accounts_told(batch.into(), accounts)).sum();
        assert_eq!(told, accounts, "each is told once in a round");
        assert!((0..2 * round).all(|batch| SHORT.accounts_told(batch.into(), accounts) <= 2));
    }
    let most = ballast_types::limits::MAX_ACCOUNTS;
    assert_eq!(Stripes::OURS.round(1 << 20), 1 << 12);
    assert_eq!(Stripes::OURS.round((1 << 20) + 1), 1 << 13);
    assert_eq!(Stripes::OURS.round(most), 1 << 20);
    assert_eq!(Stripes::OURS.accounts_told(7, most), 256);
}
