//! Inputs that nobody shows: what is wanted is said, and what is shown on L1 is read from there.

use super::world::{World, genesis};
use ballast_batch::chunks::inputs_root;
use ballast_bridge::{
    demand::{Archive as _, Chunk, DemandState},
    demander::Wanted,
    l1::{Demands, memory::MemoryL1},
};
use ballast_validator::{
    Answers, Follower, FollowerConfig, Patience, Verdict,
    source::{Either, MemorySource, ShownOnL1},
};
use std::{sync::Arc, time::Duration};

type Sources = Either<MemorySource, ShownOnL1<MemoryL1>>;

async fn follower(world: &World, wanted: &Wanted, after: u64) -> Follower<MemoryL1, Sources> {
    let (after, wanted) = (Duration::from_secs(after), wanted.clone());
    let patience = Patience { after, most: 16, in_all: 3, wanted, has_key: true };
    let config = FollowerConfig { patience: Some(patience), ..World::config() };
    let sources = vec![Either::One(world.source.clone()), Either::Other(ShownOnL1::new(world.l1.clone()))];
    let store = Arc::new(world.store.clone());
    Follower::open(world.l1.clone(), sources, store, genesis(), config).await.expect("a follower")
}

async fn verdict(follower: &mut Follower<MemoryL1, Sources>) -> Verdict {
    follower.step().await.expect("L1 and the store work").expect("a batch").verdict
}

#[tokio::test]
async fn withheld_inputs_are_wanted_recovered_from_l1_alone_and_answered_to_others() {
    let mut world = World::new();
    let sealed = world.seal().await;
    let header = world.post(&sealed).await;
    world.source.withhold(1);
    let wanted = Wanted::default();
    let mut follower = follower(&world, &wanted, 0).await;
    assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)));
    let wants = wanted.get();
    let [want] = wants.as_slice() else { panic!("{wants:?}") };
    assert_eq!((&want.header, want.chunks.len()), (&header, sealed.chunks().len()));

    for chunk in want.chunks.iter().copied() {
        world.l1.demand_chunk(&header, chunk).expect("a demand");
        let shown = Chunk::of(&sealed.chunks(), chunk).expect("there is one");
        assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)), "not shown yet");
        world.l1.show_chunk(header.hash(), chunk, shown).expect("it is shown");
        let state = world.l1.demand(header.hash(), chunk).await.expect("an answer").state;
        assert_eq!(state, DemandState::Revealed);
    }
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    assert_eq!(wanted.get(), [], "nothing is missing any more");

    // What was recovered is kept, for whoever demands it next.
    let answers = Answers::from(follower.archive().clone());
    let kept = answers.chunk(1, 0).expect("a store").expect("it is kept");
    assert!(kept.answers(header.inputsRoot, 0));
    assert_eq!(answers.chunk(2, 0).expect("a store"), None);
}

#[tokio::test]
async fn nothing_is_demanded_before_it_was_missing_for_long_enough() {
    let mut world = World::new();
    world.advance(1).await;
    world.source.withhold(1);
    let wanted = Wanted::default();
    let mut follower = follower(&world, &wanted, 3_600).await;
    assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)));
    assert_eq!(wanted.get(), []);
}

/// The numbers of the batches that are wanted.
fn batches(wanted: &Wanted) -> Vec<u64> {
    wanted.get().iter().map(|want| want.header.index).collect()
}

#[tokio::test]
async fn a_batch_behind_one_that_was_shown_late_was_demanded_too_late() {
    let mut world = World::new();
    let mut sealed = Vec::new();
    for index in 1..=5 {
        sealed.push(world.seal().await);
        world.post(sealed.last().expect("one was made")).await;
        world.source.withhold(index);
    }
    let wanted = Wanted::default();
    let mut follower = follower(&world, &wanted, 0).await;
    assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)));
    assert_eq!(batches(&wanted), [1, 2, 3], "as many as are demanded in all");
    // One that was shown makes room for another.
    world.source.show(2, sealed[1].chunks());
    world.l1.mine();
    assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)));
    assert_eq!(batches(&wanted), [1, 3, 4]);
    world.source.show(1, sealed[0].chunks());
    for _ in 1..=2 {
        assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    }
    assert!(batches(&wanted).is_empty(), "who shows one may show all");
    assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)));
    assert_eq!(batches(&wanted), [3, 4, 5]);
}

#[tokio::test]
async fn inputs_that_were_shown_once_and_withheld_later_were_not_kept() {
    let mut world = World::new();
    let first = world.seal().await;
    world.post(&first).await;
    world.advance(1).await;
    world.source.withhold(1);
    let wanted = Wanted::default();
    let mut follower = follower(&world, &wanted, 0).await;
    assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)));
    assert_eq!(batches(&wanted), [1], "the second is there");
    world.source.withhold(2);
    world.source.show(1, first.chunks());
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    assert_eq!(verdict(&mut follower).await, Verdict::Valid, "it was shown once");
}

#[tokio::test]
async fn what_follows_a_wrong_batch_is_not_demanded() {
    let mut world = World::new();
    world.advance(3).await;
    let chunks = vec![vec![0xff; 50]];
    let mut wrong = world.seal().await;
    (wrong.header.inputsRoot, wrong.header.inputChunks) = (inputs_root(&chunks), 1);
    world.post(&wrong).await;
    world.advance(1).await;
    (4..=5).for_each(|index| world.source.withhold(index));
    let wanted = Wanted::default();
    let mut follower = follower(&world, &wanted, 0).await;
    for _ in 1..=3 {
        assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    }
    assert!(matches!(verdict(&mut follower).await, Verdict::Unavailable(_)));
    assert_eq!(batches(&wanted), [4, 5]);
    world.source.show(4, chunks);
    assert!(matches!(verdict(&mut follower).await, Verdict::Invalid(_)));
    assert!(batches(&wanted).is_empty());
}
