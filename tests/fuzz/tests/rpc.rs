//! The interface on any message, against a pipeline that runs, without sockets: it never panics, and every call has an
//! answer with a result or a code.

use ballast_auth::command_digest;
use ballast_fuzz::{
    Draw, bytes,
    exchange::{START, empty},
    sources::{Known, deposit, source},
    times,
};
use ballast_node::{
    app::{Core, Parts, rehearsal},
    clock::ManualClock,
    config::PipelineConfig,
    feed::FeedConfig,
    journal::MemoryStore,
    rpc::{answer, methods, parameters},
    secp::SigningKey,
};
use ballast_types::{AccountId, BatchIndex, Millis, Nonce, Operation, Operations, Source, UserCommand};
use serde_json::{Value, json};
use std::{panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tokio::runtime::Runtime;

/// Most calls in one message.
const MAX_BATCH: usize = 5;
/// An answer is a matter of milliseconds.
const PATIENCE: Duration = Duration::from_secs(20);

/// Methods that there are, and some that there are not.
const METHODS: [&str; 35] = [
    "placeOrder",
    "cancelOrder",
    "replaceOrder",
    "cancelAll",
    "operations",
    "grantSession",
    "revokeSession",
    "withdraw",
    "transfer",
    "reportPrices",
    "account",
    "accounts",
    "orders",
    "order",
    "fills",
    "book",
    "trades",
    "outcome",
    "batches",
    "batch",
    "deposit",
    "l1Message",
    "batchInputs",
    "batchDiff",
    "nonce",
    "withdrawals",
    "withdrawalProof",
    "markets",
    "status",
    "time",
    "subscribe",
    "unsubscribe",
    "",
    "rpc_discover",
    "operation",
];

/// Names that objects of the interface have.
const NAMES: [&str; 32] = [
    "request",
    "account",
    "nonce",
    "expires",
    "signature",
    "market",
    "side",
    "price",
    "size",
    "timeInForce",
    "clientId",
    "orderId",
    "operations",
    "type",
    "atomic",
    "reduceOnly",
    "selfTrade",
    "goodUntil",
    "displaySize",
    "key",
    "validUntil",
    "scope",
    "amount",
    "recipient",
    "publisher",
    "time",
    "prices",
    "at",
    "order",
    "new",
    "limit",
    "id",
];

/// Texts that mean something somewhere.
const TEXTS: [&str; 16] = [
    "buy",
    "sell",
    "gtc",
    "ioc",
    "fok",
    "postOnly",
    "place",
    "cancel",
    "replace",
    "cancelAll",
    "scheduleCancel",
    "cancelClient",
    "",
    "0x",
    "340282366920938463463374607431768211456",
    "\u{0}\u{fffd}",
];

fn value(draw: &mut Draw<'_>, depth: u8) -> Value {
    match draw.below(16) {
        0..3 => json!(draw.number()),
        3 => json!(draw.number().to_string()),
        4 => json!(TEXTS[usize::from(draw.below(16))]),
        5 => json!(format!("0x{}", "5a".repeat([1, 20, 32, 65][usize::from(draw.below(4))]))),
        6 => Value::Null,
        7 => json!(draw.below(2) == 1),
        8 => json!(-i64::from(draw.byte())),
        9 => json!(f64::from_bits(draw.word())),
        10 => json!(String::from_utf8_lossy(draw.take(8))),
        11..13 if depth > 0 => (0..draw.below(4)).map(|_| value(draw, depth - 1)).collect(),
        _ if depth > 0 => {
            let fields = (0..draw.below(8))
                .map(|_| (NAMES[usize::from(draw.below(32))].into(), value(draw, depth - 1)));
            Value::Object(fields.collect())
        }
        _ => json!(1),
    }
}

fn call(draw: &mut Draw<'_>) -> Value {
    let method = format!("ballast_{}", METHODS[usize::from(draw.below(32))]);
    let names = parameters(&method).unwrap_or_default();
    let params = match draw.below(4) {
        0 => value(draw, 4),
        1 => names.iter().map(|_| value(draw, 4)).collect(),
        _ => Value::Object(names.iter().map(|name| ((*name).to_owned(), value(draw, 4))).collect()),
    };
    let mut call = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    if draw.rarely(16) {
        call[NAMES[usize::from(draw.below(32))]] = value(draw, 2);
    }
    if draw.rarely(16) {
        call["id"] = value(draw, 2);
    }
    call
}

fn message(draw: &mut Draw<'_>) -> String {
    match draw.below(8) {
        0 => String::from_utf8_lossy(draw.take(usize::MAX)).into_owned(),
        1 => (0..draw.below(8)).map(|_| call(draw)).collect::<Value>().to_string(),
        2 => {
            let mut text = call(draw).to_string().into_bytes();
            let at = usize::from(draw.byte()) % text.len();
            text[at] = draw.byte();
            String::from_utf8_lossy(&text).into_owned()
        }
        _ => call(draw).to_string(),
    }
}

/// Whether this answers one call.
fn is_answer(answer: &Value) -> bool {
    answer["jsonrpc"] == "2.0" && (answer.get("result").is_some() || answer["error"]["code"].is_i64())
}

fn core() -> Core {
    let core = Core::start(Parts {
        store: Arc::new(MemoryStore::new()),
        clock: Arc::new(ManualClock::at(START)),
        genesis: empty(),
        transition: ballast_engine::apply,
        rehearsal,
        key: SigningKey::from_bytes([7; 32]).expect("a small number is a key"),
        program_hash: alloy_primitives::B256::ZERO,
        shadow: false,
        court: None,
        pipeline: PipelineConfig::default(),
        feed: FeedConfig::default(),
    });
    let core = core.expect("an empty store starts");
    let known = |l1_count| Known { seq: 0, l1_count, batch: BatchIndex(1), now: START };
    for account in 0..2 {
        let Source::L1(message) = deposit(&known(u64::from(account)), account) else { continue };
        core.l1.send(message).expect("the sequencer runs");
    }
    core
}

#[test]
fn any_message() {
    let runtime = Runtime::new().expect("a runtime");
    let mut core = core();
    let (entry, views, _) = core.ports();
    let (runtime, methods) = (AssertUnwindSafe(runtime), AssertUnwindSafe(methods(entry, views)));
    bolero::check!().with_iterations(times(3_000)).with_generator(bytes(600)).for_each(|bytes| {
        let message = message(&mut Draw::new(bytes));
        let answered = runtime
            .block_on(async { tokio::time::timeout(PATIENCE, answer(&methods, &message, MAX_BATCH)).await });
        let text = answered.unwrap_or_else(|_| panic!("no answer to {message}"));
        let parsed: Value =
            serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text} answers {message}"));
        let sound = match &parsed {
            Value::Array(answers) => !answers.is_empty() && answers.iter().all(is_answer),
            one => is_answer(one),
        };
        assert!(sound, "{text} answers {message}");
    });
    core.shut_down();
    assert!(core.failure().is_none(), "no stage failed");
}

