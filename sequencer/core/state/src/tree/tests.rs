use super::*;
use alloc::collections::BTreeMap;
use proptest::{collection::vec, prelude::*};

/// The specification: the root by the rule, subtree by subtree.
fn naive(leaves: &BTreeMap<u32, B256>, level: usize, index: u32, empty: &[B256]) -> B256 {
    let first = u64::from(index) << level;
    let last = first + (1 << level) - 1;
    if leaves.range(first as u32..=last as u32).next().is_none() {
        return empty[level];
    }
    if level == 0 {
        return leaves[&index];
    }
    node_hash(naive(leaves, level - 1, 2 * index, empty), naive(leaves, level - 1, 2 * index + 1, empty))
}

fn naive_root(leaves: &BTreeMap<u32, B256>) -> B256 {
    naive(leaves, DEPTH, 0, &empty_roots())
}

fn index() -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => 0..600_u32,
        1 => any::<u32>(),
        2 => (0..4_u32, 0..70_u32).prop_map(|(market, page)| market << 16 | page),
        1 => u32::MAX - 3..=u32::MAX,
    ]
}

/// Leaves to set; some are set to nothing.
fn batch() -> impl Strategy<Value = BTreeMap<u32, B256>> {
    let leaf = prop_oneof![
        5 => any::<[u8; 32]>().prop_map(B256::from),
        1 => Just(EMPTY_LEAF),
    ];
    vec((index(), leaf), 0..30).prop_map(|leaves| leaves.into_iter().collect())
}

fn apply(leaves: &mut BTreeMap<u32, B256>, tree: &mut Tree, batch: &BTreeMap<u32, B256>) {
    tree.update(batch.iter().rev().map(|(index, leaf)| (*index, *leaf)).collect());
    leaves.extend(batch);
    leaves.retain(|_, leaf| *leaf != EMPTY_LEAF);
}

/// Answers from a whole tree and counts the questions.
struct Answers<'a> {
    tree: &'a Tree,
    asked: BTreeMap<(usize, u32), u32>,
}

impl NodeSource for Answers<'_> {
    fn node(&mut self, level: usize, index: u32, hash: B256) -> (B256, B256) {
        assert_eq!(self.tree.node(level, index), hash);
        *self.asked.entry((level, index)).or_default() += 1;
        self.tree.children(level, index)
    }
}

struct Liar<'a>(&'a Tree, usize);

