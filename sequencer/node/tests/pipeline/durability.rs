//! Order, durability and limits of the pipeline.

use crate::support::*;
use ballast_auth::{Promise, Recover, promise_digest};
use ballast_batch::promise::follow;
use ballast_node::{feed::FeedConfig, pipeline::Answer, secp::Secp256k1};
use ballast_types::*;
use std::time::Duration;

#[test]
fn answers_come_in_the_order_of_submission_and_bind_the_sequencer() {
    let rig = Rig::trading();
    let receivers: Vec<_> = (0..500)
        .map(|nonce| {
            let order = place(Side::Buy, 490_000 + nonce % 50, 1);
            rig.core.admission.submit(rig.operations(&key(1), 0, nonce, vec![order])).expect("there is room")
        })
        .collect();
    let (mut last, mut served) = (rig.seq().0.min(3), 0);
    for receiver in receivers {
        let Answer::Sequenced(ack) = receiver.blocking_recv().expect("an answer") else { panic!("refused") };
        assert!(ack.seq.0 > last, "{} after {last}", ack.seq);
        last = ack.seq.0;
        assert_eq!(ack.record.outcome.status, Status::Accepted);
        assert!(ack.links.len() < 16, "{} links", ack.links.len());
        served += usize::from(!ack.links.is_empty());
        let (seq, chain, time) = follow((ack.seq, ack.chain, ack.time), &ack.links);
        let promise = Promise { seq, chain, time };
        let signer = Secp256k1.recover(promise_digest(rig.separator, &promise), &ack.signature);
        assert_eq!(signer, Some(sequencer_key().address()));
    }
    assert!(served > 0, "every input of 500 at once was signed for itself");
}

#[test]
fn nothing_is_told_before_it_is_durable_not_even_a_refusal() {
    let rig = Rig::trading();
    let before = rig.seq();
    rig.store.hold();
    let good = rig.operations(&key(1), 0, 1, vec![place(Side::Buy, 490_000, 1)]);
    let mut good_answer = rig.core.admission.submit(good.clone()).expect("room");
    let mut replay_answer = rig.core.admission.submit(good).expect("room");
    std::thread::sleep(Duration::from_millis(200));
    assert!(good_answer.try_recv().is_err(), "told before it was durable");
    assert!(replay_answer.try_recv().is_err(), "a refusal that rests on what is not durable was told");
    assert_eq!(rig.seq(), before, "the mirror shows what is not durable");
    rig.store.release();
    assert!(matches!(good_answer.blocking_recv(), Ok(Answer::Sequenced(_))));
    let refused = replay_answer.blocking_recv().expect("an answer");
    assert!(matches!(refused, Answer::Refused(r) if r.code == RejectCode::NonceUsed), "{refused:?}");
}

#[test]
fn a_full_queue_says_busy_at_once_and_loses_nothing_that_it_took() {
    let rig = Rig::with(
        ballast_node::config::PipelineConfig { queue: 8, group: 2, groups: 1, ..pipeline() },
        FeedConfig::default(),
    );
    rig.prepare();
    rig.store.hold();
    let (mut taken, mut busy) = (Vec::new(), 0);
    for nonce in 0..200 {
        match rig.core.admission.submit(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 490_000, 1)]))
        {
            Ok(receiver) => taken.push(receiver),
            Err(rejection) => {
                assert_eq!((rejection.code, rejection.limit), (RejectCode::Busy, 8));
                busy += 1;
            }
        }
    }
    assert!(busy > 0, "200 requests fitted a queue of 8");
    assert!(taken.len() < 40, "{} requests are held by a queue of 8 and its groups", taken.len());
    rig.store.release();
    for receiver in taken {
        assert!(matches!(receiver.blocking_recv(), Ok(Answer::Sequenced(_))));
    }
}

#[test]
fn a_node_that_stops_answers_what_waits_and_takes_nothing_more() {
    let mut rig = Rig::trading();
    let receivers: Vec<_> = (0..300)
        .map(|nonce| {
            let order = place(Side::Buy, 490_000, 1);
            rig.core.admission.submit(rig.operations(&key(1), 0, nonce, vec![order])).expect("room")
        })
        .collect();
    rig.core.shut_down();
    let mut stopped = false;
    for receiver in receivers {
        match receiver.blocking_recv().expect("an answer") {
            Answer::Sequenced(ack) => {
                assert!(!stopped, "order is kept to the end");
                assert!(
                    rig.core.journal.record(ack.seq).expect("a journal").is_some(),
                    "told and not durable"
                );
            }
            Answer::Refused(rejection) => {
                assert_eq!(rejection.code, RejectCode::ShuttingDown);
                stopped = true;
            }
        }
    }
    let refused =
        rig.core.admission.submit(rig.operations(&key(1), 0, 999, vec![place(Side::Buy, 490_000, 1)]));
    assert!(matches!(refused, Err(r) if r.code == RejectCode::ShuttingDown));
    assert_eq!(rig.core.journal.last_seq().expect("a journal"), rig.seq(), "what is durable was told");
}

#[test]
fn time_never_runs_backwards_whatever_the_clock_does() {
    let rig = Rig::trading();
    rig.clock.advance(500);
    let first = rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, 490_000, 1)]));
    let source = rig.operations(&key(1), 0, 1, vec![place(Side::Buy, 490_000, 1)]);
    rig.clock.set(Millis(START.0 - 10_000));
    let second = rig.accept(source);
    assert_eq!(first.time, second.time);
}

#[test]
fn messages_of_l1_that_were_consumed_are_passed_over_and_gaps_are_not_taken() {
    let rig = Rig::trading();
    let payload = L1Payload::Deposit {
        asset: AssetId(0),
        owner: key(3).address(),
        account: AccountId(limits::NEW_ACCOUNT),
        amount: FUNDS,
    };
    let before = rig.core.mirror.read().exchange.state.chain.l1_count;
    for index in [0, before + 1] {
        let message = L1Message { index, l1_block: 1, l1_time: 1, payload: payload.clone() };
        rig.core.l1.send(message).expect("the sequencer runs");
    }
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, 490_000, 1)]));
    assert_eq!(rig.core.mirror.read().exchange.state.chain.l1_count, before);
}
