extern crate std;

use super::*;
use alloc::{collections::BTreeMap, vec};
use proptest::{collection::vec as vec_of, option, prelude::*};

fn place() -> impl Strategy<Value = (Section, u32)> {
    let index = prop_oneof![
        4 => 0..600_u32,
        1 => any::<u32>(),
        2 => (0..4_u32, 0..70_u32).prop_map(|(market, page)| market << 16 | page),
    ];
    (prop::sample::select(&Section::ALL[..]), index)
}

/// Leaves to set, in no order; some become empty.
fn changes() -> impl Strategy<Value = Vec<Change>> {
    let leaf = option::weighted(0.9, vec_of(any::<u8>(), 0..150));
    let places = prop::collection::btree_map(place(), leaf, 0..60);
    let changes = places.prop_map(|places| places.into_iter().map(|((s, i), leaf)| (s, i, leaf)).collect());
    Strategy::prop_shuffle(changes)
}

/// As [`Commitment::update`] does it, the last first.
fn backwards(subtrees: &mut [Subtree<'_>]) {
    subtrees.iter_mut().rev().for_each(Subtree::hash);
}

/// Every other one on a thread of its own.
fn threaded(subtrees: &mut [Subtree<'_>]) {
    let (even, odd): (Vec<_>, Vec<_>) = subtrees.iter_mut().enumerate().partition(|(at, _)| at % 2 == 0);
    std::thread::scope(|scope| {
        scope.spawn(|| odd.into_iter().for_each(|(_, subtree)| subtree.hash()));
        even.into_iter().for_each(|(_, subtree)| subtree.hash());
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn who_hashes_and_in_which_order_decides_nothing(rounds in vec_of(changes(), 1..4)) {
        let mut plain: [Tree; SECTION_COUNT] = Default::default();
        let mut hosts = vec![Commitment::new(); 3];
        for changes in rounds {
            let mut sections = BTreeMap::<Section, Vec<_>>::new();
            for (section, index, leaf) in &changes {
                sections.entry(*section).or_default().push((*index, hash_of(leaf.as_deref())));
            }
            sections.into_iter().for_each(|(section, leaves)| plain[section as usize].update(leaves));
            hosts[0].update(&changes);
            hosts[1].update_by(&changes, backwards);
            hosts[2].update_by(&changes, threaded);
            let roots = plain.each_ref().map(Tree::root);
            for host in &hosts {
                prop_assert_eq!(host.section_roots(), roots);
                for (section, index, leaf) in &changes {
                    let tree = host.tree(*section);
                    prop_assert_eq!(tree.leaf(*index), hash_of(leaf.as_deref()));
                    prop_assert_eq!(tree.proof(*index), plain[*section as usize].proof(*index));
                }
            }
        }
    }
}

#[test]
#[should_panic(expected = "a leaf is set twice in one update")]
fn a_leaf_changes_once_an_update() {
    Commitment::new().update(&[
        (Section::Pools, 1, None),
        (Section::Traders, 1, None),
        (Section::Pools, 1, None),
    ]);
}

#[test]
#[should_panic(expected = "every subtree is hashed")]
fn a_host_may_leave_nothing_out() {
    Commitment::new().update_by(&[(Section::Pools, 1, Some(vec![1]))], |_| ());
}
