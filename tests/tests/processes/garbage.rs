//! A batch with a right header but for what its data hold: validators say so, it is rejected, and what comes after can be
//! rebuilt from L1 alone. Real processes.

use alloy::providers::ext::AnvilApi;
use ballast_bridge::l1::L1 as _;
use ballast_tests::devnet::{
    Devnet, accounts, impostor,
    market::Market,
    options::{Data, Options},
};
use eyre::ensure;
use serde_json::json;
use std::time::Duration;

/// Seconds that a batch can be challenged: more than the test takes.
const WINDOW: u64 = 600;

/// Blocks come when a transaction does, and what is taken back was consumed by nobody.
pub(crate) fn options() -> Options {
    Options {
        block_time: None,
        challenge_window: WINDOW,
        confirmations: 12,
        poll: Duration::from_millis(100),
        patience: Duration::from_secs(2),
        data: Data::Calldata,
        validator: false,
        ..Options::quick()
    }
}

/// Waits until so many batches are on L1, genesis included.
pub(crate) async fn batches(devnet: &Devnet, count: u64) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    let look = async || Ok((l1.batch_count().await? >= count).then_some(()));
    devnet.until("batches to be posted", look).await
}

async fn round(devnet: &Devnet) -> eyre::Result<()> {
    batches(devnet, 2).await?;
    let (honest, mut diff) = impostor::take_back_the_last(devnet).await?;
    // One bit of the right diff, near its end.
    let at = diff.len() - 2;
    diff[at] ^= 1;
    let (header, data) = impostor::with_diff(honest.header.clone(), &diff)?;
    let forged = impostor::post(devnet, &header, data).await?;
    impostor::falls(devnet, &forged, &honest, "diff").await?;

    let provider = devnet.l1().reader()?;
    provider.anvil_increase_time(WINDOW + 1).await?;
    provider.anvil_mine(Some(1), None).await?;
    let l1 = impostor::l1(devnet).await?;
    let index = honest.header.index;
    let is_final = async || Ok((l1.finalized_count().await? > index).then_some(()));
    devnet.until("the right batch to be final", is_final).await?;
    let dir = devnet.dir().join("rebuilt");
    let rebuilt = devnet.bridge_alone(accounts::BOB, &format!("rebuild --dir {}", dir.display())).await?;
    ensure!(rebuilt["batch"].as_u64() >= Some(index), "{rebuilt}");
    ensure!(l1.is_rejected(forged.hash()).await? && rebuilt["batch"] != json!(null), "{rebuilt}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_under_a_right_root_is_found_rejected_and_rebuilt_past() {
    let devnet = Devnet::start(options()).await.expect("a devnet");
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let _market = Market::publishers(&devnet, prices);
    round(&devnet).await.expect("the garbage falls");
}
