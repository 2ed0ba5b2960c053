//! Benchmarks: each prints one JSON line with its workload, its seed and its figures.

pub mod batches;
pub mod book;
pub mod diff;
pub mod engine;
pub mod guest;
pub mod memory;
pub mod risk;
pub mod root;
pub mod rpc;
mod script;
pub mod timing;
pub mod venue;
pub mod vm;
