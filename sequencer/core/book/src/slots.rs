//! Where the orders lie: a slab of slots, a cache line each, that grows page by page and never shrinks.
//!
//! A slot holds all of a plain order. What few orders have, a last time or a hidden part, lies in a slab for each
//! beside the first that reaches as far as the last slot which ever held such an order.

use crate::foresee::ask_for;
use alloc::vec::Vec;
use ballast_types::{
    AccountId, ClientId, Iceberg, KeyNumber, Millis, Order, OrderId, PriceTicks, Quote, Side, SizeLots,
    Waits,
    limits::{MAX_ORDERS_PER_BOOK, ORDERS_PER_PAGE},
};

/// Pages of a full book.
pub(crate) const MAX_PAGES: u32 = MAX_ORDERS_PER_BOOK / ORDERS_PER_PAGE;

/// The page that a slot below [`MAX_ORDERS_PER_BOOK`] lies in.
pub(crate) const fn page_of(slot: u32) -> u16 {
    debug_assert!(slot < MAX_ORDERS_PER_BOOK);
    (slot / ORDERS_PER_PAGE) as u16
}

/// A slot, or none, in four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link(u32);

impl Link {
    /// No slot.
    pub(crate) const NONE: Self = Self(u32::MAX);

    /// This slot.
    pub(crate) const fn to(slot: u32) -> Self {
        Self(slot)
    }

    /// The slot, if there is one.
    pub(crate) fn slot(self) -> Option<u32> {
        (self != Self::NONE).then_some(self.0)
    }
}

/// An order but for what few have, and its place in the queue of its price.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Slot {
    /// [`Slot::NOBODY`] in a free slot.
    pub(crate) id: OrderId,
    pub(crate) price: PriceTicks,
    /// What is shown.
    pub(crate) size: SizeLots,
    pub(crate) reserve: Quote,
    pub(crate) client: ClientId,
    pub(crate) account: AccountId,
    pub(crate) key: KeyNumber,
    /// The order of its price served next before it.
    pub(crate) before: Link,
    /// The order of its price served next after it.
    pub(crate) after: Link,
    /// Where its side keeps the queue of its price; [`Slot::REST`] or [`Slot::ONCE`] when it waits.
    pub(crate) level: u32,
    pub(crate) side: Side,
    pub(crate) reduce_only: bool,
    /// Whether it has a [`Rare::good_until`].
    pub(crate) expires: bool,
    /// Whether it has a [`Rare::iceberg`].
    pub(crate) is_iceberg: bool,
}

const _: () = assert!(size_of::<Slot>() == 64, "a slot is one cache line");

impl Slot {
    /// An id that no order in a book has: its slot stands for none.
    pub(crate) const NOBODY: OrderId = OrderId(u64::MAX);

    /// Level of an order that waits, and will rest.
    pub(crate) const REST: u32 = u32::MAX;
    /// Level of an order that waits, and will not rest.
    pub(crate) const ONCE: u32 = u32::MAX - 1;
    /// Level of an order that waits, and that the exchange forces on its account.
    pub(crate) const FORCED: u32 = u32::MAX - 2;

    pub(crate) const FREE: Self = Self {
        id: Self::NOBODY,
        price: PriceTicks(0),
        size: SizeLots::ZERO,
        reserve: Quote::ZERO,
        client: ClientId(0),
        account: AccountId(0),
        key: KeyNumber(0),
        before: Link::NONE,
        after: Link::NONE,
        level: 0,
        side: Side::Buy,
        reduce_only: false,
        expires: false,
        is_iceberg: false,
    };

    /// Whether some of what it has lies in [`Rare`].
    pub(crate) fn is_rare(&self) -> bool {
        self.expires || self.is_iceberg
    }

    /// Whether the order waits: it is in no level.
    pub(crate) fn is_waiting(&self) -> bool {
        self.level >= Self::FORCED
    }

    /// What the order waits for.
    pub(crate) fn waits(&self) -> Option<Waits> {
        match self.level {
            Self::REST => Some(Waits::Rest),
            Self::ONCE => Some(Waits::Once),
            Self::FORCED => Some(Waits::Forced),
            _ => None,
        }
    }

