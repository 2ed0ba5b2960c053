use super::*;
use crate::{
    Severity,
    data::{Mode, seal_data},
    demand::Chunk,
    demander::{Demander, Want, Wanted},
    fees::{FeeCaps, Fees},
    guard::Guard,
    l1::{
        L1,
        memory::{BLOCK_SECONDS, DEMAND_DEADLINE, Fate, GENESIS_TIME, MemoryL1},
    },
    lane::LaneConfig,
    settler::Progress,
};
use ballast_batch::{BatchHeader, chunks::inputs_root, data::diff_hash};
use std::sync::{Mutex, PoisonError};

const PROGRAM: B256 = B256::repeat_byte(0x99);
const WINDOW: u64 = 100_000;
const FEES: Fees = Fees { max_fee: u64::MAX as u128, tip: u64::MAX as u128, blob_fee: None };
const LANE: LaneConfig = LaneConfig {
    caps: FeeCaps { max_fee: u64::MAX as u128, tip: u64::MAX as u128, blob_fee: 0 },
    patience_ms: 60_000,
};

/// Chunks of batch 1, as far as they are kept, and what was last told.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<(Vec<u32>, Standing)>>);

impl Shelf {
    fn of(kept: &[u32]) -> Self {
        Self(Arc::new(Mutex::new((kept.to_vec(), Standing::default()))))
    }

    fn keep(&self, chunk: u32) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.push(chunk);
    }

    fn standing(&self) -> Standing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}

impl Archive for Shelf {
    fn chunk(&self, index: u64, chunk: u32) -> Result<Option<Chunk>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).0.contains(&chunk);
        Ok(if index == 1 && kept { Chunk::of(&chunks(), chunk) } else { None })
    }
    fn saw(&self, standing: &Standing) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = *standing;
    }
}

fn chunks() -> Vec<Vec<u8>> {
    (0..4_u8).map(|number| vec![number + 1; 100]).collect()
}

fn header() -> BatchHeader {
    let genesis = BatchHeader::genesis([B256::ZERO; 7]);
    let (first, last) = (1, 10);
    let data = seal_data(b"a diff", Mode::Calldata).expect("a diff");
    BatchHeader {
        index: 1,
        previousHash: genesis.hash(),
        previousStateRoot: genesis.stateRoot,
        firstSeq: first,
        lastSeq: last,
        firstTimeMs: GENESIS_TIME * 1_000,
        lastTimeMs: GENESIS_TIME * 1_000,
        inputsRoot: inputs_root(&chunks()),
        inputChunks: 4,
        diffHash: diff_hash(b"a diff"),
        dataHash: data.commitment(),
        programHash: PROGRAM,
        ..BatchHeader::genesis([B256::repeat_byte(1); 7])
    }
}

/// A chain with one batch.
async fn chain() -> MemoryL1 {
    let l1 = MemoryL1::new(&BatchHeader::genesis([B256::ZERO; 7]), PROGRAM, WINDOW);
    let data = seal_data(b"a diff", Mode::Calldata).expect("a diff");
    let call = Call::PostBatch { header: Arc::new(header()), data };
    l1.send(&call, 0, &FEES).await.expect("the rollup takes it");
    l1.mine();
    assert_eq!(l1.batch_count().await.expect("an answer"), 2);
    l1
}

fn guard(l1: &MemoryL1, shelf: &Shelf, wanted: Option<Wanted>) -> Guard<MemoryL1> {
    let sentinel = Sentinel::new(l1.clone(), Box::new(shelf.clone()), 0);
    let demander = wanted.map(|wanted| Demander::new(l1.clone(), wanted));
    Guard::new(l1.clone(), LANE, sentinel, demander)
}

/// Steps and mines so many times.
async fn work(guard: &mut Guard<MemoryL1>, l1: &MemoryL1, steps: u64) {
    for now in 0..steps {
        // What was under way may make no sense any more on another branch: it is let go of, and the next step looks again.
        if let Err(error) = guard.step(now).await {
            assert_eq!(error.severity(), Severity::Temporary, "{error}");
        }
        l1.mine();
    }
}

