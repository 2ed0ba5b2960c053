//! What owners force through L1, dealt with by the node itself: an exit, a withdrawal, and messages behind an exit.

use crate::{resubmission::crash, support::*};
use ballast_node::wire::{AccountUpdate, Channel, EventView};
use ballast_types::*;
use serde_json::{Value, json};

const RECIPIENT: Address = Address::repeat_byte(0x99);
const LOTS: u64 = 1_000;
/// After so long a price is old.
const STALE_MS: u64 = limits::MAX_MARK_AGE_MS + 1;
/// As long the node leaves alone who cannot be closed.
const RETRY_MS: u64 = 1_000;

/// Account 0 is long, account 1 short.
fn holding() -> Rig {
    let rig = Rig::trading();
    rig.accept(rig.operations(&key(2), 1, 0, vec![place(Side::Sell, PRICE.0, LOTS)]));
    rig.accept(rig.operations(&key(1), 0, 0, vec![place(Side::Buy, PRICE.0, LOTS)]));
    rig
}

/// The next message of the inbox; gives its place.
fn send(rig: &Rig, payload: L1Payload) -> u64 {
    let index = rig.core.mirror.read().exchange.state.chain.l1_count;
    send_at(rig, index, payload)
}

/// Sends the message with this index: those before it may be taken meanwhile, or not.
fn send_at(rig: &Rig, index: u64, payload: L1Payload) -> u64 {
    let message = L1Message { index, l1_block: 10 + index, l1_time: START.0 / 1_000, payload };
    rig.core.l1.send(message).expect("the sequencer runs");
    index
}

/// The owner of account 0 forces something.
fn forced(request: ForcedRequest, amount: i64) -> L1Payload {
    let (sender, account) = (key(1).address(), AccountId(0));
    L1Payload::Forced {
        request,
        sender,
        account,
        recipient: RECIPIENT,
        asset: AssetId(0),
        amount: Quote(amount),
    }
}

fn deposit() -> L1Payload {
    let (owner, account) = (key(3).address(), AccountId(limits::NEW_ACCOUNT));
    L1Payload::Deposit { asset: AssetId(0), owner, account, amount: FUNDS }
}

fn is_exiting(rig: &Rig) -> bool {
    rig.query("ballast_account", json!([0]))["result"]["exit"] != Value::Null
}

fn l1_message(rig: &Rig, index: u64) -> Value {
    rig.wait(|| rig.query("ballast_l1Message", json!([index]))["result"] != Value::Null);
    rig.query("ballast_l1Message", json!([index]))["result"].clone()
}

/// The input with which account 0 was out, and what it was paid.
fn out(rig: &Rig) -> (u64, i128) {
    let (_, views, _) = rig.core.ports();
    let ended = || {
        (1..=rig.seq().0).rev().find_map(|seq| {
            let events = views.outcome(Seq(seq)).expect("it was sequenced").events;
            match events.last() {
                Some(EventView::ExitEnded { account: 0, amount, .. }) => Some((seq, amount.0)),
                _ => None,
            }
        })
    };
    rig.wait(|| ended().is_some());
    ended().expect("it was waited for")
}

/// Seals the batch, and gives the proof of the only withdrawal.
fn proof(rig: &Rig) -> Value {
    for nonce in 1..60 {
        rig.accept(rig.operations(&key(2), 1, nonce, vec![place(Side::Buy, 490_000, 1)]));
    }
    rig.wait(|| rig.query("ballast_withdrawalProof", json!([0]))["result"] != Value::Null);
    rig.query("ballast_withdrawalProof", json!([0]))["result"].clone()
}

#[test]
fn a_forced_exit_is_closed_and_paid_and_told() {
    let rig = holding();
    let (_, _, channels) = rig.core.ports();
    let mut told = channels.subscribe(Channel::Account(AccountId(0))).expect("an account");
    let index = send(&rig, forced(ForcedRequest::Exit, 0));
    let (seq, paid) = out(&rig);
    let message = l1_message(&rig, index);
    assert_eq!((&message["kind"], &message["status"]), (&json!("forced"), &json!("accepted")), "{message}");
    let request = json!({ "kind": "forcedRequest", "index": index, "account": 0, "request": "exit" });
    assert_eq!((&message["rejection"], &message["events"][0]), (&Value::Null, &request));
    assert!(message["seq"].as_u64().is_some_and(|asked| asked < seq), "{message}");
    assert!(!is_exiting(&rig) && paid > i128::from(FUNDS.0) * 9 / 10);

    let mut kinds = Vec::new();
    while kinds.last().is_none_or(|kind| *kind != "exitEnded") {
        let update = told.updates.blocking_recv().expect("it is told");
        let update: AccountUpdate = serde_json::from_str(&update.json).expect("an update");
        let events = update.events.iter().map(|event| json!(event)["kind"].clone());
        kinds.extend(events);
    }
    assert_eq!(kinds[..2], ["forcedRequest", "exiting"], "{kinds:?}");

    let proof = proof(&rig);
    let withdrawal = &proof["withdrawal"];
    assert_eq!((&withdrawal["account"], &withdrawal["seq"]), (&json!(0), &json!(seq)), "{proof}");
    assert_eq!(withdrawal["amount"], paid.to_string());
    assert_eq!(withdrawal["recipient"], json!(RECIPIENT));
}

