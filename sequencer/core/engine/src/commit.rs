//! What the state root has to learn.

use alloc::vec::Vec;

use ballast_state::{Change, OrderPage, Section, page_index};
use ballast_types::codec;

use crate::exchange::Exchange;

/// The leaves that changed since this was last asked, as they now are, by section and index ascending; the
/// chain's leaf is always among them. A page without orders is the empty leaf, `None`.
///
/// The native exchange and the lazy one name the same leaves (INV-23).
pub fn commit(x: &mut Exchange) -> Vec<Change> {
    let mut changes = x.state.take_changes();
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
