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
    /// An asset arrived in the vault.
    Deposit {
        /// Which asset.
        asset: AssetId,
        /// Who owns the account that is credited, or that is opened for it.
        owner: Address,
        /// The account to credit; a new one when it is [`crate::limits::NEW_ACCOUNT`], does not exist, or is not
        /// the owner's.
        account: AccountId,
        /// How much, in 10^-6 of it.
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
    /// Somebody on L1 asks for what the sequencer may not refuse.
    Forced {
        /// What is asked for.
        request: ForcedRequest,
        /// Who sent it: the account's owner, but for a liquidation.
        sender: Address,
        /// Of which account.
        account: AccountId,
        /// Who is to be paid on L1; zero where nobody is.
        recipient: Address,
        /// The asset of a withdrawal, by its number in the vault; 0 where there is none.
        asset: AssetId,
        /// How much, in units of 10^-6 of the asset; 0 where nothing is asked for. More than 2^63 on L1 is below zero here.
        amount: Quote,
    },
    /// Governance moves a parameter or replaces a signer, within the engine's own bounds. The engine says whether there is such an action.
    Governance(GovernanceCall),
}

/// What governance asks for through L1, as it was said there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GovernanceCall {
    /// Which parameter, or what kind of signer, by its number.
    pub action: u8,
    /// Of which market or pool, or at which place.
    pub subject: u16,
    /// What it is to be, in the parameter's own unit; of a signer the account that he owns.
    pub value: u64,
}

/// What can be asked for through L1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum ForcedRequest {
    /// All orders of the account are cancelled.
    CancelAll = 0,
    /// Money is withdrawn: as much as was asked for, or the most that may be.
    Withdraw = 1,
    /// All positions are closed, and the cash is paid out.
    Exit = 2,
    /// An account below its maintenance margin is liquidated by a step; anybody may ask for it.
    Liquidate = 3,
}

impl ForcedRequest {
    /// The request with this number on L1.
    #[must_use]
    pub const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::CancelAll),
            1 => Some(Self::Withdraw),
            2 => Some(Self::Exit),
            3 => Some(Self::Liquidate),
            _ => None,
        }
    }
}
