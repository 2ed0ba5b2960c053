//! Several pools: which one an account and a market are of (protocol, "Pools").

use ballast_types::{AccountId, Address, MarketId, PoolId, Quote, RejectCode, Rejection};

use crate::{account::Account, exchange::Exchange, numbers::refuse, protection::Pool};

impl Pool {
    /// What of the vault stands for it, in u.
    #[must_use]
    pub const fn held(&self) -> i128 {
        self.credited + self.transferred - self.withdrawn
    }
}

impl Exchange {
    /// An exchange before its first input with these pools in place of the one that it has: who owns the backstop of
    /// each, nobody when zero, and what its fund should hold; and the pool of each market.
    #[must_use]
    pub fn in_pools(mut self, pools: &[(Address, Quote)], of_markets: &[PoolId]) -> Self {
        self.accounts.clear();
        self.pools.clear();
        for (pool, (owner, target)) in (0..).map(PoolId).zip(pools) {
            let mut backstop = None;
            if *owner != Address::ZERO {
                backstop = Some(AccountId(u32::try_from(self.accounts.len()).expect("at most 16")));
                self.accounts.push(Account { pool, ..Account::new(*owner) });
            }
            self.pools.push(Pool::new(i128::from(target.0), backstop));
        }
        for (market, pool) in self.markets.iter_mut().zip(of_markets) {
            market.pool = *pool;
        }
        self
    }

    /// Ids of all pools.
    pub(crate) fn pool_ids(&self) -> Vec<PoolId> {
        (0..self.pools.len()).map(|id| PoolId(u16::try_from(id).expect("at most 16"))).collect()
    }

    pub(crate) fn pool(&self, id: PoolId) -> &Pool {
        &self.pools[usize::from(id.0)]
    }

    pub(crate) fn pool_mut(&mut self, id: PoolId) -> &mut Pool {
        &mut self.pools[usize::from(id.0)]
    }

    /// The pool of an account.
    #[must_use]
    pub fn pool_of(&self, account: AccountId) -> &Pool {
        self.pool(self.account(account).pool)
    }

    /// The pool of an account, to change.
    pub(crate) fn pool_of_mut(&mut self, account: AccountId) -> &mut Pool {
        self.pool_mut(self.account(account).pool)
    }

    /// The pool of a market.
    #[must_use]
    pub fn pool_at(&self, market: MarketId) -> &Pool {
        self.pool(self.market(market).pool)
    }

    /// The pool of a market, to change.
    pub(crate) fn pool_at_mut(&mut self, market: MarketId) -> &mut Pool {
        self.pool_mut(self.market(market).pool)
    }

    /// Refuses a market that does not exist for the account: only those of its pool do.
    pub(crate) fn check_market_of(&self, account: AccountId, market: MarketId) -> Result<(), Rejection> {
        self.check_market(market)?;
        if self.market(market).pool != self.account(account).pool {
            return refuse(RejectCode::UnknownMarket, market.0, self.markets.len() as u64);
        }
        Ok(())
    }
}
