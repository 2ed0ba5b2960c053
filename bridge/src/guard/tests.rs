use super::*;
use crate::{
    data::{Mode, seal_data},
    demand::{Archive, Chunk, DemandState},
    fees::{FeeCaps, FeeQuote, Fees},
    l1::{
        Call, L1,
        memory::{BLOCK_SECONDS, DEMAND_DEADLINE, FORCED_DEADLINE, Fault, GENESIS_TIME, MemoryL1},
    },
    stress::{PROVABLE_BLOCKS, Provable, Window, WindowOf},
};
use alloy::primitives::{Address, B256, Bytes};
use ballast_batch::{BatchHeader, chunks::inputs_root, data::diff_hash};
use ballast_types::{AccountId, AssetId, ForcedRequest, L1Payload, Quote};
use std::{
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

const PROGRAM: B256 = B256::repeat_byte(0x99);
const GWEI: u128 = 1_000_000_000;
const RICH: FeeCaps = FeeCaps { max_fee: u64::MAX as u128, tip: u64::MAX as u128, blob_fee: 0 };
const PATIENCE: u64 = 60_000;
const LANE: LaneConfig = LaneConfig { caps: RICH, patience_ms: PATIENCE };
const CALM: FeeQuote = FeeQuote { base_fee: GWEI, tip: 1_000_000, blob_base_fee: 1 };
const DEAR: FeeQuote = FeeQuote { base_fee: 30 * GWEI, ..CALM };

/// What is kept of the inputs of batch 1, by chunk.
struct Kept(Vec<u32>);

impl Archive for Kept {
    fn chunk(&self, index: u64, chunk: u32) -> Result<Option<Chunk>> {
        Ok(if index == 1 && self.0.contains(&chunk) { Chunk::of(&chunks(), chunk) } else { None })
    }
    fn saw(&self, _: &crate::demand::Standing) {}
}

/// What was told of errands, and of what stress has cost.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    events: Vec<(Errand, Event)>,
    spent: U256,
}

impl Told {
    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn has(&self, errand: Errand, event: Event) -> usize {
        self.heard().events.iter().filter(|entry| **entry == (errand, event)).count()
    }
    fn spent(&self) -> U256 {
        self.heard().spent
    }
}

impl Observer for Told {
    fn saw(&self, errand: Errand, event: Event) {
        self.heard().events.push((errand, event));
    }
    fn spent_on_stress(&self, wei: U256) {
        self.heard().spent = wei;
    }
}

fn chunks() -> Vec<Vec<u8>> {
    (0..4_u8).map(|number| vec![number + 1; 100]).collect()
}

fn genesis() -> BatchHeader {
    BatchHeader::genesis([B256::ZERO; 7])
}

fn following(previous: &BatchHeader) -> BatchHeader {
    let data = seal_data(b"a diff", Mode::Calldata).expect("a diff");
    BatchHeader {
        index: previous.index + 1,
        previousHash: previous.hash(),
        previousStateRoot: previous.stateRoot,
        firstSeq: previous.lastSeq + 1,
        lastSeq: previous.lastSeq + 10,
        firstTimeMs: GENESIS_TIME * 1_000,
        lastTimeMs: GENESIS_TIME * 1_000,
        inputsRoot: inputs_root(&chunks()),
        inputChunks: 4,
        diffHash: diff_hash(b"a diff"),
        dataHash: data.commitment(),
        programHash: PROGRAM,
        ..BatchHeader::genesis([B256::with_last_byte(previous.index as u8 + 1); 7])
    }
}

/// A chain with batches 1 and 2.
async fn chain() -> (MemoryL1, BatchHeader, BatchHeader) {
    let l1 = MemoryL1::new(&genesis(), PROGRAM, 100_000);
    let first = following(&genesis());
    let second = following(&first);
    for (nonce, header) in [&first, &second].into_iter().enumerate() {
        let data = seal_data(b"a diff", Mode::Calldata).expect("a diff");
        let call = Call::PostBatch { header: Arc::new(header.clone()), data };
        let fees = Fees { max_fee: RICH.max_fee, tip: RICH.tip, blob_fee: None };
        l1.send(&call, nonce as u64, &fees).await.expect("the rollup takes it");
        l1.mine();
    }
    assert_eq!(l1.batch_count().await.expect("an answer"), 3);
    (l1, first, second)
}

