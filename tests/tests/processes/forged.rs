//! Batches that the real engine made of something else than their inputs, each wrong in one way: whoever defends them loses on the
//! machine, they fall, and the right ones take their places. Real processes.

use crate::garbage::options;
use alloy::primitives::{B256, U256};
use ballast_bridge::{
    data::{BatchData, Mode, open_blobs, seal_data},
    dispute::Matter,
    l1::{L1 as _, L1Sender as _, Posted, QueuedMessage},
};
use ballast_tests::{
    devnet::{
        Devnet, accounts,
        court::Court,
        forger::{Forged, Forger, Place},
        forgery, impostor,
        liar::{Liar, filed, is_paid, until},
        options::Options,
        purse,
    },
    guest::Guest,
    size::is_full,
};
use ballast_types::{AccountId, PriceTicks, Quote};
use ballast_validator::court::Data;
use ballast_vm::{History, MachineState};
use eyre::{ContextCompat as _, ensure};
use serde_json::json;

/// Seconds that a batch can be challenged.
const WINDOW: u64 = 60;
/// Seconds of a defence, and of each claim in a match.
const TIME: u64 = 20;
const STAKE: Quote = Quote(1_000_000_000);
/// Who defends what is wrong.
const LIAR: usize = accounts::NOISE[0];

/// What is wrong with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    /// An order of Alice that she did not sign.
    Signature,
    /// A trade of Alice and Bob that neither asked for.
    Trade,
    /// Alice's forced request is passed over, and Bob's comes in its place.
    PassedOver,
    /// Bob's deposit comes before Alice's.
    OutOfOrder,
    /// Blobs that hold another diff.
    Blobs,
}

impl Wrong {
    /// What the validator names.
    const fn reason(self) -> &'static str {
        match self {
            Self::Signature => "sectionRoots",
            // Accounts are in the diff, which the program looks at first.
            Self::Trade => "diffHash",
            Self::PassedOver | Self::OutOfOrder => "message",
            Self::Blobs => "diff",
        }
    }
}

/// The court, who forges, and whose accounts he plays with.
struct Scene {
    court: Court,
    forger: Forger,
    alice: AccountId,
    bob: AccountId,
}

impl Scene {
    async fn open() -> eyre::Result<Self> {
        let times = Options { challenge_window: WINDOW, dispute_time: TIME, ..options() };
        let devnet = Devnet::start(Options { block_time: Some(1), ..times }).await?;
        let forger = Forger::start(&devnet).await?;
        let sources = format!("{},{}", forger.url(), devnet.http());
        let court = Court::over(devnet, sources)?;
        let owners = [accounts::ALICE, accounts::BOB].map(|who| (accounts::address(who), STAKE));
        let opened = court.devnet.fund(&owners).await?;
        let seq = court.devnet.status().await?["seq"].as_u64().wrap_err("a status without a number")?;
        let l1 = impostor::l1(&court.devnet).await?;
        let has_them = async || {
            let last = l1.posted(l1.batch_count().await?.saturating_sub(1)).await?;
            Ok(last.filter(|posted| posted.header.lastSeq >= seq).map(drop))
        };
        court.devnet.until("the deposits to be in a batch", has_them).await?;
        Ok(Self { court, forger, alice: opened[0], bob: opened[1] })
    }

    /// What L1 has queued from the first message on that the batch in this place does not consume.
    async fn queue(&self, wrong: Wrong) -> eyre::Result<Vec<QueuedMessage>> {
        let devnet = &self.court.devnet;
        match wrong {
            Wrong::PassedOver => {
                for (who, account) in [(accounts::ALICE, self.alice), (accounts::BOB, self.bob)] {
                    devnet.bridge_alone(who, &format!("force-exit --account {account}")).await?;
                }
            }
            Wrong::OutOfOrder => {
                let owners = [(accounts::ALICE, self.alice), (accounts::BOB, self.bob)];
                let deposits = owners.map(|(who, account)| (accounts::address(who), account.0, STAKE));
                devnet.l1().deposit_to(devnet.deployment(), &deposits).await?;
            }
            Wrong::Signature | Wrong::Trade | Wrong::Blobs => {}
        }
        let l1 = impostor::l1(devnet).await?;
        Ok(l1.messages(devnet.deployment().deploy_block, l1.head().await?.number).await?)
    }

    /// The batch, with what it carries, and what the liar says that it carries.
    async fn forge(&self, place: &Place, wrong: Wrong) -> eyre::Result<(Forged, BatchData, Data)> {
        let devnet = &self.court.devnet;
        let price = PriceTicks(devnet.options().markets[0].first_price);
        let alice = (self.alice, accounts::address(accounts::ALICE));
        let forged = match wrong {
            Wrong::Signature => forgery::order(&self.forger, place, alice, price)?,
            Wrong::Trade => forgery::trade(&self.forger, place, self.alice, self.bob)?,
            Wrong::PassedOver | Wrong::OutOfOrder => {
                let queued = self.queue(wrong).await?;
                let next = usize::try_from(place.honest.header.l1MessageCount)?;
                let mut told = queued.get(next..).wrap_err("messages are gone")?.to_vec();
                let (bob, alice) = (told.pop().wrap_err("two")?, told.pop().wrap_err("two")?);
                told.push(bob);
                if wrong == Wrong::OutOfOrder {
                    told.push(alice);
                }
                forgery::messages(&self.forger, place, &queued, &told)?
            }
            Wrong::Blobs => return self.other_blobs(place).await,
        };
        let (forged, data) = forged.in_calldata()?;
        Ok((forged, data, Data::Calldata))
    }

