//! While somebody in a pool owes and nobody has paid it yet, nothing leaves the pool: who left first would leave the debt to
//! the others (risk.md 6.8).

use alloc::vec::Vec;

use ballast_state::Pause;
use ballast_types::{AccountId, Event, PoolId};

use crate::{collateral, exchange::Exchange, facts, fund, margin::summary_of};

/// The account, which was entered, pauses its pool when it has a position and owes more than the fund may pay. Whether that
/// makes a difference.
pub(super) fn pause(x: &mut Exchange, account: AccountId, events: &mut Vec<Event>) -> bool {
    let Some((pool, pause)) = due(x, account) else { return false };
    facts::pool_mut(&mut x.state, pool).pause = pause;
    events.push(Event::PoolPaused { pool, until: pause.until });
    true
}

/// Whether [`pause`] would make a difference.
pub(super) fn could_pause(x: &Exchange, account: AccountId) -> bool {
    due(x, account).is_some()
}

fn due(x: &Exchange, id: AccountId) -> Option<(PoolId, Pause)> {
    let account = facts::account(&x.state, id);
    let owed = -(summary_of(&x.state, id).equity + collateral::doubt(x, x.now(), id));
    let owes = owed > fund::claim_at_large(&x.state, account.pool);
    let pool = facts::pool(&x.state, account.pool);
    let pause = if owes && !account.positions.is_empty() { pool.pause.found(x.now()) } else { None };
    Some((account.pool, pause?))
}
