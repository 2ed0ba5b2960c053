//! What is kept of a batch is what the machine asks for, whatever is wrong with it, and both say the same.

use crate::world::{World, blobs, deposit, genesis};
use alloy::primitives::B256;
use ballast_batch::{
    chunks::{MAX_INPUT_CHUNKS, inputs_root},
    data::diff_hash,
};
use ballast_bridge::data::{Mode, SidecarForm, seal_data};
use ballast_state::state_root;
use ballast_types::{L1Payload, Quote, Seq, limits::INPUT_CHUNK_BYTES};
use ballast_validator::{
    Archive, Verdict,
    court::{Case, Data, Trial, open_guest},
};
use ballast_vm::{Image, Subject};
use std::{path::PathBuf, sync::Arc};

/// Every kind of wrong batch.
const LIES: [&str; 14] = [
    "section root",
    "promise",
    "withdrawals",
    "last number",
    "last time",
    "diff",
    "other blobs",
    "empty blobs",
    "message",
    "no seal",
    "disorder",
    "no inputs",
    "more chunks",
    "long chunk",
];

/// The guest that `scripts/test` built; `None`, said aloud, where this machine has no compiler for it.
fn guest() -> Option<(Image, B256)> {
    if std::env::var("BALLAST_GUEST").as_deref() == Ok("skip") {
        eprintln!("SKIPPED: the RISC-V guest (BALLAST_GUEST=skip)");
        return None;
    }
    let elf = std::env::var_os("BALLAST_GUEST_ELF")
        .expect("BALLAST_GUEST_ELF names the guest: run scripts/test, or set BALLAST_GUEST=skip");
    let mut image = open_guest(&PathBuf::from(elf), None).expect("the guest is an image");
    let hash = image.program_hash();
    Some((image, hash))
}

fn archive(world: &World) -> Archive {
    let store = Arc::new(world.store.clone());
    Archive::open(store, genesis(), World::config().retention).expect("an archive")
}

/// Whether the program says natively that a kept batch is valid, and its run on the machine.
fn trial(world: &World, image: &Image, index: u64) -> (bool, Trial) {
    let archive = archive(world);
    let kept = archive.judged_last(index).expect("an answer").expect("it is kept");
    let data = match kept.data {
        Some(data) => data,
        None => {
            let diff = archive.diff(index).expect("an answer").expect("it is kept");
            Data::of_diff(&kept.header, &diff).expect("hashes").expect("its diff makes its data")
        }
    };
    let before = archive.restore_at(index - 1).expect("the state before it");
    let hash = kept.header.hash();
    let (ruling, facts) = Case::new(&before, kept.header, kept.chunks, data).facts().expect("all is kept");
    (ruling.is_ok(), Trial::new(image.clone(), Subject::Batch, hash, facts))
}

/// Posts a batch that is wrong in this way.
async fn lie(world: &mut World, kind: &str) {
    if kind == "message" {
        (1..3).for_each(|owner| world.l1.queue(deposit(owner, 5_000_000)));
        world.l1.mine();
        let real = world.messages().await;
        let mut forged = real.clone();
        match &mut forged.last_mut().expect("a message").payload {
            L1Payload::Deposit { amount, .. } => *amount = Quote(900_000_000),
            other => panic!("{other:?} is no deposit"),
        }
        let mut sealed = world.sequencer.batch(&forged, 5);
        sealed.header.l1MessageHash = super::lies::rolling(&real);
        world.post(&sealed).await;
        return;
    }
    let mut sealed = world.seal().await;
    let mut shown = None;
    match kind {
        "section root" => {
            sealed.header.sectionRoots[0] = B256::repeat_byte(1);
            sealed.header.stateRoot = state_root(&sealed.header.sectionRoots);
        }
        "promise" => sealed.header.promiseHash = B256::repeat_byte(1),
        "withdrawals" => sealed.header.withdrawalsRoot = B256::repeat_byte(1),
        "last number" => sealed.header.lastSeq += 1,
        "last time" => sealed.header.lastTimeMs += 1,
        "diff" => {
            let last = sealed.diff.len() - 1;
            sealed.diff[last] ^= 1;
            sealed.header.diffHash = diff_hash(&sealed.diff);
        }
        "other blobs" => {
            let mut other = sealed.diff.clone();
            other[2] ^= 1;
            world.post_with(&sealed, blobs(&other)).await;
            return;
        }
        "empty blobs" => {
            world.post_with(&sealed, blobs(&[])).await;
            return;
        }
        "no seal" => {
            sealed.inputs.pop();
            sealed.recommit();
        }
        "disorder" => {
            sealed.inputs[1].seq = Seq(sealed.inputs[1].seq.0 + 7);
            sealed.recommit();
        }
        "no inputs" => shown = Some((vec![vec![0xff; 50]], 1)),
        "more chunks" => {
            let mut chunks = sealed.chunks();
            chunks.push(vec![1]);
            shown = Some((chunks, 1));
        }
        "long chunk" => {
            let mut chunks = vec![vec![1; INPUT_CHUNK_BYTES]; 8];
            chunks[7].push(1);
            shown = Some((chunks, MAX_INPUT_CHUNKS));
        }
        other => panic!("{other} is no lie"),
    }
    if let Some((chunks, count)) = &shown {
        (sealed.header.inputsRoot, sealed.header.inputChunks) = (inputs_root(chunks), *count);
    }
    world.post(&sealed).await;
    if let Some((chunks, _)) = shown {
        world.source.show(2, chunks);
    }
}

