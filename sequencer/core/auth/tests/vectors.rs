//! The golden vectors of everything that is signed. Clients in other languages and the contracts check
//! themselves against the same file. `BALLAST_REGENERATE=1` writes it anew; a changed digest is a changed
//! protocol, so the diff of the file is to be approved, not skimmed.

use alloy_primitives::keccak256;
use alloy_sol_types::SolStruct;
use ballast_auth::{
    Domain, K256, Promise, Recover, command_digest, eip712, guardian_digest, promise_digest, report_digest,
};
use ballast_types::{
    AccountId, Address, AssetId, B256, CancelFilter, ClientId, ConditionalId, Direction, GrantSession,
    GuardianCommand, Link, LinkKind, MarketId, MarketMode, Millis, NewOrder, Nonce, Operation, Operations,
    OrderId, PoolId, PriceReport, PriceSource, PriceTicks, Quote, ReportedPrice, Restrict, RevokeSession,
    SelfTrade, Seq, Side, Signature, SizeLots, TimeInForce, Transfer, Trigger, UserCommand, Withdraw,
};
use k256::ecdsa::SigningKey;
use serde_json::{Map, Value, json};
use std::{env, fs, path::PathBuf};

const DOMAIN: Domain = Domain { chain_id: 31_337, exchange: Address::repeat_byte(0xb1) };
const EXPIRES: Millis = Millis(1_767_225_600_000);

/// The members of an `encodeType` string as the `types` of typed data: `A(t n,..)B(..)` by struct.
fn types_of(encode_type: &str) -> Value {
    let mut types = Map::new();
    let domain = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
    for part in domain.split_inclusive(')').chain(encode_type.split_inclusive(')')) {
        let (name, members) = part.trim_end_matches(')').split_once('(').expect("a struct");
        let members = members.split(',').map(|member| {
            let (kind, name) = member.split_once(' ').expect("a type and a name");
            json!({ "name": name, "type": kind })
        });
        types.insert(name.to_owned(), members.collect());
    }
    Value::Object(types)
}

/// One vector: typed data as wallets take it, its digest, and the signature of a key made from the name.
fn vector<T: SolStruct>(name: &str, message: Value, digest: B256) -> Value {
    let key_bytes = keccak256(format!("ballast vector {name}"));
    let key = SigningKey::from_slice(key_bytes.as_slice()).expect("a scalar");
    let (rs, id) = key.sign_prehash_recoverable(digest.as_slice());
    let mut signature = [0; 65];
    signature[..64].copy_from_slice(&rs.to_bytes());
    signature[64] = 27 + id.to_byte();
    let address = K256.recover(digest, &Signature(signature)).expect("a signature just made");
    let point = key.verifying_key().to_sec1_point(false);
    assert_eq!(address, Address::from_raw_public_key(&point.as_bytes()[1..]), "{name} recovers");
    json!({
        "name": name,
        "types": types_of(&T::eip712_encode_type()),
        "primaryType": T::NAME,
        "domain": {
            "name": "Ballast",
            "version": "1",
            "chainId": DOMAIN.chain_id,
            "verifyingContract": DOMAIN.exchange.to_checksum(None),
        },
        "message": message,
        "digest": digest.to_string(),
        "privateKey": key_bytes.to_string(),
        "signature": format!("0x{}", hex::encode(signature)),
        "address": address.to_checksum(None),
    })
}

// 64-bit numbers are decimal strings: a JSON number would lose digits in JavaScript.

fn operation_message(operation: &Operation) -> Value {
    let o = eip712::Operation::from(operation);
    json!({
        "kind": o.kind, "market": o.market, "orderId": o.orderId.to_string(), "side": o.side,
        "price": o.price.to_string(), "size": o.size.to_string(), "timeInForce": o.timeInForce,
        "time": o.time.to_string(), "reduceOnly": o.reduceOnly, "selfTrade": o.selfTrade,
        "display": o.display.to_string(), "clientId": o.clientId.to_string(), "key": o.key.to_checksum(None),
        "given": o.given,
    })
}

fn trigger_message(t: eip712::Trigger) -> Value {
    json!({
        "kind": t.kind, "price": t.price.to_string(), "time": t.time.to_string(), "slices": t.slices,
        "interval": t.interval, "link": t.link, "step": t.step,
    })
}

