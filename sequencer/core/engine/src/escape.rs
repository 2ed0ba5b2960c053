//! The escape program: what the leaves of the exit sections come to when the exchange is dead (settlement.md, Escape).
//!
//! A function of the leaves alone, whatever they are: it looks at no order, no margin and no clock. Leaves that no batch could
//! lead to are worth what is said here, and no panic: a position in a market that there is not is worth nothing, and a pool that there
//! is not holds nothing.

mod seized;

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_batch::{EscapeClaim, EscapePayout, ExitLeaves};
use ballast_risk::{Claims, Valued, escape_equity};
use ballast_state::{Account, Market, Position, Tree, queue_place};
use ballast_types::{Address, AssetId, B256, PoolId, PriceTicks, limits::MAX_ASSETS};
use seized::Seized;

/// What everybody is paid, and the tree over it.
#[derive(Clone)]
pub struct Escape {
    payouts: Vec<EscapePayout>,
    pools: Vec<PoolEscape>,
    tree: Tree,
    total: u64,
}

/// What becomes of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolEscape {
    /// The pool.
    pub pool: PoolId,
    /// What of the vault stands for it, in u.
    pub held: i128,
    /// What its accounts are owed, in u.
    pub owed: Claims,
    /// What they are paid of it, in u.
    pub paid: u64,
    /// What waits in its queue, which is paid in full, in u.
    pub waiting: u64,
}

impl PoolEscape {
    const fn new(pool: PoolId, held: i128) -> Self {
        Self { pool, held, owed: Claims::NONE, paid: 0, waiting: 0 }
    }
}

impl Escape {
    /// What these leaves come to.
    ///
    /// # Panics
    /// When there are 2^32 payouts: they are fewer than eight for each account and one for each place in a queue.
    #[must_use]
    pub fn of(leaves: &ExitLeaves) -> Self {
        let mut pools: BTreeMap<u32, PoolEscape> = leaves.pools.iter().filter_map(pool).collect();
        let worth: Vec<i128> = leaves.accounts.values().map(|account| equity(leaves, account)).collect();
        let mut seized = Seized::of(leaves);
        for (account, equity) in leaves.accounts.values().zip(&worth) {
            seized.take(account, -equity);
            if let Some(pool) = pools.get_mut(&account.pool.0.into()) {
                pool.owed = pool.owed.with(*equity);
            }
        }
        let mut payouts = Payouts::default();
        for (account, equity) in leaves.accounts.values().zip(worth) {
            let pool = pools.get_mut(&account.pool.0.into());
            let owed = pool.as_ref().map_or(Claims::NONE, |pool| pool.owed);
            if let Some(pool) = pool {
                let part = pool.owed.part(equity, pool.held);
                pool.paid = pool.paid.saturating_add(part);
                payouts.push(account.owner, AssetId::USDC, part);
            }
            for asset in (1..MAX_ASSETS).map(AssetId) {
                let own = account.holdings.of(asset).0 - seized.of_account(account, asset, -equity);
                let share = owed.share(equity, seized.of_pool(account.pool, asset));
                payouts.push(account.owner, asset, own.saturating_add(share));
            }
        }
        for (index, queued) in leaves.waiting() {
            let amount = u64::try_from(queued.amount.0).unwrap_or(0);
            let pool = queue_place(index).and_then(|(pool, _)| pools.get_mut(&pool.0.into()));
            pool.into_iter().for_each(|pool| pool.waiting = pool.waiting.saturating_add(amount));
            payouts.push(queued.recipient, AssetId::USDC, amount);
        }
        payouts.finish(pools.into_values().collect())
    }

    /// What is paid, by index.
    #[must_use]
    pub fn payouts(&self) -> &[EscapePayout] {
        &self.payouts
    }

    /// What becomes of each pool.
    #[must_use]
    pub fn pools(&self) -> &[PoolEscape] {
        &self.pools
    }

    /// Of all payouts, whatever they are of, in 10^-6 of each.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// Siblings from the leaf of a payout up to the root.
    #[must_use]
    pub fn proof(&self, index: u32) -> Vec<B256> {
        self.tree.proof(index)
    }

    /// The claim that it makes on the batch whose state the leaves are.
    #[must_use]
    pub fn claim(&self, batch: B256) -> EscapeClaim {
        EscapeClaim {
            batchHash: batch,
            payoutsRoot: self.tree.root(),
            payoutCount: self.payouts.len() as u64,
            total: self.total,
        }
    }
}

/// `E` of an account, at the marks of its markets, or where they settled at that price, in u.
#[must_use]
pub fn equity(leaves: &ExitLeaves, account: &Account) -> i128 {
    let valued = account.positions.iter().filter_map(|position| {
        leaves.markets.get(&position.market.0.into()).map(|market| valued(market, position))
    });
    escape_equity(account.cash, valued)
}

fn valued(market: &Market, position: &Position) -> Valued {
    Valued {
        size: position.size,
        price: price(market),
        kappa: market.params.kappa,
        funding: market.funding,
        entry_funding: position.funding,
    }
}

/// At which an exit values what is in the market: that at which it settled, else its mark.
fn price(market: &Market) -> PriceTicks {
    market.settlement.map_or(market.mark, |settlement| settlement.price)
}

fn pool((index, pool): (&u32, &ballast_state::Pool)) -> Option<(u32, PoolEscape)> {
    let id = PoolId(u16::try_from(*index).ok()?);
    Some((*index, PoolEscape::new(id, pool.held())))
}

/// Payouts as they are numbered.
#[derive(Default)]
struct Payouts {
    payouts: Vec<EscapePayout>,
    total: u64,
}

impl Payouts {
    /// The next one, where it is one.
    fn push(&mut self, recipient: Address, asset: AssetId, amount: u64) {
        if amount > 0 {
            let index = self.payouts.len() as u64;
            self.total = self.total.saturating_add(amount);
            self.payouts.push(EscapePayout { index, recipient, asset: asset.0, amount });
        }
    }

    fn finish(self, pools: Vec<PoolEscape>) -> Escape {
        let Self { payouts, total } = self;
        assert!(u32::try_from(payouts.len()).is_ok(), "{} payouts", payouts.len());
        let mut tree = Tree::new();
        tree.update((0..).zip(payouts.iter().map(EscapePayout::leaf)).collect());
        Escape { payouts, pools, tree, total }
    }
}

#[cfg(test)]
mod tests;
