//! One HTTP request: JSON-RPC by POST, the upgrade to a WebSocket, and files of the web page by GET.

use super::{
    dispatch,
    server::{Place, Shared},
    ws,
};
use ballast_types::{RejectCode, Rejection};
use http_body_util::{BodyExt, Full, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{self, HeaderMap, HeaderValue},
};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, sync::Arc};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{handshake::derive_accept_key, protocol::Role},
};

type Answer = Response<Full<Bytes>>;

/// Answers one request. The place of the connection goes with it into a WebSocket.
pub(super) async fn serve(
    shared: Arc<Shared>,
    place: Arc<Place>,
    request: Request<Incoming>,
) -> Result<Answer, Infallible> {
    let mut answer = match *request.method() {
        Method::GET if is_upgrade(request.headers()) => upgrade(shared, place, request),
        Method::POST => post(&shared, request).await,
        Method::GET | Method::HEAD => file(&shared, request.uri().path()),
        Method::OPTIONS => text(StatusCode::NO_CONTENT, ""),
        _ => text(StatusCode::METHOD_NOT_ALLOWED, "POST a JSON-RPC request, or open a WebSocket"),
    };
    // There are no cookies and nothing is authorised by origin: any page may ask.
    let headers = answer.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    Ok(answer)
}

async fn post(shared: &Shared, request: Request<Incoming>) -> Answer {
    let limit = shared.config.max_message_bytes;
    let body = Limited::new(request.into_body(), limit).collect();
    let body = match tokio::time::timeout(shared.config.read_timeout(), body).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) => {
            let rejection = Rejection::new(RejectCode::TooLarge, 0, limit as u64);
            let error = super::error::response_without_id(&super::error_object(rejection));
            return json(StatusCode::PAYLOAD_TOO_LARGE, error);
        }
        Err(_) => return text(StatusCode::REQUEST_TIMEOUT, "the request did not arrive in time"),
    };
    // Not UTF-8 is not JSON either.
    let message = std::str::from_utf8(&body).unwrap_or("\u{fffd}");
    let answer = dispatch::answer(&shared.backend.methods, message, shared.config.max_batch).await;
    shared.backend.metrics.answered();
    json(StatusCode::OK, answer)
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    let has = |name, token: &str| {
        let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|value| value.trim().eq_ignore_ascii_case(token))
    };
    has(header::UPGRADE, "websocket") && has(header::CONNECTION, "upgrade")
}

fn upgrade(shared: Arc<Shared>, place: Arc<Place>, mut request: Request<Incoming>) -> Answer {
    let headers = request.headers();
    let version = headers.get(header::SEC_WEBSOCKET_VERSION).is_some_and(|version| version == "13");
    let (true, Some(key)) = (version, headers.get(header::SEC_WEBSOCKET_KEY)) else {
        return text(StatusCode::BAD_REQUEST, "not a WebSocket handshake");
    };
    let accept = derive_accept_key(key.as_bytes());
    tokio::spawn(async move {
        if let Ok(upgraded) = hyper::upgrade::on(&mut request).await {
            let config = Some(shared.config.websocket());
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, config).await;
            ws::serve(socket, shared.backend.clone(), shared.config.ws_limits(), shared.stop.clone()).await;
        }
        drop(place);
    });
    let mut answer = text(StatusCode::SWITCHING_PROTOCOLS, "");
    let headers = answer.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(&accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    answer
}

fn file(shared: &Shared, path: &str) -> Answer {
    let path = if path == "/" { "/index.html" } else { path };
    if path == "/health" {
        return text(StatusCode::OK, "ok\n");
    }
    let Some(file) = shared.files.get(path) else { return text(StatusCode::NOT_FOUND, "no such page\n") };
    let mut answer = Response::new(Full::new(file.bytes.clone()));
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(file.content_type));
    answer
}

fn json(status: StatusCode, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

fn text(status: StatusCode, body: &'static str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from_static(body.as_bytes())));
    *answer.status_mut() = status;
    answer
}
