//! The common matching workload: a deterministic, seeded stream of orders over one or many books.
//!
//! 55% limit orders, 35% cancels, 8% modifications, 2% immediate-or-cancel orders through the book; book
//! choice by Zipf(1). Integer arithmetic alone, so that every language and machine makes the same stream. The
//! generator keeps a reference matcher of its own and tells the fills that a correct engine must make.

use std::collections::{BTreeMap, VecDeque};

/// One step of the workload. `side` 0 buys, 1 sells; ids are dense from 1 over limit and IOC orders.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// What to do.
    pub kind: Kind,
    /// 0 buys, 1 sells.
    pub side: u8,
    /// Which book.
    pub book: u16,
    /// Which order.
    pub id: u32,
    /// Limit price.
    pub price: u32,
    /// Size.
    pub size: u32,
    /// Who, from 1 to 50,000.
    pub owner: u32,
}

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Good till cancelled.
    Limit,
    /// Cancel; the order may be gone.
    Cancel,
    /// Cancel and place again at the end of the queue; the order may be gone.
    Modify,
    /// Immediate or cancel, far through the book.
    Ioc,
}

/// The stream and what a correct engine makes of it.
#[derive(Debug)]
pub struct Workload {
    /// What to do, in order.
    pub steps: Vec<Step>,
    /// Fills made.
    pub fills: u64,
    /// Order-dependent hash of all fills, see [`hash_fill`].
    pub hash: u64,
    /// Cancels and modifications that name an order that is gone.
    pub rejects: u64,
    /// Orders that rest at the end.
    pub live: u64,
}

/// Start of the fill hash (FNV-1a's offset).
pub const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

/// The fill hash after one more fill: FNV-1a over whole words.
#[must_use]
pub fn hash_fill(hash: u64, maker: u32, taker: u32, price: u32, size: u32) -> u64 {
    [maker, taker, price, size]
        .into_iter()
        .fold(hash, |h, v| (h ^ u64::from(v)).wrapping_mul(0x0100_0000_01b3))
}

struct Random(u64);

impl Random {
    /// splitmix64, upper half.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) >> 32
    }

    fn below(&mut self, n: u64) -> u64 {
        (self.next() * n) >> 32
    }

    /// Distance behind the mid, with a heavy tail.
    fn offset(&mut self) -> i64 {
        let (width, from) = match self.below(100) {
            0..50 => (10, 0),
            50..85 => (90, 10),
            85..98 => (900, 100),
            _ => (4_000, 1_000),
        };
        (from + self.below(width)).cast_signed()
    }

    fn size(&mut self) -> u32 {
        let (width, from) = match self.below(100) {
            0..60 => (20, 1),
            60..95 => (180, 20),
            _ => (1_800, 200),
        };
        u32::try_from(from + self.below(width)).expect("below 2,000")
    }

    /// Six in a hundred reach up to three ticks through the mid.
    fn price(&mut self, mid: i64, side: u8) -> u32 {
        let mut distance = self.offset();
        if self.below(100) < 6 {
            distance -= 3;
        }
        let price = if side == 0 { mid - 1 - distance } else { mid + 1 + distance };
        u32::try_from(price).expect("mids stay far above the largest distance")
    }
}

#[derive(Clone, Copy)]
struct Order {
    price: u32,
    side: u8,
    open: u32,
    alive: bool,
    tag: u32,
}

struct Book {
    mid: i64,
    levels: [BTreeMap<u32, VecDeque<(u32, u32)>>; 2],
    ids: Vec<u32>,
}

struct Generator {
    random: Random,
    books: Vec<Book>,
    /// Orders by id; id 0 is nobody's.
    orders: Vec<Order>,
    weights: Vec<u64>,
    out: Workload,
}

/// Makes `count` steps over `books` books from `seed`.
///
/// # Panics
/// When `books` is 0 or above 65,535, or `count` makes more orders than a `u32` counts.
#[must_use]
pub fn generate(count: usize, books: usize, seed: u64) -> Workload {
    assert!((1..=usize::from(u16::MAX)).contains(&books));
    let mut total = 0;
    let weights = (1..=books as u64)
        .map(|rank| {
            total += 1_000_000 / rank;
            total
        })
        .collect();
    let book = || Book { mid: 100_000, levels: [BTreeMap::new(), BTreeMap::new()], ids: Vec::new() };
    let mut generator = Generator {
        random: Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)),
        books: (0..books).map(|_| book()).collect(),
        orders: vec![Order { price: 0, side: 0, open: 0, alive: false, tag: 0 }],
        weights,
        out: Workload { steps: Vec::with_capacity(count), fills: 0, hash: HASH_START, rejects: 0, live: 0 },
    };
    for _ in 0..count {
        generator.step();
    }
    generator.out.live = generator.orders.iter().filter(|order| order.alive).count() as u64;
    generator.out
}

impl Generator {
    fn pick_book(&mut self) -> usize {
        let Some(total) = self.weights.last().copied().filter(|_| self.weights.len() > 1) else { return 0 };
        let draw = self.random.below(total);
        self.weights.partition_point(|weight| *weight <= draw)
    }

    fn move_mid(&mut self, book: usize) {
        let step = if self.books.len() == 1 { 2 } else { 6 };
        let draw = self.random.below(100);
        let mut mid = self.books[book].mid;
        if draw < step {
            mid += if self.random.below(2) == 1 { 1 } else { -1 };
        }
        if self.random.below(100_000) == 0 {
            mid += self.random.below(361).cast_signed() - 180;
        }
        self.books[book].mid = mid.clamp(20_000, 180_000);
    }

