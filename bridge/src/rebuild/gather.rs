//! Rebuilding from the middle: the batches of one round tell every leaf in full, whatever was before them.

use super::{EXITS, Rebuilt};
use crate::error::{Error, Result};
use ballast_batch::{BatchHeader, ExitLeaves, data::diff_hash};
use ballast_state::Commitment;

/// The leaves that a run of batches told so far. Nothing of it can be used before its end: until then the headers vouch for the
/// bytes of the diffs alone.
#[derive(Clone, Debug)]
pub struct Gathering {
    leaves: ExitLeaves,
    /// The last batch that was taken.
    last: Option<BatchHeader>,
    /// The first one.
    first: u64,
}

/// What a batch led to.
#[derive(Debug)]
pub enum Gathered {
    /// More are needed: the batches of a round, as the last one tells, and how many were taken.
    Part(Box<Gathering>, u64, u64),
    /// All leaves are known, and have the roots of the last header. Withdrawals are not numbered yet: see [`Rebuilt::numbered`].
    Whole(Box<Rebuilt>),
}

impl Gathering {
    /// Begins with the batch `first`.
    #[must_use]
    pub fn new(first: u64) -> Self {
        Self { leaves: ExitLeaves::default(), last: None, first }
    }

    /// Takes the next batch.
    ///
    /// # Errors
    /// [`Error::WrongData`] when it does not follow the one before, the diff is not the header's or cannot be read, or, at the
    /// end of a round, the leaves have other roots than the header names.
    pub fn take(mut self, header: BatchHeader, diff: &[u8]) -> Result<Gathered> {
        let index = header.index;
        let wrong = |reason| Error::WrongData { index, reason };
        let follows = self.last.as_ref().map_or(index == self.first, |last| {
            index == last.index + 1 && header.previousHash == last.hash()
        });
        if !follows {
            return Err(wrong("it does not follow the one before"));
        }
        if diff_hash(diff) != header.diffHash {
            return Err(wrong("diff hash"));
        }
        let round = self.leaves.advance_known(diff).map_err(|_| wrong("the diff cannot be read"))?;
        let round = round.ok_or_else(|| wrong("the diff has no stripe"))?;
        let taken = index - self.first + 1;
        if taken < round {
            self.last = Some(header);
            return Ok(Gathered::Part(Box::new(self), round, taken));
        }
        let mut trees = Commitment::new();
        trees.update(&self.leaves.all());
        let roots = trees.section_roots();
        if !EXITS.iter().all(|section| roots[*section as usize] == header.sectionRoots[*section as usize]) {
            return Err(wrong("the batches of a round lead to other roots than the header names"));
        }
        let whole = Rebuilt {
            leaves: self.leaves,
            trees,
            header,
            first_withdrawal: 0,
            next_withdrawal: 0,
            withdrawals: Vec::new(),
        };
        Ok(Gathered::Whole(Box::new(whole)))
    }
}
