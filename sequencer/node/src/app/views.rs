//! The queries, answered from the mirror and the journal.

use super::{
    assets::asset_views,
    batches,
    governance::governance_view,
    inbox,
    l1_status::L1Status,
    margin,
    markets::{market_view, pricing_view},
    nonces, order_status,
    pools::{self, pool_view},
    resubmission,
    what_if::WhatIfs,
};
use crate::{
    clock::Clock,
    feed::Feed,
    journal::{FundingRecord, Journal, StoreError},
    mirror::Mirror,
    promise::Promiser,
    quarantine::{Quarantine, pool_of_account},
    rpc::{OrderName, View, ViewError, Views},
    wire::{
        AccountFillView, AccountView, Amount, AssetView, BatchView, BookView, ChunkView, ConditionalView,
        DepositView, DiffView, DomainView, EventView, FundingView, GovernanceView, Integer, L1MessageView,
        LevelView, MarketView, NonceView, OrderEntryAnswer, OrderStatusView, OrderView, OrdersView,
        OutcomeView, PegView, PoolView, PricingView, QueuedView, StatusView, TimeView, TradesView,
        WhatIfView, WithdrawalProofView, WithdrawalView, waits_for,
    },
};
use alloy_primitives::{Address, B256};
use ballast_auth::domain::{DOMAIN_NAME, DOMAIN_VERSION};
use ballast_book::Level;
use ballast_engine::Exchange;
use ballast_types::{
    AccountId, BatchIndex, Event, MarketId, Millis, Operations, Order, PoolId, RejectCode, Rejection, Seq,
    Side, Source,
};
use std::sync::Arc;

/// What queries are answered from.
pub(super) struct NodeViews {
    pub(super) mirror: Arc<Mirror>,
    pub(super) journal: Journal,
    pub(super) feed: Arc<Feed>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) promiser: Promiser,
    pub(super) genesis_state_root: B256,
    pub(super) l1: Arc<L1Status>,
    pub(super) quarantine: Arc<Quarantine>,
    pub(super) what_ifs: WhatIfs,
}

impl From<StoreError> for ViewError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a query failed");
        Self::Failed
    }
}

impl NodeViews {
    /// The time that the next input would have.
    pub(super) fn now(&self, exchange: &Exchange) -> Millis {
        self.clock.now().max(exchange.state.chain.time)
    }

    /// A page of the journal up to what the mirror holds: what is durable and not yet told is not shown.
    pub(super) fn told(&self, seq: Seq) -> bool {
        seq <= self.mirror.read().exchange.state.chain.seq
    }
}

pub(super) fn no_account(exchange: &Exchange, account: AccountId) -> Rejection {
    Rejection::new(RejectCode::UnknownAccount, account.0, exchange.state.chain.accounts)
}

pub(super) fn no_market(exchange: &Exchange, market: MarketId) -> Rejection {
    Rejection::new(RejectCode::UnknownMarket, market.0, exchange.state.chain.markets)
}

pub(super) fn not_found(value: u64) -> Rejection {
    Rejection::new(RejectCode::NotFound, value, 0)
}

impl Views for NodeViews {
    fn account(&self, account: AccountId) -> View<AccountView> {
        account_view(&self.mirror.read().exchange, account)
    }

    fn what_if(&self, command: &Operations) -> View<WhatIfView> {
        let pool = pool_of_account(&self.mirror.read().exchange.state, command.account);
        // What was found may be found here, too, and the mirror has nothing to fall back on.
        if let Some(pool) = pool.filter(|pool| self.quarantine.extent(*pool).is_some()) {
            return Err(Rejection::new(RejectCode::PoolQuarantined, pool.0, 0).into());
        }
        self.what_ifs.tell(&self.mirror, self.clock.as_ref(), pool, command)
    }

    fn accounts(&self, owner: Address) -> View<Vec<u32>> {
        Ok(self.mirror.read().accounts_of(owner).iter().map(|account| account.0).collect())
    }

    fn orders(&self, account: AccountId) -> View<OrdersView> {
        orders_view(&self.mirror.read().exchange, account)
    }

    fn order(&self, account: AccountId, market: MarketId, name: OrderName) -> View<OrderStatusView> {
        order_status::order(self, account, market, name)
    }

