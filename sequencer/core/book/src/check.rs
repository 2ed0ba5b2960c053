//! The book's check of itself: every index says what the orders say.

use crate::{
    book::Book,
    change::is_sound,
    queue::Queue,
    slots::{Link, Slot},
};
use ballast_types::{Order, PriceTicks, Side};

type Finding = Result<(), &'static str>;

pub(crate) fn ensure(holds: bool, broken: &'static str) -> Finding {
    if holds { Ok(()) } else { Err(broken) }
}

impl Book {
    /// Looks at everything once: slots, levels, queues, counts and bounds. Takes time in proportion to the pages
    /// and the most levels that there ever were, and no memory.
    ///
    /// # Errors
    /// What is broken first. An error is a fault of this crate.
    pub fn check(&self) -> Result<(), &'static str> {
        self.check_slots()?;
        let bids = self.check_side(Side::Buy)?;
        let asks = self.check_side(Side::Sell)?;
        let waiting = self.check_waiting()?;
        ensure(
            bids + asks + waiting == u64::from(self.len()),
            "not every order is in the queue of its price",
        )?;
        match (self.best(Side::Buy), self.best(Side::Sell)) {
            (Some(bid), Some(ask)) => ensure(bid < ask, "the book is crossed"),
            _ => Ok(()),
        }
    }

    fn check_slots(&self) -> Finding {
        for slot in 0..self.slots.len() {
            let order = self.slots.get(slot);
            ensure(
                order.is_some() == self.taken.contains(slot),
                "the free slots are not those without an order",
            )?;
            let Some(order) = order else { continue };
            ensure(order.id.slot() == slot, "an order is not in the slot that its id names")?;
            ensure(slot < self.maximum, "an order lies beyond the maximum")?;
            self.check_order(&order)?;
        }
        ensure(self.rest_from <= self.next_arrival, "an order rests that did not arrive")?;
        ensure(!self.taken.contains(self.slots.len()), "a slot beyond the pages is taken")?;
        ensure(self.taken.is_consistent(), "the index of free slots contradicts itself")?;
        ensure(self.taken.lowest_free() <= self.slots.len(), "a free slot of a page is not found")
    }

    fn check_order(&self, order: &Order) -> Finding {
        ensure(order.price.is_valid() && order.size.is_valid(), "a price or size is out of bounds")?;
        ensure(order.id.arrival() < self.rest_from, "an order rests that did not come to rest")?;
        let Some(iceberg) = order.iceberg else { return Ok(()) };
        ensure(is_sound(order, &iceberg), "a hidden part is out of bounds")?;
        ensure(iceberg.arrival < self.next_arrival, "a part is shown that did not arrive")
    }

    /// Returns how many orders the side has.
    fn check_side(&self, side: Side) -> Result<u64, &'static str> {
        let levels = &self.sides[side];
        levels.check()?;
        let mut total = 0;
        let mut better: Option<PriceTicks> = None;
        let mut next = levels.best();
        while let Some(place) = next {
            let (price, level) = (levels.price(place.rank), place.level);
            ensure(
                better.is_none_or(|better| better != price && side.accepts(better, price)),
                "levels are not sorted from best to worst",
            )?;
            better = Some(price);
            let fits = |at: &Slot| at.side == side && at.price == price;
            let queue = levels.queue(level);
            let (orders, lots) = self.check_queue(queue, fits, |at| at.level == level)?;
            ensure(orders > 0, "a level is empty")?;
            ensure(orders == u64::from(queue.orders()), "the number of orders of a level is wrong")?;
            ensure(lots == queue.lots(), "the size of a level is wrong")?;
            total += orders;
            next = levels.next(place);
        }
        Ok(total)
    }

    /// Returns how many orders wait.
    fn check_waiting(&self) -> Result<u64, &'static str> {
        let (orders, lots) = self.check_queue(&self.waiting, |_| true, Slot::is_waiting)?;
        let counts = (u64::from(self.waiting.orders()), self.waiting.lots());
        ensure((orders, lots) == counts, "the orders that wait are not counted")?;
        Ok(orders)
    }

    /// Walks a queue both ways at once. Returns the number and the shown lots of its orders. Priorities must
    /// ascend, so the walk ends even where links run in a circle.
    fn check_queue(
        &self,
        queue: &Queue,
        fits: impl Fn(&Slot) -> bool,
        finds_it: impl Fn(&Slot) -> bool,
    ) -> Result<(u64, u128), &'static str> {
        let (mut orders, mut lots) = (0, 0);
        let mut before = Link::NONE;
        let mut served = None;
        let mut next = queue.first();
        while let Some(slot) = next.slot() {
            ensure(self.slots.get(slot).is_some(), "a queue leads to a free slot")?;
            let at = self.slots.at(slot);
            ensure(fits(at), "an order is in the queue of others")?;
            ensure(finds_it(at), "an order does not find its level")?;
            let priority = self.slots.priority(slot);
            ensure(served.is_none_or(|served| served < priority), "a queue is not sorted by arrival")?;
            ensure(at.before == before, "the links of a queue do not lead back")?;
            orders += 1;
            lots += u128::from(at.size.0);
            served = Some(priority);
            before = Link::to(slot);
            next = at.after;
        }
        ensure(queue.last() == before, "the end of a queue is not its last order")?;
        Ok((orders, lots))
    }
}
