//! A wrong batch of as many inputs as a batch may have, which nobody has but who posted it. He shows each in the last second in
//! which it can be shown, so that the batch be final before anybody can judge it. Days pass on L1, with the times of mainnet.

use crate::garbage::{batches, options};
use alloy::{
    primitives::{B256, U256, keccak256, utils::Unit},
    providers::{Provider as _, ext::AnvilApi as _},
};
use ballast_batch::{
    BatchHeader,
    chunks::{MAX_INPUT_CHUNKS, inputs_root},
};
use ballast_bridge::{
    demand::{Chunk, DemandState},
    l1::{Call, Demands as _, L1 as _, Posted},
};
use ballast_tests::{
    devnet::{Devnet, accounts, impostor, liar, market::Market, options::Options},
    guest::Guest,
    size,
};
use ballast_types::limits::INPUT_CHUNK_BYTES;
use eyre::{ContextCompat as _, ensure};
use serde_json::json;
use std::sync::Arc;

const DAY: u64 = 86_400;
/// Seconds before a demand is due in which it is answered: they go by while the answers are mined.
const LAST: u64 = 600;
/// Ether that anvil gives an account, and more than the validator spends of it; the bonds of the demands are more.
const ACCOUNT: u64 = 10_000;
const SPENT: u64 = 2;

/// How the inputs are demanded: of as many chunks, so many at a time.
#[derive(Clone, Copy, Debug)]
struct Size {
    chunks: u32,
    at_a_time: u32,
}

/// Lets the time of L1 go on until it is this.
async fn wait_until(devnet: &Devnet, time: u64) -> eyre::Result<()> {
    let now = impostor::l1(devnet).await?.head().await?.time;
    devnet.l1().pass(time.saturating_sub(now)).await
}

/// The chunks of a batch that are demanded and not shown, as soon as there are so many, and when the first of them is due.
async fn demanded(devnet: &Devnet, hash: B256, count: u32) -> eyre::Result<(Vec<u32>, u64)> {
    let l1 = impostor::l1(devnet).await?;
    let look = async || {
        let mut open = Vec::new();
        let all = l1.demands(l1.deployment().deploy_block, l1.head().await?.number).await?;
        for demand in all.iter().filter(|demand| demand.batch_hash == hash) {
            if let DemandState::Open { due } = l1.demand(hash, demand.chunk).await?.state {
                open.push((demand.chunk, due));
            }
        }
        Ok((open.len() == count as usize).then_some(open))
    };
    let open = devnet.until("all to be demanded", look).await?;
    let due = open.iter().map(|(_, due)| *due).min().wrap_err("nothing is demanded")?;
    Ok((open.into_iter().map(|(chunk, _)| chunk).collect(), due))
}

/// Shows each chunk as late as that can be done. Returns how often the inputs were demanded.
async fn show_late(devnet: &Devnet, posted: &Posted, chunks: &[Vec<u8>], size: Size) -> eyre::Result<u32> {
    let (mut left, mut rounds) = (size.chunks, 0);
    while left > 0 {
        let (open, due) = demanded(devnet, posted.hash(), left.min(size.at_a_time)).await?;
        wait_until(devnet, due - LAST).await?;
        for chunk in &open {
            let shown = Arc::new(Chunk::of(chunks, *chunk).wrap_err("there is one")?);
            let call = Call::Reveal { batch_hash: posted.hash(), chunk: *chunk, shown };
            impostor::send(devnet, &call).await?;
        }
        left -= u32::try_from(open.len())?;
        rounds += 1;
        let l1 = impostor::l1(devnet).await?;
        let (now, end) = (l1.head().await?.time, l1.final_from(posted.header.index).await?);
        eprintln!(
            "{} chunks shown, {left} left, {}",
            open.len(),
            end.map_or(0, |end| end.saturating_sub(now))
        );
        ensure!(end.is_some_and(|end| now < end), "the batch is final before all was shown");
    }
    Ok(rounds)
}

