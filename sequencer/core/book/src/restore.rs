//! A book from its facts, in whatever order they come.

use crate::{
    book::{ARRIVALS, Book},
    change::is_sound,
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
    /// An order's hidden part is none that an order of this shown size and age can have.
    #[error("the iceberg of order {0} is out of bounds")]
    IcebergOutOfRange(OrderId),
    /// An order waits that shows more than its first part.
    #[error("order {0} waits and was met")]
    Met(OrderId),
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
        // The order in which the queues grew.
        by_arrival.sort_unstable_by_key(|order| (order.priority(), order.id));
        check_arrivals(&by_arrival)?;

        let mut book = Self::empty(next_arrival, pages, maximum);
        for order in &by_arrival {
            if book.taken.contains(order.id.slot()) {
                return Err(RestoreError::SlotTaken(order.id));
            }
            match order.waits {
                Some(waits) => book.link_waiting(order, waits),
                None => book.link(order),
            }
            book.rest_from = book.rest_from.max(order.id.arrival() + 1);
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
    if order.iceberg.is_some_and(|iceberg| iceberg.arrival >= next_arrival) {
        return Err(RestoreError::NotArrived(id));
    }
    if !order.price.is_valid() {
        return Err(RestoreError::PriceOutOfRange(id));
    }
    if !order.size.is_valid() {
        return Err(RestoreError::SizeOutOfRange(id));
    }
    if order.iceberg.is_some_and(|iceberg| !is_sound(order, &iceberg)) {
        return Err(RestoreError::IcebergOutOfRange(id));
    }
    if order.waits.is_some() && order.priority() != id.arrival() {
        return Err(RestoreError::Met(id));
    }
    Ok(())
}

/// Whether no arrival number was given twice: one by one those of `by_arrival`, which decide the queues, and
/// those in the ids of icebergs that show a later part.
fn check_arrivals(by_arrival: &[Order]) -> Result<(), RestoreError> {
    if let Some(pair) = by_arrival.windows(2).find(|pair| pair[0].priority() == pair[1].priority()) {
        return Err(RestoreError::ArrivalTaken(pair[1].id));
    }
    let mut ids: Vec<_> = by_arrival
        .iter()
        .filter(|order| order.priority() != order.id.arrival())
        .map(|order| order.id)
        .collect();
    ids.sort_unstable();
    if let Some(pair) = ids.windows(2).find(|pair| pair[0].arrival() == pair[1].arrival()) {
        return Err(RestoreError::ArrivalTaken(pair[1]));
    }
    let is_taken = |id: &&OrderId| by_arrival.binary_search_by_key(&id.arrival(), Order::priority).is_ok();
    ids.iter().find(is_taken).map_or(Ok(()), |&id| Err(RestoreError::ArrivalTaken(id)))
}
