//! What is taken of other assets from those who owe, for those who are owed (risk.md 10.3, 10.4).

use alloc::collections::BTreeMap;

use ballast_batch::ExitLeaves;
use ballast_risk::Pledged;
use ballast_state::Account;
use ballast_types::{AssetId, PoolId, Units};

/// Assets that stand for debts, and what was seized of them.
pub(super) struct Seized {
    assets: BTreeMap<AssetId, Pledged>,
    pools: BTreeMap<(PoolId, AssetId), u128>,
}

impl Seized {
    /// Nothing yet, of the assets that the markets are the price of. Of two for one asset, which no batch leads to, the first.
    pub(super) fn of(leaves: &ExitLeaves) -> Self {
        let mut assets = BTreeMap::new();
        for market in leaves.markets.values() {
            for priced in &market.prices {
                let pledged = Pledged {
                    price: super::price(market),
                    kappa: market.params.kappa,
                    units_per_lot: priced.units_per_lot,
                    haircut: priced.haircut,
                };
                assets.entry(priced.asset).or_insert(pledged);
            }
        }
        Self { assets, pools: BTreeMap::new() }
    }

    /// Of each holding of an account that owes so many u, one asset after the other, what pays that.
    fn from(&self, account: &Account, owed: i128) -> impl Iterator<Item = (AssetId, Units)> {
        let mut left = owed;
        account.holdings.iter().filter_map(move |holding| {
            let pledged = self.assets.get(&holding.asset).filter(|_| left > 0)?;
            let (seized, paid) = pledged.seize(holding.amount, left);
            left = left.saturating_sub(paid);
            Some((holding.asset, seized))
        })
    }

    /// Seizes it for the account's pool.
    pub(super) fn take(&mut self, account: &Account, owed: i128) {
        let taken: alloc::vec::Vec<_> = self.from(account, owed).collect();
        for (asset, units) in taken {
            *self.pools.entry((account.pool, asset)).or_default() += u128::from(units.0);
        }
    }

    /// What is seized of an asset from an account that owes so many u; no more than it holds.
    pub(super) fn of_account(&self, account: &Account, asset: AssetId, owed: i128) -> u64 {
        self.from(account, owed).find(|(seized, _)| *seized == asset).map_or(0, |(_, units)| units.0)
    }

    /// All that was seized of an asset for a pool.
    pub(super) fn of_pool(&self, pool: PoolId, asset: AssetId) -> u128 {
        self.pools.get(&(pool, asset)).copied().unwrap_or(0)
    }
}
