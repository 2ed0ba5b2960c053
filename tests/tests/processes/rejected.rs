//! L1 rejects a batch of the node's own: the node stops, says why, and posts neither it nor any after it, however often it is
//! started. Real processes.

use crate::garbage::{batches, options};
use ballast_bridge::l1::L1 as _;
use ballast_tests::devnet::{Devnet, accounts, impostor, market::Market, node, process};
use eyre::{ContextCompat as _, ensure};
use serde_json::json;

/// Waits until the node has ended by itself for so many times, and looks at what it said.
async fn ends(devnet: &Devnet, times: usize, said: &[&str]) -> eyre::Result<()> {
    let ended = devnet.until_on_l1("the node to stop", async || devnet.node().ended()).await?;
    ensure!(!ended.success(), "it ended as if all was well");
    let log = std::fs::read_to_string(devnet.node().log())?;
    for word in said {
        ensure!(log.contains(word), "it does not say {word}");
    }
    // One of them is how the process ended, each time.
    let told = log.lines().filter(|line| line.starts_with("Error") && line.contains("rejected our batch"));
    ensure!(told.count() == times, "it ended otherwise: {}", process::tail(devnet.node().log()));
    Ok(())
}

async fn round(devnet: &mut Devnet) -> eyre::Result<()> {
    batches(devnet, 3).await?;
    devnet.node().pause()?;
    let l1 = impostor::l1(devnet).await?;
    let index = l1.batch_count().await?.checked_sub(2).wrap_err("no batches")?;
    let hash = l1.batch_hash(index).await?.wrap_err("it is gone")?;
    impostor::find_invalid(devnet, hash).await?;
    let dropped = devnet.bridge_alone(accounts::BOB, &format!("reject {index}")).await?;
    ensure!(dropped["dropped"].as_u64() >= Some(2), "{dropped}");
    devnet.node().resume()?;
    let (index_said, hash_said) = (format!("batch {index}"), hash.to_string());
    ends(devnet, 1, &[&index_said, &hash_said, "operating.md"]).await?;
    // Whoever starts it again, as a supervisor does, posts nothing either.
    devnet.start_again()?;
    ends(devnet, 2, &[]).await?;
    ensure!(l1.batch_count().await? == index, "batches were posted");
    // What it holds is sound all the same: it is L1 that took another turn.
    let replayed = node::replay(devnet.dir(), false)?;
    ensure!(replayed.open_batch > index && dropped["frozenAt"] == json!(null), "{replayed:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_batch_was_rejected_posted_it_again_for_ever() {
    let mut devnet = Devnet::start(options()).await.expect("a devnet");
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let market = Market::publishers(&devnet, prices);
    round(&mut devnet).await.expect("the node stops");
    drop(market);
}
