//! An exchange of our own, after the last batch that was found valid.

use crate::{
    error::{Error, Result},
    exits::{self, Exits},
    ledger::Ledger,
};
use alloy::primitives::B256;
use ballast_auth::Recover;
use ballast_batch::{
    BatchHeader, Changed, DiffError, Stripes,
    chunks::{chunk, inputs_root},
    data::diff_hash,
    genesis_diff,
    withdrawal::withdrawals_root,
};
use ballast_engine::{
    Exchange, GenesisConfig, apply, commit,
    invariants::{self, Audit, Totals, Violation},
    verify,
};
use ballast_program::Invalid;
use ballast_state::{Change, snapshot::Restore};
use ballast_types::{BatchIndex, Input, Source, codec, limits::MAX_INPUTS_PER_BATCH};

/// How often everything is counted again, in milliseconds of the exchange's time (risk.md 5.11).
const RECOUNT_MS: u64 = 600_000;

/// The exchange, its leaves, and the header that they are the state after.
pub struct Replica {
    exchange: Exchange,
    ledger: Ledger,
    /// What all accounts have, added up.
    audit: Audit,
    header: BatchHeader,
}

/// Where the inbox stands after a message was consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consumed {
    /// Messages consumed since the beginning.
    pub count: u64,
    /// Rolling hash after them.
    pub rolling: B256,
}

/// A batch as our exchange makes it.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// Its header; `dataHash` and `programHash`, which L1 knows, are zero.
    pub header: BatchHeader,
    /// Its encoded diff.
    pub diff: Vec<u8>,
    /// The roots that this diff leads to, on its own.
    pub exits: Result<Exits, DiffError>,
    /// The leaves that changed.
    pub changes: Vec<Change>,
    /// The messages of the inbox that it consumed, in order.
    pub messages: Vec<Consumed>,
    /// What is broken after it although every rule was followed: a fault in the rules.
    pub unsound: Option<Violation>,
}

impl Replica {
    /// The exchange before its first input.
    ///
    /// # Errors
    /// [`Error::Genesis`] when none can begin so.
    pub fn genesis(config: &GenesisConfig) -> Result<Self> {
        let mut exchange = Exchange::genesis(config)?;
        let leaves = commit(&mut exchange);
        let ledger = Ledger::of(&leaves);
        let diff = genesis_diff(&leaves).ok_or_else(|| Error::Damaged {
            name: "the genesis state".to_owned(),
            reason: "a leaf does not decode".to_owned(),
        })?;
        let header = BatchHeader::of_genesis(ledger.commitment().section_roots(), &diff);
        let audit = Audit::of(&exchange.state);
        Ok(Self { exchange, ledger, audit, header })
    }

    /// The exchange with these leaves, which must be those of the header's state.
    ///
    /// # Errors
    /// [`Error::Damaged`] when they are not.
    pub fn restore(ledger: Ledger, header: BatchHeader) -> Result<Self> {
        let damaged = |reason: String| Error::Damaged {
            name: format!("the state after batch {}", header.index),
            reason,
        };
        let mut restore = Restore::new();
        for chunk in ledger.snapshot() {
            restore.push(&chunk).map_err(|error| damaged(error.to_string()))?;
        }
        let restored = restore
            .finish(ledger.commitment(), header.stateRoot)
            .map_err(|error| damaged(error.to_string()))?;
        let exchange = Exchange::restore(restored.state, restored.pages, Vec::new());
        let exchange = exchange.map_err(|error| damaged(error.to_string()))?;
        let audit = Audit::of(&exchange.state);
        Ok(Self { exchange, ledger, audit, header })
    }

    /// Header of the last batch.
    #[must_use]
    pub const fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The state after it.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The domain that inputs are signed for.
    #[must_use]
    pub fn separator(&self) -> B256 {
        self.exchange.separator()
    }

    /// Takes the header under which L1 has the batch that was replayed last.
    pub(crate) fn settle(&mut self, header: BatchHeader) {
        assert_eq!(header.stateRoot, self.header.stateRoot, "the header is of another state");
        self.header = header;
    }

