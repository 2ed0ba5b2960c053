//! Batches that L1 rejects, and batches that somebody else posts.

use super::tests::*;
use super::*;
use crate::{
    Severity,
    l1::{
        L1,
        memory::{Fate, MemoryL1},
    },
    settler::Progress,
};
use std::sync::atomic::{AtomicBool, Ordering};

/// A batch `index` after what L1 has that is not ours.
async fn forge(l1: &MemoryL1, index: u64) {
    let previous = l1.posted(index - 1).await.expect("an answer").expect("it was posted");
    let diff = b"somebody else's".to_vec();
    let data = quick(&diff, Mode::Calldata).expect("small");
    let ours =
        BatchHeader { diffHash: diff_hash(&diff), promiseHash: B256::repeat_byte(0xee), ..header(index) };
    let header = close(ours, previous.hash(), data.commitment());
    l1.post_foreign(&header, &data).expect("the contract takes it");
}

/// Our header of batch `index` with other blobs.
async fn garble(l1: &MemoryL1, index: u64) {
    let previous = l1.posted(index - 1).await.expect("an answer").expect("it was posted");
    let data = quick(b"garbage", Mode::Blobs(SidecarForm::Eip7594)).expect("small");
    l1.post_foreign(&close(header(index), previous.hash(), data.commitment()), &data)
        .expect("the contract looks into no blob");
}

/// Steps and mines until batch `index` is on L1.
async fn post_up_to(settler: &mut TestSettler, l1: &MemoryL1, now: &mut u64, index: u64) {
    for _ in 0..100 {
        if l1.batch_count().await.expect("an answer") > index {
            return;
        }
        *now += PATIENCE / 4;
        settler.step(*now).await.expect("an answer");
        l1.mine();
    }
    panic!("batch {index} is never posted");
}

#[test]
fn a_batch_of_ours_that_was_rejected_was_posted_again_for_ever() {
    run(async {
        // What is rejected, and whether its poster had seen it on L1.
        for (rejected, is_recorded) in [(2, true), (3, true), (3, false)] {
            let (l1, shelf) = (slow_chain(), Shelf::default());
            let mut life = settler(&l1, &shelf);
            let mut now = 0;
            shelf.seal(3);
            post_up_to(&mut life, &l1, &mut now, 3).await;
            if is_recorded {
                life.step(now + 1).await.expect("an answer");
                life.step(now + 2).await.expect("an answer");
            }
            assert_eq!(shelf.recorded(3).expect("a shelf").is_some(), is_recorded);
            let hash = l1.batch_hash(rejected).await.expect("an answer").expect("it is posted");
            l1.reject(rejected);
            l1.mine();
            // Also who starts again posts neither this one nor a later one, however often.
            for _ in 0..3 {
                let mut error = None;
                for _ in 0..4 {
                    now += PATIENCE;
                    error = error.or(life.step(now).await.err());
                    l1.mine();
                }
                let error = error.expect("it stops");
                assert_eq!(error.severity(), Severity::Critical);
                assert!(
                    matches!(error, Error::RejectedBatch { index, hash: h } if (index, h) == (rejected, hash)),
                    "{error}"
                );
                assert!(error.to_string().contains(&hash.to_string()), "{error}");
                shelf.seal(4);
                life = settler(&l1, &shelf);
            }
            assert_eq!(l1.batch_count().await.expect("an answer"), rejected);
            assert!(l1.pooled().is_empty());
        }
    });
}

#[test]
fn a_rejection_that_l1_takes_back_is_none() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut now = 0;
        shelf.seal(2);
        settle(&mut settler(&l1, &shelf), &l1, &mut now).await;
        l1.mine();
        l1.reject(2);
        assert!(settler(&l1, &shelf).step(now).await.is_err());
        l1.cut(1, Fate::Return, Fate::Return);
        shelf.seal(3);
        settle(&mut settler(&l1, &shelf), &l1, &mut now).await;
        check(&l1, &shelf, 3).await;
    });
}

#[test]
fn ours_wait_while_somebody_elses_stands_and_take_its_place_when_it_is_rejected() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut life = settler(&l1, &shelf);
        let mut now = 0;
        shelf.seal(1);
        settle(&mut life, &l1, &mut now).await;
        assert_eq!(shelf.told(), None);
        // Two of them, before ours are sealed.
        forge(&l1, 2).await;
        forge(&l1, 3).await;
        settle(&mut life, &l1, &mut now).await;
        assert_eq!(shelf.told(), Some(2));
        shelf.seal(4);
        settle(&mut life, &l1, &mut now).await;
        // Who starts again now holds another batch for the place, and waits too.
        let mut life = settler(&l1, &shelf);
        settle(&mut life, &l1, &mut now).await;
        assert_eq!((l1.batch_count().await.expect("an answer"), shelf.told()), (4, Some(2)));
        assert_eq!(shelf.recorded(1).expect("a shelf"), l1.batch_hash(1).await.expect("an answer"));

        l1.reject(2);
        settle(&mut life, &l1, &mut now).await;
        check(&l1, &shelf, 4).await;
        assert_eq!(shelf.told(), None);
    });
}

