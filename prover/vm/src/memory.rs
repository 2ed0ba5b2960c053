//! Sparse memory: pages of 4 KiB, and which of their leaves changed since they were hashed.

use crate::{
    leaves::{Leaf, Leaves, Missing},
    limits::{LEAF_BYTES, MEMORY_BYTES},
    tree::{PageNodes, Tree},
};
use alloy_primitives::B256;

/// Bytes of a page.
pub(crate) const PAGE_BYTES: usize = 4096;
/// Leaves of a page.
pub(crate) const PAGE_LEAVES: u32 = 128;
const PAGE_LEVEL: u8 = 7;
const PAGES: usize = 1 << 20;
/// Where the zeros are that every page reads as before it is written to.
pub(crate) const ZEROS: u32 = 0;

/// Every leaf of the page counts as changed, so that a store need not say which.
pub(crate) const ALL_CHANGED: u8 = 1;
/// Instructions of the page are kept decoded.
pub(crate) const DECODED: u8 = 2;

/// A page in bytes.
pub(crate) type Frame = [u8; PAGE_BYTES];

/// What else is known of a page.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Its number: the address over 4,096.
    pub(crate) number: u32,
    /// Leaves that changed since the nodes were computed.
    pub(crate) changed: u128,
    /// Nodes over its leaves.
    pub(crate) nodes: PageNodes,
}

/// 4 GiB of bytes, of which only pages that were written to take room.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Where each page is in what follows.
    pub(crate) places: Box<[u32; PAGES]>,
    pub(crate) frames: Vec<Frame>,
    /// [`ALL_CHANGED`] and [`DECODED`].
    pub(crate) flags: Vec<u8>,
    pages: Vec<Page>,
    /// Places of the pages that changed since they were hashed.
    changed: Vec<u32>,
    tree: Tree,
}

impl Default for Memory {
    fn default() -> Self {
        let zeros = Page { number: 0, changed: 0, nodes: PageNodes::default() };
        Self {
            places: vec![ZEROS; PAGES].try_into().expect("as many places as pages"),
            frames: vec![[0; PAGE_BYTES]],
            flags: vec![0],
            pages: vec![zeros],
            changed: Vec::new(),
            tree: Tree::default(),
        }
    }
}

impl Memory {
    /// Where the page of that number is, which takes room from now on.
    pub(crate) fn take(&mut self, number: u32) -> u32 {
        let place = &mut self.places[number as usize];
        if *place == ZEROS {
            *place = u32::try_from(self.frames.len()).expect("there are fewer pages");
            self.frames.push([0; PAGE_BYTES]);
            self.flags.push(0);
            self.pages.push(Page { number, changed: 0, nodes: PageNodes::default() });
        }
        *place
    }

    /// Notes which leaves of a page changed.
    pub(crate) fn mark(&mut self, place: u32, leaves: u128) {
        let page = &mut self.pages[place as usize];
        if page.changed == 0 {
            self.changed.push(place);
        }
        page.changed |= leaves;
    }

    /// Notes that all of a page may have changed; whoever stores to it need not mark it again before it is hashed.
    pub(crate) fn mark_all(&mut self, place: u32) {
        self.mark(place, u128::MAX);
        self.flags[place as usize] |= ALL_CHANGED;
    }

    /// Writes bytes from an address on.
    ///
    /// # Panics
    /// When they do not lie in memory.
    pub fn write(&mut self, address: u64, bytes: &[u8]) {
        let end = address.checked_add(bytes.len() as u64);
        assert!(end.is_some_and(|end| end <= MEMORY_BYTES), "{address:#x} and what follows is memory");
        for (address, byte) in (address..).zip(bytes) {
            let place = self.take((address / PAGE_BYTES as u64) as u32);
            let at = address as usize % PAGE_BYTES;
            self.frames[place as usize][at] = *byte;
            self.mark(place, 1 << (at / LEAF_BYTES as usize));
        }
    }

    /// The root over all memory. Only what changed since the last call is hashed.
    pub fn root(&mut self) -> B256 {
        for place in &self.changed {
            let place = *place as usize;
            self.flags[place] &= !ALL_CHANGED;
            self.tree.update_page(&mut self.pages[place], &self.frames[place]);
        }
        let pages = self.changed.drain(..).map(|place| self.pages[place as usize].number).collect();
        self.tree.update(pages);
        self.tree.root()
    }

    /// The node `level` above the leaves, 0 to 27, from the left. After [`Memory::root`], until memory changes.
    #[must_use]
    pub fn node(&self, level: u8, index: u32) -> B256 {
        if level >= PAGE_LEVEL {
            return self.tree.node(level - PAGE_LEVEL, index);
        }
        let in_page = PAGE_LEVEL - level;
        let place = self.places[(index >> in_page) as usize] as usize;
        let index = index & ((1 << in_page) - 1);
        if level == 0 {
            return self.frames[place].as_chunks::<32>().0[index as usize].into();
        }
        self.pages[place].nodes.node(level, index).unwrap_or_else(|| self.tree.zero(level))
    }
}

impl Leaves for Memory {
    fn leaf(&mut self, index: u32) -> Result<Leaf, Missing> {
        let place = self.places[(index / PAGE_LEAVES) as usize];
        Ok(self.frames[place as usize].as_chunks::<32>().0[(index % PAGE_LEAVES) as usize])
    }

    fn set_leaf(&mut self, index: u32, leaf: Leaf) -> Result<(), Missing> {
        let place = self.take(index / PAGE_LEAVES);
        let at = index % PAGE_LEAVES;
        self.frames[place as usize].as_chunks_mut::<32>().0[at as usize] = leaf;
        self.mark(place, 1 << at);
        Ok(())
    }
}
