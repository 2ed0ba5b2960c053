//! A command that is sent again gets the answer of the first: in flight, later, and after a crash.

use crate::{http::hex_of, support::*};
use alloy_primitives::{Address, B256};
use ballast_auth::command_digest;
use ballast_node::{
    feed::FeedConfig,
    journal::Journal,
    pipeline::Answer,
    rpc::{Entry, answer, methods},
};
use ballast_types::AssetId;
use ballast_types::*;
use jsonrpsee::Methods;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{runtime::Runtime, sync::oneshot, time::timeout};

/// The methods of a pipeline, called without a network.
pub(crate) struct Desk {
    methods: Methods,
    runtime: Runtime,
}

impl Desk {
    pub(crate) fn of(rig: &Rig) -> Self {
        let (entry, views, _) = rig.core.ports();
        Self { methods: methods(entry, views), runtime: Runtime::new().expect("a runtime") }
    }

    fn send(&self, source: &Source) -> Value {
        self.runtime.block_on(call(self.methods.clone(), request(source)))
    }

    pub(crate) fn answer(&self, source: &Source) -> Value {
        let answer = self.send(source);
        assert!(answer["result"].is_object(), "{answer}");
        answer["result"].clone()
    }

    pub(crate) fn code(&self, source: &Source) -> i64 {
        let answer = self.send(source);
        answer["error"]["code"].as_i64().unwrap_or_else(|| panic!("{answer}"))
    }
}

async fn call(methods: Methods, request: String) -> Value {
    let (answer, _) = methods.raw_json_request(&request, 1).await.expect("a call");
    serde_json::from_str(answer.get()).expect("JSON")
}

/// The call that sends a user's command.
fn request(source: &Source) -> String {
    let Source::User { command, signature } = source else { panic!("a user's") };
    let (method, mut fields) = match command {
        UserCommand::Operations(command) => {
            let operations: Vec<Value> = command.operations.iter().map(operation).collect();
            ("ballast_operations", json!({ "operations": operations }))
        }
        UserCommand::RevokeSession(command) => ("ballast_revokeSession", json!({ "key": command.key })),
        UserCommand::Withdraw(command) => (
            "ballast_withdraw",
            json!({
                "asset": command.asset.0, "amount": command.amount.0.to_string(), "recipient": command.recipient
            }),
        ),
        UserCommand::Transfer(command) => (
            "ballast_transfer",
            json!({ "to": command.to.0, "pool": command.pool.0, "amount": command.amount.0.to_string() }),
        ),
        UserCommand::GrantSession(_) => panic!("not sent here"),
    };
    fields["account"] = json!(command.account().0);
    fields["nonce"] = json!(command.nonce().0.to_string());
    fields["expires"] = json!(command.expires().0);
    fields["signature"] = json!(hex_of(signature));
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": [fields] }).to_string()
}

fn operation(operation: &Operation) -> Value {
    match operation {
        Operation::Place { market, order } => {
            let side = if order.side == Side::Buy { "buy" } else { "sell" };
            let order = json!({ "side": side, "price": order.price.0, "size": order.size.0,
                "timeInForce": "gtc", "clientId": order.client.0.to_string() });
            json!({ "kind": "place", "market": market.0, "order": order })
        }
        Operation::CancelAll { .. } => json!({ "kind": "cancelAll" }),
        _ => panic!("not sent here"),
    }
}

fn bid(rig: &Rig, nonce: u64, price: u64) -> Source {
    rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, price, 1)])
}

/// The answer without the mark that it was given before.
fn first(mut answer: Value) -> Value {
    let mark = answer.as_object_mut().expect("an object").remove("resubmitted");
    assert_eq!(mark, Some(json!(true)), "{answer}");
    answer
}

/// The next process, on what is durable of this one.
pub(crate) fn crash(rig: Rig) -> Rig {
    let (left, clock) = (Arc::new(rig.store.crash()), Arc::clone(&rig.clock));
    drop(rig);
    start_with(left, clock, pipeline(), FeedConfig::default()).expect("it starts again")
}

/// A pipeline that has answered before anybody waits: each nonce is used.
struct AllUsed;

impl Entry for AllUsed {
    fn submit(&self, _source: Source) -> Result<oneshot::Receiver<Answer>, Rejection> {
        let (reply, answer) = oneshot::channel();
        reply.send(Answer::Refused(RejectCode::NonceUsed.into())).expect("it is held here");
        Ok(answer)
    }
}

#[test]
fn calls_of_a_message_that_were_sent_before_kept_their_turns_from_the_last_which_they_waited_for() {
    const CALLS: usize = 50;
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let command = bid(&rig, 0, 490_000);
    desk.answer(&command);
    let (_, views, _) = rig.core.ports();
    let methods = methods(Arc::new(AllUsed), views);
    let message = format!("[{}]", vec![request(&command); CALLS].join(","));
    let answered = async { timeout(Duration::from_secs(60), answer(&methods, &message, CALLS)).await };
    let answers = desk.runtime.block_on(answered).expect("they do not wait for each other");
    let answers: Vec<Value> = serde_json::from_str(&answers).expect("JSON");
    assert_eq!(answers.len(), CALLS);
    answers.iter().for_each(|one| assert_eq!(one["result"]["resubmitted"], json!(true), "{one}"));
}

