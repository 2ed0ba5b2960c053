//! Batches that go out behind each other.

use super::tests::*;
use crate::{
    fees::FeeQuote,
    l1::{L1, L1Sender, memory::MemoryL1},
    settler::Progress,
};

/// Steps until no more goes out.
async fn fill(settler: &mut TestSettler, now: &mut u64) {
    for _ in 0..4 {
        *now += 1;
        settler.step(*now).await.expect("an answer");
    }
}

async fn posted(l1: &MemoryL1) -> u64 {
    l1.batch_count().await.expect("an answer") - 1
}

#[test]
fn a_backlog_of_nineteen_batches_took_as_many_blocks() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        shelf.seal(19);
        let (mut now, mut on_l1) = (0, Vec::new());
        while posted(&l1).await < 19 {
            fill(&mut settler, &mut now).await;
            l1.mine();
            // The lane finds one receipt a step.
            for _ in 0..8 {
                fill(&mut settler, &mut now).await;
            }
            on_l1.push(posted(&l1).await);
        }
        assert!(on_l1.len() <= 4, "after each block: {on_l1:?}");
        check(&l1, &shelf, 19).await;
    });
}

#[test]
fn others_have_their_turn_between_columns() {
    run(async {
        let (l1, shelf) = (chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        shelf.seal(40);
        let (mut now, mut behind) = (0, 0);
        while posted(&l1).await < 40 {
            fill(&mut settler, &mut now).await;
            assert!(l1.pooled().len() <= 8, "a column has an end");
            for _ in 0..8 {
                l1.mine();
                fill(&mut settler, &mut now).await;
            }
            let finalized = l1.finalized_count().await.expect("an answer");
            behind = behind.max(posted(&l1).await.saturating_sub(finalized));
        }
        assert!(behind < 24, "{behind} batches were posted and not final");
        settle(&mut settler, &l1, &mut now).await;
        check(&l1, &shelf, 40).await;
    });
}

#[test]
fn what_the_pool_lost_from_behind_another_is_sent_again() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        shelf.seal(4);
        let mut now = 0;
        fill(&mut settler, &mut now).await;
        let sent = l1.pooled();
        assert_eq!(sent.len(), 4);
        l1.drop_pool();
        // One a step: first that which all others wait for.
        for _ in 0..2 {
            fill(&mut settler, &mut now).await;
        }
        assert_eq!(l1.pooled(), sent, "the same again, and no dearer");
        l1.mine();
        assert_eq!(posted(&l1).await, 4);
        settle(&mut settler, &l1, &mut now).await;
        check(&l1, &shelf, 4).await;
    });
}

#[test]
fn only_the_first_is_outbid_and_nothing_goes_behind_it_while_l1_takes_none() {
    run(async {
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        shelf.seal(2);
        let mut now = 0;
        fill(&mut settler, &mut now).await;
        let before = l1.pooled();
        l1.set_fees(FeeQuote { base_fee: 5_000_000_000, tip: 1, blob_base_fee: 1 });
        now = PATIENCE + 10;
        shelf.seal(3);
        assert_eq!(settler.step(now).await.expect("an answer"), Progress::Sent, "outbid: it flows again");
        let after = l1.pooled();
        assert_eq!((before.len(), after.len()), (2, 3));
        assert_ne!(before[0], after[0]);
        assert_eq!(before[1], after[1]);
        settle(&mut settler, &l1, &mut now).await;
        check(&l1, &shelf, 3).await;
    });
}

#[test]
fn what_stands_behind_a_transaction_that_vanished_is_forgotten_and_sent_anew() {
    run(async {
        use crate::l1::memory::Fate;
        let (l1, shelf) = (slow_chain(), Shelf::default());
        let mut settler = settler(&l1, &shelf);
        let mut now = 0;
        shelf.seal(1);
        fill(&mut settler, &mut now).await;
        l1.mine();
        settler.step(now).await.expect("an answer");
        shelf.seal(4);
        fill(&mut settler, &mut now).await;
        assert_eq!(l1.pooled().len(), 3);
        // Batch 1 is gone with its block, and with its place all that builds on it.
        l1.cut(1, Fate::Drop, Fate::Drop);
        settle(&mut settler, &l1, &mut now).await;
        check(&l1, &shelf, 4).await;
        assert_eq!(l1.nonces().await.expect("an answer").latest, 4, "no transaction was without effect");
    });
}
