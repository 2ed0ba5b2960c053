//! A trader's client: signs, sends over WebSocket without waiting, and matches the answers by their ids.

use alloy::{
    primitives::{Address, B256},
    signers::{SignerSync, local::PrivateKeySigner},
};
use ballast_auth::{Domain, command_digest, guardian_digest, report_digest};
use ballast_node::wire::TriggerView;
use ballast_types::{
    AccountId, GuardianCommand, Link, LinkKind, MarketId, MarketMode, Millis, NewOrder, Nonce, Operation,
    Operations, PoolId, PriceReport, Quote, ReportedPrice, Restrict, SelfTrade, Side, Signature, TimeInForce,
    Transfer, UserCommand,
};
use eyre::{Context as _, ContextCompat as _, bail, eyre};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::{connect_async_with_config, tungstenite::Message};

/// Requests that one connection may have written and not yet answered here.
const QUEUE: usize = 1_024;
/// How long a signed command may wait to be taken.
pub(crate) const LIFE_MS: u64 = 60_000;

/// An error that the node answered with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (code {code})")]
pub struct RpcError {
    /// The stable code.
    pub code: i64,
    /// What it says.
    pub message: String,
}

/// The answer to one request, when it comes.
pub type Answer = Result<Value, RpcError>;

/// Who waits for which answer; `None` when the connection is gone and nobody may begin to wait.
type Waiting = Arc<Mutex<Option<HashMap<u64, oneshot::Sender<Answer>>>>>;

/// A WebSocket to the node.
#[derive(Clone, Debug)]
pub struct Connection {
    out: mpsc::Sender<(u64, String)>,
    waiting: Waiting,
    next: Arc<std::sync::atomic::AtomicU64>,
}

impl Connection {
    /// Connects to `ws://host:port`.
    ///
    /// # Errors
    /// When nobody answers there.
    pub async fn open(url: &str) -> eyre::Result<Self> {
        // A small message must not wait until the one before is acknowledged.
        let opened = connect_async_with_config(url, None, true).await;
        let (socket, _) = opened.wrap_err_with(|| format!("cannot connect to {url}"))?;
        let (mut sink, mut stream) = socket.split();
        let (out, mut requests) = mpsc::channel::<(u64, String)>(QUEUE);
        let waiting: Waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let answered = Arc::clone(&waiting);
        tokio::spawn(async move {
            while let Some((_, text)) = requests.recv().await {
                if sink.send(Message::text(text)).await.is_err() {
                    break;
                }
            }
            // Nobody holds the connection any more: without a farewell it would take one of the node's places for ever.
            let _ = sink.close().await;
        });
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                if let Ok(text) = message.to_text() {
                    deliver(text, &answered);
                }
            }
            // Whoever still waits learns that the connection is gone.
            answered.lock().expect("no holder panics").take();
        });
        Ok(Self { out, waiting, next: Arc::default() })
    }

    /// Sends a request and returns at once with the promise of its answer; requests go out in this order.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&self, method: &str, params: Value) -> eyre::Result<oneshot::Receiver<Answer>> {
        let id = self.next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let text = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
        let (answer, receiver) = oneshot::channel();
        let gone = || eyre!("the connection is closed");
        self.waiting.lock().expect("no holder panics").as_mut().ok_or_else(gone)?.insert(id, answer);
        self.out.send((id, text)).await.map_err(|_| gone())?;
        Ok(receiver)
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Errors
    /// [`RpcError`] when the node refuses, another when the connection is gone.
    pub async fn call(&self, method: &str, params: Value) -> eyre::Result<Value> {
        let answer = self.send(method, params).await?.await;
        Ok(answer.map_err(|_| eyre!("the connection closed before the answer to {method}"))??)
    }
}

