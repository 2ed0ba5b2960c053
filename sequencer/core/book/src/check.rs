//! The book's check of itself: every index says what the orders say.

use crate::{
    book::Book,
    chain::Chain,
    slots::{Link, Thread},
};
use ballast_types::{Order, PriceTicks, Side};

type Finding = Result<(), &'static str>;

fn ensure(holds: bool, broken: &'static str) -> Finding {
    if holds { Ok(()) } else { Err(broken) }
}

impl Book {
    /// Looks at everything once: slots, levels, chains, counts and bounds. Takes time in proportion to the
    /// pages and no memory.
    ///
    /// # Errors
    /// What is broken first. An error is a fault of this crate.
    pub fn check(&self) -> Result<(), &'static str> {
        self.check_slots()?;
        self.check_accounts()?;
        let bids = self.check_side(Side::Buy)?;
        let asks = self.check_side(Side::Sell)?;
        ensure(bids + asks == u64::from(self.len), "not every order is in the queue of its price")?;
        match (self.best(Side::Buy), self.best(Side::Sell)) {
            (Some(bid), Some(ask)) => ensure(bid < ask, "the book is crossed"),
            _ => Ok(()),
        }
    }

    fn check_slots(&self) -> Finding {
        let mut orders = 0;
        for slot in 0..self.slots.len() {
            let order = self.slots.get(slot);
            ensure(
                order.is_some() == self.taken.contains(slot),
                "the free slots are not those without an order",
            )?;
            let Some(order) = order else { continue };
            orders += 1;
            ensure(order.id.slot() == slot, "an order is not in the slot that its id names")?;
            ensure(slot < self.maximum, "an order lies beyond the maximum")?;
            ensure(order.price.is_valid() && order.size.is_valid(), "a price or size is out of bounds")?;
            ensure(order.id.arrival() < self.rest_from, "an order rests that did not come to rest")?;
        }
        ensure(orders == self.len, "the number of orders is wrong")?;
        ensure(self.rest_from <= self.next_arrival, "an order rests that did not arrive")?;
        ensure(!self.taken.contains(self.slots.len()), "a slot beyond the pages is taken")?;
        ensure(self.taken.is_consistent(), "the index of free slots contradicts itself")?;
        ensure(self.taken.lowest_free() <= self.slots.len(), "a free slot of a page is not found")
    }

    /// The chains are found by their first orders, so that the map is looked up and never walked.
    fn check_accounts(&self) -> Finding {
        let (mut chains, mut orders) = (0, 0);
        for first in self.orders() {
            if self.slots.links(Thread::Account, first.id.slot()).before != Link::NONE {
                continue;
            }
            chains += 1;
            let chain = self.accounts.chain(first.account).ok_or("an account with orders has no chain")?;
            ensure(chain.first() == Some(first.id.slot()), "an account has two chains")?;
            orders += self.check_chain(chain, Thread::Account, |order| order.account == first.account)?.0;
        }
        ensure(orders == u64::from(self.len), "not every order is in the chain of its account")?;
        ensure(chains == self.accounts.len(), "an account without orders has a chain")
    }

    /// Returns how many orders the side has.
    fn check_side(&self, side: Side) -> Result<u64, &'static str> {
        let mut total = 0;
        let mut better: Option<PriceTicks> = None;
        for (price, queue) in self.levels(side).best_first() {
            ensure(
                better.is_none_or(|better| better != price && side.accepts(better, price)),
                "levels are not sorted from best to worst",
            )?;
            better = Some(price);
            let fits = |order: &Order| order.side == side && order.price == price;
            let (orders, lots) = self.check_chain(&queue.chain, Thread::Price, fits)?;
            ensure(orders > 0, "a level is empty")?;
            ensure(orders == u64::from(queue.orders), "the number of orders of a level is wrong")?;
            ensure(lots == queue.lots, "the size of a level is wrong")?;
            total += orders;
        }
        Ok(total)
    }

    /// Walks a chain both ways at once. Returns the number and the lots of its orders. Ids must ascend, so
    /// the walk ends even where links run in a circle.
    fn check_chain(
        &self,
        chain: &Chain,
        thread: Thread,
        fits: impl Fn(&Order) -> bool,
    ) -> Result<(u64, u128), &'static str> {
        let (mut orders, mut lots) = (0, 0);
        let mut before = Link::NONE;
        let mut last_id = None;
        let mut next = chain.first();
        while let Some(slot) = next {
            let order = self.slots.get(slot).ok_or("a chain leads to a free slot")?;
            ensure(fits(order), "an order is in the chain of others")?;
            ensure(last_id.is_none_or(|last| last < order.id), "a chain is not sorted by arrival")?;
            let links = self.slots.links(thread, slot);
            ensure(links.before == before, "the links of a chain do not lead back")?;
            orders += 1;
            lots += u128::from(order.size.0);
            last_id = Some(order.id);
            before = Link::to(slot);
            next = links.after.slot();
        }
        ensure(chain.last() == before.slot(), "the end of a chain is not its last order")?;
        Ok((orders, lots))
    }
}
