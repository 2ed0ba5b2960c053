//! Crashes at random points, restarts, and stores that lie.

use crate::support::*;
use ballast_node::{
    app::{ReplayReport, replay_report},
    clock::ManualClock,
    fatal::Fatal,
    feed::FeedConfig,
    journal::{Journal, MemoryStore, store::Table},
    pipeline::{Ack, Answer},
};
use ballast_types::*;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Arc;

fn replay(store: &MemoryStore, from_genesis: bool) -> ReplayReport {
    let journal = Journal::new(Arc::new(store.crash()));
    replay_report(&journal, genesis(), from_genesis).expect("the journal replays")
}

/// A random step of one of the two traders.
fn step(rng: &mut ChaCha8Rng, rig: &Rig, nonces: &mut [u64; 2]) -> Source {
    let who = rng.random_range(0..2_usize);
    let operations = (0..rng.random_range(1..4))
        .map(|_| match rng.random_range(0..10) {
            0 => Operation::CancelAll(CancelFilter::ALL),
            1 => Operation::Cancel { market: MARKET, order: OrderId(rng.random()) },
            _ => {
                let side = if rng.random() { Side::Buy } else { Side::Sell };
                place(side, rng.random_range(495_000..505_000), rng.random_range(1..2_000))
            }
        })
        .collect();
    nonces[who] += 1;
    let account = u32::try_from(who).expect("0 or 1");
    rig.operations(&key(1 + account as u8), account, nonces[who], operations)
}

#[test]
fn a_crash_at_any_commit_loses_nothing_that_was_told_and_replays_the_same() {
    let seed: u64 = rand::rng().random();
    eprintln!("seed {seed}");
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for _ in 0..8 {
        crash_once(&mut rng);
    }
}

fn crash_once(rng: &mut ChaCha8Rng) {
    let rig = Rig::trading();
    let mut nonces = [0, 0];
    rig.store.fail_at(rig.store.commits() + rng.random_range(0..40));
    let mut waiting = Vec::new();
    for _ in 0..300 {
        match rig.core.admission.submit(step(rng, &rig, &mut nonces)) {
            Ok(receiver) => waiting.push(receiver),
            Err(_) => break,
        }
        if rng.random_range(0..4) == 0 {
            std::thread::yield_now();
        }
    }
    let told: Vec<Ack> = waiting
        .into_iter()
        .filter_map(|receiver| match receiver.blocking_recv() {
            Ok(Answer::Sequenced(ack)) => Some(*ack),
            _ => None,
        })
        .collect();
    let left = Arc::new(rig.store.crash());
    let (clock, mirrored) = (Arc::clone(&rig.clock), rig.seq());
    drop(rig);
    let journal = Journal::new(Arc::<MemoryStore>::clone(&left));
    assert!(mirrored <= journal.last_seq().expect("a journal"), "the mirror showed what was not durable");
    for ack in &told {
        let record = journal.record(ack.seq).expect("a journal").expect("what was told is durable");
        assert_eq!((record.chain, &record), (ack.chain, ack.record.as_ref()));
    }
    let (from_genesis, from_snapshot) = (replay(&left, true), replay(&left, false));
    assert_eq!(
        ReplayReport { replayed: 0, ..from_genesis.clone() },
        ReplayReport { replayed: 0, ..from_snapshot }
    );
    assert!(from_genesis.sound);
    go_on(left, clock, &from_genesis, rng, nonces);
}

/// The next process goes on where the journal ends, and its journal replays, too.
fn go_on(
    left: Arc<MemoryStore>,
    clock: Arc<ManualClock>,
    before: &ReplayReport,
    rng: &mut ChaCha8Rng,
    mut nonces: [u64; 2],
) {
    let mut rig =
        start_with(Arc::clone(&left), clock, pipeline(), FeedConfig::default()).expect("it starts again");
    assert_eq!(rig.seq(), Seq(before.seq));
    assert_eq!(rig.core.mirror.read().exchange.state.chain.promise, before.promise);
    for _ in 0..120 {
        rig.accept(step(rng, &rig, &mut nonces));
    }
    rig.core.shut_down();
    let after = replay(&left, true);
    assert!(after.seq > before.seq && after.sound);
    assert_eq!(after.state_root, replay(&left, false).state_root);
    let stored = rig.core.journal.last_batch().expect("a journal");
    assert_eq!(stored.0 + 1, after.open_batch, "every sealed batch is stored");
}

#[test]
fn a_failing_disk_stops_the_node_and_is_told() {
    let mut rig = Rig::trading();
    rig.store.fail_at(rig.store.commits());
    let answer = rig.core.admission.submit(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, 490_000, 1)]));
    assert!(answer.expect("room").blocking_recv().is_err(), "what may be lost is not answered");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    assert!(matches!(runtime.block_on(rig.core.failed()), Fatal::Store(_)));
}

fn damaged(table: Table, key: &[u8], change: impl Fn(&mut Vec<u8>)) -> Fatal {
    let mut rig = Rig::trading();
    rig.core.shut_down();
    let left = rig.store.crash();
    let mut value = ballast_node::journal::Store::get(&left, table, key).expect("a store").expect("a value");
    change(&mut value);
    left.damage(table, key, value);
    match start_with(Arc::new(left), Arc::clone(&rig.clock), pipeline(), FeedConfig::default()) {
        Ok(_) => panic!("it started on a damaged journal"),
        Err(fatal) => fatal,
    }
}

#[test]
fn a_journal_that_does_not_replay_to_what_it_says_is_refused() {
    let seq_2 = 2_u64.to_be_bytes();
    let other_chain = damaged(Table::Outcomes, &seq_2, |value| value[0] ^= 1);
    assert!(matches!(other_chain, Fatal::Diverged { seq: Seq(2), place: "replay", .. }), "{other_chain}");
    let garbage = damaged(Table::Outcomes, &seq_2, Vec::clear);
    assert!(matches!(garbage, Fatal::Store(_)), "{garbage}");
    let other_genesis = damaged(Table::Meta, b"genesis_state_root", |value| value[0] ^= 1);
    assert!(matches!(other_genesis, Fatal::Store(_)), "{other_genesis}");
}
