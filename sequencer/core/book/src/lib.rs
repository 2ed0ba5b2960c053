//! The order book of one market: price-time priority, planned first and committed after.
//!
//! The book knows orders; it knows neither what an account owns nor what an order may cost. Whoever matches
//! asks it for a [`Plan`], which mutates nothing, judges the plan, and then carries it out with
//! [`Book::fill`], [`Book::remove`] and [`Book::rest`].
//!
//! What is committed are the orders, [`Book::next_arrival`] and [`Book::pages`]. Queues, levels, chains of
//! accounts and free slots are functions of these and are rebuilt by [`Book::restore`]. Nothing that the book
//! answers depends on how it came to hold its orders.
//!
//! [`naive`] is the specification: the same operations in the most obvious way, kept as the oracle of tests.

#![no_std]

extern crate alloc;

mod accounts;
mod book;
mod chain;
mod check;
mod dirty;
mod free;
mod levels;
pub mod naive;
mod plan;
mod restore;
mod slots;

#[cfg(test)]
mod tests;

pub use book::{Book, Level};
pub use plan::{Plan, PlannedFill};
pub use restore::RestoreError;
