//! The crate `orderbook-rs`, on one thread as all are here, without listeners.

use crate::bench::venue::Fills;
use crate::peer::{Peer, narrow};
use crate::workload::{Kind, Step};
use orderbook_rs::DefaultOrderBook;
use pricelevel::{Hash32, Id, MatchResult, Side, TimeInForce};

pub struct Books {
    books: Vec<DefaultOrderBook>,
}

fn tell(result: &MatchResult, taker: u32, fills: &mut Fills) {
    for trade in result.trades().as_vec() {
        let Id::Sequential(maker) = trade.maker_order_id() else { panic!("all ids here are sequential") };
        fills.add(narrow(maker), taker, narrow(trade.price().as_u128()), narrow(trade.quantity().as_u64()));
    }
}

/// Its name of an owner: 32 bytes.
fn user(owner: u32) -> Hash32 {
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&owner.to_le_bytes());
    Hash32::new(bytes)
}

impl Peer for Books {
    fn new(_: usize, books: usize) -> Self {
        Self { books: (0..books).map(|_| DefaultOrderBook::new("TEST")).collect() }
    }

    fn place(&mut self, step: &Step, fills: &mut Fills) {
        let book = &self.books[usize::from(step.book)];
        let id = Id::Sequential(step.id.into());
        let side = if step.side == 0 { Side::Buy } else { Side::Sell };
        let (size, user) = (step.size.into(), user(step.owner));
        if step.kind == Kind::Ioc {
            // An error says that the other side was empty.
            if let Ok(result) = book.submit_market_order_with_user(id, size, side, user) {
                tell(&result, step.id, fills);
            }
        } else {
            let price = step.price.into();
            let (_, trades) = book
                .add_limit_order_with_user_and_result(id, price, size, side, TimeInForce::Gtc, user, None)
                .expect("a valid order is placed");
            if let Some(trades) = trades {
                tell(&trades.match_result, step.id, fills);
            }
        }
    }

    fn cancel(&mut self, step: &Step) -> bool {
        let cancelled = self.books[usize::from(step.book)].cancel_order(Id::Sequential(step.id.into()));
        cancelled.expect("no level fails").is_some()
    }
}
