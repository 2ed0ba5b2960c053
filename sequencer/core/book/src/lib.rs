//! The order book of one market: price, then display, then time; planned first and committed after.
//!
//! The book knows orders; it knows neither whose they are together nor what they may cost. Whoever matches asks
//! it for a [`Plan`], which mutates nothing, judges the plan, and then carries it out with [`Book::fill`],
//! [`Book::reduce`], [`Book::remove`] and [`Book::rest`]. What belongs together or not at all is done between
//! [`Book::begin_undo`] and [`Book::keep`] or [`Book::undo`]. The visitor of [`Book::visit`] may judge as it goes.
//!
//! [`auction`] clears orders at one price: those that rest with those that wait for it ([`Book::wait`]).
//!
//! What is committed are the orders, [`Book::next_arrival`] and [`Book::pages`]. Queues, levels and free slots
//! are functions of these and are rebuilt by [`Book::restore`]. Nothing that the book answers depends on how it
//! came to hold its orders.
//!
//! [`naive`] is the specification: the same operations in the most obvious way, kept as the oracle of tests.

#![no_std]

extern crate alloc;

pub mod auction;
mod book;
mod change;
mod check;
mod dirty;
mod foresee;
mod free;
mod impact;
mod levels;
pub mod naive;
mod plan;
mod queue;
mod restore;
mod slots;
mod undo;
mod waiting;

#[cfg(test)]
mod tests;

pub use book::{Book, Level};
pub use foresee::FORESEES;
pub use plan::{Offer, Part, Plan, PlannedFill};
pub use restore::RestoreError;
