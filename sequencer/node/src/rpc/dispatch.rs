//! One message of a client: what it is, and what is answered.

use super::{
    error::{error_object, error_response, response_without_id},
    parameters::{Call, enters_log},
};
use ballast_types::{RejectCode, Rejection};
use jsonrpsee::{
    Methods,
    types::{ErrorObjectOwned, error::ErrorCode},
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Above so many bytes of answers, the rest of a JSON-RPC batch is refused: a small request must not fill memory.
const MAX_BATCH_ANSWER_BYTES: usize = 4 << 20;

/// What a message is, as far as its order matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A call that enters the log.
    Entry {
        /// The answer, when it is not to be carried out.
        refused: Option<String>,
    },
    /// A call that begins or ends a subscription.
    Subscription,
    /// Every other call, a batch of calls, and what is no call at all.
    Other,
}

/// What kind of message this is.
pub(super) fn kind(message: &str) -> Kind {
    match serde_json::from_str::<Call<'_>>(message) {
        Ok(call) if enters_log(&call.method) => Kind::Entry { refused: refusal(&call) },
        Ok(call) if matches!(call.method.as_ref(), "ballast_subscribe" | "ballast_unsubscribe") => {
            Kind::Subscription
        }
        _ => Kind::Other,
    }
}

/// Answers a message: a call, or a batch of at most `max_batch` calls, which are carried out one after the
/// other. Whatever the message is, the answer is JSON with a result or the code of an error for each call.
pub async fn answer(methods: &Methods, message: &str, max_batch: usize) -> String {
    if !message.trim_start().starts_with('[') {
        return call(methods, message).await;
    }
    let calls: Vec<&RawValue> = match serde_json::from_str(message) {
        Ok(calls) => calls,
        Err(_) => return response_without_id(&ErrorObjectOwned::from(ErrorCode::ParseError)),
    };
    if calls.is_empty() {
        return response_without_id(&ErrorObjectOwned::from(ErrorCode::InvalidRequest));
    }
    if calls.len() > max_batch {
        let rejection = Rejection::new(RejectCode::TooManyItems, calls.len() as u64, max_batch as u64);
        return response_without_id(&error_object(rejection));
    }
    let mut answers = String::from("[");
    for (place, one) in calls.into_iter().enumerate() {
        if place > 0 {
            answers.push(',');
        }
        if answers.len() > MAX_BATCH_ANSWER_BYTES {
            answers.push_str(&not_carried_out(one.get(), answers.len()));
        } else {
            answers.push_str(&call(methods, one.get()).await);
        }
    }
    answers.push(']');
    answers
}

/// The answer to a call of a batch whose answers are too long already: it is not carried out.
fn not_carried_out(message: &str, length: usize) -> String {
    #[derive(Deserialize)]
    struct Identified<'a> {
        #[serde(borrow, default)]
        id: Option<&'a RawValue>,
    }
    let id = serde_json::from_str::<Identified<'_>>(message).ok().and_then(|call| call.id);
    let rejection = Rejection::new(RejectCode::TooLarge, length as u64, MAX_BATCH_ANSWER_BYTES as u64);
    error_response(id, &error_object(rejection))
}

/// Answers one call.
async fn call(methods: &Methods, message: &str) -> String {
    let refused = match serde_json::from_str::<Call<'_>>(message) {
        Ok(call) => refusal(&call),
        Err(_) => Some(response_without_id(&ErrorObjectOwned::from(no_call(message)))),
    };
    match refused {
        Some(answer) => answer,
        None => carry_out(methods, message).await,
    }
}

/// The answer to a call whose parameters are not all known.
fn refusal(call: &Call<'_>) -> Option<String> {
    let refused = || error_response(call.id, &ErrorObjectOwned::from(ErrorCode::InvalidParams));
    (!call.is_known()).then(refused)
}

/// Carries out a call that is not refused, and answers it.
pub(super) async fn carry_out(methods: &Methods, message: &str) -> String {
    // One place for notifications, which none of our methods makes.
    match methods.raw_json_request(message, 1).await {
        Ok((response, _)) => response.get().to_owned(),
        Err(_) => response_without_id(&ErrorObjectOwned::from(no_call(message))),
    }
}

/// Why a message is no call: it is not JSON, or not a JSON-RPC request.
fn no_call(message: &str) -> ErrorCode {
    match serde_json::from_str::<serde::de::IgnoredAny>(message) {
        Ok(_) => ErrorCode::InvalidRequest,
        Err(_) => ErrorCode::ParseError,
    }
}
