//! `bridge claim`.

use crate::{
    args::ClaimArgs,
    context::Context,
    from_l1,
    output::{Answer, say},
    transaction::{send, unsigned},
    withdraw::{exists, is_ripe, wait_final},
};
use alloy::{
    primitives::{Address, B256, U256},
    sol_types::SolCall,
};
use ballast_bridge::{
    amount,
    bindings::{
        Rollup::{self, finalizeCall},
        Withdrawals::{self, claimCall, claimToCall},
    },
    l1::L1,
    withdrawals::Claim,
};
use eyre::{Result, bail};
use serde_json::json;

pub(crate) async fn run(context: &Context, args: &ClaimArgs) -> Result<Answer> {
    if args.from_l1 {
        return from_l1::run(context, args).await;
    }
    let ids = if args.all { unpaid(context, args).await? } else { args.ids.clone() };
    let mut claimed = Vec::new();
    for id in ids {
        if args.wait {
            wait_final(context, id).await?;
        }
        if let Some(paid) = claim(context, args, id).await? {
            claimed.push(paid);
        }
    }
    Ok(answer(claimed))
}

/// What was paid, or is to be signed, as the command tells it.
pub(crate) fn answer(claimed: Vec<Paid>) -> Answer {
    let (mut texts, mut paid, mut unsigned) = (Vec::new(), Vec::new(), Vec::new());
    for Paid { id, asset, amount, to, how } in claimed {
        match how {
            How::Sent(transaction) => {
                texts.push(format!("{id} {} {transaction}", amount::format(amount)));
                paid.push(json!({
                    "id": id, "asset": asset, "amount": amount.to_string(), "to": to, "transaction": transaction,
                }));
            }
            How::Printed(transactions) => {
                for Answer { text, json } in transactions {
                    texts.push(format!("{text}\n"));
                    unsigned.push(json);
                }
            }
        }
    }
    let text = if texts.is_empty() { "nothing to claim".to_owned() } else { texts.join("\n") };
    let mut json = json!({ "claimed": paid });
    if !unsigned.is_empty() {
        json["transactions"] = unsigned.into();
    }
    Answer { text: text.trim_end().to_owned(), json }
}

/// A withdrawal that was paid just now, or by whoever signs.
pub(crate) struct Paid {
    id: u64,
    asset: u16,
    amount: u64,
    to: Address,
    how: How,
}

enum How {
    Sent(B256),
    /// In the order in which they are to be sent.
    Printed(Vec<Answer>),
}