fn deliver(text: &str, waiting: &Waiting) {
    let Ok(mut message) = serde_json::from_str::<Value>(text) else { return };
    let Some(id) = message["id"].as_u64() else { return };
    let receiver = waiting.lock().expect("no holder panics").as_mut().and_then(|waiting| waiting.remove(&id));
    let Some(receiver) = receiver else { return };
    let answer = match message.get("error") {
        Some(error) => Err(RpcError {
            code: error["code"].as_i64().unwrap_or_default(),
            message: error["message"].as_str().unwrap_or_default().to_owned(),
        }),
        None => Ok(message["result"].take()),
    };
    // A receiver that nobody holds any more is an answer that nobody wants.
    let _ = receiver.send(answer);
}

/// Milliseconds since 1970.
#[must_use]
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is after 1970");
    u64::try_from(since.as_millis()).expect("milliseconds fit 64 bits")
}

/// A key that signs for one exchange.
#[derive(Clone, Debug)]
pub struct Keyring {
    signer: PrivateKeySigner,
    separator: B256,
}

impl Keyring {
    /// A key for the exchange that the node at the other end of `connection` is of.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn new(connection: &Connection, signer: PrivateKeySigner) -> eyre::Result<Self> {
        let status = connection.call("ballast_status", json!([])).await?;
        let chain_id = status["domain"]["chainId"].as_u64().wrap_err("the status tells no chain id")?;
        let exchange: Address = status["domain"]["verifyingContract"]
            .as_str()
            .wrap_err("the status tells no contract")?
            .parse()?;
        Ok(Self { signer, separator: Domain { chain_id, exchange }.separator() })
    }

    /// What its signatures are separated from those for other exchanges by.
    #[must_use]
    pub const fn separator(&self) -> B256 {
        self.separator
    }

    /// Its address.
    #[must_use]
    pub const fn address(&self) -> Address {
        self.signer.address()
    }

    fn sign(&self, digest: B256) -> String {
        let signature = self.signer.sign_hash_sync(&digest).expect("a local key signs");
        format!("0x{}", alloy::hex::encode(signature.as_bytes()))
    }

    /// The parameters of `ballast_operations`.
    #[must_use]
    pub fn operations(&self, account: AccountId, nonce: u64, operations: Vec<Operation>) -> Value {
        let expires = Millis(now_ms() + LIFE_MS);
        let steps: Vec<Value> = operations.iter().map(operation_json).collect();
        let command = Operations { account, nonce: Nonce(nonce), expires, atomic: false, operations };
        let signature = self.sign(command_digest(self.separator, &UserCommand::Operations(command)));
        json!([{ "account": account.0, "nonce": nonce.to_string(), "expires": expires.0, "operations": steps,
                 "signature": signature }])
    }

    /// The parameters of `ballast_transfer`.
    #[must_use]
    pub fn transfer(
        &self,
        account: AccountId,
        nonce: u64,
        to: AccountId,
        pool: PoolId,
        amount: Quote,
    ) -> Value {
        let expires = Millis(now_ms() + LIFE_MS);
        let command = Transfer { account, nonce: Nonce(nonce), expires, to, pool, amount };
        let signature = self.sign(command_digest(self.separator, &UserCommand::Transfer(command)));
        json!([{ "account": account.0, "nonce": nonce.to_string(), "expires": expires.0, "to": to.0, "pool": pool.0,
                 "amount": amount.0.to_string(), "signature": signature }])
    }

    /// The parameters of `ballast_reportPrices`, told as of now.
    #[must_use]
    pub fn report(&self, publisher: u8, prices: Vec<ReportedPrice>) -> Value {
        let report = PriceReport { publisher, time: Millis(now_ms()), prices };
        let signature = self.sign(report_digest(self.separator, &report));
        let told = |told: &ReportedPrice| {
            let mut said = json!({ "market": told.market.0, "price": told.price.0 });
            if let Some(perp) = told.perp {
                said["perp"] = perp.0.into();
            }
            said
        };
        let prices: Vec<Value> = report.prices.iter().map(told).collect();
        json!([{ "publisher": publisher, "time": report.time.0, "prices": prices, "signature": signature }])
    }

    /// What `ballast_guardian` takes to restrict a market until a time, signed by this key.
    #[must_use]
    pub fn restrict(&self, market: MarketId, mode: MarketMode, until: u64) -> Value {
        let time = now_ms();
        let command = Restrict { market, mode, until: Millis(until), time: Millis(time) };
        let signature = self.sign(guardian_digest(self.separator, &GuardianCommand::Restrict(command)));
        let mode = mode.name();
        let said =
            json!({ "kind": "restrict", "market": market.0, "mode": mode, "until": until, "time": time });
        json!([{ "command": said, "signature": signature }])
    }

    /// The bytes of a signature over any digest, for tests that sign by hand.
    #[must_use]
    pub fn sign_digest(&self, digest: B256) -> Signature {
        let signature = self.signer.sign_hash_sync(&digest).expect("a local key signs");
        Signature(signature.as_bytes())
    }
}

