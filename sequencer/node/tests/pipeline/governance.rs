//! Governance through the interface: what it may move, what waits, and what is told when it takes effect.

use crate::support::*;
use ballast_node::{
    pipeline::Answer,
    wire::{Channel, EventView, MarketUpdate},
};
use ballast_types::*;
use serde_json::{Value, json};

const DAY_MS: u64 = 86_400_000;

/// Governance says something on L1: what the exchange tells of it.
fn govern(rig: &Rig, action: u8, value: u64) -> Value {
    let index = rig.core.mirror.read().exchange.state.chain.l1_count;
    let payload = L1Payload::Governance(GovernanceCall { action, subject: MARKET.0, value });
    let message = L1Message { index, l1_block: 10 + index, l1_time: START.0 / 1_000, payload };
    rig.core.l1.send(message).expect("the sequencer runs");
    rig.wait(|| rig.query("ballast_l1Message", json!([index]))["result"] != Value::Null);
    let told = rig.query("ballast_l1Message", json!([index]))["result"].clone();
    assert_eq!((told["kind"].clone(), told["status"].clone()), (json!("governance"), json!("accepted")));
    told["events"][0].clone()
}

fn governance(rig: &Rig) -> Value {
    rig.query("ballast_governance", json!([]))["result"].clone()
}

/// The row of a parameter of the market.
fn parameter(rig: &Rig, name: &str) -> Value {
    let all = governance(rig)["parameters"].clone();
    let all = all.as_array().expect("a list");
    all.iter().find(|row| row["name"] == name && row["subject"] == 0).expect("it may move").clone()
}

fn market(rig: &Rig) -> Value {
    rig.query("ballast_markets", json!([]))["result"][0].clone()
}

#[test]
fn what_waits_is_told_and_whoever_looks_at_the_market_sees_it_move() {
    let rig = Rig::trading();
    let (_, _, channels) = rig.core.ports();
    let mut feed = channels.subscribe(Channel::Market(MARKET)).expect("a market");
    let before = market(&rig);
    let now = before["initialMargin"].as_u64().expect("ppm");
    let row = parameter(&rig, "initial_margin");
    assert_eq!(
        (row["value"].clone(), row["most"].clone()),
        (json!(now.to_string()), json!((2 * now).to_string()))
    );

    let refused = govern(&rig, 1, 2 * now + 1);
    assert_eq!(refused["kind"], "governanceRefused");
    assert_eq!(
        (refused["name"].clone(), refused["rejection"]["code"].clone()),
        (json!("initial_margin"), json!(1_017))
    );
    assert_eq!(govern(&rig, 14, 1)["rejection"]["code"], 1_016);
    // There are no tiers that could be worth something else.
    assert_eq!(govern(&rig, 13, 1)["rejection"]["code"], 1_017);
    let listed = governance(&rig)["parameters"].clone();
    let listed = listed.as_array().expect("a list").iter();
    assert!(listed.clone().count() > 0 && listed.clone().all(|row| row["name"] != "tier_notional"));
    let scheduled = govern(&rig, 1, 2 * now);
    let at = scheduled["at"].as_u64().expect("a time");
    assert_eq!(scheduled["kind"], "changeScheduled");
    let waits = governance(&rig)["pending"].clone();
    assert_eq!(waits.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (waits[0]["at"].clone(), waits[0]["value"].clone()),
        (json!(at), json!((2 * now).to_string()))
    );

    // A market without a price for a whole day would settle.
    for _ in 0..2 {
        rig.clock.advance(DAY_MS / 2);
        rig.price(PRICE);
    }
    rig.wait(|| market(&rig)["initialMargin"] == json!(2 * now));
    assert_eq!(market(&rig)["initial"], json!(2 * now), "what is in force, at once");
    assert_eq!(market(&rig)["maintenance"], before["maintenance"]);
    assert_eq!(governance(&rig)["pending"], json!([]));
    assert_eq!(parameter(&rig, "initial_margin")["most"], json!((4 * now).min(1_000_000).to_string()));
    let mut told = Vec::new();
    while !told.iter().any(|event| matches!(event, EventView::ParameterChanged { .. })) {
        let update = feed.updates.blocking_recv().expect("it is told");
        let update: MarketUpdate = serde_json::from_str(&update.json).expect("an update");
        told.extend(update.events);
    }
    let kinds = |wanted: fn(&EventView) -> bool| told.iter().filter(|event| wanted(event)).count();
    assert_eq!(kinds(|event| matches!(event, EventView::GovernanceRefused { .. })), 2, "not of no action");
    assert_eq!(kinds(|event| matches!(event, EventView::ChangeScheduled { .. })), 1);
    assert_eq!(kinds(|event| matches!(event, EventView::MarginChanged { .. })), 1);
}

#[test]
fn whoever_is_to_sign_is_told_a_week_before_and_then_signs() {
    let rig = Rig::trading();
    let (first, second) = (publisher_key(), key(1));
    let signers = |rig: &Rig| governance(rig)["signers"].clone();
    assert_eq!(
        signers(&rig),
        json!({
            "publishers": [first.address()], "guardian": guardian_key().address(), "replacedAt": null,
        })
    );
    let refused = rig.ask(rig.report_by(&second, PRICE));
    assert!(matches!(refused, Answer::Refused(it) if it.code == RejectCode::UnknownPublisher), "not yet");
    let scheduled = govern(&rig, 11, 0);
    assert_eq!((&scheduled["kind"], &scheduled["name"]), (&json!("changeScheduled"), &json!("publisher")));
    let waits = governance(&rig)["pending"][0].clone();
    assert_eq!(
        (&waits["signer"], &waits["subject"], &waits["value"]),
        (&json!(second.address()), &json!(0), &json!("0")),
        "the owner of the first account"
    );

    // A market without a price for a whole day would settle.
    for _ in 0..14 {
        rig.clock.advance(DAY_MS / 2);
        rig.price(PRICE);
    }
    rig.wait(|| signers(&rig)["publishers"] == json!([second.address()]));
    assert!(signers(&rig)["replacedAt"].as_u64() >= scheduled["at"].as_u64());
    assert_eq!(governance(&rig)["pending"], json!([]));
    rig.clock.advance(1);
    let refused = rig.ask(rig.report(PRICE));
    assert!(matches!(refused, Answer::Refused(it) if it.code == RejectCode::UnknownPublisher), "no longer");
    assert!(matches!(rig.ask(rig.report_by(&second, PRICE)), Answer::Sequenced(_)));
}
