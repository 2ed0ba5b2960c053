//! The clients: as lean as they can be, for they share the cores with what is measured. Messages are written out
//! beforehand, and of an answer no more is read than says that the input was accepted.

use eyre::{ContextCompat as _, WrapErr as _, ensure};
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::{sync::mpsc, task::JoinSet, time::MissedTickBehavior};
use tokio_tungstenite::{
    connect_async_with_config,
    tungstenite::{self, Message, Utf8Bytes, protocol::WebSocketConfig},
};

/// Messages of one trader that wait for answers at most, when as many as possible are sent.
const WINDOW: usize = 32;

/// Bytes that are read at once; as many are cleared before.
const READ_BUFFER_BYTES: usize = 8 << 10;

/// When one client sends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pace {
    /// As fast as answers come.
    Window,
    /// One message every `pause`, whether answers come or not, the first after `delay`.
    Even {
        /// Before the first message.
        delay: Duration,
        /// Between two messages.
        pause: Duration,
    },
}

impl Pace {
    /// What each of so many traders keeps to, so that together they send `rate` messages a second, one after the other and
    /// never all at once.
    pub(super) fn spread(rate: f64, traders: usize) -> Vec<Self> {
        let pause = Duration::from_secs_f64(traders as f64 / rate);
        (0..traders)
            .map(|place| Self::Even { delay: pause.mul_f64(place as f64 / traders as f64), pause })
            .collect()
    }
}

/// A call of `ballast_operations` with these parameters, as it goes over the wire.
pub(super) fn message(id: usize, params: &Value) -> Utf8Bytes {
    let call = json!({ "jsonrpc": "2.0", "id": id, "method": "ballast_operations", "params": params });
    call.to_string().into()
}

/// Lets one client send each script, whose ids count from 0, at its pace; microseconds from the sending to each
/// acknowledgement.
///
/// # Errors
/// When the node does not answer, out of order, or with anything else than that the input was accepted.
pub(super) async fn run(ws: &str, scripts: Vec<(Vec<Utf8Bytes>, Pace)>) -> eyre::Result<Vec<u64>> {
    let mut tasks = JoinSet::new();
    for (script, pace) in scripts {
        // A small message must not wait until the one before is acknowledged.
        let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER_BYTES);
        let (socket, _) =
            connect_async_with_config(ws, Some(config), true).await.wrap_err("no connection")?;
        let (sink, stream) = socket.split();
        tasks.spawn(async move {
            let room = if matches!(pace, Pace::Window) { WINDOW } else { script.len() };
            let (sent, waiting) = mpsc::channel(room.max(1));
            let count = script.len();
            let (times, ()) =
                tokio::try_join!(receive(stream, count, waiting), send(sink, script, pace, sent))?;
            eyre::Ok(times)
        });
    }
    let mut times = Vec::new();
    while let Some(done) = tasks.join_next().await {
        times.extend(done??);
    }
    Ok(times)
}

async fn send(
    mut sink: impl Sink<Message, Error = tungstenite::Error> + Unpin,
    script: Vec<Utf8Bytes>,
    pace: Pace,
    sent: mpsc::Sender<Instant>,
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
    for message in script {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        let place = sent.reserve().await.wrap_err("nobody reads the answers any more")?;
        place.send(Instant::now());
        sink.send(Message::Text(message)).await?;
    }
    Ok(())
}

async fn receive(
    mut stream: impl Stream<Item = Result<Message, tungstenite::Error>> + Unpin,
    count: usize,
    mut waiting: mpsc::Receiver<Instant>,
) -> eyre::Result<Vec<u64>> {
    let mut times = Vec::with_capacity(count);
    while times.len() < count {
        let Message::Text(answer) = stream.next().await.wrap_err("the connection closed")?? else { continue };
        let sent = waiting.recv().await.wrap_err("an answer to nothing")?;
        times.push(u64::try_from(sent.elapsed().as_micros())?);
        accepted(&answer, times.len() - 1)?;
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

/// Makes sure that an answer is that of the message `id`, and that the input was accepted.
fn accepted(answer: &str, id: usize) -> eyre::Result<()> {
    let told: Told<'_> = serde_json::from_str(answer).wrap_err_with(|| answer.to_owned())?;
    ensure!(told.id == id, "the answer to {} came before that to {id}", told.id);
    ensure!(told.result.is_some_and(|outcome| outcome.status == "accepted"), "not accepted: {answer}");
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
        accepted(&answer(3, json!({ "seq": 7, "status": "accepted", "results": [] })), 3).expect("it counts");
        let none = [
            answer(2, json!({ "status": "accepted" })),
            answer(3, json!({ "status": "rejected", "rejection": { "code": 1 } })),
            json!({ "jsonrpc": "2.0", "id": 3, "error": { "code": -32_000, "message": "Busy" } }).to_string(),
            "3".to_owned(),
        ];
        for answer in none {
            assert!(accepted(&answer, 3).is_err(), "{answer}");
        }
    }
}
