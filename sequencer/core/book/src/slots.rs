//! Where the orders lie: a slab of slots, a cache line each, that grows page by page and never shrinks.

use alloc::vec::Vec;
use ballast_types::{
    Order,
    limits::{MAX_ORDERS_PER_BOOK, ORDERS_PER_PAGE},
};

/// Pages of a full book.
pub(crate) const MAX_PAGES: u32 = MAX_ORDERS_PER_BOOK / ORDERS_PER_PAGE;

/// The page that a slot below [`MAX_ORDERS_PER_BOOK`] lies in.
pub(crate) const fn page_of(slot: u32) -> u16 {
    assert!(slot < MAX_ORDERS_PER_BOOK);
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
        assert!(slot < MAX_ORDERS_PER_BOOK);
        Self(slot)
    }

    /// The slot, if there is one.
    pub(crate) fn slot(self) -> Option<u32> {
        (self != Self::NONE).then_some(self.0)
    }
}

/// The neighbours of an order in a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Links {
    /// The next older order.
    pub(crate) before: Link,
    /// The next younger order.
    pub(crate) after: Link,
}

impl Links {
    /// In no chain, or alone in it.
    pub(crate) const NONE: Self = Self { before: Link::NONE, after: Link::NONE };
}

/// The chains that pass through every resting order.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Thread {
    /// The orders of its side and price.
    Price,
    /// The orders of its account.
    Account,
}

#[derive(Clone, Debug)]
struct Slot {
    order: Option<Order>,
    price: Links,
    account: Links,
}

const _: () = assert!(size_of::<Slot>() == 64, "a slot is one cache line");

impl Slot {
    const FREE: Self = Self { order: None, price: Links::NONE, account: Links::NONE };
}

/// The slab. Its length is always a whole number of pages.
#[derive(Clone, Debug)]
pub(crate) struct Slots(Vec<Slot>);

impl Slots {
    /// `pages` empty pages, at most [`MAX_PAGES`].
    pub(crate) fn with_pages(pages: u32) -> Self {
        assert!(pages <= MAX_PAGES);
        let mut slots = Vec::new();
        slots.resize((pages * ORDERS_PER_PAGE) as usize, Slot::FREE);
        Self(slots)
    }

    /// Pages that were ever used.
    pub(crate) fn pages(&self) -> u32 {
        self.len() / ORDERS_PER_PAGE
    }

    /// Slots in all pages.
    pub(crate) fn len(&self) -> u32 {
        self.0.len() as u32
    }

    /// The order in `slot`; `None` when the slot is free or beyond the pages.
    pub(crate) fn get(&self, slot: u32) -> Option<&Order> {
        self.0.get(slot as usize)?.order.as_ref()
    }

    /// The order in `slot`, which is taken.
    pub(crate) fn order(&self, slot: u32) -> &Order {
        self.get(slot).expect("the slot is taken")
    }

    /// The order in `slot`, which is taken.
    pub(crate) fn order_mut(&mut self, slot: u32) -> &mut Order {
        self.0[slot as usize].order.as_mut().expect("the slot is taken")
    }

    /// Puts an order into its slot, which is free and lies in a page used before or in the one after.
    pub(crate) fn put(&mut self, order: Order) {
        let slot = order.id.slot();
        if slot >= self.len() {
            assert!(u32::from(page_of(slot)) == self.pages(), "pages come into use one after the other");
            self.0.resize(self.0.len() + ORDERS_PER_PAGE as usize, Slot::FREE);
        }
        let place = &mut self.0[slot as usize];
        assert!(place.order.is_none(), "the slot is free");
        place.order = Some(order);
    }

    /// Frees `slot`, which is taken and in no chain any more.
    pub(crate) fn take(&mut self, slot: u32) -> Order {
        let place = &mut self.0[slot as usize];
        debug_assert!(place.price == Links::NONE && place.account == Links::NONE);
        place.order.take().expect("the slot is taken")
    }

    /// The neighbours of the order in `slot`.
    pub(crate) fn links(&self, thread: Thread, slot: u32) -> Links {
        let slot = &self.0[slot as usize];
        match thread {
            Thread::Price => slot.price,
            Thread::Account => slot.account,
        }
    }

    /// The neighbours of the order in `slot`.
    pub(crate) fn links_mut(&mut self, thread: Thread, slot: u32) -> &mut Links {
        let slot = &mut self.0[slot as usize];
        match thread {
            Thread::Price => &mut slot.price,
            Thread::Account => &mut slot.account,
        }
    }

    /// All orders by slot.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Order> {
        self.0.iter().filter_map(|slot| slot.order.as_ref())
    }

    /// The orders of one page by slot; none when the page was never used.
    pub(crate) fn page(&self, page: u16) -> impl Iterator<Item = &Order> {
        let first = usize::from(page) * ORDERS_PER_PAGE as usize;
        let slots = self.0.get(first..first + ORDERS_PER_PAGE as usize).unwrap_or_default();
        slots.iter().filter_map(|slot| slot.order.as_ref())
    }
}
