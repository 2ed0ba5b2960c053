//! `bridge claim`.

use crate::{
    args::ClaimArgs,
    context::Context,
    from_l1,
    output::{Answer, say},
    transaction::send,
    withdraw::{exists, is_ripe, wait_final},
};
use alloy::primitives::{B256, U256};
use ballast_bridge::{
    amount,
    bindings::{Rollup, Withdrawals},
    l1::L1,
    withdrawals::Claim,
};
use eyre::{Result, bail};
use serde_json::json;

pub(crate) async fn run(context: &Context, args: &ClaimArgs) -> Result<Answer> {
    if args.from_l1 {
        return from_l1::run(context, args).await;
    }
    let ids = if args.all { unpaid(context, args.wait).await? } else { args.ids.clone() };
    let mut claimed = Vec::new();
    for id in ids {
        if args.wait {
            wait_final(context, id).await?;
        }
        if let Some(paid) = claim(context, id).await? {
            claimed.push(paid);
        }
    }
    Ok(answer(&claimed))
}

/// What was paid, as the command tells it.
pub(crate) fn answer(claimed: &[Paid]) -> Answer {
    let text = if claimed.is_empty() { "nothing to claim".to_owned() } else { lines(claimed) };
    let json = claimed
        .iter()
        .map(|c| json!({ "id": c.id, "amount": c.amount.to_string(), "transaction": c.transaction }));
    Answer { text, json: json!({ "claimed": json.collect::<Vec<_>>() }) }
}

/// A withdrawal that was paid just now.
pub(crate) struct Paid {
    id: u64,
    amount: u64,
    transaction: B256,
}

fn lines(claimed: &[Paid]) -> String {
    let line = |c: &Paid| format!("{} {} {}", c.id, amount::format(c.amount), c.transaction);
    claimed.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The withdrawals of the key's accounts that were not paid yet, ascending; final ones only unless others are to be
/// waited for.
async fn unpaid(context: &Context, wait: bool) -> Result<Vec<u64>> {
    let reader = Withdrawals::new(context.deployment.withdrawals, context.wallet()?);
    let mut ids = Vec::new();
    for account in context.node.accounts(context.signer()?.address()).await? {
        for waiting in context.node.queued(account).await? {
            say(&format!("{} of account {account}: {}", amount::display(waiting.amount), waiting.place()));
        }
        for withdrawal in context.node.withdrawals(account).await? {
            let is_due = match withdrawal.batch {
                Some(batch) => wait || is_ripe(context, batch).await?,
                None => wait,
            };
            if is_due && !reader.isClaimed(withdrawal.id).call().await? {
                ids.push(withdrawal.id);
            }
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Has one withdrawal paid that the exchange proves; `None` when it was already.
async fn claim(context: &Context, id: u64) -> Result<Option<Paid>> {
    if is_paid(context, id).await? {
        say(&format!("withdrawal {id} was paid already"));
        return Ok(None);
    }
    let Some(claim) = context.node.claim(id).await? else {
        exists(context, id).await?;
        bail!("the batch of withdrawal {id} is not posted yet: try later, or add --wait")
    };
    pay(context, claim).await.map(Some)
}

/// Whether L1 has paid the withdrawal.
pub(crate) async fn is_paid(context: &Context, id: u64) -> Result<bool> {
    let contract = Withdrawals::new(context.deployment.withdrawals, context.reader()?);
    Ok(contract.isClaimed(id).call().await?)
}

/// Has a withdrawal paid that was not, once its batch is or can be made final.
pub(crate) async fn pay(context: &Context, claim: Claim) -> Result<Paid> {
    let contract = Withdrawals::new(context.deployment.withdrawals, context.wallet()?);
    let id = claim.withdrawal.id;
    let index = claim.header.index;
    if context.l1.batch_hash(index).await? != Some(claim.header.hash()) {
        bail!(
            "L1 has another batch {index} than this is proved with: L1 may be reorganising, try again in a minute"
        );
    }
    if !is_ripe(context, index).await? {
        let from = context.l1.final_from(index).await?.unwrap_or_default();
        let left = from.saturating_sub(context.l1.head().await?.time);
        bail!("batch {index} of withdrawal {id} can be disputed for {left} s more: try later, or add --wait");
    }
    if context.l1.finalized_count().await? <= index {
        make_final(context, index).await?;
    }
    let amount = claim.withdrawal.amount;
    say(&format!("claiming withdrawal {id}: {} for {}", amount::display(amount), claim.withdrawal.recipient));
    let leaf_index = U256::from(claim.leaf_index);
    let call = contract.claim((&claim.header).into(), (&claim.withdrawal).into(), leaf_index, claim.proof);
    let receipt = send::<_, Withdrawals::WithdrawalsErrors>(call, "the claim").await?;
    Ok(Paid { id, amount, transaction: receipt.transaction_hash })
}

/// Gas of `finalize` for no batch, and what each adds, generously: see `contracts/snapshots/Gas.json`.
const FINALIZE_GAS: (u64, u64) = (100_000, 20_000);
/// Batches that one transaction makes final.
const FINALIZE_STEP: u64 = 500;

/// Tells L1 that the batch is final, which anybody may. The gas is not estimated: somebody else may be about to do the
/// same, so that nothing seems to be left to do, and the estimate is too little for whoever comes first.
pub(crate) async fn make_final(context: &Context, batch: u64) -> Result<()> {
    say(&format!("the window of batch {batch} is over: making it final"));
    let rollup = Rollup::new(context.deployment.rollup, context.wallet()?);
    loop {
        let next = context.l1.finalized_count().await?;
        if next > batch {
            return Ok(());
        }
        let up_to = batch.min(next.saturating_add(FINALIZE_STEP - 1));
        let (base, each) = FINALIZE_GAS;
        let call = rollup.finalize(up_to).gas(base + each * (up_to - next + 1));
        send::<_, Rollup::RollupErrors>(call, "the finalization").await?;
        if context.l1.finalized_count().await? <= up_to {
            bail!("L1 did not make batch {up_to} final: it may be reorganising, try again in a minute");
        }
    }
}