    /// The right batch with blobs that hold something else; the liar says that they hold the diff.
    async fn other_blobs(&self, place: &Place) -> eyre::Result<(Forged, BatchData, Data)> {
        let devnet = &self.court.devnet;
        let mut garbage = place.diff.clone();
        *garbage.last_mut().wrap_err("there is a diff")? ^= 1;
        let header = place.honest.header.clone();
        let (header, data) = impostor::with_other_blobs(devnet, header, &garbage).await?;
        let form = impostor::l1(devnet).await?.sidecar_form().await?.wrap_err("L1 takes no blobs")?;
        let right = seal_data(&place.diff, Mode::Blobs(form))?;
        let (BatchData::Blobs(wrong), BatchData::Blobs(right)) = (&data, &right) else {
            eyre::bail!("blobs were asked for")
        };
        ensure!(open_blobs(right.blobs()).as_ref() == Some(&place.diff), "they hold the diff");
        let claimed = wrong.versioned_hashes().zip(right.blobs().iter().copied()).collect();
        let forged = Forged { header, diff: place.diff.clone(), inputs: place.inputs.clone() };
        Ok((forged, data, Data::Blobs(claimed)))
    }
}

/// What a liar says that the machine does: what it would do if the blobs held what he says; or else what it does, but for its last
/// leap, in which it finds that all is right.
fn all_is_right(history: &History, last: MachineState) -> (History, MachineState) {
    if last.exit_code == 0 {
        return (history.clone(), last);
    }
    let last = MachineState { exit_code: 0, ..last };
    let states = (0..history.leaps()).map(|leap| history.node(0, leap)).chain([last.hash()]);
    (History::new(states.collect()), last)
}

/// One wrong batch from its place to its end. `number` of them came before.
async fn falls(scene: &mut Scene, guest: &Guest, wrong: Wrong, number: usize) -> eyre::Result<()> {
    let place = scene.forger.take_the_place(&scene.court.devnet).await?;
    let (forged, data, claimed) = scene.forge(&place, wrong).await?;
    let trace = scene.forger.trial(&place, &forged, claimed, guest.image())?.trace()?;
    ensure!(
        (trace.last.exit_code == 0) == (wrong == Wrong::Blobs),
        "the machine says {}",
        trace.last.exit_code
    );
    let (history, last) = all_is_right(&trace.history, trace.last);
    let devnet = &scene.court.devnet;
    let posted = scene.forger.post(devnet, &forged, data).await?;
    devnet.node().resume()?;
    let hash = posted.hash();
    let look = async || impostor::judged(scene.court.validator(), hash);
    let verdict = devnet.until("a verdict", look).await?;
    let reason = verdict["reason"].as_str().unwrap_or_default();
    ensure!(verdict["verdict"] == json!("INVALID") && reason.contains(wrong.reason()), "{verdict}");

    until(devnet, "a challenge", hash, |dispute| dispute.invalid == 1).await?;
    let matter = Matter { batch: Some(forged.header.index), hash };
    let liar = Liar::claiming(devnet, LIAR, matter, history, last).await?;
    liar.file(devnet).await?;
    for moves in [0, 2, 4] {
        liar.answer(devnet, moves).await?;
    }
    until(devnet, "the liar to lose", hash, |dispute| dispute.valid == 0).await?;
    until(devnet, "the wrong batch to fall", hash, |dispute| dispute.fallen).await?;
    let l1 = impostor::l1(devnet).await?;
    let is_gone = async || Ok(l1.is_rejected(hash).await?.then_some(()));
    devnet.until("the wrong batch to be rejected", is_gone).await?;
    is_paid(devnet, number + 1).await?;
    paid_to_the_wei(devnet, &posted, &liar).await?;
    let honest = &place.honest;
    let is_back =
        async || Ok((l1.batch_hash(honest.header.index).await? == Some(honest.hash())).then_some(()));
    devnet.until("the right batch to be posted again", is_back).await?;
    scene.court.judges(honest.header.index).await
}

/// The validator has its bond back and three quarters of the liar's, in four equal shares, and has paid nothing but gas.
async fn paid_to_the_wei(devnet: &Devnet, posted: &Posted, liar: &Liar) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    let keeper = accounts::address(accounts::KEEPER);
    let (from, to) = (posted.block.number, l1.head().await?.number);
    let bond = l1.game_terms().await?.bond;
    // Two moves, the step and the challenge.
    let share = (bond - bond / U256::from(4)) / U256::from(4);
    let sent = purse::sent(devnet, keeper, from, to).await?;
    let before = purse::balance(devnet, keeper, from).await?;
    let after = purse::balance(devnet, keeper, to).await?;
    let earned = share * U256::from(4);
    ensure!(
        after + purse::gas(&sent) == before + earned,
        "{before} became {after} by {} wei of gas",
        purse::gas(&sent)
    );
    ensure!(sent.len() <= 12, "{} transactions", sent.len());
    let claims = filed(&l1, posted.hash()).await?;
    let roots: Vec<B256> = claims.iter().filter(|claim| claim.valid).map(|claim| claim.root).collect();
    ensure!(claims.len() == 2 && roots == [liar.root()], "{} claims", claims.len());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_a_forger_falls_whatever_is_wrong_with_it() {
    let Some(guest) = Guest::find() else { return };
    let mut scene = Scene::open().await.expect("a devnet");
    let all = [Wrong::Signature, Wrong::Blobs, Wrong::Trade, Wrong::OutOfOrder, Wrong::PassedOver];
    let kinds = if is_full() { &all[..] } else { &all[..2] };
    for (number, wrong) in kinds.iter().enumerate() {
        let fell = falls(&mut scene, &guest, *wrong, number).await;
        fell.unwrap_or_else(|error| panic!("{wrong:?}: {error:?}"));
    }
}
