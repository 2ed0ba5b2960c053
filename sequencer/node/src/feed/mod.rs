//! Feeds: who subscribed to what, and what is told to them. A subscriber has a bounded queue; one that is full
//! ends the subscription, and the client takes a new snapshot. Nobody is waited for.

mod concerned;
mod depth;
mod watch;

use crate::{
    mirror::Mirror,
    pipeline::Record,
    publish::Audience,
    wire::{
        AccountUpdate, Channel, EventView, MarketUpdate, PoolUpdate, SideView, Subscription, TradeView,
        TradesUpdate, Update, Watched,
    },
};
use ballast_types::{AccountId, Event, MarketId, Millis, PoolId, RejectCode, Rejection, Seq};
use concerned::{accounts_concerned, market_concerned, pool_concerned};
use depth::Depth;
use serde::Serialize;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;
pub use watch::Seen;
use watch::Watch;

/// Bounds of the feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedConfig {
    /// Updates that wait for one subscriber; an input makes at most one for each channel, and a look at what is watched one
    /// more.
    pub queue: usize,
    /// Subscribers altogether.
    pub max_subscribers: usize,
    /// Trades kept for each market.
    pub trades: usize,
}

impl Default for FeedConfig {
    fn default() -> Self {
        Self { queue: 1_024, max_subscribers: 20_000, trades: 1_000 }
    }
}

/// Where the states come from that updates build on.
pub trait Snapshots: Send + Sync {
    /// The state of a channel now, as JSON, with the input that it is after.
    ///
    /// # Errors
    /// `UnknownMarket`, `UnknownAccount`, and `NotFound` of a pool.
    fn snapshot(&self, channel: Channel) -> Result<Update, Rejection>;

    /// Looks at what is watched.
    ///
    /// # Errors
    /// As [`Self::snapshot`].
    fn look(&self, watched: Watched) -> Result<Seen, Rejection>;

    /// The pool of an account; `None` when it was never opened.
    fn pool_of(&self, account: AccountId) -> Option<PoolId>;
}

struct Inner {
    subscribers: BTreeMap<Channel, Vec<mpsc::Sender<Update>>>,
    count: usize,
    trades: BTreeMap<MarketId, VecDeque<TradeView>>,
    /// The last input that was told: what the trades are after. The mirror may be ahead.
    told: Seq,
    depth: Depth,
    watch: Watch,
}

/// The feeds.
pub struct Feed {
    config: FeedConfig,
    inner: Mutex<Inner>,
}

impl Feed {
    /// Feeds that go on from what the mirror holds.
    #[must_use]
    pub fn new(config: FeedConfig, mirror: &Mirror) -> Self {
        let view = mirror.read();
        let (depth, told) = (Depth::of(&view.exchange), view.exchange.state.chain.seq);
        let inner = Inner {
            subscribers: BTreeMap::new(),
            count: 0,
            trades: BTreeMap::new(),
            told,
            depth,
            watch: Watch::default(),
        };
        Self { config, inner: Mutex::new(inner) }
    }

    /// Begins a subscription: it is listed first and the snapshot taken then, so that no update falls between.
    ///
    /// # Errors
    /// `TooManyRequests` when there are too many, and what `snapshots` says.
    pub fn subscribe(&self, channel: Channel, snapshots: &dyn Snapshots) -> Result<Subscription, Rejection> {
        // Asked once before anybody is listed, so that unknown names leave nothing behind.
        match channel {
            Channel::Watched(watched) => drop(snapshots.look(watched)?),
            _ => drop(snapshots.snapshot(channel)?),
        }
        let (sender, updates) = mpsc::channel(self.config.queue);
        {
            let mut inner = self.lock();
            if inner.count >= self.config.max_subscribers {
                inner.forget_closed();
            }
            if inner.count >= self.config.max_subscribers {
                let max = self.config.max_subscribers as u64;
                return Err(Rejection::new(RejectCode::TooManyRequests, inner.count as u64 + 1, max));
            }
            inner.count += 1;
            inner.subscribers.entry(channel).or_default().push(sender);
        }
        let snapshot = if let Channel::Watched(watched) = channel {
            let seen = snapshots.look(watched)?;
            let snapshot = Update::whole(seen.seq(), &seen);
            self.lock().watch.begin(watched, seen);
            snapshot
        } else {
            snapshots.snapshot(channel)?
        };
        Ok(Subscription { snapshot, updates })
    }

