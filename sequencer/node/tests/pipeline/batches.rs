//! Batches: sealed, judged by the program, stored, and shown.

use crate::support::*;
use ballast_batch::{BatchHeader, data::diff_hash};
use ballast_node::{batcher::StoredBatch, config::PipelineConfig, feed::FeedConfig, pipeline::Answer};
use ballast_state::tree::verify;
use ballast_types::AssetId;
use ballast_types::*;

pub(crate) fn header(rig: &Rig, index: u64) -> BatchHeader {
    rig.wait(|| rig.core.stored.borrow().0 >= index);
    let bytes = rig.core.journal.batch(BatchIndex(index)).expect("a journal").expect("it is stored");
    StoredBatch::decode(&bytes).expect("a batch").header().expect("a header")
}

#[test]
fn batches_continue_each_other_and_the_program_agrees() {
    let rig = Rig::trading();
    for nonce in 0..160 {
        let (who, side) = if nonce % 2 == 0 { (0, Side::Buy) } else { (1, Side::Sell) };
        rig.accept(rig.operations(&key(1 + who), who.into(), nonce, vec![place(side, 500_000, 10)]));
    }
    let (first, second, third) = (header(&rig, 1), header(&rig, 2), header(&rig, 3));
    assert_eq!((first.firstSeq, second.firstSeq, third.firstSeq), (1, first.lastSeq + 1, second.lastSeq + 1));
    assert_eq!(second.previousStateRoot, first.stateRoot);
    assert_eq!(third.previousStateRoot, second.stateRoot);
    let last = rig.core.journal.record(Seq(third.lastSeq)).expect("a journal").expect("the seal");
    assert_eq!(third.promiseHash, last.chain);
    assert_eq!(rig.core.journal.snapshot().expect("a journal").expect("one was taken").batch, BatchIndex(2));
}

#[test]
fn queues_of_one_with_a_snapshot_after_each_batch_stand_still_nowhere() {
    let limits =
        PipelineConfig { group: 1, groups: 1, batch_inputs: 5, sealed: 1, snapshot_every: 1, ..pipeline() };
    let mut rig = Rig::with(limits, FeedConfig::default());
    rig.prepare();
    let submit = |nonce| {
        let order = place(Side::Buy, 490_000, 1);
        rig.core.admission.submit(rig.operations(&key(1), 0, nonce, vec![order])).expect("there is room")
    };
    let waiting: Vec<_> = (0..200).map(submit).collect();
    for receiver in waiting {
        assert!(matches!(receiver.blocking_recv().expect("an answer"), Answer::Sequenced(_)));
    }
    rig.core.shut_down();
    assert!(rig.core.failure().is_none());
    let (sealed, journal) = (rig.core.mirror.read().exchange.state.chain.batch, &rig.core.journal);
    let last = journal.last_batch().expect("a journal");
    assert!(last.0 >= 40 && last.0 + 1 == sealed.0, "{last} of {sealed} is stored");
    assert_eq!(journal.snapshot().expect("a journal").expect("one was taken").batch, last);
}

#[test]
fn an_old_batch_is_sealed_and_an_idle_one_is_not() {
    let limits = PipelineConfig { batch_age_ms: 1_000, batch_inputs: 10_000, ..pipeline() };
    let rig = Rig::with(limits, FeedConfig::default());
    rig.clock.advance(10_000);
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(rig.seq(), Seq(0), "an idle exchange seals nothing before its long age");
    rig.prepare();
    rig.clock.advance(1_000);
    let sealed = header(&rig, 1);
    assert_eq!(sealed.lastSeq, 4);
    rig.clock.advance(10_000);
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(rig.seq(), Seq(4));
}