fn guard(l1: &MemoryL1, kept: &[u32]) -> Guard<MemoryL1> {
    let sentinel = Sentinel::new(l1.clone(), Box::new(Kept(kept.to_vec())), 0);
    Guard::new(l1.clone(), LANE, sentinel, None)
}

fn rejecting(l1: &MemoryL1) -> Rejector<MemoryL1> {
    Rejector::new(l1.clone(), RICH)
}

/// Steps and mines so many times, a block's time apart.
async fn work(guard: &mut Guard<MemoryL1>, l1: &MemoryL1, now: &mut u64, steps: u64) {
    for _ in 0..steps {
        guard.step(*now).await.expect("an answer");
        l1.mine();
        *now += BLOCK_SECONDS * 1_000;
    }
}

fn pass(l1: &MemoryL1, seconds: u64) {
    (0..seconds.div_ceil(BLOCK_SECONDS)).for_each(|_| {
        l1.mine();
    });
}

async fn count(l1: &MemoryL1) -> u64 {
    l1.batch_count().await.expect("an answer")
}

#[tokio::test]
async fn what_was_judged_invalid_is_dropped_once_with_all_that_follows() {
    let (l1, first, second) = chain().await;
    let told = Told::default();
    let mut guard = guard(&l1, &[]).rejecting(rejecting(&l1)).observed(Box::new(told.clone()));
    work(&mut guard, &l1, &mut 0, 3).await;
    assert_eq!(count(&l1).await, 3, "nothing is wrong");
    l1.judge_invalid(second.hash());
    work(&mut guard, &l1, &mut 0, 6).await;
    assert_eq!(count(&l1).await, 2);
    l1.judge_invalid(first.hash());
    work(&mut guard, &l1, &mut 0, 6).await;
    assert_eq!(count(&l1).await, 1, "genesis stays");
    assert_eq!(told.has(Errand::Reject, Event::Sent), 2, "once each");
    assert_eq!(told.has(Errand::Reject, Event::Mined(U256::ZERO)), 2);
}

#[tokio::test]
async fn a_batch_falls_by_a_demand_and_is_dropped_and_one_that_is_final_stays() {
    let (l1, first, second) = chain().await;
    l1.demand_chunk(&second, 1).expect("a demand");
    let mut guard = guard(&l1, &[]).rejecting(rejecting(&l1));
    work(&mut guard, &l1, &mut 0, 2).await;
    assert_eq!(count(&l1).await, 3, "it may yet be shown");
    pass(&l1, DEMAND_DEADLINE);
    work(&mut guard, &l1, &mut 0, 6).await;
    assert_eq!(count(&l1).await, 2);
    l1.settle();
    l1.judge_invalid(first.hash());
    work(&mut guard, &l1, &mut 0, 6).await;
    assert_eq!(count(&l1).await, 2, "it is final");
}

#[tokio::test]
async fn a_rejection_does_not_wait_for_answers_without_end_nor_for_errands_that_fail() {
    let (l1, first, second) = chain().await;
    (0..4).for_each(|chunk| l1.demand_chunk(&first, chunk).expect("a demand"));
    let mut guard = guard(&l1, &[0, 1, 2, 3]).rejecting(rejecting(&l1));
    l1.judge_invalid(second.hash());
    let (mut now, mut shown) = (0, 0);
    while count(&l1).await == 3 {
        work(&mut guard, &l1, &mut now, 1).await;
    }
    for chunk in 0..4 {
        let state = l1.demand(first.hash(), chunk).await.expect("an answer").state;
        shown += u32::from(state == DemandState::Revealed);
    }
    assert_eq!(shown, 1, "the most urgent first, and then in turns");
    work(&mut guard, &l1, &mut now, 10).await;
    // The first question is that of the lane, the second that of who answers demands.
    l1.judge_invalid(first.hash());
    l1.mine();
    l1.fail(1, Fault::Before);
    assert_eq!(guard.step(now).await.expect("the others go on"), Progress::Sent);
    assert!(!l1.will_fail());
}

