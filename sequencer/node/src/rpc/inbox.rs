//! The methods that tell what became of messages of L1.

use super::{api::in_turn, ports::Views};
use crate::wire::{Decimal, DepositView, L1MessageView};
use jsonrpsee::{core::RpcResult, core::async_trait, proc_macros::rpc};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// The methods that tell what became of messages of L1.
#[rpc(server, namespace = "ballast")]
pub trait BallastInbox {
    /// What became of a message of L1, by its place in the inbox.
    #[method(name = "l1Message")]
    async fn l1_message(&self, index: Decimal) -> RpcResult<L1MessageView>;
    /// What became of a deposit, by its place in the inbox.
    #[method(name = "deposit")]
    async fn deposit(&self, index: Decimal) -> RpcResult<DepositView>;
}

/// These methods over the ports.
pub(super) struct Inbox {
    pub(super) views: Arc<dyn Views>,
    /// Turns of queries that read the journal, shared with the others.
    pub(super) reads: Arc<Semaphore>,
}

#[async_trait]
impl BallastInboxServer for Inbox {
    async fn l1_message(&self, index: Decimal) -> RpcResult<L1MessageView> {
        in_turn(&self.reads, &self.views, move |views| views.l1_message(index.0)).await
    }

    async fn deposit(&self, index: Decimal) -> RpcResult<DepositView> {
        in_turn(&self.reads, &self.views, move |views| views.deposit(index.0)).await
    }
}
