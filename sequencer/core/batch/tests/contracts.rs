//! The same bytes in Rust and in Solidity: compares with the vectors that the contracts' tests wrote.

use alloy_primitives::{Address, U256, hex};
use alloy_sol_types::SolValue;
use ballast_batch::{
    BatchHeader, Withdrawal, data,
    inbox::{KIND_BATCH_POSTED, KIND_DEPOSIT, KIND_FORCED, l1_message_hash, payload_bytes, roll},
    withdrawal::{withdrawal_proof, withdrawals_root},
};
use ballast_state::state_root;
use ballast_types::{
    AccountId, AssetId, B256, BatchIndex, ForcedRequest, L1Message, L1Payload, Quote,
    limits::WITHDRAWAL_TREE_DEPTH,
};
use serde_json::Value;
use std::{fs, path::Path, str::FromStr};

/// The vectors of the contracts, one object a subject.
fn vectors(subject: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../contracts/test/vectors/abi.json");
    let text = fs::read_to_string(&path).expect("the contracts' vectors are committed");
    serde_json::from_str::<Value>(&text).expect("the vectors are JSON")[subject].take()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a number")
}

/// What a hexadecimal string stands for.
fn parsed<T: FromStr>(value: &Value) -> T {
    let text = value.as_str().expect("a string");
    text.parse().ok().unwrap_or_else(|| panic!("{text} cannot be read"))
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("a string")).expect("hexadecimal")
}

fn hashes(value: &Value) -> Vec<B256> {
    value.as_array().expect("a list").iter().map(parsed).collect()
}

#[test]
fn a_header_has_one_hash() {
    let v = vectors("header");
    let header = BatchHeader {
        index: number(&v["index"]),
        previousHash: parsed(&v["previousHash"]),
        previousStateRoot: parsed(&v["previousStateRoot"]),
        stateRoot: parsed(&v["stateRoot"]),
        sectionRoots: hashes(&v["sectionRoots"]).try_into().expect("seven sections"),
        firstSeq: number(&v["firstSeq"]),
        lastSeq: number(&v["lastSeq"]),
        firstTimeMs: number(&v["firstTimeMs"]),
        lastTimeMs: number(&v["lastTimeMs"]),
        promiseHash: parsed(&v["promiseHash"]),
        l1MessageCount: number(&v["l1MessageCount"]),
        l1MessageHash: parsed(&v["l1MessageHash"]),
        inputsRoot: parsed(&v["inputsRoot"]),
        inputChunks: number(&v["inputChunks"]).try_into().expect("32 bits"),
        withdrawalsRoot: parsed(&v["withdrawalsRoot"]),
        withdrawalCount: number(&v["withdrawalCount"]).try_into().expect("32 bits"),
        diffHash: parsed(&v["diffHash"]),
        dataHash: parsed(&v["dataHash"]),
        programHash: parsed(&v["programHash"]),
    };
    assert_eq!(header.abi_encode(), bytes(&v["encoded"]));
    assert_eq!(header.hash(), parsed::<B256>(&v["hash"]));
    assert_eq!(BatchHeader::from_bytes(&bytes(&v["encoded"])), Some(header));
}

fn forced(v: &Value) -> L1Payload {
    let request = number(&v["request"]).try_into().ok().and_then(ForcedRequest::from_number);
    L1Payload::Forced {
        request: request.expect("there is such a request"),
        sender: parsed(&v["sender"]),
        account: AccountId(number(&v["account"]).try_into().expect("32 bits")),
        recipient: parsed(&v["recipient"]),
        asset: AssetId(number(&v["asset"]).try_into().expect("16 bits")),
        amount: Quote(number(&v["amount"]).try_into().expect("63 bits")),
    }
}

#[test]
fn the_inbox_hashes_alike() {
    let v = vectors("messages");
    let message = |v: &Value, index, payload| L1Message {
        index,
        l1_block: number(&v["l1Block"]),
        l1_time: number(&v["l1Time"]),
        payload,
    };
    let deposit = &v["deposit"];
    let payload = L1Payload::Deposit {
        asset: AssetId(number(&deposit["asset"]).try_into().expect("16 bits")),
        owner: parsed(&deposit["owner"]),
        account: AccountId(number(&deposit["account"]).try_into().expect("32 bits")),
        amount: Quote(number(&deposit["amount"]).try_into().expect("63 bits")),
    };
    let first = message(deposit, 0, payload);
    let posted = &v["batchPosted"];
    let payload = L1Payload::BatchPosted {
        index: BatchIndex(number(&posted["index"])),
        batch_hash: parsed(&posted["batchHash"]),
        l1_block: number(&posted["l1Block"]),
        prevrandao: parsed::<U256>(&posted["prevrandao"]),
    };
    let second = message(posted, 1, payload);
    let third = message(&v["forcedRequest"], 2, forced(&v["forcedRequest"]));
    let mut rolling = B256::ZERO;
    let all = [
        (deposit, first, KIND_DEPOSIT),
        (posted, second, KIND_BATCH_POSTED),
        (&v["forcedRequest"], third, KIND_FORCED),
    ];
    for (v, message, kind) in all {
        assert_eq!(payload_bytes(&message.payload), (kind, bytes(&v["payload"])));
        assert_eq!(number(&v["kind"]), u64::from(kind));
        assert_eq!(l1_message_hash(&message), parsed::<B256>(&v["hash"]));
        rolling = roll(rolling, l1_message_hash(&message));
        assert_eq!(rolling, parsed::<B256>(&v["rollingHash"]));
    }
}

#[test]
fn withdrawals_are_paid_from_the_same_tree() {
    let v = vectors("withdrawals");
    assert_eq!(number(&v["depth"]), WITHDRAWAL_TREE_DEPTH as u64);
    assert_eq!(withdrawals_root(&[]), parsed::<B256>(&v["emptyRoot"]));
    let encoded: Vec<_> = v["encoded"].as_array().expect("a list").iter().map(bytes).collect();
    let withdrawals: Vec<_> =
        encoded.iter().map(|bytes| Withdrawal::abi_decode(bytes).expect("a withdrawal")).collect();
    assert!(withdrawals.iter().map(Withdrawal::abi_encode).eq(encoded));
    assert!(withdrawals.iter().all(|withdrawal| withdrawal.recipient != Address::ZERO));
    assert_eq!(withdrawals.iter().map(Withdrawal::leaf).collect::<Vec<_>>(), hashes(&v["leafHashes"]));
    assert_eq!(withdrawals_root(&withdrawals), parsed::<B256>(&v["root"]));
    assert_eq!(withdrawal_proof(&withdrawals, 2), hashes(&v["proofOfLeaf2"]));
}

#[test]
fn roots_and_data_are_committed_alike() {
    let v = vectors("stateRoot");
    let sections = hashes(&v["sectionRoots"]).try_into().expect("seven sections");
    assert_eq!(state_root(&sections), parsed::<B256>(&v["root"]));
    let v = vectors("dataHash");
    assert_eq!(data::blobs_data_hash(&hashes(&v["versionedHashes"])), parsed::<B256>(&v["ofBlobs"]));
    assert_eq!(data::calldata_data_hash(&bytes(&v["calldata"])), parsed::<B256>(&v["ofCalldata"]));
}
