//! The validator is killed in the middle of a match, and plays it to its end from what it kept: the sequencer stands still, and
//! nobody else shows it anything. Real processes.

use crate::garbage::{batches, options};
use ballast_tests::{
    devnet::{
        accounts,
        court::Court,
        liar::{Liar, is_paid, until},
        options::Options,
    },
    guest::Guest,
};
use ballast_vm::Subject;

/// Seconds that a batch can be challenged.
const WINDOW: u64 = 60;
/// Seconds of a defence, and of each claim in a match: time enough for a start.
const TIME: u64 = 45;

async fn round(court: &mut Court, guest: &Guest) -> eyre::Result<()> {
    let matter = court.hold_the_last().await?;
    let hash = matter.hash;
    let machine = guest.machine(Subject::Batch, hash);
    let liar = Liar::new(&court.devnet, accounts::BOB, matter, machine, 700).await?;
    liar.file(&court.devnet).await?;
    until(&court.devnet, "a defence", hash, |dispute| dispute.valid == 1).await?;
    liar.answer(&court.devnet, 1).await?;
    court.kill_validator();
    court.start_validator()?;
    liar.answer(&court.devnet, 3).await?;
    until(&court.devnet, "the liar to lose", hash, |dispute| dispute.invalid == 0 && dispute.valid == 1)
        .await?;
    court.ends(matter).await?;
    // One claim: it files none that it has filed before.
    is_paid(&court.devnet, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_that_is_killed_in_a_match_wins_it_all_the_same() {
    let Some(guest) = Guest::find() else { return };
    let times = Options { challenge_window: WINDOW, dispute_time: TIME, ..options() };
    let mut court = Court::open(Options { block_time: Some(1), ..times }).await.expect("a devnet");
    batches(&court.devnet, 4).await.expect("batches");
    round(&mut court, &guest).await.expect("the right batch stands");
}