#[test]
fn a_forced_withdrawal_takes_the_most_that_may_be() {
    let rig = Rig::trading();
    let index = send(&rig, forced(ForcedRequest::Withdraw, FUNDS.0 * 2));
    let message = l1_message(&rig, index);
    let kinds: Vec<_> = message["events"].as_array().expect("events").iter().map(|it| &it["kind"]).collect();
    assert_eq!(kinds, ["forcedRequest", "withdrawn"], "{message}");
    let proof = proof(&rig);
    assert_eq!(proof["withdrawal"]["amount"], FUNDS.0.to_string());
    assert_eq!(proof["withdrawal"]["seq"], message["seq"]);
}

#[test]
fn a_request_of_a_stranger_is_consumed_and_told_why() {
    let rig = Rig::trading();
    let (sender, account) = (key(9).address(), AccountId(0));
    let (request, recipient, amount) = (ForcedRequest::Exit, RECIPIENT, Quote::ZERO);
    let index =
        send(&rig, L1Payload::Forced { request, sender, account, recipient, asset: AssetId(0), amount });
    let message = l1_message(&rig, index);
    assert_eq!((&message["status"], &message["rejection"]["code"]), (&json!("rejected"), &json!(2016)));
    assert_eq!(message["events"], json!([]));
    assert!(!is_exiting(&rig));
    let later = rig.query("ballast_l1Message", json!([index + 1]));
    assert_eq!(later["error"]["code"], 9006, "{later}");
    let no_deposit = rig.query("ballast_deposit", json!([index]));
    assert_eq!(no_deposit["error"]["code"], 9006, "{no_deposit}");
}

#[test]
fn a_message_behind_an_exit_is_taken_after_it() {
    let rig = holding();
    let exit = send(&rig, forced(ForcedRequest::Exit, 0));
    let behind: Vec<u64> = (1..4).map(|ahead| send_at(&rig, exit + ahead, deposit())).collect();
    let (seq, _) = out(&rig);
    let taken: Vec<u64> =
        behind.iter().map(|index| l1_message(&rig, *index)["seq"].as_u64().expect("a seq")).collect();
    assert!(taken.is_sorted() && taken[0] > seq, "{taken:?} after {seq}");
}

/// An exit waits for a price that came just now, and a deposit for the exit.
fn waiting() -> (Rig, u64) {
    let rig = holding();
    rig.clock.advance(STALE_MS);
    let asked = send(&rig, forced(ForcedRequest::Exit, 0));
    l1_message(&rig, asked);
    assert!(is_exiting(&rig));
    // When this is answered the exit was tried once.
    rig.accept(rig.operations(&key(2), 1, 60, vec![Operation::CancelAll(CancelFilter::ALL)]));
    rig.price(PRICE);
    let behind = send(&rig, deposit());
    (rig, behind)
}

#[test]
fn a_message_waits_for_an_exit_whose_turn_comes_without_a_void_input() {
    let (rig, behind) = waiting();
    let before = rig.seq();
    std::thread::sleep(std::time::Duration::from_millis(50));
    // The clock stands still: nothing was tried, and nothing was taken.
    assert_eq!(rig.seq(), before);
    assert_eq!(rig.query("ballast_l1Message", json!([behind]))["error"]["code"], 9006);
    rig.clock.advance(RETRY_MS);
    let (seq, _) = out(&rig);
    assert!(l1_message(&rig, behind)["seq"].as_u64().is_some_and(|taken| taken > seq));
    let (_, views, _) = rig.core.ports();
    let all = (1..=rig.seq().0).map(|seq| views.outcome(Seq(seq)).expect("it was sequenced"));
    assert!(all.into_iter().all(|outcome| outcome.answer.status == "accepted"));
}

#[test]
fn a_message_waits_through_silence_for_an_exit_that_was_due() {
    let (rig, behind) = waiting();
    rig.clock.advance(STALE_MS);
    std::thread::sleep(std::time::Duration::from_millis(20));
    assert_eq!(rig.query("ballast_l1Message", json!([behind]))["error"]["code"], 9006);
    assert!(is_exiting(&rig));
    rig.price(PRICE);
    rig.clock.advance(RETRY_MS);
    let (seq, _) = out(&rig);
    assert!(l1_message(&rig, behind)["seq"].as_u64().is_some_and(|taken| taken > seq));
}

#[test]
fn a_node_that_starts_again_goes_on_with_exits_and_the_inbox() {
    let (rig, behind) = waiting();
    let rig = crash(rig);
    // The watcher gives the message again.
    let again = send(&rig, deposit());
    assert_eq!(again, behind);
    let (seq, _) = out(&rig);
    assert!(l1_message(&rig, behind)["seq"].as_u64().is_some_and(|taken| taken > seq));
}
