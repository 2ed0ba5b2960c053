//! What may be done in a market, why, and what its circuit breakers see, as JSON.

use ballast_state::{Activity, Breakers};
use ballast_types::{Causes, MarketMode, Millis};
use serde::{Deserialize, Serialize};

/// What may be done in a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the modes are those of MarketMode, which says what they mean")]
pub enum ModeView {
    Normal,
    Batches,
    ReduceOnly,
    Halt,
    Settled,
}

impl From<MarketMode> for ModeView {
    fn from(mode: MarketMode) -> Self {
        match mode {
            MarketMode::Normal => Self::Normal,
            MarketMode::Batches => Self::Batches,
            MarketMode::ReduceOnly => Self::ReduceOnly,
            MarketMode::Halt => Self::Halt,
            MarketMode::Settled => Self::Settled,
        }
    }
}

impl ModeView {
    /// The mode.
    #[must_use]
    pub const fn into_mode(self) -> MarketMode {
        match self {
            Self::Normal => MarketMode::Normal,
            Self::Batches => MarketMode::Batches,
            Self::ReduceOnly => MarketMode::ReduceOnly,
            Self::Halt => MarketMode::Halt,
            Self::Settled => MarketMode::Settled,
        }
    }
}

/// The names of the causes, in the order of their numbers.
pub(crate) fn cause_names(causes: Causes) -> Vec<String> {
    let named = Causes::ALL.iter().filter(|(cause, _)| causes.any_of(*cause));
    named.map(|(_, name)| (*name).to_owned()).collect()
}

/// What happened in a market in a window of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActivityView {
    /// Lowest index, in ticks, if there was one.
    pub low: Option<u64>,
    /// Highest index, in ticks.
    pub high: Option<u64>,
    /// Lots that orders traded.
    pub traded: String,
    /// Those of them that forced orders traded on the book.
    pub forced: String,
}

impl From<Activity> for ActivityView {
    fn from(activity: Activity) -> Self {
        Self {
            low: activity.range.map(|(low, _)| low.0),
            high: activity.range.map(|(_, high)| high.0),
            traded: activity.traded.to_string(),
            forced: activity.forced.to_string(),
        }
    }
}

/// What the circuit breakers of a market look at, and what they said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BreakersView {
    /// The last minute: 60 to 75 s.
    pub minute: ActivityView,
    /// The last hour: 60 to 70 min.
    pub hour: ActivityView,
    /// When the index last moved by more than half of what it may, as long as that breaker holds, in milliseconds.
    pub fast: Option<u64>,
    /// When liquidations last were more than half of the part that they may be, as long as that breaker holds.
    pub forced: Option<u64>,
    /// Since when the middle of the book lies outside.
    pub outside: Option<u64>,
    /// When both best prices were last near the index, or orders waited; 0 when they were not near since the last halt.
    pub quoted: u64,
    /// Until when it matches in batches because its auction found no good price; 0 when that never was.
    pub thin_until: u64,
    /// How often the auction that is to end a halt was put off.
    pub rounds: u8,
}

impl BreakersView {
    /// As they are at `now`.
    pub(crate) fn of(breakers: &Breakers, now: Millis) -> Self {
        let since = |at: Option<Millis>| at.map(|at| at.0);
        Self {
            minute: breakers.last_minute(now).into(),
            hour: breakers.last_hour(now).into(),
            fast: since(breakers.fast),
            forced: since(breakers.forced),
            outside: since(breakers.outside),
            quoted: breakers.quoted.0,
            thin_until: breakers.thin_until.0,
            rounds: breakers.halt.map_or(0, |halt| halt.rounds),
        }
    }
}
