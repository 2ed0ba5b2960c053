//! A command that is sent again, because its first answer was lost, gets that answer. The pipeline refuses it like
//! any other that it may not take; here it is looked for in the log before it is told so. Nothing is looked for
//! while all goes well.

use super::{api::in_turn, error::error_object, ports::Views};
use crate::{metrics::ResubmissionMetrics, wire::OrderEntryAnswer};
use ballast_types::{RejectCode, Rejection, Source};
use jsonrpsee::core::RpcResult;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Commands that are looked for at a time. Their own turns: other queries must not hold them up.
const MAX_TURNS: usize = 8;

/// Who answers commands that were sent before.
pub(super) struct Resubmissions {
    turns: Arc<Semaphore>,
    metrics: ResubmissionMetrics,
}

impl Resubmissions {
    pub(super) fn new() -> Self {
        Self { turns: Arc::new(Semaphore::new(MAX_TURNS)), metrics: ResubmissionMetrics::new() }
    }

    /// Whether a command that is in the log may be refused for this when it comes again: its nonce is used, and since
    /// then its time may have passed, or its key's, or its pool was set aside.
    pub(super) const fn is_possible(code: RejectCode) -> bool {
        matches!(
            code,
            RejectCode::NonceUsed
                | RejectCode::NonceTooOld
                | RejectCode::Expired
                | RejectCode::UnknownSigner
                | RejectCode::SessionExpired
                | RejectCode::OutOfScope
                | RejectCode::PoolQuarantined
        )
    }

    /// The answer of the first, or else the rejection. All that was sequenced before it was refused is durable.
    pub(super) async fn answer(
        &self,
        views: &Arc<dyn Views>,
        source: Source,
        rejection: Rejection,
    ) -> RpcResult<OrderEntryAnswer> {
        let first = in_turn(&self.turns, views, move |views| views.first_answer(&source)).await?;
        let answer = first.ok_or_else(|| error_object(rejection))?;
        self.metrics.answered();
        Ok(answer)
    }
}
