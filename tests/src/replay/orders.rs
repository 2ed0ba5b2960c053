//! Which order of ours stands for which order of the venue, and which account may take another one.

use crate::flow::Action;
use ballast_types::{OrderId, limits::MAX_OPEN_ORDERS};
use std::collections::{HashMap, HashSet};

/// Orders that one account is given: some fewer than it may have.
const MOST_OPEN: usize = MAX_OPEN_ORDERS as usize - 100;

/// How many accounts own the recorded orders without one of them having too many.
#[must_use]
pub fn accounts_needed(actions: &[Action]) -> usize {
    let (mut open, mut peak) = (HashSet::new(), 0);
    for action in actions {
        match action {
            Action::Place { id, .. } => _ = open.insert(*id),
            Action::Cancel { id } => _ = open.remove(id),
            Action::Replace { .. } | Action::Take { .. } => {}
        }
        peak = peak.max(open.len());
    }
    peak / MOST_OPEN + 2
}

/// What is known of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Sent or about to be; the answer will tell.
    Asked,
    /// It rests, or was filled since.
    Resting(OrderId),
    /// It never rested, or is cancelled.
    Gone,
}

/// An order of the venue here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Known {
    /// Which maker has it.
    pub owner: usize,
    /// Which side it is on.
    pub side: ballast_types::Side,
    /// What is known of it.
    pub state: State,
}

/// All orders by the venue's number.
#[derive(Debug)]
pub(super) struct Orders {
    known: HashMap<u64, Known>,
    /// Orders of each maker that may rest.
    open: Vec<usize>,
    current: usize,
}

impl Orders {
    pub(super) fn new(makers: usize) -> Self {
        assert!(makers > 0);
        Self { known: HashMap::new(), open: vec![0; makers], current: 0 }
    }

    pub(super) fn get(&self, id: u64) -> Option<Known> {
        self.known.get(&id).copied()
    }

    /// The maker that takes the next order: the same one as long as it may, so that batches grow long.
    pub(super) fn place(&mut self, id: u64, side: ballast_types::Side) -> usize {
        if self.open[self.current] >= MOST_OPEN {
            let emptiest = (0..self.open.len()).min_by_key(|maker| self.open[*maker]);
            self.current = emptiest.expect("there is a maker");
        }
        let owner = self.current;
        self.open[owner] += 1;
        self.known.insert(id, Known { owner, side, state: State::Asked });
        owner
    }

    /// Learns what became of an order.
    pub(super) fn learn(&mut self, id: u64, state: State) {
        let Some(known) = self.known.get_mut(&id) else { return };
        let was_open = known.state != State::Gone;
        let is_open = state != State::Gone;
        known.state = state;
        match (was_open, is_open) {
            (true, false) => self.open[known.owner] -= 1,
            (false, true) => self.open[known.owner] += 1,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_types::{PriceTicks, Side, SizeLots};

    fn place(id: u64) -> Action {
        Action::Place { id, side: Side::Buy, price: PriceTicks(1), size: SizeLots(1) }
    }

    #[test]
    fn no_maker_is_given_more_than_it_may_have() {
        let actions: Vec<Action> = (0..2_500).map(place).collect();
        let makers = accounts_needed(&actions);
        let mut orders = Orders::new(makers);
        let mut given = vec![0; makers];
        for id in 0..2_500 {
            given[orders.place(id, Side::Buy)] += 1;
        }
        assert!(given.iter().all(|count| *count <= MOST_OPEN), "{given:?}");
    }

    #[test]
    fn an_order_that_goes_makes_room() {
        let mut orders = Orders::new(1);
        orders.place(7, Side::Sell);
        orders.learn(7, State::Resting(OrderId(3)));
        assert_eq!(
            (orders.open[0], orders.get(7).map(|known| known.state)),
            (1, Some(State::Resting(OrderId(3))))
        );
        orders.learn(7, State::Gone);
        orders.learn(7, State::Gone);
        assert_eq!(orders.open[0], 0);
    }
}