/// Posts a batch with a right state and made-up inputs.
async fn post(devnet: &Devnet, chunks: &[Vec<u8>]) -> eyre::Result<Posted> {
    let (honest, diff) = impostor::take_back_the_last(devnet).await?;
    let (inputs, count) = (inputs_root(chunks), u32::try_from(chunks.len())?);
    let header = BatchHeader { inputsRoot: inputs, inputChunks: count, ..honest.header };
    let (header, data) = impostor::with_diff(header, &diff)?;
    let posted = impostor::post(devnet, &header, data).await?;
    // It shows the inputs of its own batch, and says so of none of the other's.
    devnet.node().resume()?;
    Ok(posted)
}

async fn falls(devnet: &Devnet, size: Size) -> eyre::Result<()> {
    batches(devnet, 2).await?;
    let made_up = |chunk: u32| keccak256(chunk.to_le_bytes()).repeat(INPUT_CHUNK_BYTES / 32);
    let chunks: Vec<_> = (0..size.chunks).map(made_up).collect();
    let posted = post(devnet, &chunks).await?;
    let guest = devnet.options().guest.as_ref().wrap_err("disputes are argued with the guest")?;
    let (most, guest, url) = (size.at_a_time.to_string(), guest.display().to_string(), devnet.l1().url());
    let often = ["--json", "--confirmations", "0", "--poll-ms", "100", "--blobs", &url];
    let more = ["--demand-after", "0", "--demand-most", &most, "--guest", &guest];
    let validator = devnet.keeper("validator", &devnet.http(), &[&often[..], &more].concat())?;

    let rounds = show_late(devnet, &posted, &chunks, size).await?;
    ensure!(rounds == 4, "{rounds} rounds");
    let verdict = devnet.until("a verdict", async || impostor::judged(&validator, posted.hash())).await?;
    ensure!(verdict["verdict"] == json!("INVALID"), "{verdict}");
    // Disputes are looked at once in a block, and here blocks come with transactions alone.
    devnet.l1().reader()?.anvil_mine(Some(1), None).await?;
    liar::until(devnet, "a challenge", posted.hash(), |dispute| dispute.invalid == 1).await?;
    let l1 = impostor::l1(devnet).await?;
    // Nobody defends it.
    wait_until(devnet, l1.head().await?.time + 2 * DAY + 1).await?;
    let is_gone = async || Ok(l1.is_rejected(posted.hash()).await?.then_some(()));
    devnet.until_on_l1("the batch to be dropped", is_gone).await?;
    ensure!(l1.finalized_count().await? <= posted.header.index, "it was final");
    // Bonds came back by themselves, but for what the reveals cost.
    let keeper = accounts::address(accounts::KEEPER);
    let is_back = async || {
        let left = devnet.l1().reader()?.get_balance(keeper).await?;
        devnet.l1().reader()?.anvil_mine(Some(1), None).await?;
        Ok((left > U256::from(ACCOUNT - SPENT) * Unit::ETHER.wei()).then_some(()))
    };
    devnet.until_on_l1("the bonds to come back", is_back).await?;
    validator.check()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_shown_in_the_last_seconds_was_final_before_it_was_whole() {
    if Guest::find().is_none() {
        return;
    }
    let full = Size { chunks: MAX_INPUT_CHUNKS, at_a_time: 64 };
    let size = if size::is_full() { full } else { Size { chunks: 16, at_a_time: 4 } };
    let options = Options {
        challenge_window: 7 * DAY,
        demand_deadline: DAY,
        demand_review: DAY,
        dispute_time: 2 * DAY,
        forced_deadline: 30 * DAY,
        ..options()
    };
    let devnet = Devnet::start(options).await.expect("a devnet");
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let _market = Market::publishers(&devnet, prices);
    falls(&devnet, size).await.expect("the batch falls");
}
