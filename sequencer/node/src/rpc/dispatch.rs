//! One message of a client: what it is, and what is answered.
//!
//! Calls that enter the log take their places in the order in which they were sent and may be on their way together, those of
//! a JSON-RPC batch, too. Every other call waits until all before it are answered.

use super::{
    error::{error_object, error_response, response_without_id},
    parameters::{Call, enters_log},
};
use ballast_types::{RejectCode, Rejection};
use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesOrdered};
use jsonrpsee::{
    Methods,
    types::{ErrorObjectOwned, error::ErrorCode},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::task::Poll;

/// Above so many bytes of answers, what does not enter the log in the rest of a JSON-RPC batch is refused: a small request must
/// not fill memory. What enters the log has short answers.
const MAX_BATCH_ANSWER_BYTES: usize = 4 << 20;

/// A message of calls that all enter the log: one, or a batch of them.
pub(super) struct Entries {
    calls: Vec<Entry>,
    is_batch: bool,
}

/// One call that enters the log.
struct Entry {
    message: String,
    /// The answer, when it is not to be carried out.
    refused: Option<String>,
}

impl Entries {
    /// What the message is; none when it is anything else.
    pub(super) fn of(message: &str) -> Option<Self> {
        if !is_batch(message) {
            return Some(Self { calls: vec![Entry::of(message)?], is_batch: false });
        }
        let calls: Vec<&RawValue> = serde_json::from_str(message).ok()?;
        let calls: Vec<Entry> = calls.iter().map(|call| Entry::of(call.get())).collect::<Option<_>>()?;
        (!calls.is_empty()).then_some(Self { calls, is_batch: true })
    }

    /// How many calls it is.
    pub(super) const fn len(&self) -> usize {
        self.calls.len()
    }

    /// Answers it as [`answer`] does. All of its calls are begun with the first poll.
    pub(super) async fn answer(self, methods: Methods, max_batch: usize) -> String {
        if self.is_batch && self.calls.len() > max_batch {
            return too_many(self.calls.len(), max_batch);
        }
        let (mut answers, mut begun) = (Answers::default(), FuturesOrdered::new());
        for call in self.calls {
            let answer = call.answer(&methods);
            if !self.is_batch {
                return answer.await;
            }
            begun.push_back(begin(answer).await);
        }
        answers.take(&mut begun).await;
        answers.close()
    }
}

impl Entry {
    fn of(message: &str) -> Option<Self> {
        let call = serde_json::from_str::<Call<'_>>(message).ok()?;
        enters_log(&call.method).then(|| Self { message: message.to_owned(), refused: refusal(&call) })
    }

    async fn answer(self, methods: &Methods) -> String {
        match self.refused {
            Some(answer) => answer,
            None => carry_out(methods, &self.message).await,
        }
    }
}

/// Whether a message is a call that begins or ends a subscription.
pub(super) fn is_subscription(message: &str) -> bool {
    let call = serde_json::from_str::<Call<'_>>(message);
    call.is_ok_and(|call| matches!(call.method.as_ref(), "ballast_subscribe" | "ballast_unsubscribe"))
}

/// Answers a message: a call, or a batch of at most `max_batch` calls. Whatever the message is, the answer is JSON with a
/// result or the code of an error for each call, in the order of the calls.
pub async fn answer(methods: &Methods, message: &str, max_batch: usize) -> String {
    if !is_batch(message) {
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
        return too_many(calls.len(), max_batch);
    }
    let (mut answers, mut begun) = (Answers::default(), FuturesOrdered::new());
    for one in calls.into_iter().map(RawValue::get) {
        if let Some(entry) = Entry::of(one) {
            begun.push_back(begin(entry.answer(methods)).await);
            continue;
        }
        answers.take(&mut begun).await;
        let answer = match answers.0.len() {
            ..=MAX_BATCH_ANSWER_BYTES => call(methods, one).await,
            length => not_carried_out(one, length),
        };
        answers.push(&answer);
    }
    answers.take(&mut begun).await;
    answers.close()
}

/// Begins what enters the log: the first poll puts it into the queue of admission, so its place is fixed when this returns.
pub(super) async fn begin<'a>(answer: impl Future<Output = String> + Send + 'a) -> BoxFuture<'a, String> {
    let mut answer = answer.boxed();
    match futures_util::poll!(&mut answer) {
        Poll::Ready(answer) => std::future::ready(answer).boxed(),
        Poll::Pending => answer,
    }
}

fn is_batch(message: &str) -> bool {
    message.trim_start().starts_with('[')
}

fn too_many(calls: usize, max_batch: usize) -> String {
    let rejection = Rejection::new(RejectCode::TooManyItems, calls as u64, max_batch as u64);
    response_without_id(&error_object(rejection))
}

/// The answers to a batch as far as they are known: a list that is not closed.
struct Answers(String);

impl Default for Answers {
    fn default() -> Self {
        Self("[".into())
    }
}

impl Answers {
    fn push(&mut self, answer: &str) {
        if self.0.len() > 1 {
            self.0.push(',');
        }
        self.0.push_str(answer);
    }

    /// Waits for what was begun. What enters the log is carried out, however long the answers are.
    async fn take(&mut self, begun: &mut FuturesOrdered<BoxFuture<'_, String>>) {
        while let Some(answer) = begun.next().await {
            self.push(&answer);
        }
    }

    fn close(mut self) -> String {
        self.0.push(']');
        self.0
    }
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
async fn carry_out(methods: &Methods, message: &str) -> String {
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
