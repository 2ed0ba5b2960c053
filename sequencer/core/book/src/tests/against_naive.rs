//! Every command on the book and on its specification, everything observable compared after each.

extern crate std;

use crate::{Book, Offer, Part, Plan, naive::NaiveBook};
use alloc::{collections::BTreeSet, vec, vec::Vec};
use ballast_types::{
    AccountId, ClientId, Iceberg, KeyNumber, Millis, Order, OrderId, PriceTicks, Quote, Side, SizeLots,
    Waits, limits::MAX_FILLS_PER_ORDER,
};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use std::hash::{BuildHasher, Hasher};

const ACCOUNTS: u32 = 6;
const PRICES: u64 = 24;

/// What becomes of an order beyond its plan.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Rests,
    Immediate,
    AllOrNothing,
}

/// One command. Orders are named by their place among those that rest, so that most names fit.
#[derive(Clone, Debug)]
enum Command {
    Place { account: u32, side: Side, price: u64, size: u64, kind: Kind, failing: u32, display: Option<u64> },
    Wait { account: u32, side: Side, price: u64, size: u64, display: Option<u64>, once: bool },
    Enter { nth: usize },
    Cancel { nth: usize },
    CancelAll { account: u32 },
    CancelUnknown { id: u64 },
    PartFill { nth: usize, left: u64 },
    Reduce { nth: usize, left: u64 },
    BeginUndo,
    Undo,
    Keep,
    Commit,
    Restart { seed: u64 },
}

fn command() -> impl Strategy<Value = Command> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let kind = prop_oneof![6 => Just(Kind::Rests), 1 => Just(Kind::Immediate), 1 => Just(Kind::AllOrNothing)];
    // Mostly sizes of a few makers, now and then one that sweeps the side.
    let size = prop_oneof![12 => 1..8_u64, 2 => 8..60_u64, 1 => 500..5_000_u64];
    // Accounts whose makers give way, a bit each; most often nobody's.
    let failing = prop_oneof![3 => Just(0_u32), 1 => 0..1_u32 << ACCOUNTS];
    let display = prop_oneof![2 => Just(None), 1 => (1..6_u64).prop_map(Some)];
    let place = (0..ACCOUNTS, side, 1..=PRICES, size, kind, failing, display).prop_map(
        |(account, side, price, size, kind, failing, display)| Command::Place {
            account,
            side,
            price,
            size,
            kind,
            failing,
            display,
        },
    );
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let display = prop_oneof![2 => Just(None), 1 => (1..6_u64).prop_map(Some)];
    let wait = (0..ACCOUNTS, side, 1..=PRICES, 1..20_u64, display, any::<bool>()).prop_map(
        |(account, side, price, size, display, once)| Command::Wait {
            account,
            side,
            price,
            size,
            display,
            once,
        },
    );
    prop_oneof![
        15 => wait,
        15 => any::<usize>().prop_map(|nth| Command::Enter { nth }),
        60 => place,
        20 => any::<usize>().prop_map(|nth| Command::Cancel { nth }),
        1 => (0..ACCOUNTS).prop_map(|account| Command::CancelAll { account }),
        1 => any::<u64>().prop_map(|id| Command::CancelUnknown { id }),
        4 => (any::<usize>(), 1..9_u64).prop_map(|(nth, left)| Command::PartFill { nth, left }),
        4 => (any::<usize>(), 1..40_u64).prop_map(|(nth, left)| Command::Reduce { nth, left }),
        6 => Just(Command::BeginUndo),
        3 => Just(Command::Undo),
        1 => Just(Command::Keep),
        4 => Just(Command::Commit),
        2 => any::<u64>().prop_map(|seed| Command::Restart { seed }),
    ]
}

/// Asks that no bid of [`command`] reaches pile up, until the book is full.
fn stacking() -> impl Strategy<Value = Command> {
    let place = (0..ACCOUNTS, 1..=PRICES, 1..3_u64).prop_map(|(account, price, size)| {
        let kind = Kind::Rests;
        Command::Place {
            account,
            side: Side::Sell,
            price: PRICES + price,
            size,
            kind,
            failing: 0,
            display: None,
        }
    });
    prop_oneof![30 => place, 5 => command()]
}

struct Pair {
    fast: Book,
    naive: NaiveBook,
    maximum: u32,
    plan: Plan,
    truncated: u32,
    full: u32,
    refreshed: u32,
    undone: u32,
}

