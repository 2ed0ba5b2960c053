//! The book that a flow makes when all that it asks for is done: our book, without accounts and margin.

use super::Action;
use ballast_book::{Book, Level, Plan};
use ballast_types::{AccountId, ClientId, KeyNumber, Order, OrderId, PriceTicks, Quote, Side, SizeLots};
use std::collections::HashMap;

/// A book and the venue's numbers of its orders.
#[derive(Clone, Debug, Default)]
pub struct Shadow {
    book: Book,
    resting: HashMap<u64, OrderId>,
    plan: Plan,
}

impl Shadow {
    /// Does what was asked for. What names an order that is gone does nothing.
    pub fn carry_out(&mut self, action: &Action) {
        match *action {
            Action::Place { id, side, price, size } => self.place(id, side, price, size),
            Action::Cancel { id } => self.cancel(id),
            Action::Replace { id, price, size } => {
                let Some(old) = self.order(id) else { return };
                if old.price == price && size <= old.size {
                    self.book.reduce(old.id, size, Quote::ZERO);
                } else {
                    self.cancel(id);
                    self.place(id, old.side, price, size);
                }
            }
            Action::Take { side, price, size } => _ = self.take(side, price, size),
        }
    }

    /// What is open of an order; 0 when it is gone.
    #[must_use]
    pub fn open(&self, id: u64) -> SizeLots {
        self.order(id).map_or(SizeLots::ZERO, |order| order.size)
    }

    /// What an order would meet now.
    pub fn would_meet(&mut self, side: Side, price: PriceTicks, size: SizeLots) -> SizeLots {
        self.book.plan(side, price, size, |_| false, &mut self.plan);
        self.plan.filled
    }

    /// The venue's numbers of the orders that an order at `price` would meet.
    #[must_use]
    pub fn in_the_way(&self, side: Side, price: PriceTicks) -> Vec<u64> {
        let mut ids = Vec::new();
        self.book.visit(side, price, |offer| {
            ids.push(offer.order.client.0);
            std::ops::ControlFlow::Continue(())
        });
        ids
    }

    /// The best levels of a side, best first.
    #[must_use]
    pub fn depth(&self, side: Side, levels: usize) -> Vec<Level> {
        self.book.depth(side, levels)
    }

    fn order(&self, id: u64) -> Option<Order> {
        self.resting.get(&id).and_then(|order| self.book.get(*order))
    }

    fn cancel(&mut self, id: u64) {
        if let Some(order) = self.resting.remove(&id) {
            self.book.remove(order);
        }
    }

    /// Fills what `size` lots meet; what is left and may rest.
    fn take(&mut self, side: Side, price: PriceTicks, size: SizeLots) -> SizeLots {
        self.book.plan(side, price, size, |_| false, &mut self.plan);
        for fill in &self.plan.fills {
            self.book.fill(fill.maker, fill.size, Quote::ZERO);
        }
        if self.plan.truncated { SizeLots::ZERO } else { self.plan.left }
    }

    fn place(&mut self, id: u64, side: Side, price: PriceTicks, size: SizeLots) {
        let left = self.take(side, price, size);
        let Some(slot) = self.book.next_slot().filter(|_| left > SizeLots::ZERO) else { return };
        let order = OrderId::new(self.book.take_arrival(), slot);
        self.book.rest(&Order {
            id: order,
            account: AccountId(0),
            key: KeyNumber(0),
            side,
            price,
            size: left,
            reserve: Quote::ZERO,
            client: ClientId(id),
            reduce_only: false,
            good_until: None,
            iceberg: None,
            waits: None,
        });
        self.resting.insert(id, order);
    }
}