    fn step(&mut self) {
        let book = self.pick_book();
        self.move_mid(book);
        let mut draw = self.random.below(100);
        let owner = 1 + u32::try_from(self.random.below(50_000)).expect("below 50,000");
        if (55..98).contains(&draw) && self.books[book].ids.is_empty() {
            draw = 0;
        }
        let step = match draw {
            0..55 => self.limit(book),
            55..90 => self.cancel(book),
            90..98 => self.modify(book),
            _ => self.ioc(book),
        };
        self.out.steps.push(Step { owner, ..step });
        let orders = &self.orders;
        let ids = &mut self.books[book].ids;
        if ids.len() > 4_096 && ids.len() & 4_095 == 0 {
            ids.retain(|id| orders[*id as usize].alive);
        }
    }

    fn new_id(&mut self, order: Order) -> u32 {
        let id = u32::try_from(self.orders.len()).expect("fewer than 2^32 orders");
        self.orders.push(order);
        id
    }

    fn limit(&mut self, book: usize) -> Step {
        let side = u8::from(self.random.below(2) == 1);
        let price = self.random.price(self.books[book].mid, side);
        let size = self.random.size();
        let id = self.new_id(Order { price, side, open: size, alive: true, tag: 0 });
        self.enter(book, id, price, size);
        if self.orders[id as usize].alive {
            self.books[book].ids.push(id);
        }
        Step { kind: Kind::Limit, side, book: narrow(book), id, price, size, owner: 0 }
    }

    fn cancel(&mut self, book: usize) -> Step {
        let id = self.target(book);
        let order = &mut self.orders[id as usize];
        if !order.alive {
            self.out.rejects += 1;
        }
        order.alive = false;
        Step { kind: Kind::Cancel, side: order.side, book: narrow(book), id, price: 0, size: 0, owner: 0 }
    }

    fn modify(&mut self, book: usize) -> Step {
        let id = self.target(book);
        let order = self.orders[id as usize];
        let draw = self.random.below(10);
        let price = if draw < 7 { self.random.price(self.books[book].mid, order.side) } else { order.price };
        let size = if draw >= 6 { self.random.size() } else { order.open.max(1) };
        if order.alive {
            let order = &mut self.orders[id as usize];
            order.tag += 1;
            order.price = price;
            self.enter(book, id, price, size);
        } else {
            self.out.rejects += 1;
        }
        Step { kind: Kind::Modify, side: order.side, book: narrow(book), id, price, size, owner: 0 }
    }

    fn ioc(&mut self, book: usize) -> Step {
        let side = u8::from(self.random.below(2) == 1);
        let size = self.random.size() * (1 + u32::try_from(self.random.below(8)).expect("below 8"));
        let id = self.new_id(Order { price: 0, side, open: 0, alive: false, tag: 0 });
        let price = if side == 0 { 190_000 } else { 10_000 };
        self.meet(book, id, side, price, size);
        Step { kind: Kind::Ioc, side, book: narrow(book), id, price, size, owner: 0 }
    }

    /// A live order most of the time: near the newest, or anywhere.
    fn target(&mut self, book: usize) -> u32 {
        let count = self.books[book].ids.len() as u64;
        let mut id = 0;
        if count == 0 {
            return id;
        }
        for _ in 0..6 {
            let back = if self.random.below(10) < 7 {
                self.random.below(count.min(2_000))
            } else {
                self.random.below(count)
            };
            id = self.books[book].ids[usize::try_from(count - 1 - back).expect("an index")];
            if self.orders[id as usize].alive {
                return id;
            }
        }
        id
    }

    /// Matches an order and rests what is left.
    fn enter(&mut self, book: usize, id: u32, price: u32, size: u32) {
        let side = self.orders[id as usize].side;
        let left = self.meet(book, id, side, price, size);
        let order = &mut self.orders[id as usize];
        order.open = left;
        order.alive = left > 0;
        if left > 0 {
            let tag = order.tag;
            self.books[book].levels[usize::from(side)].entry(price).or_default().push_back((id, tag));
        }
    }

    fn meet(&mut self, book: usize, id: u32, side: u8, limit: u32, mut size: u32) -> u32 {
        let orders = &mut self.orders;
        let levels = &mut self.books[book].levels[usize::from(1 - side)];
        while size > 0 {
            let best = if side == 0 { levels.first_entry() } else { levels.last_entry() };
            let Some(mut level) = best else { break };
            let price = *level.key();
            if if side == 0 { price > limit } else { price < limit } {
                break;
            }
            while let Some(&(maker, tag)) = level.get().front() {
                let order = &mut orders[maker as usize];
                if !(order.alive && order.tag == tag) {
                    level.get_mut().pop_front();
                    continue;
                }
                if size == 0 {
                    break;
                }
                let filled = size.min(order.open);
                size -= filled;
                order.open -= filled;
                self.out.fills += 1;
                self.out.hash = hash_fill(self.out.hash, maker, id, price, filled);
                if order.open == 0 {
                    order.alive = false;
                    level.get_mut().pop_front();
                }
            }
            if level.get().is_empty() {
                level.remove();
            }
        }
        size
    }
}

fn narrow(book: usize) -> u16 {
    u16::try_from(book).expect("fewer than 65,536 books")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of the reference generator of the common workload, for the same sizes and seeds.
    #[test]
    fn the_stream_is_the_common_workload() {
        let one = generate(20_000, 1, 1);
        assert_eq!((one.fills, one.hash, one.rejects, one.live), (3_394, 0x4f36_da2f_b4a9_3153, 713, 1_673));
        let nine = generate(20_000, 9, 3);
        assert_eq!(
            (nine.fills, nine.hash, nine.rejects, nine.live),
            (2_925, 0xc86d_f2f2_cd1a_f532, 1_193, 2_553)
        );
    }
}