#[test]
fn any_signed_source() {
    let runtime = AssertUnwindSafe(Runtime::new().expect("a runtime"));
    let mut core = core();
    let admission = AssertUnwindSafe(core.admission.clone());
    let separator = empty().separator();
    let key = SigningKey::from_bytes([9; 32]).expect("a small number is a key");
    bolero::check!().with_iterations(times(500)).with_generator(bytes(300)).for_each(|bytes| {
        let mut draw = Draw::new(bytes);
        let known = Known { seq: 0, l1_count: 0, batch: BatchIndex(1), now: START };
        let source = match source(&mut draw, &known) {
            Source::User { command, .. } => {
                let signature = key.sign(command_digest(separator, &command));
                Source::User { command, signature }
            }
            Source::Publisher { report, signature } => Source::Publisher { report, signature },
            // The interface makes no other.
            _ => {
                let command = UserCommand::Operations(Operations {
                    account: AccountId(0),
                    nonce: Nonce(1),
                    expires: Millis(START.0 + 1),
                    atomic: true,
                    operations: vec![Operation::ScheduleCancel { at: None }],
                });
                let signature = key.sign(command_digest(separator, &command));
                Source::User { command, signature }
            }
        };
        let Ok(reply) = admission.submit(source) else { return };
        let answered = runtime.block_on(async { tokio::time::timeout(PATIENCE, reply).await });
        answered.expect("in time").expect("an answer");
    });
    core.shut_down();
    assert!(core.failure().is_none(), "no stage failed");
}
