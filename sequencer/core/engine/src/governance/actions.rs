//! The table of what governance may move (protocol.md, Governance; risk.md 3.9): a row is a parameter, where it lies, its
//! bounds, and how long before it moves. Nothing else in the engine knows which parameters there are.

use ballast_state::{Pace, State};
use ballast_types::{
    MarginTier, MarketId, MarketParams, Millis, PoolId, Ppm, Quote,
    limits::{
        FLOOR_NOTICE_MS, LOOSER_NOTICE_MS, MAX_AMOUNT, MIN_WITHDRAWAL, MINUTE_MS, PACING_NOTICE_MS, PPM,
    },
};

use crate::facts;

/// What a parameter is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Parts in a million.
    Fraction,
    /// Micro-USDC.
    Amount,
    /// Milliseconds since 1970, at a whole minute.
    Time,
    /// An account, whose owner is meant.
    Account,
}

/// A parameter that governance may move.
#[derive(Debug)]
pub struct Action {
    /// Its number on L1.
    pub number: u8,
    /// Its name in answers.
    pub name: &'static str,
    /// What its values are counted in.
    pub unit: Unit,
    pub(super) holder: Holder,
    tighter: Tighter,
    /// Before it is tighter, and before it is looser, in ms.
    notice: [u64; 2],
}

/// Whose parameter it is, how it is read and written, and within which bounds: least and most.
#[derive(Debug)]
pub(super) enum Holder {
    /// A market's.
    Market {
        get: fn(&MarketParams) -> u64,
        set: fn(&mut MarketParams, u64),
        range: fn(&MarketParams) -> [u64; 2],
    },
    /// When a market settles.
    End,
    /// A paced pool's.
    Pool { get: fn(&Pace) -> u64, set: fn(&mut Pace, u64), range: [u64; 2] },
    /// What a pool's fund should hold.
    Target,
}

/// Which way a parameter protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tighter {
    Larger,
    Smaller,
    Always,
}

const AMOUNTS: [u64; 2] = [1, MAX_AMOUNT.unsigned_abs()];
/// So that at least 5% of a pool may leave in a day, whatever governance says: no way to shut the door by halves.
const HOUR_SHARES: [u64; 2] = [5_000, PPM.unsigned_abs()];
const DAY_SHARES: [u64; 2] = [50_000, PPM.unsigned_abs()];
const FLOORS: [u64; 2] = [MIN_WITHDRAWAL.unsigned_abs(), MAX_AMOUNT.unsigned_abs()];

/// An amount of a market, of which less is tighter.
macro_rules! amount {
    ($number:literal, $field:ident) => {
        Action {
            number: $number,
            name: stringify!($field),
            unit: Unit::Amount,
            holder: Holder::Market {
                get: |params| params.$field.0.cast_unsigned(),
                set: |params, value| params.$field = amount(value),
                range: |_| AMOUNTS,
            },
            tighter: Tighter::Smaller,
            notice: [0, LOOSER_NOTICE_MS],
        }
    };
}

/// A margin of a market, of which more is tighter.
macro_rules! margin {
    ($number:literal, $field:ident, $range:expr) => {
        Action {
            number: $number,
            name: stringify!($field),
            unit: Unit::Fraction,
            holder: Holder::Market {
                get: |params| params.$field.0.into(),
                set: |params, value| params.$field = fraction(value),
                range: $range,
            },
            tighter: Tighter::Larger,
            notice: [FLOOR_NOTICE_MS, LOOSER_NOTICE_MS],
        }
    };
}

/// A part of how a pool is paced, of which less is tighter.
macro_rules! pace {
    ($number:literal, $name:literal, $unit:ident, $($field:ident).+, $get:expr, $kind:ident, $range:expr) => {
        Action {
            number: $number,
            name: $name,
            unit: Unit::$unit,
            holder: Holder::Pool {
                get: |pace| $get(pace.$($field).+),
                set: |pace, value| pace.$($field).+ = $kind(value),
                range: $range,
            },
            tighter: Tighter::Smaller,
            notice: [0, PACING_NOTICE_MS],
        }
    };
}

