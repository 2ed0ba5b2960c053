//! A liar attacks a right batch while the sequencer stands still: a validator with the program plays the dispute to its end
//! by itself. Real processes, the real machine.

use crate::garbage::{batches, options};
use alloy::{
    primitives::{B256, U256},
    sol_types::SolCall as _,
};
use ballast_bridge::{
    bindings::DisputeGame::{self, Filing, MachineState as State},
    dispute::Dispute,
    fees::Fees,
    l1::{Call, L1 as _, L1Sender as _, alloy::AlloyL1, blobs::Beacon},
};
use ballast_tests::devnet::{Devnet, accounts, impostor, market::Market, options::Options};
use ballast_tests::guest::{Guest, Subject};
use ballast_validator::court::descend;
use ballast_vm::{FastMachine, History, MachineState};
use eyre::{ContextCompat as _, ensure};
use std::time::Duration;

/// Seconds that a batch can be challenged.
const WINDOW: u64 = 90;
/// Seconds of a defence, and of each claim in a match.
const TIME: u64 = 40;
/// `Subject.BATCH` of the contract.
const BATCH: u8 = 1;
/// Well above what a devnet asks for.
const FEES: Fees = Fees { max_fee: 500_000_000_000, tip: 5_000_000_000, blob_fee: None };

/// A claim "invalid" with nothing behind it but a start that is right.
struct Liar {
    l1: AlloyL1<Beacon>,
    history: History,
    last: MachineState,
}

impl Liar {
    /// Says that the machine did something for so many leaps, and did not like the batch.
    async fn new(devnet: &Devnet, mut machine: FastMachine, leaps: u64) -> eyre::Result<Self> {
        let start = machine.state();
        let last = MachineState { halted: true, exit_code: 1, cycle: 1_000 * leaps, ..start.clone() };
        let made_up = |leap: u64| MachineState { cycle: 1_000 * leap, ..start.clone() }.hash();
        let states = std::iter::once(start.hash()).chain((1..leaps).map(made_up)).chain([last.hash()]);
        let l1 = impostor::l1(devnet).await?.with_key(accounts::signer(accounts::BOB));
        Ok(Self { l1, history: History::new(states.collect()), last })
    }

    async fn send(&self, devnet: &Devnet, input: Vec<u8>, value: U256) -> eyre::Result<()> {
        let nonce = self.l1.nonces().await?.latest;
        let transaction = self.l1.send(&Call::Dispute { input: input.into(), value }, nonce, &FEES).await?;
        let look = async || Ok(self.l1.receipt(transaction).await?);
        let receipt = devnet.until("the liar's transaction to be mined", look).await?;
        ensure!(receipt.success, "the liar's transaction reverted");
        Ok(())
    }

    async fn file(&self, devnet: &Devnet, index: u64, hash: B256) -> eyre::Result<()> {
        let last = &self.last;
        let filing = Filing {
            subject: BATCH,
            index,
            hash,
            nodes: self.history.descendants(38, 0, 8),
            startProof: self.history.proof(0)[..30].to_vec(),
            last: State {
                memoryRoot: last.memory_root,
                pc: last.pc,
                cycle: last.cycle,
                halted: last.halted,
                exitCode: last.exit_code,
                x: last.x,
            },
            lastProof: self.history.proof((1 << 38) - 1)[..30].to_vec(),
        };
        let bond = self.l1.game_terms().await?.bond;
        self.send(devnet, DisputeGame::fileCall { filing }.abi_encode(), bond).await
    }

    /// Waits for the move of "valid", and makes the one after it.
    async fn answer(&self, devnet: &Devnet, hash: B256, valid: B256, moves: u8) -> eyre::Result<()> {
        let invalid = self.history.root();
        let look = async || {
            let at = self.l1.encounter(hash, valid, invalid).await?;
            Ok((at.moves == moves).then_some(at))
        };
        let at = devnet.until("the defender's move", look).await?;
        let (descent, nodes) =
            descend(&self.history, false, at.level, at.index, &at.shown).wrap_err("there is a move")?;
        let call = DisputeGame::moveCall { hash, validRoot: valid, invalidRoot: invalid, descent, nodes };
        self.send(devnet, call.abi_encode(), U256::ZERO).await
    }
}

/// Waits until the dispute is as it should be.
async fn until(
    devnet: &Devnet,
    what: &str,
    hash: B256,
    is: impl Fn(&Dispute) -> bool,
) -> eyre::Result<Dispute> {
    let l1 = impostor::l1(devnet).await?;
    let look = async || {
        let dispute = l1.dispute(hash).await?;
        Ok(is(&dispute).then_some(dispute))
    };
    devnet.until(what, look).await
}

/// Waits until every bond of the validator's went back, and all that it is owed.
async fn is_paid(devnet: &Devnet, claims: usize) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    let keeper = accounts::address(accounts::KEEPER);
    let look = async || {
        let own = l1.claims_of(keeper).await?;
        ensure!(own.len() <= claims, "it filed {} claims", own.len());
        let live = own.iter().filter(|claim| claim.live).count();
        let is_over = own.len() == claims && live == 0 && l1.game_credit(keeper).await?.is_zero();
        Ok(is_over.then_some(()))
    };
    devnet.until("the validator to be paid", look).await
}

/// A liar challenges a right batch; nobody but the validator is there to defend it.
async fn a_right_batch(devnet: &Devnet, guest: &Guest) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    let index = l1.batch_count().await?.checked_sub(1).wrap_err("no batches")?;
    let hash = l1.batch_hash(index).await?.wrap_err("it is gone")?;
    // It is judged before nobody shows its inputs any more.
    tokio::time::sleep(Duration::from_secs(5)).await;
    devnet.node().pause()?;
    let liar = Liar::new(devnet, guest.machine(Subject::Batch, hash), 700).await?;
    liar.file(devnet, index, hash).await?;
    let dispute = until(devnet, "a defence", hash, |dispute| dispute.valid == 1).await?;
    let valid = dispute.claims.iter().find(|claim| claim.valid).wrap_err("it was filed")?.root;
    liar.answer(devnet, hash, valid, 1).await?;
    liar.answer(devnet, hash, valid, 3).await?;
    until(devnet, "the liar to lose", hash, |dispute| dispute.invalid == 0).await?;
    let is_final = async || Ok((l1.finalized_count().await? > index).then_some(()));
    devnet.node().resume()?;
    devnet.until("the right batch to be final", is_final).await?;
    is_paid(devnet, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_plays_disputes_to_their_end() {
    let Some(guest) = Guest::find() else { return };
    let options = Options {
        challenge_window: WINDOW,
        dispute_time: TIME,
        block_time: Some(1),
        confirmations: 30,
        ..options()
    };
    let devnet = Devnet::start(options).await.expect("a devnet");
    let prices = devnet.options().markets.iter().map(|market| market.first_price).collect();
    let _market = Market::publishers(&devnet, prices);
    let elf = std::env::var("BALLAST_GUEST_ELF").expect("the guest was found there");
    let url = devnet.l1().url();
    let more = ["--blobs", &url, "--poll-ms", "200", "--confirmations", "0", "--guest", &elf];
    let _validator = devnet.keeper("validator", &devnet.http(), &more).expect("a validator");
    batches(&devnet, 4).await.expect("batches");
    a_right_batch(&devnet, &guest).await.expect("the right batch stands");
}