fn order_json(order: &NewOrder) -> Value {
    let time_in_force = match order.time_in_force {
        TimeInForce::Gtc => "gtc",
        TimeInForce::Ioc => "ioc",
        TimeInForce::Fok => "fok",
        TimeInForce::PostOnly => "postOnly",
        TimeInForce::PostOnlySlide => "postOnlySlide",
    };
    let self_trade = match order.self_trade {
        SelfTrade::CancelMaker => "cancelMaker",
        SelfTrade::CancelTaker => "cancelTaker",
        SelfTrade::CancelBoth => "cancelBoth",
        SelfTrade::Decrement => "decrement",
    };
    json!({
        "side": side_json(order.side), "price": order.price.0, "size": order.size.0,
        "timeInForce": time_in_force, "goodUntil": order.good_until.map(|until| until.0),
        "reduceOnly": order.reduce_only, "selfTrade": self_trade,
        "display": order.display.map(|display| display.0), "clientId": order.client.0.to_string(),
    })
}

fn link_json(link: Link) -> Value {
    let kind = match link.kind {
        LinkKind::Beside => "beside",
        LinkKind::After => "after",
    };
    json!({ "step": link.step, "kind": kind })
}

const fn side_json(side: Side) -> &'static str {
    match side {
        Side::Buy => "buy",
        Side::Sell => "sell",
    }
}

fn operation_json(operation: &Operation) -> Value {
    match operation {
        Operation::Place { market, order } => {
            json!({ "kind": "place", "market": market.0, "order": order_json(order) })
        }
        Operation::Cancel { market, order } => {
            json!({ "kind": "cancel", "market": market.0, "orderId": order.0.to_string() })
        }
        Operation::CancelClient { market, client } => {
            json!({ "kind": "cancelClient", "market": market.0, "clientId": client.0.to_string() })
        }
        Operation::Replace { market, order, new } => json!({ "kind": "replace", "market": market.0,
            "orderId": order.0.to_string(), "order": order_json(new) }),
        Operation::CancelAll(filter) => json!({
            "kind": "cancelAll", "market": filter.market.map(|market| market.0),
            "side": filter.side.map(side_json), "key": filter.key,
        }),
        Operation::ScheduleCancel { at } => json!({ "kind": "scheduleCancel", "at": at.map(|at| at.0) }),
        Operation::PlaceConditional { market, order, trigger, link } => json!({
            "kind": "placeConditional", "market": market.0, "order": order_json(order),
            "trigger": TriggerView::from(*trigger), "link": link.map(link_json),
        }),
        Operation::CancelConditional { conditional } => {
            json!({ "kind": "cancelConditional", "conditionalId": conditional.0.to_string() })
        }
        Operation::SetLeverage { market, leverage } => {
            json!({ "kind": "setLeverage", "market": market.0, "leverage": leverage })
        }
    }
}

/// The account that belongs to `owner`, when it has one.
///
/// # Errors
/// When the node does not answer, or the owner has no account.
pub async fn account_of(connection: &Connection, owner: Address) -> eyre::Result<AccountId> {
    let accounts = connection.call("ballast_accounts", json!([owner])).await?;
    let Some(first) = accounts.as_array().and_then(|list| list.first()) else {
        bail!("{owner} has no account yet")
    };
    let id = first.as_u64().or_else(|| first["account"].as_u64()).wrap_err("an account has a number")?;
    Ok(AccountId(u32::try_from(id)?))
}
