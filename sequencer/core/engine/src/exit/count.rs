//! Who exits is counted where he waits: in each market in which he has a position, or, when he has none, in his pool.

use ballast_state::State;
use ballast_types::{AccountId, Address, Lots, MarketId};

use crate::facts;

/// The account, which is loaded, exits from now on.
pub(super) fn begin(state: &mut State, account: AccountId, recipient: Address) {
    facts::trader_mut(state, account).seldom.exit = Some(recipient);
    let State { accounts, chain, .. } = state;
    let owned = accounts.get(account.0).expect("it is loaded");
    owned.positions.iter().for_each(|position| chain.exits.enter_market(position.market));
    if owned.positions.is_empty() {
        chain.exits.enter_pool(owned.pool);
    }
}

/// The account no longer exits; gives who was to be paid.
pub(super) fn end(state: &mut State, account: AccountId) -> Address {
    let recipient = facts::trader_mut(state, account).seldom.exit.take().expect("it exits");
    let State { accounts, chain, .. } = state;
    let owned = accounts.get(account.0).expect("it is loaded");
    owned.positions.iter().for_each(|position| chain.exits.leave_market(position.market));
    if owned.positions.is_empty() {
        chain.exits.leave_pool(owned.pool);
    }
    recipient
}

/// The position of an account in a market was `before` and is `after`, as its account has it now.
pub(crate) fn moved(state: &mut State, account: AccountId, market: MarketId, before: Lots, after: Lots) {
    if facts::trader(state, account).seldom.exit.is_none() {
        return;
    }
    let owned = facts::account(state, account);
    let (pool, positions) = (owned.pool, owned.positions.len());
    let exits = &mut state.chain.exits;
    match (before, after) {
        (Lots::ZERO, Lots::ZERO) => {}
        (Lots::ZERO, _) => {
            exits.enter_market(market);
            if positions == 1 {
                exits.leave_pool(pool);
            }
        }
        (_, Lots::ZERO) => {
            exits.leave_market(market);
            if positions == 0 {
                exits.enter_pool(pool);
            }
        }
        _ => {}
    }
}