    /// Carries out the next batch.
    ///
    /// # Errors
    /// [`Invalid`] when these are not the inputs of one batch; the replica is of no use then.
    pub fn replay<R: Recover>(&mut self, inputs: &[Input], recover: &R) -> Result<Replayed, Invalid> {
        let (first, last) =
            (inputs.first().ok_or(Invalid::NotInputs)?, inputs.last().ok_or(Invalid::NotInputs)?);
        let first_withdrawal = self.exchange.state.chain.next_withdrawal;
        let messages = self.execute(inputs, recover)?;
        let withdrawals = self.exchange.take_withdrawals();
        let changes = commit(&mut self.exchange);
        let diff = self.ledger.diff(&changes, &withdrawals);
        for Changed { before, after, .. } in &diff.accounts {
            self.audit.changed(before.as_ref(), Some(after));
        }
        let chain = &self.exchange.state.chain;
        let diff = diff.striped(chain, Stripes::OURS, &mut &self.ledger).encode(&mut &self.ledger);
        let exits = exits::after(&self.ledger, first_withdrawal, &diff);
        self.ledger.take(&changes);
        let chunks = chunk(inputs.iter().map(codec::encode));
        let chain = self.exchange.state.chain.clone();
        let header = BatchHeader {
            index: self.header.index + 1,
            previousHash: self.header.hash(),
            previousStateRoot: self.header.stateRoot,
            stateRoot: self.ledger.commitment().state_root(),
            sectionRoots: self.ledger.commitment().section_roots(),
            firstSeq: first.seq.0,
            lastSeq: last.seq.0,
            firstTimeMs: first.time.0,
            lastTimeMs: last.time.0,
            promiseHash: chain.promise,
            l1MessageCount: chain.l1_count,
            l1MessageHash: chain.l1_hash,
            inputsRoot: inputs_root(&chunks),
            inputChunks: u32::try_from(chunks.len()).map_err(|_| Invalid::NotInputs)?,
            withdrawalsRoot: withdrawals_root(&withdrawals),
            withdrawalCount: u32::try_from(withdrawals.len()).map_err(|_| Invalid::NotInputs)?,
            diffHash: diff_hash(&diff),
            dataHash: B256::ZERO,
            programHash: B256::ZERO,
        };
        let unsound = self.look(header.lastTimeMs).err();
        self.header = header.clone();
        Ok(Replayed { header, diff, exits, changes, messages, unsound })
    }

    /// Whether the exchange is sound, after a batch that ended at `time`: every batch adds up, and now and then everything is
    /// counted.
    fn look(&self, time: u64) -> Result<(), Violation> {
        if time / RECOUNT_MS != self.header.lastTimeMs / RECOUNT_MS {
            invariants::check(&self.exchange)?;
        }
        self.audit.check(&Totals::of(&self.exchange.state))
    }

    /// Applies the inputs, which must be the next in number and time and end with the seal of their batch.
    fn execute<R: Recover>(&mut self, inputs: &[Input], recover: &R) -> Result<Vec<Consumed>, Invalid> {
        if inputs.len() as u64 > MAX_INPUTS_PER_BATCH {
            return Err(Invalid::NotInputs);
        }
        let (open, separator) = (BatchIndex(self.header.index + 1), self.separator());
        let mut messages = Vec::new();
        for (place, input) in inputs.iter().enumerate() {
            let before = self.exchange.state.chain.clone();
            if input.seq != before.seq.next() || input.time < before.time {
                return Err(Invalid::OutOfOrder(input.seq));
            }
            apply(&mut self.exchange, input, &verify(recover, separator, &input.source));
            let after = &self.exchange.state.chain;
            if matches!(input.source, Source::L1(_)) && after.l1_count != before.l1_count {
                messages.push(Consumed { count: after.l1_count, rolling: after.l1_hash });
            }
            let is_last = place + 1 == inputs.len();
            if (after.batch != open) != is_last {
                return Err(Invalid::Unsealed(input.seq));
            }
        }
        Ok(messages)
    }
}

impl std::fmt::Debug for Replica {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Replica")
            .field("header", &self.header)
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::genesis::tests::small;
    use ballast_auth::K256;
    use ballast_types::{Millis, Seq, SystemCommand};

    /// What is found after two batches, ten minutes apart, of an exchange to which `harm` was done before.
    fn found(harm: impl FnOnce(&mut Exchange)) -> [Option<u16>; 2] {
        let mut replica = Replica::genesis(&small()).expect("a genesis");
        harm(&mut replica.exchange);
        [(1, 1), (2, RECOUNT_MS)].map(|(number, time)| {
            let source = Source::System(SystemCommand::SealBatch { index: BatchIndex(number) });
            let input = Input { seq: Seq(number), time: Millis(time), source };
            let replayed = replica.replay(&[input], &K256).expect("a batch");
            replayed.unsound.map(|violation| violation.invariant)
        })
    }

    #[test]
    fn a_batch_that_follows_the_rules_and_does_not_add_up_is_told() {
        assert_eq!(found(|_| ()), [None, None]);
        assert_eq!(found(|x| x.state.pools.get_mut(0).expect("a pool").credited.0 += 1), [Some(1), Some(1)]);
        // What no sum shows is found when everything is counted.
        let odd = |x: &mut Exchange| x.state.venues.get_mut(0).expect("a market").next_arrival += 1;
        assert_eq!(found(odd), [None, Some(38)]);
    }
}