fn resting(id: OrderId, account: u32, side: Side, price: PriceTicks, size: SizeLots) -> Order {
    let arrival = id.arrival();
    Order {
        id,
        account: AccountId(account),
        key: KeyNumber(account + 11),
        side,
        price,
        size,
        reserve: Quote(size.0.cast_signed() + 9),
        client: ClientId(arrival ^ 5),
        reduce_only: arrival.is_multiple_of(4),
        good_until: arrival.is_multiple_of(3).then_some(Millis(arrival + 1)),
        iceberg: None,
        waits: None,
    }
}

/// The order showing `display` at a time.
fn hiding(order: Order, display: Option<u64>) -> Order {
    let Some(display) = display.map(SizeLots) else { return order };
    let size = order.size.min(display);
    let iceberg = Iceberg { display, hidden: SizeLots(order.size.0 - size.0), arrival: order.id.arrival() };
    Order { size, iceberg: Some(iceberg), ..order }
}

impl Pair {
    fn new(maximum: u32) -> Self {
        let (fast, naive) = (Book::with_maximum(maximum), NaiveBook::with_maximum(maximum));
        Self { fast, naive, maximum, plan: Plan::default(), truncated: 0, full: 0, refreshed: 0, undone: 0 }
    }

    fn nth(&self, nth: usize) -> Option<Order> {
        let orders: Vec<_> = self.naive.orders().collect();
        (!orders.is_empty()).then(|| orders[nth % orders.len()])
    }

    fn step(&mut self, command: &Command) {
        match *command {
            Command::Place { .. } => self.place(command),
            Command::Wait { account, side, price, size, display, once } => {
                let Some(slot) = self.naive.next_slot() else { return };
                assert_eq!(self.fast.take_arrival(), self.naive.take_arrival());
                let id = OrderId::new(self.naive.next_arrival() - 1, slot);
                let order = resting(id, account, side, PriceTicks(price), SizeLots(size));
                let waits = Some(if once { Waits::Once } else { Waits::Rest });
                let order = Order { waits, ..hiding(order, display) };
                self.fast.wait(&order);
                self.naive.wait(&order);
            }
            Command::Enter { nth } => {
                let waiting = self.naive.waiting_orders();
                let Some(order) = waiting.get(nth % waiting.len().max(1)) else { return };
                let crosses = self.naive.would_cross(order);
                assert_eq!(self.fast.would_cross(order), crosses);
                if !crosses {
                    assert_eq!(self.fast.enter(order.id), self.naive.enter(order.id));
                }
            }
            Command::Cancel { nth } => {
                if let Some(order) = self.nth(nth) {
                    self.remove(order.id);
                }
            }
            Command::CancelAll { account } => {
                let of = |order: &Order| order.account == AccountId(account);
                let ids: Vec<_> = self.fast.orders().filter(of).map(|order| order.id).collect();
                ids.into_iter().for_each(|id| self.remove(id));
            }
            Command::CancelUnknown { id } => self.remove(OrderId(id)),
            Command::PartFill { nth, left } => {
                if let Some(order) = self.nth(nth).filter(|order| order.open().0 > left) {
                    self.fill(order.id, order.open().0 - left);
                }
            }
            Command::Reduce { nth, left } => {
                if let Some(order) = self.nth(nth).filter(|order| order.open().0 >= left) {
                    self.reduce(order.id, left);
                }
            }
            Command::BeginUndo => self.begin_undo(),
            Command::Undo => self.undo(),
            Command::Keep => self.keep(),
            Command::Commit => self.commit(),
            Command::Restart { seed } => self.restart(seed),
        }
        self.compare();
    }

    fn begin_undo(&mut self) {
        if !self.fast.undo.is_open() {
            self.fast.begin_undo();
            self.naive.begin_undo();
        }
    }

    fn undo(&mut self) {
        if self.fast.undo.is_open() {
            self.fast.undo();
            self.naive.undo();
            self.undone += 1;
        }
    }

    fn keep(&mut self) {
        if self.fast.undo.is_open() {
            self.fast.keep();
            self.naive.keep();
        }
    }

    fn commit(&mut self) {
        self.keep();
        assert_eq!(self.fast.take_dirty_pages(), self.naive.take_dirty_pages());
    }

