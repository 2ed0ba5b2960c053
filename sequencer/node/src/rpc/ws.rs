//! One WebSocket connection, in one loop.
//!
//! Calls that enter the log are begun the moment they are read, which fixes their order, and many may be in
//! flight; their answers go out in that same order. Every other call waits until all before it are answered,
//! so whoever sends an order and then asks for it finds it. At the maximum in flight the loop stops reading:
//! a client that does not read its answers is slowed by its own socket, and dropped when a write waits too
//! long. So what one client can hold in memory is bounded.

use super::{
    dispatch::{self, Kind},
    error::{LAGGED_NOTICE, error_object},
    ports::Channels,
    server::stopped,
};
use crate::{
    metrics::RpcMetrics,
    wire::{Channel, Integer, Subscription, Update},
};
use ballast_types::{AccountId, MarketId, RejectCode, Rejection};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::BoxFuture,
    stream::{AbortHandle, Abortable, BoxStream, FuturesOrdered, SelectAll, SplitSink, SplitStream},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jsonrpsee::{
    Methods,
    types::{ErrorObjectOwned, error::ErrorCode},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

/// Bounds of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WsLimits {
    /// Calls that enter the log, begun and not answered.
    pub in_flight: usize,
    /// Calls in one batch.
    pub batch: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// How long a write may wait for the client to read.
    pub write_timeout: Duration,
    /// How often the client is pinged; one that is silent for three of these is dropped.
    pub ping: Duration,
}

/// The parts of the node that a connection talks to.
#[derive(Clone)]
pub(super) struct Backend {
    pub methods: Methods,
    pub channels: Arc<dyn Channels>,
    pub metrics: RpcMetrics,
}

/// Most messages between two flushes.
const MAX_UNFLUSHED: usize = 64;

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// The client went away, or is to be dropped.
struct Gone;

enum Note {
    Update(u64, Update),
    Lagged(u64),
}

struct Connection {
    sink: SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
    backend: Backend,
    limits: WsLimits,
    in_flight: FuturesOrdered<BoxFuture<'static, String>>,
    /// A call that waits until nothing is in flight; nothing is read meanwhile.
    waiting: Option<String>,
    notes: SelectAll<BoxStream<'static, Note>>,
    subscriptions: BTreeMap<u64, AbortHandle>,
    next_subscription: u64,
    heard: Instant,
}

enum Step {
    Answer(String),
    Note(Note),
    Read(Option<Result<Message, tokio_tungstenite::tungstenite::Error>>),
    Ping,
    Stop,
}

/// Serves a connection until it ends.
pub(super) async fn serve(
    socket: Socket,
    backend: Backend,
    limits: WsLimits,
    mut stop: watch::Receiver<bool>,
) {
    let (sink, stream) = socket.split();
    let mut connection = Connection {
        sink,
        stream,
        backend,
        limits,
        in_flight: FuturesOrdered::new(),
        waiting: None,
        notes: SelectAll::new(),
        subscriptions: BTreeMap::new(),
        next_subscription: 1,
        heard: Instant::now(),
    };
    if connection.run(&mut stop).await.is_ok() {
        // The node stops: what is in flight is still answered, then the connection is closed in good order.
        let _ = timeout(limits.write_timeout, connection.close()).await;
    }
}

impl Connection {
    async fn run(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), Gone> {
        let mut ping = interval(self.limits.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let may_read = self.waiting.is_none() && self.in_flight.len() < self.limits.in_flight;
            let step = tokio::select! {
                Some(answer) = self.in_flight.next(), if !self.in_flight.is_empty() => Step::Answer(answer),
                Some(note) = self.notes.next(), if !self.notes.is_empty() => Step::Note(note),
                message = self.stream.next(), if may_read => Step::Read(message),
                _ = ping.tick() => Step::Ping,
                () = stopped(stop) => Step::Stop,
            };
            match step {
                Step::Answer(answer) => self.write_answers(answer).await?,
                Step::Note(note) => self.write_note(note).await?,
                Step::Read(message) => self.read(message).await?,
                Step::Ping => self.ping().await?,
                Step::Stop => return Ok(()),
            }
            if self.in_flight.is_empty()
                && let Some(message) = self.waiting.take()
            {
                self.carry_out(message).await?;
            }
        }
    }

