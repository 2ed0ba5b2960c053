//! The fresh process of `scripts/bench memory`: starts from a journal and prints one line of JSON.

use ballast_tests::bench::memory;
use clap::Parser;
use peak_alloc::PeakAlloc;
use std::{io::Write, path::PathBuf};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Starts from a journal as a node does and prints what that takes, as one line of JSON.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Directory of the journal.
    directory: PathBuf,
    /// Markets of its exchange.
    markets: u16,
}

fn main() -> eyre::Result<()> {
    let Arguments { directory, markets } = Arguments::parse();
    let allocated = || (ALLOCATED.current_usage() as u64, ALLOCATED.peak_usage() as u64);
    let restarted = memory::restart(&directory, markets, allocated)?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string(&restarted)?)?;
    Ok(())
}
