//! The listener: accepts connections up to a maximum and serves each.

use super::{
    http,
    patience::Patience,
    ports::Channels,
    ws::{Backend, WsLimits},
};
use crate::{metrics::RpcMetrics, rpc::assets::Files};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jsonrpsee::Methods;
use serde::{Deserialize, Serialize};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore, watch},
};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

/// Bytes that are read from a WebSocket at once. Each read clears as many first, and each connection keeps them: so no more
/// than a usual message takes. A longer one takes several reads.
const READ_BUFFER_BYTES: usize = 8 << 10;

/// Bounds of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Connections at a time.
    pub max_connections: usize,
    /// Bytes of one message or request body.
    pub max_message_bytes: usize,
    /// Calls in one JSON-RPC batch.
    pub max_batch: usize,
    /// Calls of one connection that entered the log and are not answered.
    pub max_in_flight: usize,
    /// Subscriptions of one connection.
    pub max_subscriptions: usize,
    /// How long a write may wait for the client to read, in milliseconds.
    pub write_timeout_ms: u64,
    /// How long a request may take to arrive, in milliseconds.
    pub read_timeout_ms: u64,
    /// How often a WebSocket client is pinged, in milliseconds.
    pub ping_ms: u64,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            max_connections: 1_000,
            max_message_bytes: 64 * 1024,
            max_batch: 50,
            max_in_flight: 256,
            max_subscriptions: 64,
            write_timeout_ms: 10_000,
            read_timeout_ms: 30_000,
            ping_ms: 20_000,
        }
    }
}

impl ServerConfig {
    pub(super) const fn read_timeout(&self) -> Duration {
        Duration::from_millis(self.read_timeout_ms)
    }

    pub(super) const fn ws_limits(&self) -> WsLimits {
        WsLimits {
            in_flight: self.max_in_flight,
            batch: self.max_batch,
            subscriptions: self.max_subscriptions,
            write_timeout: Duration::from_millis(self.write_timeout_ms),
            ping: Duration::from_millis(self.ping_ms),
        }
    }

    pub(super) fn websocket(&self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER_BYTES)
            .max_message_size(Some(self.max_message_bytes))
            .max_frame_size(Some(self.max_message_bytes))
    }
}

/// What every connection needs.
pub(super) struct Shared {
    pub config: ServerConfig,
    pub backend: Backend,
    pub files: Files,
    pub stop: watch::Receiver<bool>,
}

/// A listener that is bound and not yet served.
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Server {
    /// Binds the address.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(
        address: SocketAddr,
        config: ServerConfig,
        methods: Methods,
        channels: Arc<dyn Channels>,
        files: Files,
        stop: watch::Receiver<bool>,
    ) -> std::io::Result<Self> {
        let backend = Backend { methods, channels, metrics: RpcMetrics::new() };
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener, shared: Arc::new(Shared { config, backend, files, stop }) })
    }

    /// The address that is served: the port is the real one when 0 was asked for.
    ///
    /// # Errors
    /// When the operating system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` says so, then waits for the connections to end.
    pub async fn run(self) {
        let max = self.shared.config.max_connections;
        let permits = Arc::new(Semaphore::new(max));
        let mut stop = self.shared.stop.clone();
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept() => accepted,
                () = stopped(&mut stop) => break,
            };
            match accepted {
                Ok((stream, _)) => match Arc::clone(&permits).try_acquire_owned() {
                    Ok(permit) => {
                        let place = Arc::new(Place::new(self.shared.backend.metrics.clone(), permit));
                        tokio::spawn(connection(Arc::clone(&self.shared), place, stream));
                    }
                    // Dropping the stream closes it: at the maximum even an answer is too much.
                    Err(_) => self.shared.backend.metrics.refused(),
                },
                // Out of file descriptors, or the client went away at once.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        let grace = Duration::from_millis(self.shared.config.write_timeout_ms);
        let all = u32::try_from(max).unwrap_or(u32::MAX);
        // Connections that do not end in time are cut off with the process.
        let _ = tokio::time::timeout(grace, permits.acquire_many(all)).await;
    }
}

/// Resolves when the node stops.
pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The sender is gone only when the node is.
    let _ = stop.wait_for(|stopped| *stopped).await;
}

/// The place of a connection among those that are open, until the last who holds it lets go.
pub(super) struct Place {
    metrics: RpcMetrics,
    _permit: OwnedSemaphorePermit,
}

impl Place {
    fn new(metrics: RpcMetrics, permit: OwnedSemaphorePermit) -> Self {
        metrics.opened();
        Self { metrics, _permit: permit }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.metrics.closed();
    }
}

async fn connection(shared: Arc<Shared>, place: Arc<Place>, stream: TcpStream) {
    // Answers are small and waited for.
    let _ = stream.set_nodelay(true);
    let mut stop = shared.stop.clone();
    let service = service_fn(|request| http::serve(Arc::clone(&shared), Arc::clone(&place), request));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(shared.config.read_timeout());
    let stream = Patience::new(stream, Duration::from_millis(shared.config.write_timeout_ms));
    let serving = builder.serve_connection(TokioIo::new(stream), service).with_upgrades();
    tokio::pin!(serving);
    tokio::select! {
        // An error is the client's: it went away or does not speak HTTP.
        _ = serving.as_mut() => {}
        () = stopped(&mut stop) => {
            serving.as_mut().graceful_shutdown();
            let _ = serving.await;
        }
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("listener", &self.listener).finish_non_exhaustive()
    }
}
