//! Every leaf of a state, byte for byte: what a host keeps to tell diffs against and to write snapshots from.

use alloc::{boxed::Box, collections::BTreeMap};
use ballast_types::limits::SECTION_COUNT;

use crate::{
    leaf::Section,
    snapshot::{Record, turn},
    state::Change,
};

/// Neighbouring leaves that are allocated together: a leaf is found in one step from its block, and the blocks are
/// few enough to stay in a cache.
const BLOCK: u32 = 256;

type Block = Box<[Option<Box<[u8]>>]>;

/// The leaves by section and index. A block stays once it is there, also when all of it has become empty.
#[derive(Clone, Default)]
pub struct LeafBytes {
    sections: [BTreeMap<u32, Block>; SECTION_COUNT],
}

impl LeafBytes {
    /// The bytes of a leaf; `None` when it is empty.
    #[must_use]
    pub fn get(&self, section: Section, index: u32) -> Option<&[u8]> {
        self.sections[section as usize].get(&(index / BLOCK))?[(index % BLOCK) as usize].as_deref()
    }

    /// Takes changed leaves over, in any order.
    pub fn take(&mut self, changes: &[Change]) {
        for (section, index, leaf) in changes {
            let slot = self.slot(*section, *index);
            match (slot.as_deref_mut(), leaf) {
                // Most leaves keep their length.
                (Some(old), Some(new)) if old.len() == new.len() => old.copy_from_slice(new),
                _ => *slot = leaf.as_deref().map(Box::from),
            }
        }
    }

    fn slot(&mut self, section: Section, index: u32) -> &mut Option<Box<[u8]>> {
        let block = self.sections[section as usize].entry(index / BLOCK).or_insert_with(empty);
        &mut block[(index % BLOCK) as usize]
    }

    /// The leaves that are not empty, in the order of a snapshot.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let mut sections = Section::ALL;
        sections.sort_unstable_by_key(|section| turn(*section));
        sections.into_iter().flat_map(|section| {
            let blocks = self.sections[section as usize].iter();
            let places =
                blocks.flat_map(|(block, leaves)| (0..BLOCK).map(move |at| block * BLOCK + at).zip(leaves));
            places.filter_map(move |(index, leaf)| {
                Some(Record { section, index, leaf: leaf.as_deref()?.to_vec() })
            })
        })
    }
}

impl FromIterator<Record> for LeafBytes {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut all = Self::default();
        records
            .into_iter()
            .for_each(|record| *all.slot(record.section, record.index) = Some(record.leaf.into()));
        all
    }
}

fn empty() -> Block {
    (0..BLOCK).map(|_| None).collect()
}

#[cfg(test)]
mod tests;
