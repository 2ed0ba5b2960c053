//! Replays the common workload on an order book, ours or another's.

use super::timing::{cpu_time, nanos};
use crate::workload::{HASH_START, Step, Workload, hash_fill};
use std::time::{Duration, Instant};

/// Order books that take the steps of the common workload.
pub trait Venue {
    /// `books` empty books.
    fn new(workload: &Workload, books: usize) -> Self;

    /// Takes one step. A modification is a cancel and, if the order was still there, a new order.
    fn step(&mut self, step: &Step);

    /// How many steps ahead it wants to be told of each, the farthest first.
    const AHEAD: &[usize] = &[];

    /// Is told of a step to come, [`Self::AHEAD`]`[stage]` steps ahead.
    fn foresee(&self, _stage: usize, _step: &Step) {}

    /// Fills made so far.
    fn fills(&self) -> Fills;
}

/// Fills that were made: two venues made the same if these are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fills {
    /// How many.
    pub count: u64,
    /// Order-dependent hash of all, see [`hash_fill`].
    pub hash: u64,
}

impl Default for Fills {
    fn default() -> Self {
        Self { count: 0, hash: HASH_START }
    }
}

impl Fills {
    /// What a correct engine makes of the workload.
    #[must_use]
    pub fn expected(workload: &Workload) -> Self {
        Self { count: workload.fills, hash: workload.hash }
    }

    /// Counts one more.
    pub fn add(&mut self, maker: u32, taker: u32, price: u32, size: u32) {
        self.count += 1;
        self.hash = hash_fill(self.hash, maker, taker, price, size);
    }
}

/// Tells the venue of what follows the step at `at`, and has it take that.
fn advance<V: Venue>(venue: &mut V, steps: &[Step], at: usize) {
    for (stage, ahead) in V::AHEAD.iter().enumerate() {
        if let Some(coming) = steps.get(at + ahead) {
            venue.foresee(stage, coming);
        }
    }
    venue.step(&steps[at]);
}

/// CPU time of all steps on new books, and the fills that they made.
#[must_use]
pub fn replay<V: Venue>(workload: &Workload, books: usize) -> (Duration, Fills) {
    let mut venue = V::new(workload, books);
    let steps = &workload.steps;
    let (time, ()) = cpu_time(|| (0..steps.len()).for_each(|at| advance(&mut venue, steps, at)));
    (time, venue.fills())
}

/// Time of each step on new books, in nanoseconds.
#[must_use]
pub fn times<V: Venue>(workload: &Workload, books: usize) -> Vec<u64> {
    let mut venue = V::new(workload, books);
    let each = (0..workload.steps.len()).map(|at| {
        let start = Instant::now();
        advance(&mut venue, &workload.steps, at);
        nanos(start)
    });
    each.collect()
}
