//! One WebSocket connection: order, back-pressure, subscriptions.

use crate::{
    http::{Served, hex_of, serve},
    support::*,
};
use ballast_node::rpc::ServerConfig;
use ballast_types::*;
use futures_util::{SinkExt, Stream, StreamExt};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, protocol::frame::coding::CloseCode},
};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;
type Received = Result<Message, tungstenite::Error>;

async fn connect(served: &Served) -> Client {
    connect_async(format!("ws://{}", served.address)).await.expect("it listens").0
}

fn order(served: &Served, nonce: u64) -> String {
    let source = served.rig.operations(&key(1), 0, nonce, vec![Operation::CancelAll(CancelFilter::ALL)]);
    let Source::User { command: UserCommand::Operations(command), signature } = source else {
        panic!("a user's")
    };
    json!({ "jsonrpc": "2.0", "id": nonce, "method": "ballast_cancelAll", "params": [{
        "account": 0, "nonce": nonce, "expires": command.expires.0,
        "operations": [{ "kind": "cancelAll" }], "signature": hex_of(&signature),
    }] })
    .to_string()
}

/// A JSON-RPC batch of them.
fn orders(served: &Served, nonces: std::ops::Range<u64>) -> String {
    format!("[{}]", nonces.map(|nonce| order(served, nonce)).collect::<Vec<_>>().join(","))
}

async fn next(client: &mut Client) -> Value {
    loop {
        let message =
            timeout(Duration::from_secs(60), client.next()).await.expect("in time").expect("a message");
        if let Message::Text(text) = message.expect("a message") {
            return serde_json::from_str(&text).expect("JSON");
        }
    }
}

/// What comes next and is no ping.
async fn but_pings(stream: &mut (impl Stream<Item = Received> + Unpin)) -> Option<Received> {
    loop {
        match timeout(Duration::from_secs(20), stream.next()).await.expect("in time") {
            Some(Ok(Message::Ping(_))) => {}
            next => return next,
        }
    }
}

/// Sends all of these messages, of so many calls each, without waiting: the calls, whose ids count from 0, are accepted and
/// carried out in their order.
fn are_carried_out_in_order(served: &Served, messages: Vec<String>, calls: usize) {
    served.runtime.block_on(async {
        let (mut sink, mut stream) = connect(served).await.split();
        let count = messages.len();
        let writer = tokio::spawn(async move {
            for message in messages {
                sink.send(Message::text(message)).await.expect("it reads");
            }
            sink
        });
        let (mut id, mut seq) = (0, 0);
        for _ in 0..count {
            let Some(Ok(Message::Text(text))) = but_pings(&mut stream).await else { panic!("no answer") };
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(answer.is_array(), calls > 1, "a batch has one answer, a list: {answer}");
            let answers = answer.as_array().map_or(std::slice::from_ref(&answer), Vec::as_slice);
            assert_eq!(answers.len(), calls);
            for answer in answers {
                assert_eq!(answer["id"], id, "{answer}");
                assert_eq!(answer["result"]["status"], "accepted", "{answer}");
                let next = answer["result"]["seq"].as_u64().expect("a seq");
                assert!(next > seq);
                (id, seq) = (id + 1, next);
            }
        }
        drop(writer.await.expect("it wrote"));
    });
}

#[test]
fn ten_thousand_pipelined_calls_are_carried_out_in_the_order_they_were_sent() {
    let served = serve(ServerConfig::default());
    let calls = (0..10_000).map(|nonce| order(&served, nonce)).collect();
    are_carried_out_in_order(&served, calls, 1);
}

#[test]
fn batches_of_calls_are_carried_out_in_the_order_they_were_sent() {
    // The first batch alone passes what may be in flight.
    let served = serve(ServerConfig { max_in_flight: 7, ..ServerConfig::default() });
    let batches = (0..100).map(|batch| orders(&served, 50 * batch..50 * (batch + 1))).collect();
    are_carried_out_in_order(&served, batches, 50);
}

