//! What the diff on L1 says about the exit sections and the withdrawals, on its own: whoever has nothing but L1 must come
//! to the roots that the header names.

use crate::ledger::Ledger;
use alloy::primitives::B256;
use ballast_batch::{
    Changed, Diff, DiffError,
    withdrawal::{numbered, withdrawals_root},
};
use ballast_state::{Commitment, NodeSource, PartialTree, Section, tree::leaf_hash};
use ballast_types::codec;
use borsh::BorshSerialize;

/// The trees of the state before the batch.
struct Nodes<'a> {
    commitment: &'a Commitment,
    section: Section,
}

impl NodeSource for Nodes<'_> {
    fn node(&mut self, level: usize, index: u32, _hash: B256) -> (B256, B256) {
        self.commitment.children(self.section, level, index)
    }
}

/// What a diff leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exits {
    /// Roots of the exit sections, with the sections they are of.
    pub roots: [(Section, B256); 3],
    /// Root of the tree over the withdrawals.
    pub withdrawals: B256,
}

/// What `diff` leads to, upon the leaves of `before`; the first of its withdrawals has the number `first`.
///
/// # Errors
/// [`DiffError`] when the bytes are no diff upon these leaves.
pub(crate) fn after(before: &Ledger, first: u64, diff: &[u8]) -> Result<Exits, DiffError> {
    let diff = Diff::decode(diff, &mut &*before)?;
    let trees = before.commitment();
    let roots = [
        (Section::Accounts, root(trees, Section::Accounts, &diff.accounts)),
        (Section::Markets, root(trees, Section::Markets, &diff.markets)),
        (Section::Pools, pools(trees, &diff)),
    ];
    Ok(Exits { roots, withdrawals: withdrawals_root(&numbered(first, &diff.withdrawals)) })
}

/// Root of the section that has both pools and what waits to leave them.
fn pools(commitment: &Commitment, diff: &Diff) -> B256 {
    let mut tree = PartialTree::new(commitment.tree(Section::Pools).root());
    update(&mut tree, commitment, Section::Pools, &diff.pools);
    update(&mut tree, commitment, Section::Pools, &diff.queues);
    tree.root()
}

fn root<T: BorshSerialize>(commitment: &Commitment, section: Section, changes: &[Changed<T>]) -> B256 {
    let mut tree = PartialTree::new(commitment.tree(section).root());
    update(&mut tree, commitment, section, changes);
    tree.root()
}

fn update<T: BorshSerialize>(
    tree: &mut PartialTree,
    commitment: &Commitment,
    section: Section,
    changes: &[Changed<T>],
) {
    let mut nodes = Nodes { commitment, section };
    for change in changes {
        let leaf = leaf_hash(&codec::encode(&change.after));
        tree.update(change.index, leaf, &mut nodes).expect("our own trees hold together");
    }
}
