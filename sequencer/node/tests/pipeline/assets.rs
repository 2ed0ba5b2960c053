//! Assets beside USDC: deposits come, are told, and leave in kind, asked for by RPC.

use crate::{batches::header, resubmission::Desk, support::*};
use ballast_types::*;
use serde_json::json;

const ETH: AssetId = AssetId(1);

fn deposit(amount: i64) -> L1Payload {
    L1Payload::Deposit { asset: ETH, owner: key(1).address(), account: AccountId(0), amount: Quote(amount) }
}

fn withdraw(rig: &Rig, nonce: u64, asset: AssetId, amount: i64) -> Source {
    let (account, nonce, expires) = (AccountId(0), Nonce(nonce), Millis(START.0 + 60_000));
    let (amount, recipient) = (Quote(amount), key(9).address());
    rig.signed(&key(1), UserCommand::Withdraw(Withdraw { account, nonce, expires, asset, amount, recipient }))
}

#[test]
fn an_asset_comes_is_told_and_leaves_in_kind() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    rig.l1(deposit(7_500_000));
    let (_, views, _) = rig.core.ports();
    let told = json!([{ "kind": "deposited", "account": 0, "owner": key(1).address(), "asset": 1,
        "amount": "7500000", "opened": false }]);
    assert_eq!(json!(views.outcome(rig.seq()).expect("it is in the log").events), told);
    let account = rig.query("ballast_account", json!([0]))["result"].clone();
    // A lot is 5 USDC: nine tenths of 3,750,000 USDC are more than a million, for which it counts at most.
    let (value, initial) = (1_000_000_000_000_i64, 1_000_000_000_000_i64);
    let held = json!([{ "asset": 1, "amount": "7500000", "value": value.to_string(), "initialValue": initial.to_string() }]);
    assert_eq!(account["holdings"], held);
    assert_eq!(account["withdrawable"], FUNDS.0.to_string(), "it is no money");
    let told = [
        "equity",
        "equityInitial",
        "equityWithdrawal",
        "collateral",
        "collateralInitial",
        "debt",
        "debtLimit",
    ];
    let expected = [FUNDS.0 + value, FUNDS.0 + initial, FUNDS.0, value, initial, 0, value / 2];
    assert_eq!(told.map(|field| account[field].clone()), expected.map(|amount| json!(amount.to_string())));

    let refused = desk.answer(&withdraw(&rig, 1, ETH, 8_000_000));
    assert_eq!(
        (&refused["rejection"]["code"], &refused["rejection"]["limit"]),
        (&json!(4002), &json!("7500000"))
    );
    assert_eq!(desk.answer(&withdraw(&rig, 2, ETH, 999))["rejection"]["code"], 1007);
    assert_eq!(
        desk.code(&withdraw(&rig, 3, AssetId(2), 5_000)),
        6002,
        "it is refused before it has a place in the log"
    );
    let left = desk.answer(&withdraw(&rig, 4, ETH, 7_499_500));
    assert_eq!(left["status"], "accepted", "{left}");

    let usdc = json!({ "asset": 0, "symbol": "USDC", "minimum": "1000000", "credited": (2 * FUNDS.0).to_string(),
        "withdrawn": "0", "collateral": null });
    let eth = json!({ "asset": 1, "symbol": "ETH", "minimum": "1000", "credited": "7500000",
        "withdrawn": "7499500", "collateral": { "market": 0, "unitsPerLot": "10", "haircut": 100_000, "sizeFactor": 0,
        "since": 0, "most": "1000000000000", "total": "10000000", "lotValue": "5000000", "marketHaircut": 0,
        "marketHaircutInitial": 0, "days": 30 } });
    assert_eq!(rig.query("ballast_assets", json!([]))["result"], json!([usdc, eth]));

    // The program that judges batches comes to the same.
    for nonce in 5..60 {
        rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 490_000, 1)]));
    }
    let root = header(&rig, 1).withdrawalsRoot;
    let proof = views.withdrawal_proof(0).expect("it is sealed");
    assert_eq!((proof.withdrawals_root, proof.withdrawal.asset), (root, 1));
    assert_eq!(proof.withdrawal.amount.0, 7_499_500);
}

/// Clients that know of USDC alone leave the asset out.
#[test]
fn what_names_no_asset_is_usdc() {
    let rig = Rig::trading();
    let Source::User { command: UserCommand::Withdraw(command), signature } =
        withdraw(&rig, 1, AssetId::USDC, 5_000_000)
    else {
        unreachable!("it is a withdrawal")
    };
    let request = json!({
        "account": 0, "nonce": "1", "expires": command.expires.0, "amount": "5000000",
        "recipient": command.recipient, "signature": alloy_primitives::hex::encode_prefixed(signature.0),
    });
    let answer = rig.query("ballast_withdraw", json!([request]));
    assert_eq!(answer["result"]["status"], "accepted", "{answer}");
}
