//! The command line, as somebody uses it whom the exchange does not answer.

use super::network::{BASE_FEE, Network, REFUND_AFTER};
use alloy::{
    primitives::{Address, U256, hex},
    providers::ext::AnvilApi,
    signers::local::PrivateKeySigner,
};
use serde_json::{Value, json};
use std::{path::PathBuf, process::Command};

const GWEI: u64 = 1_000_000_000;

/// Somebody at the command line, with a key or, where it is not to be looked at, with something that is none.
pub(crate) struct Person<'a> {
    pub(crate) l1: &'a str,
    /// The options that say where the contracts are.
    pub(crate) place: Vec<String>,
    pub(crate) key: String,
}

impl Person<'_> {
    /// Whether it was a success, and the result.
    pub(crate) fn run(&self, line: &str) -> (bool, Value) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bridge"));
        // Nobody listens there.
        command.args(["--json", "--node", "http://127.0.0.1:9", "--l1", self.l1]);
        let output = command.args(&self.place).args(line.split(' ')).env("BALLAST_KEY", &self.key).output();
        let output = output.expect("it runs");
        let result = serde_json::from_slice(&output.stdout);
        let result = result.unwrap_or_else(|_| panic!("{line}: {}", String::from_utf8_lossy(&output.stderr)));
        (output.status.success(), result)
    }

    pub(crate) fn done(&self, line: &str) -> Value {
        let (success, result) = self.run(line);
        assert!(success, "{line}: {result}");
        result
    }
}

pub(crate) fn key(signer: &PrivateKeySigner) -> String {
    hex::encode(signer.to_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_forces_a_request_gets_back_what_is_his_without_the_exchange() {
    let network = Network::start().await;
    let deployment = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("deployment.json");
    let text = serde_json::to_string(&network.deployment).expect("a deployment");
    std::fs::write(&deployment, text).expect("a file");
    let (l1, owner) = (network.url(), network.user());
    let person = |key: String| Person {
        l1: &l1,
        place: vec!["--deployment".to_owned(), deployment.display().to_string()],
        key,
    };
    let user = person(key(&network.user_key()));
    let other = person(key(&network.sequencer_key()));
    let keyless = person("no key".to_owned());

    let printed = keyless.done("force-cancel --account 7 --print");
    assert_eq!(printed["value"], json!((2 * BASE_FEE).to_string()));
    assert_eq!(printed["to"], json!(network.deployment.inbox));
    let (done, refusal) = user.run("force-exit --account 7 --max-fee 0.0001");
    assert!(!done && refusal["error"].as_str().is_some_and(|error| error.contains("--max-fee")), "{refusal}");

    let sent = user.done("force-exit --account 7");
    assert_eq!((&sent["id"], &sent["shownByBatch"]), (&json!(0), &Value::Null));
    let status = user.done("status");
    assert!(
        status["exchangeError"].as_str().is_some_and(|error| error.contains("does not answer")),
        "{status}"
    );
    assert_eq!(status["messagesConsumedOnL1"], json!(0));
    assert_eq!(status["messagesConsumedByExchange"], Value::Null);
    assert_eq!(status["forced"]["requests"][0]["feeState"], json!("notDue"));
    assert_eq!(status["forced"]["credit"], json!(BASE_FEE.to_string()));

    network.pass(REFUND_AFTER + 1).await;
    let printed = keyless.done(&format!("refund --owner {owner} --print"));
    assert_eq!(printed["transactions"].as_array().map(Vec::len), Some(2));

    // What the gas would eat is left where it is.
    network.provider().anvil_set_next_block_base_fee_per_gas((1_000 * GWEI).into()).await.expect("dear gas");
    let left = user.done("refund");
    assert_eq!((&left["settled"], &left["paid"]), (&json!([]), &json!("0")));
    network.provider().anvil_set_next_block_base_fee_per_gas(GWEI.into()).await.expect("cheap gas");
    network.mine(1).await;

    let settled = other.done(&format!("refund --owner {owner}"));
    assert_eq!((&settled["settled"], &settled["paid"]), (&json!([0]), &json!("0")));
    let payee = Address::repeat_byte(0x55);
    let paid = user.done(&format!("refund --to {payee}"));
    assert_eq!((&paid["settled"], &paid["paid"]), (&json!([]), &json!((2 * BASE_FEE).to_string())));
    assert_eq!(network.balance(payee).await, U256::from(2 * BASE_FEE));
}
