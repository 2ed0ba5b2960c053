//! What contradicts what, on a small log.

use super::*;
use alloy::signers::{SignerSync, local::PrivateKeySigner};
use ballast_types::{BatchIndex, Source, SystemCommand};

const SEPARATOR: B256 = B256::repeat_byte(9);

fn key() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key")
}

/// Inputs from 1 on that name `mark` at the place `differs`.
fn log(differs: u64, mark: u64) -> Vec<Input> {
    (1..=20_u64)
        .map(|seq| Input {
            seq: Seq(seq),
            time: Millis(1_000 + seq),
            source: Source::System(SystemCommand::SealBatch {
                index: BatchIndex(if seq == differs { mark } else { seq }),
            }),
        })
        .collect()
}

fn links(inputs: &[Input]) -> Vec<Link> {
    inputs.iter().map(|i| Link { time: i.time, source_hash: source_hash(&i.source) }).collect()
}

/// The answer about `seq`, signed at `signed`.
fn answer(inputs: &[Input], seq: u64, signed: u64) -> Evidence {
    let all = links(inputs);
    let start = (Seq(0), B256::ZERO, Millis(0));
    let (seq_, chain, time) = follow(start, &all[..seq as usize]);
    let end = follow(start, &all[..signed as usize]);
    let digest = promise_digest(SEPARATOR, &Promise { seq: end.0, chain: end.1, time: end.2 });
    let signature = key().sign_hash_sync(&digest).expect("a signature").as_bytes();
    Evidence {
        seq: seq_,
        chain,
        time,
        links: all[seq as usize..signed as usize].to_vec(),
        signature: Signature(signature),
    }
}

fn header(inputs: &[Input]) -> BatchHeader {
    let (seq, chain, time) = follow((Seq(0), B256::ZERO, Millis(0)), &links(inputs));
    BatchHeader {
        index: 1,
        firstSeq: 1,
        lastSeq: seq.0,
        lastTimeMs: time.0,
        promiseHash: chain,
        ..BatchHeader::genesis([B256::ZERO; 7])
    }
}

#[test]
fn an_answer_is_read_alone_or_in_its_message_and_its_signer_found() {
    let given = answer(&log(0, 0), 5, 7);
    let pairs: Vec<_> = given.links.iter().map(|l| (l.time.0, l.source_hash)).collect();
    let json = serde_json::json!({
        "seq": 5, "time": given.time.0, "chain": given.chain, "status": "accepted", "results": [],
        "signature": Bytes::from(given.signature.0.to_vec()), "links": pairs,
    });
    assert_eq!(Evidence::read(&json.to_string()).expect("an answer"), given);
    let message = serde_json::json!({ "jsonrpc": "2.0", "id": 1, "result": json });
    assert_eq!(Evidence::read(&message.to_string()).expect("an answer"), given);
    assert_eq!(given.signer(SEPARATOR), Some(key().address()));
    assert_ne!(given.signer(B256::ZERO), Some(key().address()), "of another exchange");
    assert_eq!(given.at(Seq(6)).and_then(|later| later.signer(SEPARATOR)), Some(key().address()));
    for wrong in ["", "{}", "[]", "{\"seq\":5}", "{\"result\":null}"] {
        assert!(Evidence::read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn promises_of_one_log_agree_and_those_of_two_part_at_the_first_place_that_differs() {
    let (one, two) = (log(0, 0), log(8, 99));
    assert_eq!(compare(&answer(&one, 5, 9), &answer(&one, 7, 12)), Finding::Agree(Seq(9)));
    assert_eq!(compare(&answer(&one, 5, 9), &answer(&two, 10, 12)), Finding::Apart);
    assert_eq!(compare(&answer(&one, 3, 7), &answer(&two, 5, 7)), Finding::Agree(Seq(7)), "before they part");
    let found = compare(&answer(&one, 5, 9), &answer(&two, 7, 12));
    let Finding::Fault((first, second)) = found else { panic!("a fault, not {found:?}") };
    assert_eq!((first.seq, second.seq), (Seq(8), Seq(8)));
    assert_ne!(first.chain, second.chain);
    for side in [first, second] {
        assert_eq!(side.signer(SEPARATOR), Some(key().address()));
    }
}

#[test]
fn a_time_counts_where_it_is_signed_on_both_sides() {
    let inputs = log(0, 0);
    let (given, mut other) = (answer(&inputs, 5, 5), answer(&inputs, 5, 5));
    other.time = Millis(1);
    assert!(matches!(compare(&given, &other), Finding::Fault(_)));
    let mut linked = answer(&inputs, 5, 6);
    linked.time = Millis(1);
    assert_eq!(compare(&given, &linked), Finding::Agree(Seq(5)));
}

#[test]
fn a_batch_keeps_what_it_holds_and_breaks_what_it_does_not() {
    let (posted, promised) = (log(0, 0), log(8, 99));
    let whole = BatchChain::of_inputs(header(&posted), B256::ZERO, &posted).expect("its inputs");
    let alone = BatchChain::of_header(header(&posted));
    assert_eq!(whole.compare(&answer(&posted, 5, 9)), Finding::Agree(Seq(9)));
    assert_eq!(whole.compare(&answer(&promised, 5, 7)), Finding::Agree(Seq(7)));
    assert_eq!(alone.compare(&answer(&promised, 5, 9)), Finding::Apart, "a header tells of its end alone");
    assert_eq!(alone.compare(&answer(&posted, 18, 20)), Finding::Agree(Seq(20)));

    let found = whole.compare(&answer(&promised, 5, 9));
    let Finding::Fault(broken) = found else { panic!("a fault, not {found:?}") };
    assert_eq!((broken.given.seq, broken.links.len()), (Seq(8), 13));
    let end = follow((Seq(7), broken.before, Millis(0)), &broken.links);
    assert_eq!(end.1, header(&posted).promiseHash, "its links lead to the header's chain");

    let Finding::Fault(broken) = alone.compare(&answer(&promised, 18, 20)) else { panic!("a fault") };
    assert_eq!((broken.given.seq, broken.links.len()), (Seq(20), 0));
    let mut late = answer(&posted, 20, 20);
    late.time = Millis(1);
    assert!(matches!(alone.compare(&late), Finding::Fault(_)), "another time");
}

#[test]
fn inputs_of_another_batch_are_told_apart() {
    let (posted, other) = (log(0, 0), log(8, 99));
    assert!(BatchChain::of_inputs(header(&posted), B256::ZERO, &other).is_err());
    assert!(BatchChain::of_inputs(header(&posted), B256::ZERO, &posted[..19]).is_err());
    assert!(BatchChain::of_inputs(header(&posted), B256::repeat_byte(1), &posted).is_err());
}
