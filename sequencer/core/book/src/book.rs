//! The book and all that can be asked of it.

use crate::{
    accounts::Accounts,
    dirty::DirtyPages,
    free::TakenSlots,
    levels::Levels,
    plan::Plan,
    slots::{Slots, Thread, page_of},
};
use alloc::vec::Vec;
use ballast_types::{
    AccountId, Order, OrderId, PriceTicks, Quote, Side, SizeLots,
    limits::{MAX_FILLS_PER_ORDER, MAX_ORDERS_PER_BOOK, ORDER_SLOT_BITS},
};

/// First arrival number that an order id cannot hold.
pub(crate) const ARRIVALS: u64 = 1 << (u64::BITS - ORDER_SLOT_BITS);

/// All orders of one side and price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// Their price.
    pub price: PriceTicks,
    /// Sum of their open sizes, in lots; at most 2^66.
    pub size: u128,
    /// Their number.
    pub orders: u32,
}

/// The resting orders of one market, by price, then by arrival.
#[derive(Clone, Debug)]
pub struct Book {
    pub(crate) slots: Slots,
    pub(crate) taken: TakenSlots,
    pub(crate) bids: Levels,
    pub(crate) asks: Levels,
    pub(crate) accounts: Accounts,
    pub(crate) dirty: DirtyPages,
    /// Orders resting.
    pub(crate) len: u32,
    /// Arrival number of the next order.
    pub(crate) next_arrival: u64,
    /// Smallest arrival number that may still rest: one above the last that did.
    pub(crate) rest_from: u64,
    /// Orders that may rest.
    pub(crate) maximum: u32,
}

impl Default for Book {
    fn default() -> Self {
        Self::new()
    }
}

impl Book {
    /// A book that never saw an order.
    #[must_use]
    pub fn new() -> Self {
        Self::empty(0, 0, MAX_ORDERS_PER_BOOK)
    }

    /// A book without orders of which `pages` pages were in use before.
    pub(crate) fn empty(next_arrival: u64, pages: u32, maximum: u32) -> Self {
        assert!(next_arrival <= ARRIVALS && maximum <= MAX_ORDERS_PER_BOOK);
        Self {
            slots: Slots::with_pages(pages),
            taken: TakenSlots::default(),
            bids: Levels::new(Side::Buy),
            asks: Levels::new(Side::Sell),
            accounts: Accounts::default(),
            dirty: DirtyPages::default(),
            len: 0,
            next_arrival,
            rest_from: 0,
            maximum,
        }
    }

    /// Arrival number of the next order.
    #[must_use]
    pub fn next_arrival(&self) -> u64 {
        self.next_arrival
    }

    /// Pages that were ever in use: all orders lie in pages below.
    #[must_use]
    pub fn pages(&self) -> u32 {
        self.slots.pages()
    }