    /// Up to `limit` latest trades of a market, newest first, and the input that they are after. Trades before the
    /// node started are not kept.
    #[must_use]
    pub fn trades(&self, market: MarketId, limit: usize) -> (Seq, Vec<TradeView>) {
        let inner = self.lock();
        let trades = inner.trades.get(&market);
        let trades =
            trades.map_or_else(Vec::new, |trades| trades.iter().rev().take(limit).cloned().collect());
        (inner.told, trades)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Who panicked while holding the lock has taken the process down, or only looked.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The trades of an input by market, each market's in the order in which they happened.
fn trades_of(record: &Record) -> BTreeMap<MarketId, Vec<TradeView>> {
    let mut by_market: BTreeMap<MarketId, Vec<TradeView>> = BTreeMap::new();
    for event in &record.outcome.events {
        if let Event::Fill { market, price, size, taker_side, .. } = *event {
            by_market.entry(market).or_default().push(TradeView {
                seq: record.input.seq.0,
                time: record.input.time.0,
                market: market.0,
                price: price.0,
                size: size.0,
                taker_side: SideView::from(taker_side),
            });
        }
    }
    by_market
}

/// The events of an input by what they concern, each in the order in which they happened.
fn events_by<T: Ord, C: IntoIterator<Item = T>>(
    record: &Record,
    concerned: impl Fn(&Event) -> C,
) -> BTreeMap<T, Vec<EventView>> {
    let mut by: BTreeMap<T, Vec<EventView>> = BTreeMap::new();
    for event in &record.outcome.events {
        for one in concerned(event) {
            by.entry(one).or_default().push(event.into());
        }
    }
    by
}

/// The publisher's side of the feeds.
#[derive(Clone)]
pub struct Teller {
    /// Who is told.
    pub feed: Arc<Feed>,
    /// How things stand.
    pub snapshots: Arc<dyn Snapshots>,
}

impl Audience for Teller {
    fn told(&mut self, records: &[Arc<Record>]) {
        // Nobody who holds the feeds waits for the mirror: it is asked before, and after.
        let heard = self.feed.lock().pools_heard();
        let of_pools: Vec<_> = match heard.len() {
            0 => Vec::new(),
            _ => records.iter().flat_map(|record| self.pool_updates(record, &heard)).collect(),
        };
        let due = {
            let mut inner = self.feed.lock();
            for record in records {
                inner.tell(record, self.feed.config.trades);
            }
            for update in &of_pools {
                let channel = Channel::Watched(Watched::Pool(PoolId(update.pool)));
                inner.send(channel, || Update::of(Seq(update.seq), update));
            }
            records.last().map_or_else(Vec::new, |last| inner.due(last.input.time))
        };
        for watched in due {
            if let Ok(seen) = self.snapshots.look(watched) {
                self.feed.lock().tell_seen(watched, &seen);
            }
        }
    }
}

impl Teller {
    fn pool_updates(&self, record: &Record, heard: &BTreeSet<PoolId>) -> Vec<PoolUpdate> {
        let (seq, time) = (record.input.seq.0, record.input.time.0);
        let concerned = |event: &Event| pool_concerned(event, |account| self.snapshots.pool_of(account));
        let by_pool = events_by(record, |event| concerned(event).filter(|pool| heard.contains(pool)));
        by_pool.into_iter().map(|(pool, events)| PoolUpdate { seq, time, pool: pool.0, events }).collect()
    }
}

impl Inner {
    fn tell(&mut self, record: &Record, max_trades: usize) {
        let (seq, time) = (record.input.seq, record.input.time);
        for update in self.depth.follow(record) {
            let channel = Channel::Book(MarketId(update.market));
            self.send(channel, || Update::of(seq, &update));
        }
        for (market, trades) in trades_of(record) {
            let kept = self.trades.entry(market).or_default();
            kept.extend(trades.iter().cloned());
            kept.drain(..kept.len().saturating_sub(max_trades));
            let update = TradesUpdate { seq: seq.0, time: time.0, market: market.0, trades };
            self.send(Channel::Trades(market), || Update::of(seq, &update));
        }
        self.tell_markets(record);
        self.tell_accounts(record);
        self.told = seq;
    }

    /// The pools that somebody has subscribed to.
    fn pools_heard(&self) -> BTreeSet<PoolId> {
        let heard = self.subscribers.keys().filter_map(|channel| match channel {
            Channel::Watched(Watched::Pool(pool)) => Some(*pool),
            _ => None,
        });
        heard.collect()
    }

    fn tell_markets(&mut self, record: &Record) {
        let is_heard = |market: &MarketId| self.subscribers.contains_key(&Channel::Market(*market));
        let by_market = events_by(record, |event| market_concerned(event).filter(is_heard));
        let (seq, time) = (record.input.seq, record.input.time);
        for (market, events) in by_market {
            let update = MarketUpdate { seq: seq.0, time: time.0, market: market.0, events };
            self.send(Channel::Market(market), || Update::of(seq, &update));
        }
    }

    fn tell_accounts(&mut self, record: &Record) {
        let is_heard = |account: &AccountId| self.subscribers.contains_key(&Channel::Account(*account));
        let by_account =
            events_by(record, |event| accounts_concerned(record, event).into_iter().filter(is_heard));
        let (seq, time) = (record.input.seq, record.input.time);
        for (account, events) in by_account {
            let update = AccountUpdate { seq: seq.0, time: time.0, account: account.0, events };
            self.send(Channel::Account(account), || Update::of(seq, &update));
        }
    }

    fn due(&mut self, now: Millis) -> Vec<Watched> {
        let Self { subscribers, watch, .. } = self;
        watch.due(now, |watched| {
            let subscribers = subscribers.get(&Channel::Watched(watched));
            subscribers.is_some_and(|all| all.iter().any(|one| !one.is_closed()))
        })
    }

    fn tell_seen(&mut self, watched: Watched, seen: &Seen) {
        if self.watch.is_news(watched, seen) {
            self.send(Channel::Watched(watched), || Update::whole(seen.seq(), seen));
        }
    }

    /// Tells a change to the subscribers of a channel; those whose queue is full or who left are forgotten.
    fn send(&mut self, channel: Channel, update: impl FnOnce() -> Update) {
        let Some(subscribers) = self.subscribers.get_mut(&channel) else { return };
        let update = update();
        let before = subscribers.len();
        subscribers.retain(|subscriber| subscriber.try_send(update.clone()).is_ok());
        self.count -= before - subscribers.len();
        if subscribers.is_empty() {
            self.subscribers.remove(&channel);
        }
    }

    fn forget_closed(&mut self) {
        self.subscribers.retain(|_, subscribers| {
            subscribers.retain(|subscriber| !subscriber.is_closed());
            !subscribers.is_empty()
        });
        self.count = self.subscribers.values().map(Vec::len).sum();
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("config", &self.config).finish_non_exhaustive()
    }
}
