//! The methods that look at markets, pools and assets.

use super::{
    api::{in_turn, limit},
    error::view,
    ports::Views,
};
use crate::wire::{
    AssetView, BookView, Decimal, FundingView, GovernanceView, Integer, MarketView, PoolView, PricingView,
    QueuedView, TradesView,
};
use ballast_types::{AccountId, MarketId, PoolId, Seq};
use jsonrpsee::{core::RpcResult, core::async_trait, proc_macros::rpc};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The methods that look at markets.
#[rpc(server, namespace = "ballast")]
pub trait BallastMarkets {
    /// All markets.
    #[method(name = "markets")]
    fn markets(&self) -> RpcResult<Vec<MarketView>>;
    /// All assets.
    #[method(name = "assets")]
    fn assets(&self) -> RpcResult<Vec<AssetView>>;
    /// What stands behind the accounts of a pool.
    #[method(name = "pool")]
    fn pool(&self, pool: Integer<u16>) -> RpcResult<PoolView>;
    /// What of an account waits to leave its pool, first come first.
    #[method(name = "queuedWithdrawals")]
    async fn queued(&self, account: Integer<u32>, limit: Option<Decimal>) -> RpcResult<Vec<QueuedView>>;
    /// What governance may move, and what of it waits.
    #[method(name = "governance")]
    fn governance(&self) -> RpcResult<GovernanceView>;
    /// What a market's price and funding follow from.
    #[method(name = "pricing")]
    fn pricing(&self, market: Integer<u16>) -> RpcResult<PricingView>;
    /// Funding of a market minute by minute before a seq, newest first.
    #[method(name = "fundingHistory")]
    async fn funding_history(
        &self,
        market: Integer<u16>,
        before_seq: Option<Decimal>,
        limit: Option<Decimal>,
    ) -> RpcResult<Vec<FundingView>>;
    /// Best levels of a book.
    #[method(name = "book")]
    fn book(&self, market: Integer<u16>, levels: Option<Decimal>) -> RpcResult<BookView>;
    /// Latest trades of a market, newest first.
    #[method(name = "trades")]
    fn trades(&self, market: Integer<u16>, limit: Option<Decimal>) -> RpcResult<TradesView>;
}

/// These methods over the ports.
pub(super) struct Markets {
    pub(super) views: Arc<dyn Views>,
    /// Turns of queries that read the journal, shared with the others.
    pub(super) reads: Arc<Semaphore>,
}

#[async_trait]
impl BallastMarketsServer for Markets {
    fn markets(&self) -> RpcResult<Vec<MarketView>> {
        view(|| self.views.markets())
    }

    fn assets(&self) -> RpcResult<Vec<AssetView>> {
        view(|| self.views.assets())
    }

    fn pool(&self, pool: Integer<u16>) -> RpcResult<PoolView> {
        view(|| self.views.pool(PoolId(pool.0)))
    }

    async fn queued(&self, account: Integer<u32>, asked: Option<Decimal>) -> RpcResult<Vec<QueuedView>> {
        let limit = limit(asked)?;
        in_turn(&self.reads, &self.views, move |views| views.queued(AccountId(account.0), limit)).await
    }

    fn governance(&self) -> RpcResult<GovernanceView> {
        view(|| self.views.governance())
    }

    fn pricing(&self, market: Integer<u16>) -> RpcResult<PricingView> {
        view(|| self.views.pricing(MarketId(market.0)))
    }

    async fn funding_history(
        &self,
        market: Integer<u16>,
        before_seq: Option<Decimal>,
        asked: Option<Decimal>,
    ) -> RpcResult<Vec<FundingView>> {
        let (limit, before) = (limit(asked)?, before_seq.map(|seq| Seq(seq.0)));
        in_turn(&self.reads, &self.views, move |views| {
            views.funding_history(MarketId(market.0), before, limit)
        })
        .await
    }

    fn book(&self, market: Integer<u16>, levels: Option<Decimal>) -> RpcResult<BookView> {
        let levels = limit(levels)?;
        view(|| self.views.book(MarketId(market.0), levels))
    }

    fn trades(&self, market: Integer<u16>, asked: Option<Decimal>) -> RpcResult<TradesView> {
        let limit = limit(asked)?;
        view(|| self.views.trades(MarketId(market.0), limit))
    }
}
