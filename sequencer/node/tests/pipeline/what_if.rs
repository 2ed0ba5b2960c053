//! What an order would do is told by who would do it, and nothing of it is done.

use crate::{quarantine::two_pools, support::*};
use ballast_engine::{Exchange, rehearse};
use ballast_node::{
    app::{Parts, rehearsal},
    wire::{AccountView, Amount},
};
use ballast_types::*;
use serde_json::{Value, json};

const ASKS: [(u64, u64); 2] = [(PRICE.0, 300), (PRICE.0 + 1, 400)];

/// Account 1 offers at two prices.
fn offered() -> Rig {
    let rig = Rig::trading();
    let asks = ASKS.map(|(price, size)| place(Side::Sell, price, size));
    rig.accept(rig.operations(&key(2), 1, 0, asks.to_vec()));
    rig
}

fn what_if(rig: &Rig, account: u32, operations: Value, atomic: bool) -> Value {
    rig.query("ballast_whatIf", json!([account, operations, atomic]))
}

fn order(side: &str, price: u64, size: u64) -> Value {
    json!({ "kind": "place", "market": 0, "order": { "side": side, "price": price, "size": size } })
}

#[test]
fn what_it_says_is_what_happens() {
    let rig = offered();
    let rests_in_part = order("buy", PRICE.0 + 1, 1_000);
    let leverage = json!({ "kind": "setLeverage", "market": 0, "leverage": 10 });
    let account = |rig: &Rig| rig.query("ballast_account", json!([0]))["result"].clone();
    let before = account(&rig);
    let told = what_if(&rig, 0, json!([rests_in_part, leverage]), true)["result"].clone();
    assert_eq!(told["before"], before);
    assert_eq!(account(&rig), before, "nothing is done");

    let result = &told["results"][0];
    assert_eq!((&result["filledSize"], &result["restingSize"]), (&json!(700), &json!(300)));
    // (500,000 * 300 + 500,001 * 400) / 700 ticks, in millionths.
    assert_eq!(result["averagePrice"], "500000571428");
    let fees = result["fills"].as_array().expect("fills").iter();
    let fees: i128 =
        fees.map(|fill| fill["fee"].as_str().expect("a string").parse::<i128>().expect("money")).sum();
    assert!(fees > 0);
    assert_eq!(result["fee"], fees.to_string());
    assert!(told["results"][1].get("averagePrice").is_none());

    let operations =
        vec![place(Side::Buy, PRICE.0 + 1, 1_000), Operation::SetLeverage { market: MARKET, leverage: 10 }];
    let ack = rig.accept(rig.operations(&key(1), 0, 0, operations));
    assert_eq!(told["after"], account(&rig));
    assert_eq!(told["after"]["seq"], ack.seq.0);
    let outcome = rig.query("ballast_outcome", json!([ack.seq.0]))["result"].clone();
    assert_eq!(told["events"], outcome["events"]);
    for (told, answered) in told["results"]
        .as_array()
        .expect("results")
        .iter()
        .zip(outcome["results"].as_array().expect("results"))
    {
        let answered = answered.as_object().expect("an object");
        assert!(answered.iter().all(|(name, value)| told[name] == *value), "{told} {answered:?}");
    }
}

#[test]
fn a_step_that_would_be_rejected_says_why() {
    let rig = offered();
    // A twentieth of 10^12 u is initial margin of 2 * 10^13, or 4 * 10^6 lots at 5 * 10^6 u.
    let too_large = order("buy", PRICE.0 - 1, 4_100_000);
    let told = what_if(&rig, 0, json!([too_large, order("buy", PRICE.0 - 2, 1)]), false)["result"].clone();
    let [large, small] = [&told["results"][0], &told["results"][1]];
    assert_eq!((&large["accepted"], &large["rejection"]["code"]), (&json!(false), &json!(4001)));
    assert_eq!(large["rejection"]["value"], FUNDS.0.to_string());
    let limit: i128 = large["rejection"]["limit"].as_str().expect("a string").parse().expect("money");
    assert!(limit > FUNDS.0.into());
    assert_eq!((&small["accepted"], &told["after"]["openOrders"]), (&json!(true), &json!(1)));

    let told = what_if(&rig, 0, json!([order("buy", PRICE.0 - 2, 1), too_large]), true)["result"].clone();
    assert_eq!(told["results"][0]["rejection"]["code"], 3012);
    let mut after = told["after"].clone();
    after["seq"] = told["before"]["seq"].clone();
    assert_eq!(after, told["before"]);
}

