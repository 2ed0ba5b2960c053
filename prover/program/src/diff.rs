//! What a batch tells L1: the net change of the exit sections.

use alloc::vec::Vec;
use ballast_batch::{Changed, Diff};
use ballast_oracle::Oracle;
use ballast_state::{Change, QUEUES, Section};
use ballast_types::codec;

use crate::leaves::Leaves;

/// The encoded diff of the changed leaves; those of the trading sections are left out.
pub(crate) fn encode<O: Oracle>(changes: &[Change], leaves: &Leaves<O>) -> Vec<u8> {
    let mut diff = Diff::default();
    for (section, index, after) in changes {
        let after = after.as_deref();
        match section {
            Section::Accounts => diff.accounts.push(changed(leaves, *section, *index, after)),
            Section::Markets => diff.markets.push(changed(leaves, *section, *index, after)),
            Section::Pools if *index >= QUEUES => diff.queues.push(changed(leaves, *section, *index, after)),
            Section::Pools => diff.pools.push(changed(leaves, *section, *index, after)),
            Section::Traders | Section::Venues | Section::Orders | Section::Chain => (),
        }
    }
    diff.encode(|market| {
        let bytes = leaves.before(Section::Markets, market.0.into())?;
        Some(codec::decode(&bytes).expect("a leaf of ours decodes"))
    })
}

fn changed<T, O>(leaves: &Leaves<O>, section: Section, index: u32, after: Option<&[u8]>) -> Changed<T>
where
    T: borsh::BorshDeserialize,
    O: Oracle,
{
    let read = |bytes: &[u8]| codec::decode(bytes).expect("a leaf of ours decodes");
    let before = leaves.before(section, index).map(|bytes| read(&bytes));
    Changed { index, before, after: read(after.expect("an exit leaf never becomes empty")) }
}
