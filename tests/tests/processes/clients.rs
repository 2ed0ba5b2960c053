//! Clients in other languages, against a devnet.

use ballast_tests::devnet::{
    Devnet, accounts,
    market::{Market, prices::Prices},
    options::Options,
    process,
};
use ballast_types::Quote;
use std::{path::Path, process::Command, time::Duration};

/// What bob begins with, in micro-USDC.
const STAKE: Quote = Quote(10_000_000_000);

#[tokio::test(flavor = "multi_thread")]
async fn the_python_client_trades_and_checks_the_promises() {
    let Some(python) = std::env::var_os("BALLAST_PYTHON").filter(|path| Path::new(path).is_file()) else {
        eprintln!(
            "SKIPPED: BALLAST_PYTHON names no Python with the client's packages; see scripts/setup python"
        );
        return;
    };
    let devnet = Devnet::start(Options { validator: false, ..Options::quick() }).await.expect("a devnet");
    let prices = Prices::walk(&devnet.options().markets, 2);
    let _market = Market::start(&devnet, prices, Duration::from_millis(500), 2).await.expect("a market");
    let account = devnet.fund(&[(accounts::address(accounts::BOB), STAKE)]).await.expect("money")[0];

    let mut command = Command::new(&python);
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python/trade.py"));
    command.args([&devnet.ws(), accounts::private_key(accounts::BOB)]);
    let run = tokio::task::spawn_blocking(move || process::run(&mut command));
    let printed =
        tokio::time::timeout(Duration::from_secs(120), run).await.expect("it ends").expect("it runs");
    let done: serde_json::Value =
        serde_json::from_str(&printed.expect("it succeeds")).expect("it prints JSON");
    assert_eq!(done["account"], account.0);
    assert!(done["bought"].as_u64() > Some(0) && done["boughtBySession"].as_u64() > Some(0), "{done}");

    let restrict = async |mode: &str, ahead: &str| {
        let mut command = Command::new(&python);
        command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python/guardian.py"));
        command.args([&devnet.ws(), accounts::private_key(accounts::GUARDIAN), "0", mode, ahead]);
        let run = tokio::task::spawn_blocking(move || process::run(&mut command)).await.expect("it runs");
        let told: serde_json::Value =
            serde_json::from_str(&run.expect("it succeeds")).expect("it prints JSON");
        told["mode"].as_str().expect("its mode").to_owned()
    };
    assert_eq!(restrict("reduceOnly", "60000").await, "reduceOnly");
    restrict("reduceOnly", "0").await;
}
