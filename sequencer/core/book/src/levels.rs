//! The price levels of one side, best first. The rest of the book sees them only through this interface.
//!
//! Levels lie in blocks of eight neighbouring prices, and an order keeps the place of its level, so that nothing
//! is searched when it is filled or leaves. A B-tree orders the blocks; it is touched only when the first level
//! of a block is born, when the last dies, and when a walk leaves a block. An entering order finds its block
//! through a small table of those used last, and through the tree where the table knows another. However the
//! prices are chosen, the levels take no more than some 150 bytes an order.

use crate::{check::ensure, foresee::ask_for, queue::Queue};
use alloc::{boxed::Box, collections::BTreeMap, vec::Vec};
use ballast_types::{PriceTicks, Side};
use core::ops::{Index, IndexMut};

/// Bits of a price that its block does not tell.
const BLOCK_BITS: u32 = 3;
const BLOCK: u64 = 1 << BLOCK_BITS;

/// The levels of eight neighbouring prices, in two cache lines.
#[derive(Clone, Debug)]
#[repr(align(64))]
struct Block([Queue; BLOCK as usize]);

const _: () = assert!(size_of::<Block>() == 128, "the memory of levels is bounded by their blocks");

impl Block {
    fn is_empty(&self) -> bool {
        self.0.iter().all(Queue::is_empty)
    }
}

/// A level that has orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Of its price, see [`Levels::rank`].
    pub(crate) rank: u64,
    /// Where its queue lies.
    pub(crate) level: u32,
}

/// The levels of both sides.
#[derive(Clone, Debug)]
pub(crate) struct Sides([Levels; 2]);

impl Sides {
    /// Two sides without orders.
    pub(crate) fn new() -> Self {
        Self([Side::Buy, Side::Sell].map(Levels::new))
    }
}

impl Index<Side> for Sides {
    type Output = Levels;

    #[inline]
    fn index(&self, side: Side) -> &Levels {
        &self.0[side as usize]
    }
}

impl IndexMut<Side> for Sides {
    #[inline]
    fn index_mut(&mut self, side: Side) -> &mut Levels {
        &mut self.0[side as usize]
    }
}

/// All levels of one side that have orders. What every order looks at comes first, in a cache line.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub(crate) struct Levels {
    /// What turns a price into its rank and back by exclusive or: ranks ascend from the best price to the worst.
    flip: u64,
    /// The best level; that of [`Levels::NOBODY`] when there is none.
    best: Place,
    blocks: Vec<Block>,
    recent: Recent,
    /// Blocks in use for no prices.
    vacant: Vec<u32>,
    /// Blocks by the upper bits of the ranks of their prices.
    index: BTreeMap<u64, u32>,
}

impl Levels {
    /// No price has the rank.
    const NOBODY: Place = Place { rank: u64::MAX, level: u32::MAX };

    /// A side without orders.
    pub(crate) fn new(side: Side) -> Self {
        let flip = match side {
            Side::Buy => u64::MAX,
            Side::Sell => 0,
        };
        let (blocks, vacant, index) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { flip, best: Self::NOBODY, blocks, vacant, index, recent: Recent::new() }
    }

    /// Ascends from the best price to the worst.
    pub(crate) fn rank(&self, price: PriceTicks) -> u64 {
        price.0 ^ self.flip
    }

    /// The price with this rank.
    pub(crate) fn price(&self, rank: u64) -> PriceTicks {
        PriceTicks(rank ^ self.flip)
    }

    /// The best level.
    pub(crate) fn best(&self) -> Option<Place> {
        (self.best.rank != u64::MAX).then_some(self.best)
    }

    /// Whether an order of the other side limited at `limit`, if that is a valid price, could trade here.
    #[inline]
    pub(crate) fn is_reached_by(&self, limit: PriceTicks) -> bool {
        self.best.rank <= self.rank(limit)
    }

    /// The best level worse than `place`, which may have lost its last order just now.
    pub(crate) fn next(&self, place: Place) -> Option<Place> {
        let (upper, lower) = (place.rank >> BLOCK_BITS, place.rank % BLOCK);
        self.first_of(upper, place.level >> BLOCK_BITS, lower + 1).or_else(|| {
            let (&upper, &block) = self.index.range(upper + 1..).next()?;
            self.first_of(upper, block, 0)
        })
    }

    /// All levels from the best to the worst.
    pub(crate) fn best_first(&self) -> impl Iterator<Item = (PriceTicks, &Queue)> {
        core::iter::successors(self.best(), |&place| self.next(place))
            .map(|place| (self.price(place.rank), self.queue(place.level)))
    }

