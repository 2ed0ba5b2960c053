//! `bridge claim --from-l1`: withdrawals found in what batches left on L1, and proved by nobody else.

use crate::{
    args::ClaimArgs,
    claim::{Paid, answer, is_paid, pay},
    context::{Context, POLL, persist},
    output::{Answer, say},
    rebuild::rebuild,
    withdraw::is_ripe,
};
use alloy::primitives::Address;
use ballast_batch::Withdrawal;
use ballast_bridge::{
    amount,
    l1::L1,
    rebuild::{Directory, Rebuilt, Sealed, Target, held},
    withdrawals::Claim,
};
use eyre::{OptionExt, Result, bail};

pub(crate) async fn run(context: &Context, args: &ClaimArgs) -> Result<Answer> {
    let state = state(context, args).await?;
    let batches = Directory::open(&args.data.dir)?.withdrawals(&state)?;
    let batches =
        batches.ok_or_eyre("withdrawals in the directory (--dir) were changed meanwhile: try again")?;
    let ids =
        if args.all { mine(&state, &batches, args, context.signer()?.address()) } else { args.ids.clone() };
    let mut claimed = Vec::new();
    for id in ids {
        claimed.extend(one(context, args, &state, &batches, id).await?);
    }
    Ok(answer(claimed))
}

/// The state after the last batch that L1 has the data of. Where data cannot be had, or are wrong, what was read before them is as
/// good as ever: withdrawals of earlier batches are in it.
async fn state(context: &Context, args: &ClaimArgs) -> Result<Rebuilt> {
    let error = match rebuild(context, &args.data, Target::Posted).await {
        Ok(state) => return Ok(state),
        Err(error) => error,
    };
    let last = context.l1.batch_count().await?.saturating_sub(1);
    let Some(state) = held(&context.l1, last, &Directory::open(&args.data.dir)?).await? else {
        return Err(error);
    };
    say(&format!("WARNING: {error:#}"));
    say(&format!(
        "going on with the batches up to {}, which were read: later withdrawals are not found",
        state.header().index
    ));
    Ok(state)
}

/// Numbers of the withdrawals that pay somebody, and, where he is not to have others paid, of those of his accounts, ascending. What
/// waits in a queue is only told.
fn mine(state: &Rebuilt, batches: &[Sealed], args: &ClaimArgs, me: Address) -> Vec<u64> {
    let accounts = &state.leaves().accounts;
    let owns = |account: u32| accounts.get(&account).is_some_and(|account| account.owner == me);
    for (_, waiting) in state.leaves().waiting() {
        if waiting.recipient == me || owns(waiting.account.0) {
            let amount = amount::display(waiting.amount.0.unsigned_abs());
            say(&format!(
                "{amount} of account {} waits to leave its pool and is in no batch yet",
                waiting.account
            ));
        }
    }
    let is_mine = |withdrawal: &&Withdrawal| {
        withdrawal.recipient == me || (args.to.is_none() && owns(withdrawal.account))
    };
    let withdrawals = batches.iter().flat_map(|batch| &batch.withdrawals);
    withdrawals.filter(is_mine).map(|withdrawal| withdrawal.id).collect()
}

/// Has a withdrawal paid. Of all of somebody's those that cannot be paid yet are only told.
async fn one(
    context: &Context,
    args: &ClaimArgs,
    state: &Rebuilt,
    batches: &[Sealed],
    id: u64,
) -> Result<Option<Paid>> {
    let Some(claim) = batches.iter().find_map(|batch| batch.claim(id)) else {
        let (batch, first, end) = (state.header().index, state.first_withdrawal(), state.withdrawal_count());
        bail!(
            "of the batches up to {batch} the withdrawals from {first} to below {end} are known, and what earlier runs found, not {id}"
        )
    };
    if persist(async || is_paid(context, id).await).await? {
        if !args.all {
            say(&format!("withdrawal {id} was paid already"));
        }
        return Ok(None);
    }
    if args.wait {
        wait(context, &claim).await?;
    } else if args.all && !is_ripe(context, claim.header.index).await? {
        say(&format!("withdrawal {id}: posted, its challenge window is not over (--wait waits for it)"));
        return Ok(None);
    }
    pay(context, args, claim).await.map(Some)
}

/// Waits until the challenge window of the batch is over.
async fn wait(context: &Context, claim: &Claim) -> Result<()> {
    let mut told = false;
    while !persist(async || is_ripe(context, claim.header.index).await).await? {
        if !told {
            say(&format!("withdrawal {}: posted, waiting for the challenge window", claim.withdrawal.id));
            told = true;
        }
        tokio::time::sleep(POLL).await;
    }
    Ok(())
}
