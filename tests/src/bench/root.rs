//! The diff and the state root after many accounts changed, as the batcher comes to them.

use super::timing::{Figures, RUNS, figures, median};
use crate::stream::Stream;
use ballast_auth::K256;
use ballast_engine::{Exchange, apply, invariants::Audit, verify};
use ballast_node::batcher::{Ledger, commit};
use ballast_types::{
    AccountId, Address, AssetId, Input, L1Message, L1Payload, Millis, Quote, Source, limits::NEW_ACCOUNT,
};
use cpu_time::ProcessTime;
use rand::{SeedableRng, seq::index::sample};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;
use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// What it ran on.
#[derive(Debug, Serialize)]
pub struct Parameters {
    /// Accounts that exist.
    pub accounts: u32,
    /// Accounts that change between two roots.
    pub changed: u32,
    /// Seed of the choice.
    pub seed: u64,
    /// Milliseconds from the last change to the root: the changed leaves encoded, the diff against those before
    /// told, the ledger's leaves and trees brought up to date, what all accounts have added up and compared. Median of the runs.
    pub root_ms: f64,
    /// Milliseconds of CPU time that this took on all threads, median of the runs.
    pub cpu_ms: f64,
}

/// Opens `accounts` accounts, then changes `changed` different ones, picked at random, between two roots.
///
/// The time is that of a clock on the wall, for the work is done on all cores.
///
/// # Panics
/// When `changed` is 0 or more than `accounts`.
#[must_use]
pub fn run(accounts: u32, changed: u32, seed: u64) -> Figures<Parameters> {
    let (_, genesis) = Stream::new(seed, 1, 1);
    let mut exchange = Exchange::genesis(&genesis).expect("the stream's genesis is sound");
    (0..accounts).for_each(|_| deposit(&mut exchange, NEW_ACCOUNT));
    let mut ledger = Ledger::of(&commit(&mut exchange));
    let mut audit = Audit::of(&exchange.state);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (mut runs, mut cpu) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let picked = sample(&mut random, accounts as usize, changed as usize);
        picked.into_iter().for_each(|account| deposit(&mut exchange, account as u32));
        let (clock, process) = (Instant::now(), ProcessTime::now());
        let changes = commit(&mut exchange);
        let chain = &exchange.state.chain;
        let diff =
            ledger.advance(&changes, &[], chain, &mut audit).expect("the leaves are the exchange's own");
        let totals = ledger.totals(chain).expect("pools and markets are there");
        audit.check(&totals).expect("all accounts add up");
        black_box((diff, ledger.commitment().state_root()));
        runs.push(clock.elapsed());
        cpu.push(process.elapsed());
    }
    let single = runs.iter().map(|run| u64::try_from(run.as_nanos()).unwrap_or(u64::MAX)).collect();
    let workload =
        Parameters { accounts, changed, seed, root_ms: millis(&mut runs), cpu_ms: millis(&mut cpu) };
    figures("root", workload, changed as usize, runs, single)
}

/// The median in milliseconds.
fn millis(runs: &mut [Duration]) -> f64 {
    (median(runs).as_secs_f64() * 1e6).round() / 1e3
}

fn deposit(exchange: &mut Exchange, account: u32) {
    let chain = &exchange.state.chain;
    let message = L1Message {
        index: chain.l1_count,
        l1_block: chain.l1_count,
        l1_time: 1_700_000_000,
        payload: L1Payload::Deposit {
            asset: AssetId(0),
            owner: Address::repeat_byte(1),
            account: AccountId(account),
            amount: Quote(1_000_000),
        },
    };
    let input = Input { seq: chain.seq.next(), time: Millis(1_700_000_000_000), source: Source::L1(message) };
    let verified = verify(&K256, exchange.separator(), &input.source);
    apply(exchange, &input, &verified);
}