#[test]
fn what_cannot_be_tried_out_is_refused() {
    let rig = offered();
    let code = |account, operations: Vec<Value>| {
        let error = what_if(&rig, account, json!(operations), false)["error"].clone();
        (error["code"].as_i64().expect("a code"), error["data"]["limit"].clone())
    };
    assert_eq!(code(9, vec![order("buy", 1, 1)]), (2010, json!("2")));
    assert_eq!(code(0, vec![]), (1003, json!("0")));
    assert_eq!(code(0, vec![order("buy", 1, 1); 11]), (1004, json!("10")));
    // Not a step.
    assert_eq!(code(0, vec![json!({ "kind": "withdraw" })]).0, -32602);
}

#[test]
fn whoever_only_asks_changes_no_batch() {
    let rig = offered();
    // A batch has 50 inputs; every one is checked against the sequencer's, and the batch by its program.
    for nonce in 0..60 {
        let (price, size) = (PRICE.0 - nonce % 7, 1 + nonce);
        let steps =
            json!([order("buy", PRICE.0 + 1, 500), { "kind": "cancelAll" }, order("sell", price, size)]);
        let told = what_if(&rig, (nonce % 2) as u32, steps, nonce % 3 == 0);
        assert!(told["result"]["after"].is_object(), "{told}");
        rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, price, size)]));
    }
    rig.wait(|| rig.core.stored.borrow().0 >= 1);
    let _: Amount =
        serde_json::from_value(rig.query("ballast_account", json!([0]))["result"]["cash"].clone())
            .expect("it goes on");
}

/// Trying out an order with this number panics, when all is done.
const PANICS: u64 = 13;

fn broken(
    x: &mut Exchange,
    time: Millis,
    command: &Operations,
) -> Result<(Vec<Event>, Option<AccountView>), Rejection> {
    let panics = |operation: &Operation| matches!(operation, Operation::Place { order, .. } if order.client.0 == PANICS);
    if command.operations.iter().any(panics) {
        rehearse(x, time, command, |after| {
            assert_eq!(after.state.chain.accounts, 0, "nobody thought of it")
        })?;
    }
    rehearsal(x, time, command)
}

/// Nobody signs a query: the mirror was left as the panic found it, and the process ended.
#[test]
fn whoever_found_a_rule_that_panics_stopped_the_node_by_asking() {
    let rig = two_pools(|parts| Parts { rehearsal: broken, ..parts });
    let asks = ASKS.map(|(price, size)| place(Side::Sell, price, size));
    rig.accept(rig.operations(&key(2), 1, 1, asks.to_vec()));
    let shown = |rig: &Rig| {
        let book = rig.query("ballast_book", json!([0, 10]))["result"]["asks"].clone();
        (rig.query("ballast_account", json!([0]))["result"].clone(), book)
    };
    let before = shown(&rig);
    let takes = order("buy", PRICE.0 + 1, 500);
    let mut poisoned = takes.clone();
    poisoned["order"]["clientId"] = json!(PANICS);
    // After one nothing is tried out in the pool: looking at the whole mirror takes its time.
    for atomic in [false, true] {
        for step in [&poisoned, &takes] {
            let told = what_if(&rig, 0, json!([step]), atomic);
            assert_eq!(told["error"]["code"], -32603, "{told}");
            assert_eq!(shown(&rig), before);
        }
    }
    let mut elsewhere = takes;
    elsewhere["market"] = json!(1);
    assert!(what_if(&rig, 2, json!([elsewhere]), false)["result"]["after"].is_object());

    // What somebody signs is done, the mirror follows, and the program makes the same of it.
    for nonce in 1..60 {
        rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, PRICE.0 + 1, 10)]));
    }
    rig.wait(|| rig.core.stored.borrow().0 >= 1);
}
