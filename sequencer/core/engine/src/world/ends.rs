//! The ends of markets and pools of the test exchange.

use ballast_state::Settlement;
use ballast_types::{AccountId, MarketId, Outcome, PoolId, Source, SystemCommand};

use super::World;
use crate::facts;

impl World {
    pub(crate) fn settle(&mut self, market: MarketId) -> Outcome {
        self.input(Source::System(SystemCommand::Settle { market }))
    }

    pub(crate) fn settle_positions(&mut self, market: MarketId, accounts: &[u32]) -> Outcome {
        let accounts = accounts.iter().copied().map(AccountId).collect();
        self.input(Source::System(SystemCommand::SettlePositions { market, accounts }))
    }

    pub(crate) fn resolve(&mut self, pool: PoolId) -> Outcome {
        self.input(Source::System(SystemCommand::Resolve { pool }))
    }

    pub(crate) fn settlement(&self, market: MarketId) -> Option<Settlement> {
        facts::market(&self.x.state, market).settlement
    }
}
