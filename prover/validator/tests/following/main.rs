//! The follower against a simulated L1 and a sequencer that tells the truth, or does not.

mod court;
mod lies;
mod watch;
mod withheld;
mod world;

use alloy::{
    primitives::{B256, Bytes},
    transports::http::reqwest::Client,
};
use ballast_batch::{data::diff_hash, genesis_diff};
use ballast_bridge::{
    l1::{
        L1 as _,
        memory::{Fate, Fault},
    },
    rebuild::Rebuilt,
};
use ballast_engine::{Escape, Exchange, commit};
use ballast_validator::{
    Board, Class, Error, Follower, FollowerConfig, Judged, Missing, Reason, Store, Verdict,
    run::{Ending, RunConfig, run},
    server,
    source::HttpSource,
    store::MemoryStore,
};
use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};
use world::{TestFollower, World, blobs, genesis};

async fn next(follower: &mut TestFollower) -> Option<Judged> {
    follower.step().await.expect("L1 and the store work")
}

/// The verdict on the next batch, which must be there.
async fn verdict(follower: &mut TestFollower) -> Verdict {
    next(follower).await.expect("a batch").verdict
}

#[tokio::test]
async fn valid_batches_are_accepted() {
    let mut world = World::new();
    world.advance(10).await;
    let mut follower = world.follower().await;
    for index in 1..=10 {
        let judged = next(&mut follower).await.expect("a batch");
        assert_eq!((judged.index, &judged.verdict), (index, &Verdict::Valid), "{judged}");
        assert!(judged.inputs >= 14);
    }
    assert_eq!(next(&mut follower).await, None);
    assert_eq!(follower.tip().await.expect("a tip"), world.sequencer.previous);
}

#[tokio::test]
async fn a_freeze_is_no_reason_to_stop_and_what_was_posted_is_judged() {
    let mut world = World::new();
    world.advance(2).await;
    world.l1.freeze();
    let mut follower = world.follower().await;
    for _ in 0..2 {
        assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    }
    assert_eq!(next(&mut follower).await, None);
}

/// Whoever has nothing but L1 comes to the exit sections of every header.
#[tokio::test]
async fn genesis_and_diffs_lead_to_the_exit_leaves_of_every_batch() {
    let mut world = World::new();
    let mut exchange = Exchange::genesis(&genesis()).expect("a genesis");
    let data = genesis_diff(&commit(&mut exchange)).expect("leaves of ours");
    let mut state = Rebuilt::genesis(world.sequencer.previous.clone(), &data).expect("its roots");
    for _ in 0..8 {
        let sealed = world.seal().await;
        let header = world.post(&sealed).await;
        state = state.advance(header, &sealed.diff).expect("its roots");
    }
    assert!(state.withdrawal_count() > 0, "withdrawals are among them");
    let escape = Escape::of(state.leaves());
    assert!(!escape.payouts().is_empty());
    let [pool] = escape.pools() else { panic!("one pool") };
    let ledger = state.leaves().pools[&0];
    assert_eq!(pool.held - i128::from(pool.paid), i128::from(ledger.fees.0 + ledger.fund.0), "nobody owes");
}

#[tokio::test]
async fn a_diff_in_blobs_is_read() {
    let mut world = World::new();
    let sealed = world.seal().await;
    world.post_with(&sealed, blobs(&sealed.diff)).await;
    let mut follower = world.follower().await;
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
}

#[tokio::test]
async fn a_batch_waits_for_its_confirmations() {
    let mut world = World::new();
    world.advance(1).await;
    let config = FollowerConfig { confirmations: 2, ..World::config() };
    let (store, sources) = (Arc::new(world.store.clone()), vec![world.source.clone()]);
    let mut follower =
        Follower::open(world.l1.clone(), sources, store, genesis(), config).await.expect("a follower");
    assert_eq!(next(&mut follower).await, None);
    world.l1.mine();
    assert_eq!(next(&mut follower).await, None);
    world.l1.mine();
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
}

#[tokio::test]
async fn withheld_inputs_are_unavailable_until_they_are_shown() {
    let mut world = World::new();
    world.advance(1).await;
    let sealed = world.seal().await;
    world.post(&sealed).await;
    world.source.withhold(2);
    let mut follower = world.follower().await;
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    for _ in 0..2 {
        let missing = verdict(&mut follower).await;
        assert!(matches!(missing, Verdict::Unavailable(Missing::Chunk { chunk: 0, .. })), "{missing:?}");
    }
    let mut other = sealed.chunks();
    other[0][9] ^= 1;
    world.source.show(2, other);
    let missing = verdict(&mut follower).await;
    assert!(missing.why().is_some_and(|why| why.contains("what was shown is not it")), "{missing:?}");
    world.source.show(2, sealed.chunks());
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
}

