//! The orders of one market: the book, and by whom and under which number each of them was placed.

use core::ops::Deref;

use alloc::vec::Vec;

use ballast_book::Book;
use ballast_types::{AccountId, ClientId, Order, OrderId, Quote, SizeLots};

use crate::own_orders::OwnOrders;

/// A book with its indexes. They are functions of the orders, looked up and never walked, and nothing is committed
/// of them. All reading of the book goes through to it.
#[derive(Clone)]
pub(crate) struct Resting {
    book: Book,
    own: OwnOrders,
    /// Orders that came and went while changes may be taken back.
    undo: Option<Vec<Move>>,
}

/// What happened to an order as the indexes see it.
#[derive(Clone, Copy)]
enum Move {
    Came(Name),
    Went(Name),
}

/// What the indexes know of an order.
#[derive(Clone, Copy)]
struct Name {
    id: OrderId,
    account: AccountId,
    client: ClientId,
}

impl Deref for Resting {
    type Target = Book;

    fn deref(&self) -> &Book {
        &self.book
    }
}

impl Resting {
    /// The book, which may hold orders, and the indexes that follow from them.
    pub(crate) fn of(book: Book) -> Self {
        let mut resting = Self { book, own: OwnOrders::default(), undo: None };
        resting.index();
        resting
    }

    /// Puts every order of the book into the indexes, which are empty.
    fn index(&mut self) {
        let names: Vec<Name> = self.book.orders().map(|order| Name::of(&order)).collect();
        names.iter().for_each(|name| self.join(name));
    }

    /// The open order that the account gave this number.
    pub(crate) fn by_client(&self, account: AccountId, client: ClientId) -> Option<OrderId> {
        let slot = self.own.by_client(account, client)?;
        self.book.in_slot(slot).map(|order| order.id)
    }

    /// The open orders of an account, ids ascending.
    pub(crate) fn of_account(&self, account: AccountId) -> Vec<OrderId> {
        let slots = self.own.of(account);
        let mut orders: Vec<OrderId> =
            slots.filter_map(|slot| self.book.in_slot(slot)).map(|order| order.id).collect();
        orders.sort_unstable();
        orders
    }

    /// As [`Book::take_arrival`].
    pub(crate) fn take_arrival(&mut self) -> u64 {
        self.book.take_arrival()
    }

    /// As [`Book::take_dirty_pages`].
    pub(crate) fn take_dirty_pages(&mut self) -> Vec<u16> {
        self.book.take_dirty_pages()
    }

    /// As [`Book::rest`]. The order's own number is no other open order's of its account.
    pub(crate) fn rest(&mut self, order: Order) {
        self.book.rest(&order);
        let name = Name::of(&order);
        self.join(&name);
        self.note(Move::Came(name));
    }

    /// As [`Book::wait`]. The order's own number is no other open order's of its account.
    pub(crate) fn wait(&mut self, order: Order) {
        self.book.wait(&order);
        let name = Name::of(&order);
        self.join(&name);
        self.note(Move::Came(name));
    }

    /// As [`Book::fill_waiting`].
    pub(crate) fn fill_waiting(&mut self, id: OrderId, size: SizeLots, reserve_left: Quote) -> Order {
        let after = self.book.fill_waiting(id, size, reserve_left);
        if after.open() == SizeLots::ZERO {
            self.went(&after);
        }
        after
    }

    /// As [`Book::enter`].
    pub(crate) fn enter(&mut self, id: OrderId) -> Order {
        self.book.enter(id)
    }

    /// As [`Book::remove`].
    pub(crate) fn remove(&mut self, id: OrderId) -> Option<Order> {
        let order = self.book.remove(id)?;
        self.went(&order);
        Some(order)
    }

    /// As [`Book::fill`].
    pub(crate) fn fill(&mut self, maker: OrderId, size: SizeLots, reserve_left: Quote) -> Order {
        let after = self.book.fill(maker, size, reserve_left);
        if after.open() == SizeLots::ZERO {
            self.went(&after);
        }
        after
    }

    /// As [`Book::reduce`].
    pub(crate) fn reduce(&mut self, id: OrderId, left: SizeLots, reserve_left: Quote) -> Order {
        self.book.reduce(id, left, reserve_left)
    }

    /// From here on changes can be taken back.
    pub(crate) fn begin_undo(&mut self) {
        self.book.begin_undo();
        self.undo = Some(Vec::new());
    }

    /// Takes back every change since [`Self::begin_undo`].
    pub(crate) fn undo(&mut self) {
        self.book.undo();
        for step in self.undo.take().unwrap_or_default().iter().rev() {
            match step {
                Move::Came(name) => self.leave(name),
                Move::Went(name) => self.join(name),
            }
        }
    }

    /// Takes back every change since [`Self::begin_undo`], if it was called, whatever it was that panicked since: the book is looked
    /// at whole, and the indexes are made anew.
    ///
    /// # Errors
    /// What is broken in the book.
    ///
    /// # Panics
    /// When it is so broken that nothing can be taken back.
    pub(crate) fn take_back(&mut self) -> Result<(), &'static str> {
        if self.book.may_undo() {
            self.book.undo();
        }
        self.book.check()?;
        (self.own, self.undo) = (OwnOrders::default(), None);
        self.index();
        Ok(())
    }

    /// The changes since [`Self::begin_undo`] stand.
    pub(crate) fn keep(&mut self) {
        self.book.keep();
        self.undo = None;
    }

    fn went(&mut self, order: &Order) {
        let name = Name::of(order);
        self.leave(&name);
        self.note(Move::Went(name));
    }

    fn note(&mut self, step: Move) {
        if let Some(steps) = &mut self.undo {
            steps.push(step);
        }
    }

    fn join(&mut self, name: &Name) {
        self.own.join(name.account, name.id.slot(), name.client);
    }

    fn leave(&mut self, name: &Name) {
        self.own.leave(name.account, name.id.slot());
    }
}

impl Name {
    const fn of(order: &Order) -> Self {
        Self { id: order.id, account: order.account, client: order.client }
    }
}