    /// The level that stands for it.
    pub(crate) const fn level_of(waits: Waits) -> u32 {
        match waits {
            Waits::Rest => Self::REST,
            Waits::Once => Self::ONCE,
            Waits::Forced => Self::FORCED,
        }
    }

    /// Whether no order lies here.
    pub(crate) fn is_free(&self) -> bool {
        self.id == Self::NOBODY
    }
}

/// What few orders have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rare {
    pub(crate) good_until: Millis,
    pub(crate) iceberg: Iceberg,
}

impl Rare {
    /// What stands where an order has nothing of the kind.
    const NONE: Self = Self {
        good_until: Millis(0),
        iceberg: Iceberg { display: SizeLots::ZERO, hidden: SizeLots::ZERO, arrival: 0 },
    };
}

/// The slabs. The length of the first is always a whole number of pages.
#[derive(Clone, Debug)]
#[repr(C)]
pub(crate) struct Slots {
    slots: Vec<Slot>,
    good_until: Vec<Millis>,
    icebergs: Vec<Iceberg>,
}

impl Slots {
    /// `pages` empty pages, at most [`MAX_PAGES`].
    pub(crate) fn with_pages(pages: u32) -> Self {
        assert!(pages <= MAX_PAGES);
        let mut slots = Vec::new();
        slots.resize((pages * ORDERS_PER_PAGE) as usize, Slot::FREE);
        Self { slots, good_until: Vec::new(), icebergs: Vec::new() }
    }

    /// Pages that were ever used.
    pub(crate) fn pages(&self) -> u32 {
        self.len() / ORDERS_PER_PAGE
    }

    /// Slots in all pages.
    pub(crate) fn len(&self) -> u32 {
        self.slots.len() as u32
    }

    /// The slot of the order with this id, if it rests. Any id may be asked for.
    pub(crate) fn find(&self, id: OrderId) -> Option<u32> {
        let slot = id.slot();
        self.slots.get(slot as usize).is_some_and(|at| at.id == id).then_some(slot)
    }

    /// What lies in a slot will be looked at. Any slot may be named.
    #[inline]
    pub(crate) fn foresee(&self, slot: u32) {
        ask_for(&self.slots, slot as usize);
    }

    /// What lies in a slot of the pages.
    pub(crate) fn at(&self, slot: u32) -> &Slot {
        &self.slots[slot as usize]
    }

    /// What lies in a slot of the pages.
    pub(crate) fn at_mut(&mut self, slot: u32) -> &mut Slot {
        &mut self.slots[slot as usize]
    }

    /// What few orders have, of the order in `slot`; anything where it has nothing of the kind.
    pub(crate) fn rare(&self, slot: u32) -> Rare {
        Rare {
            good_until: self.good_until.get(slot as usize).copied().unwrap_or(Rare::NONE.good_until),
            iceberg: self.icebergs.get(slot as usize).copied().unwrap_or(Rare::NONE.iceberg),
        }
    }

    /// The hidden part of the order in `slot`, which is an iceberg.
    pub(crate) fn iceberg(&self, slot: u32) -> &Iceberg {
        &self.icebergs[slot as usize]
    }

    /// The hidden part of the order in `slot`, which is an iceberg.
    pub(crate) fn iceberg_mut(&mut self, slot: u32) -> &mut Iceberg {
        &mut self.icebergs[slot as usize]
    }

    /// The order in `slot`; `None` when the slot is free or beyond the pages.
    pub(crate) fn get(&self, slot: u32) -> Option<Order> {
        let at = self.slots.get(slot as usize)?;
        (!at.is_free()).then(|| self.order(slot))
    }

    /// The order in `slot`, which is taken.
    pub(crate) fn order(&self, slot: u32) -> Order {
        let at = self.at(slot);
        Order { waits: at.waits(), ..self.assemble(slot, at) }
    }