#[tokio::test]
async fn a_wrong_batch_of_every_kind_is_wrong_on_the_machine_too() {
    let Some((image, program)) = guest() else { return };
    for kind in LIES {
        let mut world = World::under(program);
        world.advance(1).await;
        lie(&mut world, kind).await;
        let mut follower = world.follower().await;
        follower.step().await.expect("an answer").expect("a batch");
        let judged = follower.step().await.expect("an answer").expect("a batch");
        assert!(matches!(judged.verdict, Verdict::Invalid(_)), "{kind}: {judged}");
        let (is_valid, mut run) = trial(&world, &image, 2);
        assert_eq!((is_valid, run.run().expect("all is kept").exit), (false, 1), "{kind}");
        let (is_valid, mut run) = trial(&world, &image, 1);
        assert_eq!((is_valid, run.run().expect("all is kept").exit), (true, 0));
    }
}

/// The sequencer that posted it shows nothing any more, and the validator starts anew.
#[tokio::test]
async fn a_wrong_batch_stays_wrong_after_a_restart_without_anybody_who_shows_it() {
    for kind in LIES {
        let mut world = World::new();
        world.advance(1).await;
        lie(&mut world, kind).await;
        let mut follower = world.follower().await;
        follower.step().await.expect("an answer").expect("a batch");
        let first = follower.step().await.expect("an answer").expect("a batch");
        world.source.withhold(2);
        let again = world.follower().await.step().await.expect("an answer").expect("a batch");
        assert_eq!((again.hash, again.verdict.word()), (first.hash, "INVALID"), "{kind}: {again}");
    }
}

#[tokio::test]
async fn every_leap_of_a_history_is_shown_by_its_witness() {
    let Some((image, program)) = guest() else { return };
    let mut world = World::under(program);
    let sealed = world.seal().await;
    let data = seal_data(&sealed.diff, Mode::Blobs(SidecarForm::Eip7594)).expect("blobs");
    world.post_with(&sealed, data).await;
    let judged = world.follower().await.step().await.expect("an answer").expect("a batch");
    assert_eq!(judged.verdict, Verdict::Valid);
    let (_, mut run) = trial(&world, &image, 1);
    let trace = run.trace().expect("all is kept");
    let leaps = trace.history.leaps();
    for number in [0, 1, leaps / 3, leaps / 2, leaps - 1, leaps] {
        let (leap, after) = run.leap(number).expect("all is kept");
        assert_eq!(leap.before.hash(), trace.history.node(0, number), "before {number} of {leaps}");
        assert_eq!(after.hash(), trace.history.node(0, number + 1), "after {number} of {leaps}");
    }
}

/// What may be disputed is not let go of, however little is to be kept.
#[tokio::test]
async fn what_may_be_disputed_is_kept_however_old_it_is() {
    let mut world = World::new();
    world.advance(12).await;
    let mut follower = world.follower().await;
    while follower.step().await.expect("an answer").is_some() {}
    let archive = follower.archive().clone();
    assert!(archive.judged_last(1).expect("an answer").is_some(), "no batch is final");
    world.l1.finalize(7);
    world.advance(6).await;
    while follower.step().await.expect("an answer").is_some() {}
    assert!(archive.judged_last(1).expect("an answer").is_none(), "it is final");
    assert!(archive.judged_last(8).expect("an answer").is_some(), "the first that is not");
    assert_eq!(archive.restore_at(7).expect("the state before it").header().index, 7);
}
