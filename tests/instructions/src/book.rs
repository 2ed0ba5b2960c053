//! The book alone on the common workload.

use crate::{
    SEED,
    workload::{Kind, Step, generate},
};
use ballast_book::{Book, Plan};
use ballast_types::{AccountId, ClientId, KeyNumber, Order, OrderId, PriceTicks, Quote, Side, SizeLots};
use std::mem;

const STEPS: usize = 100_000;
/// Names no order.
const NOWHERE: OrderId = OrderId(u64::MAX - 1);

/// A book, and where each order of the workload rests.
struct Venue {
    book: Book,
    resting: Vec<OrderId>,
    plan: Plan,
    fills: u64,
}

/// Carries the steps out, or only makes them.
///
/// # Panics
/// When it did something else than it should.
#[must_use]
pub fn run(runs: bool) -> usize {
    let workload = generate(STEPS, 1, SEED);
    let mut venue =
        Venue { book: Book::new(), resting: vec![NOWHERE; STEPS + 1], plan: Plan::default(), fills: 0 };
    if runs {
        workload.steps.iter().for_each(|step| venue.step(step));
        assert_eq!(venue.fills, workload.fills, "fills differ from the reference");
    }
    STEPS
}

impl Venue {
    fn step(&mut self, step: &Step) {
        let enters = match step.kind {
            Kind::Limit | Kind::Ioc => true,
            Kind::Cancel | Kind::Modify => {
                let id = mem::replace(&mut self.resting[step.id as usize], NOWHERE);
                self.book.remove(id).is_some() && step.kind == Kind::Modify
            }
        };
        if enters {
            self.enter(step);
        }
    }

    fn enter(&mut self, step: &Step) {
        let side = if step.side == 0 { Side::Buy } else { Side::Sell };
        let (price, size) = (PriceTicks(step.price.into()), SizeLots(step.size.into()));
        self.book.plan(side, price, size, |_| false, &mut self.plan);
        for fill in &self.plan.fills {
            self.book.fill(fill.maker, fill.size, Quote::ZERO);
            self.fills += 1;
        }
        if step.kind == Kind::Ioc || self.plan.left == SizeLots::ZERO {
            return;
        }
        let slot = self.book.next_slot().expect("the workload never fills a book");
        let id = OrderId::new(self.book.take_arrival(), slot);
        self.book.rest(&Order {
            id,
            account: AccountId(step.owner),
            key: KeyNumber(0),
            side,
            price,
            size: self.plan.left,
            reserve: Quote::ZERO,
            client: ClientId(step.id.into()),
            reduce_only: false,
            good_until: None,
            iceberg: None,
            waits: None,
        });
        self.resting[step.id as usize] = id;
    }
}
