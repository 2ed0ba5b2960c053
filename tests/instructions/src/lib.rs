//! Fixed workloads of the hot paths, on the core alone.

pub mod book;
pub mod engine;
pub mod root;
/// The common workload, as the benchmarks have it.
#[path = "../../src/workload.rs"]
pub mod workload;

/// Seed of every workload.
const SEED: u64 = 1;
