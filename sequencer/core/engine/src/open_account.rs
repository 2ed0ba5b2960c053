//! An account begins: with a deposit, a transfer, or as the backstop of a pool.

use alloc::vec::Vec;

use ballast_state::{Account, Holdings, State, Trader, account_index};
use ballast_types::{AccountId, Address, PoolId, Quote, limits::MAX_ACCOUNTS};

/// Whether one more can be opened.
pub(crate) const fn has_room(state: &State) -> bool {
    state.chain.accounts < MAX_ACCOUNTS
}

/// Opens an account of `owner` in `pool` that has `cash`.
///
/// # Panics
/// When there is no room: the caller looked.
pub(crate) fn open_account(state: &mut State, owner: Address, pool: PoolId, cash: Quote) -> AccountId {
    assert!(has_room(state), "an account is opened only where there is room");
    let id = AccountId(state.chain.accounts);
    state.chain.accounts = id.0 + 1;
    state.accounts.insert(
        account_index(id),
        Account { owner, pool, cash, positions: Vec::new(), holdings: Holdings::NONE },
    );
    state.traders.insert(account_index(id), Trader::default());
    id
}