    async fn read(
        &mut self,
        message: Option<Result<Message, tokio_tungstenite::tungstenite::Error>>,
    ) -> Result<(), Gone> {
        self.heard = Instant::now();
        match message {
            Some(Ok(Message::Text(text))) => self.take(text.as_str().to_owned()).await,
            Some(Ok(Message::Binary(_))) => {
                let error = ErrorObjectOwned::from(ErrorCode::InvalidRequest);
                self.send(super::error::response_without_id(&error)).await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
        }
    }

    /// Begins a call that enters the log at once; every other call waits for its turn.
    async fn take(&mut self, message: String) -> Result<(), Gone> {
        if dispatch::kind(&message) != Kind::Entry {
            if self.in_flight.is_empty() {
                return self.carry_out(message).await;
            }
            self.waiting = Some(message);
            return Ok(());
        }
        let methods = self.backend.methods.clone();
        let mut call = async move { dispatch::call(&methods, &message).await }.boxed();
        // The first poll puts the request into the queue of admission: from here its place is fixed.
        match futures_util::poll!(&mut call) {
            std::task::Poll::Ready(answer) => self.in_flight.push_back(std::future::ready(answer).boxed()),
            std::task::Poll::Pending => self.in_flight.push_back(call),
        }
        Ok(())
    }

    async fn carry_out(&mut self, message: String) -> Result<(), Gone> {
        let answer = match dispatch::kind(&message) {
            Kind::Subscription => self.subscription_call(&message),
            _ => dispatch::answer(&self.backend.methods, &message, self.limits.batch).await,
        };
        self.backend.metrics.answered();
        self.send(answer).await
    }

    async fn write_answers(&mut self, first: String) -> Result<(), Gone> {
        let mut answers = vec![first];
        while answers.len() < MAX_UNFLUSHED
            && let Some(Some(answer)) = self.in_flight.next().now_or_never()
        {
            answers.push(answer);
        }
        answers.iter().for_each(|_| self.backend.metrics.answered());
        self.send_all(answers).await
    }

    async fn write_note(&mut self, first: Note) -> Result<(), Gone> {
        let mut texts = vec![self.note_text(first)];
        while texts.len() < MAX_UNFLUSHED
            && let Some(Some(note)) = self.notes.next().now_or_never()
        {
            texts.push(self.note_text(note));
        }
        self.send_all(texts).await
    }

    fn note_text(&mut self, note: Note) -> String {
        match note {
            Note::Update(id, update) => notification(id, "result", &update.json),
            Note::Lagged(id) => {
                self.subscriptions.remove(&id);
                self.backend.metrics.lagging();
                let error = error_object(Rejection::from(RejectCode::TooManyRequests));
                let notice = serde_json::json!({ "action": LAGGED_NOTICE, "error": error });
                notification(id, "error", &notice.to_string())
            }
        }
    }

    async fn ping(&mut self) -> Result<(), Gone> {
        if self.heard.elapsed() > self.limits.ping * 3 {
            return Err(Gone);
        }
        self.deliver(vec![Message::Ping(Default::default())]).await
    }

    async fn send(&mut self, text: String) -> Result<(), Gone> {
        self.send_all(vec![text]).await
    }

    async fn send_all(&mut self, texts: Vec<String>) -> Result<(), Gone> {
        self.deliver(texts.into_iter().map(Message::text).collect()).await
    }

    async fn deliver(&mut self, messages: Vec<Message>) -> Result<(), Gone> {
        let written = timeout(self.limits.write_timeout, async {
            for message in messages {
                self.sink.feed(message).await?;
            }
            self.sink.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Gone),
            Err(_) => {
                self.backend.metrics.slow_client();
                Err(Gone)
            }
        }
    }

    async fn close(&mut self) {
        while let Some(answer) = self.in_flight.next().await {
            if self.send(answer).await.is_err() {
                return;
            }
        }
        // The client may be gone already.
        let _ = self.sink.send(Message::Close(None)).await;
    }
}

#[derive(Deserialize)]
struct SubscriptionCall<'a> {
    #[serde(borrow)]
    method: std::borrow::Cow<'a, str>,
    #[serde(borrow, default)]
    params: Option<&'a RawValue>,
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

impl Connection {
    /// `ballast_subscribe(channel, id)` and `ballast_unsubscribe(subscription)`.
    fn subscription_call(&mut self, message: &str) -> String {
        let Ok(call) = serde_json::from_str::<SubscriptionCall<'_>>(message) else {
            return super::error::response_without_id(&ErrorObjectOwned::from(ErrorCode::InvalidRequest));
        };
        let id = call.id.map_or("null", RawValue::get);
        let params = call.params.map_or("[]", RawValue::get);
        let result = match call.method.as_ref() {
            "ballast_subscribe" => self.subscribe(params),
            _ => self.unsubscribe(params),
        };
        match result {
            Ok(result) => format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#),
            Err(error) => {
                let error = serde_json::json!(error);
                format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#)
            }
        }
    }

