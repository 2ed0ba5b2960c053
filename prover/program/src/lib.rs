//! What makes a batch valid: the previous root and the inputs in, the new root out.
//!
//! A batch is *valid* when [`run`], started on its hash, finds nothing wrong. The same crate runs natively in
//! the sequencer (which makes its headers with [`build()`]), in a validator, and as a RISC-V binary in the fault
//! proof. It knows nothing but the hash: headers, leaves and inputs are asked of an oracle and checked.

#![no_std]

extern crate alloc;

mod build;
mod data;
mod diff;
mod inputs;
mod invalid;
mod leaves;
mod run;

pub use build::{Built, build};
pub use invalid::Invalid;
pub use leaves::Leaves;
pub use run::{judge, run};
