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
const PAGES: usize = 1 << 20;
const ABSENT: u32 = u32::MAX;

/// A page that was written to.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Its number: the address over 4,096.
    pub(crate) number: u32,
    /// What is in it.
    pub(crate) bytes: Box<[u8; PAGE_BYTES]>,
    /// Leaves that changed since the nodes were computed.
    pub(crate) dirty: u128,
    /// Nodes over its leaves.
    pub(crate) nodes: PageNodes,
}

/// 4 GiB of bytes, of which only pages that were written to take room.
#[derive(Clone, Debug)]
pub struct Memory {
    /// Where in `pages` a page is.
    places: Vec<u32>,
    pages: Vec<Page>,
    tree: Tree,
}

impl Default for Memory {
    fn default() -> Self {
        Self { places: vec![ABSENT; PAGES], pages: Vec::new(), tree: Tree::default() }
    }
}

impl Memory {
    /// The page of that number, when it was ever written to.
    #[must_use]
    pub(crate) fn page(&self, number: u32) -> Option<&Page> {
        self.pages.get(self.places[number as usize] as usize)
    }

    /// The page of that number, for writing.
    pub(crate) fn page_mut(&mut self, number: u32) -> &mut Page {
        let place = &mut self.places[number as usize];
        if *place == ABSENT {
            *place = self.pages.len() as u32;
            self.pages.push(Page {
                number,
                bytes: Box::new([0; PAGE_BYTES]),
                dirty: 0,
                nodes: PageNodes::default(),
            });
        }
        &mut self.pages[*place as usize]
    }

    /// Writes bytes from an address on.
    ///
    /// # Panics
    /// When they do not lie in memory.
    pub fn write(&mut self, address: u64, bytes: &[u8]) {
        let end = address.checked_add(bytes.len() as u64);
        assert!(end.is_some_and(|end| end <= MEMORY_BYTES), "{address:#x} and what follows is memory");
        for (address, byte) in (address..).zip(bytes) {
            let page = self.page_mut((address / PAGE_BYTES as u64) as u32);
            let at = address as usize % PAGE_BYTES;
            page.bytes[at] = *byte;
            page.dirty |= 1 << (at / LEAF_BYTES as usize);
        }
    }

    /// The root over all memory. Only what changed since the last call is hashed.
    pub fn root(&mut self) -> B256 {
        self.tree.update(&mut self.pages);
        self.tree.root()
    }

    /// The node `level` above the leaves, 0 to 27, from the left. After [`Memory::root`], until memory changes.
    #[must_use]
    pub fn node(&self, level: u8, index: u32) -> B256 {
        const PAGE_LEVEL: u8 = 7;
        if level >= PAGE_LEVEL {
            return self.tree.node(level - PAGE_LEVEL, index);
        }
        let in_page = PAGE_LEVEL - level;
        match self.page(index >> in_page) {
            None => self.tree.zero(level),
            Some(page) => {
                let index = index & ((1 << in_page) - 1);
                if level == 0 { page.leaf(index).into() } else { page.nodes.node(level, index) }
            }
        }
    }
}

impl Page {
    /// A leaf by its place in the page, below 128.
    #[must_use]
    pub(crate) fn leaf(&self, index: u32) -> Leaf {
        self.bytes.as_chunks::<32>().0[index as usize]
    }
}

impl Leaves for Memory {
    fn leaf(&mut self, index: u32) -> Result<Leaf, Missing> {
        Ok(self.page(index / PAGE_LEAVES).map_or([0; 32], |page| page.leaf(index % PAGE_LEAVES)))
    }

    fn set_leaf(&mut self, index: u32, leaf: Leaf) -> Result<(), Missing> {
        let page = self.page_mut(index / PAGE_LEAVES);
        let at = index % PAGE_LEAVES;
        page.bytes.as_chunks_mut::<32>().0[at as usize] = leaf;
        page.dirty |= 1 << at;
        Ok(())
    }
}
