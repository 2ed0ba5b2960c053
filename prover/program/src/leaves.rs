//! The state before the batch, known by its section roots, loaded leaf by leaf and checked.

use alloc::{collections::BTreeMap, vec::Vec};
use alloy_primitives::B256;
use ballast_oracle::{Hint, Oracle, read};
use ballast_state::{LeafSource, NodeSource, PartialTree, Section, tree::EMPTY_LEAF};
use ballast_types::limits::SECTION_COUNT;
use spin::Mutex;

/// The leaves under the section roots of a batch, as an oracle shows them.
///
/// # Panics
/// All methods, when the oracle does not have, or lies about, a preimage: without it nothing can be said about
/// the batch, neither that it is valid nor that it is not. The roots are those of a batch that stands, so what
/// lies under them has its form.
pub struct Leaves<O>(Mutex<Inner<O>>);

struct Inner<O> {
    oracle: O,
    trees: [PartialTree; SECTION_COUNT],
    loaded: BTreeMap<(Section, u32), Option<Vec<u8>>>,
}

/// Asks an oracle for the nodes of one section.
struct Nodes<'a, O> {
    oracle: &'a mut O,
    section: Section,
}

impl<O: Oracle> NodeSource for Nodes<'_, O> {
    fn node(&mut self, level: usize, index: u32, hash: B256) -> (B256, B256) {
        let level = u8::try_from(level).expect("a tree is at most 32 levels high");
        let hint = Hint::Node { section: self.section, level, index };
        children(self.oracle, hash, hint).expect("a root of the state before has nodes under it")
    }
}

/// The two hashes under the node `hash`; `None` when what hashes to it is no node.
pub(crate) fn children(oracle: &mut dyn Oracle, hash: B256, hint: Hint) -> Option<(B256, B256)> {
    let bytes = read(oracle, hash, hint).expect("the oracle has every preimage");
    let hashes = bytes.strip_prefix(&[1]).filter(|hashes| hashes.len() == 64)?;
    Some((B256::from_slice(&hashes[..32]), B256::from_slice(&hashes[32..])))
}

/// The bytes of the leaf `hash`, without the prefix that the tree gives it; `None` when what hashes to it is
/// no leaf.
pub(crate) fn leaf(oracle: &mut dyn Oracle, hash: B256, hint: Hint) -> Option<Vec<u8>> {
    let bytes = read(oracle, hash, hint).expect("the oracle has every preimage");
    bytes.strip_prefix(&[0]).map(<[u8]>::to_vec)
}

impl<O: Oracle> Leaves<O> {
    /// The leaves under `section_roots`.
    pub fn new(oracle: O, section_roots: &[B256; SECTION_COUNT]) -> Self {
        let trees = core::array::from_fn(|section| PartialTree::new(section_roots[section]));
        Self(Mutex::new(Inner { oracle, trees, loaded: BTreeMap::new() }))
    }

    /// The leaf as it was before the batch.
    pub(crate) fn before(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        self.0.lock().load(section, index)
    }

    /// Section roots after these leaves changed. Each is given once.
    pub(crate) fn roots_after<'a>(
        &self,
        changes: impl Iterator<Item = (Section, u32, Option<&'a [u8]>)>,
    ) -> [B256; SECTION_COUNT] {
        let Inner { oracle, trees, .. } = &mut *self.0.lock();
        for (section, index, bytes) in changes {
            let hash = ballast_state::commit::hash_of(bytes);
            trees[section as usize]
                .update(index, hash, &mut Nodes { oracle, section })
                .expect("the oracle has every node");
        }
        core::array::from_fn(|section| trees[section].root())
    }

    /// The oracle, when nobody uses the leaves any more.
    pub fn into_oracle(self) -> O {
        self.0.into_inner().oracle
    }
}

impl<O: Oracle> Inner<O> {
    fn load(&mut self, section: Section, index: u32) -> Option<Vec<u8>> {
        if let Some(known) = self.loaded.get(&(section, index)) {
            return known.clone();
        }
        let tree = &mut self.trees[section as usize];
        let hash = tree
            .get(index, &mut Nodes { oracle: &mut self.oracle, section })
            .expect("the oracle has every node");
        let bytes = if hash == EMPTY_LEAF {
            None
        } else {
            let bytes = leaf(&mut self.oracle, hash, Hint::Leaf { section, index });
            Some(bytes.expect("a root of the state before has leaves under it"))
        };
        self.loaded.insert((section, index), bytes.clone());
        bytes
    }
}

impl<O: Oracle + Send> LeafSource for Leaves<O> {
    fn load(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        self.before(section, index)
    }
}
