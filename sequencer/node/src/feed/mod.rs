//! Feeds: who subscribed to what, and what is told to them. A subscriber has a bounded queue; one that is full
//! ends the subscription, and the client takes a new snapshot. Nobody is waited for.

mod depth;
mod margin;

use crate::{
    mirror::Mirror,
    pipeline::Record,
    publish::Audience,
    wire::{
        AccountUpdate, AccountView, Channel, EventView, MarketUpdate, SideView, Subscription, TradeView,
        TradesUpdate, Update,
    },
};
use ballast_engine::governance::Action;
use ballast_types::{AccountId, Event, MarketId, Millis, RejectCode, Rejection, Restrict, Seq, Source};
use depth::Depth;
use margin::Margins;
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;

/// Bounds of the feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FeedConfig {
    /// Updates that wait for one subscriber; an input makes at most one for each channel.
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
    /// `UnknownMarket`, `UnknownAccount`.
    fn snapshot(&self, channel: Channel) -> Result<Update, Rejection>;

    /// How an account stands now; `None` when it was never opened.
    fn account(&self, account: AccountId) -> Option<AccountView>;
}

struct Inner {
    subscribers: BTreeMap<Channel, Vec<mpsc::Sender<Update>>>,
    count: usize,
    trades: BTreeMap<MarketId, VecDeque<TradeView>>,
    /// The last input that was told: what the trades are after. The mirror may be ahead.
    told: Seq,
    depth: Depth,
    margins: Margins,
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
            margins: Margins::default(),
        };
        Self { config, inner: Mutex::new(inner) }
    }

    /// Begins a subscription: it is listed first and the snapshot taken then, so that no update falls between.
    ///
    /// # Errors
    /// `TooManyRequests` when there are too many, and what `snapshots` says.
    pub fn subscribe(&self, channel: Channel, snapshots: &dyn Snapshots) -> Result<Subscription, Rejection> {
        // Asked once before anybody is listed, so that unknown names leave nothing behind.
        snapshots.snapshot(channel)?;
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
            if let Channel::Margin(account) = channel {
                inner.margins.watch(account);
            }
        }
        Ok(Subscription { snapshot: snapshots.snapshot(channel)?, updates })
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
        // Who panicked while holding the lock has taken the process down.
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

/// The publisher's side of the feeds.
#[derive(Clone)]
pub struct Teller {
    /// Who is told.
    pub feed: Arc<Feed>,
    /// How accounts stand.
    pub snapshots: Arc<dyn Snapshots>,
}

impl Audience for Teller {
    fn told(&mut self, records: &[Arc<Record>]) {
        let due = {
            let mut inner = self.feed.lock();
            for record in records {
                inner.tell(record, self.feed.config.trades);
            }
            records.last().map_or_else(Vec::new, |last| inner.due_margins(last.input.time))
        };
        // Nobody who holds the feeds waits for the mirror.
        for account in due {
            if let Some(view) = self.snapshots.account(account) {
                self.feed.lock().tell_margin(&view);
            }
        }
    }
}

impl Inner {
    fn tell(&mut self, record: &Record, max_trades: usize) {
        let (seq, time) = (record.input.seq, record.input.time);
        for update in self.depth.follow(record) {
            let channel = Channel::Book(MarketId(update.market));
            self.send(channel, seq, &update);
        }
        for (market, trades) in trades_of(record) {
            let kept = self.trades.entry(market).or_default();
            kept.extend(trades.iter().cloned());
            kept.drain(..kept.len().saturating_sub(max_trades));
            let update = TradesUpdate { seq: seq.0, time: time.0, market: market.0, trades };
            self.send(Channel::Trades(market), seq, &update);
        }
        self.tell_markets(record);
        self.tell_accounts(record);
        self.told = seq;
    }

    fn tell_markets(&mut self, record: &Record) {
        let mut by_market: BTreeMap<MarketId, Vec<EventView>> = BTreeMap::new();
        for event in &record.outcome.events {
            if let Some(market) = market_concerned(event)
                && self.subscribers.contains_key(&Channel::Market(market))
            {
                by_market.entry(market).or_default().push(event.into());
            }
        }
        let (seq, time) = (record.input.seq, record.input.time);
        for (market, events) in by_market {
            let update = MarketUpdate { seq: seq.0, time: time.0, market: market.0, events };
            self.send(Channel::Market(market), seq, &update);
        }
    }

    fn tell_accounts(&mut self, record: &Record) {
        let mut by_account: BTreeMap<AccountId, Vec<EventView>> = BTreeMap::new();
        for event in &record.outcome.events {
            for account in concerned(record, event) {
                if self.subscribers.contains_key(&Channel::Account(account)) {
                    by_account.entry(account).or_default().push(event.into());
                }
            }
        }
        let (seq, time) = (record.input.seq, record.input.time);
        for (account, events) in by_account {
            let update = AccountUpdate { seq: seq.0, time: time.0, account: account.0, events };
            self.send(Channel::Account(account), seq, &update);
        }
    }

