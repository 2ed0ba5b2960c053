//! The full round of `scripts/devnet --smoke`, on a devnet of its own.

use ballast_tests::devnet::{
    Devnet,
    market::{Market, prices::Prices},
    options::Options,
    smoke,
};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn money_goes_in_trades_and_comes_out() {
    let mut devnet = Devnet::start(Options::quick()).await.expect("a devnet");
    let prices = Prices::walk(&devnet.options().markets, 1);
    let market = Market::start(&devnet, prices, Duration::from_millis(500), 1).await.expect("a market");
    let mut lines = Vec::new();
    let mut keep = |line: &str| {
        eprintln!("{line}");
        lines.push(line.to_owned());
        Ok(())
    };
    smoke::round(&devnet, &mut keep).await.expect("a full round");
    assert_eq!(lines.last().map(String::as_str), Some("all is well"));
    drop(market);
    devnet.stop().expect("everything stops in good order");
}
