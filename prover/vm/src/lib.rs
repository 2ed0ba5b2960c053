//! The machine whose steps a contract can execute, too: RV64IM with five system calls (docs/machine.md).
//!
//! [`step::step`] is the slow and obvious one; everything faster is compared with it.

mod alu;
mod call;
mod decode;
mod fast;
mod fault;
mod hart;
mod history;
mod host;
mod image;
mod leap;
mod leaves;
pub mod limits;
mod memory;
mod proof;
mod recover;
mod ruling;
mod state;
pub mod step;
mod subject;
mod tree;
mod witness;

pub use decode::{Alu, Condition, Instruction, Width, decode};
pub use fast::FastMachine;
pub use fault::Fault;
pub use hart::Hart;
pub use history::History;
pub use host::{BlobElement, Facts, Host};
pub use image::{Image, ImageError, program_hash};
pub use leap::{Leap, Machine};
pub use leaves::{Leaf, Leaves, Missing};
pub use memory::Memory;
pub use ruling::Ruling;
pub use state::MachineState;
pub use subject::Subject;
pub use witness::{LeapWitness, Refused, replay};