async fn state(l1: &MemoryL1, chunk: u32) -> DemandState {
    l1.demand(header().hash(), chunk).await.expect("an answer").state
}

#[tokio::test]
async fn what_is_demanded_is_shown_and_what_is_due_first_goes_first() {
    let (l1, shelf) = (chain().await, Shelf::of(&[0, 1, 2, 3]));
    l1.demand_chunk(&header(), 3).expect("a demand");
    l1.mine();
    l1.demand_chunk(&header(), 0).expect("a demand");
    let mut guard = guard(&l1, &shelf, None);
    assert_eq!(guard.step(0).await.expect("an answer"), Progress::Sent);
    assert_eq!((shelf.standing().open, shelf.standing().sent), (2, 1));
    l1.mine();
    assert_eq!(state(&l1, 3).await, DemandState::Revealed);
    assert!(matches!(state(&l1, 0).await, DemandState::Open { .. }), "one at a time");
    work(&mut guard, &l1, 6).await;
    assert_eq!(state(&l1, 0).await, DemandState::Revealed);
    let shown = l1.revealed(header().hash(), 0).await.expect("an answer").expect("it was shown");
    assert_eq!(shown.data, chunks()[0]);
    assert_eq!((shelf.standing().open, shelf.standing().sent, shelf.standing().missed), (0, 2, 0));
}

#[tokio::test]
async fn a_demand_that_could_not_be_answered_would_have_kept_the_others_waiting() {
    let (l1, shelf) = (chain().await, Shelf::of(&[2]));
    for chunk in [1, 2] {
        l1.demand_chunk(&header(), chunk).expect("a demand");
        l1.mine();
    }
    let mut guard = guard(&l1, &shelf, None);
    work(&mut guard, &l1, 3).await;
    assert_eq!(state(&l1, 2).await, DemandState::Revealed);
    assert_eq!((shelf.standing().open, shelf.standing().lacking), (1, 1));
    // It comes late, and is shown all the same.
    shelf.keep(1);
    work(&mut guard, &l1, 3).await;
    assert_eq!(state(&l1, 1).await, DemandState::Revealed);
    assert_eq!(shelf.standing().lacking, 0);
}

#[tokio::test]
async fn what_nobody_showed_in_time_is_counted_once_and_nothing_is_sent_for_it() {
    let (l1, shelf) = (chain().await, Shelf::of(&[]));
    l1.demand_chunk(&header(), 0).expect("a demand");
    let mut guard = guard(&l1, &shelf, None);
    work(&mut guard, &l1, DEMAND_DEADLINE / 12 + 2).await;
    assert!(l1.demand(header().hash(), 0).await.expect("an answer").fallen);
    shelf.keep(0);
    work(&mut guard, &l1, 2 * REREAD).await;
    assert_eq!((shelf.standing().missed, shelf.standing().sent, shelf.standing().open), (1, 0, 0));
}

#[tokio::test]
async fn a_demand_that_a_reorganisation_took_away_is_answered_when_it_comes_again() {
    let (l1, shelf) = (chain().await, Shelf::of(&[0]));
    l1.mine();
    l1.demand_chunk(&header(), 0).expect("a demand");
    let mut guard = guard(&l1, &shelf, None);
    assert_eq!(guard.step(0).await.expect("an answer"), Progress::Sent);
    // With it goes the answer, which waited in the pool.
    l1.cut(1, Fate::Drop, Fate::Drop);
    l1.drop_pool();
    work(&mut guard, &l1, 3).await;
    assert_eq!(state(&l1, 0).await, DemandState::None);
    l1.demand_chunk(&header(), 0).expect("another demand");
    work(&mut guard, &l1, LOOK_AGAIN + 4).await;
    assert_eq!(state(&l1, 0).await, DemandState::Revealed);
}