fn operations(name: &str, account: u32, nonce: u64, expires: Millis, operations: Vec<Operation>) -> Value {
    let atomic = operations.len() > 1;
    let message = json!({
        "account": account, "nonce": nonce.to_string(), "expires": expires.to_string(), "atomic": atomic,
        "operations": operations.iter().map(operation_message).collect::<Vec<_>>(),
        "triggers": operations.iter().filter_map(eip712::Trigger::of).map(trigger_message).collect::<Vec<_>>(),
    });
    let (account, nonce) = (AccountId(account), Nonce(nonce));
    let command = UserCommand::Operations(Operations { account, nonce, expires, atomic, operations });
    vector::<eip712::Operations>(name, message, command_digest(DOMAIN.separator(), &command))
}

fn new_order(side: Side, price: u64, size: u64, time_in_force: TimeInForce, client: u64) -> NewOrder {
    NewOrder::plain(side, PriceTicks(price), SizeLots(size), time_in_force, ClientId(client))
}

fn of_every_kind() -> Vec<Operation> {
    let place = |order| Operation::Place { market: MarketId(0), order };
    let resting = OrderId::new(1 << 33, 77);
    vec![
        place(new_order(Side::Buy, 500_000, 100_000, TimeInForce::Gtc, 1)),
        place(new_order(Side::Sell, 500_001, 2, TimeInForce::Ioc, 0)),
        place(new_order(Side::Buy, 499_999, 3, TimeInForce::Fok, u64::MAX)),
        place(new_order(Side::Sell, 1 << 40, 1 << 46, TimeInForce::PostOnly, 4)),
        place(NewOrder {
            good_until: Some(Millis(EXPIRES.0 - 1)),
            reduce_only: true,
            self_trade: SelfTrade::Decrement,
            display: Some(SizeLots(7)),
            ..new_order(Side::Sell, 500_002, 70, TimeInForce::PostOnlySlide, 5)
        }),
        Operation::Cancel { market: MarketId(1), order: resting },
        Operation::CancelClient { market: MarketId(1), client: ClientId(5) },
        Operation::Replace {
            market: MarketId(255),
            order: resting,
            new: new_order(Side::Sell, 42, 43, TimeInForce::PostOnly, 44),
        },
        Operation::CancelAll(CancelFilter::market(MarketId(3))),
        Operation::CancelAll(CancelFilter::ALL),
        Operation::CancelAll(CancelFilter {
            market: Some(MarketId(0)),
            side: Some(Side::Buy),
            key: Some(Address::repeat_byte(0x5e)),
        }),
        Operation::ScheduleCancel { at: Some(EXPIRES) },
        Operation::ScheduleCancel { at: None },
        conditional(
            Trigger::Price {
                source: PriceSource::Mark,
                direction: Direction::Below,
                level: PriceTicks(490_000),
            },
            Some(Link { step: 0, kind: LinkKind::After }),
        ),
        conditional(Trigger::Opened, Some(Link { step: 0, kind: LinkKind::After })),
        conditional(
            Trigger::Price {
                source: PriceSource::Index,
                direction: Direction::Above,
                level: PriceTicks(510_000),
            },
            Some(Link { step: 4, kind: LinkKind::Beside }),
        ),
        conditional(Trigger::Time { at: EXPIRES, slices: 10, interval: 30_000 }, None),
        Operation::CancelConditional { conditional: ConditionalId::new(Seq(1 << 40), 99) },
        Operation::SetLeverage { market: MarketId(4), leverage: 20 },
    ]
}

const fn conditional(trigger: Trigger, link: Option<Link>) -> Operation {
    let order = NewOrder::plain(Side::Sell, PriceTicks(480_000), SizeLots(9), TimeInForce::Ioc, ClientId(6));
    Operation::PlaceConditional { market: MarketId(0), order, trigger, link }
}

fn largest() -> Vec<Operation> {
    vec![Operation::Replace {
        market: MarketId(u16::MAX),
        order: OrderId(u64::MAX),
        new: new_order(Side::Sell, u64::MAX, u64::MAX, TimeInForce::PostOnly, u64::MAX),
    }]
}

