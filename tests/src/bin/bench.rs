//! `scripts/bench NAME`: measures and prints one JSON line.

use ballast_tests::bench::{self, batches::Parameters as Workload};
use clap::{Parser, Subcommand};
use std::{io::Write, path::PathBuf};

/// Measures a part of the exchange and prints one JSON line.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
}

#[derive(Subcommand)]
enum Bench {
    /// The book alone on the common workload, its fills compared with the reference. `scripts/bench book --vs PEER`
    /// measures another's beside it.
    Book {
        /// Steps.
        #[arg(long, default_value_t = 2_000_000)]
        ops: usize,
        /// Books that they are spread over.
        #[arg(long, default_value_t = 1)]
        books: usize,
        /// Seed of the workload.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Bytes that a batch of trades takes on L1, beside columns through zstd and brotli: the common workload, and
    /// recorded order flow.
    Diff {
        /// Fills of a batch.
        #[arg(long, default_value_t = 10_000)]
        fills: u64,
        /// Most batches of each flow.
        #[arg(long, default_value_t = 3)]
        batches: u64,
        /// Accounts that trade, by Zipf's law.
        #[arg(long, default_value_t = 50_000)]
        accounts: u32,
        /// Seed of the common workload, and of who owns which order.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Folder whose orderflow/ has recorded orders; without it there is only the common workload.
        #[arg(long, env = "BALLAST_DATA", default_value = "../shared/data")]
        data: PathBuf,
    },
    /// The engine with margin, fees and events; recovery is not counted.
    Engine {
        /// Steps.
        #[arg(long, default_value_t = 100_000)]
        ops: usize,
        /// Markets that they are spread over.
        #[arg(long, default_value_t = 1)]
        markets: usize,
        /// Steps of one account under one signature.
        #[arg(long, default_value_t = 10)]
        operations: usize,
        /// Seed of the workload.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Cycles of the guest by kind of input, and orders a second that a core judges, natively and on the machine.
    Guest(Workload),
    /// What a full exchange weighs, and how long a node takes to start with it.
    Memory {
        /// Accounts, each with three positions and one resting order.
        #[arg(long, default_value_t = 1_000_000)]
        accounts: u32,
        /// Markets that they are spread over.
        #[arg(long, default_value_t = 64)]
        markets: u16,
        /// Signed inputs to replay behind the snapshot.
        #[arg(long, default_value_t = 10_000)]
        replayed: u32,
        /// Seed of the choices.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Signed order entry over WebSocket, through real processes, to the durable acknowledgement.
    Rpc {
        /// Traders, each with a connection of its own.
        #[arg(long, default_value_t = 8)]
        traders: usize,
        /// Signed messages of each.
        #[arg(long, default_value_t = 10_000)]
        messages: usize,
        /// Of these in one JSON-RPC batch.
        #[arg(long, default_value_t = 20)]
        batch: usize,
        /// Operations under one signature.
        #[arg(long, default_value_t = 1)]
        operations: usize,
        /// Signed messages a second when they are paced; half of what was reached before when left out. The rate moves with the
        /// machine, and times with the rate: two nodes are compared at one.
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
        pace: Option<u32>,
        /// Let the node's threads share the cores as all others do, not run in real time where the system allows it.
        #[arg(long)]
        ordinary: bool,
        /// Seed of the orders.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// What it takes to find the accounts below maintenance margin.
    Risk {
        /// Accounts, with three positions each.
        #[arg(long, default_value_t = 1_000_000)]
        accounts: u32,
        /// Those of them that fall below when all prices do by 2%.
        #[arg(long, default_value_t = 10_000)]
        thin: u32,
        /// Markets that they are spread over.
        #[arg(long, default_value_t = 64)]
        markets: u16,
        /// Seed of the choices.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The diff and the state root after many accounts changed.
    Root {
        /// Accounts that exist.
        #[arg(long, default_value_t = 1_000_000)]
        accounts: u32,
        /// Accounts that change.
        #[arg(long, default_value_t = 100_000)]
        changed: u32,
        /// Seed of the choice.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// The machine of disputes on a batch: cycles and leaps a second, and what its leaps take to L1. `scripts/bench vm --vs
    /// PEER` measures another's beside it.
    Vm(Workload),
}

fn main() -> eyre::Result<()> {
    let line = match Arguments::parse().bench {
        Bench::Book { ops, books, seed } => serde_json::to_string(&bench::book::run(ops, books, seed))?,
        Bench::Diff { fills, batches, accounts, seed, data } => {
            let workload = bench::diff::Parameters { fills, accounts, batches, seed };
            let files = bench::diff::recorded(&data.join("orderflow")).unwrap_or_default();
            serde_json::to_string(&bench::diff::run(workload, &files)?)?
        }
        Bench::Engine { ops, markets, operations, seed } => {
            serde_json::to_string(&bench::engine::run(ops, markets, operations.max(1), seed))?
        }
        Bench::Guest(workload) => serde_json::to_string(&bench::guest::run(workload)?)?,
        Bench::Memory { accounts, markets, replayed, seed } => {
            let workload = bench::memory::Parameters { accounts, markets, replayed, seed };
            let fresh = std::env::current_exe()?.with_file_name("restart");
            serde_json::to_string(&bench::memory::run(workload, &fresh)?)?
        }
        Bench::Rpc { traders, messages, batch, operations, pace, ordinary, seed } => {
            let batch = batch.max(1);
            let workload =
                bench::rpc::Parameters { traders, messages, batch, operations, pace, ordinary, seed };
            let runtime = tokio::runtime::Runtime::new()?;
            serde_json::to_string(&runtime.block_on(bench::rpc::run(workload))?)?
        }
        Bench::Risk { accounts, thin, markets, seed } => {
            let workload = bench::risk::Parameters { accounts, thin, markets, seed };
            serde_json::to_string(&bench::risk::run(workload)?)?
        }
        Bench::Root { accounts, changed, seed } => {
            serde_json::to_string(&bench::root::run(accounts, changed, seed))?
        }
        Bench::Vm(workload) => serde_json::to_string(&bench::vm::run(workload)?)?,
    };
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
