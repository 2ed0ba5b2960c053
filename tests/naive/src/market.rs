//! A market: its parameters, its price, and its orders as one list.

use std::{collections::BTreeMap, rc::Rc};

use ballast_types::{Causes, MarketParams, Millis, OracleState, Order, PoolId, limits::VOLUME_PERIOD_MS};

use crate::{
    account::Account,
    fractions::Fractions,
    halt::Halt,
    history::History,
    mark::Average,
    modes::Told,
    numbers::{MILLION, divide_down, divide_up},
    settlement::Settled,
    shortfall::Shortfall,
};

/// What a publisher said of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Its price, in ticks.
    pub price: i128,
    /// That of perpetuals elsewhere.
    pub perp: Option<i128>,
    /// How far off the price may be, in ppm.
    pub confidence: i128,
    /// When it was seen.
    pub time: Millis,
}

/// A market.
#[derive(Clone, Debug)]
pub struct Market {
    /// Its parameters.
    pub params: MarketParams,
    /// The pool to which it belongs.
    pub pool: PoolId,
    /// `I`, in ticks; 0 before the first.
    pub index: i128,
    /// `M`, in ticks; 0 before the first.
    pub mark: i128,
    /// When it was set.
    pub mark_time: Millis,
    /// `A`, in ticks; 0 before the first mark.
    pub average: i128,
    /// The last mark that was fresh; 0 before the first.
    pub fresh_mark: i128,
    /// Each publisher's latest price, by the publisher's place.
    pub reports: BTreeMap<u8, Report>,
    /// What the price was good for at the last tick with a quorum.
    pub quality: OracleState,
    /// How far the publishers that agreed differed at that tick, in ppm.
    pub dispersion: i128,
    /// The jump that is not believed yet.
    pub jumped: Option<Millis>,
    /// The last tick at which the price counted as uncertain.
    pub uncertain: Option<Millis>,
    /// The last tick that gave an index.
    pub ticked: Option<Millis>,
    /// The basis on average, from the first such tick on.
    pub basis: Option<Average>,
    /// The touch on average.
    pub touch: Option<Average>,
    /// The last tick at which there was a touch.
    pub touched: Option<Millis>,
    /// Price and time of the last trade.
    pub last_trade: Option<(i128, Millis)>,
    /// The premium, in ppb per eight hours.
    pub premium: i128,
    /// The samples of it since the hour of the last tick began, and when they were taken.
    pub samples: Vec<(Millis, i128)>,
    /// `F`, in u a lot: as much of `funded` as is whole.
    pub funding: i128,
    /// All of `rate * mark * kappa` that accrued: 60 * 10^9 of it are 1 u a lot.
    pub funded: i128,
    /// The last tick at which the market was fresh.
    pub freshened: Option<Millis>,
    /// Until when it matches in batches because the guardian says so.
    pub batch_until: Millis,
    /// Until when it is reduce-only because the guardian says so.
    pub reduce_until: Millis,
    /// Until when it matches in batches because an auction found no good price.
    pub thin_until: Millis,
    /// The last outage.
    pub outage: Option<Millis>,
    /// The last tick at which the fund had paid much for it and could pay little more, until that is over.
    pub drained: Option<Millis>,
    /// What its breakers look back at.
    pub history: Rc<History>,
    /// What asked for a mode at the last tick, but for the guardian and a halt.
    pub causes: Causes,
    /// What its initial margin is multiplied with, in ppm.
    pub factor: u32,
    /// Its halt, while there is one.
    pub halt: Option<Halt>,
    /// What was told last of its mode.
    pub told: Told,
    /// Before this it is not cleared.
    pub next_clearing: Millis,
    /// The orders that rest or wait, in no order that means anything.
    pub orders: Vec<Order>,
    /// Arrival number of the next order.
    pub next_arrival: u64,
    /// How fast forced orders closed last.
    pub pace: Option<Pace>,
    /// The last day on which the fund paid for the market, counted from the Unix epoch, and how much on it, in u.
    pub paid: Option<(u64, i128)>,
    /// The first ticks of periods, and the lots of all longs at them.
    pub interest: Vec<(Millis, i128)>,
    /// What each publisher said last that it can bear, in USDC, and when he saw it.
    pub told_capacity: BTreeMap<u8, (i128, Millis)>,
    /// What they agreed on at the last tick, in USDC.
    pub capacity: Option<i128>,
    /// Its margin fractions in force.
    pub fractions: Fractions,
    /// What its open interest asks of initial margin, in ppm.
    pub crowding: i128,
    /// The hour in which governance moved a floor last, or fractions followed floors that moved.
    pub glided: u64,
    /// What they follow, where they follow anything.
    pub shortfall: Option<Rc<Shortfall>>,
    /// Times around the hour that has not ended at which it was fresh, and the index then, in ticks.
    pub around: Vec<(Millis, i128)>,
    /// The last index of each minute, counted from the Unix epoch, at which it was fresh, in ticks; as far as anything looks back.
    pub minutes: Rc<BTreeMap<u64, i128>>,
    /// Its index on average of an hour, where that is the price of an asset; else, and where there is none, 0.
    pub hour_average: i128,
    /// What that may lose in a day as it counts for equity, and as initial margin, in ppm.
    pub haircuts: (i128, i128),
    /// How it ended.
    pub settled: Option<Settled>,
    /// Whether its last tick, while an account that exits had a position there, left it closable.
    pub found: bool,
}

