//! Who exits.

use alloc::format;

use ballast_state::Exits;
use ballast_types::AccountId;

use super::{Violation, ensure};
use crate::{exchange::Exchange, facts};

/// INV-72: who exits is counted in each market of his positions, or, without one, in his pool, and nobody else is; he has no
/// order but forced ones, nothing is scheduled for him, and he is no backstop. What the last tick left closable is a market
/// that is counted.
pub(super) fn check_exits(x: &Exchange) -> Result<(), Violation> {
    let mut exits = Exits::NONE;
    for id in (0..x.state.chain.accounts).map(AccountId) {
        let (account, trader) = (facts::account(&x.state, id), facts::trader(&x.state, id));
        if trader.seldom.exit.is_none() {
            continue;
        }
        account.positions.iter().for_each(|position| exits.enter_market(position.market));
        if account.positions.is_empty() {
            exits.enter_pool(account.pool);
        }
        let is_quiet = trader.seldom.contingent.is_none() && trader.seldom.cancel_at.is_none();
        let is_backstop = facts::pool(&x.state, account.pool).protection.backstop == Some(id);
        ensure(is_quiet && !is_backstop, 72, || format!("account {id} exits: {trader:?}"))?;
        for book in &trader.books {
            let resting = x.books.at(book.market);
            let orders = resting.of_account(id);
            let forced = orders.iter().all(|id| resting.get(*id).is_some_and(|order| order.is_forced()));
            ensure(forced, 72, || format!("account {id} exits and has orders in market {}", book.market))?;
        }
    }
    let counted = &x.state.chain.exits;
    let agree = (&exits.markets, &exits.pools) == (&counted.markets, &counted.pools);
    ensure(agree, 72, || format!("{counted:?}, counted are {exits:?}"))?;
    let found = &counted.found;
    let known = found.is_sorted_by(|a, b| a < b) && found.iter().all(|market| counted.counts(*market));
    ensure(known, 72, || format!("{counted:?}"))
}
