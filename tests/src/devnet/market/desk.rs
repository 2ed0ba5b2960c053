//! Where somebody trades: the markets of one pool, and his account there.

use crate::{devnet::options::Market, trader::Trader};
use alloy::signers::local::PrivateKeySigner;
use ballast_types::{AccountId, MarketId, MarketParams, PoolId, Quote};
use eyre::eyre;
use serde_json::json;

/// What goes to an account of another pool than the first, in micro-USDC.
const STAKE: Quote = Quote(500_000_000_000);

/// The markets of a pool.
#[derive(Clone, Debug)]
pub(super) struct Desk {
    pub(super) pool: PoolId,
    pub(super) markets: Vec<(MarketId, MarketParams)>,
}

impl Desk {
    /// One for every pool.
    pub(super) fn all(markets: &[Market]) -> Vec<Self> {
        let mut desks: Vec<Self> = Vec::new();
        for (id, market) in (0..).map(MarketId).zip(markets) {
            let listed = (id, market.params.clone());
            match desks.iter_mut().find(|desk| desk.pool == market.pool) {
                Some(desk) => desk.markets.push(listed),
                None => desks.push(Self { pool: market.pool, markets: vec![listed] }),
            }
        }
        desks
    }

    /// One who trades here, by his account in the pool, to which money goes from his first one when he has none.
    pub(super) async fn sit_down(&self, ws: &str, signer: PrivateKeySigner) -> eyre::Result<Trader> {
        let mut trader = Trader::open(ws, signer.clone()).await?;
        if self.pool == PoolId(0) {
            return Ok(trader);
        }
        let account = match self.account(&trader).await? {
            Some(account) => account,
            None => trader.open_in(self.pool, STAKE).await?,
        };
        Trader::over(trader.connection, signer, account).await
    }

    /// His account in the pool.
    async fn account(&self, trader: &Trader) -> eyre::Result<Option<AccountId>> {
        let owned = trader.connection.call("ballast_accounts", json!([trader.keyring.address()])).await?;
        for id in owned.as_array().ok_or_else(|| eyre!("no list of accounts: {owned}"))? {
            let account = trader.connection.call("ballast_account", json!([id])).await?;
            if account["pool"] == self.pool.0 {
                let id = id.as_u64().ok_or_else(|| eyre!("an account without a number: {id}"))?;
                return Ok(Some(AccountId(u32::try_from(id)?)));
            }
        }
        Ok(None)
    }
}
