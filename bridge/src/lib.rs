//! Carries messages and batches between the exchange and L1, and may crash at any point without losing a cent.
//!
//! Two ways: [`watcher`] brings the inbox's messages up, confirmed and in order; [`poster`] takes sealed batches
//! down, through one account's [`lane`], and [`finalizer`] makes them final. [`settler`] drives the two. Both
//! ways keep no state of their own: what is on L1 and what the exchange has consumed say everything. [`sentinel`] shows
//! chunks of inputs that are demanded on L1, [`demander`] demands those that nobody shows,
//! [`rejector`] drops what is invalid, [`freezer`] freezes what is late, [`stress_prover`] keeps the clock of stress fed; [`guard`]
//! drives them by an account of their own.
//!
//! Absent: any rule of the exchange. The bridge knows hashes, indices, times and fees.

pub mod allowance;
pub mod amount;
pub mod bindings;
pub mod budget;
pub mod collector;
pub mod data;
pub mod demand;
pub mod demander;
pub mod deployment;
pub mod dispute;
pub mod error;
pub mod escape;
pub mod fees;
pub mod finalizer;
pub mod forced;
pub mod freezer;
pub mod governance;
pub mod guard;
pub mod l1;
pub mod lane;
pub mod poster;
pub mod promise;
pub mod rebuild;
pub mod rejector;
pub mod sentinel;
pub mod settler;
pub mod stress;
pub mod stress_prover;
pub mod threads;
pub mod watcher;
pub mod withdrawals;

pub use deployment::Deployment;
pub use error::{Error, Result, Severity};