/// What forced orders may close in a market, and what they did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// In which 5 s, counted from the Unix epoch.
    pub window: u64,
    /// How much they may, in lots.
    pub allowance: i128,
    /// How much they did, or wait to, in lots.
    pub closed: i128,
}

impl Market {
    /// One of pool 0 to which nothing has happened.
    pub(crate) fn new(params: MarketParams) -> Self {
        let (fractions, shortfall) = Fractions::begin(&params);
        Self {
            params,
            pool: PoolId(0),
            index: 0,
            mark: 0,
            mark_time: Millis(0),
            average: 0,
            fresh_mark: 0,
            reports: BTreeMap::new(),
            quality: OracleState::Fresh,
            dispersion: 0,
            jumped: None,
            uncertain: None,
            ticked: None,
            basis: None,
            touch: None,
            touched: None,
            last_trade: None,
            premium: 0,
            samples: Vec::new(),
            funding: 0,
            funded: 0,
            freshened: None,
            batch_until: Millis(0),
            reduce_until: Millis(0),
            thin_until: Millis(0),
            outage: None,
            drained: None,
            history: Rc::default(),
            causes: Causes::NONE,
            factor: 1_000_000,
            halt: None,
            told: Told::NOTHING,
            next_clearing: Millis(0),
            orders: Vec::new(),
            next_arrival: 0,
            pace: None,
            paid: None,
            interest: Vec::new(),
            told_capacity: BTreeMap::new(),
            capacity: None,
            fractions,
            crowding: 0,
            glided: 0,
            shortfall,
            around: Vec::new(),
            minutes: Rc::default(),
            hour_average: 0,
            haircuts: (0, 0),
            settled: None,
            found: false,
        }
    }

    /// Money of `lots` at `price`, in u: `price * lots * kappa`.
    pub(crate) fn value(&self, price: i128, lots: i128) -> i128 {
        price * lots * i128::from(self.params.kappa)
    }

    /// `ceil(|value| * fraction / 10^6)`.
    pub(crate) fn fraction_up(value: i128, fraction: u32) -> i128 {
        divide_up(value.abs() * i128::from(fraction), MILLION)
    }

    /// Lowest and highest price that an order may have.
    pub(crate) fn band(&self) -> (i128, i128) {
        let band = i128::from(self.params.order_band.0);
        let low = divide_up(self.index * (MILLION - band), MILLION);
        let high = divide_down(self.index * (MILLION + band), MILLION);
        (low.max(1), high)
    }

    /// The taker's and the maker's fee of the account's tier for a fill of `notional` u at `time`.
    pub(crate) fn fees(&self, account: &Account, notional: i128, time: Millis) -> (i128, i128) {
        let period = time.0 / VOLUME_PERIOD_MS;
        let volume: i128 = account
            .traded
            .iter()
            .filter(|(traded, _)| **traded == period || **traded + 1 == period)
            .map(|(_, notional)| notional)
            .sum();
        let mut tier = self.params.fees[0];
        for other in &self.params.fees {
            if volume >= i128::from(other.volume) {
                tier = *other;
            }
        }
        let fee = |fraction: i128| divide_up(notional * fraction, MILLION);
        (fee(i128::from(tier.taker.0)), fee(i128::from(tier.maker.0)))
    }
}
