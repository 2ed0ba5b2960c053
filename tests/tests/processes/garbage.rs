//! A batch with a right header but for what its data hold: validators say so, it is rejected, and what comes after can be
//! rebuilt from L1 alone. Real processes.

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

/// What the data of the forged batch hold.
#[derive(Clone, Copy, Debug)]
enum Garbage {
    /// The right diff but for a bit, and its hash in the header: in calldata, which the contract hashes.
    Calldata,
    /// Something else than the diff in blobs, into which the contract does not look.
    Blobs,
}

async fn round(devnet: &Devnet, garbage: Garbage) -> eyre::Result<()> {
    batches(devnet, 2).await?;
    let (honest, mut diff) = impostor::take_back_the_last(devnet).await?;
    let (header, why) =
        (honest.header.clone(), if matches!(garbage, Garbage::Blobs) { "diffHash" } else { "diff" });
    // One bit near the end.
    let at = diff.len() - 2;
    diff[at] ^= 1;
    let (header, data) = match garbage {
        Garbage::Calldata => impostor::with_diff(header, &diff)?,
        Garbage::Blobs => impostor::with_other_blobs(devnet, header, &diff).await?,
    };
    let forged = impostor::post(devnet, &header, data).await?;
    impostor::falls(devnet, &forged, &honest, why).await?;

    devnet.l1().pass(WINDOW + 1).await?;
    let l1 = impostor::l1(devnet).await?;
    let index = honest.header.index;
    let is_final = async || Ok((l1.finalized_count().await? > index).then_some(()));
    devnet.until("the right batch to be final", is_final).await?;
    let dir = devnet.dir().join("rebuilt");
    let rebuilt = devnet.bridge_alone(accounts::BOB, &format!("rebuild --dir {}", dir.display())).await?;
    ensure!(rebuilt["batch"].as_u64() >= Some(index), "{rebuilt}");
    ensure!(l1.is_rejected(forged.hash()).await? && rebuilt["batch"] != json!(null), "{rebuilt}");
    // Where nobody serves blobs any more an archive does, whom nobody need trust.
    let (dir, nowhere) = (devnet.dir().join("again"), "http://127.0.0.1:9");
    let line =
        format!("rebuild --dir {} --beacon {nowhere} --archive {nowhere},{}", dir.display(), devnet.http());
    let again = devnet.bridge_alone(accounts::BOB, &line).await?;
    ensure!(again["batch"].as_u64() >= Some(index), "{again}");
    Ok(())
}

async fn falls(garbage: Garbage, data: Data) {
    let devnet = Devnet::start(Options { data, ..options() }).await.expect("a devnet");
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let _market = Market::publishers(&devnet, prices);
    round(&devnet, garbage).await.expect("the garbage falls");
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_under_a_right_root_is_found_rejected_and_rebuilt_past() {
    falls(Garbage::Calldata, Data::Calldata).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_in_blobs_is_found_rejected_and_rebuilt_past() {
    falls(Garbage::Blobs, Data::Cheapest).await;
}
