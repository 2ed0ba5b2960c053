//! `bridge rebuild`: what everybody has, from L1 alone.

use crate::{
    archives::Archives,
    args::{DataArgs, RebuildArgs},
    context::Context,
    output::{Answer, say},
};
use alloy::primitives::U256;
use ballast_bridge::{
    Error, amount,
    l1::blobs::{Beacon, SlotRule},
    rebuild::{Begin, Directory, Plan, Progress, Rebuilt, Target, follow},
};
use ballast_engine::{Escape, PoolEscape};
use eyre::{Result, WrapErr};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_secs(2);
/// What a ratio of one is.
const WHOLE: u64 = 1_000_000_000;

pub(crate) async fn run(context: &Context, args: &RebuildArgs) -> Result<Answer> {
    let target = if args.posted { Target::Posted } else { Target::Final };
    let state = rebuild(context, &args.data, target).await?;
    let escape = Escape::of(state.leaves());
    let (header, leaves) = (state.header(), state.leaves());
    let mut lines = vec![format!(
        "batch {} {}: {} accounts, {} markets, {} pools",
        header.index,
        header.hash(),
        leaves.accounts.len(),
        leaves.markets.len(),
        leaves.pools.len()
    )];
    lines.extend(escape.pools().iter().map(line));
    lines.push(format!(
        "payouts {}, {} in all assets",
        escape.payouts().len(),
        amount::format(escape.total())
    ));
    Ok(Answer { text: lines.join("\n"), json: summary(&state, &escape) })
}

/// Rebuilds, going on from what the directory holds.
pub(crate) async fn rebuild(context: &Context, data: &DataArgs, target: Target) -> Result<Rebuilt> {
    let rule = match (data.beacon_slots, &data.beacon, context.deployment.chain_id) {
        (Some(rule), ..) => rule,
        (None, Some(_), 1) => SlotRule::MAINNET,
        (None, ..) => SlotRule::BlockNumber,
    };
    // Development chains serve blobs beside their own RPC.
    let url = data.beacon.as_deref().unwrap_or_else(|| context.l1_url());
    let l1 = context.l1.clone().with_blobs(Beacon::new(url, rule)?);
    let directory = Directory::open(&data.dir)?;
    let told = |state: &Rebuilt| summary(state, &Escape::of(state.leaves())).to_string();
    let mut last: Option<Instant> = None;
    let mut gathered = None;
    let tell = |Progress { batch, target, gathers_from }: Progress| {
        if gathers_from.is_some() && gathers_from != gathered {
            gathered = gathers_from;
            say(&format!(
                "beginning in the middle, with batch {batch}: withdrawals before the end of its round are not rebuilt"
            ));
        }
        if batch == target || last.is_none_or(|last| last.elapsed() >= TELL_EVERY) {
            let doing = if gathers_from.is_some() { "gathering" } else { "rebuilding" };
            say(&format!("{doing}: batch {batch} of {target}"));
            last = Some(Instant::now());
        }
    };
    let begin = data.from.map_or(Begin::Anywhere, Begin::At);
    let plan = Plan { target, begin, archive: Archives::of(&data.archive)? };
    let state = follow(&l1, &plan, &directory, told, tell).await;
    let hint = "the state cannot be rebuilt; a node of the beacon chain that still has the blobs is named with --beacon, a node or \
                validator of the exchange that kept the diffs with --archive, and \
                where an earlier run left a state, --from BATCH begins anew with a round of later batches";
    let state = match state {
        Err(error @ (Error::BlobService(_) | Error::BlobsGone(_))) => Err(error).wrap_err(hint),
        state => state.wrap_err("the state cannot be rebuilt"),
    }?;
    say(&format!("verified: batch {} in {}", state.header().index, data.dir.display()));
    Ok(state)
}

fn line(pool: &PoolEscape) -> String {
    format!(
        "pool {}: holds {}, owes {} u, pays {} of 10^9; {} wait to leave",
        pool.pool,
        micros(pool.held),
        pool.owed.sum(),
        ratio(pool),
        amount::display(pool.waiting)
    )
}

fn micros(held: i128) -> String {
    u64::try_from(held).map_or_else(|_| format!("{held} u"), amount::display)
}

/// What each is paid of what he is owed, in parts of 10^9, rounded down.
pub(crate) fn ratio(pool: &PoolEscape) -> u64 {
    let (held, owed) = (U256::from(pool.held.max(0).unsigned_abs()), pool.owed.sum());
    if owed <= held {
        return WHOLE;
    }
    (held * U256::from(WHOLE) / owed).saturating_to()
}

fn summary(state: &Rebuilt, escape: &Escape) -> Value {
    let (header, leaves) = (state.header(), state.leaves());
    let pools = escape.pools().iter().map(|pool| {
        json!({
            "pool": pool.pool.0, "held": pool.held.to_string(), "owed": pool.owed.sum().to_string(),
            "ratio": ratio(pool), "paid": pool.paid.to_string(), "waiting": pool.waiting.to_string(),
        })
    });
    let claim = escape.claim(header.hash());
    json!({
        "batch": header.index, "batchHash": header.hash(), "stateRoot": header.stateRoot,
        "accounts": leaves.accounts.len(), "markets": leaves.markets.len(), "pools": pools.collect::<Vec<_>>(),
        "payouts": escape.payouts().len(), "total": escape.total().to_string(), "claimHash": claim.hash(),
        "payoutsRoot": claim.payoutsRoot, "withdrawals": state.withdrawal_count(),
        "firstWithdrawal": state.first_withdrawal(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ballast_batch::ExitLeaves;
    use ballast_state::{Account, Holdings, Pool};
    use ballast_types::{Address, PoolId, Quote};

    #[test]
    fn a_ratio_is_whole_where_there_is_enough() {
        let pool = |held: i64, owed: i64| {
            let mut leaves = ExitLeaves::default();
            leaves.pools.insert(0, Pool { credited: Quote(held), ..Pool::default() });
            let owner = Address::repeat_byte(1);
            let account = Account {
                owner,
                pool: PoolId(0),
                cash: Quote(owed),
                positions: Vec::new(),
                holdings: Holdings::NONE,
            };
            leaves.accounts.insert(0, account);
            Escape::of(&leaves).pools()[0]
        };
        assert_eq!(ratio(&pool(3, 3)), WHOLE);
        assert_eq!(ratio(&pool(2, 3)), 666_666_666);
        assert_eq!(ratio(&pool(0, 3)), 0);
        assert_eq!(ratio(&pool(5, 0)), WHOLE);
        assert_eq!(
            line(&pool(2, 3)),
            "pool 0: holds 0.000002 USDC, owes 3 u, pays 666666666 of 10^9; 0.00 USDC wait to leave"
        );
    }
}
