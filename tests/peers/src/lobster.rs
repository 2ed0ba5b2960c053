//! The crate `lobster`. Its cancel does not tell whether the order was there, so that is kept here.

use crate::bench::venue::Fills;
use crate::peer::{Peer, narrow};
use crate::workload::{Kind, Step};
use lobster::{FillMetadata, OrderBook, OrderEvent, OrderType, Side};

pub struct Books {
    books: Vec<OrderBook>,
    resting: Vec<bool>,
}

impl Books {
    fn tell(&mut self, taken: &[FillMetadata], fills: &mut Fills) {
        for fill in taken {
            let maker = narrow(fill.order_2);
            fills.add(maker, narrow(fill.order_1), narrow(fill.price), narrow(fill.qty));
            if fill.total_fill {
                self.resting[maker as usize] = false;
            }
        }
    }
}

impl Peer for Books {
    fn new(orders: usize, books: usize) -> Self {
        Self { books: (0..books).map(|_| OrderBook::default()).collect(), resting: vec![false; orders] }
    }

    fn place(&mut self, step: &Step, fills: &mut Fills) {
        let id = u128::from(step.id);
        let side = if step.side == 0 { Side::Bid } else { Side::Ask };
        let (qty, price) = (step.size.into(), step.price.into());
        let limit = step.kind != Kind::Ioc;
        let order = if limit {
            OrderType::Limit { id, side, qty, price }
        } else {
            OrderType::Market { id, side, qty }
        };
        let rests = match self.books[usize::from(step.book)].execute(order) {
            OrderEvent::Placed { .. } => true,
            OrderEvent::PartiallyFilled { fills: taken, .. } => {
                self.tell(&taken, fills);
                limit
            }
            OrderEvent::Filled { fills: taken, .. } => {
                self.tell(&taken, fills);
                false
            }
            OrderEvent::Unfilled { .. } | OrderEvent::Canceled { .. } => false,
        };
        self.resting[step.id as usize] = rests;
    }

    fn cancel(&mut self, step: &Step) -> bool {
        self.books[usize::from(step.book)].execute(OrderType::Cancel { id: step.id.into() });
        std::mem::take(&mut self.resting[step.id as usize])
    }
}
