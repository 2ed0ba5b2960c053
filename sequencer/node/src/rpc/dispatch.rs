//! One message of a client: what it is, and what is answered.
//!
//! Calls that enter the log take their places in the order in which they were sent and may be on their way together, those of
//! a JSON-RPC batch, too. Every other call waits until all before it are answered.

use super::{
    error::{error_object, error_response, response_without_id},
    parameters::{Call, enters_log},
};
use ballast_types::{RejectCode, Rejection};
use futures_util::{
    FutureExt,
    future::{BoxFuture, MaybeDone, join_all, maybe_done},
    task::noop_waker_ref,
};
use jsonrpsee::{
    Methods,
    types::{ErrorObjectOwned, error::ErrorCode},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::{
    pin::Pin,
    task::{Context, Poll},
};

/// Above so many bytes of answers, what does not enter the log in the rest of a JSON-RPC batch is refused: a small request must
/// not fill memory. What enters the log has short answers.
const MAX_BATCH_ANSWER_BYTES: usize = 4 << 20;

/// A message of a client, taken apart once.
pub(super) enum Message {
    /// It is not to be carried out, and answered so.
    Refused(String),
    /// One call, or what is none.
    One(One),
    /// A JSON-RPC batch: at least one.
    Batch(Vec<One>),
}

/// One call, or what is none.
pub(super) struct One {
    text: String,
    kind: Kind,
    /// The answer, when it is not to be carried out.
    refused: Option<String>,
}

/// What a call is, as far as its order matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// It enters the log.
    Entry,
    /// It begins or ends a subscription.
    Subscription,
    /// Every other call, and what is no call at all.
    Other,
}

impl Message {
    /// What a message is; a batch has at most `max_batch` calls.
    pub(super) fn of(message: &str, max_batch: usize) -> Self {
        if !message.trim_start().starts_with('[') {
            return Self::One(One::of(message));
        }
        let calls: Vec<&RawValue> = match serde_json::from_str(message) {
            Ok(calls) => calls,
            Err(_) => {
                return Self::Refused(response_without_id(&ErrorObjectOwned::from(ErrorCode::ParseError)));
            }
        };
        if calls.is_empty() {
            return Self::Refused(response_without_id(&ErrorObjectOwned::from(ErrorCode::InvalidRequest)));
        }
        if calls.len() > max_batch {
            let rejection = Rejection::new(RejectCode::TooManyItems, calls.len() as u64, max_batch as u64);
            return Self::Refused(response_without_id(&error_object(rejection)));
        }
        Self::Batch(calls.into_iter().map(|call| One::of(call.get())).collect())
    }

    /// How many calls it is, when all of them enter the log.
    pub(super) fn entries(&self) -> Option<usize> {
        let calls = match self {
            Self::Refused(_) => return None,
            Self::One(call) => std::slice::from_ref(call),
            Self::Batch(calls) => calls,
        };
        calls.iter().all(|call| call.kind == Kind::Entry).then_some(calls.len())
    }

    /// The text of a call that begins or ends a subscription.
    pub(super) fn subscription(&self) -> Option<&str> {
        match self {
            Self::One(call) if call.kind == Kind::Subscription => Some(&call.text),
            _ => None,
        }
    }

    /// Its answer: JSON with a result or the code of an error for each call, in the order of the calls. Where all calls enter the
    /// log all are begun with the first poll.
    pub(super) async fn answer(self, methods: Methods) -> String {
        let calls = match self {
            Self::Refused(answer) => return answer,
            Self::One(call) => return call.answer(&methods).await,
            Self::Batch(calls) => calls,
        };
        let (mut answers, mut begun) = (Answers::default(), Vec::new());
        for call in calls {
            if call.kind == Kind::Entry {
                begun.push(begin_call(call.answer(&methods)));
                continue;
            }
            answers.take(&mut begun).await;
            let answer = match answers.0.len() {
                ..=MAX_BATCH_ANSWER_BYTES => call.answer(&methods).await,
                length => not_carried_out(&call.text, length),
            };
            answers.push(&answer);
        }
        answers.take(&mut begun).await;
        answers.close()
    }
}

impl One {
    fn of(message: &str) -> Self {
        let (kind, refused) = match serde_json::from_str::<Call<'_>>(message) {
            Ok(call) => (Kind::of(&call.method), refusal(&call)),
            Err(_) => (Kind::Other, Some(response_without_id(&ErrorObjectOwned::from(no_call(message))))),
        };
        Self { text: message.to_owned(), kind, refused }
    }

    async fn answer(self, methods: &Methods) -> String {
        match self.refused {
            Some(answer) => answer,
            None => carry_out(methods, &self.text).await,
        }
    }
}