fn freezing(l1: &MemoryL1) -> Option<Freezer<MemoryL1>> {
    Some(Freezer::new(l1.clone(), RICH))
}

async fn is_frozen(l1: &MemoryL1) -> bool {
    l1.frozen_at().await.expect("an answer").is_some()
}

#[tokio::test]
async fn a_late_exchange_is_frozen_by_whoever_was_told_to_and_by_nobody_else() {
    let (l1, ..) = chain().await;
    let mut obedient = guard(&l1, &[]).rejecting(rejecting(&l1));
    let mut freezing = guard(&l1, &[]).freezing(freezing(&l1));
    work(&mut freezing, &l1, &mut 0, 2).await;
    pass(&l1, FORCED_DEADLINE - 4 * BLOCK_SECONDS);
    work(&mut freezing, &l1, &mut 0, 2).await;
    assert!(!is_frozen(&l1).await, "it is not late by a second");
    work(&mut obedient, &l1, &mut 0, 6).await;
    assert!(!is_frozen(&l1).await, "nobody told this one to");
    work(&mut freezing, &l1, &mut 0, 4).await;
    assert!(is_frozen(&l1).await);
    work(&mut freezing, &l1, &mut 0, 4).await;
    assert!(l1.pooled().is_empty(), "it is done");
}

#[tokio::test]
async fn a_request_that_is_passed_over_freezes_before_silence_does() {
    let (l1, _, second) = chain().await;
    let nobody = Address::ZERO;
    let (request, account, amount) = (ForcedRequest::Exit, AccountId(1), Quote(0));
    l1.queue(L1Payload::Forced {
        request,
        sender: nobody,
        account,
        recipient: nobody,
        asset: AssetId(0),
        amount,
    });
    l1.mine();
    pass(&l1, FORCED_DEADLINE / 2);
    // A batch that passes it over.
    let data = seal_data(b"a diff", Mode::Calldata).expect("a diff");
    let fees = Fees { max_fee: RICH.max_fee, tip: RICH.tip, blob_fee: None };
    let call = Call::PostBatch { header: Arc::new(following(&second)), data };
    l1.send(&call, 2, &fees).await.expect("the rollup takes it");
    l1.mine();
    pass(&l1, FORCED_DEADLINE / 2);
    let mut guard = guard(&l1, &[]).freezing(freezing(&l1));
    assert_eq!(guard.step(0).await.expect("an answer"), Progress::Sent);
    l1.mine();
    assert!(is_frozen(&l1).await);
}

fn provable(number: u64) -> Provable {
    Provable { number, header: Bytes::from(number.to_be_bytes().to_vec()) }
}

fn proving(l1: &MemoryL1, caps: FeeCaps, most: u128) -> Guard<MemoryL1> {
    guard(l1, &[]).proving(Some(StressProver::new(l1.clone(), caps, U256::from(most))))
}

async fn left(l1: &MemoryL1) -> (usize, usize) {
    let unproven = l1.unproven().await.expect("an answer");
    (unproven.samples.len(), unproven.dear.len())
}

const ETHER: u128 = 1_000_000_000 * GWEI;

#[tokio::test]
async fn samples_are_proven_when_they_are_old_and_all_at_once() {
    let (l1, ..) = chain().await;
    l1.stress(vec![provable(3), provable(64)], vec![], vec![]);
    let mut guard = proving(&l1, RICH, ETHER);
    let mut now = 0;
    work(&mut guard, &l1, &mut now, 400).await;
    assert_eq!(left(&l1).await, (2, 0), "there is time");
    pass(&l1, PROVABLE_BLOCKS / 2 * BLOCK_SECONDS);
    work(&mut guard, &l1, &mut now, 3).await;
    assert_eq!(left(&l1).await, (0, 0));
}

