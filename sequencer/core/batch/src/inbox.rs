//! Messages of the inbox as L1 hashes them.

use alloc::vec::Vec;
use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolValue, sol};
use ballast_types::{GovernanceCall, L1Message, L1Payload};

sol! {
    struct DepositPayload {
        uint16 asset;
        address owner;
        uint32 account;
        uint64 amount;
    }

    struct BatchPostedPayload {
        uint64 index;
        bytes32 batchHash;
        uint64 l1Block;
        uint256 prevrandao;
    }

    struct ForcedPayload {
        uint8 request;
        address sender;
        uint32 account;
        address recipient;
        uint16 asset;
        uint64 amount;
    }

    struct GovernancePayload {
        uint8 action;
        uint16 subject;
        uint64 value;
    }

    struct InboxMessage {
        uint8 kind;
        uint64 l1Block;
        uint64 l1Time;
        bytes32 payloadHash;
    }
}

/// Kind of a deposit.
pub const KIND_DEPOSIT: u8 = 1;
/// Kind of the notice that a batch was posted.
pub const KIND_BATCH_POSTED: u8 = 2;
/// Kind of a forced request.
pub const KIND_FORCED: u8 = 3;
/// Kind of what governance asks for.
pub const KIND_GOVERNANCE: u8 = 4;

/// Kind and ABI encoding of a payload.
#[must_use]
pub fn payload_bytes(payload: &L1Payload) -> (u8, Vec<u8>) {
    match payload {
        L1Payload::Deposit { asset, owner, account, amount } => {
            let deposit = DepositPayload {
                asset: asset.0,
                owner: *owner,
                account: account.0,
                // L1 knows no negative amounts. A value that claims one hashes as its own large unsigned
                // number, which no other value has, so hashing stays total and one to one.
                amount: amount.0.cast_unsigned(),
            };
            (KIND_DEPOSIT, deposit.abi_encode())
        }
        L1Payload::BatchPosted { index, batch_hash, l1_block, prevrandao } => {
            let posted = BatchPostedPayload {
                index: index.0,
                batchHash: *batch_hash,
                l1Block: *l1_block,
                prevrandao: U256::from(*prevrandao),
            };
            (KIND_BATCH_POSTED, posted.abi_encode())
        }
        L1Payload::Forced { request, sender, account, recipient, asset, amount } => {
            let forced = ForcedPayload {
                request: *request as u8,
                sender: *sender,
                account: account.0,
                recipient: *recipient,
                asset: asset.0,
                // As of a deposit; and here L1 does know amounts above 2^63.
                amount: amount.0.cast_unsigned(),
            };
            (KIND_FORCED, forced.abi_encode())
        }
        L1Payload::Governance(GovernanceCall { action, subject, value }) => {
            let payload = GovernancePayload { action: *action, subject: *subject, value: *value };
            (KIND_GOVERNANCE, payload.abi_encode())
        }
    }
}

/// Hash of a message: `keccak(abi.encode(kind, l1Block, l1Time, keccak(payload)))`. Its place in the inbox is
/// told by the rolling hash.
#[must_use]
pub fn l1_message_hash(message: &L1Message) -> B256 {
    let (kind, payload) = payload_bytes(&message.payload);
    let message = InboxMessage {
        kind,
        l1Block: message.l1_block,
        l1Time: message.l1_time,
        payloadHash: keccak256(payload),
    };
    keccak256(message.abi_encode())
}

/// Rolling hash of the inbox after a message: `keccak(abi.encode(rolling, messageHash))`. It begins at zero.
#[must_use]
pub fn roll(rolling: B256, message_hash: B256) -> B256 {
    keccak256((rolling, message_hash).abi_encode())
}