/// The withdrawals of the key's accounts that were not paid yet, ascending; final ones only unless others are to be
/// waited for, and those alone that pay the key where somebody else is to be paid.
async fn unpaid(context: &Context, args: &ClaimArgs) -> Result<Vec<u64>> {
    let reader = Withdrawals::new(context.deployment.withdrawals, context.reader()?);
    let me = context.signer()?.address();
    let mut ids = Vec::new();
    for account in context.node.accounts(me).await? {
        for waiting in context.node.queued(account).await? {
            say(&format!("{} of account {account}: {}", amount::display(waiting.amount), waiting.place()));
        }
        for withdrawal in context.node.withdrawals(account).await? {
            let is_due = match withdrawal.batch {
                Some(batch) => args.wait || is_ripe(context, batch).await?,
                None => args.wait,
            };
            let may = args.to.is_none() || withdrawal.recipient == me;
            if is_due && may && !reader.isClaimed(withdrawal.id).call().await? {
                ids.push(withdrawal.id);
            }
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// Has one withdrawal paid that the exchange proves; `None` when it was already.
async fn claim(context: &Context, args: &ClaimArgs, id: u64) -> Result<Option<Paid>> {
    if is_paid(context, id).await? {
        say(&format!("withdrawal {id} was paid already"));
        return Ok(None);
    }
    let Some(claim) = context.node.claim(id).await? else {
        exists(context, id).await?;
        bail!("the batch of withdrawal {id} is not posted yet: try later, or add --wait")
    };
    pay(context, args, claim).await.map(Some)
}

/// Whether L1 has paid the withdrawal.
pub(crate) async fn is_paid(context: &Context, id: u64) -> Result<bool> {
    let contract = Withdrawals::new(context.deployment.withdrawals, context.reader()?);
    Ok(contract.isClaimed(id).call().await?)
}

/// Has a withdrawal paid that was not, once its batch is or can be made final; or says what is to be signed for that.
pub(crate) async fn pay(context: &Context, args: &ClaimArgs, claim: Claim) -> Result<Paid> {
    let (id, index) = (claim.withdrawal.id, claim.header.index);
    let (asset, amount, recipient) =
        (claim.withdrawal.asset, claim.withdrawal.amount, claim.withdrawal.recipient);
    if args.to.is_some() && context.address().is_some_and(|me| me != recipient) {
        bail!("withdrawal {id} pays {recipient}, which alone can have somebody else paid (--to)");
    }
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
    let to = args.to.unwrap_or(recipient);
    let how = if args.print {
        How::Printed(printed(context, args, claim).await?)
    } else {
        if context.l1.finalized_count().await? <= index {
            make_final(context, index).await?;
        }
        say(&format!("claiming withdrawal {id}: {} for {to}", amount::display_in(asset, amount)));
        How::Sent(sent(context, args, claim).await?)
    };
    Ok(Paid { id, asset, amount, to, how })
}

async fn sent(context: &Context, args: &ClaimArgs, claim: Claim) -> Result<B256> {
    type Errors = Withdrawals::WithdrawalsErrors;
    let contract = Withdrawals::new(context.deployment.withdrawals, context.wallet()?);
    let (header, leaf) = ((&claim.header).into(), (&claim.withdrawal).into());
    let index = U256::from(claim.leaf_index);
    let receipt = match args.to {
        Some(to) => {
            send::<_, Errors>(contract.claimTo(header, leaf, index, claim.proof, to), "the claim").await?
        }
        None => send::<_, Errors>(contract.claim(header, leaf, index, claim.proof), "the claim").await?,
    };
    Ok(receipt.transaction_hash)
}

/// What is to be sent: what makes the batch final, if it is not, and the claim.
async fn printed(context: &Context, args: &ClaimArgs, claim: Claim) -> Result<Vec<Answer>> {
    let mut all = Vec::new();
    let (mut next, batch) = (context.l1.finalized_count().await?, claim.header.index);
    while next <= batch {
        let up_to = step(next, batch);
        let data = finalizeCall { upTo: up_to }.abi_encode().into();
        all.push(unsigned(context, context.deployment.rollup, &data, U256::ZERO));
        next = up_to + 1;
    }
    let (id, recipient) = (claim.withdrawal.id, claim.withdrawal.recipient);
    let (header, withdrawal) = ((&claim.header).into(), (&claim.withdrawal).into());
    let (leaf_index, proof) = (U256::from(claim.leaf_index), claim.proof);
    let data = match args.to {
        Some(to) => claimToCall { header, withdrawal, leafIndex: leaf_index, proof, to }.abi_encode(),
        None => claimCall { header, withdrawal, leafIndex: leaf_index, proof }.abi_encode(),
    };
    match args.to {
        Some(to) => say(&format!("the claim of withdrawal {id} pays {to}, and is to be sent by {recipient}")),
        None => say(&format!("the claim of withdrawal {id} pays {recipient}, anybody may send it")),
    }
    all.push(unsigned(context, context.deployment.withdrawals, &data.into(), U256::ZERO));
    Ok(all)
}

/// Gas of `finalize` for no batch, and what each adds, generously: see `contracts/snapshots/Gas.json`.
const FINALIZE_GAS: (u64, u64) = (100_000, 20_000);
/// Batches that one transaction makes final.
const FINALIZE_STEP: u64 = 500;

/// The last batch that the next transaction makes final.
fn step(next: u64, batch: u64) -> u64 {
    batch.min(next.saturating_add(FINALIZE_STEP - 1))
}

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
        let up_to = step(next, batch);
        let (base, each) = FINALIZE_GAS;
        let call = rollup.finalize(up_to).gas(base + each * (up_to - next + 1));
        send::<_, Rollup::RollupErrors>(call, "the finalization").await?;
        if context.l1.finalized_count().await? <= up_to {
            bail!("L1 did not make batch {up_to} final: it may be reorganising, try again in a minute");
        }
    }
}
