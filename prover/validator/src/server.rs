//! Serves inputs and diffs of valid batches, as the sequencer does: `ballast_batchInputs(index, chunk)` and
//! `ballast_batchDiff(index)` over HTTP. And says how the end of the exchange stands: `ballast_validatorStatus()`.

use crate::{archive::Archive, status::Board};
use alloy::primitives::Bytes;
use ballast_types::RejectCode;
use jsonrpsee::{
    RpcModule,
    server::{Server, ServerConfig, ServerHandle},
    types::{ErrorObjectOwned, Params},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{io, net::SocketAddr};

/// Code of an answer about something that is not kept, as the sequencer has it.
const NOT_FOUND: i32 = RejectCode::NotFound as i32;
/// Code of an answer that could not be given.
const INTERNAL: i32 = -32_603;
/// Connections at a time.
const MAX_CONNECTIONS: u32 = 128;
/// Bytes of a request.
const MAX_REQUEST_BYTES: u32 = 4_096;

/// An unsigned integer as a JSON number or as a decimal string: the sequencer takes both.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    Text(String),
}

impl Number {
    fn value(&self) -> Option<u64> {
        match self {
            Self::Plain(value) => Some(*value),
            Self::Text(text) => text.parse().ok(),
        }
    }
}

/// Serves `archive` and what is on `board` at `address` until the handle is stopped or dropped. Returns the address, too.
///
/// # Errors
/// When nothing can be bound there.
pub async fn serve(
    archive: Archive,
    board: Board,
    address: SocketAddr,
) -> io::Result<(ServerHandle, SocketAddr)> {
    let config = ServerConfig::builder()
        .http_only()
        .max_connections(MAX_CONNECTIONS)
        .max_request_body_size(MAX_REQUEST_BYTES)
        .build();
    let server = Server::builder().set_config(config).build(address).await?;
    let bound = server.local_addr()?;
    let mut methods = RpcModule::new((archive, board));
    methods
        .register_blocking_method("ballast_batchInputs", |params, shown, _| inputs(&shown.0, &params))
        .map_err(io::Error::other)?;
    methods
        .register_blocking_method("ballast_batchDiff", |params, shown, _| diff(&shown.0, &params))
        .map_err(io::Error::other)?;
    methods
        .register_method("ballast_validatorStatus", |_, shown, _| shown.1.json())
        .map_err(io::Error::other)?;
    Ok((server.start(methods), bound))
}

fn inputs(archive: &Archive, params: &Params<'_>) -> Result<Value, ErrorObjectOwned> {
    let (index, chunk): (Number, Number) = params.parse()?;
    let index = index.value().ok_or_else(not_found)?;
    let chunk = chunk.value().and_then(|chunk| u32::try_from(chunk).ok()).ok_or_else(not_found)?;
    let (shown, chunks) = kept(archive.chunk(index, chunk), index)?;
    let (data, proof) = (Bytes::from(shown.data), shown.proof);
    Ok(json!({ "index": index, "chunk": chunk, "chunks": chunks, "data": data, "proof": proof }))
}

fn diff(archive: &Archive, params: &Params<'_>) -> Result<Value, ErrorObjectOwned> {
    let (index,): (Number,) = params.parse()?;
    let index = index.value().ok_or_else(not_found)?;
    let diff = kept(archive.diff(index), index)?;
    Ok(json!({ "index": index, "diff": Bytes::from(diff) }))
}

/// What was found of the batch `index`.
fn kept<T>(found: crate::Result<Option<T>>, index: u64) -> Result<T, ErrorObjectOwned> {
    let found = found.map_err(|error| {
        tracing::error!(%error, index, "what is kept of a batch cannot be served");
        ErrorObjectOwned::owned(INTERNAL, "internal error", None::<()>)
    })?;
    found.ok_or_else(not_found)
}

fn not_found() -> ErrorObjectOwned {
    ErrorObjectOwned::owned(NOT_FOUND, "this is not kept here", None::<()>)
}
