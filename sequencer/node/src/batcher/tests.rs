//! A batch that does not add up goes no further.

use super::Batcher;
use crate::{
    fatal::Fatal,
    journal::{Journal, MemoryStore},
    liquidator::tests::world::{World, bitcoin},
    metrics::BatchMetrics,
    mirror::Sealed,
    pipeline::Record,
    restart::{Base, genesis_base},
};
use alloy_primitives::B256;
use ballast_engine::{commit, invariants::Audit};
use ballast_state::{Account, Holdings};
use ballast_types::{
    Address, BatchIndex, Input, Millis, Outcome, PoolId, Quote, Seq, Source, SystemCommand, codec,
};
use std::sync::Arc;

/// A batch of one seal, after which an account and its pool have so much more.
fn process(owned: i64, credited: i64) -> (Result<(), Fatal>, BatchIndex) {
    let Base { mut exchange, ledger, header } = genesis_base(World::of(vec![bitcoin()]).x);
    let journal = Journal::new(Arc::new(MemoryStore::new()));
    let index = BatchIndex(1);
    let source = Source::System(SystemCommand::SealBatch { index });
    let input = Input { seq: Seq(1), time: Millis(1), source };
    let outcome = Outcome { status: ballast_types::Status::Accepted, events: Vec::new() };
    let record = Record { input_bytes: codec::encode(&input), input, chain: B256::ZERO, outcome };
    journal.append([&record]).expect("a store");
    let mut batcher = Batcher {
        journal: journal.clone(),
        audit: Audit::of(&exchange.state),
        ledger,
        previous: header,
        program_hash: B256::ZERO,
        snapshot_every: 0,
        shadow: None,
        stored: tokio::sync::watch::channel(BatchIndex(0)).0,
        metrics: BatchMetrics::new(),
    };
    let (owner, positions) = (Address::repeat_byte(1), Vec::new());
    let account = Account { owner, pool: PoolId(0), cash: Quote(owned), positions, holdings: Holdings::NONE };
    let state = &mut exchange.state;
    state.accounts.insert(0, account);
    state.pools.get_mut(0).expect("it is listed").credited.0 += credited;
    (state.chain.seq, state.chain.accounts) = (Seq(1), 1);
    let changes = commit(&mut exchange);
    let sealed = Sealed { index, chain: exchange.state.chain.clone(), changes, withdrawals: Vec::new() };
    let done = batcher.process(sealed);
    (done, journal.last_batch().expect("a store"))
}

#[test]
fn a_batch_that_made_money_of_nothing_was_stored_and_posted() {
    let (done, last) = process(7, 6);
    let Err(Fatal::Invariant(why)) = done else { panic!("{done:?}") };
    assert!(why.starts_with("batch 1: INV-1: pool 0: accounts own 7"), "{why}");
    assert_eq!(last, BatchIndex(0));
}

#[test]
fn a_batch_that_adds_up_is_stored() {
    let (done, last) = process(7, 7);
    assert!(done.is_ok(), "{done:?}");
    assert_eq!(last, BatchIndex(1));
}
