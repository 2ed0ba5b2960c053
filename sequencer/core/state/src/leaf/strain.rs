//! What liquidations did lately, and who holds positions.

use ballast_types::{Lots, MarketId, Quote, SizeLots};
use borsh::{BorshDeserialize, BorshSerialize};

/// What forced orders closed of an account's position, in the 5 s of the last one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Forced {
    /// Those seconds, counted from the Unix epoch.
    pub window: u32,
    /// In which market.
    pub market: MarketId,
    /// How much.
    pub closed: SizeLots,
}

/// What liquidations did in a market lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Strain {
    /// The 5 s of the last forced order, counted from the Unix epoch.
    pub window: u32,
    /// What forced orders may close in them, in lots.
    pub allowance: u64,
    /// What they closed, or wait to close.
    pub closed: u64,
    /// The day of the fund's last payment for the market, counted from the Unix epoch.
    pub day: u32,
    /// What it paid on that day.
    pub paid: Quote,
}

/// How many accounts are long and short, by the size of their positions: the count of those with `2^k` to `2^(k+1) - 1`
/// lots at place `k`. It tells whether a list of holders is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Holders {
    /// Long ones.
    pub long: [u32; Self::CLASSES],
    /// Short ones.
    pub short: [u32; Self::CLASSES],
}

impl Holders {
    /// Sizes are 1 to 2^46 lots.
    pub const CLASSES: usize = 47;
    /// Nobody.
    pub const NONE: Self = Self { long: [0; Self::CLASSES], short: [0; Self::CLASSES] };

    /// Those on the side of a position that is above zero, or below.
    #[must_use]
    pub const fn side(&self, is_long: bool) -> &[u32; Self::CLASSES] {
        if is_long { &self.long } else { &self.short }
    }

    /// Somebody's position was `before` and is `after`.
    ///
    /// # Panics
    /// When a position was not counted, or is beyond 2^46 lots: a caller's bug.
    pub const fn moved(&mut self, before: Lots, after: Lots) {
        if before.0 != 0 {
            *self.at(before) -= 1;
        }
        if after.0 != 0 {
            *self.at(after) += 1;
        }
    }

    /// The smallest number of lots with which at most `most` are on a side, as a power of two's exponent, and how many
    /// those are. Where the largest of them are more already: their class, and `most`.
    #[must_use]
    pub fn largest(&self, is_long: bool, most: usize) -> (u32, usize) {
        let (mut class, mut count) = (Self::CLASSES as u32, 0);
        for holders in self.side(is_long).iter().rev() {
            let more = count + *holders as usize;
            if more > most {
                return if count == 0 { (class - 1, most) } else { (class, count) };
            }
            (class, count) = (class - 1, more);
        }
        (class, count)
    }

    const fn at(&mut self, size: Lots) -> &mut u32 {
        let class = size.0.unsigned_abs().ilog2() as usize;
        if size.0 > 0 { &mut self.long[class] } else { &mut self.short[class] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_are_told_by_the_bits_of_their_size() {
        let mut holders = Holders::NONE;
        for size in [1, 2, 3, 4, 7, 1 << 46, -5] {
            holders.moved(Lots::ZERO, Lots(size));
        }
        assert_eq!(holders.largest(true, 6), (0, 6));
        assert_eq!(holders.largest(true, 5), (1, 5));
        assert_eq!(holders.largest(true, 4), (2, 3));
        assert_eq!(holders.largest(false, 9), (0, 1));
        holders.moved(Lots(1 << 46), Lots(-1));
        assert_eq!((holders.largest(true, 6), holders.largest(false, 9)), ((0, 5), (0, 2)));
    }

    /// Nobody could be torn up against equals of whom there are more than a list may name.
    #[test]
    fn of_more_equals_than_are_named_some_are() {
        let mut holders = Holders::NONE;
        (0..961).for_each(|_| holders.moved(Lots::ZERO, Lots(-100)));
        holders.moved(Lots::ZERO, Lots(-3));
        assert_eq!(holders.largest(false, 960), (6, 960));
        assert_eq!(holders.largest(true, 960), (0, 0));
    }
}
