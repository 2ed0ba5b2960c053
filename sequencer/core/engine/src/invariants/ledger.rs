//! Money and positions add up to the unit.

use alloc::{collections::BTreeMap, format, vec::Vec};

use ballast_risk::settle_funding;
use ballast_state::Holders;
use ballast_types::{
    AccountId, Lots, MarketId, Millis, PoolId, Quote,
    limits::{MAX_AMOUNT, MAX_WITHDRAWALS_PER_BATCH, RATIO_WHOLE},
};

use super::{Violation, ensure};
use crate::{exchange::Exchange, facts};

/// INV-1 (K1): what was credited to a pool or came from others, and what it owes, is what its accounts own, the fees, the
/// fund, and what left. INV-4: neither fund nor deficit is below zero. INV-48: no more left than arrived. INV-62: what came to
/// pools had left others. INV-64: what a pool earned pays before it owes.
pub(super) fn check_pools(x: &Exchange) -> Result<(), Violation> {
    let mut owned: BTreeMap<PoolId, i128> = BTreeMap::new();
    for id in (0..x.state.chain.accounts).map(AccountId) {
        let account = facts::account(&x.state, id);
        let due = account.positions.iter().map(|position| {
            settle_funding(position.size, position.funding, facts::market(&x.state, position.market).funding)
        });
        *owned.entry(account.pool).or_default() += i128::from(account.cash.0) + due.sum::<i128>();
    }
    // Whose position became cash has it from those whose did not yet.
    for market in (0..x.state.chain.markets).map(|id| facts::market(&x.state, MarketId(id))) {
        let Some(settlement) = market.settlement else { continue };
        let kappa = i128::from(market.params.kappa);
        *owned.entry(market.pool).or_default() -= settlement.closed * i128::from(settlement.price.0) * kappa;
    }
    for (index, pool) in x.state.pools.iter() {
        let id = PoolId(u16::try_from(index).unwrap_or(u16::MAX));
        let accounts = owned.remove(&id).unwrap_or(0);
        let held: i128 =
            [pool.fees, pool.fund, pool.withdrawn].map(|amount| i128::from(amount.0)).iter().sum();
        let came = [pool.credited, pool.transferred, pool.deficit].map(|amount| i128::from(amount.0));
        ensure(accounts + held == came.iter().sum(), 1, || {
            format!("pool {id}: accounts own {accounts}, {pool:?}")
        })?;
        let positive = pool.fund >= Quote::ZERO && pool.deficit >= Quote::ZERO;
        ensure(positive, 4, || format!("pool {id}: {pool:?}"))?;
        ensure(pool.deficit == Quote::ZERO || pool.fees <= Quote::ZERO, 64, || {
            format!("pool {id}: {pool:?}")
        })?;
        let since = pool.resolution.owes_since;
        ensure((pool.deficit == Quote::ZERO) == (since == Millis(0)), 64, || format!("pool {id}: {pool:?}"))?;
        let left = pool.withdrawn >= Quote::ZERO && pool.held() >= 0;
        ensure(left, 48, || format!("pool {id}: {pool:?}"))?;
    }
    let transferred: i128 = x.state.pools.iter().map(|(_, pool)| i128::from(pool.transferred.0)).sum();
    ensure(transferred == 0, 62, || format!("{transferred} u more came from other pools than went to them"))?;
    ensure(owned.is_empty(), 1, || format!("accounts belong to pools that do not exist: {:?}", owned.keys()))
}

/// INV-2 (K2): the positions of a market, and those that became cash when it had settled, sum to zero, and its open interest is the sum of the long ones. INV-56: its holders
/// are counted by side and size.
pub(super) fn check_positions(x: &Exchange) -> Result<(), Violation> {
    let mut sums: BTreeMap<MarketId, (i128, i128)> = BTreeMap::new();
    let mut counts: BTreeMap<MarketId, Holders> = BTreeMap::new();
    for id in (0..x.state.chain.accounts).map(AccountId) {
        for position in &facts::account(&x.state, id).positions {
            let (sum, long) = sums.entry(position.market).or_default();
            *sum += i128::from(position.size.0);
            *long += i128::from(position.size.0.max(0));
            counts.entry(position.market).or_insert(Holders::NONE).moved(Lots::ZERO, position.size);
        }
    }
    for market in (0..x.state.chain.markets).map(MarketId) {
        let (sum, long) = sums.get(&market).copied().unwrap_or_default();
        let open_interest = facts::venue(&x.state, market).open_interest;
        let closed = facts::market(&x.state, market).settlement.map_or(0, |settlement| settlement.closed);
        ensure(sum + closed == 0 && long == i128::from(open_interest.0), 2, || {
            format!("market {market}: positions sum to {sum}, long {long}, open interest {open_interest}")
        })?;
        let counted = counts.remove(&market).unwrap_or(Holders::NONE);
        ensure(counted == facts::venue(&x.state, market).holders, 56, || {
            format!("market {market}: {counted:?} holders")
        })?;
    }
    Ok(())
}

/// INV-71: when a pool was resolved nobody in it has a position, who owes in USDC owes together what its `debts` say, and what the
/// others have is worth, by its ratio, no more than it holds.
pub(super) fn check_resolved(x: &Exchange) -> Result<(), Violation> {
    for (index, pool) in x.state.pools.iter() {
        let Some(ratio) = pool.ratio() else { continue };
        let ids = (0..x.state.chain.accounts).map(AccountId);
        let accounts: Vec<_> =
            ids.map(|id| facts::account(&x.state, id)).filter(|it| u32::from(it.pool.0) == index).collect();
        let owed: i128 = accounts.iter().map(|it| i128::from(it.cash.0.min(0))).sum();
        let counted = owed == -i128::from(pool.debts.0) || pool.debts == Quote(MAX_AMOUNT);
        let sound = accounts.iter().all(|it| it.positions.is_empty()) && counted;
        let claims: i128 = accounts.iter().map(|it| i128::from(it.cash.0.max(0))).sum();
        let within = claims * i128::from(ratio) <= pool.held() * i128::from(RATIO_WHOLE);
        ensure(sound && within, 71, || format!("pool {index}: {claims} at {ratio}, {pool:?}"))?;
    }
    Ok(())
}

/// INV-47: the withdrawals of the open batch are bounded and numbered without a gap up to the next.
pub(super) fn check_withdrawals(x: &Exchange) -> Result<(), Violation> {
    let count = x.open.len() as u64;
    let next = x.state.chain.next_withdrawal;
    let dense = count <= u64::from(MAX_WITHDRAWALS_PER_BATCH)
        && count <= next
        && (next - count..).zip(&x.open).all(|(id, withdrawal)| withdrawal.id == id);
    ensure(dense, 47, || format!("{count} withdrawals are open, the next is {next}"))
}
