//! Somebody claims all that is left in a dead exchange, and challenges the claim that is right: a validator with the program
//! brings down the one and defends the other. Real processes, the real machine.

use alloy::primitives::B256;
use ballast_batch::EscapeClaim;
use ballast_bridge::{
    bindings::{Escape as Contract, Rollup},
    dispute::Matter,
    l1::L1 as _,
};
use ballast_tests::{
    devnet::{
        Devnet, accounts, impostor,
        liar::{Liar, filed, is_paid, until},
        options::Options,
        ports,
    },
    guest::Guest,
};
use ballast_types::Quote;
use ballast_vm::Subject;
use eyre::{ContextCompat as _, ensure};
use serde_json::{Value, json};
use std::time::Duration;

/// Seconds for which a forced request may be passed over, and after which batches and claims are final.
const DEADLINE: u64 = 60;
const WINDOW: u64 = 60;
/// Seconds of a defence, and of each claim in a match.
const TIME: u64 = 15;
const STAKE: Quote = Quote(1_000_000_000);

/// The node is gone, and the validator has judged all that it has posted: nobody shows inputs any more.
async fn stop_the_node(devnet: &Devnet, status: &str) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    loop {
        devnet.node().pause()?;
        // What it has sent is mined.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let last = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
        let has_all = |said: &Value| said["lastValid"].as_u64() >= Some(last);
        if has_all(&devnet.said(status).await) {
            devnet.kill_node();
            return Ok(());
        }
        devnet.node().resume()?;
        devnet.says(status, "the batches to be judged", has_all).await?;
    }
}

/// A dead exchange, frozen, with Alice's money in it.
async fn end(devnet: &Devnet, status: &str) -> eyre::Result<()> {
    let opened = devnet.fund(&[(accounts::address(accounts::ALICE), STAKE)]).await?;
    let seq = devnet.status().await?["seq"].as_u64().wrap_err("a status without a number")?;
    let l1 = impostor::l1(devnet).await?;
    let has_it = async || {
        let last = l1.posted(l1.batch_count().await?.saturating_sub(1)).await?;
        Ok(last.filter(|posted| posted.header.lastSeq >= seq))
    };
    devnet.until("the deposit to be in a batch", has_it).await?;
    stop_the_node(devnet, status).await?;
    let line = format!("force-exit --account {}", opened[0].0);
    devnet.bridge_alone(accounts::ALICE, &line).await?;
    devnet.l1().pass(DEADLINE + 2).await?;
    let is_frozen = async || Ok(l1.frozen_at().await?);
    devnet.until_on_l1("the exchange to be frozen", is_frozen).await?;
    devnet.l1().pass(WINDOW + 1).await?;
    let last = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
    let sender = devnet.l1().sender(accounts::signer(accounts::NOISE[0]))?;
    Rollup::new(devnet.deployment().rollup, sender).finalize(last).send().await?.get_receipt().await?;
    Ok(())
}

/// Somebody proposes a claim by which he alone is paid.
async fn claim_it_all(devnet: &Devnet) -> eyre::Result<B256> {
    let l1 = impostor::l1(devnet).await?;
    let last = l1.batch_hash(l1.finalized_count().await? - 1).await?.wrap_err("it is gone")?;
    let claim = EscapeClaim { batchHash: last, payoutsRoot: B256::repeat_byte(1), payoutCount: 1, total: 1 };
    let sender = devnet.l1().sender(accounts::signer(accounts::NOISE[0]))?;
    let escape = Contract::new(devnet.deployment().escape, sender);
    escape.propose((&claim).into()).value(l1.escape_bond().await?).send().await?.get_receipt().await?;
    Ok(claim.hash())
}

async fn round(devnet: &Devnet, status: &str, guest: &Guest) -> eyre::Result<()> {
    end(devnet, status).await?;
    let l1 = impostor::l1(devnet).await?;
    let wrong = claim_it_all(devnet).await?;
    until(devnet, "the wrong claim to be challenged", wrong, |dispute| dispute.invalid == 1).await?;
    until(devnet, "the wrong claim to fall", wrong, |dispute| dispute.fallen).await?;
    is_paid(devnet, 1).await?;
    let first = filed(&l1, wrong).await?.first().wrap_err("it was challenged")?.block;
    ensure!(l1.is_collected(wrong, first).await?, "what the wrong claim cost was not collected");

    // The right one is proposed by whoever wants his money.
    let folder = tempfile::tempdir()?;
    let dir = folder.path().join("exit").display().to_string();
    let waits = devnet.bridge_alone(accounts::ALICE, &format!("escape --dir {dir}")).await?;
    ensure!(waits["step"] == json!("accept"), "{waits}");
    let right = l1.proposals().await?.last().wrap_err("it was proposed")?.claim.hash();
    ensure!(right != wrong, "it is the wrong one");
    let matter = Matter { batch: None, hash: right };
    let liar = Liar::new(devnet, accounts::BOB, matter, guest.machine(Subject::Claim, right), 300).await?;
    liar.file(devnet).await?;
    let disputed = devnet.bridge_alone(accounts::ALICE, &format!("escape --dir {dir}")).await?;
    ensure!(disputed["step"] == json!("dispute"), "{disputed}");
    until(devnet, "the right claim to be defended", right, |dispute| dispute.valid == 1).await?;
    liar.answer(devnet, 1).await?;
    until(devnet, "the liar to lose", right, |dispute| dispute.invalid == 0).await?;
    devnet.l1().pass(WINDOW).await?;
    let paid = devnet.bridge_alone(accounts::ALICE, &format!("escape --wait --dir {dir}")).await?;
    ensure!(paid["owed"] == json!(STAKE.0.to_string()), "{paid}");
    is_paid(devnet, 2).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_escape_claim_falls_and_the_right_one_is_defended() {
    let Some(guest) = Guest::find() else { return };
    let options = Options {
        challenge_window: WINDOW,
        forced_deadline: DEADLINE,
        dispute_time: TIME,
        validator: false,
        ..Options::quick()
    };
    let devnet = Devnet::start(options).await.expect("a devnet");
    let elf = std::env::var("BALLAST_GUEST_ELF").expect("the guest was found there");
    let url = devnet.l1().url();
    let port = ports::free().expect("a port").local_addr().expect("an address").port().to_string();
    let more = [
        "--rpc",
        &port,
        "--blobs",
        &url,
        "--poll-ms",
        "200",
        "--confirmations",
        "0",
        "--guest",
        &elf,
        "--freeze",
    ];
    let validator = devnet.keeper("keeper", &devnet.http(), &more).expect("a validator");
    round(&devnet, &format!("http://127.0.0.1:{port}"), &guest)
        .await
        .expect("the right one is paid by the right claim");
    validator.check().expect("it is still there");
}
