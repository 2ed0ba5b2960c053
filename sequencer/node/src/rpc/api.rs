//! The methods, and how they map onto the ports.

use super::{
    error::{error_object, internal, view},
    inbox::{BallastInboxServer, Inbox},
    markets::{BallastMarketsServer, Markets},
    ports::{Entry, OrderName, View, Views},
    resubmission::Resubmissions,
    what_if::{BallastWhatIfServer, WhatIf},
};
use crate::{
    pipeline::Answer,
    wire::{
        AccountFillView, AccountView, BatchView, ChunkView, Decimal, DiffView, GrantSessionRequest,
        GuardianRequest, Integer, NonceView, OperationRequest, OperationsRequest, OrderEntryAnswer,
        OrderStatusView, OrdersView, OutcomeView, PriceReportRequest, RevokeSessionRequest, StatusView,
        TimeView, TransferRequest, WithdrawRequest, WithdrawalProofView, WithdrawalView,
    },
};
use ballast_types::{
    AccountId, Address, BatchIndex, ClientId, ConditionalId, MarketId, OrderId, RejectCode, Rejection, Seq,
    Signature, Source, UserCommand,
};
use jsonrpsee::{Methods, core::RpcResult, core::async_trait, proc_macros::rpc, types::ErrorObjectOwned};
use std::sync::Arc;
use tokio::{sync::Semaphore, task::yield_now};

/// Longest list that a query answers with.
pub(super) const MAX_LIMIT: u64 = 1_000;
const DEFAULT_LIMIT: u64 = 100;
/// Queries that read or hash megabytes, at a time; others wait for their turn.
const MAX_HEAVY: usize = 4;
/// Queries that read a page of the journal, at a time. Their own turns: heavy ones must not starve them.
const MAX_READS: usize = 16;

