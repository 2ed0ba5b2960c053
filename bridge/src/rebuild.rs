//! The state that exits rest on, from L1 alone: the leaves of the exit sections after a batch, from genesis and the diffs of all
//! batches up to it. Nothing is believed: each diff is checked against its header by hash, and the leaves that it leads to
//! by the roots that the header names.

use crate::error::{Error, Result};
use alloy::primitives::B256;
use ballast_batch::{BatchHeader, ExitLeaves, data::diff_hash};
use ballast_state::{Commitment, Section};
use std::fmt;

mod follow;
mod store;

pub use follow::{Progress, Target, follow};
pub use store::Directory;

/// The sections that L1 has data of.
const EXITS: [Section; 3] = [Section::Accounts, Section::Markets, Section::Pools];

/// The exit leaves after a batch, with the trees over them.
#[derive(Clone)]
pub struct Rebuilt {
    leaves: ExitLeaves,
    trees: Commitment,
    header: BatchHeader,
}

impl Rebuilt {
    /// The state of genesis.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn genesis(header: BatchHeader, data: &[u8]) -> Result<Self> {
        let nothing = Self { leaves: ExitLeaves::default(), trees: Commitment::new(), header };
        let header = nothing.header.clone();
        nothing.with(header, data)
    }

    /// The state after the next batch.
    ///
    /// # Errors
    /// [`Error::WrongData`] when the diff is not the header's, is none upon these leaves, or leads to other roots; the state
    /// is of no use then.
    pub fn advance(self, header: BatchHeader, diff: &[u8]) -> Result<Self> {
        if header.index != self.header.index + 1 || header.previousHash != self.header.hash() {
            return Err(Error::WrongData {
                index: header.index,
                reason: "it does not follow the one before",
            });
        }
        self.with(header, diff)
    }

    fn with(mut self, header: BatchHeader, diff: &[u8]) -> Result<Self> {
        let wrong = |reason| Error::WrongData { index: header.index, reason };
        if diff_hash(diff) != header.diffHash {
            return Err(wrong("diff hash"));
        }
        let changes = self.leaves.advance(diff).map_err(|_| wrong("the diff cannot be read"))?;
        self.trees.update(&changes);
        if !EXITS.iter().all(|section| self.root(*section) == header.sectionRoots[*section as usize]) {
            return Err(wrong("the diff leads to other roots than the header names"));
        }
        self.header = header;
        Ok(self)
    }

    fn root(&self, section: Section) -> B256 {
        self.trees.tree(section).root()
    }

    /// The leaves.
    #[must_use]
    pub const fn leaves(&self) -> &ExitLeaves {
        &self.leaves
    }

    /// The batch that they are the state after.
    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }
}

impl fmt::Debug for Rebuilt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rebuilt")
            .field("batch", &self.header.index)
            .field("accounts", &self.leaves.accounts.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
