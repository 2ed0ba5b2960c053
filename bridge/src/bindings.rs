//! The contracts as their artifacts describe them, and the way between their types and ours.
//!
//! The artifacts are committed (`contracts/artifacts`), so that a Rust build needs no Solidity compiler.

#![expect(clippy::too_many_arguments, missing_docs, reason = "generated from the contracts' signatures")]

use crate::error::{Error, Result};
use alloy::{
    primitives::{Address, B256, U256},
    sol,
    sol_types::SolValue,
};
use ballast_batch::{BatchHeader, Withdrawal, inbox};
use ballast_types::{
    AccountId, AssetId, BatchIndex, ForcedRequest, GovernanceCall, L1Message, L1Payload, Quote,
};

sol!(
    #[sol(rpc, all_derives)]
    DataDemand,
    "../contracts/artifacts/DataDemand.json"
);
sol!(
    #[sol(rpc, all_derives)]
    DisputeGame,
    "../contracts/artifacts/DisputeGame.json"
);
sol!(
    #[sol(rpc, all_derives)]
    Escape,
    "../contracts/artifacts/Escape.json"
);
sol!(
    #[sol(rpc, all_derives)]
    Governance,
    "../contracts/artifacts/Governance.json"
);
sol!(
    #[sol(rpc, all_derives)]
    Inbox,
    "../contracts/artifacts/Inbox.json"
);
sol!(
    #[sol(rpc, all_derives)]
    RiscvStep,
    "../contracts/artifacts/RiscvStep.json"
);
sol!(
    #[sol(rpc, all_derives)]
    Rollup,
    "../contracts/artifacts/Rollup.json"
);
sol!(
    #[sol(rpc, all_derives)]
    SequencerBond,
    "../contracts/artifacts/SequencerBond.json"
);
sol!(
    #[sol(rpc, all_derives)]
    StressClock,
    "../contracts/artifacts/StressClock.json"
);
sol!(
    #[sol(rpc, all_derives)]
    TestToken,
    "../contracts/artifacts/TestToken.json"
);
sol!(
    #[sol(rpc, all_derives)]
    Vault,
    "../contracts/artifacts/Vault.json"
);
sol!(
    #[sol(rpc, all_derives)]
    Withdrawals,
    "../contracts/artifacts/Withdrawals.json"
);

/// Copies a header field by field; the structs differ in name only.
macro_rules! copy_header {
    ($from:expr, $to:path) => {{
        let from = $from;
        $to {
            index: from.index,
            previousHash: from.previousHash,
            previousStateRoot: from.previousStateRoot,
            stateRoot: from.stateRoot,
            sectionRoots: from.sectionRoots,
            firstSeq: from.firstSeq,
            lastSeq: from.lastSeq,
            firstTimeMs: from.firstTimeMs,
            lastTimeMs: from.lastTimeMs,
            promiseHash: from.promiseHash,
            l1MessageCount: from.l1MessageCount,
            l1MessageHash: from.l1MessageHash,
            inputsRoot: from.inputsRoot,
            inputChunks: from.inputChunks,
            withdrawalsRoot: from.withdrawalsRoot,
            withdrawalCount: from.withdrawalCount,
            diffHash: from.diffHash,
            dataHash: from.dataHash,
            programHash: from.programHash,
        }
    }};
}

impl From<&BatchHeader> for Rollup::BatchHeader {
    fn from(header: &BatchHeader) -> Self {
        copy_header!(header, Self)
    }
}

impl From<&BatchHeader> for Withdrawals::BatchHeader {
    fn from(header: &BatchHeader) -> Self {
        copy_header!(header, Self)
    }
}

impl From<&BatchHeader> for Inbox::BatchHeader {
    fn from(header: &BatchHeader) -> Self {
        copy_header!(header, Self)
    }
}

impl From<&BatchHeader> for SequencerBond::BatchHeader {
    fn from(header: &BatchHeader) -> Self {
        copy_header!(header, Self)
    }
}

impl From<&BatchHeader> for DataDemand::BatchHeader {
    fn from(header: &BatchHeader) -> Self {
        copy_header!(header, Self)
    }
}

impl From<&Rollup::BatchHeader> for BatchHeader {
    fn from(header: &Rollup::BatchHeader) -> Self {
        copy_header!(header, Self)
    }
}

impl From<&Withdrawal> for Withdrawals::Withdrawal {
    fn from(w: &Withdrawal) -> Self {
        Self { id: w.id, account: w.account, recipient: w.recipient, asset: w.asset, amount: w.amount }
    }
}