#[tokio::test]
async fn a_restart_goes_on_in_the_middle() {
    let mut world = World::new();
    for posted in 1..=9 {
        world.advance(1).await;
        // Every life judges one batch: the restored state must be the right one each time.
        let mut follower = world.follower().await;
        let judged = next(&mut follower).await.expect("a batch");
        assert_eq!((judged.index, judged.verdict), (posted, Verdict::Valid));
        assert_eq!(next(&mut follower).await, None);
        world.l1.finalize(posted);
    }
    let kept = world.store.names().expect("names");
    assert!(
        kept.contains(&format!("snapshot-{:020}", 9)) && !kept.contains(&format!("batch-{:020}", 2)),
        "{kept:?}"
    );
}

#[tokio::test]
async fn a_damaged_store_is_named() {
    let mut world = World::new();
    world.advance(4).await;
    let mut follower = world.follower().await;
    while next(&mut follower).await.is_some() {}
    let name = format!("snapshot-{:020}", 3);
    let mut bytes = world.store.get(&name).expect("an answer").expect("a snapshot");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    world.store.put(&name, &bytes).expect("room");
    let (store, sources) = (Arc::new(world.store.clone()), vec![world.source.clone()]);
    let error = Follower::open(world.l1.clone(), sources, store, genesis(), World::config()).await.err();
    assert!(matches!(error, Some(Error::Damaged { .. })), "{error:?}");
}

#[tokio::test]
async fn a_batch_that_is_reorganised_away_is_forgotten() {
    let mut world = World::new();
    world.advance(4).await;
    let before = world.sequencer.clone();
    world.advance(1).await;
    let mut follower = world.follower().await;
    while next(&mut follower).await.is_some() {}
    let old = follower.tip().await.expect("a tip");

    world.l1.cut(1, Fate::Drop, Fate::Drop);
    world.l1.mine();
    // The node may only be behind: inputs that are forgotten now may be the last copies.
    assert_eq!(next(&mut follower).await, None);
    assert_eq!(follower.tip().await.expect("a tip"), old);

    world.sequencer = before;
    world.l1.queue(world::deposit(9, 7_000_000));
    world.l1.mine();
    let sealed = world.seal().await;
    world.post(&sealed).await;
    let judged = next(&mut follower).await.expect("a batch");
    assert_eq!((judged.index, &judged.verdict), (5, &Verdict::Valid));
    assert_ne!(judged.hash, old.hash());
    // A restart finds the new one, too.
    assert_eq!(world.follower().await.tip().await.expect("a tip"), world.sequencer.previous);
}

#[tokio::test]
async fn a_reorganisation_below_all_that_is_kept_begins_anew() {
    let mut world = World::new();
    let before = world.sequencer.clone();
    world.advance(11).await;
    let mut follower = world.follower().await;
    while next(&mut follower).await.is_some() {}
    world.l1.cut(11, Fate::Drop, Fate::Drop);
    world.l1.mine();
    assert_eq!(next(&mut follower).await, None);
    assert_eq!(follower.tip().await.expect("a tip").index, 0);
    world.sequencer = before;
    world.advance(2).await;
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
}

#[tokio::test]
async fn every_lost_answer_of_l1_is_survived() {
    let mut world = World::new();
    world.advance(3).await;
    for call in 0..24 {
        let mut follower = {
            world.store = MemoryStore::default();
            world.follower().await
        };
        world.l1.fail(call, Fault::After);
        let (mut judged, mut failed) = (0, false);
        while judged < 3 {
            match follower.step().await {
                Ok(Some(batch)) => {
                    assert_ne!(batch.verdict.word(), "INVALID", "{batch}");
                    judged += u64::from(batch.verdict == Verdict::Valid);
                }
                Ok(None) => panic!("a batch is left out"),
                Err(error) => {
                    assert_eq!(error.class(), Class::Temporary, "{error}");
                    failed = true;
                }
            }
        }
        assert!(failed || world.l1.will_fail());
        // What was planned behind the end must not strike elsewhere.
        while world.l1.will_fail() {
            let _ = follower.step().await;
        }
    }
}

#[tokio::test]
async fn another_exchange_is_refused() {
    let world = World::new();
    let mut other = genesis();
    other.markets[0].params.order_band.0 += 1;
    let sources = vec![world.source.clone()];
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let error =
        Follower::open(world.l1.clone(), sources.clone(), store, other.clone(), World::config()).await.err();
    assert!(matches!(error, Some(Error::ForeignGenesis { .. })), "{error:?}");
    drop(world.follower().await);
    let store = Arc::new(world.store.clone());
    let error = Follower::open(world.l1.clone(), sources, store, other, World::config()).await.err();
    assert!(matches!(error, Some(Error::ForeignStore { .. })), "{error:?}");
}