#[test]
fn a_command_that_was_sent_again_was_refused_and_its_sender_never_learned_what_became_of_it() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let command = bid(&rig, 0, 490_000);
    let told = desk.answer(&command);
    assert_eq!(told.get("resubmitted"), None, "the first of its kind");
    let seq = rig.seq();
    for _ in 0..3 {
        assert_eq!(first(desk.answer(&command)), told);
    }
    assert_eq!(rig.seq(), seq, "it is in the log once");
    assert_eq!(desk.code(&bid(&rig, 0, 490_001)), 2005, "another command with its nonce");
    assert_eq!(desk.code(&rig.operations(&key(9), 0, 0, vec![place(Side::Buy, 490_000, 1)])), 2002);
    assert_eq!(rig.seq(), seq);
}

#[test]
fn of_copies_in_flight_at_once_one_enters_the_log_and_all_get_its_answer() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    for nonce in 0..20 {
        let (command, before) = (request(&bid(&rig, nonce, 490_000)), rig.seq());
        let answers: Vec<Value> = desk.runtime.block_on(async {
            let copies: Vec<_> =
                (0..32).map(|_| tokio::spawn(call(desk.methods.clone(), command.clone()))).collect();
            futures_util::future::join_all(copies)
                .await
                .into_iter()
                .map(|copy| copy.expect("no panic"))
                .collect()
        });
        assert_eq!(rig.seq(), before.next(), "one input");
        let (again, taken): (Vec<Value>, Vec<Value>) = answers
            .into_iter()
            .map(|mut answer| answer["result"].take())
            .partition(|answer| answer.get("resubmitted").is_some());
        assert_eq!(taken.len(), 1, "one was the first");
        assert!(again.into_iter().all(|answer| first(answer) == taken[0]));
    }
}

#[test]
fn a_copy_is_not_answered_before_the_first_is_durable() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let command = request(&bid(&rig, 0, 490_000));
    rig.store.hold();
    let copies: Vec<_> =
        (0..2).map(|_| desk.runtime.spawn(call(desk.methods.clone(), command.clone()))).collect();
    std::thread::sleep(Duration::from_millis(200));
    assert!(copies.iter().all(|copy| !copy.is_finished()), "told before it was durable");
    rig.store.release();
    let answers = desk.runtime.block_on(futures_util::future::join_all(copies));
    let seqs: Vec<u64> = answers
        .into_iter()
        .map(|answer| answer.expect("no panic")["result"]["seq"].as_u64().expect("a seq"))
        .collect();
    assert_eq!(seqs[0], seqs[1]);
}

#[test]
fn a_command_whose_answer_was_lost_in_a_crash_gets_it_from_the_next_process() {
    let rig = Rig::trading();
    let durable = bid(&rig, 0, 490_000);
    // Who asked has gone before the answer came.
    drop(rig.core.admission.submit(durable.clone()).expect("room"));
    let (journal, before) = (rig.core.journal.clone(), rig.seq());
    rig.wait(|| journal.last_seq().expect("a journal") > before);
    rig.store.fail_at(rig.store.commits());
    let lost = bid(&rig, 1, 490_000);
    assert!(rig.core.admission.submit(lost.clone()).expect("room").blocking_recv().is_err());

    let rig = crash(rig);
    let desk = Desk::of(&rig);
    let answer = desk.answer(&durable);
    assert_eq!((&answer["seq"], &answer["resubmitted"]), (&json!(before.0 + 1), &json!(true)));
    let promised = journal.record(before.next()).expect("a journal").expect("it is durable").chain;
    assert_eq!(answer["chain"], json!(promised));
    let taken = desk.answer(&lost);
    assert_eq!(taken.get("resubmitted"), None, "it never was in the log");

    // So it stays when the inputs lie behind a snapshot.
    for nonce in 2..202 {
        desk.answer(&bid(&rig, nonce, 490_000));
    }
    rig.wait(|| rig.core.journal.snapshot().expect("a journal").is_some_and(|snapshot| snapshot.seq.0 > 50));
    let rig = crash(rig);
    assert_eq!(first(Desk::of(&rig).answer(&durable)), first(answer));
    assert_eq!(first(Desk::of(&rig).answer(&lost)), taken);
}

#[test]
fn what_was_rejected_with_a_number_is_told_again_and_what_was_refused_without_one_is_judged_again() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let withdraw = |nonce, amount, recipient| {
        let (account, expires) = (AccountId(0), Millis(START.0 + 60_000));
        let (nonce, amount) = (Nonce(nonce), Quote(amount));
        rig.signed(
            &key(1),
            UserCommand::Withdraw(Withdraw {
                account,
                nonce,
                expires,
                asset: AssetId::USDC,
                amount,
                recipient,
            }),
        )
    };
    let too_much = withdraw(0, FUNDS.0 + 1, Address::repeat_byte(1));
    let rejected = desk.answer(&too_much);
    assert_eq!((&rejected["status"], &rejected["rejection"]["code"]), (&json!("rejected"), &json!(4002)));
    assert_eq!(rejected["rejection"]["limit"], FUNDS.0.to_string(), "{rejected}");
    deposit_more(&rig);
    assert_eq!(first(desk.answer(&too_much)), rejected, "also when it could be paid by now");
    let seq = rig.seq();
    let malformed = withdraw(1, 1_000_000, Address::ZERO);
    assert_eq!((desk.code(&malformed), desk.code(&malformed)), (1009, 1009));
    assert_eq!(rig.seq(), seq);
}

