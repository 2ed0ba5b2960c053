//! The node put together. This is the only place where its rooms meet.

mod assets;
mod batches;
mod core;
mod demands;
mod gauges;
mod governance;
mod inbox;
mod l1;
mod l1_status;
mod machine;
mod margin;
mod markets;
mod node;
mod nonces;
mod order_status;
mod pools;
mod report;
mod resubmission;
mod shadow;
mod snapshots;
mod views;
mod what_if;

pub use core::{Core, Parts};
pub use machine::Court;
pub use node::{NodeError, genesis, quarantine, replay, run};
pub use report::{GenesisReport, ReplayReport, genesis_report, replay_report};
pub use what_if::{Rehearsal, rehearsal};
