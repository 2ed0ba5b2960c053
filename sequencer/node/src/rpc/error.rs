//! Errors as JSON-RPC has them. Our rejections use their own numbers as positive codes; the protocol's own
//! errors keep its negative ones.

use super::ports::{View, ViewError};
use crate::{fatal::caught, wire::RejectionView};
use ballast_types::Rejection;
use jsonrpsee::{
    core::RpcResult,
    types::{ErrorObjectOwned, error::ErrorCode},
};
use serde_json::value::RawValue;

/// What the last notification of a subscription tells a client that lagged to do: subscribe again.
pub const LAGGED_NOTICE: &str = "resync";

/// The error object of a rejection: its number, its text, and its values as data.
#[must_use]
pub fn error_object(rejection: Rejection) -> ErrorObjectOwned {
    let view = RejectionView::from(rejection);
    ErrorObjectOwned::owned(i32::from(view.code), view.message.clone(), Some(view))
}

/// The error object of a failure of ours: nothing about it is told outside.
pub(super) fn internal() -> ErrorObjectOwned {
    ErrorObjectOwned::from(ErrorCode::InternalError)
}

/// The text of an error response to a request with this id.
pub(super) fn error_response(id: Option<&RawValue>, error: &ErrorObjectOwned) -> String {
    let error = serde_json::json!(error);
    format!(r#"{{"jsonrpc":"2.0","id":{},"error":{error}}}"#, id.map_or("null", RawValue::get))
}

/// The text of an error response to a request whose id could not be read.
pub(super) fn response_without_id(error: &ErrorObjectOwned) -> String {
    serde_json::json!({ "jsonrpc": "2.0", "id": null, "error": error }).to_string()
}

/// What a query answers that changes nothing: its panic ends nothing.
///
/// # Errors
/// What it was refused for, or that the node failed.
pub(crate) fn answered<T>(query: impl FnOnce() -> View<T>) -> View<T> {
    caught(query).unwrap_or_else(|panic| {
        tracing::error!(panic, "a query panicked");
        Err(ViewError::Failed)
    })
}

/// [`answered`], as JSON-RPC has it.
///
/// # Errors
/// As there.
pub(super) fn view<T>(query: impl FnOnce() -> View<T>) -> RpcResult<T> {
    answered(query).map_err(|error| match error {
        ViewError::Refused(rejection) => error_object(rejection),
        ViewError::Failed => internal(),
    })
}
