//! Withdrawals of a batch and the tree that L1 pays them from.

use alloc::vec::Vec;
use alloy_primitives::B256;
use alloy_sol_types::{SolValue, sol};
use ballast_state::tree::{fixed_proof, fixed_root, leaf_hash};
use ballast_types::{AccountId, Address, limits::WITHDRAWAL_TREE_DEPTH};

sol! {
    /// Money, or another asset, that left the exchange and waits on L1: a leaf of its batch's withdrawal tree, whose bytes are
    /// `abi.encode(withdrawal)`.
    #[derive(Debug, PartialEq, Eq)]
    struct Withdrawal {
        /// Dense number over all batches, from 0.
        uint64 id;
        /// Account debited.
        uint32 account;
        /// Who is paid.
        address recipient;
        /// Which asset.
        uint16 asset;
        /// How much, in 10^-6 of it.
        uint64 amount;
    }
}

impl Withdrawal {
    /// The withdrawal's leaf: `keccak(0x00 || abi.encode(withdrawal))`.
    #[must_use]
    pub fn leaf(&self) -> B256 {
        leaf_hash(&self.abi_encode())
    }
}

/// A withdrawal as the diff of its batch tells it: all but its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// Account debited.
    pub account: AccountId,
    /// Who is paid.
    pub recipient: Address,
    /// Which asset.
    pub asset: u16,
    /// How much, in 10^-6 of it.
    pub amount: u64,
}

impl From<&Withdrawal> for Withdrawn {
    fn from(withdrawal: &Withdrawal) -> Self {
        let Withdrawal { account, recipient, asset, amount, .. } = *withdrawal;
        Self { account: AccountId(account), recipient, asset, amount }
    }
}

/// The withdrawals of a batch, of which the first has the number `first`: as many as all batches before it have. Numbers are modulo
/// 2^64, which no exchange comes to.
#[must_use]
pub fn numbered(first: u64, withdrawals: &[Withdrawn]) -> Vec<Withdrawal> {
    let number = |(place, withdrawn): (u64, &Withdrawn)| Withdrawal {
        id: first.wrapping_add(place),
        account: withdrawn.account.0,
        recipient: withdrawn.recipient,
        asset: withdrawn.asset,
        amount: withdrawn.amount,
    };
    (0..).zip(withdrawals).map(number).collect()
}

/// Root of the withdrawal tree of a batch, in the order of the withdrawals.
///
/// # Panics
/// When there are more than [`ballast_types::limits::MAX_WITHDRAWALS_PER_BATCH`]: the engine admits no more.
#[must_use]
pub fn withdrawals_root(withdrawals: &[Withdrawal]) -> B256 {
    fixed_root(WITHDRAWAL_TREE_DEPTH, &leaves(withdrawals))
}

/// Siblings from the leaf of the withdrawal at `index` up to that root.
///
/// # Panics
/// As [`withdrawals_root`], and when there is no withdrawal at `index`.
#[must_use]
pub fn withdrawal_proof(withdrawals: &[Withdrawal], index: u32) -> Vec<B256> {
    assert!((index as usize) < withdrawals.len(), "withdrawal {index} of {}", withdrawals.len());
    fixed_proof(WITHDRAWAL_TREE_DEPTH, &leaves(withdrawals), index)
}

fn leaves(withdrawals: &[Withdrawal]) -> Vec<B256> {
    withdrawals.iter().map(Withdrawal::leaf).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;
    use ballast_state::tree::verify;
    use proptest::prelude::*;

    fn withdrawal(id: u64) -> Withdrawal {
        Withdrawal { id, account: 7, recipient: Address::repeat_byte(9), asset: 0, amount: 1_000_000 + id }
    }

    proptest! {
        #[test]
        fn every_withdrawal_is_proved_and_no_other(count in 1..40_u64, pick: prop::sample::Index, other: prop::sample::Index) {
            let all: Vec<_> = (0..count).map(withdrawal).collect();
            let (root, index) = (withdrawals_root(&all), pick.index(all.len()));
            let proof = withdrawal_proof(&all, index as u32);
            prop_assert!(verify(root, WITHDRAWAL_TREE_DEPTH, index as u32, all[index].leaf(), &proof));
            let wrong = other.index(all.len());
            prop_assert_eq!(verify(root, WITHDRAWAL_TREE_DEPTH, wrong as u32, all[wrong].leaf(), &proof), wrong == index);
            let dearer = Withdrawal { amount: all[index].amount + 1, ..all[index].clone() };
            prop_assert!(!verify(root, WITHDRAWAL_TREE_DEPTH, index as u32, dearer.leaf(), &proof));
        }
    }

    #[test]
    #[should_panic(expected = "withdrawal 1 of 1")]
    fn what_is_not_there_has_no_proof() {
        let _ = withdrawal_proof(&[withdrawal(0)], 1);
    }
}
