//! What the state root has to learn.

use alloc::vec::Vec;

use ballast_state::{Change, EncodeAll, OrderPage, Section, page_index};
use ballast_types::codec;

use crate::exchange::Exchange;

/// The leaves that changed since this was last asked, as they now are, by section and index ascending; the
/// chain's leaf is always among them. A page without orders is the empty leaf, `None`.
///
/// The native exchange and the lazy one name the same leaves (INV-23).
pub fn commit(x: &mut Exchange) -> Vec<Change> {
    let changes = x.state.take_changes();
    with_orders(x, changes)
}

/// [`commit`] for a host that has threads, see [`State::take_changes_by`](ballast_state::State::take_changes_by).
pub fn commit_by(x: &mut Exchange, encode_all: &EncodeAll<'_>) -> Vec<Change> {
    let changes = x.state.take_changes_by(encode_all);
    with_orders(x, changes)
}

/// With the pages of orders that changed, all in order.
fn with_orders(x: &mut Exchange, mut changes: Vec<Change>) -> Vec<Change> {
    for (market, book) in x.books.touched_mut() {
        for page in book.take_dirty_pages() {
            let orders = book.page(page);
            let bytes = (!orders.is_empty()).then(|| codec::encode(&OrderPage { orders }));
            changes.push((Section::Orders, page_index(market, page), bytes));
        }
    }
    changes.sort_unstable_by_key(|&(section, index, _)| (section, index));
    changes
}

/// Takes the changes as committed, without encoding a leaf: for an exchange whose batches another one tells.
pub fn forget_changes(x: &mut Exchange) {
    x.state.forget_changes();
    x.books.touched_mut().for_each(|(_, book)| drop(book.take_dirty_pages()));
}
