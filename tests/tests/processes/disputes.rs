//! Disputes with real processes and the real machine: a validator with the program plays each to its end by itself.

use crate::garbage::{batches, options};
use alloy::primitives::B256;
use ballast_batch::BatchHeader;
use ballast_bridge::l1::L1 as _;
use ballast_state::state_root;
use ballast_tests::{
    devnet::{
        Devnet, accounts,
        court::Court,
        impostor,
        liar::{Liar, is_paid, until},
        options::Options,
    },
    guest::Guest,
};
use ballast_vm::Subject;
use eyre::ensure;
use serde_json::{Value, json};

/// Seconds that a batch can be challenged.
const WINDOW: u64 = 60;
/// Seconds of a defence, and of each claim in a match.
const TIME: u64 = 20;

/// A devnet with a validator that argues, and four batches.
async fn open() -> eyre::Result<Court> {
    let times = Options { challenge_window: WINDOW, dispute_time: TIME, ..options() };
    let court = Court::open(Options { block_time: Some(1), confirmations: 30, ..times }).await?;
    batches(&court.devnet, 4).await?;
    Ok(court)
}

/// A liar challenges a right batch; nobody but the validator is there to defend it.
async fn a_right_batch(court: &Court, guest: &Guest) -> eyre::Result<()> {
    let devnet = &court.devnet;
    let matter = court.hold_the_last().await?;
    let hash = matter.hash;
    let liar = Liar::new(devnet, accounts::BOB, matter, guest.machine(Subject::Batch, hash), 700).await?;
    liar.file(devnet).await?;
    until(devnet, "a defence", hash, |dispute| dispute.valid == 1).await?;
    let is_live = |said: &Value| said["rightClaim"] == json!("live");
    let said = court.says_of(hash, "the validator to tell of its claim", is_live).await?;
    ensure!(said["opinion"] == json!("valid") && said["trouble"].is_null(), "{said}");
    liar.answer(devnet, 1).await?;
    liar.answer(devnet, 3).await?;
    until(devnet, "the liar to lose", hash, |dispute| dispute.invalid == 0).await?;
    court.ends(matter).await?;
    is_paid(devnet, 1).await
}

/// Whoever has the poster's key posts another state than the inputs make.
async fn a_wrong_batch(devnet: &Devnet) -> eyre::Result<()> {
    let (honest, diff) = impostor::take_back_the_last(devnet).await?;
    let mut roots = honest.header.sectionRoots;
    roots[0] = B256::repeat_byte(0x66);
    let forged = BatchHeader { sectionRoots: roots, stateRoot: state_root(&roots), ..honest.header.clone() };
    let (forged, data) = impostor::with_diff(forged, &diff)?;
    let forged = impostor::post(devnet, &forged, data).await?;
    devnet.node().resume()?;
    let hash = forged.hash();
    until(devnet, "a challenge", hash, |dispute| dispute.invalid == 1).await?;
    until(devnet, "the wrong batch to fall", hash, |dispute| dispute.fallen).await?;
    let l1 = impostor::l1(devnet).await?;
    let is_gone = async || Ok(l1.is_rejected(hash).await?.then_some(()));
    devnet.until("the wrong batch to be rejected", is_gone).await?;
    is_paid(devnet, 1).await?;
    let is_back =
        async || Ok((l1.batch_hash(honest.header.index).await? == Some(honest.hash())).then_some(()));
    devnet.until("the right batch to be posted again", is_back).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_batch_is_defended_while_the_sequencer_stands_still() {
    let Some(guest) = Guest::find() else { return };
    let court = open().await.expect("a devnet");
    a_right_batch(&court, &guest).await.expect("the right batch stands");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_batch_falls_and_the_right_one_takes_its_place() {
    if Guest::find().is_none() {
        return;
    }
    let court = open().await.expect("a devnet");
    a_wrong_batch(&court.devnet).await.expect("the wrong batch falls");
}