#[test]
fn each_call_of_a_batch_waited_until_the_one_before_was_durable() {
    let served = serve(ServerConfig::default());
    let store = &served.rig.store;
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        let before = store.commits();
        store.hold();
        client.send(Message::text(orders(&served, 0..50))).await.expect("it reads");
        client.send(Message::Ping("read".into())).await.expect("it reads");
        // What is sent in order is read in order: all calls are begun when the ping is answered.
        while !matches!(but_pings(&mut client).await, Some(Ok(Message::Pong(_)))) {}
        store.release();
        let answers = next(&mut client).await;
        let accepted = |answer: &&Value| answer["result"]["status"] == "accepted";
        assert_eq!(answers.as_array().map(|all| all.iter().filter(accepted).count()), Some(50), "{answers}");
        let commits = store.commits() - before;
        assert!(commits < 25, "{commits} commits for 50 calls that were all there");
    });
}

#[test]
fn a_query_in_a_batch_sees_the_calls_before_it_and_none_behind_it() {
    let served = serve(ServerConfig::default());
    let mut calls: Vec<Value> =
        (0..6).map(|nonce| serde_json::from_str(&order(&served, nonce)).expect("JSON")).collect();
    let params = json!([0, key(1).address()]);
    calls.insert(4, json!({ "jsonrpc": "2.0", "id": "q", "method": "ballast_nonce", "params": params }));
    calls.insert(5, json!({ "jsonrpc": "2.0", "id": "w", "method": "ballast_placeOrder", "params": [] }));
    let again =
        json!({ "jsonrpc": "2.0", "id": "a", "method": "ballast_cancelAll", "params": calls[0]["params"] });
    calls.extend([
        again,
        json!(7),
        json!({ "jsonrpc": "2.0", "id": "s", "method": "ballast_subscribe", "params": ["book", 0] }),
    ]);
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        client.send(Message::text(json!(calls).to_string())).await.expect("it reads");
        let answers = next(&mut client).await;
        let ids: Vec<&Value> =
            answers.as_array().expect("a list").iter().map(|answer| &answer["id"]).collect();
        assert_eq!(json!(ids), json!([0, 1, 2, 3, "q", "w", 4, 5, "a", null, "s"]));
        assert_eq!(answers[4]["result"]["next"], "4", "{answers}");
        assert_eq!(answers[5]["error"]["code"], -32602, "{answers}");
        assert_eq!(answers[7]["result"]["status"], "accepted", "{answers}");
        assert_eq!(answers[8]["result"]["seq"], answers[0]["result"]["seq"], "{answers}");
        assert_eq!(answers[9]["error"]["code"], -32600, "{answers}");
        assert_eq!(answers[10]["error"]["code"], -32601, "{answers}");
        client.send(Message::text(orders(&served, 6..57))).await.expect("it reads");
        assert_eq!(next(&mut client).await["error"]["code"], 1011, "a batch of 51");
        client.send(Message::text(orders(&served, 6..56))).await.expect("it reads");
        let answers = next(&mut client).await;
        assert!(answers[0]["result"]["resubmitted"].is_null(), "none of the 51 was taken: {answers}");
    });
}

#[test]
fn a_query_waits_for_the_calls_before_it() {
    let served = serve(ServerConfig::default());
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        for nonce in 0..50 {
            client.feed(Message::text(order(&served, nonce))).await.expect("it reads");
        }
        let query = json!({ "jsonrpc": "2.0", "id": "q", "method": "ballast_nonce", "params": [0, key(1).address()] });
        client.send(Message::text(query.to_string())).await.expect("it reads");
        for nonce in 0..50 {
            assert_eq!(next(&mut client).await["id"], nonce);
        }
        let answer = next(&mut client).await;
        assert_eq!((answer["id"].as_str(), answer["result"]["next"].as_str()), (Some("q"), Some("50")));
    });
}

