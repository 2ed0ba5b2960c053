//! Ether of ours that the game gives back: bonds of what is decided, rewards for wrong escape claims, and all credit.

use super::{calls::plain, docket::Docket};
use crate::error::Result;
use alloy::{
    primitives::{Address, B256},
    sol_types::SolCall,
};
use ballast_bridge::{
    bindings::DisputeGame,
    dispute::{ClaimState, Dispute, FiledClaim},
    l1::{Call, L1, alloy::AlloyL1, blobs::BlobSource},
};

/// Calls that bring back what is ours, and the bonds that are still in the game.
///
/// # Errors
/// Those of L1.
pub(super) async fn owed<B: BlobSource>(
    l1: &AlloyL1<B>,
    docket: &Docket,
    account: Address,
) -> Result<(Vec<Call>, usize)> {
    let (mut calls, mut bonded) = (Vec::new(), 0);
    for claim in docket.by(account) {
        let (hash, root) = (claim.matter.hash, claim.root);
        let state = l1.claim_state(hash, root).await?;
        bonded += usize::from(state == ClaimState::Live);
        if state == ClaimState::Dead {
            continue;
        }
        let dispute = l1.dispute(hash).await?;
        if state == ClaimState::Live && (dispute.fallen || is_over(l1, claim, &dispute).await?) {
            calls.push(plain(DisputeGame::takeBackCall { hash, root }.abi_encode()));
        }
        let is_reward = dispute.fallen && claim.matter.batch.is_none() && !claim.valid;
        if is_reward && is_first(l1, docket, claim).await? && !l1.is_collected(hash, claim.block).await? {
            calls.push(plain(DisputeGame::collectCall { hash }.abi_encode()));
        }
    }
    if calls.is_empty() && !l1.game_credit(account).await?.is_zero() {
        calls.push(plain(DisputeGame::withdrawCreditCall { to: account }.abi_encode()));
    }
    Ok((calls, bonded))
}

/// Whether nothing can be said any more against the subject of a claim, which has not fallen; or L1 has it no more.
async fn is_over<B: BlobSource>(l1: &AlloyL1<B>, claim: &FiledClaim, dispute: &Dispute) -> Result<bool> {
    let Some(index) = claim.matter.batch else {
        return Ok(dispute.invalid == 0 && l1.accepted_claim().await?.is_some());
    };
    let posted: Option<B256> = l1.batch_hash(index).await?;
    Ok(posted != Some(claim.matter.hash) || index < l1.finalized_count().await?)
}

/// Whether no claim "invalid" that has not died was filed before this one.
async fn is_first<B: BlobSource>(l1: &AlloyL1<B>, docket: &Docket, claim: &FiledClaim) -> Result<bool> {
    let hash = claim.matter.hash;
    for other in docket.of(hash).filter(|other| !other.valid).take_while(|other| other.root != claim.root) {
        if l1.claim_state(hash, other.root).await? != ClaimState::Dead {
            return Ok(false);
        }
    }
    Ok(true)
}