/// Every parameter that governance may move, by number.
pub static ACTIONS: [Action; 12] = [
    margin!(0, maintenance_margin, |params| [least_maintenance(params), params.initial_margin.0.into()]),
    margin!(1, initial_margin, |params| [params.maintenance_margin.0.into(), PPM.unsigned_abs()]),
    amount!(2, open_interest_cap),
    amount!(3, open_interest_growth),
    amount!(4, open_interest_free),
    Action {
        number: 5,
        name: "settles_at",
        unit: Unit::Time,
        holder: Holder::End,
        tighter: Tighter::Always,
        notice: [0, 0],
    },
    pace!(6, "hour_share", Fraction, hour.share, of_fraction, fraction, HOUR_SHARES),
    pace!(7, "hour_floor", Amount, hour.floor, of_amount, amount, FLOORS),
    pace!(8, "day_share", Fraction, day.share, of_fraction, fraction, DAY_SHARES),
    pace!(9, "day_floor", Amount, day.floor, of_amount, amount, FLOORS),
    Action {
        number: 10,
        name: "fund_target",
        unit: Unit::Amount,
        holder: Holder::Target,
        tighter: Tighter::Larger,
        notice: [0, LOOSER_NOTICE_MS],
    },
    Action {
        number: 13,
        name: "tier_notional",
        unit: Unit::Amount,
        holder: Holder::Market {
            get: |params| params.margin_tiers.first().map_or(0, |tier| of_amount(tier.notional)),
            set: |params, value| {
                params.margin_tiers = MarginTier::scaled(&params.margin_tiers, amount(value))
            },
            range: |params| MarginTier::scale_range(&params.margin_tiers),
        },
        tighter: Tighter::Smaller,
        notice: [FLOOR_NOTICE_MS, LOOSER_NOTICE_MS],
    },
];

impl Action {
    /// The action with this number.
    #[must_use]
    pub fn of(number: u8) -> Option<&'static Self> {
        ACTIONS.iter().find(|action| action.number == number)
    }

    /// Whether its subject is a pool, and no market.
    #[must_use]
    pub const fn is_of_pool(&self) -> bool {
        matches!(self.holder, Holder::Pool { .. } | Holder::Target)
    }

    /// How many markets there are, or pools: its subjects are numbered densely from 0.
    #[must_use]
    pub const fn subjects(&self, state: &State) -> u16 {
        if self.is_of_pool() { state.genesis.pools } else { state.chain.markets }
    }

    /// What the parameter of a market or pool that exists is, in its own unit; none of the pace of a pool that is not paced.
    #[must_use]
    pub fn current(&self, state: &State, subject: u16) -> Option<u64> {
        match self.holder {
            Holder::Market { get, .. } => Some(get(&facts::market(state, MarketId(subject)).params)),
            Holder::End => Some(facts::market(state, MarketId(subject)).params.settles_at.0),
            Holder::Pool { get, .. } => facts::pool(state, PoolId(subject)).pacing.pace.as_ref().map(get),
            Holder::Target => Some(of_amount(facts::pool(state, PoolId(subject)).protection.target)),
        }
    }

    /// The least and the most that it may ever be, of a market or pool that exists; none of the end of a market, which goes by
    /// the time.
    pub(super) fn range(&self, state: &State, subject: u16) -> Option<[u64; 2]> {
        match self.holder {
            Holder::Market { range, .. } => Some(range(&facts::market(state, MarketId(subject)).params)),
            Holder::Pool { range, .. } => Some(range),
            Holder::Target => Some(AMOUNTS),
            Holder::End => None,
        }
    }

    /// The least and the most that it may be at a time: within its range, and no less than half and no more than twice what
    /// it is. Where the least is above the most, or none is told, it may not move. For `time` as it is now.
    #[must_use]
    pub fn bounds(&self, state: &State, subject: u16, time: Millis) -> Option<[u64; 2]> {
        let current = self.current(state, subject)?;
        let Some([least, most]) = self.range(state, subject) else {
            let first = super::judge::earliest_end(time).0.div_ceil(MINUTE_MS).saturating_mul(MINUTE_MS);
            return (current == 0).then_some([first, u64::MAX / MINUTE_MS * MINUTE_MS]);
        };
        if least > most {
            return None;
        }
        if current == 0 {
            return Some([least, most]);
        }
        Some([least.max(current.div_ceil(2)), most.min(current.saturating_mul(2))])
    }

    /// How long it is before the parameter moves from `current` to `value`, in ms.
    #[must_use]
    pub const fn notice(&self, current: u64, value: u64) -> u64 {
        let is_tighter = match self.tighter {
            Tighter::Larger => value > current,
            Tighter::Smaller => value < current || current == 0,
            Tighter::Always => true,
        };
        let [tighter, looser] = self.notice;
        if is_tighter { tighter } else { looser }
    }
}

/// A book with circuit breakers may be away from the index by half of it, which is something.
fn least_maintenance(params: &MarketParams) -> u64 {
    if params.circuit_breakers { 2 } else { 1 }
}

// What is written was judged: a fraction has at most 10^6, an amount at most 2^60.
fn fraction(value: u64) -> Ppm {
    Ppm(u32::try_from(value).unwrap_or(u32::MAX))
}

pub(super) fn amount(value: u64) -> Quote {
    Quote(i64::try_from(value).unwrap_or(MAX_AMOUNT))
}

fn of_fraction(fraction: Ppm) -> u64 {
    fraction.0.into()
}

const fn of_amount(amount: Quote) -> u64 {
    amount.0.cast_unsigned()
}
