//! L1 that is dear: its own headers, proven at the command line, stretch what is owed on it, and never more than double it.

use super::{
    LANE, Node,
    cli::{Person, key},
    network::{DEADLINE, Network, STRESS},
    node,
};
use alloy::{
    primitives::U256,
    providers::{Provider, ext::AnvilApi},
};
use ballast_bridge::{
    Result, Severity,
    bindings::{Rollup, StressClock},
    demand::{Archive, Chunk, Standing},
    freezer::Freezer,
    guard::Guard,
    l1::L1,
    sentinel::Sentinel,
    stress_prover::StressProver,
};
use serde_json::{Value, json};
use std::path::PathBuf;

const CALM: u64 = 1_000_000_000;
const DEAR: u64 = 100 * CALM;

fn interval() -> u64 {
    u64::from(STRESS.interval)
}

/// Mines a block with this time and base fee.
async fn block(network: &Network, time: u64, fee: u64) {
    network.provider().anvil_set_next_block_base_fee_per_gas(fee.into()).await.expect("it is set");
    network.provider().anvil_set_next_block_timestamp(time).await.expect("time passes");
    network.mine(1).await;
}

async fn now(network: &Network) -> u64 {
    let block = network.provider().get_block_by_number(alloy::eips::BlockNumberOrTag::Latest).await;
    block.expect("an answer").expect("a block").header.timestamp
}

/// Dear blocks at the beginning of so many intervals and one, from the next one on, and a cheap one after them; when the first
/// of these begins.
async fn congestion(network: &Network, intervals: u64) -> u64 {
    let first = now(network).await.div_ceil(interval()) * interval() + interval();
    for i in 0..=intervals {
        block(network, first + i * interval(), DEAR).await;
    }
    block(network, first + intervals * interval() + 1, CALM).await;
    first
}

/// What the answer says of a window.
fn window<'a>(answer: &'a Value, of: &str) -> &'a Value {
    let windows = answer["windows"].as_array().expect("windows");
    windows.iter().find(|window| window["of"] == of).unwrap_or(&Value::Null)
}