/// The message that a log of the inbox tells.
///
/// # Errors
/// [`Error::UnreadableMessage`] for an unknown kind, or a payload that is not exactly one of its kind.
pub fn read_message(log: &Inbox::MessageQueued) -> Result<L1Message> {
    let unreadable = |reason: String| Error::UnreadableMessage { index: log.index, reason };
    let payload = match log.kind {
        inbox::KIND_DEPOSIT => read_deposit(&log.payload),
        inbox::KIND_BATCH_POSTED => read_batch_posted(&log.payload),
        inbox::KIND_FORCED => read_forced(&log.payload),
        inbox::KIND_GOVERNANCE => read_governance(&log.payload),
        kind => return Err(unreadable(format!("kind {kind} is unknown"))),
    };
    let payload = payload.ok_or_else(|| unreadable(format!("payload {}", log.payload)))?;
    // One encoding only: the exchange hashes what it read, and must get what the contract hashed.
    if inbox::payload_bytes(&payload).1 != log.payload {
        return Err(unreadable(format!("payload {} is not canonical", log.payload)));
    }
    Ok(L1Message { index: log.index, l1_block: log.l1Block, l1_time: log.l1Time, payload })
}

fn read_deposit(payload: &[u8]) -> Option<L1Payload> {
    let (asset, owner, account, amount) = <(u16, Address, u32, u64)>::abi_decode(payload).ok()?;
    Some(L1Payload::Deposit {
        asset: AssetId(asset),
        owner,
        account: AccountId(account),
        // The vault lets no deposit pass that is larger than a `Quote`.
        amount: Quote(i64::try_from(amount).ok()?),
    })
}

fn read_batch_posted(payload: &[u8]) -> Option<L1Payload> {
    let (index, batch_hash, l1_block, prevrandao) = <(u64, B256, u64, U256)>::abi_decode(payload).ok()?;
    Some(L1Payload::BatchPosted { index: BatchIndex(index), batch_hash, l1_block, prevrandao })
}

fn read_forced(payload: &[u8]) -> Option<L1Payload> {
    let forced = inbox::ForcedPayload::abi_decode(payload).ok()?;
    Some(L1Payload::Forced {
        request: ForcedRequest::from_number(forced.request)?,
        sender: forced.sender,
        account: AccountId(forced.account),
        recipient: forced.recipient,
        asset: AssetId(forced.asset),
        // The inbox lets no amount pass that is larger than a `Quote`.
        amount: Quote(i64::try_from(forced.amount).ok()?),
    })
}

