//! Messages that come from L1, in the order that the inbox gave them.

use crate::{
    ids::{AccountId, AssetId, BatchIndex},
    units::Quote,
};
use alloy_primitives::{Address, B256, U256};
use borsh::{BorshDeserialize, BorshSerialize};

/// One message of the inbox, as its event tells it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct L1Message {
    /// Place in the inbox, dense from 0.
    pub index: u64,
    /// Block that queued it.
    pub l1_block: u64,
    /// Time of that block, in seconds.
    pub l1_time: u64,
    /// What it says.
    pub payload: L1Payload,
}

/// What a message of the inbox says.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum L1Payload {
    /// Collateral arrived in the vault.
    Deposit {
        /// Which asset.
        asset: AssetId,
        /// Who owns the account that is credited, or that is opened for it.
        owner: Address,
        /// The account to credit; a new one when it is [`crate::limits::NEW_ACCOUNT`], does not exist, or is not
        /// the owner's.
        account: AccountId,
        /// How much, in micro-USDC.
        amount: Quote,
    },
    /// A batch was posted.
    BatchPosted {
        /// Which batch.
        index: BatchIndex,
        /// Its hash.
        batch_hash: B256,
        /// Block that took it.
        l1_block: u64,
        /// Randomness of that block (EIP-4399).
        prevrandao: U256,
    },
}
