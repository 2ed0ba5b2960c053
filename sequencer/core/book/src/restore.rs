//! A book from its facts, in whatever order they come.

use crate::{
    book::{ARRIVALS, Book},
    slots::MAX_PAGES,
};
use alloc::vec::Vec;
use ballast_types::{
    Order, OrderId, Side,
    limits::{MAX_ORDERS_PER_BOOK, ORDERS_PER_PAGE},
};

/// Facts that are not those of a book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// There are more pages than a book may have.
    #[error("{0} pages are more than a book may have")]
    TooManyPages(u32),
    /// There are more orders than the pages have slots.
    #[error("there are more orders than slots")]
    TooManyOrders,
    /// The next arrival number is above 2^43.
    #[error("no order can have the arrival number {0}")]
    ArrivalOutOfRange(u64),
    /// The slot of an order lies beyond the pages.
    #[error("order {0} lies beyond the pages of the book")]
    SlotOutOfRange(OrderId),
    /// Two orders lie in one slot.
    #[error("order {0} lies in the slot of another")]
    SlotTaken(OrderId),
    /// Two orders have one arrival number.
    #[error("order {0} has the arrival number of another")]
    ArrivalTaken(OrderId),
    /// An order's arrival number was not given out yet.
    #[error("order {0} did not arrive yet")]
    NotArrived(OrderId),
    /// An order's price is not 1 to 2^40 ticks.
    #[error("the price of order {0} is out of bounds")]
    PriceOutOfRange(OrderId),
    /// An order's size is not 1 to 2^46 lots.
    #[error("the size of order {0} is out of bounds")]
    SizeOutOfRange(OrderId),
    /// The best bid is not below the best ask.
    #[error("the book is crossed")]
    Crossed,
}

impl Book {
    /// The book with these facts, which may come from anywhere: `orders` in any order, the arrival number of
    /// the next order, and the pages that were ever in use. No page is dirty.
    ///
    /// # Errors
    /// [`RestoreError`] when no book has such facts.
    pub fn restore(
        orders: impl IntoIterator<Item = Order>,
        next_arrival: u64,
        pages: u32,
    ) -> Result<Self, RestoreError> {
        Self::restore_bounded(orders, next_arrival, pages, MAX_ORDERS_PER_BOOK)
    }

    pub(crate) fn restore_bounded(
        orders: impl IntoIterator<Item = Order>,
        next_arrival: u64,
        pages: u32,
        maximum: u32,
    ) -> Result<Self, RestoreError> {
        if pages > MAX_PAGES {
            return Err(RestoreError::TooManyPages(pages));
        }
        if next_arrival > ARRIVALS {
            return Err(RestoreError::ArrivalOutOfRange(next_arrival));
        }
        let slots = maximum.min(pages * ORDERS_PER_PAGE);
        let mut by_arrival = Vec::new();
        for order in orders {
            if by_arrival.len() == slots as usize {
                return Err(RestoreError::TooManyOrders);
            }
            validate(&order, next_arrival, slots)?;
            by_arrival.push(order);
        }
        // Ids begin with the arrival number, so this is the order in which the queues grew.
        by_arrival.sort_unstable_by_key(|order| order.id);

        let mut book = Self::empty(next_arrival, pages, maximum);
        for order in &by_arrival {
            if order.id.arrival() < book.rest_from {
                return Err(RestoreError::ArrivalTaken(order.id));
            }
            if book.taken.contains(order.id.slot()) {
                return Err(RestoreError::SlotTaken(order.id));
            }
            book.link(order);
        }
        match (book.best(Side::Buy), book.best(Side::Sell)) {
            (Some(bid), Some(ask)) if bid >= ask => Err(RestoreError::Crossed),
            _ => Ok(book),
        }
    }
}

/// What can be said of one order by itself.
fn validate(order: &Order, next_arrival: u64, slots: u32) -> Result<(), RestoreError> {
    let id = order.id;
    if id.slot() >= slots {
        return Err(RestoreError::SlotOutOfRange(id));
    }
    if id.arrival() >= next_arrival {
        return Err(RestoreError::NotArrived(id));
    }
    if !order.price.is_valid() {
        return Err(RestoreError::PriceOutOfRange(id));
    }
    if !order.size.is_valid() {
        return Err(RestoreError::SizeOutOfRange(id));
    }
    Ok(())
}
