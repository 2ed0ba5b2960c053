//! What stands behind the accounts of a pool, and what leaves it.

use super::margin::{self, account_view};
use super::views::no_account;
use crate::{
    quarantine::Aside,
    rpc::View,
    wire::{Amount, BucketView, Integer, PoolView, QuarantineView, QueuedView},
};
use ballast_engine::{Exchange, flow, watch};
use ballast_risk::ladder::{fund_target, interest_part};
use ballast_state::{Flow, Market, Stage, State, queue_index};
use ballast_types::{AccountId, Lots, Millis, PoolId};

/// Of a pool that exists, as it is at `now`: whether it is set aside is not of the state.
pub(super) fn pool_view(state: &State, id: PoolId, now: Millis) -> Option<PoolView> {
    let pool = state.pools.get(u32::from(id.0))?;
    let protection = &pool.protection;
    let history = protection.history.at(now, pool.fund);
    let buckets = flow(state, id, now).as_ref().map(bucket_views);
    let backstop = protection.backstop.and_then(|account| account_view(state, account));
    let watch = watch(state, now, id);
    Some(PoolView {
        seq: state.chain.seq.0,
        pool: id.0,
        credited: Amount(pool.credited.0.into()),
        withdrawn: Amount(pool.withdrawn.0.into()),
        fees: Amount(pool.fees.0.into()),
        fund: Amount(pool.fund.0.into()),
        fund_target: Amount(protection.target.0.into()),
        fund_day_start: Amount(history.day_start.0.into()),
        fund_peak: Amount(history.highest().0.into()),
        fund_watch: watch.fund,
        deficit: Amount(pool.deficit.0.into()),
        backstop: protection.backstop.map(|account| account.0),
        backstop_equity: backstop.map_or(Amount(0), |account| account.equity),
        backstop_watch: watch.backstop,
        takeover_equity: Amount(protection.takeover_equity.0.into()),
        takeover_day: protection.takeover_day,
        transferred: Amount(pool.transferred.0.into()),
        owes_since: pool.resolution.owes_since.0,
        paused_until: pool.pause.until.0,
        resolution: stage_name(pool.resolution.stage).into(),
        next_account: match pool.resolution.stage {
            Stage::Settling { next } => Some(next.0),
            Stage::Open | Stage::Resolved { .. } => None,
        },
        ratio: pool.ratio(),
        hour: buckets.clone().map(|[hour, _]| hour),
        day: buckets.map(|[_, day]| day),
        waiting: pool.pacing.waiting(),
        queued: Amount(pool.pacing.queued.0.into()),
        quarantine: None,
    })
}

/// How a pool is set aside.
pub(super) fn quarantine_view(aside: Aside) -> QuarantineView {
    QuarantineView { extent: aside.extent.name().into(), since: aside.since.0, why: aside.why }
}

/// What the fund of a pool should hold by the open interest of its markets that trade alone, at the marks, in u (risk.md 5.8).
pub(super) fn interest_target(state: &State, pool: PoolId) -> i128 {
    let trades = |market: &Market| market.pool == pool && market.settlement.is_none();
    let of_pool = state.markets.iter().filter(|(_, market)| trades(market));
    let interest = of_pool.map(|(id, market)| {
        let open = state.venues.get(id).map_or(0, |venue| i128::from(venue.open_interest.0));
        (open * market.params.value(market.mark, Lots(1)), interest_part(market.params.class))
    });
    fund_target(0, 0, interest, [])
}

const fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::Open => "open",
        Stage::Settling { .. } => "settling",
        Stage::Resolved { .. } => "resolved",
    }
}

/// Of the hour and of the day.
fn bucket_views(flow: &Flow) -> [BucketView; 2] {
    let (capacities, available) = (flow.capacities(), flow.available_by());
    [0, 1].map(|n: usize| BucketView { capacity: Amount(capacities[n]), available: Amount(available[n]) })
}

/// What of an account waits to leave its pool, first come first, at most `limit`.
pub(super) fn queued_views(x: &Exchange, account: AccountId, limit: usize) -> View<Vec<QueuedView>> {
    let (owned, _) = margin::facts(&x.state, account).ok_or_else(|| no_account(x, account))?;
    let Some(pool) = x.state.pools.get(u32::from(owned.pool.0)) else { return Ok(Vec::new()) };
    let (mut ahead, mut views) = (0, Vec::new());
    for ticket in pool.pacing.first..pool.pacing.next {
        let Some(queued) = x.state.queues.get(queue_index(owned.pool, ticket)) else { continue };
        let amount = i128::from(queued.amount.0);
        if queued.account == account && views.len() < limit {
            views.push(QueuedView {
                ticket: Integer(ticket),
                account: account.0,
                recipient: queued.recipient,
                amount: Amount(amount),
                before: ticket - pool.pacing.first,
                ahead: Amount(ahead),
            });
        }
        ahead += amount;
    }
    Ok(views)
}
