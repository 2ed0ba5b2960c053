//! The specification of the book: the same answers in the most obvious way, at any cost in time.
//!
//! Tests compare [`crate::Book`] with this after every command. It stays simple: a change of the rules is made
//! here first, and nothing here is ever made faster.

use crate::{Level, Plan};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use ballast_types::{
    AccountId, Order, OrderId, PriceTicks, Quote, Side, SizeLots,
    limits::{MAX_FILLS_PER_ORDER, MAX_ORDERS_PER_BOOK, ORDERS_PER_PAGE},
};

const PAGE: usize = ORDERS_PER_PAGE as usize;

/// The resting orders of one market: a list of slots, and nothing derived from it.
#[derive(Clone, Debug)]
pub struct NaiveBook {
    /// By slot; as many as the pages in use have.
    slots: Vec<Option<Order>>,
    next_arrival: u64,
    dirty: BTreeSet<u16>,
    maximum: u32,
}

impl Default for NaiveBook {
    fn default() -> Self {
        Self::new()
    }
}

impl NaiveBook {
    /// As [`crate::Book::new`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_maximum(MAX_ORDERS_PER_BOOK)
    }

    /// A book that is full with `maximum` orders.
    #[must_use]
    pub fn with_maximum(maximum: u32) -> Self {
        Self { slots: vec![], next_arrival: 0, dirty: BTreeSet::new(), maximum }
    }

    /// As [`crate::Book::next_arrival`].
    #[must_use]
    pub fn next_arrival(&self) -> u64 {
        self.next_arrival
    }

    /// As [`crate::Book::pages`].
    #[must_use]
    pub fn pages(&self) -> u32 {
        (self.slots.len() / PAGE) as u32
    }

    /// As [`crate::Book::len`].
    #[must_use]
    pub fn len(&self) -> u32 {
        self.orders().count() as u32
    }

    /// As [`crate::Book::is_empty`].
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As [`crate::Book::best`].
    #[must_use]
    pub fn best(&self, side: Side) -> Option<PriceTicks> {
        self.queue(side).first().map(|order| order.price)
    }

    /// As [`crate::Book::depth`].
    #[must_use]
    pub fn depth(&self, side: Side, max_levels: usize) -> Vec<Level> {
        let mut levels: Vec<Level> = vec![];
        for order in self.queue(side) {
            match levels.last_mut() {
                Some(level) if level.price == order.price => {
                    level.size += u128::from(order.size.0);
                    level.orders += 1;
                }
                _ => levels.push(Level { price: order.price, size: order.size.0.into(), orders: 1 }),
            }
        }
        levels.truncate(max_levels);
        levels
    }

    /// As [`crate::Book::get`].
    #[must_use]
    pub fn get(&self, id: OrderId) -> Option<&Order> {
        self.orders().find(|order| order.id == id)
    }

    /// As [`crate::Book::orders`].
    pub fn orders(&self) -> impl Iterator<Item = &Order> {
        self.slots.iter().flatten()
    }

    /// As [`crate::Book::orders_of`].
    pub fn orders_of(&self, account: AccountId) -> impl Iterator<Item = OrderId> {
        let mut ids: Vec<_> = self.orders().filter(|o| o.account == account).map(|o| o.id).collect();
        ids.sort_unstable();
        ids.into_iter()
    }

    /// As [`crate::Book::plan`].
    pub fn plan(
        &self,
        taker_side: Side,
        limit: PriceTicks,
        size: SizeLots,
        mut skip: impl FnMut(&Order) -> bool,
        plan: &mut Plan,
    ) {
        *plan = Plan { left: size, ..Plan::default() };
        for maker in self.queue(taker_side.opposite()) {
            if plan.left == SizeLots::ZERO || !taker_side.accepts(limit, maker.price) {
                break;
            }
            if skip(&maker) {
                continue;
            }
            if plan.fills.len() == MAX_FILLS_PER_ORDER {
                plan.truncated = true;
                break;
            }
            plan.meet(maker.id, maker.price, maker.size);
        }
    }

    /// As [`crate::Book::take_arrival`].
    pub fn take_arrival(&mut self) -> u64 {
        self.next_arrival += 1;
        self.next_arrival - 1
    }

    /// As [`crate::Book::next_slot`].
    #[must_use]
    pub fn next_slot(&self) -> Option<u32> {
        let free = self.slots.iter().position(Option::is_none).unwrap_or(self.slots.len()) as u32;
        (free < self.maximum).then_some(free)
    }

    /// As [`crate::Book::fill`].
    ///
    /// # Panics
    /// As there.
    pub fn fill(&mut self, maker: OrderId, size: SizeLots, reserve_left: Quote) -> Order {
        let mut order = self.remove(maker).expect("a planned maker rests");
        assert!(size > SizeLots::ZERO && size <= order.size, "a fill is not larger than its maker");
        order.size.0 -= size.0;
        order.reserve = reserve_left;
        if order.size > SizeLots::ZERO {
            self.slots[maker.slot() as usize] = Some(order);
        }
        order
    }

    /// As [`crate::Book::rest`].
    ///
    /// # Panics
    /// When the slot is taken.
    pub fn rest(&mut self, order: Order) {
        let slot = order.id.slot() as usize;
        while self.slots.len() <= slot {
            self.slots.extend([None; PAGE]);
        }
        let replaced = self.slots[slot].replace(order);
        assert!(replaced.is_none(), "the slot is free");
        self.dirty.insert((slot / PAGE) as u16);
    }

    /// As [`crate::Book::remove`].
    pub fn remove(&mut self, id: OrderId) -> Option<Order> {
        let order = *self.get(id)?;
        let slot = id.slot() as usize;
        self.slots[slot] = None;
        self.dirty.insert((slot / PAGE) as u16);
        Some(order)
    }

    /// As [`crate::Book::page`].
    #[must_use]
    pub fn page(&self, page: u16) -> Vec<Order> {
        self.slots.iter().skip(usize::from(page) * PAGE).take(PAGE).copied().flatten().collect()
    }

    /// As [`crate::Book::take_dirty_pages`].
    pub fn take_dirty_pages(&mut self) -> Vec<u16> {
        core::mem::take(&mut self.dirty).into_iter().collect()
    }

    /// The orders of a side in price-time order.
    fn queue(&self, side: Side) -> Vec<Order> {
        let mut orders: Vec<_> = self.orders().filter(|order| order.side == side).copied().collect();
        orders.sort_unstable_by(|a, b| {
            let by_price = match side {
                Side::Buy => b.price.cmp(&a.price),
                Side::Sell => a.price.cmp(&b.price),
            };
            by_price.then(a.id.cmp(&b.id))
        });
        orders
    }
}