impl NodeSource for Liar<'_> {
    fn node(&mut self, level: usize, index: u32, _: B256) -> (B256, B256) {
        let (left, right) = self.0.children(level, index);
        if level == self.1 { (right, left) } else { (left, right) }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_root_is_the_naive_one(batches in vec(batch(), 1..4)) {
        let (mut leaves, mut tree) = (BTreeMap::new(), Tree::new());
        for batch in batches {
            apply(&mut leaves, &mut tree, &batch);
            prop_assert_eq!(tree.root(), naive_root(&leaves));
        }
    }

    #[test]
    fn proofs_show_what_is_there_and_nothing_else(batch in batch(), asked in index(), level in 0..DEPTH, bit in 0..256_usize) {
        let (mut leaves, mut tree) = (BTreeMap::new(), Tree::new());
        apply(&mut leaves, &mut tree, &batch);
        for index in batch.keys().copied().chain([asked]) {
            let leaf = leaves.get(&index).copied().unwrap_or(EMPTY_LEAF);
            prop_assert_eq!(tree.leaf(index), leaf);
            let mut proof = tree.proof(index);
            prop_assert!(verify(tree.root(), DEPTH, index, leaf, &proof));
            let mut other = leaf;
            other[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify(tree.root(), DEPTH, index, other, &proof));
            prop_assert!(!verify(tree.root(), DEPTH, index, leaf, &proof[1..]));
            // A node in the place of a leaf, with the proof that is left: another depth.
            prop_assert!(!verify(tree.root(), DEPTH, index / 2, tree.node(1, index / 2), &proof[1..]));
            proof[level][bit / 8] ^= 1 << (bit % 8);
            prop_assert!(!verify(tree.root(), DEPTH, index, leaf, &proof));
        }
    }

    #[test]
    fn a_leaf_never_hashes_like_a_node(left: [u8; 32], right: [u8; 32]) {
        let (left, right) = (B256::from(left), B256::from(right));
        let node = node_hash(left, right);
        let pair = [left.as_slice(), right.as_slice()].concat();
        prop_assert_ne!(leaf_hash(&pair), node);
        prop_assert_ne!(leaf_hash(&[&[NODE_PREFIX][..], &pair].concat()), node);
    }

    #[test]
    fn a_partial_tree_does_what_the_whole_one_does(first in batch(), rounds in vec((vec(index(), 0..12), batch()), 1..4)) {
        let (mut leaves, mut whole) = (BTreeMap::new(), Tree::new());
        apply(&mut leaves, &mut whole, &first);
        let before = whole.clone();
        let mut source = Answers { tree: &before, asked: BTreeMap::new() };
        let mut partial = PartialTree::new(before.root());
        for (reads, writes) in rounds {
            for index in reads.iter().chain(first.keys()) {
                prop_assert_eq!(partial.get(*index, &mut source), Ok(whole.leaf(*index)));
            }
            for (index, leaf) in &writes {
                prop_assert_eq!(partial.update(*index, *leaf, &mut source), Ok(()));
                prop_assert_eq!(partial.get(*index, &mut source), Ok(*leaf));
            }
            apply(&mut leaves, &mut whole, &writes);
            // Reads between a write and the root are true too.
            for index in reads {
                prop_assert_eq!(partial.get(index, &mut source), Ok(whole.leaf(index)));
            }
            prop_assert_eq!(partial.root(), whole.root());
        }
        prop_assert!(source.asked.values().all(|times| *times == 1), "a node is learnt once");
    }

    #[test]
    fn a_lie_is_caught_where_it_is_told(first in batch(), level in 1..=DEPTH) {
        let (mut leaves, mut tree) = (BTreeMap::new(), Tree::new());
        apply(&mut leaves, &mut tree, &first);
        let Some(index) = leaves.keys().next().copied() else { return Ok(()) };
        let (left, right) = tree.children(level, ancestor(index, level));
        prop_assume!(left != right);
        let mut partial = PartialTree::new(tree.root());
        let at = ancestor(index, level);
        let error = TreeError { level, index: at, expected: tree.node(level, at) };
        prop_assert_eq!(partial.get(index, &mut Liar(&tree, level)), Err(error));
        prop_assert_eq!(partial.update(index, EMPTY_LEAF, &mut Liar(&tree, level)), Err(error));
        prop_assert_eq!(partial.root(), tree.root());
        prop_assert_eq!(partial.get(index, &mut Liar(&tree, 0)), Ok(leaves[&index]));
    }

    #[test]
    fn a_fixed_tree_is_the_first_leaves_of_a_tree(leaves in vec(any::<[u8; 32]>().prop_map(B256::from), 0..40), depth in 6..10_usize, asked in 0..64_u32) {
        let sparse: BTreeMap<_, _> = (0..).zip(leaves.iter().copied()).collect();
        let root = fixed_root(depth, &leaves);
        prop_assert_eq!(root, naive(&sparse, depth, 0, &empty_roots()));
        let leaf = leaves.get(asked as usize).copied().unwrap_or(EMPTY_LEAF);
        let proof = fixed_proof(depth, &leaves, asked);
        prop_assert!(verify(root, depth, asked, leaf, &proof));
        prop_assert!(!verify(root, depth, asked + (1 << depth), leaf, &proof));
    }
}

#[test]
fn small_trees_are_what_the_rule_says() {
    let [a, b, c] = [1, 2, 3].map(B256::repeat_byte);
    assert_eq!(fixed_root(0, &[]), EMPTY_LEAF);
    assert_eq!(fixed_root(0, &[a]), a);
    assert_eq!(fixed_root(1, &[a]), node_hash(a, EMPTY_LEAF));
    assert_eq!(fixed_root(2, &[a, b, c]), node_hash(node_hash(a, b), node_hash(c, EMPTY_LEAF)));
    assert_eq!(fixed_root(2, &[]), empty_roots()[2]);
    assert_eq!(Tree::new().root(), empty_roots()[DEPTH]);
}

#[test]
#[should_panic(expected = "3 leaves in a tree of depth 1")]
fn a_fixed_tree_holds_no_more_than_its_leaves() {
    let _ = fixed_root(1, &[EMPTY_LEAF; 3]);
}

#[test]
#[should_panic(expected = "set twice")]
fn a_leaf_is_set_once_an_update() {
    Tree::new().update(alloc::vec![(3, EMPTY_LEAF), (3, EMPTY_LEAF)]);
}