/// Whoever has the key copies our header out of the pool, and L1 does not look at data.
#[test]
fn our_header_with_other_data_was_taken_for_ours() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut life = settler(&l1, &shelf);
        let mut now = 0;
        shelf.seal(1);
        settle(&mut life, &l1, &mut now).await;
        shelf.seal(2);
        garble(&l1, 2).await;
        settle(&mut life, &l1, &mut now).await;
        assert_eq!((l1.batch_count().await.expect("an answer"), shelf.told()), (3, Some(2)));
        l1.reject(2);
        settle(&mut life, &l1, &mut now).await;
        check(&l1, &shelf, 2).await;
        assert_eq!(shelf.told(), None);
    });
}

#[test]
fn what_is_not_ours_is_not_made_final_by_us_and_final_it_is_the_end() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        let mut life = settler(&l1, &shelf);
        let mut now = 0;
        shelf.seal(2);
        post_up_to(&mut life, &l1, &mut now, 1).await;
        l1.drop_pool();
        forge(&l1, 2).await;
        settle(&mut life, &l1, &mut now).await;
        assert_eq!(l1.finalized_count().await.expect("an answer"), 2, "ours is final, theirs is not");

        l1.finalize(2);
        let error = life.step(now).await.expect_err("what is final stays");
        assert!(matches!(error, Error::ForeignBatch { index: 2, .. }), "{error}");
        assert_eq!(error.severity(), Severity::Critical);
    });
}

#[test]
fn what_fell_with_somebody_elses_or_by_a_reorganisation_is_posted_again() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut life = settler(&l1, &shelf);
        let mut now = 0;
        shelf.seal(2);
        settle(&mut life, &l1, &mut now).await;
        // Ours is reorganised away, theirs comes into its place and is rejected.
        let (head, block) = (
            l1.head().await.expect("an answer").number,
            l1.posted(2).await.expect("an answer").expect("it is posted").block.number,
        );
        l1.cut(head + 1 - block, Fate::Drop, Fate::Drop);
        forge(&l1, 2).await;
        assert_eq!(life.step(now).await.expect("an answer"), Progress::Idle);
        l1.reject(2);
        settle(&mut life, &l1, &mut now).await;
        check(&l1, &shelf, 2).await;
    });
}

/// A shelf that is looked at just before L1 takes somebody else's batch in place of our first.
struct Slow {
    shelf: Shelf,
    l1: MemoryL1,
    is_over: AtomicBool,
}

impl Slow {
    fn swap(&self) -> Result<()> {
        self.l1.cut(1_000, Fate::Drop, Fate::Drop);
        let data = quick(b"somebody else's", Mode::Calldata)?;
        let theirs = BatchHeader { diffHash: diff_hash(b"somebody else's"), ..header(1) };
        self.l1.post_foreign(&close(theirs, header(0).hash(), data.commitment()), &data)
    }
}

impl Outbox for Slow {
    fn get(&self, index: u64) -> Result<Option<SealedBatch>> {
        self.shelf.get(index)
    }
    fn recorded(&self, index: u64) -> Result<Option<B256>> {
        if index == 1 && !self.is_over.swap(true, Ordering::Relaxed) {
            self.swap()?;
        }
        self.shelf.recorded(index)
    }
    fn record(&self, posted: &Posted) -> Result<()> {
        self.shelf.record(posted)
    }
    fn withdraw_records(&self, index: u64) -> Result<()> {
        self.shelf.withdraw_records(index)
    }
    fn stands_foreign(&self, first: Option<u64>) {
        self.shelf.stands_foreign(first);
    }
}

#[test]
fn a_batch_was_put_onto_one_that_took_our_place_within_a_step() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        shelf.seal(1);
        let mut now = 0;
        settle(&mut settler(&l1, &shelf), &l1, &mut now).await;
        shelf.seal(2);
        let slow = Slow { shelf, l1: l1.clone(), is_over: AtomicBool::new(false) };
        let mut poster = Poster::new(l1.clone(), slow, PosterConfig::default()).with_sealer(quick);
        let mut lane = Lane::new(l1.clone(), LANE);
        let refused = poster.step(&mut lane, now).await.expect_err("it builds on what is not there");
        assert_eq!(refused.severity(), Severity::Reset, "{refused}");
        l1.mine();
        assert_eq!(l1.batch_count().await.expect("an answer"), 2, "nothing was put onto it");
    });
}
