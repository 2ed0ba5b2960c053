//! `bridge reject`: drops a batch that was found invalid, and all that follow it. Anybody may.

use crate::{
    args::RejectArgs,
    context::Context,
    demand::posted,
    output::{Answer, ether, say},
    transaction::{price, send, unsigned},
};
use alloy::{primitives::U256, sol_types::SolCall};
use ballast_batch::BatchHeader;
use ballast_bridge::{
    bindings::{
        Rollup,
        Rollup::{BatchRejected, RollupErrors, rejectCall},
    },
    l1::{L1, Upkeep, Verdict},
};
use eyre::{Result, bail, eyre};
use serde_json::json;

const WHAT: &str = "the rejection";

pub(crate) async fn run(context: &Context, args: &RejectArgs) -> Result<Answer> {
    let index = args.batch;
    let posted = posted(context, index).await?;
    if index < context.l1.finalized_count().await? {
        bail!("batch {index} is final: it stays for ever");
    }
    let status = context.l1.verdict(index, posted.hash()).await?;
    if status != Verdict::Invalid {
        bail!("batch {index} cannot be dropped: {}", why_not(status));
    }
    let previous = previous(context, index).await?;
    if args.print {
        say("to be sent by anybody; it drops the batch and all that follow it");
        let call = rejectCall { index, previous: (&previous).into() };
        return Ok(unsigned(context, context.deployment.rollup, &call.abi_encode().into(), U256::ZERO));
    }
    let rollup = Rollup::new(context.deployment.rollup, context.wallet()?);
    let call = rollup.reject(index, (&previous).into()).from(context.signer()?.address());
    let gas = price::<_, RollupErrors>(&call, WHAT).await?;
    say(&format!("it takes about {} of gas", ether(gas.cost)));
    let receipt = send::<_, RollupErrors>(call.gas(gas.limit), WHAT).await?;
    let told = receipt.logs().iter().find_map(|log| log.log_decode::<BatchRejected>().ok());
    let dropped = told.ok_or_else(|| eyre!("nothing was dropped: is the deployment file right?"))?;
    let dropped: u64 = dropped.inner.data.dropped;
    let frozen_at = context.l1.frozen_at().await?;
    if frozen_at.is_some() {
        say(
            "a forced request was passed over beneath it, so the exchange is frozen: `bridge escape` goes on",
        );
    }
    let json = json!({
        "batch": index, "batchHash": posted.hash(), "dropped": dropped, "frozenAt": frozen_at,
        "transaction": receipt.transaction_hash,
    });
    Ok(Answer { text: format!("dropped {dropped} batches, from batch {index} on"), json })
}

/// The header that the batch was built on, which the contract has only the hash of.
async fn previous(context: &Context, index: u64) -> Result<BatchHeader> {
    let before = index.checked_sub(1).ok_or_else(|| eyre!("genesis cannot be dropped"))?;
    let header = context.l1.header(before).await?.ok_or_else(|| eyre!("batch {before} is not on L1"))?;
    if context.l1.batch_hash(before).await? != Some(header.hash()) {
        bail!("L1 moved while it was read: try again in a minute");
    }
    Ok(header)
}

fn why_not(status: Verdict) -> &'static str {
    if status == Verdict::Disputed {
        "it is disputed: chunks of its inputs are demanded and may yet be shown, or were shown and are looked at"
    } else {
        "nothing on L1 says that it is invalid"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_batch_stays_is_told() {
        assert!(why_not(Verdict::Disputed).contains("demanded"));
        assert!(why_not(Verdict::Undisputed).contains("nothing on L1"));
    }
}