/// The methods of the exchange.
#[rpc(server, namespace = "ballast")]
pub trait Ballast {
    /// Places one order: `operations` must hold one `place`.
    #[method(name = "placeOrder")]
    async fn place_order(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer>;
    /// Cancels one order: `operations` must hold one `cancel`.
    #[method(name = "cancelOrder")]
    async fn cancel_order(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer>;
    /// Replaces one order: `operations` must hold one `replace`.
    #[method(name = "replaceOrder")]
    async fn replace_order(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer>;
    /// Cancels all orders: `operations` must hold one `cancelAll`.
    #[method(name = "cancelAll")]
    async fn cancel_all(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer>;
    /// Carries out 1 to 100 operations.
    #[method(name = "operations")]
    async fn operations(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer>;
    /// Lets a session key trade.
    #[method(name = "grantSession")]
    async fn grant_session(&self, request: GrantSessionRequest) -> RpcResult<OrderEntryAnswer>;
    /// Ends a session key.
    #[method(name = "revokeSession")]
    async fn revoke_session(&self, request: RevokeSessionRequest) -> RpcResult<OrderEntryAnswer>;
    /// Takes money out to L1.
    #[method(name = "withdraw")]
    async fn withdraw(&self, request: WithdrawRequest) -> RpcResult<OrderEntryAnswer>;
    /// Moves money to another account of the owner.
    #[method(name = "transfer")]
    async fn transfer(&self, request: TransferRequest) -> RpcResult<OrderEntryAnswer>;
    /// Reports prices.
    #[method(name = "reportPrices")]
    async fn report_prices(&self, request: PriceReportRequest) -> RpcResult<OrderEntryAnswer>;
    /// Moves a market towards safety.
    #[method(name = "guardian")]
    async fn guardian(&self, request: GuardianRequest) -> RpcResult<OrderEntryAnswer>;

    /// An account with every term of its margin.
    #[method(name = "account")]
    fn account(&self, account: Integer<u32>) -> RpcResult<AccountView>;
    /// Ids of the accounts of an owner.
    #[method(name = "accounts")]
    fn accounts(&self, owner: Address) -> RpcResult<Vec<u32>>;
    /// Resting orders of an account.
    #[method(name = "orders")]
    fn orders(&self, account: Integer<u32>) -> RpcResult<OrdersView>;
    /// What became of an order, by its id or by the trader's own number.
    #[method(name = "order")]
    async fn order(
        &self,
        account: Integer<u32>,
        market: Integer<u16>,
        order_id: Option<Decimal>,
        client_id: Option<Decimal>,
        conditional_id: Option<Decimal>,
    ) -> RpcResult<OrderStatusView>;
    /// Fills of an account before a seq, or before a place among the fills of that seq, newest first.
    #[method(name = "fills")]
    async fn fills(
        &self,
        account: Integer<u32>,
        before_seq: Option<Decimal>,
        limit: Option<Decimal>,
        before_place: Option<Integer<u32>>,
    ) -> RpcResult<Vec<AccountFillView>>;
    /// An input of the log with all that it did.
    #[method(name = "outcome")]
    async fn outcome(&self, seq: Decimal) -> RpcResult<OutcomeView>;
    /// Sealed batches from an index on.
    #[method(name = "batches")]
    async fn batches(&self, from: Decimal, limit: Option<Decimal>) -> RpcResult<Vec<BatchView>>;
    /// A sealed batch.
    #[method(name = "batch")]
    async fn batch(&self, index: Decimal) -> RpcResult<BatchView>;
    /// A chunk of the inputs of a batch.
    #[method(name = "batchInputs")]
    async fn batch_inputs(&self, index: Decimal, chunk: Integer<u32>) -> RpcResult<ChunkView>;
    /// The diff of a batch, which L1 keeps for a while only.
    #[method(name = "batchDiff")]
    async fn batch_diff(&self, index: Decimal) -> RpcResult<DiffView>;
    /// Where the node stands.
    #[method(name = "status")]
    async fn status(&self) -> RpcResult<StatusView>;
    /// Nonces of a key of an account.
    #[method(name = "nonce")]
    fn nonce(&self, account: Integer<u32>, key: Address) -> RpcResult<NonceView>;
    /// Withdrawals of an account, newest first.
    #[method(name = "withdrawals")]
    async fn withdrawals(
        &self,
        account: Integer<u32>,
        limit: Option<Decimal>,
    ) -> RpcResult<Vec<WithdrawalView>>;
    /// What a claim on L1 needs.
    #[method(name = "withdrawalProof")]
    async fn withdrawal_proof(&self, id: Decimal) -> RpcResult<WithdrawalProofView>;
    /// The exchange's clock.
    #[method(name = "time")]
    fn time(&self) -> RpcResult<TimeView>;
}

/// The methods over the ports.
pub struct Rpc {
    entry: Arc<dyn Entry>,
    views: Arc<dyn Views>,
    heavy: Arc<Semaphore>,
    reads: Arc<Semaphore>,
    resubmissions: Resubmissions,
}

/// The table of methods.
///
/// # Panics
/// When two methods have one name: a programmer's mistake that the first start finds.
#[must_use]
pub fn methods(entry: Arc<dyn Entry>, views: Arc<dyn Views>) -> Methods {
    let turns = |count| Arc::new(Semaphore::new(count));
    let (heavy, reads) = (turns(MAX_HEAVY), turns(MAX_READS));
    let markets = Markets { views: Arc::clone(&views), reads: Arc::clone(&reads) };
    let inbox = Inbox { views: Arc::clone(&views), reads: Arc::clone(&reads) };
    let what_if = WhatIf::new(Arc::clone(&views));
    let mut methods: Methods =
        Rpc { entry, views, heavy, reads, resubmissions: Resubmissions::new() }.into_rpc().into();
    methods.merge(markets.into_rpc()).expect("no two methods have one name");
    methods.merge(inbox.into_rpc()).expect("no two methods have one name");
    methods.merge(what_if.into_rpc()).expect("no two methods have one name");
    methods
}

impl Rpc {
    async fn user(&self, (command, signature): (UserCommand, Signature)) -> RpcResult<OrderEntryAnswer> {
        let source = Source::User { command, signature };
        // The pipeline takes the source along: a copy is cheaper than to carry it back with every answer.
        let kept = source.clone();
        match self.enter(source).await? {
            Answer::Sequenced(ack) => Ok(ack.as_ref().into()),
            Answer::Refused(rejection) if Resubmissions::is_possible(rejection.code) => {
                self.resubmissions.answer(&self.views, kept, rejection).await
            }
            Answer::Refused(rejection) => Err(error_object(rejection)),
        }
    }

    /// What is no user's command: it is in the log or refused.
    async fn said(&self, source: Source) -> RpcResult<OrderEntryAnswer> {
        match self.enter(source).await? {
            Answer::Sequenced(ack) => Ok(ack.as_ref().into()),
            Answer::Refused(rejection) => Err(error_object(rejection)),
        }
    }

    /// Puts a source into the pipeline, before the first await, and waits for the definitive answer.
    async fn enter(&self, source: Source) -> RpcResult<Answer> {
        let answer = self.entry.submit(source).map_err(error_object)?;
        // The first poll ends here though the answer be there already: whoever begins a call and polls it later must not
        // leave it with a turn of those that look for what was sent before, which others wait for.
        yield_now().await;
        // An error: the pipeline went away with the request in it. It may or may not be in the log.
        answer.await.map_err(|_| internal())
    }

    /// Carries out a query that reads or hashes much.
    async fn heavy<T: Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Views) -> View<T> + Send + 'static,
    ) -> RpcResult<T> {
        in_turn(&self.heavy, &self.views, query).await
    }

    /// Carries out a query that reads the journal.
    async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&dyn Views) -> View<T> + Send + 'static,
    ) -> RpcResult<T> {
        in_turn(&self.reads, &self.views, query).await
    }

    /// The single-operation forms take exactly one operation of their kind.
    async fn single(
        &self,
        request: OperationsRequest,
        is_kind: fn(&OperationRequest) -> bool,
    ) -> RpcResult<OrderEntryAnswer> {
        match request.operations.as_slice() {
            [operation] if is_kind(operation) => {
                self.user(request.into_command().map_err(error_object)?).await
            }
            [_] => Err(invalid_params("the operation is of another kind than the method")),
            _ => Err(invalid_params("exactly one operation is expected")),
        }
    }
}

/// Carries out a query when it is its turn, off the threads that serve sockets.
pub(super) async fn in_turn<T: Send + 'static>(
    turns: &Arc<Semaphore>,
    views: &Arc<dyn Views>,
    query: impl FnOnce(&dyn Views) -> View<T> + Send + 'static,
) -> RpcResult<T> {
    let permit = Arc::clone(turns).acquire_owned().await.map_err(|_| internal())?;
    let views = Arc::clone(views);
    let answered = tokio::task::spawn_blocking(move || {
        // Held to the end of the work, whether its client still waits or not.
        let _permit = permit;
        view(|| query(views.as_ref()))
    });
    answered.await.map_err(|_| internal())?
}

