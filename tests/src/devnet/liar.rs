//! Whoever challenges what is right, or defends what is wrong: claims that part from what the machine does somewhere.

use super::{Devnet, accounts, impostor};
use alloy::{
    primitives::{B256, U256},
    sol_types::SolCall as _,
};
use ballast_bridge::{
    bindings::DisputeGame,
    dispute::{ClaimState, Dispute, FiledClaim, Matter},
    fees::Fees,
    l1::{Call, L1 as _, L1Sender as _, Receipt, alloy::AlloyL1, blobs::Beacon},
};
use ballast_validator::court::{Trace, descend, filing};
use ballast_vm::{FastMachine, History, MachineState};
use eyre::{ContextCompat as _, ensure};

/// Well above what a devnet asks for.
const FEES: Fees = Fees { max_fee: 500_000_000_000, tip: 5_000_000_000, blob_fee: None };

/// A claim that is wrong.
#[derive(Debug)]
pub struct Liar {
    l1: AlloyL1<Beacon>,
    matter: Matter,
    trace: Trace,
}

impl Liar {
    /// The account `who` says that the machine did something for so many leaps, and did not like the subject; `machine` stands at
    /// the start of it.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn new(
        devnet: &Devnet,
        who: usize,
        matter: Matter,
        mut machine: FastMachine,
        leaps: u64,
    ) -> eyre::Result<Self> {
        let start = machine.state();
        let last = MachineState { halted: true, exit_code: 1, cycle: 1_000 * leaps, ..start.clone() };
        let made_up = |leap: u64| MachineState { cycle: 1_000 * leap, ..start.clone() }.hash();
        let states = std::iter::once(start.hash()).chain((1..leaps).map(made_up)).chain([last.hash()]);
        Self::claiming(devnet, who, matter, History::new(states.collect()), last).await
    }

    /// The account `who` claims this history, which ends in `last`.
    ///
    /// # Errors
    /// When L1 does not answer.
    pub async fn claiming(
        devnet: &Devnet,
        who: usize,
        matter: Matter,
        history: History,
        last: MachineState,
    ) -> eyre::Result<Self> {
        let l1 = impostor::l1(devnet).await?.with_key(accounts::signer(who));
        Ok(Self { l1, matter, trace: Trace { history, last } })
    }

    /// Root of what is claimed.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.trace.history.root()
    }

    async fn send(&self, devnet: &Devnet, input: Vec<u8>, value: U256) -> eyre::Result<Receipt> {
        let nonce = self.l1.nonces().await?.latest;
        let transaction = self.l1.send(&Call::Dispute { input: input.into(), value }, nonce, &FEES).await?;
        let look = async || Ok(self.l1.receipt(transaction).await?);
        let receipt = devnet.until_on_l1("the liar's transaction to be mined", look).await?;
        ensure!(receipt.success, "the liar's transaction reverted");
        Ok(receipt)
    }

    /// Files the claim.
    ///
    /// # Errors
    /// When L1 does not take it.
    pub async fn file(&self, devnet: &Devnet) -> eyre::Result<()> {
        let filing = filing(self.matter, &self.trace);
        let bond = self.l1.game_terms().await?.bond;
        self.send(devnet, DisputeGame::fileCall { filing }.abi_encode(), bond).await.map(drop)
    }

    /// Waits until so many moves were made in the match against the first claim of the other side, and makes the one after them.
    ///
    /// # Errors
    /// When L1 does not take it.
    pub async fn answer(&self, devnet: &Devnet, moves: u8) -> eyre::Result<()> {
        let hash = self.matter.hash;
        let claims = filed(&self.l1, hash).await?;
        let is_valid = self.trace.last.says_valid();
        let other = claims.iter().find(|claim| claim.valid != is_valid).wrap_err("nobody is against it")?;
        let own = claims.iter().find(|claim| claim.root == self.root()).wrap_err("it was not filed")?;
        let (valid, invalid) = if is_valid { (own, other) } else { (other, own) };
        let look = async || {
            let at = self.l1.encounter(valid, invalid).await?;
            Ok((at.moves == moves).then_some(at))
        };
        let at = devnet.until_on_l1("the turn of the liar", look).await?;
        let (descent, nodes) = descend(&self.trace.history, is_valid, at.level, at.index, &at.shown)
            .wrap_err("there is a move")?;
        let (valid, invalid) = (valid.root, invalid.root);
        let call = DisputeGame::moveCall { hash, validRoot: valid, invalidRoot: invalid, descent, nodes };
        self.send(devnet, call.abi_encode(), U256::ZERO).await.map(drop)
    }
}

/// What was claimed of a subject.
///
/// # Errors
/// When L1 does not answer.
pub async fn filed(l1: &AlloyL1<Beacon>, hash: B256) -> eyre::Result<Vec<FiledClaim>> {
    let all = l1.filed_claims(l1.deployment().deploy_block, l1.head().await?.number).await?;
    Ok(all.into_iter().filter(|claim| claim.matter.hash == hash).collect())
}

/// Waits until the dispute about a subject is as it should be.
///
/// # Errors
/// When it never is.
pub async fn until(
    devnet: &Devnet,
    what: &str,
    hash: B256,
    is: impl Fn(&Dispute) -> bool,
) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    devnet.until_on_l1(what, async || Ok(is(&l1.dispute(hash).await?).then_some(()))).await
}

/// Waits until the validator has filed so many claims, all its bonds went back, and it was paid all that it is owed.
///
/// # Errors
/// When it never is, or files more.
pub async fn is_paid(devnet: &Devnet, claims: usize) -> eyre::Result<()> {
    let l1 = impostor::l1(devnet).await?;
    let keeper = accounts::address(accounts::KEEPER);
    let look = async || {
        let all = l1.filed_claims(l1.deployment().deploy_block, l1.head().await?.number).await?;
        let own: Vec<_> = all.iter().filter(|claim| claim.author == keeper).collect();
        ensure!(own.len() <= claims, "it filed {} claims", own.len());
        for claim in &own {
            if l1.claim_state(claim.matter.hash, claim.root).await? != ClaimState::TakenBack {
                return Ok(None);
            }
        }
        Ok((own.len() == claims && l1.game_credit(keeper).await?.is_zero()).then_some(()))
    };
    devnet.until_on_l1("the validator to be paid", look).await
}
