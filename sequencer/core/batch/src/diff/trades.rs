//! What accounts paid for what they traded, told as prices (risk.md 1.3, 1.4), at the markets of [`super::venues`].
//!
//! Who trades `x` lots at `p` pays `p * x * kappa` and a fee by one of the market's rates, and settles the funding of what he
//! held. So cash follows from the price, and prices are near each other.

use alloc::vec::Vec;
use ballast_state::Position;
use ballast_types::{MarketId, limits::PPM, math::mul_div_ceil};

use super::{
    DiffError,
    coder::{Chance, Coder},
    numbers::{Number, Recent, Step, Tree},
    venues::Venues,
};

/// Above so many lots, or ticks, nothing is foreseen: the products below stay within 128 bits.
pub(super) const MOST: u64 = 1 << 40;
/// Above so many u of a lot and tick, too.
pub(super) const MOST_KAPPA: u32 = 1 << 20;
/// Bits that name a rate: two of each of the tiers.
pub(super) const RATE_BITS: u32 = 4;
/// Bits of a number of lots or of a value, by which numbers below it are told.
const SCALES: usize = 65;

/// What is known of a market.
#[derive(Clone, Debug)]
pub(super) struct Venue {
    pub(super) kappa: u32,
    /// What its trades cost, in ppm: by tier, takers then makers.
    pub(super) rates: Vec<i64>,
    /// Where its trades are on average, in ticks: at the mark until they tell.
    pub(super) price: u64,
    /// Trades that told it, and one.
    seen: u32,
    /// Its funding indices, as the last positions told them.
    pub(super) funding: Recent,
}

impl Venue {
    /// One of which nothing is known.
    pub(super) const fn unknown() -> Self {
        Self::new(0, Vec::new(), 0, (0, 0))
    }

    /// One with these numbers; `funding` after and before the batch.
    pub(super) const fn new(kappa: u32, rates: Vec<i64>, price: u64, funding: (u64, u64)) -> Self {
        Self { kappa, rates, price, seen: 1, funding: Recent::new(funding.0, funding.1) }
    }
}

/// How a position changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trade {
    market: MarketId,
    /// Lots that were told: none when the position closed.
    told: Option<u64>,
    /// Lots bought.
    lots: i64,
    /// What funding paid, modulo 2^64.
    funding: u64,
}

impl Trade {
    /// From one position to another; one that is closed paid funding up to `funding`.
    pub(super) fn new(
        market: MarketId,
        told: Option<u64>,
        old: Option<Position>,
        new: Option<Position>,
        funding: i64,
    ) -> Self {
        let size = |position: Option<Position>| position.map_or(0, |position| position.size.0);
        let until = new.map_or(funding, |position| position.funding);
        let since = old.map_or(until, |position| position.funding);
        let held = size(old).wrapping_neg().cast_unsigned();
        Self {
            market,
            told,
            lots: size(new).wrapping_sub(size(old)),
            funding: held.wrapping_mul(until.wrapping_sub(since).cast_unsigned()),
        }
    }
}

/// Columns of what one trade, or several in one market, cost.
pub(super) struct Trades {
    rate: Tree,
    /// Ticks from where the market's trades are to the price, by rate; that rounded down.
    price: Vec<Step>,
    /// What several trades at different prices are worth more, in lots and ticks: whether, and how much by the lots that were told.
    mixed: [Chance; 2],
    more: Vec<Number>,
    /// What is left, by whether prices were mixed.
    rest: [Step; 2],
    /// Cash beside what is foreseen by the price alone, by the value of a tick.
    cash: Vec<Step>,
}

impl Default for Trades {
    fn default() -> Self {
        let many = |count| alloc::vec![Step::default(); count];
        Self {
            rate: Tree::new(RATE_BITS),
            price: many(2),
            mixed: Default::default(),
            more: alloc::vec![Number::default(); SCALES],
            rest: Default::default(),
            cash: many(SCALES),
        }
    }
}

/// What was paid, of `lots` lots of one sign: by which rate, at how many ticks above the reference, and how many lots at
/// one tick more.
#[derive(Clone, Copy, Debug, Default)]
struct Paid {
    rate: usize,
    ticks: i64,
    more: u64,
}

impl Trades {
    /// Cash after the trades.
    pub(super) fn code(
        &mut self,
        coder: &mut impl Coder,
        venues: &mut Venues<'_>,
        trades: &[Trade],
        before: u64,
        after: u64,
    ) -> Result<u64, DiffError> {
        let funded = trades.iter().fold(before, |cash, trade| cash.wrapping_add(trade.funding));
        let mut traded = trades.iter().filter(|trade| trade.told != Some(0));
        match (traded.next(), traded.next()) {
            (Some(trade), None) => {
                let venue = venues.met(trade.market);
                if !venue.foresees(trade.told) {
                    return self.cash[0].code(coder, funded, after);
                }
                self.one(coder, venue, trade, funded, after)
            }
            _ => {
                let (mut guess, mut scale) = (funded, 0_u64);
                for trade in trades {
                    let venue = venues.met(trade.market);
                    let tick = trade.lots.cast_unsigned().wrapping_mul(venue.kappa.into());
                    guess = guess.wrapping_sub(tick.wrapping_mul(venue.price));
                    let told = trade.told.unwrap_or_default();
                    scale = scale.saturating_add(told.saturating_mul(venue.kappa.into()));
                }
                self.cash[bits(scale)].code(coder, guess, after)
            }
        }
    }