    fn remove(&mut self, id: OrderId) {
        assert_eq!(self.fast.remove(id), self.naive.remove(id));
    }

    fn fill(&mut self, maker: OrderId, size: u64) {
        let before = self.naive.get(maker).expect("it rests");
        let reserve = Quote(before.reserve.0 - size.cast_signed());
        let after = if before.waits.is_some() {
            let after = self.fast.fill_waiting(maker, SizeLots(size), reserve);
            assert_eq!(after, self.naive.fill_waiting(maker, SizeLots(size), reserve));
            after
        } else {
            let after = self.fast.fill(maker, SizeLots(size), reserve);
            assert_eq!(after, self.naive.fill(maker, SizeLots(size), reserve));
            after
        };
        assert_eq!((after.open().0, after.reserve), (before.open().0 - size, reserve));
        self.refreshed += u32::from(after.priority() != before.priority());
    }

    fn reduce(&mut self, id: OrderId, left: u64) {
        let after = self.fast.reduce(id, SizeLots(left), Quote(3));
        assert_eq!(after, self.naive.reduce(id, SizeLots(left), Quote(3)));
        assert_eq!((after.open().0, after.reserve), (left, Quote(3)));
    }

    /// As the engine does it: plan, judge, take number and slot, carry out, rest.
    fn place(&mut self, command: &Command) {
        let &Command::Place { account, side, price, size, kind, failing, display } = command else { return };
        let gives_way = |Offer { order: maker, part, .. }: &Offer| {
            let fails = failing >> maker.account.0 & 1 == 1;
            let hides = *part == Part::Hidden && failing > 0 && maker.client.0.is_multiple_of(3);
            maker.account.0 == account || fails || hides
        };
        let (price, size) = (PriceTicks(price), SizeLots(size));
        let (mut asked, mut expected_asked) = (Vec::new(), Vec::new());
        let mut expected = Plan::default();
        let mut plan = core::mem::take(&mut self.plan);
        let ask = |asked: &mut Vec<Offer>, offer: &Offer| {
            asked.push(*offer);
            gives_way(offer)
        };
        self.fast.plan(side, price, size, |offer| ask(&mut asked, offer), &mut plan);
        self.naive.plan(side, price, size, |offer| ask(&mut expected_asked, offer), &mut expected);
        assert_eq!((&plan, &asked), (&expected, &expected_asked));
        assert_eq!(plan.filled.0 + plan.left.0, size.0);
        assert_eq!(plan.filled.0, plan.fills.iter().map(|fill| fill.size.0).sum::<u64>());
        assert!(plan.fills.len() <= MAX_FILLS_PER_ORDER && (!plan.truncated || plan.left.0 > 0));
        self.truncated += u32::from(plan.truncated);

        if kind != Kind::AllOrNothing || plan.left == SizeLots::ZERO {
            let slot = self.fast.next_slot();
            assert_eq!(slot, self.naive.next_slot());
            self.full += u32::from(slot.is_none());
            let arrival = self.fast.take_arrival();
            assert_eq!(arrival, self.naive.take_arrival());
            for fill in &plan.fills {
                self.fill(fill.maker, fill.size.0);
            }
            asked.iter().filter(|offer| gives_way(offer)).for_each(|offer| self.remove(offer.order.id));
            if let (Some(slot), Kind::Rests, false, 1..) = (slot, kind, plan.truncated, plan.left.0) {
                let order = resting(OrderId::new(arrival, slot), account, side, price, plan.left);
                self.rest(hiding(order, display));
            }
        }
        self.plan = plan;
    }

    fn rest(&mut self, order: Order) {
        self.fast.rest(&order);
        self.naive.rest(&order);
    }

