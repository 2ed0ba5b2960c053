//! The crate `matchcore`. It names an order by the number of the command that placed it.
//!
//! Its fills differ: an order that crosses is matched without its limit price (`submit_crossable_order` in 0.4.0) and so
//! trades through it.

use crate::bench::venue::Fills;
use crate::peer::{Peer, narrow};
use crate::workload::{Kind, Step};
use matchcore::{
    CancelCmd, Command, CommandKind, CommandMeta, CommandOutcome, CommandReport, LimitOrder, MarketOrder,
    NewOrder, OrderBook, OrderFlags, OrderId, OrderKind, Price, Quantity, QuantityPolicy, SequenceNumber,
    Side, SubmitCmd, TimeInForce, Timestamp,
};

pub struct Books {
    books: Vec<Book>,
    /// By order of the workload, the command that placed it.
    placed: Vec<u64>,
}

struct Book {
    book: OrderBook,
    /// By command, the order of the workload.
    orders: Vec<u32>,
}

impl Book {
    fn execute(&mut self, id: u32, kind: CommandKind) -> CommandOutcome {
        let sequence_number = SequenceNumber(self.orders.len() as u64);
        self.orders.push(id);
        self.book.execute(&Command { meta: CommandMeta { sequence_number, timestamp: Timestamp(0) }, kind })
    }

    fn order(&self, id: OrderId) -> u32 {
        self.orders[usize::try_from(id.0).expect("an index")]
    }
}

impl Peer for Books {
    fn new(orders: usize, books: usize) -> Self {
        let book = |_| Book { book: OrderBook::new("TEST"), orders: Vec::new() };
        Self { books: (0..books).map(book).collect(), placed: vec![0; orders] }
    }

    fn place(&mut self, step: &Step, fills: &mut Fills) {
        let book = &mut self.books[usize::from(step.book)];
        let side = if step.side == 0 { Side::Buy } else { Side::Sell };
        let quantity = Quantity(step.size.into());
        let order = if step.kind == Kind::Ioc {
            NewOrder::Market(MarketOrder::new(quantity, side, false))
        } else {
            NewOrder::Limit(LimitOrder::new(
                Price(step.price.into()),
                QuantityPolicy::Standard { quantity },
                OrderFlags::new(side, false, TimeInForce::Gtc),
            ))
        };
        self.placed[step.id as usize] = book.orders.len() as u64;
        let outcome = book.execute(step.id, CommandKind::Submit(SubmitCmd { order }));
        let CommandOutcome::Applied(CommandReport::Submit(effects)) = outcome else {
            panic!("{outcome:?}: a valid order is applied")
        };
        for trade in effects.target_order().match_result().map_or(&[][..], |result| result.trades()) {
            let maker = book.order(trade.maker_order_id());
            fills.add(maker, step.id, narrow(trade.price().0), narrow(trade.quantity().0));
        }
    }

    fn cancel(&mut self, step: &Step) -> bool {
        let order_id = OrderId(self.placed[step.id as usize]);
        let cancel = CommandKind::Cancel(CancelCmd { order_id, order_kind: OrderKind::Limit });
        let outcome = self.books[usize::from(step.book)].execute(step.id, cancel);
        matches!(outcome, CommandOutcome::Applied(_))
    }
}