fn sessions_and_money() -> Vec<Value> {
    let (account, nonce, key) = (AccountId(7), Nonce(1 << 53), Address::repeat_byte(0x5e));
    let (scope, amount, recipient) = (3, Quote((1 << 60) - 1), Address::repeat_byte(0xc0));
    let (to, pool, asset) = (AccountId(8), PoolId(1), AssetId(2));
    let valid_until = Millis(EXPIRES.0 + 1);
    let digest = |command| command_digest(DOMAIN.separator(), &command);
    let head = |rest: Value| {
        let mut message = json!({ "account": 7, "nonce": nonce.to_string(), "expires": EXPIRES.to_string() });
        let fields = message.as_object_mut().expect("an object");
        fields.extend(rest.as_object().expect("an object").clone());
        message
    };
    vec![
        vector::<eip712::GrantSession>(
            "grant session",
            head(
                json!({ "key": key.to_checksum(None), "validUntil": valid_until.to_string(), "scope": scope }),
            ),
            digest(UserCommand::GrantSession(GrantSession {
                account,
                nonce,
                expires: EXPIRES,
                key,
                valid_until,
                scope,
            })),
        ),
        vector::<eip712::RevokeSession>(
            "revoke session",
            head(json!({ "key": key.to_checksum(None) })),
            digest(UserCommand::RevokeSession(RevokeSession { account, nonce, expires: EXPIRES, key })),
        ),
        vector::<eip712::Withdraw>(
            "withdraw",
            head(json!({
                "asset": asset.0, "amount": amount.to_string(), "recipient": recipient.to_checksum(None)
            })),
            digest(UserCommand::Withdraw(Withdraw {
                account,
                nonce,
                expires: EXPIRES,
                asset,
                amount,
                recipient,
            })),
        ),
        vector::<eip712::Transfer>(
            "transfer",
            head(json!({ "to": to.0, "pool": pool.0, "amount": amount.to_string() })),
            digest(UserCommand::Transfer(Transfer { account, nonce, expires: EXPIRES, to, pool, amount })),
        ),
    ]
}

fn price_report(name: &str, prices: &[(u16, u64)]) -> Value {
    let message = json!({
        "publisher": 2, "time": EXPIRES.to_string(),
        "prices": prices
            .iter()
            .map(|(market, price)| json!({ "market": market, "price": price.to_string() }))
            .collect::<Vec<_>>(),
    });
    let prices = prices.iter().map(|&(m, p)| ReportedPrice::plain(MarketId(m), PriceTicks(p))).collect();
    let report = PriceReport { publisher: 2, time: EXPIRES, prices };
    vector::<eip712::PriceReport>(name, message, report_digest(DOMAIN.separator(), &report))
}

fn restrict() -> Value {
    let until = Millis(EXPIRES.0 + 60_000);
    let command = Restrict { market: MarketId(3), mode: MarketMode::ReduceOnly, until, time: EXPIRES };
    let message = json!({
        "market": 3, "mode": 2, "until": command.until.to_string(), "time": command.time.to_string(),
    });
    let digest = guardian_digest(DOMAIN.separator(), &GuardianCommand::Restrict(command));
    vector::<eip712::Restrict>("restrict", message, digest)
}

fn promise() -> Value {
    let promise = Promise { seq: Seq(u64::MAX), chain: B256::repeat_byte(0xc4), time: EXPIRES };
    let message = json!({
        "seq": promise.seq.to_string(), "chain": promise.chain.to_string(), "time": promise.time.to_string(),
    });
    vector::<eip712::Promise>("promise", message, promise_digest(DOMAIN.separator(), &promise))
}

#[test]
fn the_vectors_are_as_committed() {
    let mut vectors = vec![
        operations("operations of every kind", 7, 3, EXPIRES, of_every_kind()),
        operations("no operations", 0, 0, Millis(0), Vec::new()),
        operations("largest operations", u32::MAX, u64::MAX, Millis(u64::MAX), largest()),
    ];
    vectors.extend(sessions_and_money());
    vectors.push(restrict());
    vectors.push(price_report("price report", &[(0, 500_000), (1, 30_000), (255, 1 << 40)]));
    vectors.push(price_report("price report without prices", &[]));
    vectors.push(promise());

    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/eip712.json");
    let vectors = json!({ "domainSeparator": DOMAIN.separator().to_string(), "vectors": vectors });
    if env::var_os("BALLAST_REGENERATE").is_some_and(|value| value == "1") {
        let text = serde_json::to_string_pretty(&vectors).expect("JSON") + "\n";
        fs::write(&path, text).expect("the vectors can be written");
    }
    let committed = fs::read_to_string(&path).expect("vectors/eip712.json is committed");
    let committed: Value = serde_json::from_str(&committed).expect("JSON");
    assert_eq!(vectors, committed, "the digests changed: BALLAST_REGENERATE=1 writes {}", path.display());
}