    /// Goes on with a book restored from the facts in a random order, after a commit as a real restart.
    fn restart(&mut self, seed: u64) {
        self.commit();
        let mut orders: Vec<_> = self.fast.orders().collect();
        orders.sort_by_key(|order| (order.id.0 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(29));
        let facts = (self.fast.next_arrival(), self.fast.pages());
        self.fast = Book::restore_bounded(orders, facts.0, facts.1, self.maximum).expect("facts of a book");
    }

    fn compare(&self) {
        let (fast, naive) = (&self.fast, &self.naive);
        assert_eq!(fast.check(), Ok(()));
        assert!(fast.orders().eq(naive.orders()));
        assert_eq!(fast.len(), naive.len());
        let waiting = naive.waiting_orders();
        assert_eq!((fast.waiting() as usize, fast.waiting_orders()), (waiting.len(), waiting));
        assert_eq!(fast.is_empty(), naive.is_empty());
        assert_eq!(fast.next_arrival(), naive.next_arrival());
        assert_eq!(fast.next_slot(), naive.next_slot());
        assert_eq!(fast.pages(), naive.pages());
        for side in [Side::Buy, Side::Sell] {
            assert_eq!(fast.best(side), naive.best(side));
            assert_eq!(fast.depth(side, usize::MAX), naive.depth(side, usize::MAX));
            assert_eq!(fast.depth(side, 3), naive.depth(side, 3));
            let all = naive
                .depth(side, usize::MAX)
                .iter()
                .map(|level| u128::from(level.price.0) * level.size)
                .sum();
            for notional in [0, 1, 50, 1_000, all / 2, all, all + 1] {
                assert_eq!(fast.impact(side, notional), naive.impact(side, notional));
            }
        }
        assert_eq!(fast.dirty.clone().take(), naive.clone().take_dirty_pages());
        let ids: BTreeSet<_> = naive.orders().map(|order| order.id).collect();
        assert!(ids.iter().all(|&id| fast.get(id) == naive.get(id)));
        for page in 0..=fast.pages() as u16 {
            assert_eq!(fast.page(page), naive.page(page));
        }
    }
}

proptest! {
    #![proptest_config(Config { cases: 256, ..Config::default() })]

    #[test]
    fn the_book_does_as_its_specification(
        maximum in prop_oneof![1..40_u32, Just(1_000)],
        commands in prop::collection::vec(command(), 1..150),
    ) {
        let mut pair = Pair::new(maximum);
        commands.iter().for_each(|command| pair.step(command));
    }

    #[test]
    fn a_restored_book_lives_on_as_the_original(
        before in prop::collection::vec(command(), 1..100),
        seed in any::<u64>(),
        after in prop::collection::vec(command(), 1..100),
    ) {
        let mut original = Pair::new(64);
        before.iter().for_each(|command| original.step(command));
        let mut restored = Pair { naive: original.naive.clone(), ..Pair::new(64) };
        restored.fast = original.fast.clone();
        restored.step(&Command::Restart { seed });
        original.step(&Command::Commit);
        for command in &after {
            original.step(command);
            restored.step(command);
            prop_assert!(original.fast.orders().eq(restored.fast.orders()));
        }
        original.keep();
        restored.keep();
        prop_assert_eq!(original.fast.take_dirty_pages(), restored.fast.take_dirty_pages());
    }
}

/// A fresh seed, or the one of the environment variable `BALLAST_SEED`.
#[expect(clippy::disallowed_methods, reason = "a test may be told its seed from outside")]
fn seed() -> u64 {
    match std::env::var("BALLAST_SEED") {
        Ok(seed) => seed.parse().expect("BALLAST_SEED is a number"),
        Err(_) => std::hash::RandomState::new().build_hasher().finish(),
    }
}

#[test]
fn a_long_life_is_that_of_the_specification() {
    let seed = seed();
    std::eprintln!("BALLAST_SEED={seed}");
    live(seed);
}

/// The seed is always the same one: what must have happened is asked of it, which a fresh one may miss by chance.
#[test]
fn a_long_life_meets_the_limits_it_is_there_to_meet() {
    let pair = live(1);
    assert!(pair.refreshed > 0 && pair.undone > 0);
    assert!(pair.truncated > 0 && pair.full > 0);
}

fn live(seed: u64) -> Pair {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let (normal, stacking) = (command().boxed(), stacking().boxed());

    let (side, kind) = (Side::Buy, Kind::Rests);
    let (price, size, display) = (2 * PRICES, 9_000, None);
    let sweep = Command::Place { account: 0, side, price, size, kind, failing: 2, display };
    let mut pair = Pair::new(600);
    for step in 0..10_000 {
        let strategy = if step / 1_500 % 2 == 0 { &normal } else { &stacking };
        let command = strategy.new_tree(&mut runner).expect("no filters").current();
        pair.step(&command);
        if step % 3_000 == 2_999 {
            pair.step(&sweep);
        }
    }
    pair
}
