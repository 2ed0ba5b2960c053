//! The machine of disputes on a batch: how fast it runs, how fast it goes leap by leap, and what a leap takes to L1.

use super::{
    batches::{Batch, Parameters},
    timing::{RUNS, cpu_time, median, percentile},
};
use crate::contract::{Contract, calldata};
use ballast_vm::{FastMachine, replay};
use eyre::Result;
use serde::Serialize;
use std::time::Duration;

/// Leaps that are shown to the contract.
const SAMPLED: u64 = 400;

/// What the benchmark found.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which benchmark.
    pub bench: &'static str,
    /// What the batch is made of.
    pub workload: Parameters,
    /// Fills in it.
    pub fills: u64,
    /// Cycles of the guest: instructions, and system calls at their cost.
    pub cycles: u64,
    /// Cycles a second of one thread's CPU time, median of the runs.
    pub cycles_per_second: f64,
    /// Leaps until it halts.
    pub leaps: u64,
    /// Leaps a second of the same time, each with the hash of its state: a validator's way to a claim.
    pub leaps_per_second: f64,
    /// Leaps that were looked at, each as far from the next.
    pub sampled: usize,
    /// Of them, bytes of calldata that show a leap to the contract.
    pub witness_bytes: Spread,
    /// Of them, gas of the transaction that executes one alone.
    pub leap_gas: Spread,
}

/// The middle, the 99th percentile and the largest.
#[derive(Debug, Serialize)]
pub struct Spread {
    /// Half are at most this.
    pub p50: u64,
    /// 99 of 100 are at most this.
    pub p99: u64,
    /// None is more.
    pub max: u64,
}

impl Spread {
    fn of(mut values: Vec<u64>) -> Self {
        Self { p50: median(&mut values), p99: percentile(&mut values, 99), max: percentile(&mut values, 100) }
    }
}

/// Runs the guest on a batch of the workload.
///
/// # Errors
/// When there is no guest.
///
/// # Panics
/// When the guest finds the batch invalid, or the contract differs from the machine.
pub fn run(workload: Parameters) -> Result<Figures> {
    let batch = Batch::of(&workload)?;
    let mut runs: Vec<_> = (0..RUNS).map(|_| whole(&batch)).collect();
    let cycles = runs[0].1;
    let (time, leaps) = leap_by_leap(&batch);
    let (witness_bytes, leap_gas) = witnesses(&batch, leaps.div_ceil(SAMPLED));
    Ok(Figures {
        bench: "vm",
        workload,
        fills: batch.fills,
        cycles,
        cycles_per_second: rate(cycles, median(&mut runs).0),
        leaps,
        leaps_per_second: rate(leaps, time),
        sampled: witness_bytes.len(),
        witness_bytes: Spread::of(witness_bytes),
        leap_gas: Spread::of(leap_gas),
    })
}

fn rate(count: u64, time: Duration) -> f64 {
    (count as f64 / time.as_secs_f64()).round()
}

/// The time of a run to its end, and its cycles.
pub(super) fn whole(batch: &Batch) -> (Duration, u64) {
    let (mut machine, mut facts) = (batch.machine(), batch.facts());
    let (time, ran) = cpu_time(|| machine.run(&mut facts, u64::MAX));
    ran.expect("the tape has all that it asks for");
    assert_eq!(machine.hart().exit, Some(0), "the batch is valid");
    (time, machine.hart().cycle)
}

/// The time of a run with every state hashed, and its leaps.
fn leap_by_leap(batch: &Batch) -> (Duration, u64) {
    let (mut machine, mut facts) = (batch.machine(), batch.facts());
    let mut states = vec![machine.state().hash()];
    let (time, ()) = cpu_time(|| {
        while machine.hart().exit.is_none() {
            machine.leap(&mut facts).expect("the tape has all that it asks for");
            states.push(machine.state().hash());
        }
    });
    (time, states.len() as u64 - 1)
}

/// Bytes of calldata and gas of every leap whose number `apart` divides.
fn witnesses(batch: &Batch, apart: u64) -> (Vec<u64>, Vec<u64>) {
    let (mut machine, mut facts, mut contract) = (batch.machine(), batch.facts(), Contract::deployed());
    let (mut bytes, mut gas, mut number) = (Vec::new(), Vec::new(), 0_u64);
    while machine.hart().exit.is_none() {
        if number.is_multiple_of(apart) {
            let mut plain = machine.into_machine();
            let leap = plain.leap(&mut facts).expect("the tape has all that it asks for");
            let after = plain.state();
            assert_eq!(replay(&leap.before, &leap.witness), Ok(after.clone()), "leap {number}");
            let (hash, used) = contract.measured(&leap.before, &leap.witness);
            assert_eq!(hash, after.hash(), "leap {number} on L1");
            bytes.push(calldata(&leap.before, &leap.witness).len() as u64);
            gas.push(used);
            machine = FastMachine::new(plain);
        } else {
            machine.leap(&mut facts).expect("the tape has all that it asks for");
        }
        number += 1;
    }
    (bytes, gas)
}
