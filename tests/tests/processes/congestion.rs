//! L1 takes nothing for a while: trade goes on, what waits merges, and is on L1 soon after. Half a minute stands for
//! what `scripts/congestion` lets take half an hour, when the exchange also tightens its markets and eases them again.

use ballast_tests::{
    congestion::{self, Plan},
    devnet::Devnet,
    size,
};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn trade_goes_on_while_l1_takes_nothing() {
    let congested = Duration::from_secs(if size::is_full() { 40 } else { 25 });
    let plan = Plan { usual: Duration::from_secs(6), congested, seed: size::seed() };
    let devnet = Devnet::start(congestion::options()).await.expect("a devnet");
    let report = congestion::run(&devnet, plan).await.expect("it goes on");
    eprintln!("{}", serde_json::to_string(&report).expect("figures"));
    assert_eq!(report.posted_congested, 0, "L1 was dear, and took batches all the same");
    assert!(report.rate_congested > report.rate_before * 0.75, "trade waited for L1");
    assert_eq!(report.lags, ["none"], "half a minute is no reason to tighten a market");
    assert!(report.waiting <= 9, "batches without end wait for L1");
    assert!(report.blocks_to_clear <= 10, "it took {} blocks to post what waited", report.blocks_to_clear);
    assert!(
        report.bytes_per_input_waiting < report.bytes_per_input_before,
        "what waited was not merged: an input took as much as before"
    );
}
