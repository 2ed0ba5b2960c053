//! What every method answers to input that it should not take, over HTTP; and that the node lives on.

use crate::support::*;
use alloy_primitives::{Address, B256};
use ballast_auth::{Domain, command_digest};
use ballast_node::{
    pipeline::Answer,
    rpc::{Server, ServerConfig, assets::Files, methods},
};
use ballast_types::*;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    runtime::Runtime,
    sync::watch,
};

/// A served pipeline.
pub(crate) struct Served {
    pub(crate) rig: Rig,
    pub(crate) runtime: Runtime,
    pub(crate) address: std::net::SocketAddr,
    pub(crate) stop: watch::Sender<bool>,
}

pub(crate) fn serve(limits: ServerConfig) -> Served {
    let rig = Rig::trading();
    let runtime = Runtime::new().expect("a runtime");
    let (stop, stopped) = watch::channel(false);
    let (entry, views, channels) = rig.core.ports();
    let address = "127.0.0.1:0".parse().expect("an address");
    let server = Server::bind(address, limits, methods(entry, views), channels, Files::new(), stopped);
    let server = runtime.block_on(server).expect("a free port");
    let address = server.address().expect("an address");
    runtime.spawn(server.run());
    Served { rig, runtime, address, stop }
}

impl Served {
    /// Posts a body; status and body of the answer.
    fn post(&self, body: &[u8]) -> (u16, String) {
        self.runtime.block_on(async {
            let mut stream = TcpStream::connect(self.address).await.expect("it listens");
            let head = format!(
                "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all(head.as_bytes()).await.expect("it reads");
            // A body that is too large is refused before it is read.
            let _ = stream.write_all(body).await;
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            let answer = String::from_utf8(answer).expect("text");
            let status = answer.get(9..12).and_then(|status| status.parse().ok()).expect("a status");
            (status, answer.split_once("\r\n\r\n").expect("a body").1.to_owned())
        })
    }

    fn rpc(&self, body: &Value) -> Value {
        serde_json::from_str(&self.post(body.to_string().as_bytes()).1).expect("JSON")
    }

    fn call(&self, method: &str, params: Value) -> Value {
        self.rpc(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
    }

    fn code(&self, method: &str, params: Value) -> i64 {
        let answer = self.call(method, params);
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{method}: {answer}"))
    }
}

pub(crate) fn hex_of(signature: &Signature) -> String {
    format!("0x{}", alloy_primitives::hex::encode(signature.0))
}

/// The JSON of order entry with one bid, signed by `signer` for `separator`.
fn order(separator: B256, signer: u8, account: u32, nonce: u64, expires: u64) -> Value {
    let command = UserCommand::Operations(Operations {
        atomic: false,
        account: AccountId(account),
        nonce: Nonce(nonce),
        expires: Millis(expires),
        operations: vec![place(Side::Buy, 490_000, 1)],
    });
    let signature = key(signer).sign(command_digest(separator, &command));
    json!([{
        "account": account, "nonce": nonce.to_string(), "expires": expires,
        "operations": [{ "kind": "place", "market": 0, "order":
            { "side": "buy", "price": 490_000, "size": "1", "timeInForce": "gtc" } }],
        "signature": hex_of(&signature),
    }])
}

const ENTRY: [&str; 10] = [
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
];

#[test]
fn the_protocol_s_own_errors() {
    let served = serve(ServerConfig::default());
    let code = |body: &[u8]| {
        let (_, answer) = served.post(body);
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        answer["error"]["code"].as_i64()
    };
    for (body, expected) in [
        (b"".as_slice(), -32700),
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[", -32700),
        (b"[]", -32600),
        (b"{}", -32600),
        (b"7", -32600),
        (br#"{"jsonrpc":"1.0","id":1,"method":"ballast_time"}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_nothing"}"#, -32601),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_account","params":["x"]}"#, -32602),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_account","params":[-1]}"#, -32602),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_account","params":[4294967296]}"#, -32602),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_subscribe","params":["book",0]}"#, -32601),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_time","parms":[]}"#, -32600),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_time","params":[0]}"#, -32602),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_account","params":[0,1]}"#, -32602),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_book","params":{"market":0,"level":1}}"#, -32602),
        (br#"{"jsonrpc":"2.0","id":1,"method":"ballast_fills","params":[0,null,10,3]}"#, -32602),
    ] {
        assert_eq!(code(body), Some(expected), "{}", String::from_utf8_lossy(body));
    }
    let (status, body) = served.post(&vec![b' '; 65 * 1024]);
    assert_eq!((status, body.contains("1002")), (413, true), "{body}");
    let many = Value::from(vec![json!({ "jsonrpc": "2.0", "id": 1, "method": "ballast_time" }); 51]);
    assert_eq!(served.rpc(&many)["error"]["code"], 1011);
    for method in ENTRY {
        let method = format!("ballast_{method}");
        for params in [
            json!([]),
            json!([1]),
            json!([{}]),
            json!([{ "account": 0, "signature": "0x00" }]),
            json!([null]),
        ] {
            assert_eq!(served.code(&method, params.clone()), -32602, "{method} {params}");
        }
    }
    assert!(served.call("ballast_time", json!([]))["result"]["now"].is_u64(), "it lives");
}

#[test]
fn parameters_go_by_position_or_by_name() {
    let served = serve(ServerConfig::default());
    let signed = order(served.rig.separator, 1, 0, 1, START.0 + 1_000)[0].clone();
    let placed = served.call("ballast_placeOrder", json!({ "request": signed }));
    assert_eq!(placed["result"]["status"], "accepted", "{placed}");
    for params in [
        json!([0, null, 5, null]),
        json!({ "account": 0, "limit": "5" }),
        json!({
            "account": 0, "beforeSeq": 9, "limit": 5, "beforePlace": 3
        }),
    ] {
        let answer = served.call("ballast_fills", params.clone());
        assert!(answer["result"].is_array(), "{params}: {answer}");
    }
}

#[test]
fn a_key_that_was_ended_was_listed_and_given_nonces() {
    let served = serve(ServerConfig::default());
    let session = key(5);
    let address = json!(session.address());
    let command = |command| served.rig.accept(served.rig.signed(&key(1), command));
    let (account, expires) = (AccountId(0), Millis(START.0 + 1_000));
    command(UserCommand::GrantSession(GrantSession {
        account,
        nonce: Nonce(1),
        expires,
        key: session.address(),
        valid_until: Millis(u64::MAX),
        scope: 3,
    }));
    let sessions = || served.call("ballast_account", json!([0]))["result"]["sessions"].clone();
    assert_eq!(sessions()[0]["validUntil"], u64::MAX.to_string(), "exact in JavaScript, too");
    served.rig.accept(served.rig.operations(&session, 0, 1, vec![place(Side::Buy, 490_000, 1)]));
    assert_eq!(served.call("ballast_nonce", json!([0, address]))["result"]["next"], "2");
    let revoke = RevokeSession { account, nonce: Nonce(2), expires, key: session.address() };
    command(UserCommand::RevokeSession(revoke));
    assert_eq!(sessions(), json!([]));
    assert_eq!(served.code("ballast_nonce", json!([0, address])), 2002);
}

#[test]
fn authority_is_checked_before_anything_gets_a_number() {
    let served = serve(ServerConfig::default());
    let (ours, now) = (served.rig.separator, START.0);
    let elsewhere = Domain { chain_id: 1, exchange: Address::repeat_byte(0xb1) }.separator();
    let seq = served.rig.seq();
    let mut garbage = order(ours, 1, 0, 1, now + 1_000);
    garbage[0]["signature"] = json!(format!("0x{}", "00".repeat(65)));
    for (params, expected) in [
        (garbage, 2001),
        (order(elsewhere, 1, 0, 1, now + 1_000), 2002),
        (order(ours, 2, 0, 1, now + 1_000), 2002),
        (order(ours, 1, 99, 1, now + 1_000), 2010),
        (order(ours, 1, 0, 1, now - 1), 2008),
        (order(ours, 1, 0, 1, now + 86_400_001), 2009),
        (order(ours, 1, 0, u64::MAX, now + 1_000), 2007),
    ] {
        assert_eq!(served.code("ballast_placeOrder", params.clone()), expected, "{params}");
    }
    assert_eq!(served.rig.seq(), seq, "what is refused has no number");
    let good = order(ours, 1, 0, 5_000, now + 1_000);
    let answer = served.call("ballast_placeOrder", good.clone());
    assert_eq!(answer["result"]["status"], "accepted", "{answer}");
    assert_eq!(answer["result"]["results"][0]["restingSize"], 1);
    let again = served.call("ballast_placeOrder", good.clone());
    assert_eq!(
        (&again["result"]["seq"], &again["result"]["resubmitted"]),
        (&answer["result"]["seq"], &json!(true))
    );
    let mut other = good.clone();
    other[0]["signature"] = order(ours, 1, 0, 5_000, now + 2_000)[0]["signature"].clone();
    other[0]["expires"] = json!(now + 2_000);
    assert_eq!(served.code("ballast_placeOrder", other), 2005, "another with its nonce");
    assert_eq!(served.code("ballast_cancelOrder", good), -32602, "another kind of operation");
    assert_eq!(
        served.code("ballast_placeOrder", order(ours, 1, 0, 10, now + 1_000)),
        2006,
        "behind the window"
    );
    let error = served.call("ballast_placeOrder", order(ours, 1, 0, 5_001, now - 1))["error"].clone();
    assert_eq!(error["data"]["name"], "Expired");
    assert_eq!(
        (&error["data"]["value"], &error["data"]["limit"]),
        (&json!(now.to_string()), &json!((now - 1).to_string()))
    );
}

#[test]
fn form_and_limits_have_their_codes() {
    let served = serve(ServerConfig::default());
    let signature = format!("0x{}", "11".repeat(65));
    let head = |more: Value| {
        let mut request =
            json!({ "account": 0, "nonce": 1, "expires": START.0 + 1_000, "signature": signature });
        for (name, value) in more.as_object().expect("an object") {
            request[name] = value.clone();
        }
        json!([request])
    };
    let cancel = json!({ "kind": "cancelAll" });
    assert_eq!(served.code("ballast_operations", head(json!({ "operations": [] }))), 1003);
    let many = vec![cancel; 101];
    assert_eq!(served.code("ballast_operations", head(json!({ "operations": many }))), 1004);
    let amount = json!({ "amount": u64::MAX.to_string(), "recipient": Address::repeat_byte(1) });
    assert_eq!(served.code("ballast_withdraw", head(amount)), 1007);
    let prices = vec![json!({ "market": 0, "price": 1 }); 257];
    let report = json!([{ "publisher": 0, "time": 1, "prices": prices, "signature": signature }]);
    assert_eq!(served.code("ballast_reportPrices", report), 1011);
    for (method, params, expected) in [
        ("account", json!([9]), 2010),
        ("orders", json!([9]), 2010),
        ("fills", json!([9]), 2010),
        ("order", json!([9, 0, 1]), 2010),
        ("order", json!([0, 9, null, "1"]), 3001),
        ("order", json!([0, 0, 1]), 9006),
        ("order", json!({ "account": 0, "market": 0, "clientId": 1 }), 9006),
        ("order", json!([0, 0]), -32602),
        ("order", json!([0, 0, 1, 1]), -32602),
        ("fills", json!([0, null, 1_001]), 1011),
        ("withdrawals", json!([9]), 2010),
        ("nonce", json!([9, Address::ZERO]), 2010),
        ("nonce", json!([0, Address::ZERO]), 2002),
        ("book", json!([9]), 3001),
        ("book", json!([0, 1_001]), 1011),
        ("trades", json!([9]), 3001),
        ("outcome", json!([0]), 9006),
        ("outcome", json!(["18446744073709551615"]), 9006),
        ("batch", json!([7]), 9006),
        ("batches", json!([0, 5_000]), 1011),
        ("batchInputs", json!([7, 0]), 9006),
        ("batchDiff", json!([7]), 9006),
        ("deposit", json!([77]), 9006),
        ("withdrawalProof", json!([77]), 9006),
    ] {
        assert_eq!(served.code(&format!("ballast_{method}"), params.clone()), expected, "{method} {params}");
    }
    for (method, params) in [
        ("account", json!([0])),
        ("accounts", json!([key(1).address()])),
        ("orders", json!([0])),
        ("fills", json!([0])),
        ("markets", json!([])),
        ("assets", json!([])),
        ("book", json!([0])),
        ("trades", json!([0])),
        ("outcome", json!([1])),
        ("batches", json!([0])),
        ("status", json!([])),
        ("nonce", json!([0, key(1).address()])),
        ("deposit", json!([0])),
        ("withdrawals", json!([0])),
        ("time", json!([])),
    ] {
        let answer = served.call(&format!("ballast_{method}"), params);
        assert!(answer["error"].is_null() && !answer["result"].is_null(), "{method}: {answer}");
    }
}

#[test]
fn random_bytes_and_cut_requests_never_hurt() {
    use rand::{Rng, SeedableRng};
    let seed: u64 = rand::rng().random();
    eprintln!("seed {seed}");
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let served = serve(ServerConfig::default());
    let params = order(served.rig.separator, 1, 0, 1, START.0 + 1_000);
    let whole =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "ballast_placeOrder", "params": params }).to_string();
    for _ in 0..300 {
        let mut bytes = whole.clone().into_bytes();
        if rng.random() {
            bytes.truncate(rng.random_range(0..bytes.len()));
        }
        for _ in 0..rng.random_range(0..4) {
            if !bytes.is_empty() {
                let at = rng.random_range(0..bytes.len());
                bytes[at] = rng.random();
            }
        }
        let (status, _) = served.post(&bytes);
        assert_eq!(status, 200);
    }
    let source = served.rig.operations(&key(2), 1, 0, vec![place(Side::Buy, 490_000, 1)]);
    assert!(matches!(served.rig.ask(source), Answer::Sequenced(_)), "it lives");
}
