//! The price levels of one side, best first. The rest of the book sees them only through this interface.
//!
//! The tree may ask for memory when a price without orders gets its first; joining and leaving a level that
//! exists, and walking the levels, never does.

use crate::{
    chain::Chain,
    slots::{Slots, Thread},
};
use alloc::collections::BTreeMap;
use ballast_types::{Order, PriceTicks, Side, SizeLots};

/// The orders of one price, oldest first.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    /// The orders.
    pub(crate) chain: Chain,
    /// Sum of their sizes. The sum of a full book, 2^20 times 2^46, does not fit 64 bits.
    pub(crate) lots: u128,
    /// Their number.
    pub(crate) orders: u32,
}

impl Queue {
    const EMPTY: Self = Self { chain: Chain::EMPTY, lots: 0, orders: 0 };
}

/// All queues of one side; none of them is empty.
#[derive(Clone, Debug)]
pub(crate) struct Levels {
    side: Side,
    /// By [`Levels::rank`], so that the best comes first on either side.
    queues: BTreeMap<u64, Queue>,
}

impl Levels {
    /// A side without orders.
    pub(crate) const fn new(side: Side) -> Self {
        Self { side, queues: BTreeMap::new() }
    }

    /// Ascends from the best price to the worst. It is its own inverse.
    fn rank(&self, price: u64) -> u64 {
        match self.side {
            Side::Buy => !price,
            Side::Sell => price,
        }
    }

    /// The best price.
    pub(crate) fn best(&self) -> Option<PriceTicks> {
        self.queues.first_key_value().map(|(&rank, _)| PriceTicks(self.rank(rank)))
    }

    /// All levels from the best to the worst.
    pub(crate) fn best_first(&self) -> impl Iterator<Item = (PriceTicks, &Queue)> {
        self.queues.iter().map(|(&rank, queue)| (PriceTicks(self.rank(rank)), queue))
    }

    /// Puts an order that lies in its slot at the end of its price's queue.
    pub(crate) fn join(&mut self, slots: &mut Slots, order: &Order) {
        let queue = self.queues.entry(self.rank(order.price.0)).or_insert(Queue::EMPTY);
        queue.chain.append(slots, Thread::Price, order.id.slot());
        queue.lots += u128::from(order.size.0);
        queue.orders += 1;
    }

    /// Takes an order out of its price's queue, and the level away with the last one.
    pub(crate) fn leave(&mut self, slots: &mut Slots, order: &Order) {
        let rank = self.rank(order.price.0);
        let queue = self.queues.get_mut(&rank).expect("a resting order has a level");
        queue.chain.unlink(slots, Thread::Price, order.id.slot());
        queue.lots -= u128::from(order.size.0);
        queue.orders -= 1;
        assert!(queue.chain.is_empty() == (queue.orders == 0), "a queue counts its orders");
        if queue.orders == 0 {
            assert!(queue.lots == 0, "an empty queue has no lots");
            self.queues.remove(&rank);
        }
    }

    /// Takes `size` off the sum at `price`, where an order shrank by as much and stays.
    pub(crate) fn shrink(&mut self, price: PriceTicks, size: SizeLots) {
        let queue = self.queues.get_mut(&self.rank(price.0)).expect("a resting order has a level");
        queue.lots -= u128::from(size.0);
    }
}