    /// The orders of a level.
    #[inline]
    pub(crate) fn queue(&self, level: u32) -> &Queue {
        &self.blocks[(level >> BLOCK_BITS) as usize].0[level as usize % BLOCK as usize]
    }

    /// The orders of a level.
    #[inline]
    pub(crate) fn queue_mut(&mut self, level: u32) -> &mut Queue {
        &mut self.blocks[(level >> BLOCK_BITS) as usize].0[level as usize % BLOCK as usize]
    }

    /// A level will be looked at.
    #[inline]
    pub(crate) fn foresee(&self, level: u32) {
        let (block, lower) = ((level >> BLOCK_BITS) as usize, level as usize % BLOCK as usize);
        if let Some(block) = self.blocks.get(block) {
            ask_for(&block.0, lower);
        }
    }

    /// The level of a price will be entered.
    #[inline]
    pub(crate) fn foresee_entry(&self, price: PriceTicks) {
        if let Some(block) = self.recent.get(price) {
            self.foresee((block << BLOCK_BITS) | (price.0 % BLOCK) as u32);
        }
    }

    /// The level of a valid price, which an order is about to join, and its orders.
    #[inline]
    pub(crate) fn enter(&mut self, price: PriceTicks) -> (u32, &mut Queue) {
        let rank = self.rank(price);
        let block = match self.recent.get(price) {
            Some(block) => block,
            None => self.look_up(price),
        };
        let level = (block << BLOCK_BITS) | (price.0 % BLOCK) as u32;
        if rank < self.best.rank {
            self.best = Place { rank, level };
        }
        (level, &mut self.blocks[block as usize].0[(price.0 % BLOCK) as usize])
    }

    /// Takes away the level of `price`, which lost its last order.
    #[inline(never)]
    pub(crate) fn leave(&mut self, price: PriceTicks, level: u32) {
        let rank = self.rank(price);
        if level == self.best.level {
            self.best = self.next(Place { rank, level }).unwrap_or(Self::NOBODY);
        }
        let block = level >> BLOCK_BITS;
        if self.blocks[block as usize].is_empty() {
            self.recent.forget(price);
            self.index.remove(&(rank >> BLOCK_BITS));
            self.vacant.push(block);
        }
    }

    /// The block of a price, new when there was none, which is then among those used last.
    #[inline(never)]
    fn look_up(&mut self, price: PriceTicks) -> u32 {
        let Self { blocks, vacant, index, .. } = self;
        let block = *index.entry((price.0 ^ self.flip) >> BLOCK_BITS).or_insert_with(|| {
            vacant.pop().unwrap_or_else(|| {
                blocks.push(Block([Queue::EMPTY; BLOCK as usize]));
                blocks.len() as u32 - 1
            })
        });
        self.recent.put(price, block);
        block
    }

    /// The best level with orders of a block, of those whose ranks end in `from` or more.
    fn first_of(&self, upper: u64, block: u32, from: u64) -> Option<Place> {
        (from..BLOCK).find_map(|lower| {
            let level = (block << BLOCK_BITS) | ((lower ^ self.flip) % BLOCK) as u32;
            (!self.queue(level).is_empty()).then_some(Place { rank: (upper << BLOCK_BITS) | lower, level })
        })
    }

    /// Whether blocks, their index, the vacant ones, those used last and the best level agree.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        for &block in self.index.values() {
            let block = self.blocks.get(block as usize).ok_or("the index of levels leads nowhere")?;
            ensure(!block.is_empty(), "a block of levels is in use for nothing")?;
        }
        for &vacant in &self.vacant {
            let block = self.blocks.get(vacant as usize).ok_or("a vacant block of levels is none")?;
            ensure(block.is_empty(), "a vacant block of levels is in use")?;
        }
        let known = self.index.len() + self.vacant.len();
        ensure(known == self.blocks.len(), "a block of levels is lost")?;
        for (price, block) in self.recent.all() {
            let known = self.index.get(&(self.rank(price) >> BLOCK_BITS));
            ensure(known == Some(&block), "a block of levels is remembered wrongly")?;
        }
        let first = self.index.first_key_value();
        let best = first.and_then(|(&upper, &block)| self.first_of(upper, block, 0));
        ensure(best == self.best(), "the best level is another")
    }
}

/// Bits of a block's number by which the table of those used last is ordered.
const RECENT_BITS: u32 = 7;

/// Blocks used last: at most one for each way in which a block's number, the price divided by eight, may end.
#[derive(Clone, Debug)]
struct Recent(Box<[u64; 1 << RECENT_BITS]>);

impl Recent {
    /// The upper half of an entry is the rest of the number, the lower the block. No number is so large.
    const NONE: u64 = u64::MAX;