#[test]
fn a_batch_grows_while_l1_is_behind_and_is_sealed_when_it_is_not_or_when_it_is_full() {
    let limits = PipelineConfig { batch_age_ms: 1_000, batch_inputs: 50, max_unposted: 1, ..pipeline() };
    let rig = Rig::with(limits, FeedConfig::default());
    rig.prepare();
    rig.clock.advance(1_000);
    assert_eq!(header(&rig, 1).lastSeq, 4);
    let order = |nonce| rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 490_000, 1)]);
    rig.accept(order(1));
    rig.clock.advance(200_000);
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(rig.seq(), Seq(5), "L1 has not said that it has the first");
    let (index, batch_hash, prevrandao) = (BatchIndex(1), B256::ZERO, alloy_primitives::U256::ZERO);
    rig.l1(L1Payload::BatchPosted { index, batch_hash, l1_block: 1, prevrandao });
    assert_eq!(header(&rig, 2).lastSeq, 7);
    for nonce in 2..60 {
        rig.accept(order(nonce));
    }
    assert_eq!(header(&rig, 3).lastSeq, 57, "it is full");
    rig.clock.advance(300_000);
    assert_eq!(header(&rig, 4).lastSeq, 67, "five minutes are long enough");
}

/// As when the stripe alone takes all that a diff may have.
#[test]
fn without_room_each_batch_holds_one_input_and_news_of_posted_ones_do_not_cause_the_next() {
    let limits = PipelineConfig { batch_diff_bytes: 1, ..pipeline() };
    let rig = Rig::with(limits, FeedConfig::default());
    rig.prepare();
    for batch in 1..=3 {
        let header = header(&rig, batch);
        assert_eq!((header.firstSeq, header.lastSeq), (2 * batch - 1, 2 * batch), "an input and the seal");
    }
    let (index, batch_hash, prevrandao) = (BatchIndex(1), B256::ZERO, alloy_primitives::U256::ZERO);
    rig.l1(L1Payload::BatchPosted { index, batch_hash, l1_block: 1, prevrandao });
    rig.wait_for_seq(Seq(7));
    std::thread::sleep(std::time::Duration::from_millis(50));
    assert_eq!(rig.seq(), Seq(7), "news of each batch would have sealed the next without end");
    rig.accept(rig.operations(&key(1), 0, 1, vec![place(Side::Buy, 490_000, 1)]));
    assert_eq!(header(&rig, 4).lastSeq, 9);
}

#[test]
fn a_withdrawal_is_proved_against_the_root_of_its_batch() {
    let rig = Rig::trading();
    let withdraw = UserCommand::Withdraw(Withdraw {
        account: AccountId(0),
        nonce: Nonce(1),
        expires: Millis(START.0 + 1_000),
        asset: AssetId::USDC,
        amount: Quote(5_000_000),
        recipient: key(9).address(),
    });
    let ack = rig.accept(rig.signed(&key(1), withdraw));
    assert_eq!(ack.record.outcome.status, Status::Accepted);
    let (_, views, _) = rig.core.ports();
    assert!(views.withdrawal_proof(0).is_err(), "its batch is open");
    for nonce in 2..60 {
        rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 490_000, 1)]));
    }
    let root = header(&rig, 1).withdrawalsRoot;
    let proof = views.withdrawal_proof(0).expect("it is sealed");
    assert_eq!((proof.withdrawals_root, proof.batch), (root, 1));
    let leaf = ballast_state::tree::leaf_hash(&proof.leaf.0);
    assert!(verify(root, limits::WITHDRAWAL_TREE_DEPTH, proof.position, leaf, &proof.proof));
    let list = views.withdrawals(AccountId(0), 10).expect("an account");
    assert_eq!((list.len(), list[0].batch), (1, Some(1)));

    let batch = views.batch(BatchIndex(1)).expect("it is stored");
    let chunk = views.batch_inputs(BatchIndex(1), 0).expect("it has a chunk");
    let leaf = ballast_state::tree::leaf_hash(&chunk.data.0);
    assert!(verify(batch.inputs_root, ballast_batch::chunks::INPUT_TREE_DEPTH, 0, leaf, &chunk.proof));
    assert!(views.batch_inputs(BatchIndex(1), batch.input_chunks).is_err());
    let told = views.batch_diff(BatchIndex(1)).expect("it has a diff");
    assert_eq!((told.index, diff_hash(&told.diff.0)), (1, batch.diff_hash));
    assert!(views.batch_diff(BatchIndex(9)).is_err());
}