async fn ask(server: SocketAddr, request: &'static str) -> serde_json::Value {
    let asked = Client::new().post(format!("http://{server}")).header("content-type", "application/json");
    let answer = asked.body(request).send().await.expect("it is served").text().await.expect("a text");
    serde_json::from_str(&answer).expect("JSON")
}

#[tokio::test]
async fn a_validator_can_follow_another() {
    let mut world = World::new();
    world.advance(3).await;
    let mut first = world.follower().await;
    while next(&mut first).await.is_some() {}
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let (server, bound) =
        server::serve(first.archive().clone(), Board::default(), address).await.expect("a port");
    let answer = ask(bound, r#"{"jsonrpc":"2.0","id":1,"method":"ballast_batchDiff","params":["2"]}"#).await;
    let told: Bytes = answer["result"]["diff"].as_str().expect("it is kept").parse().expect("bytes");
    let posted = world.l1.posted(2).await.expect("an answer").expect("it is posted");
    assert_eq!(diff_hash(&told), posted.header.diffHash);
    let answer = ask(bound, r#"{"jsonrpc":"2.0","id":1,"method":"ballast_batchDiff","params":[9]}"#).await;
    assert_eq!(answer["error"]["code"], serde_json::json!(9_006));
    let nobody = HttpSource::new("http://127.0.0.1:1").expect("a URL");
    let sources = vec![nobody, HttpSource::new(&format!("http://{bound}")).expect("a URL")];
    let store = Arc::new(MemoryStore::default());
    let mut second = Follower::open(world.l1.clone(), sources, store, genesis(), World::config())
        .await
        .expect("a follower");
    for _ in 0..3 {
        let judged = second.step().await.expect("an answer").expect("a batch");
        assert_eq!(judged.verdict, Verdict::Valid, "{judged}");
    }
    server.stop().expect("it runs");
    world.advance(1).await;
    let judged = second.step().await.expect("an answer").expect("a batch");
    assert!(matches!(judged.verdict, Verdict::Unavailable(_)), "{judged}");
}

const ONCE: RunConfig =
    RunConfig { json: true, once: true, keep_going: false, poll: Duration::from_millis(1) };

#[tokio::test]
async fn a_run_tells_each_verdict_once_and_how_it_ended() {
    let mut world = World::new();
    world.advance(2).await;
    let mut out = Vec::new();
    let ending = run(&mut world.follower().await, ONCE, &mut out, pending()).await.expect("a run");
    let text = String::from_utf8(out).expect("text");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((ending, lines.len()), (Ending::Quiet, 2));
    assert_eq!((lines[1]["index"].as_u64(), lines[1]["verdict"].as_str()), (Some(2), Some("VALID")));

    let mut sealed = world.seal().await;
    sealed.header.promiseHash = B256::repeat_byte(1);
    world.post(&sealed).await;
    let ending = run(&mut world.follower().await, ONCE, Vec::new(), pending()).await.expect("a run");
    assert_eq!(ending, Ending::Invalid);
}

#[tokio::test]
async fn a_run_waits_for_what_is_withheld_and_stops_when_it_is_told_to() {
    let mut world = World::new();
    world.advance(1).await;
    world.source.withhold(1);
    let ending = run(&mut world.follower().await, ONCE, Vec::new(), pending()).await.expect("a run");
    assert_eq!(ending, Ending::Unavailable);
    let config = RunConfig { once: false, ..ONCE };
    let mut out = Vec::new();
    let stop = tokio::time::sleep(Duration::from_millis(200));
    let ending = run(&mut world.follower().await, config, &mut out, stop).await.expect("a run");
    assert_eq!(ending, Ending::Unavailable);
    assert_eq!(String::from_utf8(out).expect("text").lines().count(), 1, "the same verdict is told once");
}

#[tokio::test]
async fn what_builds_on_a_wrong_batch_is_wrong_until_l1_is_mended() {
    let mut world = World::new();
    world.advance(1).await;
    let before = world.sequencer.clone();
    let mut sealed = world.seal().await;
    sealed.header.promiseHash = B256::repeat_byte(1);
    world.post(&sealed).await;
    world.advance(1).await;
    let mut follower = world.follower().await;
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    assert_eq!(verdict(&mut follower).await.word(), "INVALID");
    assert_eq!(verdict(&mut follower).await, Verdict::Invalid(Reason::Follows(2)));
    assert_eq!(next(&mut follower).await, None);

    world.l1.cut(2, Fate::Drop, Fate::Drop);
    world.sequencer = before;
    world.advance(2).await;
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
    assert_eq!(verdict(&mut follower).await, Verdict::Valid);
}
