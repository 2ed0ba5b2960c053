//! The engine with margin, fees, events and the promise chain on. Signatures are recovered and sources hashed
//! beforehand: they are another thread's work.

use super::{
    script::{ACCOUNTS, Script},
    timing::{Figures, RUNS, cpu_time, figures, nanos},
};
use ballast_engine::{apply_into, invariants};
use ballast_types::Event;
use serde::Serialize;
use std::time::Instant;

/// What it ran on.
#[derive(Debug, Serialize)]
pub struct Parameters {
    /// Steps of the common workload.
    pub ops: usize,
    /// Markets that they are spread over.
    pub markets: usize,
    /// Steps of one account under one signature; a step that names an order of a batch not sent yet sends it.
    pub operations: usize,
    /// Accounts that trade.
    pub accounts: u32,
    /// Seed of the generator.
    pub seed: u64,
    /// Fills made.
    pub fills: u64,
    /// Steps refused: the target was gone, or a margin or limit spoke against it.
    pub rejected: u64,
}

/// Runs `ops` operations over `markets` markets, `operations` under one signature.
///
/// # Panics
/// When an invariant does not hold afterwards.
#[must_use]
pub fn run(ops: usize, markets: usize, operations: usize, seed: u64) -> Figures<Parameters> {
    let script = Script::of(ops, markets, operations, seed);
    invariants::check(&script.exchange).expect("the invariants hold");
    let mut runs = Vec::with_capacity(RUNS);
    let (mut events, mut fills, mut rejected) = (Vec::new(), 0, 0);
    for _ in 0..RUNS {
        let mut exchange = script.opened.clone();
        runs.push(
            cpu_time(|| {
                for (input, verified) in &script.inputs {
                    apply_into(&mut exchange, input, verified, &mut events);
                }
            })
            .0,
        );
    }
    let mut exchange = script.opened.clone();
    let mut single = Vec::with_capacity(script.inputs.len());
    for (input, verified) in &script.inputs {
        let start = Instant::now();
        apply_into(&mut exchange, input, verified, &mut events);
        single.push(nanos(start));
        fills += events.iter().filter(|event| matches!(event, Event::Fill { .. })).count() as u64;
        rejected +=
            events.iter().filter(|event| matches!(event, Event::OperationRejected { .. })).count() as u64;
    }
    let workload = Parameters { ops, markets, operations, accounts: ACCOUNTS, seed, fills, rejected };
    figures("engine", workload, ops, runs, single)
}