#[tokio::test]
async fn an_answer_that_a_reorganisation_took_away_is_given_again() {
    let (l1, shelf) = (chain().await, Shelf::of(&[0]));
    l1.demand_chunk(&header(), 0).expect("a demand");
    let mut guard = guard(&l1, &shelf, None);
    work(&mut guard, &l1, 2).await;
    assert_eq!(state(&l1, 0).await, DemandState::Revealed);
    work(&mut guard, &l1, 1).await;
    l1.cut(3, Fate::Drop, Fate::Drop);
    assert!(matches!(state(&l1, 0).await, DemandState::Open { .. }), "the answer is gone");
    work(&mut guard, &l1, LOOK_AGAIN + 6).await;
    assert_eq!(state(&l1, 0).await, DemandState::Revealed);
    assert_eq!(shelf.standing().missed, 0);
}

/// Stress of L1 was proven long after the plain end, and nobody had acted on the fall.
#[tokio::test]
async fn a_demand_whose_time_came_back_was_forgotten() {
    let (l1, shelf) = (chain().await, Shelf::of(&[0]));
    l1.demand_chunk(&header(), 0).expect("a demand");
    for _ in 0..DEMAND_DEADLINE.div_ceil(BLOCK_SECONDS) + 1 {
        l1.mine();
    }
    let mut guard = guard(&l1, &shelf, None);
    let blocks = REREAD + 2 * LOOK_AGAIN;
    work(&mut guard, &l1, blocks).await;
    assert_eq!((shelf.standing().missed, shelf.standing().sent), (1, 0));
    l1.stretch_demands(2 * blocks * BLOCK_SECONDS);
    work(&mut guard, &l1, LOOK_AGAIN + 4).await;
    assert_eq!(state(&l1, 0).await, DemandState::Revealed);
}

#[tokio::test]
async fn who_is_slower_sends_nothing() {
    let (l1, shelf) = (chain().await, Shelf::of(&[0]));
    l1.demand_chunk(&header(), 0).expect("a demand");
    let shown = Chunk::of(&chunks(), 0).expect("there is one");
    l1.show_chunk(header().hash(), 0, shown).expect("somebody shows it");
    let mut guard = guard(&l1, &shelf, None);
    work(&mut guard, &l1, 3).await;
    assert_eq!((shelf.standing().sent, shelf.standing().open), (0, 0));
}

#[tokio::test]
async fn chunks_that_are_wanted_are_demanded_and_those_alone() {
    let (l1, shelf, wanted) = (chain().await, Shelf::of(&[]), Wanted::default());
    let mut guard = guard(&l1, &shelf, Some(wanted.clone()));
    work(&mut guard, &l1, 2).await;
    assert_eq!(state(&l1, 0).await, DemandState::None);
    wanted.set(vec![Want { header: header(), chunks: vec![0, 2] }]);
    work(&mut guard, &l1, 5).await;
    for (chunk, demanded) in [(0, true), (1, false), (2, true), (3, false)] {
        assert_eq!(state(&l1, chunk).await != DemandState::None, demanded, "chunk {chunk}");
    }
    // What comes is shown by whoever has it, and never demanded twice.
    shelf.keep(0);
    shelf.keep(2);
    work(&mut guard, &l1, 6).await;
    assert_eq!((state(&l1, 0).await, state(&l1, 2).await), (DemandState::Revealed, DemandState::Revealed));
    assert_eq!(guard.step(100).await.expect("an answer"), Progress::Idle);
}

#[tokio::test]
async fn a_chunk_of_another_batch_is_not_sent() {
    let l1 = chain().await;
    assert!(!Chunk::of(&chunks(), 1).expect("there is one").answers(header().inputsRoot, 2), "another place");
    let mut wrong = Chunk::of(&chunks(), 1).expect("there is one");
    wrong.data.push(0);
    l1.demand_chunk(&header(), 1).expect("a demand");
    assert!(l1.show_chunk(header().hash(), 1, wrong).is_err());
    assert_eq!(Chunk::of(&chunks(), 4), None);
}
