//! The test exchange with something behind its accounts, and what liquidates them.

use alloc::vec;

use ballast_risk::Summary;
use ballast_state::Pool;
use ballast_types::{
    AccountId, MarketId, Outcome, PoolId, Quote, Side, Source, Status, SystemCommand, TimeInForce,
    limits::{FUND_ACCOUNT, FUND_DAY_MS, NEW_ACCOUNT},
};

use super::{ALT, BACKSTOP, BTC, PRICE, USDC, World, altcoin, bitcoin, config, order, owner, sell};
use crate::{GenesisConfig, ProtectionConfig, facts, margin};

impl World {
    /// The same with a backstop, account 0, that has `backstop` u and a fund of `fund` u that should hold `target`; the
    /// `accounts` are 1 and up.
    pub(crate) fn protected(accounts: u8, backstop: i64, fund: i64, target: i64) -> Self {
        let protection = ProtectionConfig {
            backstop: owner(BACKSTOP),
            fund_target: Quote(target),
            ..ProtectionConfig::default()
        };
        let mut world =
            Self::begin(&GenesisConfig { pools: vec![protection], ..config(vec![bitcoin(), altcoin()]) });
        world.time = 20_000 * FUND_DAY_MS;
        world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
        for (who, account, amount) in [(BACKSTOP, 0, backstop), (98, FUND_ACCOUNT, fund)] {
            if amount > 0 {
                assert_eq!(world.deposit(owner(who), account, amount), Status::Accepted);
            }
        }
        for n in 0..accounts {
            assert_eq!(world.deposit(owner(n + 1), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
        }
        world
    }

    pub(crate) fn liquidate(&mut self, account: u32) -> Outcome {
        self.input(Source::System(SystemCommand::Liquidate { account: AccountId(account) }))
    }

    pub(crate) fn deleverage(&mut self, market: MarketId, accounts: &[u32], holders: &[u32]) -> Outcome {
        let ids = |list: &[u32]| list.iter().copied().map(AccountId).collect();
        let (accounts, holders) = (ids(accounts), ids(holders));
        self.input(Source::System(SystemCommand::Deleverage { market, accounts, holders }))
    }

    /// Gains of `holders` pay what the pool owes.
    pub(crate) fn cut_gains(&mut self, pool: u16, holders: &[u32]) -> Outcome {
        let holders = holders.iter().copied().map(AccountId).collect();
        self.input(Source::System(SystemCommand::Haircut { pool: PoolId(pool), holders }))
    }

    /// One account buys from another at a price at which it may.
    pub(crate) fn trade(&mut self, buyer: u32, seller: u32, market: MarketId, price: u64, size: u64) {
        self.rest(seller, market, sell(price, size));
        let told = self.place(buyer, market, order(Side::Buy, price, size, TimeInForce::Fok));
        told.expect("the buyer may");
    }

    pub(crate) fn summary(&self, account: u32) -> Summary {
        margin::summary_of(&self.x.state, AccountId(account))
    }

    pub(crate) fn pool(&self) -> Pool {
        *facts::pool(&self.x.state, PoolId(0))
    }
}
