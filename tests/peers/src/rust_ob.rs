//! The crate `rust_ob`. Its fills tell a size and a cost, of which the price is the ratio.

use crate::bench::venue::Fills;
use crate::peer::{Peer, narrow};
use crate::workload::{Kind, Step};
use rust_ob::{Decimal, OrderBook, Side};

pub struct Books {
    books: Vec<OrderBook<u32>>,
}

/// A decimal without a fraction, without its sign.
fn whole(value: Decimal) -> u64 {
    u64::try_from(value.mantissa().unsigned_abs()).expect("workload costs are below 2^64")
}

impl Peer for Books {
    fn new(_: usize, books: usize) -> Self {
        Self { books: (0..books).map(|_| OrderBook::new()).collect() }
    }

    fn place(&mut self, step: &Step, fills: &mut Fills) {
        let book = &mut self.books[usize::from(step.book)];
        let side = if step.side == 0 { Side::Buy } else { Side::Sell };
        let size = Decimal::from(step.size);
        let matches = if step.kind == Kind::Ioc {
            book.process_market_order(step.id, side, size).expect("the id is new and the size positive")
        } else {
            book.process_limit_order(step.id, side, step.price.into(), size)
                .expect("the id is new and the size positive")
        };
        // The last one is the taker's own total.
        let Some((_, makers)) = matches.split_last() else { return };
        for maker in makers {
            let size = whole(maker.quantity);
            fills.add(maker.order, step.id, narrow(whole(maker.cost) / size), narrow(size));
        }
    }

    fn cancel(&mut self, step: &Step) -> bool {
        self.books[usize::from(step.book)].cancel_order(step.id).is_ok()
    }
}