    /// The order in `slot`, which is in a level.
    #[inline]
    pub(crate) fn assemble(&self, slot: u32, at: &Slot) -> Order {
        let rare = if at.is_rare() { self.rare(slot) } else { Rare::NONE };
        Order {
            id: at.id,
            account: at.account,
            key: at.key,
            side: at.side,
            price: at.price,
            size: at.size,
            reserve: at.reserve,
            client: at.client,
            reduce_only: at.reduce_only,
            good_until: at.expires.then_some(rare.good_until),
            iceberg: at.is_iceberg.then_some(rare.iceberg),
            waits: None,
        }
    }

    /// Time priority of the order in `slot`, which is taken: [`Order::priority`].
    pub(crate) fn priority(&self, slot: u32) -> u64 {
        let at = self.at(slot);
        if at.is_iceberg { self.iceberg(slot).arrival } else { at.id.arrival() }
    }

    /// A slot whose page was used before or follows the last that was, and is used from now on.
    #[inline]
    fn reach(&mut self, slot: u32) -> &mut Slot {
        if (slot as usize) < self.slots.len() { self.at_mut(slot) } else { self.grow(slot) }
    }

    #[cold]
    fn grow(&mut self, slot: u32) -> &mut Slot {
        assert!(u32::from(page_of(slot)) == self.pages(), "pages come into use one after the other");
        self.slots.resize(self.slots.len() + ORDERS_PER_PAGE as usize, Slot::FREE);
        self.at_mut(slot)
    }

    /// Puts an order into its slot, which is free, behind the last of its level's queue.
    ///
    /// # Panics
    /// When it is not younger than the last, or neither in a page that was used before nor in the next.
    #[inline]
    pub(crate) fn append(&mut self, order: &Order, level: u32, last: Link) {
        let slot = order.id.slot();
        if let Some(last) = last.slot() {
            let at = &mut self.slots[last as usize];
            at.after = Link::to(slot);
            let youngest = if at.is_iceberg { self.icebergs[last as usize].arrival } else { at.id.arrival() };
            assert!(youngest < order.priority(), "a queue is sorted by arrival");
        }
        *self.reach(slot) = Slot {
            id: order.id,
            price: order.price,
            size: order.size,
            reserve: order.reserve,
            client: order.client,
            account: order.account,
            key: order.key,
            before: last,
            after: Link::NONE,
            level,
            side: order.side,
            reduce_only: order.reduce_only,
            expires: order.good_until.is_some(),
            is_iceberg: order.iceberg.is_some(),
        };
        if order.good_until.is_some() || order.iceberg.is_some() {
            self.put_rare(slot, order.good_until, order.iceberg);
        }
    }

    /// Sets what the order in `slot` has of what few orders have.
    #[inline(never)]
    pub(crate) fn put_rare(&mut self, slot: u32, good_until: Option<Millis>, iceberg: Option<Iceberg>) {
        if let Some(good_until) = good_until {
            put(&mut self.good_until, slot, good_until, Rare::NONE.good_until);
        }
        if let Some(iceberg) = iceberg {
            put(&mut self.icebergs, slot, iceberg, Rare::NONE.iceberg);
        }
    }

    /// Takes the last pages, in which no order lies, out of use again.
    pub(crate) fn shorten(&mut self, pages: u32) {
        let slots = (pages * ORDERS_PER_PAGE) as usize;
        assert!(self.slots[slots..].iter().all(Slot::is_free), "a page that goes out of use is empty");
        self.slots.truncate(slots);
    }

    /// All orders by slot.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Order> {
        (0..).zip(&self.slots).filter(|(_, at)| !at.is_free()).map(|(slot, _)| self.order(slot))
    }

    /// The orders of one page by slot; none when the page was never used.
    pub(crate) fn page(&self, page: u16) -> impl Iterator<Item = Order> {
        let first = u32::from(page) * ORDERS_PER_PAGE;
        (first..first + ORDERS_PER_PAGE).filter_map(|slot| self.get(slot))
    }
}

/// Sets what a slab holds for `slot`, and `nothing` for those that it newly reaches.
fn put<T: Copy>(slab: &mut Vec<T>, slot: u32, value: T, nothing: T) {
    if slot as usize >= slab.len() {
        slab.resize(slot as usize + 1, nothing);
    }
    slab[slot as usize] = value;
}
