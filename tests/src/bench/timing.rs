//! Times of whole runs and of single operations, and the figures that they make.

use cpu_time::ThreadTime;
use serde::Serialize;
use std::time::Duration;

/// Runs of which the median is told.
pub const RUNS: usize = 5;

/// What a benchmark found.
#[derive(Debug, Serialize)]
pub struct Figures<W: Serialize> {
    /// Which benchmark.
    pub bench: &'static str,
    /// What it ran on.
    pub workload: W,
    /// Operations a second of one thread's CPU time, median of the runs; where a benchmark says so, of plain time.
    pub ops_per_second: f64,
    /// Nanoseconds of that time an operation, median of the runs.
    pub ns_per_op: f64,
    /// Median time of one operation, in nanoseconds, from a run that times each.
    pub p50_ns: u64,
    /// 99th percentile of the same.
    pub p99_ns: u64,
}

/// CPU time that this thread spends in `work`.
pub fn cpu_time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = ThreadTime::now();
    let result = work();
    (start.elapsed(), result)
}

/// The middle one; the upper of two.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn median<T: Ord + Copy>(values: &mut [T]) -> T {
    percentile(values, 50)
}

/// The value that `percent` of all lie at or below.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn percentile<T: Ord + Copy>(values: &mut [T], percent: usize) -> T {
    values.sort_unstable();
    values[(values.len() * percent / 100).min(values.len() - 1)]
}

/// Figures from whole runs and from the times of single operations, in nanoseconds.
///
/// # Panics
/// When there are no runs or no times.
#[must_use]
pub fn figures<W: Serialize>(
    bench: &'static str,
    workload: W,
    ops: usize,
    mut runs: Vec<Duration>,
    mut single: Vec<u64>,
) -> Figures<W> {
    let seconds = median(&mut runs).as_secs_f64();
    let ops = ops as f64;
    Figures {
        bench,
        workload,
        ops_per_second: (ops / seconds).round(),
        ns_per_op: (seconds * 1e10 / ops).round() / 10.0,
        p50_ns: percentile(&mut single, 50),
        p99_ns: percentile(&mut single, 99),
    }
}

/// Nanoseconds since `start`.
#[must_use]
pub fn nanos(start: std::time::Instant) -> u64 {
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
