//! What a batch tells L1: the net change of the exit sections, a stripe of them in full, and its withdrawals.

use alloc::vec::Vec;
use ballast_batch::{Changed, Diff, Stripes, Withdrawal, Withdrawn, diff::Previous};
use ballast_oracle::Oracle;
use ballast_state::{Account, Chain, Change, Market, Pool, QUEUES, Queued, Section};
use ballast_types::{AccountId, MarketId, PoolId, codec};

use crate::leaves::Leaves;

/// The encoded diff of the changed leaves and the batch's withdrawals, with the stripe of the state after it; leaves of the trading sections are left out.
pub(crate) fn encode<O: Oracle>(
    changes: &[Change],
    withdrawals: &[Withdrawal],
    chain: &Chain,
    leaves: &Leaves<O>,
) -> Vec<u8> {
    let withdrawals = withdrawals.iter().map(Withdrawn::from).collect();
    let mut diff = Diff { withdrawals, ..Diff::default() };
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
    diff.striped(chain, Stripes::OURS, &mut Before(leaves)).encode(&mut Before(leaves))
}

/// The leaves before the batch; those that the batch did not need are asked for.
struct Before<'a, O>(&'a Leaves<O>);

impl<O: Oracle> Before<'_, O> {
    fn read<T: borsh::BorshDeserialize>(&self, section: Section, index: u32) -> Option<T> {
        let bytes = self.0.before(section, index)?;
        Some(codec::decode(&bytes).expect("a leaf of ours decodes"))
    }
}

impl<O: Oracle> Previous for Before<'_, O> {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        self.read(Section::Accounts, id.0)
    }
    fn market(&mut self, id: MarketId) -> Option<Market> {
        self.read(Section::Markets, id.0.into())
    }
    fn pool(&mut self, id: PoolId) -> Option<Pool> {
        self.read(Section::Pools, id.0.into())
    }
    fn queued(&mut self, index: u32) -> Option<Queued> {
        self.read(Section::Pools, index)
    }
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