    fn fills(
        &self,
        account: AccountId,
        before: Option<(Seq, u32)>,
        limit: usize,
    ) -> View<Vec<AccountFillView>> {
        let next = {
            let view = self.mirror.read();
            margin::facts(&view.exchange.state, account)
                .ok_or_else(|| no_account(&view.exchange, account))?;
            (view.exchange.state.chain.seq.next(), 0)
        };
        let before = before.map_or(next, |cursor| cursor.min(next));
        let fills = self.journal.fills(account, before, limit)?;
        Ok(fills
            .into_iter()
            .map(|(place, record)| AccountFillView {
                seq: record.seq.0,
                place,
                time: record.time.0,
                maker: matches!(record.fill, Event::Fill { maker, .. } if maker == account),
                fill: EventView::from(&record.fill),
            })
            .collect())
    }

    fn markets(&self) -> View<Vec<MarketView>> {
        let view = self.mirror.read();
        let now = self.now(&view.exchange);
        Ok((0..view.exchange.state.chain.markets)
            .filter_map(|id| market_view(&view.exchange, MarketId(id), now))
            .collect())
    }

    fn assets(&self) -> View<Vec<AssetView>> {
        Ok(asset_views(&self.mirror.read().exchange.state))
    }

    fn pool(&self, pool: PoolId) -> View<PoolView> {
        let view = self.mirror.read();
        let known = pool_view(&view.exchange.state, pool, self.now(&view.exchange))
            .ok_or_else(|| ViewError::Refused(RejectCode::NotFound.into()))?;
        Ok(PoolView { quarantine: self.quarantine.get(pool).map(pools::quarantine_view), ..known })
    }

    fn queued(&self, account: AccountId, limit: usize) -> View<Vec<QueuedView>> {
        pools::queued_views(&self.mirror.read().exchange, account, limit)
    }

    fn governance(&self) -> View<GovernanceView> {
        let view = self.mirror.read();
        Ok(governance_view(&view.exchange.state, self.now(&view.exchange)))
    }

    fn pricing(&self, market: MarketId) -> View<PricingView> {
        let view = self.mirror.read();
        pricing_view(&view.exchange, market, self.now(&view.exchange))
            .ok_or_else(|| no_market(&view.exchange, market).into())
    }

    fn funding_history(&self, market: MarketId, before: Option<Seq>, limit: usize) -> View<Vec<FundingView>> {
        let next = {
            let view = self.mirror.read();
            market_view(&view.exchange, market, self.now(&view.exchange))
                .ok_or_else(|| no_market(&view.exchange, market))?;
            view.exchange.state.chain.seq.next()
        };
        let before = before.map_or(next, |seq| seq.min(next));
        let view = |record: FundingRecord| FundingView {
            seq: record.seq.0,
            time: record.time.0,
            rate: Amount(record.rate.into()),
            mark: record.mark.0,
            funding: Amount(record.funding.into()),
        };
        Ok(self.journal.funding(market, before, limit)?.into_iter().map(view).collect())
    }

    fn book(&self, market: MarketId, levels: usize) -> View<BookView> {
        let view = self.mirror.read();
        let book = view.exchange.book(market).ok_or_else(|| no_market(&view.exchange, market))?;
        // One more than is shown tells whether there are more.
        let (bids, asks) = (book.depth(Side::Buy, levels + 1), book.depth(Side::Sell, levels + 1));
        let complete = bids.len().max(asks.len()) <= levels;
        let side = |side: Vec<Level>| {
            let amount = |size: u128| Amount(i128::try_from(size).unwrap_or(i128::MAX));
            let shown = side.into_iter().take(levels);
            shown.map(|level| LevelView { price: level.price.0, size: amount(level.size) }).collect()
        };
        let seq = view.exchange.state.chain.seq.0;
        Ok(BookView { seq, market: market.0, complete, bids: side(bids), asks: side(asks) })
    }

    fn trades(&self, market: MarketId, limit: usize) -> View<TradesView> {
        {
            let view = self.mirror.read();
            view.exchange.book(market).ok_or_else(|| no_market(&view.exchange, market))?;
        }
        // The feed's seq, not the mirror's: the mirror holds inputs whose trades the feed was not told of yet.
        let (seq, trades) = self.feed.trades(market, limit);
        Ok(TradesView { seq: seq.0, trades })
    }

    fn outcome(&self, seq: Seq) -> View<OutcomeView> {
        let record = if self.told(seq) { self.journal.record(seq)? } else { None };
        let record = record.ok_or_else(|| not_found(seq.0))?;
        Ok(OutcomeView::from(&self.promiser.one(Arc::new(record))))
    }

    fn batches(&self, from: BatchIndex, limit: usize) -> View<Vec<BatchView>> {
        batches::list(&self.journal, from, limit)
    }

    fn batch(&self, index: BatchIndex) -> View<BatchView> {
        batches::one(&self.journal, index)
    }

    fn batch_inputs(&self, index: BatchIndex, chunk: u32) -> View<ChunkView> {
        batches::chunk(&self.journal, index, chunk)
    }

