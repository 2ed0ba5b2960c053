//! The specification of the book: the same answers in the most obvious way, at any cost in time.
//!
//! Tests compare [`crate::Book`] with this after every command. It stays simple: a change of the rules is made
//! here first, and nothing here is ever made faster.

use crate::{Level, Offer, Part, Plan, PlannedFill};
use alloc::{boxed::Box, collections::BTreeSet, vec, vec::Vec};
use core::cmp::Ordering;

use ballast_types::{
    Iceberg, Order, OrderId, PriceTicks, Quote, Side, SizeLots,
    limits::{MAX_FILLS_PER_ORDER, MAX_ORDERS_PER_BOOK, ORDER_SLOT_BITS, ORDERS_PER_PAGE},
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
    /// The whole book as it was when what may be undone began.
    before: Option<Box<Self>>,
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
        Self { slots: vec![], next_arrival: 0, dirty: BTreeSet::new(), maximum, before: None }
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

    /// As [`crate::Book::impact`].
    #[must_use]
    pub fn impact(&self, side: Side, notional: u128) -> Option<PriceTicks> {
        let (mut traded, mut lots) = (0, 0);
        for order in self.queue(side) {
            let price = u128::from(order.price.0);
            let needed = notional.max(1).saturating_sub(traded).div_ceil(price);
            let taken = needed.min(order.size.0.into());
            traded += taken * price;
            lots += taken;
        }
        let average = match side {
            Side::Buy => traded.checked_div(lots),
            Side::Sell => (lots > 0).then(|| traded.div_ceil(lots)),
        };
        average.filter(|_| traded >= notional).map(|average| PriceTicks(average as u64))
    }

    /// As [`crate::Book::get`].
    #[must_use]
    pub fn get(&self, id: OrderId) -> Option<Order> {
        self.orders().find(|order| order.id == id)
    }

    /// As [`crate::Book::orders`].
    pub fn orders(&self) -> impl Iterator<Item = Order> {
        self.slots.iter().flatten().copied()
    }

    /// As [`crate::Book::plan`].
    pub fn plan(
        &self,
        taker_side: Side,
        limit: PriceTicks,
        size: SizeLots,
        mut skip: impl FnMut(&Offer) -> bool,
        plan: &mut Plan,
    ) {
        *plan = Plan { left: size, ..Plan::default() };
        let mut passed_over = BTreeSet::new();
        for offer in self.offers(taker_side.opposite()) {
            let Offer { order: maker, part, size } = offer;
            if plan.left == SizeLots::ZERO || !taker_side.accepts(limit, maker.price) {
                break;
            }
            if part == Part::Hidden && passed_over.contains(&maker.id) {
                continue;
            }
            if skip(&offer) {
                passed_over.insert(maker.id);
                continue;
            }
            if plan.fills.len() == MAX_FILLS_PER_ORDER {
                plan.truncated = true;
                break;
            }
            let size = size.min(plan.left);
            plan.fills.push(PlannedFill { maker: maker.id, price: maker.price, size });
            plan.filled.0 += size.0;
            plan.left.0 -= size.0;
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
        assert!(size > SizeLots::ZERO && size <= order.open(), "a fill is not larger than its maker");
        let left = order.open().0 - size.0;
        order.reserve = reserve_left;
        match &mut order.iceberg {
            Some(iceberg) if size >= order.size => {
                order.size = iceberg.display.min(SizeLots(left));
                iceberg.hidden = SizeLots(left - order.size.0);
                if left > 0 && self.next_arrival < 1 << (u64::BITS - ORDER_SLOT_BITS) {
                    iceberg.arrival = self.next_arrival;
                    self.next_arrival += 1;
                }
            }
            _ => order.size.0 -= size.0,
        }
        if left > 0 {
            self.slots[maker.slot() as usize] = Some(order);
        }
        order
    }

    /// As [`crate::Book::reduce`].
    ///
    /// # Panics
    /// As there.
    pub fn reduce(&mut self, id: OrderId, size_left: SizeLots, reserve_left: Quote) -> Order {
        let mut order = self.remove(id).expect("an order that shrinks rests");
        assert!(size_left > SizeLots::ZERO && size_left <= order.open(), "an order shrinks and stays");
        order.reserve = reserve_left;
        let mut cut = order.open().0 - size_left.0;
        if let Some(iceberg) = &mut order.iceberg {
            let hidden = cut.min(iceberg.hidden.0);
            iceberg.hidden.0 -= hidden;
            cut -= hidden;
        }
        order.size.0 -= cut;
        self.slots[id.slot() as usize] = Some(order);
        order
    }

    /// As [`crate::Book::rest`].
    ///
    /// # Panics
    /// When the slot is taken.
    pub fn rest(&mut self, order: &Order) {
        let slot = order.id.slot() as usize;
        while self.slots.len() <= slot {
            self.slots.extend([None; PAGE]);
        }
        let replaced = self.slots[slot].replace(*order);
        assert!(replaced.is_none(), "the slot is free");
        self.dirty.insert((slot / PAGE) as u16);
    }

    /// As [`crate::Book::waiting_orders`].
    #[must_use]
    pub fn waiting_orders(&self) -> Vec<Order> {
        let mut orders: Vec<_> = self.orders().filter(|order| order.waits.is_some()).collect();
        orders.sort_by_key(|order| order.id);
        orders
    }

    /// As [`crate::Book::wait`].
    pub fn wait(&mut self, order: &Order) {
        self.rest(order);
    }

    /// As [`crate::Book::fill_waiting`].
    ///
    /// # Panics
    /// As there.
    pub fn fill_waiting(&mut self, id: OrderId, size: SizeLots, reserve_left: Quote) -> Order {
        let mut order = self.remove(id).expect("it waits");
        let left = SizeLots(order.open().0 - size.0);
        order.reserve = reserve_left;
        order.size = left;
        if let Some(iceberg) = &mut order.iceberg {
            order.size = left.min(iceberg.display);
            iceberg.hidden = SizeLots(left.0 - order.size.0);
        }
        if left > SizeLots::ZERO {
            self.slots[id.slot() as usize] = Some(order);
        }
        order
    }

    /// As [`crate::Book::would_cross`].
    #[must_use]
    pub fn would_cross(&self, order: &Order) -> bool {
        self.best(order.side.opposite()).is_some_and(|best| order.side.accepts(order.price, best))
    }

    /// As [`crate::Book::enter`].
    ///
    /// # Panics
    /// As there.
    pub fn enter(&mut self, id: OrderId) -> Order {
        let order = Order { waits: None, ..self.remove(id).expect("it waits") };
        self.slots[id.slot() as usize] = Some(order);
        order
    }

    /// As [`crate::Book::remove`].
    pub fn remove(&mut self, id: OrderId) -> Option<Order> {
        let order = self.get(id)?;
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

    /// As [`crate::Book::begin_undo`].
    pub fn begin_undo(&mut self) {
        self.before = Some(Box::new(self.clone()));
    }

    /// As [`crate::Book::keep`].
    pub fn keep(&mut self) {
        self.before = None;
    }

    /// As [`crate::Book::undo`].
    ///
    /// # Panics
    /// As there.
    pub fn undo(&mut self) {
        *self = *self.before.take().expect("what is undone was begun");
    }

    /// What a side has to offer, by price, then shown before hidden, then by time.
    fn offers(&self, side: Side) -> Vec<Offer> {
        let shown = |order: Order| Offer { order, part: Part::Shown, size: order.size };
        let hidden = |order: Order| {
            let Iceberg { hidden, .. } = order.iceberg?;
            (hidden > SizeLots::ZERO).then_some(Offer { order, part: Part::Hidden, size: hidden })
        };
        let queue = self.queue(side);
        let mut offers: Vec<_> = queue.iter().copied().map(shown).collect();
        offers.extend(queue.iter().copied().filter_map(hidden));
        // The sort is stable: what the price does not decide stays as it is.
        offers.sort_by(|a, b| worse(side, a.order.price, b.order.price));
        offers
    }

    /// The orders of a side by price, then by time.
    fn queue(&self, side: Side) -> Vec<Order> {
        let rests = |order: &Order| order.side == side && order.waits.is_none();
        let mut orders: Vec<_> = self.orders().filter(rests).collect();
        orders.sort_by(|a, b| worse(side, a.price, b.price).then(a.priority().cmp(&b.priority())));
        orders
    }
}

/// Orders prices of a side from the best to the worst.
fn worse(side: Side, a: PriceTicks, b: PriceTicks) -> Ordering {
    match side {
        Side::Buy => b.cmp(&a),
        Side::Sell => a.cmp(&b),
    }
}
