//! Every leaf of a section, shown by its root to be all that there are.

use alloy_primitives::B256;
use ballast_oracle::{Hint, Oracle};
use ballast_state::{
    Section,
    tree::{DEPTH, empty_roots},
};

use crate::{
    invalid::Invalid,
    leaves::{children, leaf},
};

/// What is done with a leaf: its index, its bytes.
pub(crate) type Visit<'a> = dyn FnMut(u32, &[u8]) -> Result<(), Invalid> + 'a;

/// Shows `visit` each leaf under `root`, by ascending index. Left out are empty subtrees alone, which their hash tells, so
/// that nobody can hide a leaf.
///
/// # Errors
/// [`Invalid::NotAState`] when what hashes to a node or leaf is none; what `visit` finds wrong.
///
/// # Panics
/// When the oracle withholds a preimage.
pub(crate) fn walk(
    oracle: &mut dyn Oracle,
    section: Section,
    root: B256,
    visit: &mut Visit<'_>,
) -> Result<(), Invalid> {
    let top = u8::try_from(DEPTH).expect("the depth is 32");
    Walk { oracle, section, empty: empty_roots(), visit }.down(root, top, 0)
}

struct Walk<'a, 'v> {
    oracle: &'a mut dyn Oracle,
    section: Section,
    /// Hash of an empty subtree by level.
    empty: [B256; DEPTH + 1],
    visit: &'a mut Visit<'v>,
}

impl Walk<'_, '_> {
    /// Everything under the node `hash`, at `index` of `level`.
    fn down(&mut self, hash: B256, level: u8, index: u32) -> Result<(), Invalid> {
        if hash == self.empty[usize::from(level)] {
            return Ok(());
        }
        let section = self.section;
        // A node above the leaves whose hash is that of the empty leaf has no preimage that anybody knows.
        if hash == B256::ZERO {
            return Err(Invalid::NotAState);
        }
        if level == 0 {
            let bytes = leaf(self.oracle, hash, Hint::Leaf { section, index }).ok_or(Invalid::NotAState)?;
            return (self.visit)(index, &bytes);
        }
        let hint = Hint::Node { section, level, index };
        let (left, right) = children(self.oracle, hash, hint).ok_or(Invalid::NotAState)?;
        self.down(left, level - 1, 2 * index)?;
        self.down(right, level - 1, 2 * index + 1)
    }
}