    fn due_margins(&mut self, now: Millis) -> Vec<AccountId> {
        let Self { subscribers, margins, .. } = self;
        margins.due(now, |account| {
            let subscribers = subscribers.get(&Channel::Margin(account));
            subscribers.is_some_and(|all| all.iter().any(|one| !one.is_closed()))
        })
    }

    fn tell_margin(&mut self, view: &AccountView) {
        if self.margins.is_news(view) {
            self.send(Channel::Margin(AccountId(view.account)), Seq(view.seq), view);
        }
    }

    /// Tells a change to the subscribers of a channel; those whose queue is full or who left are forgotten.
    fn send(&mut self, channel: Channel, seq: Seq, update: &impl Serialize) {
        let Some(subscribers) = self.subscribers.get_mut(&channel) else { return };
        let json: Arc<str> = match serde_json::to_string(update) {
            Ok(json) => json.into(),
            // Our types have no keys or numbers that JSON lacks.
            Err(error) => unreachable!("an update is JSON: {error}"),
        };
        let before = subscribers.len();
        subscribers.retain(|subscriber| subscriber.try_send(Update { seq, json: Arc::clone(&json) }).is_ok());
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

/// The market that an event besides its orders concerns.
fn market_concerned(event: &Event) -> Option<MarketId> {
    match *event {
        Event::PriceUpdated { market, .. }
        | Event::FundingAccrued { market, .. }
        | Event::Restricted(Restrict { market, .. })
        | Event::ModeChanged { market, .. }
        | Event::MarketSettled { market, .. }
        | Event::AuctionPutOff { market, .. }
        | Event::MarginChanged { market, .. }
        | Event::CollateralPriced { market, .. }
        | Event::OpenInterestMargin { market, .. }
        | Event::Cleared { market, .. } => Some(market),
        Event::ChangeScheduled(call, _)
        | Event::ParameterChanged(call)
        | Event::GovernanceRefused(call, _) => {
            let action = Action::of(call.action).filter(|action| !action.is_of_pool());
            action.map(|_| MarketId(call.subject))
        }
        _ => None,
    }
}

/// The accounts that an event concerns.
fn concerned(record: &Record, event: &Event) -> Vec<AccountId> {
    match event {
        Event::Fill { taker, maker, .. } if taker != maker => vec![*taker, *maker],
        Event::Transferred { account, to, .. } => vec![*account, *to],
        Event::Fill { taker: account, .. }
        | Event::OrderAccepted { account, .. }
        | Event::OrderRemoved { account, .. }
        | Event::OrderReduced { account, .. }
        | Event::CancelScheduled { account, .. }
        | Event::ScheduledCancel { account, .. }
        | Event::LeverageSet { account, .. }
        | Event::Liquidated { account, .. }
        | Event::TakenOver { account, .. }
        | Event::Deleveraged { account, .. }
        | Event::DeficitCovered { account, .. }
        | Event::CollateralSold { account, .. }
        | Event::PositionSettled { account, .. }
        | Event::ConditionalPlaced { account, .. }
        | Event::ConditionalFired { account, .. }
        | Event::ConditionalReduced { account, .. }
        | Event::ConditionalRemoved { account, .. }
        | Event::Deposited { account, .. }
        | Event::Withdrawn { account, .. }
        | Event::WithdrawalQueued { account, .. }
        | Event::ForcedRequest { account, .. }
        | Event::Exiting { account, .. }
        | Event::ExitEnded { account, .. }
        | Event::SessionGranted { account, .. }
        | Event::SessionRevoked { account, .. } => vec![*account],
        Event::OrderRested { order, .. } | Event::OrderWaits { order, .. } => vec![order.account],
        Event::OperationRejected { .. } | Event::AllCancelled { .. } => match &record.input.source {
            Source::User { command, .. } => vec![command.account()],
            _ => fired_with(record, event).into_iter().collect(),
        },
        Event::PriceUpdated { .. }
        | Event::FundingAccrued { .. }
        | Event::BatchPosted { .. }
        | Event::BatchSealed { .. }
        | Event::Restricted(_)
        | Event::ModeChanged { .. }
        | Event::AuctionPutOff { .. }
        | Event::MarginChanged { .. }
        | Event::CollateralPriced { .. }
        | Event::OpenInterestMargin { .. }
        | Event::PegChanged { .. }
        | Event::FundDeposited { .. }
        | Event::MarketSettled { .. }
        | Event::PoolPaused { .. }
        | Event::ResolutionBegan { .. }
        | Event::PoolResolved { .. }
        | Event::ChangeScheduled(..)
        | Event::ParameterChanged(_)
        | Event::GovernanceRefused(..)
        | Event::Cleared { .. } => Vec::new(),
    }
}

/// Whose conditional order was rejected when it was to be placed.
fn fired_with(record: &Record, event: &Event) -> Option<AccountId> {
    let Event::OperationRejected { step: rejected, .. } = event else { return None };
    record.outcome.events.iter().find_map(|event| match event {
        Event::ConditionalFired { step, account, .. } if step == rejected => Some(*account),
        _ => None,
    })
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Feed").field("config", &self.config).finish_non_exhaustive()
    }
}
