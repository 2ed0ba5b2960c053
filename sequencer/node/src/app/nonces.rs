//! Which nonces the keys of an account may use.

use super::{margin, views::no_account};
use crate::{
    rpc::View,
    wire::{Integer, NonceView},
};
use ballast_engine::Exchange;
use ballast_state::{NonceWindow, Session};
use ballast_types::{AccountId, Address, Nonce, RejectCode};

/// Of a key that may sign for the account.
pub(super) fn nonce_view(exchange: &Exchange, account: AccountId, key: Address) -> View<NonceView> {
    let (owned, trader) =
        margin::facts(&exchange.state, account).ok_or_else(|| no_account(exchange, account))?;
    // A key that was ended is listed only for the nonces that it used; it may sign nothing.
    let live = |session: &&Session| session.key == key && session.scope != 0;
    let session = || trader.seldom.sessions.iter().find(live).map(|session| &session.nonces);
    let window = if owned.owner == key { Some(&trader.nonces) } else { session() };
    let window = window.ok_or(RejectCode::UnknownSigner)?;
    Ok(NonceView { highest: Integer(window.highest().0), next: Integer(next_nonce(window).0) })
}

/// A nonce above all that were used; 0 for a key that has used none.
fn next_nonce(window: &NonceWindow) -> Nonce {
    let highest = window.highest();
    match window.check(highest) {
        Ok(()) => highest,
        Err(_) => Nonce(highest.0.saturating_add(1)),
    }
}
