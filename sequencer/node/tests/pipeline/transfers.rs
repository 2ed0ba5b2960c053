//! Money goes from an account to another of the same owner, asked for by RPC.

use crate::{
    batches::header,
    resubmission::{Desk, crash},
    support::*,
};
use ballast_types::{limits::NEW_ACCOUNT, *};
use serde_json::json;

fn transfer(rig: &Rig, nonce: u64, from: u32, to: u32, pool: u16, amount: i64) -> Source {
    let (account, to, pool) = (AccountId(from), AccountId(to), PoolId(pool));
    let (nonce, expires, amount) = (Nonce(nonce), Millis(START.0 + 60_000), Quote(amount));
    rig.signed(&key(1), UserCommand::Transfer(Transfer { account, nonce, expires, to, pool, amount }))
}

#[test]
fn money_goes_to_another_pool_and_back() {
    let rig = Rig::trading();
    let desk = Desk::of(&rig);
    let there = desk.answer(&transfer(&rig, 1, 0, NEW_ACCOUNT, 1, 5_000_000));
    let (_, views, _) = rig.core.ports();
    let accounts = views.accounts(key(1).address()).expect("there are accounts");
    let [0, opened] = accounts[..] else { panic!("{accounts:?}") };
    let told = json!([{ "kind": "transferred", "account": 0, "to": opened, "pool": 1,
        "amount": "5000000", "fee": "1000000" }]);
    assert_eq!(there["status"], "accepted", "{there}");
    let outcome = views.outcome(Seq(there["seq"].as_u64().expect("its place"))).expect("it is in the log");
    assert_eq!(json!(outcome.events), told);
    let account = views.account(AccountId(opened)).expect("it was opened");
    assert_eq!((account.pool, account.cash.0), (1, 4_000_000));

    let refused = desk.answer(&transfer(&rig, 2, 0, opened, 0, 1_000_000));
    assert_eq!(refused["rejection"]["code"], 3019, "{refused}");
    let back = desk.answer(&transfer(&rig, 1, opened, 0, 0, 3_000_000));
    assert_eq!(back["status"], "accepted", "{back}");
    let pool = views.pool(PoolId(1)).expect("it is listed");
    assert_eq!((pool.transferred.0, pool.fees.0, pool.credited.0), (2_000_000, 1_000_000, 0));
    assert_eq!(views.pool(PoolId(0)).expect("it is listed").transferred.0, -2_000_000);

    // The program that judges batches reaches the same root, and another process knows the account.
    for nonce in 3..60 {
        rig.accept(rig.operations(&key(1), 0, nonce, vec![place(Side::Buy, 490_000, 1)]));
    }
    assert_eq!(header(&rig, 1).index, 1);
    let rig = crash(rig);
    let (_, views, _) = rig.core.ports();
    assert_eq!(views.accounts(key(1).address()).expect("there are accounts"), [0, opened]);
}
