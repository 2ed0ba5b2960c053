//! Every kind of lie is named.

use crate::world::{Sealed, World, blobs, deposit, genesis};
use alloy::primitives::B256;
use ballast_batch::{BatchHeader, data::diff_hash};
use ballast_bridge::data::{BatchData, Mode, SidecarForm, seal_data};
use ballast_program::Invalid;
use ballast_state::state_root;
use ballast_types::{L1Payload, Quote, Seq, Source};
use ballast_validator::{Batch, Judged, Missing, Published, Reason, Replica, Verdict, judge};

/// The verdict on a false second batch.
async fn second(lie: impl FnOnce(&mut Sealed)) -> Judged {
    let mut world = World::new();
    world.advance(1).await;
    let mut sealed = world.seal().await;
    lie(&mut sealed);
    world.post(&sealed).await;
    judged(&world).await
}

/// The verdict on the second batch, after a valid first one.
async fn judged(world: &World) -> Judged {
    let mut follower = world.follower().await;
    let first = follower.step().await.expect("an answer").expect("a batch");
    assert_eq!(first.verdict, Verdict::Valid);
    let second = follower.step().await.expect("an answer").expect("a batch");
    let tip = follower.tip().await.expect("a tip");
    assert_eq!(
        tip.index,
        if second.verdict == Verdict::Valid { 2 } else { 1 },
        "only valid batches move the state"
    );
    second
}

fn field(judged: &Judged) -> &'static str {
    match judged.verdict {
        Verdict::Invalid(Reason::Field { field, .. }) => field,
        _ => panic!("{judged}"),
    }
}