fn place(network: &Network) -> Vec<String> {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("stress-deployment.json");
    let text = serde_json::to_string(&network.deployment).expect("a deployment");
    std::fs::write(&path, text).expect("a file");
    vec!["--deployment".to_owned(), path.display().to_string()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_waits_while_l1_is_dear_and_at_most_as_long_again() {
    let network = Network::start().await;
    let url = network.url();
    let user = Person { l1: &url, place: place(&network), key: key(&network.user_key()) };
    let keyless = Person { l1: &url, place: place(&network), key: "no key".to_owned() };
    let rollup = Rollup::new(network.deployment.rollup, network.provider());
    let due = async || rollup.forcedDue(0).call().await.expect("an answer").to::<u64>();

    // The reference: what L1 costs before.
    network.mine(32 * u64::from(STRESS.referenceStep)).await;
    let sent = user.done("force-cancel --account 7");
    assert_eq!(sent["id"], json!(0));
    let plain = due().await;
    let look = keyless.done("stress --look");
    assert!(look["samples"].as_u64().is_some_and(|samples| samples >= 31), "{look}");
    assert_eq!((&look["blocks"], &window(&look, "request")["stretched"]), (&json!(0), &json!(0)));
    let proven = user.done("stress");
    assert_eq!(proven["samples"], look["samples"]);
    assert_eq!(keyless.done("stress --look")["samples"], json!(0));

    // A spike alone is nothing; four intervals are, also when only the history contract knows their blocks.
    congestion(&network, 0).await;
    assert_eq!(keyless.done("stress --look")["blocks"], json!(0));
    network.pass(interval()).await;
    let first = congestion(&network, 4).await;
    network.mine(300).await;
    let printed = keyless.done("stress --print");
    assert_eq!(printed["transactions"].as_array().map(Vec::len), Some(2), "samples, and what is dear");
    let stretched = user.done("stress");
    assert_eq!(stretched["blocks"], json!(5), "{stretched}");
    let request = window(&stretched, "request");
    assert_eq!((&request["stretched"], &request["gained"]), (&json!(4 * interval()), &json!(4 * interval())));
    assert_eq!(due().await, plain + 4 * interval());
    let clock = rollup.clock().call().await.expect("an answer");
    assert_eq!(json!(clock), stretched["clock"]);
    let until = StressClock::new(clock, network.provider()).stressedUntil().call().await.expect("an answer");
    assert_eq!(until, first + 4 * interval());
    assert_eq!(user.done("stress")["blocks"], json!(0), "it is proven");

    // It is not late where it would be, and it is where nobody waits any longer.
    block(&network, plain + 1, CALM).await;
    let (done, refusal) = user.run("freeze --request 0");
    assert!(!done && refusal["error"].as_str().is_some_and(|it| it.contains("RequestInTime")), "{refusal}");
    let (done, refusal) = user.run("freeze");
    assert!(!done && refusal["error"].as_str().is_some_and(|it| it.contains("at the earliest")), "{refusal}");
    congestion(&network, 2 * DEADLINE / interval()).await;
    let stretched = user.done("stress");
    assert_eq!(window(&stretched, "request")["stretched"], json!(DEADLINE), "{stretched}");
    assert_eq!(due().await, plain + DEADLINE);
    assert_eq!(window(&stretched, "silence")["stretched"], json!(DEADLINE));
    assert!(now(&network).await > plain + DEADLINE);
    let frozen = user.done("freeze --request 0");
    let at = frozen["frozenAt"].as_u64().expect("it is frozen");

    // What is proven then changes nothing.
    congestion(&network, 3).await;
    let after = user.done("stress");
    assert_eq!(window(&after, "request"), &Value::Null);
    assert_eq!(rollup.frozenAt().call().await.expect("an answer"), at);
    assert_eq!(network.balance(clock).await, U256::ZERO);
}

/// Steps so often, so that what is under way has come to an end.
async fn work(guard: &mut Guard<Node>, clock: &mut u64) {
    for _ in 0..6 {
        if let Err(error) = guard.step(*clock).await {
            // anvil shows the state of a block a moment before the block.
            assert_eq!(error.severity(), Severity::Temporary, "{error}");
        }
        *clock += 1;
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

struct Nothing;

impl Archive for Nothing {
    fn chunk(&self, _: u64, _: u32) -> Result<Option<Chunk>> {
        Ok(None)
    }
    fn saw(&self, _: &Standing) {}
}

fn guard(l1: &Node) -> Guard<Node> {
    let sentinel = Sentinel::new(l1.clone(), Box::new(Nothing), 0);
    Guard::new(l1.clone(), LANE, sentinel, None)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guard_proves_what_stretches_windows_and_freezes_what_is_late_after_all() {
    let network = Network::start().await;
    let l1 = node(&network).await.with_key(network.user_key());
    let rollup = Rollup::new(network.deployment.rollup, network.provider());
    let due = async || rollup.silentDue().call().await.expect("an answer").to::<u64>();
    let plain = due().await;
    let ether = U256::from(10).pow(U256::from(18));
    let prover = StressProver::new(l1.clone(), LANE.caps, ether);
    let mut guard = guard(&l1).proving(Some(prover)).freezing(Some(Freezer::new(l1.clone(), LANE.caps)));

    network.mine(32 * u64::from(STRESS.referenceStep)).await;
    let mut clock = 0;
    work(&mut guard, &mut clock).await;
    let samples = l1.unproven().await.expect("an answer").samples.len();
    assert!(samples >= 31, "samples wait until they are needed: {samples}");
    // Dear blocks and their samples, by one call, as soon as it is cheap again.
    let before = network.balance(network.user()).await;
    let first = now(&network).await.div_ceil(interval()) * interval() + interval();
    for i in 0..=4 {
        block(&network, first + i * interval(), DEAR).await;
        work(&mut guard, &mut clock).await;
    }
    assert_eq!(l1.unproven().await.expect("an answer").dear.len(), 5, "no window ends soon, and it is dear");
    block(&network, first + 4 * interval() + 1, CALM).await;
    work(&mut guard, &mut clock).await;
    let unproven = l1.unproven().await.expect("an answer");
    assert!(unproven.samples.is_empty() && unproven.dear.is_empty(), "{unproven:?}");
    assert_eq!(due().await, plain + 4 * interval());
    let cost = before - network.balance(network.user()).await;
    assert!(cost > U256::ZERO && cost < ether / U256::from(20), "{cost}");

    block(&network, plain + 1, CALM).await;
    work(&mut guard, &mut clock).await;
    assert_eq!(l1.frozen_at().await.expect("an answer"), None, "it is not late as long as it is stretched");
    block(&network, plain + 4 * interval() + 1, CALM).await;
    work(&mut guard, &mut clock).await;
    assert!(l1.frozen_at().await.expect("an answer").is_some());
}
