//! Crash replay (risk.md 4.9, T11): the real engine, its book and the node's ladder go through a recorded crash with a
//! crowd of accounts that is drawn from a seed.
//!
//! The prices are real, the crowd is not: everything that is assumed of it is in [`assumptions`]. Nothing of the engine is
//! imitated: whatever happens to an account is an input of the log, and what is told is what the outcomes tell.

pub mod assumptions;
pub mod bars;
mod breakers;
mod crowd;
mod drive;
pub mod event;
mod listing;
mod makers;
mod noise;
mod open;
pub mod path;
pub mod plot;
pub mod report;
pub mod table;
mod tally;
mod target;
mod venue;
mod watch;

pub use assumptions::Assumptions;
pub use drive::run;
pub use event::Crash;
pub use report::Report;
