//! Five who challenge one right batch, each with a claim of his own, while the sequencer stands still: a stranger's validator defends it
//! against all of them, and is paid for it. Real processes.

use crate::garbage::{batches, options};
use alloy::{
    primitives::{B256, U256},
    sol_types::SolCall as _,
};
use ballast_bridge::{
    bindings::DisputeGame::{expireCall, fileCall, moveCall, stepCall, takeBackCall, withdrawCreditCall},
    dispute::Matter,
    l1::L1 as _,
};
use ballast_tests::{
    devnet::{
        Devnet, accounts,
        court::Court,
        impostor,
        liar::{Liar, is_paid, until},
        options::Options,
        purse::{self, Sent},
    },
    guest::Guest,
};
use ballast_vm::Subject;
use eyre::{ContextCompat as _, ensure};
use std::collections::BTreeMap;

/// Seconds that a batch can be challenged.
const WINDOW: u64 = 45;
/// Seconds of a defence, and of each claim in a match.
const TIME: u64 = 30;
/// Who challenge it. Only the first two answer: they lose by the leap, the others by time.
const SYBILS: [usize; 5] =
    [accounts::BOB, accounts::ALICE, accounts::NOISE[0], accounts::NOISE[1], accounts::MAKER];
const ANSWERING: usize = 2;
/// The most transactions that a match may take.
const MOST: usize = 12;
/// Those of a match besides what the validator does in it: two claims, and at most two moves of the liar.
const OTHERS: usize = 4;

async fn challenged(court: &Court, guest: &Guest) -> eyre::Result<(Matter, Vec<Liar>, u64)> {
    let devnet = &court.devnet;
    let matter = court.hold_the_last().await?;
    let hash = matter.hash;
    let from = impostor::l1(devnet).await?.head().await?.number;
    let mut liars = Vec::new();
    for (number, who) in (0..).zip(SYBILS) {
        let machine = guest.machine(Subject::Batch, hash);
        let liar = Liar::new(devnet, who, matter, machine, 700 + number).await?;
        liar.file(devnet).await?;
        liars.push(liar);
    }
    Ok((matter, liars, from))
}

/// What the validator did in each match, by the root of the claim against it.
fn matches(sent: &[Sent]) -> BTreeMap<B256, Vec<&'static str>> {
    let mut all: BTreeMap<B256, Vec<&'static str>> = BTreeMap::new();
    for Sent { input, .. } in sent {
        let done = if let Ok(call) = moveCall::abi_decode(input) {
            Some((call.invalidRoot, "move"))
        } else if let Ok(call) = stepCall::abi_decode(input) {
            Some((call.invalidRoot, "step"))
        } else {
            expireCall::abi_decode(input).ok().map(|call| (call.invalidRoot, "expire"))
        };
        if let Some((against, word)) = done {
            all.entry(against).or_default().push(word);
        }
    }
    all
}

/// What a dead claim pays each who made a move of the winner, who acted last, and who filed the winner.
fn share(bond: U256, moves: u64) -> U256 {
    (bond - bond / U256::from(4)) / U256::from(moves + 2)
}

/// The validator did all of it, in few transactions, and has three quarters of five bonds; the game holds what is burned.
async fn earns(devnet: &Devnet, liars: &[Liar], from: u64) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    let (to, bond) = (l1.head().await?.number, l1.game_terms().await?.bond);
    let (keeper, game) = (accounts::address(accounts::KEEPER), devnet.deployment().dispute_game);
    let sent = purse::sent(devnet, keeper, from, to).await?;
    let matches = matches(&sent);
    let mut earned = U256::ZERO;
    for (number, liar) in liars.iter().enumerate() {
        let did = matches.get(&liar.root()).wrap_err("a match without a move")?;
        let (expected, moves) = if number < ANSWERING {
            (&["move", "move", "move", "step"][..], 3)
        } else {
            (&["move", "expire"][..], 1)
        };
        ensure!(did == expected, "{did:?} against liar {number}");
        ensure!(did.len() + OTHERS <= MOST, "{} transactions", did.len());
        earned += share(bond, moves) * U256::from(moves + 2);
    }
    let is_any = |selectors: &[[u8; 4]], sent: &Sent| selectors.iter().any(|one| sent.input.starts_with(one));
    let once = [fileCall::SELECTOR, takeBackCall::SELECTOR];
    ensure!(sent.iter().filter(|sent| is_any(&once, sent)).count() == 2, "one claim, which comes back");
    let of_game = [
        once[0],
        once[1],
        moveCall::SELECTOR,
        stepCall::SELECTOR,
        expireCall::SELECTOR,
        withdrawCreditCall::SELECTOR,
    ];
    ensure!(sent.iter().all(|sent| is_any(&of_game, sent)), "it did something else besides");

    let gas = purse::gas(&sent);
    let [before, after] =
        [purse::balance(devnet, keeper, from).await?, purse::balance(devnet, keeper, to).await?];
    ensure!(after + gas == before + earned, "{before} became {after}, with {gas} of gas and {earned} earned");
    let burned = purse::balance(devnet, game, to).await? - purse::balance(devnet, game, from).await?;
    let lost = bond * U256::from(liars.len());
    ensure!(burned == lost - earned && burned >= lost / U256::from(4), "{burned} wei are burned");
    Ok(())
}

async fn defended(court: &Court, guest: &Guest) -> eyre::Result<()> {
    let devnet = &court.devnet;
    let (matter, liars, from) = challenged(court, guest).await?;
    let hash = matter.hash;
    until(devnet, "a defence", hash, |dispute| dispute.valid == 1).await?;
    for moves in [1, 3] {
        for liar in &liars[..ANSWERING] {
            liar.answer(devnet, moves).await?;
        }
    }
    until(devnet, "two to lose by the leap", hash, |dispute| dispute.invalid == 3).await?;
    until(devnet, "three to lose by time", hash, |dispute| dispute.invalid == 0).await?;
    court.ends(matter).await?;
    is_paid(devnet, 1).await?;
    earns(devnet, &liars, from).await
}

#[tokio::test(flavor = "multi_thread")]
async fn five_who_challenge_a_right_batch_lose_to_one_validator() {
    let Some(guest) = Guest::find() else { return };
    let times = Options { challenge_window: WINDOW, dispute_time: TIME, ..options() };
    let court = Court::open(Options { block_time: Some(1), ..times }).await.expect("a devnet");
    batches(&court.devnet, 4).await.expect("batches");
    defended(&court, &guest).await.expect("the right batch stands");
}
