//! Modes of a market through the interface: the guardian's word as it is sent, what is told of it, and a halt that ends by
//! itself.

use crate::support::*;
use ballast_node::{
    clock::Clock as _,
    pipeline::Answer,
    wire::{Channel, EventView, GuardianRequest, MarketUpdate, ModeView, results},
};
use ballast_types::*;
use serde_json::json;

/// The guardian restricts the market for so long: the request that `ballast_guardian` takes.
fn restrict(rig: &Rig, mode: MarketMode, ahead: u64) -> Answer {
    rig.clock.advance(1);
    let time = rig.clock.now();
    let until = Millis(time.0 + ahead);
    let command = GuardianCommand::Restrict(Restrict { market: MARKET, mode, until, time });
    let signature = guardian_key().sign(ballast_auth::guardian_digest(rig.separator, &command));
    let said = json!({
        "kind": "restrict", "market": 0, "mode": mode.name(), "until": until.0.to_string(), "time": time.0,
    });
    let hex = format!("0x{}", signature.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let request = json!({ "command": said, "signature": hex });
    let request: GuardianRequest = serde_json::from_value(request).expect("a request");
    let (sent, signature) = request.into_command();
    assert_eq!(sent, command);
    rig.ask(Source::Guardian { command: sent, signature })
}

fn code(rig: &Rig, who: u8, nonce: u64, operation: Operation) -> Option<u16> {
    let ack = rig.accept(rig.operations(&key(1 + who), who.into(), nonce, vec![operation]));
    results(&ack.record)[0].rejection.as_ref().map(|rejection| rejection.code)
}

#[test]
fn a_restriction_is_told_with_its_cause_and_ends_by_itself() {
    let rig = Rig::trading();
    let (_, views, channels) = rig.core.ports();
    let mut market = channels.subscribe(Channel::Market(MARKET)).expect("a market");
    assert!(matches!(restrict(&rig, MarketMode::Normal, 1_000), Answer::Refused(_)));
    assert!(matches!(restrict(&rig, MarketMode::ReduceOnly, 60_000), Answer::Sequenced(_)));
    rig.wait(|| views.markets().expect("markets")[0].mode == ModeView::ReduceOnly);
    let view = views.markets().expect("markets").remove(0);
    assert_eq!(
        (view.causes.as_slice(), view.initial_factor),
        (["guardian".to_owned()].as_slice(), 1_000_000)
    );
    let update: MarketUpdate =
        serde_json::from_str(&market.updates.blocking_recv().expect("it is told").json).expect("an update");
    let [EventView::Restricted { mode: ModeView::ReduceOnly, .. }, EventView::ModeChanged { causes, .. }] =
        update.events.as_slice()
    else {
        panic!("{update:?}")
    };
    assert_eq!(causes.as_slice(), ["guardian"]);
    assert_eq!(code(&rig, 1, 0, place(Side::Buy, 500_000, 2)), Some(5_008));
    assert!(matches!(restrict(&rig, MarketMode::ReduceOnly, 0), Answer::Sequenced(_)));
    assert_eq!(code(&rig, 1, 1, place(Side::Buy, 500_000, 2)), None);
}

#[test]
fn a_halted_market_calls_and_is_reopened_without_anybody_asking() {
    let rig = Rig::trading();
    let (_, views, _) = rig.core.ports();
    assert!(matches!(restrict(&rig, MarketMode::Halt, 2_000), Answer::Sequenced(_)));
    let view = views.markets().expect("markets").remove(0);
    assert_eq!((view.mode, view.calls_from), (ModeView::Halt, rig.clock.now().0 + 2_000));
    assert_eq!(view.next_clearing, view.calls_from + 30_000);
    assert_eq!(code(&rig, 0, 0, place(Side::Sell, 500_000, 3)), Some(5_007));
    rig.clock.advance(2_000);
    assert_eq!(code(&rig, 0, 1, place(Side::Sell, 500_000, 3)), None);
    assert_eq!(code(&rig, 1, 0, place(Side::Buy, 500_000, 3)), None);
    for _ in 0..30 {
        rig.clock.advance(1_000);
        rig.price(PRICE);
    }
    rig.wait(|| views.markets().expect("markets")[0].mode == ModeView::Normal);
    let view = views.markets().expect("markets").remove(0);
    assert_eq!((view.orders, view.open_interest.0, view.calls_from), (0, 3, 0));
    assert_eq!(views.pricing(MARKET).expect("a market").breakers.minute.traded, "3");
}
