//! What it takes to judge a batch: cycles of the guest by kind of input, and orders a second, natively and on the machine.

mod calls;
mod kinds;
mod table;

use super::{
    batches::{Batch, Parameters},
    timing::{RUNS, cpu_time, median},
    vm::whole,
};
use ballast_auth::K256;
use ballast_engine::verify;
use ballast_program::run as judge;
use calls::Calls;
use eyre::Result;
use serde::Serialize;
use std::{collections::BTreeMap, time::Duration};

/// What the benchmark found.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// Which benchmark.
    pub bench: &'static str,
    /// Cycles of one more of each kind, see [`kinds::KINDS`]; `batch` is one without anything but its seal.
    pub cycles: BTreeMap<&'static str, u64>,
    /// What the batch is made of that the rest is about.
    pub workload: Parameters,
    /// Signatures of traders in it.
    pub signatures: u64,
    /// Fills in it.
    pub fills: u64,
    /// Cycles of the whole batch an order.
    pub cycles_per_order: u64,
    /// Instructions of that batch, and what each system call adds.
    pub calls: Calls,
    /// Orders that one core judges in a second of its CPU time natively, the recovery of signers included. Median.
    pub native: f64,
    /// Of that time, the part that is recovery.
    pub native_recovery_share: f64,
    /// Orders that the machine judges in such a second. Median.
    pub machine: f64,
}

/// Measures each kind, and the batch of the workload.
///
/// # Errors
/// When there is no guest.
///
/// # Panics
/// When a batch is not valid.
pub fn run(workload: Parameters) -> Result<Figures> {
    let cycles = kinds::cycles()?;
    let batch = Batch::of(&workload)?;
    let orders = workload.orders as f64;
    let mut native: Vec<_> = (0..RUNS).map(|_| natively(&batch)).collect();
    let mut recovery: Vec<_> = (0..RUNS).map(|_| recovered(&batch)).collect();
    let mut machine: Vec<_> = (0..RUNS).map(|_| whole(&batch)).collect();
    let total = machine[0].1;
    let (native, recovery) = (median(&mut native).as_secs_f64(), median(&mut recovery).as_secs_f64());
    Ok(Figures {
        bench: "guest",
        cycles,
        signatures: batch.signatures,
        fills: batch.fills,
        cycles_per_order: total / workload.orders as u64,
        workload,
        calls: Calls::of(&batch),
        native: (orders / native).round(),
        native_recovery_share: (recovery / native * 100.0).round() / 100.0,
        machine: (orders / median(&mut machine).0.as_secs_f64()).round(),
    })
}

/// The time that the program takes natively on one thread.
fn natively(batch: &Batch) -> Duration {
    let header = &batch.sealed.header;
    let oracle = batch.sealed.oracle(header);
    let (time, verdict) = cpu_time(|| judge(oracle, &K256, header.hash()).0);
    assert_eq!(verdict, Ok(header.stateRoot), "the batch is valid");
    time
}

/// The time that the recovery of its signers takes on one thread.
fn recovered(batch: &Batch) -> Duration {
    let separator = batch.separator;
    cpu_time(|| {
        for input in &batch.sealed.inputs {
            verify(&K256, separator, &input.source);
        }
    })
    .0
}
