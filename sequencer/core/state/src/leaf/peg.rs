//! What a USDC is worth, and the guards that look at it (risk.md 3.6, 6.5).

use alloc::{vec, vec::Vec};
use ballast_types::{
    Millis, Ppm,
    limits::{BROKEN_PEG, BROKEN_PEG_MS, PEG_STEP, PPM, WEAK_PEG, WEAK_PEG_MS},
};
use borsh::{BorshDeserialize, BorshSerialize};

/// What a publisher said last of a USDC; time 0 before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PegReport {
    /// What it is worth, as a part of a dollar.
    pub price: Ppm,
    /// When the publisher saw it.
    pub time: Millis,
}

/// What goes on when a USDC is worth less than a bound for a while, and off when it no longer is for as long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Guard {
    /// Since when it is to go on, or off; 0 while it is as it should be.
    pub since: Millis,
    /// Whether it is on.
    pub on: bool,
}

impl Guard {
    /// The guard at `now` after this one, a USDC being `below` its bound or not, which must have been so for `wait` ms
    /// before it turns.
    #[must_use]
    const fn at(self, now: Millis, below: bool, wait: u64) -> Self {
        if self.on == below {
            Self { since: Millis(0), on: self.on }
        } else if self.since.0 == 0 {
            Self { since: now, on: self.on }
        } else if now.since(self.since) >= wait {
            Self { since: Millis(0), on: below }
        } else {
            self
        }
    }
}

/// What the publishers say of a USDC, and the guards of it.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Peg {
    /// Latest price of each publisher, by its place in the genesis; none where the exchange does not go by it.
    pub reports: Vec<PegReport>,
    /// Raises initial margin.
    pub weak: Guard,
    /// Lets positions only shrink.
    pub broken: Guard,
    /// The least that a USDC was worth since the weak guard went on, rounded down to a whole [`PEG_STEP`]; [`WEAK_PEG`]
    /// while it is off.
    pub low: Ppm,
}

impl Peg {
    /// Before the first price, of an exchange with so many publishers of it.
    #[must_use]
    pub fn new(publishers: usize) -> Self {
        let reports = vec![PegReport::default(); publishers];
        Self { reports, weak: Guard::default(), broken: Guard::default(), low: Ppm(WEAK_PEG) }
    }

    /// Looks at what a USDC is worth `now`.
    pub fn look(&mut self, now: Millis, worth: Ppm) {
        self.weak = self.weak.at(now, worth.0 < WEAK_PEG, WEAK_PEG_MS);
        self.broken = self.broken.at(now, worth.0 < BROKEN_PEG, BROKEN_PEG_MS);
        let whole = Ppm(worth.0 - worth.0 % PEG_STEP);
        self.low = if self.weak.on { self.low.min(whole) } else { Ppm(WEAK_PEG) };
    }

    /// What the weak guard multiplies initial margin with: `10^6 + 4 * (990,000 - low)`.
    #[must_use]
    pub const fn factor(&self) -> Ppm {
        // `low` is at most the bound, and so this below 5 * 10^6.
        Ppm(PPM as u32 + 4 * (WEAK_PEG - self.low.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Guards and the low after looking at these prices at these times, in seconds.
    fn after(looks: &[(u64, u32)]) -> (bool, bool, u32) {
        let mut peg = Peg::new(1);
        for (second, worth) in looks {
            peg.look(Millis(1 + second * 1_000), Ppm(*worth));
        }
        (peg.weak.on, peg.broken.on, peg.low.0)
    }

    #[test]
    fn a_guard_goes_on_and_off_after_its_wait_alone() {
        assert_eq!(after(&[(0, 989_999), (59, 989_999)]), (false, false, 990_000));
        assert_eq!(after(&[(0, 989_999), (60, 989_999)]), (true, false, 989_000));
        assert_eq!(
            after(&[(0, 989_999), (30, 990_000), (60, 989_999), (90, 980_000)]),
            (false, false, 990_000)
        );
        let weak = [(0, 980_000), (60, 985_500), (61, 984_999)];
        assert_eq!(after(&weak), (true, false, 984_000), "what was before it went on is no low");
        let back = |last| [weak.as_slice(), &[(70, 990_000), (last, 1_000_000)]].concat();
        assert_eq!((after(&back(129)).0, after(&back(130))), (true, (false, false, 990_000)));
    }

    #[test]
    fn the_broken_guard_waits_for_ten_minutes_both_ways() {
        let fell = [(0, 969_999), (599, 900_000)];
        assert_eq!(after(&fell), (true, false, 900_000));
        let broken = [fell.as_slice(), &[(600, 969_999)]].concat();
        assert_eq!(after(&broken), (true, true, 900_000));
        let back = |last| [broken.as_slice(), &[(700, 995_000), (last, 995_000)]].concat();
        assert_eq!(after(&back(1_299)), (false, true, 990_000));
        assert_eq!(after(&back(1_300)), (false, false, 990_000));
    }

    #[test]
    fn the_factor_grows_by_four_times_what_is_lost() {
        let factor = |low| Peg { low: Ppm(low), ..Peg::new(0) }.factor().0;
        assert_eq!([990_000, 989_000, 900_000, 0].map(factor), [1_000_000, 1_004_000, 1_360_000, 4_960_000]);
    }
}
