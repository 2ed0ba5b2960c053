//! The state that exits rest on, from L1 alone: the leaves of the exit sections after a batch, from genesis and the diffs of all
//! batches up to it, and the withdrawals of each. Nothing is believed: each diff is checked against its header by hash, and the
//! leaves and withdrawals that it leads to by the roots that the header names. Where earlier data are gone the leaves come from the
//! batches of one round, which tell each leaf in full once, and the withdrawals are those of the batches after it.

use crate::error::{Error, Result};
use alloy::primitives::B256;
use ballast_batch::{
    BatchHeader, ExitLeaves, Withdrawal,
    data::diff_hash,
    withdrawal::{numbered, withdrawals_root},
};
use ballast_state::{Commitment, Section};
use std::fmt;

mod follow;
mod gather;
mod sealed;
mod store;

pub use follow::{Begin, Diffs, Plan, Progress, Target, follow, held};
pub use gather::{Gathered, Gathering};
pub use sealed::Sealed;
pub use store::Directory;

/// The sections that L1 has data of.
const EXITS: [Section; 3] = [Section::Accounts, Section::Markets, Section::Pools];

/// The exit leaves after a batch, with the trees over them.
#[derive(Clone)]
pub struct Rebuilt {
    leaves: ExitLeaves,
    trees: Commitment,
    header: BatchHeader,
    /// The first withdrawal that was rebuilt: 0 from genesis on.
    first_withdrawal: u64,
    /// Withdrawals of all batches up to this one: the number of the next.
    next_withdrawal: u64,
    /// Those of this batch; none when the state was read from a directory, which has them.
    withdrawals: Vec<Withdrawal>,
}

impl Rebuilt {
    /// The state of genesis.
    ///
    /// # Errors
    /// As [`Self::advance`].
    pub fn genesis(header: BatchHeader, data: &[u8]) -> Result<Self> {
        Self::nothing(header.clone()).with(header, data)
    }

    fn nothing(header: BatchHeader) -> Self {
        Self {
            leaves: ExitLeaves::default(),
            trees: Commitment::new(),
            header,
            first_withdrawal: 0,
            next_withdrawal: 0,
            withdrawals: Vec::new(),
        }
    }

    /// The state after the next batch.
    ///
    /// # Errors
    /// [`Error::WrongData`] when the diff is not the header's, is none upon these leaves, or leads to other roots, of leaves or
    /// of withdrawals; the state is of no use then.
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
        let told = self.leaves.advance(diff).map_err(|_| wrong("the diff cannot be read"))?;
        self.take_withdrawals(&header, numbered(self.next_withdrawal, &told.withdrawals)).map_err(wrong)?;
        self.trees.update(&told.changes);
        if !EXITS.iter().all(|section| self.root(*section) == header.sectionRoots[*section as usize]) {
            return Err(wrong("the diff leads to other roots than the header names"));
        }
        self.header = header;
        Ok(self)
    }

    /// Takes the withdrawals of a batch, when they are those of its header. What is wrong, when they are not.
    fn take_withdrawals(
        &mut self,
        header: &BatchHeader,
        withdrawals: Vec<Withdrawal>,
    ) -> std::result::Result<(), &'static str> {
        let count = header.withdrawalCount;
        if withdrawals.len() as u64 != u64::from(count) {
            return Err("the diff has not as many withdrawals as the header counts");
        }
        // Genesis has none, and the header of genesis no root of them.
        if header.index > 0 && withdrawals_root(&withdrawals) != header.withdrawalsRoot {
            return Err("the diff has other withdrawals than the header's root is of");
        }
        self.next_withdrawal = self.next_withdrawal.saturating_add(count.into());
        self.withdrawals = withdrawals;
        Ok(())
    }

    fn root(&self, section: Section) -> B256 {
        self.trees.tree(section).root()
    }

    /// The leaves.
    #[must_use]
    pub const fn leaves(&self) -> &ExitLeaves {
        &self.leaves
    }

    /// The same, which was gathered, after so many withdrawals: the first that is rebuilt is the next one.
    #[must_use]
    pub fn numbered(self, withdrawals: u64) -> Self {
        Self { first_withdrawal: withdrawals, next_withdrawal: withdrawals, ..self }
    }

    /// The number of the first withdrawal that was rebuilt: those before it were paid by batches whose data are not read, or in the
    /// round that the state was gathered from.
    #[must_use]
    pub const fn first_withdrawal(&self) -> u64 {
        self.first_withdrawal
    }

    /// How many withdrawals there are up to the batch: their numbers are all below this.
    #[must_use]
    pub const fn withdrawal_count(&self) -> u64 {
        self.next_withdrawal
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