#[tokio::test]
async fn a_wrong_field_is_named_with_both_values() {
    type Lie = (&'static str, fn(&mut BatchHeader));
    let lies: [Lie; 5] = [
        ("sectionRoots", |header| {
            header.sectionRoots[0] = B256::repeat_byte(1);
            header.stateRoot = state_root(&header.sectionRoots);
        }),
        ("promiseHash", |header| header.promiseHash = B256::repeat_byte(1)),
        ("withdrawalsRoot", |header| header.withdrawalsRoot = B256::repeat_byte(1)),
        ("lastSeq", |header| header.lastSeq += 1),
        ("lastTimeMs", |header| header.lastTimeMs += 1),
    ];
    for (name, lie) in lies {
        let judged = second(|sealed| lie(&mut sealed.header)).await;
        assert_eq!(field(&judged), name, "{judged}");
        assert!(judged.inputs > 0);
    }
}

#[tokio::test]
async fn a_wrong_diff_under_a_right_root_is_named() {
    let judged = second(|sealed| {
        let last = sealed.diff.len() - 1;
        sealed.diff[last] ^= 1;
        sealed.header.diffHash = diff_hash(&sealed.diff);
    })
    .await;
    assert_eq!(field(&judged), "diffHash");
}

#[tokio::test]
async fn other_data_than_the_diff_are_named() {
    let falsify = |diff: &[u8]| {
        let mut other = diff.to_vec();
        other[2] ^= 1;
        other
    };
    // Calldata the contract compares itself.
    let mut world = World::new();
    world.advance(1).await;
    let sealed = world.seal().await;
    world.post_with(&sealed, blobs(&falsify(&sealed.diff))).await;
    let length = sealed.diff.len();
    let expected = Reason::Diff { posted: length, computed: length, at: 2 };
    assert_eq!(judged(&world).await.verdict, Verdict::Invalid(expected));
}

#[tokio::test]
async fn blobs_that_hold_nothing_are_named() {
    let mut world = World::new();
    world.advance(1).await;
    let sealed = world.seal().await;
    world.post_with(&sealed, blobs(&[])).await;
    assert_eq!(judged(&world).await.verdict, Verdict::Invalid(Reason::NoDiff("the blobs hold no diff")));
}

#[tokio::test]
async fn a_message_that_the_inbox_never_had_is_named() {
    let mut world = World::new();
    world.advance(1).await;
    world.l1.queue(deposit(1, 5_000_000));
    world.l1.queue(deposit(2, 5_000_000));
    world.l1.mine();
    let real = world.messages().await;
    let mut forged = real.clone();
    let place = forged.len() - 1;
    match &mut forged[place].payload {
        L1Payload::Deposit { amount, .. } => *amount = Quote(900_000_000),
        other => panic!("{other:?} is no deposit"),
    }
    let mut sealed = world.sequencer.batch(&forged, 5);
    // The rollup takes only the hash that its inbox has.
    sealed.header.l1MessageHash = rolling(&real);
    world.post(&sealed).await;
    assert_eq!(judged(&world).await.verdict, Verdict::Invalid(Reason::Message { index: place as u64 }));
}

pub(crate) fn rolling(messages: &[ballast_types::L1Message]) -> B256 {
    use ballast_batch::inbox::{l1_message_hash, roll};
    messages.iter().fold(B256::ZERO, |hash, message| roll(hash, l1_message_hash(message)))
}

#[tokio::test]
async fn inputs_that_are_no_batch_are_named() {
    let unsealed = second(|sealed| {
        let seal = sealed.inputs.pop().expect("a seal");
        assert!(matches!(seal.source, Source::System(_)));
        sealed.recommit();
    })
    .await;
    assert!(matches!(unsealed.verdict, Verdict::Invalid(Reason::Inputs(Invalid::Unsealed(_)))), "{unsealed}");

    let disordered = second(|sealed| {
        sealed.inputs[1].seq = Seq(sealed.inputs[1].seq.0 + 7);
        sealed.recommit();
    })
    .await;
    assert!(
        matches!(disordered.verdict, Verdict::Invalid(Reason::Inputs(Invalid::OutOfOrder(_)))),
        "{disordered}"
    );
}

#[tokio::test]
async fn chunks_that_hold_no_inputs_are_named() {
    let mut world = World::new();
    world.advance(1).await;
    let mut sealed = world.seal().await;
    let garbage = vec![vec![0xff; 50]];
    sealed.header.inputsRoot = ballast_batch::chunks::inputs_root(&garbage);
    sealed.header.inputChunks = 1;
    world.post(&sealed).await;
    world.source.show(2, garbage);
    let judged = judged(&world).await;
    assert_eq!(judged.verdict, Verdict::Invalid(Reason::Inputs(Invalid::NotInputs)), "{judged}");
}

#[tokio::test]
async fn a_root_over_more_chunks_than_are_counted_is_named() {
    let mut world = World::new();
    world.advance(1).await;
    let mut sealed = world.seal().await;
    let mut chunks = sealed.chunks();
    chunks.push(vec![1]);
    sealed.header.inputsRoot = ballast_batch::chunks::inputs_root(&chunks);
    world.post(&sealed).await;
    world.source.show(2, chunks);
    assert_eq!(judged(&world).await.verdict, Verdict::Invalid(Reason::Chunks { chunks: 1 }));
}

#[tokio::test]
async fn a_count_of_chunks_that_no_batch_has_needs_no_chunks() {
    let sealed = World::new().seal().await;
    let replica = Replica::genesis(&genesis()).expect("a genesis");
    let batch = Batch {
        header: BatchHeader {
            previousHash: replica.header().hash(),
            inputChunks: u32::MAX,
            ..sealed.header.clone()
        },
        blob_hashes: Vec::new(),
        chunks: Vec::new(),
        published: Published::Diff(sealed.diff.clone()),
    };
    let verdict = judge(replica, &batch).expect("a judgement").verdict;
    assert_eq!(verdict, Verdict::Invalid(Reason::Inputs(Invalid::NotInputs)));
}

/// Blobs that nobody serves any more are known by the hashes that the right diff gives them.
#[tokio::test]
async fn blobs_need_not_be_served() {
    let mut world = World::new();
    let sealed = world.seal().await;
    let data = seal_data(&sealed.diff, Mode::Blobs(SidecarForm::Eip4844)).expect("blobs");
    let BatchData::Blobs(sidecar) = &data else { panic!("blobs were asked for") };
    let replica = || Replica::genesis(&genesis()).expect("a genesis");
    let header = BatchHeader {
        previousHash: replica().header().hash(),
        dataHash: data.commitment(),
        ..sealed.header.clone()
    };
    let mut batch = Batch {
        header: header.clone(),
        blob_hashes: vec![B256::repeat_byte(1)],
        chunks: sealed.chunks(),
        published: Published::Unread("gone".into()),
    };
    let judgement = judge(replica(), &batch).expect("a judgement");
    assert_eq!(judgement.verdict, Verdict::Unavailable(Missing::Diff("gone".into())));
    batch.blob_hashes = sidecar.versioned_hashes().collect();
    let judgement = judge(replica(), &batch).expect("a judgement");
    assert_eq!(judgement.verdict, Verdict::Valid);
    assert_eq!(judgement.replica.map(|replica| replica.header().clone()), Some(header));
}

/// The sequencer may post through a contract: then the call in the transaction is another, and the data are known by
/// their hash alone.
#[tokio::test]
async fn calldata_behind_another_call_was_unavailable_for_ever() {
    let mut world = World::new();
    let sealed = world.seal().await;
    let data = seal_data(&sealed.diff, Mode::Calldata).expect("calldata");
    let replica = || Replica::genesis(&genesis()).expect("a genesis");
    let header = BatchHeader {
        previousHash: replica().header().hash(),
        dataHash: data.commitment(),
        ..sealed.header.clone()
    };
    let mut batch = Batch {
        header,
        blob_hashes: Vec::new(),
        chunks: sealed.chunks(),
        published: Published::Unread("not posted by a direct call".into()),
    };
    assert_eq!(judge(replica(), &batch).expect("a judgement").verdict, Verdict::Valid);
    batch.header.dataHash = B256::repeat_byte(1);
    let word = judge(replica(), &batch).expect("a judgement").verdict.word();
    assert_eq!(word, "UNAVAILABLE");
}

#[tokio::test]
async fn chunks_longer_than_any_chunk_would_have_filled_memory() {
    let mut world = World::new();
    world.advance(1).await;
    let mut sealed = world.seal().await;
    let mut chunks = vec![vec![1; ballast_types::limits::INPUT_CHUNK_BYTES]; 8];
    // One of the first is enough: the others are not asked for.
    chunks[7].push(1);
    sealed.header.inputsRoot = ballast_batch::chunks::inputs_root(&chunks);
    sealed.header.inputChunks = ballast_batch::chunks::MAX_INPUT_CHUNKS;
    world.post(&sealed).await;
    world.source.show(2, chunks);
    let judged = judged(&world).await;
    assert_eq!(judged.verdict, Verdict::Invalid(Reason::Inputs(Invalid::NotInputs)), "{judged}");
}
