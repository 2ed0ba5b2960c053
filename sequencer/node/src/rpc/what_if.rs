//! The method that tells what operations would do.

use super::{api::in_turn, error::error_object, ports::Views};
use crate::wire::{Integer, OperationRequest, WhatIfView};
use ballast_types::{AccountId, Millis, Nonce, Operation, Operations, RejectCode, Rejection};
use jsonrpsee::{core::RpcResult, core::async_trait, proc_macros::rpc};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Most operations that are tried out together: nobody pays for them, and others wait meanwhile.
const MAX_TRIED: usize = 10;

/// The method that tells what operations would do.
#[rpc(server, namespace = "ballast")]
pub trait BallastWhatIf {
    /// What operations would do if they came now, and how the account would stand. Nobody signs them.
    #[method(name = "whatIf")]
    async fn what_if(
        &self,
        account: Integer<u32>,
        operations: Vec<OperationRequest>,
        atomic: Option<bool>,
    ) -> RpcResult<WhatIfView>;
}

/// This method over the port.
pub(super) struct WhatIf {
    views: Arc<dyn Views>,
    /// One at a time: each has the mirror for itself.
    turn: Arc<Semaphore>,
}

impl WhatIf {
    pub(super) fn new(views: Arc<dyn Views>) -> Self {
        Self { views, turn: Arc::new(Semaphore::new(1)) }
    }
}

#[async_trait]
impl BallastWhatIfServer for WhatIf {
    async fn what_if(
        &self,
        account: Integer<u32>,
        operations: Vec<OperationRequest>,
        atomic: Option<bool>,
    ) -> RpcResult<WhatIfView> {
        if operations.len() > MAX_TRIED {
            let count = operations.len() as u64;
            return Err(error_object(Rejection::new(RejectCode::TooManyOperations, count, MAX_TRIED as u64)));
        }
        let command = Operations {
            account: AccountId(account.0),
            // Neither is looked at.
            nonce: Nonce(0),
            expires: Millis(0),
            atomic: atomic.unwrap_or_default(),
            operations: operations.into_iter().map(Operation::from).collect(),
        };
        in_turn(&self.turn, &self.views, move |views| views.what_if(&command)).await
    }
}