    /// Number of resting orders.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len
    }

    /// Whether no order rests.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Best price of a side.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<PriceTicks> {
        self.levels(side).best()
    }

    /// The best `max_levels` levels of a side, best first.
    #[must_use]
    pub fn depth(&self, side: Side, max_levels: usize) -> Vec<Level> {
        self.levels(side)
            .best_first()
            .take(max_levels)
            .map(|(price, queue)| Level { price, size: queue.lots, orders: queue.orders })
            .collect()
    }

    /// The order with this id, if it rests. Any id may be asked for.
    #[must_use]
    pub fn get(&self, id: OrderId) -> Option<&Order> {
        self.slots.get(id.slot()).filter(|order| order.id == id)
    }

    /// All resting orders by slot.
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.slots.iter()
    }

    /// The resting orders of an account, ids ascending.
    pub fn orders_of(&self, account: AccountId) -> impl Iterator<Item = OrderId> {
        let chain = self.accounts.chain(account);
        chain.into_iter().flat_map(|chain| chain.iter(&self.slots, Thread::Account)).map(|order| order.id)
    }

    /// Plans what an order of `taker_side` would meet: makers in price-time order until `size` is met, no
    /// maker is left whose price `limit` accepts, or the plan holds [`MAX_FILLS_PER_ORDER`] fills.
    ///
    /// `skip` is asked once about each maker in that order while something is left; one for which it answers
    /// `true` is passed over and not counted. Nothing of the book changes. What `plan` held before is lost.
    pub fn plan(
        &self,
        taker_side: Side,
        limit: PriceTicks,
        size: SizeLots,
        mut skip: impl FnMut(&Order) -> bool,
        plan: &mut Plan,
    ) {
        plan.begin(size);
        for (price, queue) in self.levels(taker_side.opposite()).best_first() {
            if !taker_side.accepts(limit, price) {
                return;
            }
            for maker in queue.chain.iter(&self.slots, Thread::Price) {
                if plan.left == SizeLots::ZERO {
                    return;
                }
                if skip(maker) {
                    continue;
                }
                if plan.fills.len() == MAX_FILLS_PER_ORDER {
                    plan.truncated = true;
                    return;
                }
                plan.meet(maker.id, price, maker.size);
            }
        }
    }

    /// Takes the arrival number for an order that enters. Numbers of orders that never rest are used up too.
    ///
    /// # Panics
    /// When 2^43 numbers were taken.
    pub fn take_arrival(&mut self) -> u64 {
        assert!(self.next_arrival < ARRIVALS, "arrival numbers are used up");
        let arrival = self.next_arrival;
        self.next_arrival += 1;
        arrival
    }

    /// The lowest free slot, where the order that enters now would rest; `None` when the book is full.
    #[must_use]
    pub fn next_slot(&self) -> Option<u32> {
        let slot = self.taken.lowest_free();
        (slot < self.maximum).then_some(slot)
    }

    /// Fills a maker with `size` lots and sets the reserve of what is left of it. Returns the order after:
    /// with size 0 it is gone.
    ///
    /// # Panics
    /// When no such order rests, or `size` is 0 or more than its size. Fills come from a plan, so it does.
    pub fn fill(&mut self, maker: OrderId, size: SizeLots, reserve_left: Quote) -> Order {
        let before = *self.get(maker).expect("a planned maker rests");
        assert!(size > SizeLots::ZERO && size <= before.size, "a fill is not larger than its maker");
        let after = Order { size: SizeLots(before.size.0 - size.0), reserve: reserve_left, ..before };
        if after.size == SizeLots::ZERO {
            self.unlink(&before);
        } else {
            self.levels_mut(before.side).shrink(before.price, size);
            *self.slots.order_mut(maker.slot()) = after;
        }
        self.dirty.mark(page_of(maker.slot()));
        after
    }

    /// Rests an order at the end of its price's queue, in the slot that its id names: the one that
    /// [`Book::next_slot`] gave when the order entered. Fills in between may have freed lower ones.
    ///
    /// # Panics
    /// When the order breaks the book: its slot is taken or out of range, its arrival number was not taken
    /// from here or is not newer than every order that rested, its price or size is out of bounds, or it
    /// crosses. The makers that it passed over must have left before.
    pub fn rest(&mut self, order: Order) {
        let (slot, arrival) = (order.id.slot(), order.id.arrival());
        assert!(slot < self.maximum, "the slot is one of the book's");
        assert!(self.rest_from <= arrival && arrival < self.next_arrival, "orders rest as they arrive");
        assert!(order.price.is_valid() && order.size.is_valid(), "price and size are in bounds");
        let best = self.best(order.side.opposite());
        assert!(!best.is_some_and(|best| order.side.accepts(order.price, best)), "what rests does not cross");
        self.link(&order);
        self.dirty.mark(page_of(slot));
    }

    /// Removes an order, if it rests. Any id may be asked for.
    pub fn remove(&mut self, id: OrderId) -> Option<Order> {
        let order = *self.get(id)?;
        self.unlink(&order);
        self.dirty.mark(page_of(id.slot()));
        Some(order)
    }

    /// The orders of a page by slot; none when the page was never in use.
    #[must_use]
    pub fn page(&self, page: u16) -> Vec<Order> {
        self.slots.page(page).copied().collect()
    }

    /// The pages in which an order rested, left or was filled since the last call, ascending.
    pub fn take_dirty_pages(&mut self) -> Vec<u16> {
        self.dirty.take()
    }

    /// Puts an order younger than all others into its slot, which is free, and all indexes.
    pub(crate) fn link(&mut self, order: &Order) {
        self.slots.put(*order);
        self.taken.take(order.id.slot());
        match order.side {
            Side::Buy => self.bids.join(&mut self.slots, order),
            Side::Sell => self.asks.join(&mut self.slots, order),
        }
        self.accounts.join(&mut self.slots, order);
        self.len += 1;
        self.rest_from = order.id.arrival() + 1;
    }

    /// Takes a resting order, as it lies in its slot, out of the book and all indexes.
    fn unlink(&mut self, order: &Order) {
        match order.side {
            Side::Buy => self.bids.leave(&mut self.slots, order),
            Side::Sell => self.asks.leave(&mut self.slots, order),
        }
        self.accounts.leave(&mut self.slots, order);
        self.taken.release(order.id.slot());
        self.slots.take(order.id.slot());
        self.len -= 1;
    }

    pub(crate) fn levels(&self, side: Side) -> &Levels {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }

    fn levels_mut(&mut self, side: Side) -> &mut Levels {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        }
    }
}
