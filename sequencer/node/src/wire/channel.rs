//! What can be subscribed to, and what is told.

use super::{
    event::EventView,
    view::{LevelView, TradeView},
};
use ballast_types::{AccountId, MarketId, PoolId, Seq};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What can be subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Changes of the levels of a book.
    Book(MarketId),
    /// Trades of a market.
    Trades(MarketId),
    /// All that concerns an account.
    Account(AccountId),
    /// Prices, funding and clearings of a market, and how it matches.
    Market(MarketId),
    /// How something stands, now and then.
    Watched(Watched),
}

/// What is looked at now and then, for no event tells all that moves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Watched {
    /// How an account stands.
    Margin(AccountId),
    /// What stands behind the accounts of a pool. Its events are told, too.
    Pool(PoolId),
    /// What a market's price and funding follow from.
    Pricing(MarketId),
}

/// A change that a channel tells, or the state that changes build on.
#[derive(Clone, Debug)]
pub struct Update {
    /// The input that caused it.
    pub seq: Seq,
    /// Its JSON, made once for all subscribers.
    pub json: Arc<str>,
    /// Whether it is all of what is watched, and no change of it.
    is_whole: bool,
}

impl Update {
    /// What is told with the input that it is after.
    #[must_use]
    pub fn of(seq: Seq, told: &impl Serialize) -> Self {
        match serde_json::to_string(told) {
            Ok(json) => Self { seq, json: json.into(), is_whole: false },
            // Our types have no keys or numbers that JSON lacks.
            Err(error) => unreachable!("what is told is JSON: {error}"),
        }
    }

    /// How what is watched stands.
    #[must_use]
    pub fn whole(seq: Seq, seen: &impl Serialize) -> Self {
        Self { is_whole: true, ..Self::of(seq, seen) }
    }

    /// Whether whoever has the state of a channel after the input `snapshot` has not heard it yet. Time alone lets what is
    /// watched stand differently.
    #[must_use]
    pub fn is_after(&self, snapshot: Seq) -> bool {
        self.seq > snapshot || self.is_whole && self.seq == snapshot
    }
}

/// A subscription that has begun.
#[derive(Debug)]
pub struct Subscription {
    /// The state that the updates build on.
    pub snapshot: Update,
    /// The updates; those up to the snapshot's seq are in the snapshot already. It ends when the subscriber
    /// lagged.
    pub updates: mpsc::Receiver<Update>,
}

/// Levels that an input changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BookUpdate {
    /// The input.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// Which market.
    pub market: u16,
    /// Bids with their new sizes; 0 when the level is gone.
    pub bids: Vec<LevelView>,
    /// Asks with their new sizes; 0 when the level is gone.
    pub asks: Vec<LevelView>,
}

/// Trades that an input made in a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TradesUpdate {
    /// The input.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// Which market.
    pub market: u16,
    /// In the order in which they happened.
    pub trades: Vec<TradeView>,
}

/// What an input did to a market besides its book and trades.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MarketUpdate {
    /// The input.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// Which market.
    pub market: u16,
    /// What happened to it, in order.
    pub events: Vec<EventView>,
}

/// What an input did to a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PoolUpdate {
    /// The input.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// Which pool.
    pub pool: u16,
    /// What happened to it, in order.
    pub events: Vec<EventView>,
}

/// What an input did to an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountUpdate {
    /// The input.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// Which account.
    pub account: u32,
    /// What happened to it, in order.
    pub events: Vec<EventView>,
}
