//! What a market's index did, hour by hour, and how much of a position's worth it may cost: its stand-alone expected
//! shortfall (protocol, "Margin fractions": the factor, what a position may lose, and what genesis begins with).

use ballast_types::{MarketClass, limits::MAX_HISTORY_HOURS};

use crate::numbers::{MILLION, divide_down, divide_up};

/// A part in this many is a part of a return or of a volatility.
const BILLION: i128 = 1_000_000_000;
/// Lowest and highest return of an hour, in ppb.
const RETURNS: (i128, i128) = (-BILLION, 3 * BILLION);
/// No volatility counts for less, in ppb.
const LEAST_VOLATILITY: i128 = 100_000;
/// Rows of the ring.
const RING: u64 = 720;
/// Hours of eight years, of which the class's own bad ones are.
const EIGHT_YEARS: i128 = 70_080;
/// `U`: a million USDC, in u.
const POSITION: i128 = 1_000_000_000_000;

/// The integer square root, rounded down, of what is not below zero.
pub(crate) fn root(x: i128) -> i128 {
    let (mut low, mut high) = (0_i128, 1_i128 << 63);
    // low^2 <= x < high^2
    while high - low > 1 {
        let middle = low.midpoint(high);
        if middle * middle <= x { low = middle } else { high = middle }
    }
    low
}

/// `z(N, j)`: size of the `j`-th worst of `n` hours, in millionths.
fn tail(n: i128, j: i128) -> i128 {
    root(root(divide_down(3 * n * 10_i128.pow(24), 2 * j - 1)))
}

/// `ranked(N, i)`, in millionths: down and up in turn, the worst first.
fn ranked(n: i128, i: i128) -> i128 {
    let size = tail(n, i / 2 + 1);
    if i % 2 == 0 { -size } else { size }
}

/// The long-run volatility of an hour of a class, in ppb.
const fn sigma(class: MarketClass) -> i128 {
    match class {
        MarketClass::A => 8_530_000,
        MarketClass::B | MarketClass::C => 13_120_000,
    }
}

/// What the horizon of a class makes of an hour, in ppm.
const fn scale(class: MarketClass) -> i128 {
    match class {
        MarketClass::A => 550_000,
        MarketClass::B => 777_818,
        MarketClass::C => 1_000_000,
    }
}

/// The sum of so many of the largest of a list.
fn worst(mut list: Vec<i128>, count: usize) -> i128 {
    list.sort_unstable();
    list.iter().rev().take(count).sum()
}

/// The factor of a market.
#[derive(Clone, Debug)]
pub struct Shortfall {
    /// How it goes by its class.
    class: MarketClass,
    /// The last close, in ticks; 0 before the first.
    pub close: i128,
    /// Its hour, counted from the Unix epoch.
    pub hour: u64,
    /// The variance that forgets soon, in ppb^2.
    pub fast: i128,
    /// The one that does not, in ppb^2.
    pub slow: i128,
    /// The volatility that is shown, in ppb.
    pub glided: i128,
    /// Every return that was taken in, with its hour, in ppb; the oldest first.
    pub returns: Vec<(u64, i128)>,
    /// Every residual that was written, with its row of the ring, in millionths; the oldest first.
    pub residuals: Vec<(u64, i128)>,
    /// The stress table, in ppb.
    pub stress: Vec<i128>,
}

impl Shortfall {
    /// That of a market listed without a history.
    pub(crate) fn listed(class: MarketClass) -> Self {
        let twice = 2 * sigma(class);
        let ring = |k: u64| (k, ranked(i128::from(RING), i128::from((443 * k + 1) % RING)));
        let mut stress: Vec<i128> = (0..256).map(|i| bad_hour(class, i)).collect();
        stress.extend([-450_000_000, 400_000_000, -300_000_000, 300_000_000]);
        Self {
            class,
            close: 0,
            hour: 0,
            fast: twice * twice,
            slow: twice * twice,
            glided: twice,
            returns: Vec::new(),
            residuals: (0..RING).map(ring).collect(),
            stress,
        }
    }

