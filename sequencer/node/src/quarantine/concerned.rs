//! Which pools an input is about.

use ballast_state::State;
use ballast_types::{AccountId, MarketId, PoolId, Source, SystemCommand, UserCommand};
use std::collections::BTreeSet;

/// The pools whose accounts or markets are named; none of what is about all of them, or what L1 says: nobody may leave that out.
#[must_use]
pub fn concerned(state: &State, source: &Source) -> BTreeSet<PoolId> {
    match source {
        Source::User { command, .. } => {
            let mut pools: BTreeSet<_> = pool_of_account(state, command.account()).into_iter().collect();
            if let UserCommand::Transfer(transfer) = command {
                pools.insert(pool_of_account(state, transfer.to).unwrap_or(transfer.pool));
            }
            pools
        }
        Source::System(command) => of_command(state, command),
        Source::Publisher { .. } | Source::L1(_) | Source::Guardian { .. } => BTreeSet::new(),
    }
}

fn of_command(state: &State, command: &SystemCommand) -> BTreeSet<PoolId> {
    match command {
        SystemCommand::SealBatch { .. } => BTreeSet::new(),
        SystemCommand::Sweep { orders } => {
            orders.iter().filter_map(|(market, _)| pool_of_market(state, *market)).collect()
        }
        SystemCommand::Fire { conditionals } => {
            conditionals.iter().filter_map(|(account, _)| pool_of_account(state, *account)).collect()
        }
        SystemCommand::Liquidate { account } | SystemCommand::Exit { account, .. } => {
            pool_of_account(state, *account).into_iter().collect()
        }
        SystemCommand::Clear { market }
        | SystemCommand::Deleverage { market, .. }
        | SystemCommand::Settle { market }
        | SystemCommand::SettlePositions { market, .. } => {
            pool_of_market(state, *market).into_iter().collect()
        }
        SystemCommand::Resolve { pool } | SystemCommand::Haircut { pool, .. } => [*pool].into(),
    }
}

/// What of it is of the pool of the first that it names, in the same sequence: so that what fails in one leaves the others alone.
#[must_use]
pub fn split(state: &State, command: SystemCommand) -> SystemCommand {
    match command {
        SystemCommand::Sweep { mut orders } => {
            keep_first(&mut orders, |(market, _)| pool_of_market(state, *market));
            SystemCommand::Sweep { orders }
        }
        SystemCommand::Fire { mut conditionals } => {
            keep_first(&mut conditionals, |(account, _)| pool_of_account(state, *account));
            SystemCommand::Fire { conditionals }
        }
        other => other,
    }
}

fn keep_first<T>(all: &mut Vec<T>, pool: impl Fn(&T) -> Option<PoolId>) {
    let first = all.first().and_then(&pool);
    all.retain(|one| pool(one) == first);
}

/// The pool of an account that exists.
pub(crate) fn pool_of_account(state: &State, account: AccountId) -> Option<PoolId> {
    state.accounts.get(account.0).map(|owned| owned.pool)
}

/// The pool of a market that exists.
pub(crate) fn pool_of_market(state: &State, market: MarketId) -> Option<PoolId> {
    state.markets.get(market.0.into()).map(|listed| listed.pool)
}