#[test]
fn a_client_that_never_reads_is_slowed_and_dropped() {
    let served = serve(ServerConfig { write_timeout_ms: 300, ..ServerConfig::default() });
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        let query = json!({ "jsonrpc": "2.0", "id": 1, "method": "ballast_markets" }).to_string();
        let mut sent = 0_u64;
        let end = loop {
            match timeout(Duration::from_secs(20), client.send(Message::text(query.clone()))).await {
                Ok(Ok(())) => sent += 1,
                Ok(Err(_)) => break "dropped",
                Err(_) => break "stuck",
            }
            assert!(sent < 3_000_000, "nothing slows a client that never reads");
        };
        assert_eq!(end, "dropped", "after {sent}");
        let mut other = connect(&served).await;
        other.send(Message::text(query)).await.expect("it reads");
        assert_eq!(next(&mut other).await["id"], 1, "others are served");
    });
}

#[test]
fn subscriptions_begin_with_a_snapshot_and_end_when_asked() {
    let served = serve(ServerConfig { max_subscriptions: 2, ..ServerConfig::default() });
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        let mut call = async |method: &str, params: Value| {
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            client.send(Message::text(call.to_string())).await.expect("it reads");
            next(&mut client).await
        };
        assert_eq!(call("ballast_subscribe", json!(["nothing", 0])).await["error"]["code"], -32602);
        assert_eq!(call("ballast_subscribe", json!(["book", 9])).await["error"]["code"], 3001);
        let book = call("ballast_subscribe", json!(["book", 0])).await;
        assert_eq!(book["result"]["snapshot"]["seq"], served.rig.seq().0, "{book}");
        assert_eq!(call("ballast_subscribe", json!(["account", 0])).await["result"]["subscription"], 2);
        assert_eq!(call("ballast_subscribe", json!(["trades", 0])).await["error"]["code"], 1011);
        assert_eq!(call("ballast_unsubscribe", json!([2])).await["result"], true);
        assert_eq!(call("ballast_unsubscribe", json!([2])).await["result"], false);
        let source = served.rig.operations(&key(1), 0, 0, vec![place(Side::Buy, 490_000, 3)]);
        served.rig.core.admission.submit(source).expect("room").await.expect("an answer");
        let update = next(&mut client).await;
        assert_eq!(update["params"]["subscription"], 1);
        assert_eq!(
            update["params"]["result"]["bids"][0],
            json!({ "price": 490_000, "size": "3" }),
            "{update}"
        );
        served.stop.send_replace(true);
        let closed = but_pings(&mut client).await;
        assert!(matches!(closed, Some(Ok(Message::Close(_))) | None), "{closed:?}");
    });
}

#[test]
fn what_is_watched_begins_with_the_answer_of_the_query_and_is_told_as_it_moves() {
    let served = serve(ServerConfig::default());
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        let mut call = async |method: &str, params: Value| {
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            client.send(Message::text(call.to_string())).await.expect("it reads");
            next(&mut client).await
        };
        for (channel, id, code) in
            [("pool", 2, 9006), ("pool", 70_000, -32602), ("pricing", 9, 3001), ("margin", 99, 2010)]
        {
            let answer = call("ballast_subscribe", json!([channel, id])).await;
            assert_eq!(answer["error"]["code"], code, "{channel} {id}");
        }
        for (method, channel) in [("ballast_pool", "pool"), ("ballast_account", "margin")] {
            let snapshot = call("ballast_subscribe", json!([channel, 0])).await["result"]["snapshot"].take();
            assert_eq!(call(method, json!([0])).await["result"], snapshot, "{channel}");
        }
        let pricing = call("ballast_subscribe", json!(["pricing", 0])).await;
        assert_eq!(pricing["result"]["snapshot"]["index"], PRICE.0, "{pricing}");
        served.rig.clock.advance(1_000);
        let report = served.rig.report(PriceTicks(PRICE.0 + 1));
        served.rig.core.admission.submit(report).expect("room").await.expect("an answer");
        // The pool and the account are as they were.
        let update = next(&mut client).await["params"].take();
        assert_eq!((&update["subscription"], &update["result"]["index"]), (&json!(3), &json!(PRICE.0 + 1)));
    });
}