    fn new() -> Self {
        Self(Box::new([Self::NONE; 1 << RECENT_BITS]))
    }

    /// Where the entry of a price is, and its upper half.
    #[inline]
    fn split(price: PriceTicks) -> (usize, u64) {
        let number = price.0 >> BLOCK_BITS;
        (number as usize % (1 << RECENT_BITS), number >> RECENT_BITS)
    }

    #[inline]
    fn get(&self, price: PriceTicks) -> Option<u32> {
        let (at, tag) = Self::split(price);
        let entry = self.0[at];
        (entry >> u32::BITS == tag).then_some(entry as u32)
    }

    fn put(&mut self, price: PriceTicks, block: u32) {
        let (at, tag) = Self::split(price);
        self.0[at] = tag << u32::BITS | u64::from(block);
    }

    fn forget(&mut self, price: PriceTicks) {
        if self.get(price).is_some() {
            self.0[Self::split(price).0] = Self::NONE;
        }
    }

    /// A price of each block in the table, and the block.
    fn all(&self) -> impl Iterator<Item = (PriceTicks, u32)> {
        (0..).zip(self.0.iter()).filter(|(_, entry)| **entry != Self::NONE).map(|(at, entry)| {
            let number = (entry >> u32::BITS << RECENT_BITS) | at;
            (PriceTicks(number << BLOCK_BITS), *entry as u32)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use ballast_types::{SizeLots, limits::MAX_PRICE};

    fn join(levels: &mut Levels, price: u64) {
        levels.enter(PriceTicks(price)).1.push(0, SizeLots(1));
    }

    fn leave(levels: &mut Levels, price: u64) {
        let (level, queue) = levels.enter(PriceTicks(price));
        *queue = Queue::EMPTY;
        levels.leave(PriceTicks(price), level);
    }

    fn prices(levels: &Levels) -> Vec<u64> {
        assert_eq!(levels.check(), Ok(()));
        levels.best_first().map(|(price, _)| price.0).collect()
    }

    /// Prices whose blocks share an entry of the table, neighbours, and both ends.
    #[test]
    fn levels_are_walked_from_the_best() {
        let far = BLOCK << RECENT_BITS;
        let all = [1, 7, 8, 15, 16, far, far + 1, 2 * far, 2 * far + 1, 5 * far + 8, MAX_PRICE];
        for side in [Side::Buy, Side::Sell] {
            let mut levels = Levels::new(side);
            all.iter().rev().chain(&all).for_each(|&price| join(&mut levels, price));
            let mut expected = vec![];
            expected.extend(all);
            for gone in [far, 1, MAX_PRICE, 8, 2 * far, 2 * far + 1, 16, far + 1, 15, 5 * far + 8, 7] {
                expected.sort_by_key(|&price| levels.rank(PriceTicks(price)));
                assert_eq!(prices(&levels), expected);
                leave(&mut levels, gone);
                expected.retain(|&price| price != gone);
            }
            assert_eq!((prices(&levels), levels.best()), (vec![], None));
        }
    }

    #[test]
    fn blocks_are_used_again() {
        let mut levels = Levels::new(Side::Sell);
        for price in (1..1_000).map(|n| n * 1_000) {
            join(&mut levels, price);
            leave(&mut levels, price);
        }
        assert_eq!((prices(&levels), levels.blocks.len()), (vec![], 1));
    }

    #[test]
    fn every_disagreement_is_found() {
        type Corruption = fn(&mut Levels);
        let corruptions: &[(&str, Corruption)] = &[
            ("the index of levels leads nowhere", |l| l.index.extend([(100, 9)])),
            ("a block of levels is in use for nothing", |l| l.index.extend([(100, l.vacant[0])])),
            ("a vacant block of levels is none", |l| l.vacant.push(9)),
            ("a vacant block of levels is in use", |l| l.vacant.push(l.best.level >> BLOCK_BITS)),
            ("a block of levels is lost", |l| l.vacant.clear()),
            ("a block of levels is remembered wrongly", |l| l.recent.put(PriceTicks(800), 0)),
            ("the best level is another", |l| l.best.level += 1),
            ("the best level is another", |l| l.best.rank += 1),
            ("the best level is another", |l| l.best = Levels::NOBODY),
        ];
        for (finding, corrupt) in corruptions {
            let mut levels = Levels::new(Side::Sell);
            [80, 90, 100].into_iter().for_each(|price| join(&mut levels, price));
            leave(&mut levels, 90);
            assert_eq!(levels.check(), Ok(()));
            corrupt(&mut levels);
            assert_eq!(levels.check(), Err(*finding));
        }
    }
}