fn invalid_params(why: &'static str) -> ErrorObjectOwned {
    ErrorObjectOwned::owned(jsonrpsee::types::error::INVALID_PARAMS_CODE, "Invalid params", Some(why))
}

pub(super) fn limit(asked: Option<Decimal>) -> Result<usize, ErrorObjectOwned> {
    let asked = asked.map_or(DEFAULT_LIMIT, |limit| limit.0);
    if asked > MAX_LIMIT {
        return Err(error_object(Rejection::new(RejectCode::TooManyItems, asked, MAX_LIMIT)));
    }
    usize::try_from(asked).map_err(|_| internal())
}

#[async_trait]
impl BallastServer for Rpc {
    async fn place_order(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer> {
        self.single(request, |operation| matches!(operation, OperationRequest::Place { .. })).await
    }

    async fn cancel_order(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer> {
        self.single(request, |operation| matches!(operation, OperationRequest::Cancel { .. })).await
    }

    async fn replace_order(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer> {
        self.single(request, |operation| matches!(operation, OperationRequest::Replace { .. })).await
    }

    async fn cancel_all(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer> {
        self.single(request, |operation| matches!(operation, OperationRequest::CancelAll { .. })).await
    }

    async fn operations(&self, request: OperationsRequest) -> RpcResult<OrderEntryAnswer> {
        self.user(request.into_command().map_err(error_object)?).await
    }

    async fn grant_session(&self, request: GrantSessionRequest) -> RpcResult<OrderEntryAnswer> {
        self.user(request.into_command()).await
    }

    async fn revoke_session(&self, request: RevokeSessionRequest) -> RpcResult<OrderEntryAnswer> {
        self.user(request.into_command()).await
    }

    async fn withdraw(&self, request: WithdrawRequest) -> RpcResult<OrderEntryAnswer> {
        self.user(request.into_command().map_err(error_object)?).await
    }

    async fn transfer(&self, request: TransferRequest) -> RpcResult<OrderEntryAnswer> {
        self.user(request.into_command().map_err(error_object)?).await
    }

    async fn report_prices(&self, request: PriceReportRequest) -> RpcResult<OrderEntryAnswer> {
        let (report, signature) = request.into_report().map_err(error_object)?;
        self.said(Source::Publisher { report, signature }).await
    }

    async fn guardian(&self, request: GuardianRequest) -> RpcResult<OrderEntryAnswer> {
        let (command, signature) = request.into_command();
        self.said(Source::Guardian { command, signature }).await
    }

    fn account(&self, account: Integer<u32>) -> RpcResult<AccountView> {
        view(|| self.views.account(AccountId(account.0)))
    }

    fn accounts(&self, owner: Address) -> RpcResult<Vec<u32>> {
        view(|| self.views.accounts(owner))
    }

    fn orders(&self, account: Integer<u32>) -> RpcResult<OrdersView> {
        view(|| self.views.orders(AccountId(account.0)))
    }

    async fn order(
        &self,
        account: Integer<u32>,
        market: Integer<u16>,
        order_id: Option<Decimal>,
        client_id: Option<Decimal>,
        conditional_id: Option<Decimal>,
    ) -> RpcResult<OrderStatusView> {
        let name = match (order_id, client_id, conditional_id) {
            (Some(id), None, None) => OrderName::Id(OrderId(id.0)),
            (None, Some(client), None) => OrderName::Client(ClientId(client.0)),
            (None, None, Some(id)) => OrderName::Conditional(ConditionalId(id.0)),
            _ => return Err(invalid_params("one of orderId, clientId and conditionalId")),
        };
        self.read(move |views| views.order(AccountId(account.0), MarketId(market.0), name)).await
    }

    async fn fills(
        &self,
        account: Integer<u32>,
        before_seq: Option<Decimal>,
        asked: Option<Decimal>,
        before_place: Option<Integer<u32>>,
    ) -> RpcResult<Vec<AccountFillView>> {
        let limit = limit(asked)?;
        let before = match (before_seq, before_place) {
            (None, Some(_)) => return Err(invalid_params("a place is one of a seq")),
            (seq, place) => seq.map(|seq| (Seq(seq.0), place.unwrap_or_default().0)),
        };
        self.read(move |views| views.fills(AccountId(account.0), before, limit)).await
    }

    async fn outcome(&self, seq: Decimal) -> RpcResult<OutcomeView> {
        self.read(move |views| views.outcome(Seq(seq.0))).await
    }

    async fn batches(&self, from: Decimal, asked: Option<Decimal>) -> RpcResult<Vec<BatchView>> {
        let limit = limit(asked)?;
        self.heavy(move |views| views.batches(BatchIndex(from.0), limit)).await
    }

    async fn batch(&self, index: Decimal) -> RpcResult<BatchView> {
        self.heavy(move |views| views.batch(BatchIndex(index.0))).await
    }

    async fn batch_inputs(&self, index: Decimal, chunk: Integer<u32>) -> RpcResult<ChunkView> {
        self.heavy(move |views| views.batch_inputs(BatchIndex(index.0), chunk.0)).await
    }

    async fn batch_diff(&self, index: Decimal) -> RpcResult<DiffView> {
        self.heavy(move |views| views.batch_diff(BatchIndex(index.0))).await
    }

    async fn status(&self) -> RpcResult<StatusView> {
        self.read(|views| views.status()).await
    }

    fn nonce(&self, account: Integer<u32>, key: Address) -> RpcResult<NonceView> {
        view(|| self.views.nonce(AccountId(account.0), key))
    }

    async fn withdrawals(
        &self,
        account: Integer<u32>,
        asked: Option<Decimal>,
    ) -> RpcResult<Vec<WithdrawalView>> {
        let limit = limit(asked)?;
        self.read(move |views| views.withdrawals(AccountId(account.0), limit)).await
    }

    async fn withdrawal_proof(&self, id: Decimal) -> RpcResult<WithdrawalProofView> {
        self.heavy(move |views| views.withdrawal_proof(id.0)).await
    }

    fn time(&self) -> RpcResult<TimeView> {
        view(|| self.views.time())
    }
}

impl std::fmt::Debug for Rpc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rpc").finish_non_exhaustive()
    }
}