impl Kind {
    fn of(method: &str) -> Self {
        match method {
            _ if enters_log(method) => Self::Entry,
            "ballast_subscribe" | "ballast_unsubscribe" => Self::Subscription,
            _ => Self::Other,
        }
    }
}

/// Answers a message: a call, or a batch of at most `max_batch` calls. Whatever the message is, the answer is JSON with a
/// result or the code of an error for each call, in the order of the calls.
pub async fn answer(methods: &Methods, message: &str, max_batch: usize) -> String {
    Message::of(message, max_batch).answer(methods.clone()).await
}

/// Begins what enters the log: its place is fixed when this returns. Who waits for the answer polls again, and is woken from
/// then on.
pub(super) fn begin<'a>(answer: impl Future<Output = String> + Send + 'a) -> BoxFuture<'a, String> {
    let mut answer = answer.boxed();
    match poll_once(&mut answer) {
        Poll::Ready(answer) => std::future::ready(answer).boxed(),
        Poll::Pending => answer,
    }
}

/// Begins a call of a batch; it says whether it is answered already.
fn begin_call<'a>(answer: impl Future<Output = String> + Send + 'a) -> MaybeDone<BoxFuture<'a, String>> {
    let mut call = maybe_done(answer.boxed());
    let _ = poll_once(&mut call);
    call
}

/// The first poll of what enters the log puts it into the queue of admission, and goes no further: it holds nothing that
/// others wait for.
fn poll_once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    Pin::new(future).poll(&mut Context::from_waker(noop_waker_ref()))
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

    /// Waits for what was begun. What enters the log is carried out, however long the answers are. The last that is in the
    /// pipeline is waited for first: when it is answered the others mostly are, so a message is woken once and not with each
    /// of its calls. Some may go on then, to look for what was sent before: together.
    async fn take(&mut self, begun: &mut Vec<MaybeDone<BoxFuture<'_, String>>>) {
        if let Some(last) = begun.iter_mut().rfind(|call| matches!(call, MaybeDone::Future(_))) {
            last.await;
        }
        join_all(begun.iter_mut()).await;
        for mut call in begun.drain(..) {
            self.push(&Pin::new(&mut call).take_output().expect("it was waited for"));
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::pin,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering},
        },
        task::{Wake, Waker},
    };
    use tokio::sync::oneshot;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_message_is_woken_once_however_many_calls_it_has_and_answered_in_their_order() {
        let (senders, mut begun): (Vec<_>, Vec<_>) = (0..20)
            .map(|_| {
                let (sender, answer) = oneshot::channel::<String>();
                (sender, begin_call(async { answer.await.expect("it is answered") }))
            })
            .unzip();
        for place in [1, 21] {
            begun.insert(place, begin_call(std::future::ready("refused".to_owned())));
        }
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(Arc::clone(&wakes));
        let mut context = Context::from_waker(&waker);
        let mut answers = Answers::default();
        {
            let mut taken = pin!(answers.take(&mut begun));
            assert!(taken.as_mut().poll(&mut context).is_pending());
            for (sender, place) in senders.into_iter().zip(0..) {
                sender.send(place.to_string()).expect("somebody waits");
            }
            assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
            assert!(taken.as_mut().poll(&mut context).is_ready());
        }
        assert_eq!(answers.close(), "[0,refused,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,refused]");
    }

    #[test]
    fn calls_that_go_on_after_the_pipeline_answered_go_on_together() {
        let went_on = AtomicUsize::new(0);
        let (senders, mut begun): (Vec<_>, Vec<_>) = (0..3)
            .map(|place| {
                let (sender, answer) = oneshot::channel::<()>();
                let went_on = &went_on;
                let call = async move {
                    answer.await.expect("it is answered");
                    went_on.fetch_add(1, Ordering::Relaxed);
                    if place < 2 { std::future::pending().await } else { String::new() }
                };
                (sender, begin_call(call))
            })
            .unzip();
        begun.push(begin_call(std::future::ready("refused".to_owned())));
        let mut answers = Answers::default();
        let mut taken = pin!(answers.take(&mut begun));
        senders.into_iter().for_each(|sender| sender.send(()).expect("somebody waits"));
        assert!(taken.as_mut().poll(&mut Context::from_waker(noop_waker_ref())).is_pending());
        assert_eq!(went_on.load(Ordering::Relaxed), 3);
    }
}