    /// Takes in returns, the last of an hour, and a stress table; of each nothing where it is empty.
    pub(crate) fn give(&mut self, hour: u64, returns: &[i64], stress: &[i64]) {
        assert!(returns.len() <= MAX_HISTORY_HOURS && stress.len() <= 260, "genesis gives no more");
        for (before, r) in (0..returns.len() as u64).rev().zip(returns) {
            self.take_in(hour - before, i128::from(*r));
        }
        if !stress.is_empty() {
            self.stress = stress.iter().copied().map(i128::from).collect();
        }
    }

    /// An hour closed so.
    pub(crate) fn close_hour(&mut self, hour: u64, close: i128) {
        if self.close > 0 {
            let r = divide_down((close - self.close) * BILLION, self.close);
            self.take_in(hour, r.clamp(RETURNS.0, RETURNS.1));
        }
        (self.close, self.hour) = (close, hour);
    }

    /// The return of an hour, which counts for at most ten times the volatility in force.
    fn take_in(&mut self, hour: u64, r: i128) {
        let most = 10 * self.raw().max(LEAST_VOLATILITY);
        let r = r.clamp(-most, most);
        let s = root(self.fast).max(LEAST_VOLATILITY);
        let z = divide_down(r * MILLION, s).clamp(-30 * MILLION, 30 * MILLION);
        self.returns.push((hour, r));
        self.residuals.push((hour % RING, z));
        let follow =
            |variance: i128, keep: i128| divide_down(keep * variance + ((1 << 20) - keep) * r * r, 1 << 20);
        self.fast = follow(self.fast, 1_018_725);
        self.slow = follow(self.slow, 1_047_567);
        let raw = self.raw();
        self.glided = if raw > self.glided {
            raw.min(divide_down(self.glided * 1_020, 1_000) + 1)
        } else {
            raw.max(divide_down(self.glided * 990, 1_000))
        };
    }

    /// The volatility of an hour, in ppb.
    #[must_use]
    pub fn raw(&self) -> i128 {
        root(self.fast).max(root(self.slow))
    }

    /// The ring: of each row what was written there last.
    #[must_use]
    pub fn ring(&self) -> Vec<i128> {
        let last = |row: u64| self.residuals.iter().rfind(|(k, _)| *k == row).map(|(_, z)| *z);
        (0..RING).map(|row| last(row).expect("listed with all rows")).collect()
    }

    /// `w`: what a long, of sign 1, or a short, of sign -1, may lose, in ppm of its worth.
    #[must_use]
    pub fn may_lose(&self, sign: i128) -> i128 {
        self.may_lose_in(sign, scale(self.class))
    }

    /// What the index may lose in a day, in ppm.
    pub(crate) fn may_lose_in_a_day(&self) -> i128 {
        self.may_lose_in(1, 4_898_980).min(MILLION)
    }

    fn may_lose_in(&self, sign: i128, scale: i128) -> i128 {
        let w = divide_down(sign * POSITION * self.raw() * scale, MILLION);
        let quadrillion = 10_i128.pow(15);
        let losses = self.ring().into_iter().map(|z| -divide_down(w * z, quadrillion)).collect();
        let now = divide_up(worst(losses, 7), 7);
        let stressed = self.stress.iter().map(|r| -divide_down(sign * POSITION * scale * r, quadrillion));
        let rows = self.stress.len().div_ceil(10);
        let under_stress = divide_up(worst(stressed.collect(), rows), rows as i128);
        let shortfall = now.max(divide_up(3 * now + under_stress, 4));
        divide_up(shortfall * MILLION, POSITION).clamp(0, 5 * MILLION)
    }
}

/// A bad hour of a class, in ppb.
fn bad_hour(class: MarketClass, i: i128) -> i128 {
    let c = divide_down(sigma(class) * tail(EIGHT_YEARS, i / 2 + 1), MILLION);
    let half_more = divide_up(3 * c, 2);
    let signed = if ranked(EIGHT_YEARS, i) < 0 { -half_more } else { half_more };
    signed.clamp(RETURNS.0, RETURNS.1)
}
