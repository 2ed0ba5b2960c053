//! The clients: as lean as they can be, for they share the cores with what is measured. Messages are written out
//! beforehand, and of an answer no more is read than says that the input was accepted.

use eyre::{ContextCompat as _, WrapErr as _, ensure};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    ops::Range,
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet, time::MissedTickBehavior};
use tokio_tungstenite::{
    connect_async_with_config,
    tungstenite::{self, Message, protocol::WebSocketConfig},
};

/// Calls of one trader that wait for answers at most, or two batches, when as many as possible are sent.
const WINDOW: usize = 32;

/// Bytes that are read at once; as many are cleared before.
const READ_BUFFER_BYTES: usize = 8 << 10;

/// When one client sends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// As fast as answers come.
    Window,
    /// One batch every `pause`, whether answers come or not, the first after `delay`.
    Even {
        /// Before the first batch.
        delay: Duration,
        /// Between two batches.
        pause: Duration,
    },
}

impl Pace {
    /// What each of so many traders keeps to, so that together they send `rate` batches a second, one after the other and
    /// never all at once.
    pub(super) fn spread(rate: f64, traders: usize) -> Vec<Self> {
        let pause = Duration::from_secs_f64(traders as f64 / rate);
        (0..traders)
            .map(|place| Self::Even { delay: pause.mul_f64(place as f64 / traders as f64), pause })
            .collect()
    }
}

/// A call of `ballast_operations` with these parameters.
pub(super) fn call(id: usize, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": "ballast_operations", "params": params }).to_string()
}

/// Lets one client send each script of calls, whose ids count from 0, at its pace and so many in a JSON-RPC batch (a call that
/// is alone is none); microseconds from the sending of each batch to its answer.
///
/// # Errors
/// When the node does not answer, out of order, or with anything else than that the input was accepted.
pub(super) async fn run(ws: &str, batch: usize, scripts: Vec<(Vec<String>, Pace)>) -> eyre::Result<Vec<u64>> {
    let mut tasks = JoinSet::new();
    for (script, pace) in scripts {
        let script: Vec<Batch> = script.chunks(batch).map(Batch::of).collect();
        // A small message must not wait until the one before is acknowledged.
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
        let (socket, _) =
            connect_async_with_config(ws, Some(config), true).await.wrap_err("no connection")?;
        let (sink, stream) = socket.split();
        tasks.spawn(async move {
            let room = if matches!(pace, Pace::Window) { (WINDOW / batch).max(2) } else { script.len() };
            let (sent, waiting) = mpsc::channel(room.max(1));
            let (receiving, sending) =
                (receive(stream, script.len(), waiting), send(sink, script, pace, sent));
            let (times, ()) = tokio::try_join!(receiving, sending)?;
            eyre::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    Ok(times)
}

/// Calls that go in one message.
struct Batch {
    message: Message,
    calls: usize,
}

impl Batch {
    fn of(calls: &[String]) -> Self {
        let message = match calls {
            [alone] => alone.clone(),
            _ => format!("[{}]", calls.join(",")),
        };
        Self { message: Message::text(message), calls: calls.len() }
    }
}

/// A batch that waits for its answer.
struct Sent {
    at: Instant,
    calls: usize,
}

async fn send(
    mut sink: impl Sink<Message, Error = tungstenite::Error> + Unpin,
    script: Vec<Batch>,
    pace: Pace,
    sent: mpsc::Sender<Sent>,
) -> eyre::Result<()> {
    let mut ticks = match pace {
        Pace::Window => None,
        Pace::Even { delay, pause } => {
            let mut ticks = tokio::time::interval_at(tokio::time::Instant::now() + delay, pause);
            // What comes late is sent all the same: the load does not follow the node.
            ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
            Some(ticks)
        }
    };
    for Batch { message, calls } in script {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let place = sent.reserve().await.wrap_err("nobody reads the answers any more")?;
        place.send(Sent { at: Instant::now(), calls });
        sink.send(message).await?;
    }
    Ok(())
}

async fn receive(
    mut stream: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
    batches: usize,
    mut waiting: mpsc::Receiver<Sent>,
) -> eyre::Result<Vec<u64>> {
    let (mut times, mut answered) = (Vec::new(), 0);
    while times.len() < batches {
        let Message::Text(answer) = stream.next().await.wrap_err("the connection closed")?? else { continue };
        let sent = waiting.recv().await.wrap_err("an answer to nothing")?;
        times.push(u64::try_from(sent.at.elapsed().as_micros())?);
        accepted(&answer, answered..answered + sent.calls)?;
        answered += sent.calls;
    }
    Ok(times)
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Told<'a> {
    id: usize,
    #[serde(borrow)]
    result: Option<Outcome<'a>>,
}

#[derive(Deserialize)]
struct Outcome<'a> {
    status: &'a str,
}

/// Makes sure that an answer is that of the calls `ids`, and that each input was accepted.
fn accepted(answer: &str, ids: Range<usize>) -> eyre::Result<()> {
    let told: Vec<Told<'_>> = match ids.len() {
        1 => serde_json::from_str(answer).map(|one| vec![one]),
        _ => serde_json::from_str(answer),
    }
    .wrap_err_with(|| answer.to_owned())?;
    ensure!(told.iter().map(|one| one.id).eq(ids.clone()), "not the answer to {ids:?}: {answer}");
    let accepted = |one: &Told<'_>| one.result.as_ref().is_some_and(|outcome| outcome.status == "accepted");
    ensure!(told.iter().all(accepted), "not accepted: {answer}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paced_traders_send_one_after_the_other() {
        let paces = Pace::spread(100.0, 4);
        let firsts = paces.iter().map(|pace| match pace {
            Pace::Even { delay, pause } => (delay.as_millis(), pause.as_millis()),
            Pace::Window => panic!("not paced"),
        });
        assert_eq!(firsts.collect::<Vec<_>>(), [(0, 40), (10, 40), (20, 40), (30, 40)]);
    }

    #[test]
    fn an_answer_counts_when_it_is_the_next_and_says_that_the_input_was_accepted() {
        let answer =
            |id: usize, result: Value| json!({ "jsonrpc": "2.0", "id": id, "result": result }).to_string();
        let good = [3, 4].map(|id| answer(id, json!({ "seq": 7, "status": "accepted", "results": [] })));
        accepted(&good[0], 3..4).expect("it counts");
        let both = format!("[{}]", good.join(","));
        accepted(&both, 3..5).expect("they count");
        for ids in [3..4, 2..4, 3..6] {
            assert!(accepted(&both, ids).is_err());
        }
        let none = [
            answer(2, json!({ "status": "accepted" })),
            answer(3, json!({ "status": "rejected", "rejection": { "code": 1 } })),
            json!({ "jsonrpc": "2.0", "id": 3, "error": { "code": -32_000, "message": "Busy" } }).to_string(),
            "3".to_owned(),
        ];
        for answer in none {
            assert!(accepted(&answer, 3..4).is_err(), "{answer}");
        }
    }
}
