//! Every leaf of a state, byte for byte: what a host keeps to tell diffs against and to write snapshots from.

use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use ballast_types::limits::SECTION_COUNT;

use crate::{
    leaf::Section,
    snapshot::{Record, turn},
    state::Change,
};

mod run;

use run::{RUN, Run};

/// Runs that are allocated together: a leaf is found in one step from its block, and the blocks are few enough to stay in a
/// cache.
const RUNS: u32 = 16;
/// Leaves of a block.
const BLOCK: u32 = RUNS * RUN;

type Block = Box<[Run]>;

/// The leaves by section and index, packed. A block stays once it is there, also when all of it has become empty.
#[derive(Clone, Default)]
pub struct LeafBytes {
    sections: [BTreeMap<u32, Block>; SECTION_COUNT],
}

impl LeafBytes {
    /// The bytes of a leaf; `None` when it is empty.
    #[must_use]
    pub fn get(&self, section: Section, index: u32) -> Option<Vec<u8>> {
        let block = self.sections[section as usize].get(&(index / BLOCK))?;
        block[(index % BLOCK / RUN) as usize].get(index % RUN)
    }

    /// Takes changed leaves over, in any order.
    pub fn take(&mut self, changes: &[Change]) {
        changes.iter().for_each(|(section, index, leaf)| self.set(*section, *index, leaf.as_deref()));
    }

    fn set(&mut self, section: Section, index: u32, leaf: Option<&[u8]>) {
        let block = self.sections[section as usize].entry(index / BLOCK).or_insert_with(empty);
        block[(index % BLOCK / RUN) as usize].set(index % RUN, leaf);
    }

    /// The leaves that are not empty, in the order of a snapshot.
    pub fn records(&self) -> impl Iterator<Item = Record> {
        let mut sections = Section::ALL;
        sections.sort_unstable_by_key(|section| turn(*section));
        sections.into_iter().flat_map(|section| {
            let blocks = self.sections[section as usize].iter();
            let runs = blocks.flat_map(|(block, runs)| (block * RUNS..).zip(runs));
            runs.flat_map(move |(at, run)| {
                let leaves = (at * RUN..=at * RUN + (RUN - 1)).zip(run.leaves());
                leaves.filter_map(move |(index, leaf)| Some(Record { section, index, leaf: leaf? }))
            })
        })
    }
}

impl FromIterator<Record> for LeafBytes {
    fn from_iter<I: IntoIterator<Item = Record>>(records: I) -> Self {
        let mut all = Self::default();
        records.into_iter().for_each(|record| all.set(record.section, record.index, Some(&record.leaf)));
        all
    }
}

fn empty() -> Block {
    (0..RUNS).map(|_| Run::default()).collect()
}

#[cfg(test)]
mod tests;