#[test]
fn a_client_that_the_node_itself_did_not_read_was_dropped_as_silent() {
    let served = serve(ServerConfig { max_in_flight: 1, ping_ms: 30, ..ServerConfig::default() });
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        served.rig.store.hold();
        client.send(Message::text(order(&served, 0))).await.expect("it reads");
        let (mut early, mut dropped) = (0, false);
        let held = async {
            while let Some(message) = client.next().await {
                early += usize::from(matches!(message, Ok(Message::Text(_))));
            }
            dropped = true;
        };
        let _ = timeout(Duration::from_millis(600), held).await;
        // A store that is held holds up the end of a test that fails.
        served.rig.store.release();
        assert_eq!((early, dropped), (0, false), "nothing is durable, and it is still there");
        assert_eq!(next(&mut client).await["result"]["status"], "accepted");
    });
}

#[test]
fn a_client_that_is_read_and_says_nothing_is_dropped() {
    let served = serve(ServerConfig { ping_ms: 30, ..ServerConfig::default() });
    served.runtime.block_on(async {
        let client = connect(&served).await;
        // Not polled, so that no ping is answered; the end of the stream is looked for below it.
        let mut stream = client.into_inner();
        let mut bytes = Vec::new();
        let read = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes);
        timeout(Duration::from_secs(20), read).await.expect("it is dropped").expect("it reads");
    });
}

#[test]
fn a_close_was_not_answered_with_a_close() {
    let served = serve(ServerConfig::default());
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        client.send(Message::text(order(&served, 0))).await.expect("it reads");
        assert_eq!(next(&mut client).await["result"]["status"], "accepted");
        client.close(None).await.expect("it reads");
        let closed = but_pings(&mut client).await;
        assert!(matches!(closed, Some(Ok(Message::Close(_)))), "{closed:?}");
        assert!(client.next().await.is_none(), "in good order");
    });
}

#[test]
fn a_message_above_the_limit_took_the_answers_before_it_along() {
    let served = serve(ServerConfig::default());
    served.runtime.block_on(async {
        let (mut sink, mut stream) = connect(&served).await.split();
        for nonce in 0..20 {
            sink.feed(Message::text(order(&served, nonce))).await.expect("it reads");
        }
        let writer = tokio::spawn(async move {
            // It is not read to its end.
            let _ = sink.send(Message::text("x".repeat(1 << 20))).await;
            sink
        });
        let mut answered = Vec::new();
        let closed = loop {
            match but_pings(&mut stream).await {
                Some(Ok(Message::Text(text))) => {
                    answered.push(serde_json::from_str::<Value>(&text).expect("JSON")["id"].as_u64());
                }
                end => break end,
            }
        };
        assert_eq!(answered, (0..20).map(Some).collect::<Vec<_>>());
        let Some(Ok(Message::Close(Some(frame)))) = closed else { panic!("{closed:?}") };
        assert_eq!(frame.code, CloseCode::Size);
        drop(writer.await.expect("it wrote"));
    });
}

#[test]
fn subscriptions_take_names_as_every_call_does_and_nothing_besides() {
    let served = serve(ServerConfig::default());
    served.runtime.block_on(async {
        let mut client = connect(&served).await;
        let mut call = async |method: &str, params: Value| {
            let call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
            client.send(Message::text(call.to_string())).await.expect("it reads");
            next(&mut client).await
        };
        let named = call("ballast_subscribe", json!({ "channel": "trades", "id": 0 })).await;
        assert_eq!(named["result"]["subscription"], 1, "{named}");
        for params in [
            json!({ "channel": "trades", "id": 0, "depth": 5 }),
            json!({ "channel": "trades" }),
            json!(["trades", 0, 5]),
            json!(["trades"]),
        ] {
            let answer = call("ballast_subscribe", params.clone()).await;
            assert_eq!(answer["error"]["code"], -32602, "{params}");
        }
        let ended = call("ballast_unsubscribe", json!({ "subscription": "1" })).await;
        assert_eq!(ended["result"], true);
    });
}