    fn subscribe(&mut self, params: &str) -> Result<String, ErrorObjectOwned> {
        let channel = channel(params)?;
        if self.subscriptions.len() >= self.limits.subscriptions {
            let held = self.subscriptions.len() as u64;
            return Err(error_object(Rejection::new(RejectCode::TooManyItems, held + 1, held)));
        }
        let Subscription { snapshot, updates } =
            self.backend.channels.subscribe(channel).map_err(error_object)?;
        let id = self.next_subscription;
        self.next_subscription += 1;
        let (handle, registration) = AbortHandle::new_pair();
        self.notes.push(Abortable::new(notes(id, snapshot.seq, updates), registration).boxed());
        self.subscriptions.insert(id, handle);
        Ok(format!(r#"{{"subscription":{id},"snapshot":{}}}"#, snapshot.json))
    }

    fn unsubscribe(&mut self, params: &str) -> Result<String, ErrorObjectOwned> {
        let (id,): (Integer<u64>,) =
            serde_json::from_str(params).map_err(|_| ErrorObjectOwned::from(ErrorCode::InvalidParams))?;
        let known = self.subscriptions.remove(&id.0);
        if let Some(handle) = &known {
            handle.abort();
        }
        Ok(known.is_some().to_string())
    }
}

fn channel(params: &str) -> Result<Channel, ErrorObjectOwned> {
    let invalid = || ErrorObjectOwned::from(ErrorCode::InvalidParams);
    let (name, id): (String, Integer<u32>) = serde_json::from_str(params).map_err(|_| invalid())?;
    let market = || u16::try_from(id.0).map(MarketId).map_err(|_| invalid());
    match name.as_str() {
        "book" => market().map(Channel::Book),
        "trades" => market().map(Channel::Trades),
        "account" => Ok(Channel::Account(AccountId(id.0))),
        _ => Err(invalid()),
    }
}

/// The updates after the snapshot, and the notice when they end because the client lagged.
fn notes(
    id: u64,
    snapshot: ballast_types::Seq,
    updates: tokio::sync::mpsc::Receiver<Update>,
) -> impl futures_util::Stream<Item = Note> + Send + 'static {
    let updates = futures_util::stream::unfold(updates, |mut updates| async move {
        let update = updates.recv().await?;
        Some((update, updates))
    });
    updates
        .filter(move |update| std::future::ready(update.seq > snapshot))
        .map(move |update| Note::Update(id, update))
        .chain(futures_util::stream::once(std::future::ready(Note::Lagged(id))))
}

fn notification(id: u64, field: &str, json: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","method":"ballast_subscription","params":{{"subscription":{id},"{field}":{json}}}}}"#
    )
}
