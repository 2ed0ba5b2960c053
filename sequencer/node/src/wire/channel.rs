//! What can be subscribed to, and what is told.

use super::{
    event::EventView,
    view::{LevelView, TradeView},
};
use ballast_types::{AccountId, MarketId, Seq};
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
    /// How an account stands, now and then.
    Margin(AccountId),
    /// Prices, funding and clearings of a market, and how it matches.
    Market(MarketId),
}

/// A change that a channel tells, or the state that changes build on.
#[derive(Clone, Debug)]
pub struct Update {
    /// The input that caused it.
    pub seq: Seq,
    /// Its JSON, made once for all subscribers.
    pub json: Arc<str>,
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
