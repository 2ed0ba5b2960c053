//! What makes a batch valid: the previous root and the inputs in, the new root out.
//!
//! A batch is *valid* when [`run`], started on its hash, finds nothing wrong. The same crate runs natively in
//! the sequencer (which makes its headers with [`build()`]), in a validator, and as a RISC-V binary in the fault
//! proof. It knows nothing but the hash: headers, leaves and inputs are asked of an oracle and checked.
//! So it is with an escape claim, on which [`judge_escape`] says whether it is right.

#![no_std]

extern crate alloc;

mod build;
mod data;
mod diff;
mod escape;
mod inputs;
mod invalid;
mod leaves;
mod run;
mod walk;

pub use build::{Built, build};
pub use escape::judge_escape;
pub use invalid::Invalid;
pub use leaves::Leaves;
pub use run::{judge, run};
