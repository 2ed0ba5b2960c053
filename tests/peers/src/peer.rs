//! What a peer has to do, and how the steps of the workload reach it.

use crate::bench::venue::{Fills, Venue};
use crate::workload::{Kind, Step, Workload};

/// A peer's order books, through the calls that its documentation shows.
pub trait Peer {
    /// `books` empty books; order ids lie below `orders`.
    fn new(orders: usize, books: usize) -> Self;

    /// Places a limit or immediate-or-cancel order and tells each fill.
    fn place(&mut self, step: &Step, fills: &mut Fills);

    /// Cancels the order that the step names; whether it was there.
    fn cancel(&mut self, step: &Step) -> bool;
}

/// A peer at the workload's table.
pub struct Seat<P> {
    peer: P,
    fills: Fills,
}

impl<P: Peer> Venue for Seat<P> {
    fn new(workload: &Workload, books: usize) -> Self {
        let last = workload.steps.iter().map(|step| step.id).max().unwrap_or(0);
        Self { peer: P::new(last as usize + 1, books), fills: Fills::default() }
    }

    fn step(&mut self, step: &Step) {
        match step.kind {
            Kind::Limit | Kind::Ioc => self.peer.place(step, &mut self.fills),
            Kind::Cancel => {
                self.peer.cancel(step);
            }
            Kind::Modify => {
                if self.peer.cancel(step) {
                    self.peer.place(step, &mut self.fills);
                }
            }
        }
    }

    fn fills(&self) -> Fills {
        self.fills
    }
}

/// A peer's wider number as the workload's.
pub fn narrow<T: TryInto<u32>>(value: T) -> u32 {
    value.try_into().ok().expect("workload values are 32 bits")
}
