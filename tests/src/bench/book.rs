//! The book alone on the common workload.

use super::{
    timing::{Figures, RUNS, figures},
    venue::{Fills, Venue, replay, times},
};
use crate::workload::{Kind, Step, Workload, generate};
use ballast_book::{Book, Plan};
use ballast_types::{AccountId, ClientId, KeyNumber, Order, OrderId, PriceTicks, Quote, Side, SizeLots};
use prefetch_index::prefetch_index;
use serde::Serialize;
use std::mem;

/// Names no order.
const NOWHERE: OrderId = OrderId(u64::MAX - 1);

/// What it ran on.
#[derive(Debug, Serialize)]
pub struct Parameters {
    /// Steps of the common workload.
    pub ops: usize,
    /// Books that they are spread over.
    pub books: usize,
    /// Seed of the generator.
    pub seed: u64,
    /// Fills made. Ours equal the generator's reference in number, order, price and size.
    pub fills: u64,
}

/// Runs `ops` steps over `books` books.
///
/// # Panics
/// When a fill differs from the reference.
#[must_use]
pub fn run(ops: usize, books: usize, seed: u64) -> Figures<Parameters> {
    let workload = generate(ops, books, seed);
    let runs = (0..RUNS).map(|_| {
        let (time, fills) = replay::<Books>(&workload, books);
        assert_eq!(fills, Fills::expected(&workload), "fills differ from the reference");
        time
    });
    let runs = runs.collect();
    let single = times::<Books>(&workload, books);
    figures("book", Parameters { ops, books, seed, fills: workload.fills }, ops, runs, single)
}

/// The books, and where each order of the workload rests.
#[derive(Debug)]
pub struct Books {
    books: Vec<Book>,
    resting: Vec<OrderId>,
    plan: Plan,
    fills: Fills,
}

impl Venue for Books {
    /// Where an order rests, then the order, then what lies around it: each tells where the next is.
    const AHEAD: &[usize] = &[24, 12, 6];

    fn new(workload: &Workload, books: usize) -> Self {
        let orders = workload.steps.iter().map(|step| step.id).max().unwrap_or(0);
        Self {
            books: vec![Book::new(); books],
            resting: vec![NOWHERE; orders as usize + 1],
            plan: Plan::default(),
            fills: Fills::default(),
        }
    }

    fn step(&mut self, step: &Step) {
        let at = step.id as usize;
        match step.kind {
            Kind::Limit | Kind::Ioc => self.enter(step),
            Kind::Cancel => {
                let id = mem::replace(&mut self.resting[at], NOWHERE);
                self.books[usize::from(step.book)].remove(id);
            }
            Kind::Modify => {
                let id = mem::replace(&mut self.resting[at], NOWHERE);
                if self.books[usize::from(step.book)].remove(id).is_some() {
                    self.enter(step);
                }
            }
        }
    }

    fn foresee(&self, stage: usize, step: &Step) {
        let book = &self.books[usize::from(step.book)];
        let leaves = matches!(step.kind, Kind::Cancel | Kind::Modify);
        let at = step.id as usize;
        match stage {
            0 if leaves => prefetch_index(&self.resting, at),
            1 if leaves => book.foresee(self.resting[at]),
            2 => {
                if leaves {
                    book.foresee_leaving(self.resting[at]);
                }
                if step.kind != Kind::Cancel {
                    book.foresee_entry(side(step), PriceTicks(step.price.into()));
                }
            }
            _ => {}
        }
    }

    fn fills(&self) -> Fills {
        self.fills
    }
}

impl Books {
    fn enter(&mut self, step: &Step) {
        let book = &mut self.books[usize::from(step.book)];
        let side = side(step);
        let (price, size) = (PriceTicks(step.price.into()), SizeLots(step.size.into()));
        book.plan(side, price, size, |_| false, &mut self.plan);
        let slot = book.next_slot().expect("the workload never fills a book");
        let id = OrderId::new(book.take_arrival(), slot);
        for fill in &self.plan.fills {
            let maker = book.fill(fill.maker, fill.size, Quote::ZERO);
            let maker_id = u32::try_from(maker.client.0).expect("workload ids are 32 bits");
            let (price, size) = (narrow(fill.price.0), narrow(fill.size.0));
            self.fills.add(maker_id, step.id, price, size);
        }
        if step.kind != Kind::Ioc && self.plan.left > SizeLots::ZERO {
            let account = AccountId(step.owner);
            let client = ClientId(step.id.into());
            book.rest(&Order {
                id,
                account,
                key: KeyNumber(0),
                side,
                price,
                size: self.plan.left,
                reserve: Quote::ZERO,
                client,
                reduce_only: false,
                good_until: None,
                iceberg: None,
                waits: None,
            });
            self.resting[step.id as usize] = id;
        }
    }
}

fn side(step: &Step) -> Side {
    if step.side == 0 { Side::Buy } else { Side::Sell }
}

fn narrow(value: u64) -> u32 {
    u32::try_from(value).expect("workload values are 32 bits")
}
