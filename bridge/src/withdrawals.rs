//! Proofs that L1 pays withdrawals for.

use alloy::primitives::B256;
use ballast_batch::{
    BatchHeader, Withdrawal,
    withdrawal::{withdrawal_proof, withdrawals_root},
};

/// What `Withdrawals.claim` takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The batch, as posted.
    pub header: BatchHeader,
    /// The leaf.
    pub withdrawal: Withdrawal,
    /// Its place in the batch.
    pub leaf_index: u32,
    /// Siblings from the leaf upwards.
    pub proof: Vec<B256>,
}

/// The claim for the withdrawal `id` of a posted batch, all of whose withdrawals are given in their order. `None` when
/// it is not among them, or they are not those of the batch.
#[must_use]
pub fn claim(header: &BatchHeader, withdrawals: &[Withdrawal], id: u64) -> Option<Claim> {
    let index = withdrawals.iter().position(|w| w.id == id)?;
    let leaf_index = u32::try_from(index).ok()?;
    if usize::try_from(header.withdrawalCount).ok()? != withdrawals.len()
        || withdrawals_root(withdrawals) != header.withdrawalsRoot
    {
        return None;
    }
    Some(Claim {
        header: header.clone(),
        withdrawal: withdrawals[index].clone(),
        leaf_index,
        proof: withdrawal_proof(withdrawals, leaf_index),
    })
}

impl Claim {
    /// Whether the proof leads to the batch's root, as the contract will check.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.leaf_index < self.header.withdrawalCount
            && ballast_state::tree::verify(
                self.header.withdrawalsRoot,
                ballast_types::limits::WITHDRAWAL_TREE_DEPTH,
                self.leaf_index,
                self.withdrawal.leaf(),
                &self.proof,
            )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Address;

    fn batch(count: u64) -> (BatchHeader, Vec<Withdrawal>) {
        let withdrawal = |id| Withdrawal {
            id,
            account: 3,
            recipient: Address::repeat_byte(8),
            asset: 0,
            amount: 1_000_000,
        };
        let withdrawals: Vec<_> = (10..10 + count).map(withdrawal).collect();
        let mut header = BatchHeader::genesis([B256::ZERO; 7]);
        header.withdrawalsRoot = withdrawals_root(&withdrawals);
        header.withdrawalCount = count as u32;
        (header, withdrawals)
    }

    #[test]
    fn every_withdrawal_of_a_batch_can_be_claimed() {
        let (header, withdrawals) = batch(5);
        for id in 10..15 {
            let claim = claim(&header, &withdrawals, id).expect("it is in the batch");
            assert_eq!((claim.withdrawal.id, claim.is_valid()), (id, true));
        }
    }

    #[test]
    fn nothing_else_can() {
        let (header, withdrawals) = batch(5);
        assert_eq!(claim(&header, &withdrawals, 15), None, "no such withdrawal");
        assert_eq!(claim(&header, &withdrawals[..4], 12), None, "not all of the batch");
        assert_eq!(claim(&batch(4).0, &withdrawals, 12), None, "another batch");
        let mut claim = claim(&header, &withdrawals, 12).expect("it is in the batch");
        claim.withdrawal.amount += 1;
        assert!(!claim.is_valid());
    }
}
