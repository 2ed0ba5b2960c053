//! The end of the exchange, as a validator sees it: whether it is late, and which claims on it are right.

use super::{next, world::World};
use alloy::primitives::{Address, B256};
use ballast_batch::EscapeClaim;
use ballast_bridge::{
    escape::Reason,
    l1::{
        L1,
        memory::{BLOCK_SECONDS, FORCED_DEADLINE, Fate, MemoryL1},
    },
};
use ballast_engine::Escape;
use ballast_validator::{Archive, Board, Opinion, Status, Watch};

struct Seen {
    watch: Watch<MemoryL1>,
    board: Board,
}

impl Seen {
    fn by(world: &World, archive: &Archive) -> Self {
        let board = Board::default();
        let watch = Watch::new(world.l1.clone(), archive.clone(), board.clone(), 0, false);
        Self { watch, board }
    }

    /// What is seen at the next block.
    async fn next(&mut self, world: &World) -> Status {
        world.l1.mine();
        self.watch.step().await.expect("L1 and the store work");
        self.board.get().expect("it was looked at")
    }
}

/// The claim on the state after the last batch, from the sequencer's own leaves.
fn right(world: &World, archive: &Archive) -> EscapeClaim {
    let replica = archive.restore().expect("a state");
    assert_eq!(replica.header().hash(), world.sequencer.previous.hash());
    Escape::of(&replica.ledger().exit_leaves()).claim(world.sequencer.previous.hash())
}

fn opinions(status: &Status) -> Vec<Opinion> {
    status.claims.iter().map(|claim| claim.opinion).collect()
}

#[tokio::test]
async fn a_wrong_claim_is_told_from_the_right_one_also_by_a_unit() {
    let mut world = World::new();
    world.advance(2).await;
    let mut follower = world.follower().await;
    while next(&mut follower).await.is_some() {}
    let archive = follower.archive().clone();
    let mut seen = Seen::by(&world, &archive);
    world.l1.freeze();
    let frozen = seen.next(&world).await;
    assert_eq!((frozen.ours, frozen.claims.len()), (None, 0), "not settled yet");

    world.l1.settle();
    let ours = right(&world, &archive);
    let wrong = EscapeClaim { total: ours.total + 1, ..ours.clone() };
    world.l1.propose(wrong.clone(), Address::repeat_byte(1));
    let settled = seen.next(&world).await;
    assert_eq!((settled.ours, opinions(&settled)), (Some(ours.hash()), vec![Opinion::Wrong]));
    world.l1.propose(ours.clone(), Address::repeat_byte(2));
    let both = seen.next(&world).await;
    assert_eq!(opinions(&both), [Opinion::Wrong, Opinion::Right]);
    assert!(both.claims.iter().all(|claim| !claim.accepted));

    // A reorganisation takes the second away, and what comes instead is judged anew.
    world.l1.cut(1, Fate::Drop, Fate::Drop);
    let head = world.l1.head().await.expect("an answer").number;
    world.l1.cut(head.min(1), Fate::Drop, Fate::Drop);
    let fewer = seen.next(&world).await;
    assert!(fewer.claims.len() <= 1, "{fewer:?}");
    world.l1.propose(ours.clone(), Address::repeat_byte(3));
    world.l1.accept(wrong.hash());
    world.l1.propose(wrong.clone(), Address::repeat_byte(4));
    let accepted = seen.next(&world).await;
    let taken: Vec<_> = accepted.claims.iter().filter(|claim| claim.accepted).collect();
    assert!(!taken.is_empty() && taken.iter().all(|claim| claim.opinion == Opinion::Wrong), "{accepted:?}");
}

/// It was found valid, and fell as its inputs were not shown; no batch came after it.
#[tokio::test]
async fn after_a_rejection_no_claim_was_judged_any_more() {
    let mut world = World::new();
    world.advance(1).await;
    let mut follower = world.follower().await;
    while next(&mut follower).await.is_some() {}
    let archive = follower.archive().clone();
    let ours = right(&world, &archive);
    world.advance(1).await;
    while next(&mut follower).await.is_some() {}
    let count = world.l1.batch_count().await.expect("an answer");
    world.l1.reject(count - 1);
    world.l1.freeze();
    world.l1.settle();
    let mut seen = Seen::by(&world, &archive);
    let wrong = EscapeClaim { total: ours.total + 1, ..ours.clone() };
    world.l1.propose(ours.clone(), Address::repeat_byte(1));
    world.l1.propose(wrong, Address::repeat_byte(2));
    let judged = seen.next(&world).await;
    assert_eq!((judged.ours, opinions(&judged)), (Some(ours.hash()), vec![Opinion::Right, Opinion::Wrong]));
}

#[tokio::test]
async fn no_claim_is_judged_by_a_state_that_was_not_found_valid() {
    let mut world = World::new();
    world.advance(1).await;
    let mut follower = world.follower().await;
    while next(&mut follower).await.is_some() {}
    // One more is final, which this validator has not judged.
    world.advance(1).await;
    world.l1.freeze();
    world.l1.settle();
    let archive = follower.archive().clone();
    let mut seen = Seen::by(&world, &archive);
    let claim = EscapeClaim {
        batchHash: world.sequencer.previous.hash(),
        payoutsRoot: B256::repeat_byte(1),
        payoutCount: 1,
        total: 1,
    };
    world.l1.propose(claim, Address::repeat_byte(1));
    let blind = seen.next(&world).await;
    assert_eq!((blind.ours, opinions(&blind)), (None, vec![Opinion::Unjudged]));
    while next(&mut follower).await.is_some() {}
    let judged = seen.next(&world).await;
    assert_eq!(opinions(&judged), [Opinion::Wrong]);
    assert_eq!(judged.ours, Some(right(&world, &archive).hash()));
}

#[tokio::test]
async fn it_is_told_when_anybody_may_freeze_the_exchange() {
    let mut world = World::new();
    world.advance(1).await;
    let follower = world.follower().await;
    let mut seen = Seen::by(&world, follower.archive());
    assert_eq!(seen.next(&world).await.possible, None);
    (0..FORCED_DEADLINE / BLOCK_SECONDS).for_each(|_| {
        world.l1.mine();
    });
    let late = seen.next(&world).await;
    assert_eq!((late.possible, late.freeze.frozen_at), (Some(Reason::Silence), 0));
    world.l1.freeze();
    assert_eq!(seen.next(&world).await.possible, None, "it was done");
}
