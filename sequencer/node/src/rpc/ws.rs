//! One WebSocket connection, in one loop.
//!
//! Calls that enter the log, alone or in batches of nothing else, are begun the moment they are read, which fixes their
//! order, and many may be in flight; their answers go out in that same order. Every other message waits until all before it
//! are answered, so whoever sends an order and then asks for it finds it. At the maximum in flight the loop stops reading:
//! a client that does not read its answers is slowed by its own socket, and dropped when a write waits too
//! long. So what one client can hold in memory is bounded. Its silence counts only while it is read.

mod subscriptions;

use super::{
    dispatch::{self, Message as Request},
    error::{LAGGED_NOTICE, error_object},
    ports::Channels,
    server::stopped,
};
use crate::{metrics::RpcMetrics, wire::Update};
use ballast_types::{RejectCode, Rejection};
use futures_util::{
    FutureExt, SinkExt, StreamExt,
    future::BoxFuture,
    stream::{AbortHandle, BoxStream, FuturesOrdered, SelectAll, SplitSink, SplitStream},
};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use jsonrpsee::{
    Methods,
    types::{ErrorObjectOwned, error::ErrorCode},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use subscriptions::notification;
use tokio::{
    io::AsyncReadExt,
    sync::watch,
    time::{Interval, MissedTickBehavior, interval, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

/// Bounds of one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WsLimits {
    /// Calls that enter the log, begun and not answered; the batch that reaches it may pass it.
    pub in_flight: usize,
    /// Calls in one batch.
    pub batch: usize,
    /// Subscriptions.
    pub subscriptions: usize,
    /// How long a write may wait for the client to read.
    pub write_timeout: Duration,
    /// How often the client is pinged; one that is read and answers none of three pings is dropped.
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
/// Pings without a sign of life after which a client is dropped.
const MAX_SILENT_PINGS: u32 = 3;
/// How long a client is still read after a close of ours: a socket that goes away with bytes unread is reset, and
/// what was written last may never arrive.
const LINGER: Duration = Duration::from_secs(1);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Why a connection ends.
enum End {
    /// The client went away, or is to be dropped.
    Gone,
    /// The client closed: what it still needs is our close frame.
    Closed,
    /// The client sent a message above the limit: what is in flight is answered, and it is told why it ends.
    TooLarge,
    /// The node stops: what is in flight is answered.
    Stop,
}

enum Note {
    Update(u64, Update),
    Lagged(u64),
}

struct Connection {
    sink: SplitSink<Socket, Message>,
    stream: SplitStream<Socket>,
    backend: Backend,
    limits: WsLimits,
    in_flight: FuturesOrdered<BoxFuture<'static, Answered>>,
    /// Calls of these messages.
    calls: usize,
    /// A message that waits until nothing is in flight; nothing is read meanwhile.
    waiting: Option<Request>,
    notes: SelectAll<BoxStream<'static, Note>>,
    subscriptions: BTreeMap<u64, AbortHandle>,
    next_subscription: u64,
    /// Pings since the client was last heard, sent while it was read.
    silent_pings: u32,
}

/// The answer to a message of so many calls.
struct Answered {
    text: String,
    calls: usize,
}

enum Step {
    Answer(Answered),
    Note(Note),
    Read(Option<Result<Message, Error>>),
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
        calls: 0,
        waiting: None,
        notes: SelectAll::new(),
        subscriptions: BTreeMap::new(),
        next_subscription: 1,
        silent_pings: 0,
    };
    // The client may be gone already, or not read any more.
    match connection.run(&mut stop).await {
        End::Gone => {}
        End::Closed => connection.acknowledge_close().await,
        End::TooLarge => {
            connection.close(Some(too_large())).await;
            connection.throw_away().await;
        }
        End::Stop => {
            connection.close(None).await;
            connection.await_close().await;
        }
    }
}

impl Connection {
    /// Serves until the connection is to end, and says why.
    async fn run(&mut self, stop: &mut watch::Receiver<bool>) -> End {
        let mut ping = interval(self.limits.ping);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            if let Err(end) = self.step(&mut ping, stop).await {
                return end;
            }
        }
    }

    async fn step(&mut self, ping: &mut Interval, stop: &mut watch::Receiver<bool>) -> Result<(), End> {
        // What is answered goes out before more is read: after a close of the client nothing can be sent.
        if let Some(Some(answer)) = self.in_flight.next().now_or_never() {
            self.write_answers(answer).await?;
        }
        let may_read = self.waiting.is_none() && self.calls < self.limits.in_flight;
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
            Step::Ping => self.ping(may_read).await?,
            Step::Stop => return Err(End::Stop),
        }
        if self.in_flight.is_empty()
            && let Some(message) = self.waiting.take()
        {
            self.carry_out(message).await?;
        }
        Ok(())
    }

    async fn read(&mut self, message: Option<Result<Message, Error>>) -> Result<(), End> {
        self.silent_pings = 0;
        match message {
            Some(Ok(Message::Text(text))) => self.take(Request::of(text.as_str(), self.limits.batch)).await,
            Some(Ok(Message::Binary(_))) => {
                let error = ErrorObjectOwned::from(ErrorCode::InvalidRequest);
                self.send(super::error::response_without_id(&error)).await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Close(_))) => Err(End::Closed),
            Some(Err(Error::Capacity(_))) => Err(End::TooLarge),
            Some(Err(_)) | None => Err(End::Gone),
        }
    }

    /// Begins what enters the log at once; every other message waits for its turn.
    async fn take(&mut self, message: Request) -> Result<(), End> {
        let Some(calls) = message.entries() else {
            if self.in_flight.is_empty() {
                return self.carry_out(message).await;
            }
            self.waiting = Some(message);
            return Ok(());
        };
        let begun = dispatch::begin(message.answer(self.backend.methods.clone()));
        self.in_flight.push_back(begun.map(move |text| Answered { text, calls }).boxed());
        self.calls += calls;
        Ok(())
    }

    async fn carry_out(&mut self, message: Request) -> Result<(), End> {
        let answer = match message.subscription() {
            Some(call) => self.subscription_call(call),
            None => message.answer(self.backend.methods.clone()).await,
        };
        self.backend.metrics.answered();
        self.send(answer).await
    }

    async fn write_answers(&mut self, first: Answered) -> Result<(), End> {
        let mut answers = vec![first];
        while answers.len() < MAX_UNFLUSHED
            && let Some(Some(answer)) = self.in_flight.next().now_or_never()
        {
            answers.push(answer);
        }
        answers.iter().for_each(|_| self.backend.metrics.answered());
        self.calls -= answers.iter().map(|answer| answer.calls).sum::<usize>();
        self.send_all(answers.into_iter().map(|answer| answer.text).collect()).await
    }

    async fn write_note(&mut self, first: Note) -> Result<(), End> {
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

    /// Pings, and drops who answered none of the last. A client that we do not read cannot be heard.
    async fn ping(&mut self, may_read: bool) -> Result<(), End> {
        if !may_read {
            self.silent_pings = 0;
        } else if self.silent_pings == MAX_SILENT_PINGS {
            return Err(End::Gone);
        } else {
            self.silent_pings += 1;
        }
        self.deliver(vec![Message::Ping(Default::default())]).await
    }

    async fn send(&mut self, text: String) -> Result<(), End> {
        self.send_all(vec![text]).await
    }

    async fn send_all(&mut self, texts: Vec<String>) -> Result<(), End> {
        self.deliver(texts.into_iter().map(Message::text).collect()).await
    }

    async fn deliver(&mut self, messages: Vec<Message>) -> Result<(), End> {
        let written = timeout(self.limits.write_timeout, async {
            for message in messages {
                self.sink.feed(message).await?;
            }
            self.sink.flush().await
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => {
                self.backend.metrics.slow_client();
                Err(End::Gone)
            }
        }
    }

    /// Answers what is in flight and closes.
    async fn close(&mut self, why: Option<CloseFrame>) {
        let _ = timeout(self.limits.write_timeout, async {
            while let Some(answer) = self.in_flight.next().await {
                self.send(answer.text).await?;
            }
            self.deliver(vec![Message::Close(why)]).await
        })
        .await;
    }

    /// Sends the close frame that answers the client's. It lies ready since that was read, and after it is sent the
    /// connection is said to be closed, which is no error here.
    async fn acknowledge_close(&mut self) {
        let _ = timeout(self.limits.write_timeout, self.sink.flush()).await;
    }

    /// Waits for the client's close frame.
    async fn await_close(&mut self) {
        let frames = async { while let Some(Ok(_)) = self.stream.next().await {} };
        let _ = timeout(LINGER, frames).await;
    }

    /// Throws away the rest of what could not be read as messages.
    async fn throw_away(self) {
        let Ok(mut socket) = self.sink.reunite(self.stream) else { return };
        let mut bytes = vec![0; 4_096];
        let rest = async { while socket.get_mut().read(&mut bytes).await.is_ok_and(|read| read > 0) {} };
        let _ = timeout(LINGER, rest).await;
    }
}

fn too_large() -> CloseFrame {
    CloseFrame { code: CloseCode::Size, reason: "the message is larger than the limit".into() }
}