#[tokio::test]
async fn stress_is_proven_before_a_window_ends_or_when_it_is_cheap_again() {
    let (l1, ..) = chain().await;
    let told = Told::default();
    let mut guard = proving(&l1, RICH, ETHER).observed(Box::new(told.clone()));
    let mut now = 0;
    let end = |l1: &MemoryL1, seconds| {
        let time = l1.mine().time;
        vec![Window { of: WindowOf::Silence, plain: time + seconds, end: time + seconds }]
    };
    l1.set_fees(DEAR);
    l1.stress(vec![provable(0)], vec![provable(1), provable(2)], end(&l1, 7_200));
    work(&mut guard, &l1, &mut now, 2).await;
    assert_eq!(left(&l1).await, (1, 2), "the window has time");
    l1.stress(vec![provable(0)], vec![provable(1), provable(2)], end(&l1, 1_300));
    work(&mut guard, &l1, &mut now, 60).await;
    assert_eq!((left(&l1).await, told.has(Errand::Prove, Event::Sent)), ((0, 0), 1), "in one call");
    assert!(told.spent() > U256::ZERO);
    l1.stress(vec![], vec![provable(3)], end(&l1, 7_200));
    work(&mut guard, &l1, &mut now, 60).await;
    assert_eq!(left(&l1).await, (0, 1));
    l1.set_fees(CALM);
    work(&mut guard, &l1, &mut now, 3).await;
    assert_eq!(left(&l1).await, (0, 0), "now it is cheap");
}

#[tokio::test]
async fn no_more_is_spent_on_stress_in_a_day_than_was_allowed() {
    let (l1, ..) = chain().await;
    let told = Told::default();
    // Of a hundred headers, seven at what is offered first: 0.1 million gas each, 2 gwei and some.
    let mut guard = proving(&l1, RICH, 1_500_000 * GWEI).observed(Box::new(told.clone()));
    let mut now = 0;
    l1.stress(vec![], (0..100).map(provable).collect(), vec![]);
    work(&mut guard, &l1, &mut now, 10).await;
    assert_eq!((left(&l1).await, told.has(Errand::Prove, Event::Sent)), ((0, 93), 1));
    assert!(told.has(Errand::Prove, Event::TooDear) > 0);
    assert!(told.spent() <= U256::from(1_500_000 * GWEI), "{}", told.spent());
    now += 86_400_000;
    work(&mut guard, &l1, &mut now, 310).await;
    assert_eq!(left(&l1).await, (0, 86), "another day");
}

#[tokio::test]
async fn what_l1_has_become_too_dear_for_does_not_keep_an_answer_waiting() {
    let (l1, first, _) = chain().await;
    let poor = FeeCaps { max_fee: 3 * GWEI, tip: GWEI, blob_fee: 0 };
    let prover = StressProver::new(l1.clone(), poor, U256::from(ETHER));
    let mut guard = guard(&l1, &[0]).proving(Some(prover));
    l1.stress(vec![], vec![provable(1)], vec![]);
    assert_eq!(guard.step(0).await.expect("an answer"), Progress::Sent);
    l1.set_fees(DEAR);
    l1.demand_chunk(&first, 0).expect("a demand");
    let mut now = PATIENCE + 1;
    for _ in 0..16 {
        guard.step(now).await.expect("an answer");
        l1.mine();
        now += BLOCK_SECONDS * 1_000;
    }
    assert_eq!(l1.demand(first.hash(), 0).await.expect("an answer").state, DemandState::Revealed);
    assert_eq!(left(&l1).await, (0, 1), "nothing was paid for it");
}

/// Wants these calls made, the last one first.
struct Wants(Vec<Call>);

impl Advocate for Wants {
    fn next(&mut self) -> Pin<Box<dyn Future<Output = Result<Option<Call>>> + Send + '_>> {
        Box::pin(async { Ok(self.0.pop()) })
    }
}

#[tokio::test]
async fn an_act_that_l1_refuses_for_ever_would_have_kept_every_other_dispute_waiting() {
    let (l1, ..) = chain().await;
    // Nobody has judged it invalid.
    let refused = Call::Reject { index: 1, previous: Arc::new(genesis()) };
    let wanted = Call::Dispute { input: Bytes::from_static(b"a move"), value: U256::ZERO };
    let advocate: Box<dyn Advocate> = Box::new(Wants(vec![wanted, refused]));
    let mut guard = guard(&l1, &[]).disputing(Some((advocate, RICH)));
    assert_eq!(guard.step(0).await.expect("an answer"), Progress::Sent);
    assert_eq!(l1.pooled().len(), 1);
}
