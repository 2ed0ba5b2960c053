//! The withdrawals of a batch, to be claimed whoever is gone: on L1, and beside the rebuilt state.

use crate::withdrawals::{Claim, claim};
use alloy::sol_types::SolValue;
use ballast_batch::{
    BatchHeader, Withdrawal,
    withdrawal::{Withdrawn, numbered, withdrawals_root},
};
use ballast_types::{AccountId, Address};

/// Bytes of an encoded header.
pub(super) const HEADER_BYTES: usize = 25 * 32;
/// Bytes of account, recipient, asset and amount.
const WITHDRAWAL_BYTES: usize = 4 + 20 + 2 + 8;

/// A batch that has withdrawals, and all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// The batch, as posted.
    pub header: BatchHeader,
    /// In their order.
    pub withdrawals: Vec<Withdrawal>,
}

impl Sealed {
    /// What `Withdrawals.claim` takes for the withdrawal with this number; `None` when it is not one of the batch.
    #[must_use]
    pub fn claim(&self, id: u64) -> Option<Claim> {
        claim(&self.header, &self.withdrawals, id)
    }

    /// Numbers of its withdrawals: the first, and the one after the last.
    pub(super) fn ids(&self) -> (u64, u64) {
        let first = self.withdrawals.first().map_or(0, |withdrawal| withdrawal.id);
        (first, first.saturating_add(self.withdrawals.len() as u64))
    }

    /// Header, number of the first, and each.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.header.abi_encode();
        bytes.extend(self.ids().0.to_be_bytes());
        for Withdrawal { account, recipient, asset, amount, .. } in &self.withdrawals {
            bytes.extend(account.to_be_bytes());
            bytes.extend(recipient.as_slice());
            bytes.extend(asset.to_be_bytes());
            bytes.extend(amount.to_be_bytes());
        }
        bytes
    }

    /// The batch, if all of it is there: the header's root vouches for the withdrawals and their numbers.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let (header, (first, rest)) = (BatchHeader::from_bytes(header)?, rest.split_first_chunk()?);
        let (whole, cut) = rest.as_chunks::<WITHDRAWAL_BYTES>();
        let is_whole = cut.is_empty() && whole.len() as u64 == u64::from(header.withdrawalCount);
        let withdrawn = whole.iter().map(read).collect::<Option<Vec<_>>>().filter(|_| is_whole)?;
        let withdrawals = numbered(u64::from_be_bytes(*first), &withdrawn);
        (withdrawals_root(&withdrawals) == header.withdrawalsRoot).then_some(Self { header, withdrawals })
    }
}

fn read(bytes: &[u8; WITHDRAWAL_BYTES]) -> Option<Withdrawn> {
    let (account, bytes) = bytes.split_first_chunk()?;
    let (recipient, bytes) = bytes.split_first_chunk::<20>()?;
    let (asset, bytes) = bytes.split_first_chunk()?;
    Some(Withdrawn {
        account: AccountId(u32::from_be_bytes(*account)),
        recipient: Address::from(*recipient),
        asset: u16::from_be_bytes(*asset),
        amount: u64::from_be_bytes(*bytes.first_chunk()?),
    })
}