fn read_governance(payload: &[u8]) -> Option<L1Payload> {
    let inbox::GovernancePayload { action, subject, value } =
        inbox::GovernancePayload::abi_decode(payload).ok()?;
    Some(L1Payload::Governance(GovernanceCall { action, subject, value }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::Bytes;
    use proptest::prelude::*;

    fn log(kind: u8, payload: Vec<u8>) -> Inbox::MessageQueued {
        let payload = Bytes::from(payload);
        Inbox::MessageQueued { index: 4, kind, l1Block: 5, l1Time: 6, payload, rollingHash: B256::ZERO }
    }

    fn payload() -> impl Strategy<Value = L1Payload> {
        let deposit =
            (any::<u16>(), any::<[u8; 20]>(), any::<u32>(), 0..=i64::MAX).prop_map(|(a, o, n, q)| {
                L1Payload::Deposit {
                    asset: AssetId(a),
                    owner: o.into(),
                    account: AccountId(n),
                    amount: Quote(q),
                }
            });
        let posted =
            (any::<u64>(), any::<[u8; 32]>(), any::<u64>(), any::<[u8; 32]>()).prop_map(|(i, h, b, r)| {
                let prevrandao = U256::from_be_bytes(r);
                L1Payload::BatchPosted { index: BatchIndex(i), batch_hash: h.into(), l1_block: b, prevrandao }
            });
        let forced = (0..4_u8, any::<[u8; 20]>(), any::<(u32, u16)>(), any::<[u8; 20]>(), 0..=i64::MAX)
            .prop_map(|(r, s, (n, a), to, q)| L1Payload::Forced {
                request: ForcedRequest::from_number(r).expect("there are four"),
                sender: s.into(),
                account: AccountId(n),
                recipient: to.into(),
                asset: AssetId(a),
                amount: Quote(q),
            });
        let governance = any::<(u8, u16, u64)>().prop_map(|(action, subject, value)| {
            L1Payload::Governance(GovernanceCall { action, subject, value })
        });
        prop_oneof![deposit, posted, forced, governance]
    }

    proptest! {
        #[test]
        fn every_message_is_read_back(payload in payload()) {
            let (kind, bytes) = inbox::payload_bytes(&payload);
            let read = read_message(&log(kind, bytes)).expect("a message");
            prop_assert_eq!(read, L1Message { index: 4, l1_block: 5, l1_time: 6, payload });
        }

        #[test]
        fn no_bytes_panic(kind: u8, bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_message(&log(kind, bytes));
        }
    }

    #[test]
    fn what_is_not_exactly_a_message_is_refused() {
        let deposit = (U256::ZERO, Address::repeat_byte(1), U256::ZERO, U256::from(5)).abi_encode();
        assert!(read_message(&log(1, deposit.clone())).is_ok());
        assert!(read_message(&log(5, deposit.clone())).is_err(), "unknown kind");
        assert!(read_message(&log(3, deposit.clone())).is_err(), "another kind's payload");
        assert!(read_message(&log(1, [deposit.clone(), vec![0; 32]].concat())).is_err(), "trailing bytes");
        assert!(read_message(&log(1, deposit[..96].to_vec())).is_err(), "missing bytes");
        let huge = (U256::ZERO, Address::repeat_byte(1), U256::ZERO, U256::from(u64::MAX)).abi_encode();
        assert!(read_message(&log(1, huge)).is_err(), "more than a Quote");
        let wide = (U256::from(1 << 16), Address::repeat_byte(1), U256::ZERO, U256::from(5)).abi_encode();
        assert!(read_message(&log(1, wide)).is_err(), "an asset of 17 bits");
    }

    #[test]
    fn what_is_not_exactly_a_forced_request_is_refused() {
        let forced = |request: u64, amount: u64| {
            let (to, from) = (Address::repeat_byte(1), Address::repeat_byte(2));
            (U256::from(request), from, U256::from(7), to, U256::ZERO, U256::from(amount)).abi_encode()
        };
        assert!(read_message(&log(3, forced(3, 0))).is_ok());
        assert!(read_message(&log(3, forced(4, 0))).is_err(), "an unknown request");
        assert!(read_message(&log(3, forced(256, 0))).is_err(), "a request of nine bits");
        assert!(read_message(&log(3, forced(1, u64::MAX))).is_err(), "more than a Quote");
        assert!(read_message(&log(3, [forced(1, 5), vec![0; 32]].concat())).is_err(), "trailing bytes");
        assert!(read_message(&log(3, forced(1, 5)[..160].to_vec())).is_err(), "missing bytes");
        assert!(read_message(&log(1, forced(1, 5))).is_err(), "another kind");
    }

    #[test]
    fn what_is_not_exactly_a_call_of_governance_is_refused() {
        let call = |action: u64, subject: u64| {
            (U256::from(action), U256::from(subject), U256::from(u64::MAX)).abi_encode()
        };
        let read = read_message(&log(4, call(255, 65_535))).expect("the engine says which actions there are");
        let told = GovernanceCall { action: 255, subject: 65_535, value: u64::MAX };
        assert_eq!(read.payload, L1Payload::Governance(told));
        assert!(read_message(&log(4, call(256, 0))).is_err(), "an action of nine bits");
        assert!(read_message(&log(4, call(0, 65_536))).is_err(), "a subject of 17 bits");
        assert!(read_message(&log(4, [call(0, 0), vec![0; 32]].concat())).is_err(), "trailing bytes");
        assert!(read_message(&log(4, call(0, 0)[..64].to_vec())).is_err(), "missing bytes");
    }

    #[test]
    fn headers_keep_their_hash_on_the_way() {
        let header = BatchHeader::genesis([B256::repeat_byte(7); 7]);
        let encoded = Rollup::BatchHeader::from(&header).abi_encode();
        assert_eq!(encoded, header.abi_encode());
        assert_eq!(BatchHeader::from(&Rollup::BatchHeader::from(&header)), header);
        assert_eq!(Withdrawals::BatchHeader::from(&header).abi_encode(), encoded);
        assert_eq!(Inbox::BatchHeader::from(&header).abi_encode(), encoded);
        assert_eq!(SequencerBond::BatchHeader::from(&header).abi_encode(), encoded);
        assert_eq!(DataDemand::BatchHeader::from(&header).abi_encode(), encoded);
    }
}