/// As much again for account 0.
fn deposit_more(rig: &Rig) {
    let (index, seq) = {
        let chain = rig.core.mirror.read().exchange.state.chain.clone();
        (chain.l1_count, chain.seq)
    };
    let payload = L1Payload::Deposit {
        asset: AssetId(0),
        owner: key(1).address(),
        account: AccountId(0),
        amount: FUNDS,
    };
    let message = L1Message { index, l1_block: 10 + index, l1_time: START.0 / 1_000, payload };
    rig.core.l1.send(message).expect("the sequencer runs");
    rig.wait_for_seq(seq.next());
}

#[test]
fn it_is_known_after_it_expired_and_after_its_key_ended() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let session = key(5);
    let (account, expires) = (AccountId(0), Millis(START.0 + 60_000));
    rig.accept(rig.signed(
        &key(1),
        UserCommand::GrantSession(GrantSession {
            account,
            nonce: Nonce(1),
            expires,
            key: session.address(),
            valid_until: Millis(START.0 + 50_000),
            scope: 3,
        }),
    ));
    // The same nonce of two keys, and the same words of two keys.
    let (owners, sessions) =
        (bid(&rig, 7, 490_000), rig.operations(&session, 0, 7, vec![place(Side::Buy, 490_000, 1)]));
    let told = [desk.answer(&owners), desk.answer(&sessions)];
    assert_ne!(told[0]["seq"], told[1]["seq"]);
    rig.clock.advance(50_001);
    assert_eq!([first(desk.answer(&owners)), first(desk.answer(&sessions))], told, "its session is over");
    let revoke = RevokeSession { account, nonce: Nonce(8), expires, key: session.address() };
    let revoke = rig.signed(&key(1), UserCommand::RevokeSession(revoke));
    let revoked = desk.answer(&revoke);
    assert_eq!(first(desk.answer(&revoke)), revoked);
    assert_eq!(first(desk.answer(&sessions)), told[1], "its key was ended");
    rig.clock.advance(60_000);
    let late = [desk.answer(&owners), desk.answer(&sessions)].map(first);
    assert_eq!(late, told, "both have expired");
    // What never was in the log is refused for what it is.
    let unknown = rig.operations(&session, 0, 9, vec![place(Side::Buy, 490_000, 1)]);
    assert_eq!(desk.code(&unknown), 2002);
}

#[test]
fn another_valid_signature_of_the_same_key_makes_no_other_command() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let command = bid(&rig, 0, 490_000);
    let told = desk.answer(&command);
    let Source::User { command, signature } = command else { panic!("a user's") };
    let other = sign_otherwise([1; 32], command_digest(rig.separator, &command));
    assert_ne!(other, signature);
    assert_eq!(first(desk.answer(&Source::User { command: command.clone(), signature: other })), told);
    let mut broken = signature;
    broken.0[40] ^= 1;
    let code = desk.code(&Source::User { command, signature: broken });
    assert!(matches!(code, 2001 | 2002), "{code}");
}

/// Signs as a wallet does that puts randomness of its own into the nonce.
fn sign_otherwise(secret: [u8; 32], digest: B256) -> Signature {
    use secp256k1::{Message, SecretKey, ecdsa::RecoverableSignature};
    let secret = SecretKey::from_secret_bytes(secret).expect("a key");
    let signed = RecoverableSignature::sign_ecdsa_recoverable_with_noncedata(
        Message::from_digest(digest.0),
        &secret,
        &[3; 32],
    );
    let (id, compact) = signed.serialize_compact();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&compact);
    bytes[64] = 27 + id.to_u8();
    Signature(bytes)
}

#[test]
fn a_nonce_behind_the_window_is_not_answered_for_the_command_that_took_its_place() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let (old, inside) = (bid(&rig, 3, 490_000), bid(&rig, 4, 490_000));
    let told = [desk.answer(&old), desk.answer(&inside)];
    let newer = bid(&rig, 3 + limits::NONCE_WINDOW, 490_000);
    let newest = desk.answer(&newer);
    assert_eq!(desk.code(&old), 2006);
    assert_eq!(first(desk.answer(&inside)), told[1], "the last of the window");
    assert_eq!(first(desk.answer(&newer)), newest);
    let journal = Journal::new(Arc::new(rig.store.crash()));
    let known = |nonce| journal.command(AccountId(0), key(1).address(), Nonce(nonce)).expect("a journal");
    assert_eq!(known(3), known(3 + limits::NONCE_WINDOW), "one entry a place of the window");
    assert_eq!(known(5), None);
}
