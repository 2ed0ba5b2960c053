//! The state root after many accounts changed.

use super::timing::{Figures, RUNS, cpu_time, figures, median};
use crate::stream::Stream;
use ballast_engine::{Exchange, Verified, apply, commit};
use ballast_state::Commitment;
use ballast_types::{
    AccountId, Address, AssetId, Input, L1Message, L1Payload, Millis, Quote, Source, limits::NEW_ACCOUNT,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

/// What it ran on.
#[derive(Debug, Serialize)]
pub struct Parameters {
    /// Accounts that exist.
    pub accounts: u32,
    /// Accounts that change between two roots.
    pub changed: u32,
    /// Seed of the choice.
    pub seed: u64,
    /// Milliseconds to encode the changed leaves and bring the root up to date, median of the runs.
    pub root_ms: f64,
}

/// Opens `accounts` accounts, then changes `changed` random ones between two roots.
///
/// # Panics
/// When `accounts` is 0.
#[must_use]
pub fn run(accounts: u32, changed: u32, seed: u64) -> Figures<Parameters> {
    let (_, genesis) = Stream::new(seed, 1, 1);
    let mut exchange = Exchange::genesis(&genesis).expect("the stream's genesis is sound");
    let mut commitment = Commitment::new();
    (0..accounts).for_each(|_| deposit(&mut exchange, NEW_ACCOUNT));
    commitment.update(&commit(&mut exchange));
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut runs: Vec<_> = (0..RUNS)
        .map(|_| {
            (0..changed).for_each(|_| deposit(&mut exchange, random.random_range(0..accounts)));
            cpu_time(|| {
                commitment.update(&commit(&mut exchange));
                commitment.state_root()
            })
            .0
        })
        .collect();
    let root_ms = median(&mut runs).as_secs_f64() * 1e3;
    let single = runs.iter().map(|run| u64::try_from(run.as_nanos()).unwrap_or(u64::MAX)).collect();
    let workload = Parameters { accounts, changed, seed, root_ms: (root_ms * 1e3).round() / 1e3 };
    figures("root", workload, changed as usize, runs, single)
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
    let input =
        Input { seq: chain.seq.next(), time: Millis(1_700_000_000_000), source: Source::L1(message.clone()) };
    apply(exchange, &input, Verified::L1(message));
}