    fn one(
        &mut self,
        coder: &mut impl Coder,
        venue: &mut Venue,
        &Trade { lots, told, .. }: &Trade,
        before: u64,
        after: u64,
    ) -> Result<u64, DiffError> {
        let paid = venue.explain(lots, before.wrapping_sub(after).cast_signed());
        let rate = self.rate.code(coder, paid.rate)?;
        let kind = rate & 1;
        let ticks = self.price[kind].code(coder, 0, paid.ticks.cast_unsigned())?.cast_signed();
        let mixed = coder.bit(&mut self.mixed[kind], paid.more != 0)?;
        let mut more = 0;
        if mixed {
            more = self.more[bits(told.unwrap_or_default())].code(coder, paid.more)?;
        }
        let paid = Paid { rate, ticks, more };
        // What was paid so cannot be: no encoder tells it, but who does not know the position cannot say so.
        let cost = venue.cost(lots, paid).unwrap_or_default();
        let guess = before.wrapping_sub(cost);
        venue.learn(ticks);
        self.rest[usize::from(mixed)].code(coder, guess, after)
    }
}

impl Venue {
    /// Learns of a trade so many ticks above the reference, which it moves by its part of the average.
    fn learn(&mut self, ticks: i64) {
        self.seen = self.seen.saturating_add(1);
        self.price = self.price.saturating_add_signed(ticks / i64::from(self.seen)).min(MOST);
    }

    /// Whether a trade of so many lots can be told by its price; of what closed they are not told.
    fn foresees(&self, told: Option<u64>) -> bool {
        told.is_none_or(|lots| lots <= MOST) && self.price <= MOST && !self.rates.is_empty()
    }

    /// How `cost` for `lots` comes about: by the rate that leaves least to say.
    fn explain(&self, lots: i64, cost: i64) -> Paid {
        if lots.unsigned_abs() > MOST {
            return Paid::default();
        }
        let mut best: Option<(u64, Paid)> = None;
        for rate in 0..self.rates.len() {
            let Some(paid) = self.paid(lots, cost, rate) else { continue };
            let Some(foreseen) = self.cost(lots, paid) else { continue };
            let rest = foreseen.wrapping_sub(cost.cast_unsigned()).cast_signed().unsigned_abs();
            if best.is_none_or(|(least, _)| rest < least) {
                best = Some((rest, paid));
            }
        }
        best.map_or_else(Paid::default, |(_, paid)| paid)
    }

    fn paid(&self, lots: i64, cost: i64, rate: usize) -> Option<Paid> {
        let (sign, size) = (i128::from(lots.signum()), i128::from(lots.unsigned_abs()));
        let ppm = i128::from(PPM);
        // Of each u of notional who buys pays one and the fee, and who sells gets one without the fee.
        let unit = i128::from(self.kappa) * (sign * ppm + i128::from(self.rates[rate]));
        let value = nearest(i128::from(cost) * ppm, unit)?;
        let over = value - size * i128::from(self.price);
        let ticks = i64::try_from(over.div_euclid(size)).ok()?;
        Some(Paid { rate, ticks, more: over.rem_euclid(size) as u64 })
    }

    /// What that costs, modulo 2^64; nothing is foreseen of too many lots.
    fn cost(&self, lots: i64, paid: Paid) -> Option<u64> {
        if lots.unsigned_abs() > MOST || paid.ticks.unsigned_abs() > MOST || paid.more >= lots.unsigned_abs()
        {
            return None;
        }
        let rate = *self.rates.get(paid.rate)?;
        let price = i128::from(self.price) + i128::from(paid.ticks);
        let value =
            (i128::from(lots.unsigned_abs()) * price + i128::from(paid.more)) * i128::from(self.kappa);
        let fee = mul_div_ceil(value, rate.into(), i128::from(PPM));
        Some((i128::from(lots.signum()) * value + fee) as u64)
    }
}

/// `value / unit`, to the nearest; `None` by nothing.
fn nearest(value: i128, unit: i128) -> Option<i128> {
    let (value, unit) = (value * unit.signum(), unit.abs());
    (value + unit / 2).checked_div_euclid(unit)
}

/// Bits of `value`.
const fn bits(value: u64) -> usize {
    (u64::BITS - value.leading_zeros()) as usize
}
