//! The state that an exchange begins with, as L1 tells it: whoever rebuilds the exit sections from L1 alone begins here.

use crate::ExitLeaves;
use alloc::{collections::BTreeMap, vec::Vec};
use ballast_state::{Change, QUEUES, Section};
use ballast_types::codec;
use borsh::BorshDeserialize;
use core::ops::RangeInclusive;

/// The encoded diff of genesis: its exit leaves, told against nothing. `leaves` are all that it has, each once; trading
/// sections are passed over. `None` when a leaf is empty or does not decode.
///
/// Its hash is the `diffHash` of batch 0, and the deployment tells it in the event `GenesisData`.
#[must_use]
pub fn genesis_diff(leaves: &[Change]) -> Option<Vec<u8>> {
    let exits = ExitLeaves {
        accounts: decoded(leaves, Section::Accounts, 0..=u32::MAX)?,
        markets: decoded(leaves, Section::Markets, 0..=u32::MAX)?,
        pools: decoded(leaves, Section::Pools, 0..=QUEUES - 1)?,
        queues: decoded(leaves, Section::Pools, QUEUES..=u32::MAX)?,
    };
    Some(exits.encode_all())
}

/// The leaves of one section with such indices.
fn decoded<T: BorshDeserialize>(
    leaves: &[Change],
    section: Section,
    indices: RangeInclusive<u32>,
) -> Option<BTreeMap<u32, T>> {
    let ours = leaves.iter().filter(|leaf| leaf.0 == section && indices.contains(&leaf.1));
    ours.map(|(_, index, bytes)| Some((*index, codec::decode(bytes.as_deref()?).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::{Changed, Diff};
    use alloc::vec;
    use ballast_state::{Account, Holdings, Pool};
    use ballast_types::{Address, PoolId, Quote};

    fn account(cash: i64) -> Account {
        let owner = Address::repeat_byte(7);
        Account { owner, pool: PoolId(0), cash: Quote(cash), positions: Vec::new(), holdings: Holdings::NONE }
    }

    #[test]
    fn the_exit_leaves_are_told_in_order_and_read_back_upon_nothing() {
        let pool = Pool::default();
        let leaves = vec![
            (Section::Accounts, 1, Some(codec::encode(&account(2)))),
            (Section::Chain, 0, Some(vec![1, 2, 3])),
            (Section::Pools, 0, Some(codec::encode(&pool))),
            (Section::Accounts, 0, Some(codec::encode(&account(1)))),
        ];
        let bytes = genesis_diff(&leaves).expect("sound leaves");
        let diff = Diff::decode(&bytes, &mut &ExitLeaves::default()).expect("a diff");
        let told = |index, after| Changed { index, before: None, after };
        assert_eq!(diff.accounts, [told(0, account(1)), told(1, account(2))]);
        assert_eq!(diff.pools, [Changed { index: 0, before: None, after: pool }]);
        assert!(diff.markets.is_empty() && diff.queues.is_empty());
    }

    #[test]
    fn a_leaf_that_is_none_of_its_section_tells_nothing() {
        assert_eq!(genesis_diff(&[(Section::Accounts, 0, Some(vec![1]))]), None);
        assert_eq!(genesis_diff(&[(Section::Markets, 0, None)]), None);
    }
}