    fn batch_diff(&self, index: BatchIndex) -> View<DiffView> {
        batches::diff(&self.journal, index)
    }

    fn status(&self) -> View<StatusView> {
        let durable_seq = self.journal.last_seq()?.0;
        let stored_batch = self.journal.last_batch()?.0;
        let (final_batch, l1) = self.l1.view();
        let view = self.mirror.read();
        let state = &view.exchange.state;
        Ok(StatusView {
            version: env!("CARGO_PKG_VERSION").into(),
            domain: DomainView {
                name: DOMAIN_NAME.into(),
                version: DOMAIN_VERSION.into(),
                chain_id: state.genesis.chain_id,
                verifying_contract: state.genesis.exchange,
                separator: self.promiser.separator,
            },
            genesis_state_root: self.genesis_state_root,
            sequencer: self.promiser.key.address(),
            seq: state.chain.seq.0,
            durable_seq,
            time: state.chain.time.0,
            chain: state.chain.promise,
            open_batch: state.chain.batch.0,
            stored_batch,
            posted_batch: state.chain.posted_batch.0,
            final_batch,
            l1: l1.map(|l1| crate::wire::L1View { messages: state.chain.l1_count, ..l1 }),
            accounts: state.chain.accounts,
            markets: state.chain.markets,
            withdrawals: state.chain.next_withdrawal,
            posted_time: state.chain.posted_time.0,
            lag: state.chain.lag.name().into(),
            peg: PegView::of(state),
        })
    }

    fn nonce(&self, account: AccountId, key: Address) -> View<NonceView> {
        nonces::nonce_view(&self.mirror.read().exchange, account, key)
    }

    fn l1_message(&self, index: u64) -> View<L1MessageView> {
        inbox::message(self, index)
    }

    fn deposit(&self, index: u64) -> View<DepositView> {
        inbox::deposit(self, index)
    }

    fn withdrawals(&self, account: AccountId, limit: usize) -> View<Vec<WithdrawalView>> {
        let seq = {
            let view = self.mirror.read();
            margin::facts(&view.exchange.state, account)
                .ok_or_else(|| no_account(&view.exchange, account))?;
            view.exchange.state.chain.seq
        };
        let mut records = self.journal.withdrawals(account, limit)?;
        records.retain(|record| record.seq <= seq);
        records.iter().map(|record| batches::withdrawal_view(&self.journal, record)).collect()
    }

    fn withdrawal_proof(&self, id: u64) -> View<WithdrawalProofView> {
        batches::withdrawal_proof(&self.journal, id)
    }

    fn time(&self) -> View<TimeView> {
        Ok(TimeView { now: self.clock.now().0, time: self.mirror.read().exchange.state.chain.time.0 })
    }

    fn first_answer(&self, source: &Source) -> View<Option<OrderEntryAnswer>> {
        resubmission::first_answer(self, source)
    }
}

pub(super) fn account_view(exchange: &Exchange, account: AccountId) -> View<AccountView> {
    margin::account_view(&exchange.state, account).ok_or_else(|| no_account(exchange, account).into())
}

pub(super) fn orders_view(exchange: &Exchange, account: AccountId) -> View<OrdersView> {
    let (_, trader) = margin::facts(&exchange.state, account).ok_or_else(|| no_account(exchange, account))?;
    let waiting = trader.seldom.contingent.iter().flat_map(|contingent| &contingent.orders);
    let books = trader.books.iter().filter(|book| book.orders > 0);
    let orders = books.filter_map(|book| Some((book.market, exchange.book(book.market)?)));
    let orders = orders.flat_map(|(market, book)| {
        let ids = exchange.orders_of(account, market).into_iter();
        ids.filter_map(|id| book.get(id)).map(move |order| order_view(exchange, market, &order))
    });
    let conditionals = waiting.map(ConditionalView::from).collect();
    Ok(OrdersView { seq: exchange.state.chain.seq.0, orders: orders.collect(), conditionals })
}

fn order_view(exchange: &Exchange, market: MarketId, order: &Order) -> OrderView {
    OrderView {
        market: market.0,
        order_id: Integer(order.id.0),
        client_id: Integer(order.client.0),
        side: order.side.into(),
        price: order.price.0,
        size: order.size.0,
        hidden: order.open().0 - order.size.0,
        reserve: Amount(order.reserve.0.into()),
        reduce_only: order.reduce_only,
        good_until: order.good_until.map(|until| Integer(until.0)),
        waits: order.waits.map(|waits| waits_for(waits).into()),
        key: margin::key_of(&exchange.state, order),
    }
}
