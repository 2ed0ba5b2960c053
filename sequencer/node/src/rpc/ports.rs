//! What the interface needs from the rest of the node.

use crate::{
    pipeline::Answer,
    wire::{
        AccountFillView, AccountView, AssetView, BatchView, BookView, Channel, ChunkView, DepositView,
        DiffView, FundingView, GovernanceView, L1MessageView, MarketView, NonceView, OrderEntryAnswer,
        OrderStatusView, OrdersView, OutcomeView, PoolView, PricingView, QueuedView, StatusView,
        Subscription, TimeView, TradesView, WhatIfView, WithdrawalProofView, WithdrawalView,
    },
};
use ballast_types::{
    AccountId, Address, BatchIndex, ClientId, ConditionalId, MarketId, Operations, OrderId, PoolId,
    Rejection, Seq, Source,
};
use tokio::sync::oneshot;

/// Where requests enter the pipeline.
pub trait Entry: Send + Sync + 'static {
    /// Takes a request without waiting; its place in the order is fixed when this returns.
    ///
    /// # Errors
    /// `Busy`, `ShuttingDown`.
    fn submit(&self, source: Source) -> Result<oneshot::Receiver<Answer>, Rejection>;
}

/// Why a query has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ViewError {
    /// There is no such thing.
    Refused(Rejection),
    /// The node failed; the log says how, the client only that.
    Failed,
}

impl<R: Into<Rejection>> From<R> for ViewError {
    fn from(rejection: R) -> Self {
        Self::Refused(rejection.into())
    }
}

/// A query's answer.
pub type View<T> = Result<T, ViewError>;

/// What an order is asked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderName {
    /// Its id.
    Id(OrderId),
    /// The trader's own number: the latest order that had it.
    Client(ClientId),
    /// The id of a conditional order.
    Conditional(ConditionalId),
}

/// What is durable, to be looked at.
#[expect(missing_docs, reason = "one query a method, each described with the method of the interface")]
pub trait Views: Send + Sync + 'static {
    fn account(&self, account: AccountId) -> View<AccountView>;
    fn what_if(&self, command: &Operations) -> View<WhatIfView>;
    fn accounts(&self, owner: Address) -> View<Vec<u32>>;
    fn orders(&self, account: AccountId) -> View<OrdersView>;
    fn order(&self, account: AccountId, market: MarketId, name: OrderName) -> View<OrderStatusView>;
    fn fills(
        &self,
        account: AccountId,
        before: Option<(Seq, u32)>,
        limit: usize,
    ) -> View<Vec<AccountFillView>>;
    fn markets(&self) -> View<Vec<MarketView>>;
    fn assets(&self) -> View<Vec<AssetView>>;
    fn pool(&self, pool: PoolId) -> View<PoolView>;
    fn queued(&self, account: AccountId, limit: usize) -> View<Vec<QueuedView>>;
    fn governance(&self) -> View<GovernanceView>;
    fn pricing(&self, market: MarketId) -> View<PricingView>;
    fn funding_history(&self, market: MarketId, before: Option<Seq>, limit: usize) -> View<Vec<FundingView>>;
    fn book(&self, market: MarketId, levels: usize) -> View<BookView>;
    fn trades(&self, market: MarketId, limit: usize) -> View<TradesView>;
    fn outcome(&self, seq: Seq) -> View<OutcomeView>;
    fn batches(&self, from: BatchIndex, limit: usize) -> View<Vec<BatchView>>;
    fn batch(&self, index: BatchIndex) -> View<BatchView>;
    fn batch_inputs(&self, index: BatchIndex, chunk: u32) -> View<ChunkView>;
    fn batch_diff(&self, index: BatchIndex) -> View<DiffView>;
    fn status(&self) -> View<StatusView>;
    fn nonce(&self, account: AccountId, key: Address) -> View<NonceView>;
    fn l1_message(&self, index: u64) -> View<L1MessageView>;
    fn deposit(&self, index: u64) -> View<DepositView>;
    fn withdrawals(&self, account: AccountId, limit: usize) -> View<Vec<WithdrawalView>>;
    fn withdrawal_proof(&self, id: u64) -> View<WithdrawalProofView>;
    fn time(&self) -> View<TimeView>;
    /// The answer that the first sender of a user's command got; `None` when it is not in the log.
    fn first_answer(&self, source: &Source) -> View<Option<OrderEntryAnswer>>;
}

/// The feeds.
pub trait Channels: Send + Sync + 'static {
    /// Begins a subscription.
    ///
    /// # Errors
    /// `UnknownMarket`, `UnknownAccount`, `NotFound` of a pool, and `TooManyRequests` when there are too many subscribers.
    fn subscribe(&self, channel: Channel) -> Result<Subscription, Rejection>;
}
