//! Who takes part in a round, as he is before it.

use alloc::vec::Vec;

use ballast_risk::ladder::{
    Health, Holding, Loss, deficit_of, gain, split_deficit, tear_up_cap, tear_up_weight,
};
use ballast_state::{State, TraderBook};
use ballast_types::{AccountId, Lots, MarketId, limits::MAX_SIZE};

use crate::{
    facts,
    margin::{self, summary_of},
};

/// An account whose position is torn up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Torn {
    pub(super) account: AccountId,
    /// Lots without sign that it had here.
    held: u64,
    /// Those that are still to be closed.
    pub(super) left: u64,
    /// What it owes, as far as this market is charged with it, in u.
    pub(super) debt: u128,
    /// Whether it is long.
    pub(super) is_long: bool,
}

impl Torn {
    pub(super) fn of(state: &State, account: AccountId, market: MarketId) -> Self {
        let positions = &facts::account(state, account).positions;
        let losses: Vec<Loss> = positions
            .iter()
            .map(|position| Loss {
                unrealised: unrealised(state, account, position.market),
                margin: holding(state, position.market, position.size, |holding| holding.margin()),
            })
            .collect();
        let debt = (-summary_of(state, account).equity).max(0).unsigned_abs();
        let place = positions.iter().position(|position| position.market == market);
        let place = place.expect("it has a position here");
        let size = positions[place].size;
        let held = size.abs().0;
        let debt = split_deficit(debt, &losses)[place];
        Self { account, held, left: held, debt, is_long: size.0 > 0 }
    }

    /// Of an account that exits, and owes nothing.
    pub(super) fn exiting(account: AccountId, size: Lots) -> Self {
        let held = size.abs().0;
        Self { account, held, left: held, debt: 0, is_long: size.0 > 0 }
    }

    /// What is to be paid of its debt now: what goes with the lots that were closed.
    pub(super) fn due(&self) -> u128 {
        deficit_of(self.debt, self.held - self.left, self.held)
    }
}

/// Somebody on the other side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Holder {
    pub(super) account: AccountId,
    /// Lots without sign.
    pub(super) lots: u64,
    /// Whether he has equity.
    pub(super) is_solvent: bool,
    /// What his position is worth, in u.
    pub(super) notional: i128,
    /// How strongly he takes part.
    pub(super) weight: u128,
    /// What he may lose in the first pass, in lots.
    pub(super) first_cap: u64,
    /// What he may lose at all, so that his open orders keep the position within its bound.
    pub(super) cap: u64,
    /// Gains that may be taken, in u.
    pub(super) gain: u128,
}

impl Holder {
    pub(super) fn of(state: &State, account: AccountId, market: MarketId) -> Self {
        let summary = summary_of(state, account);
        let health = Health::from(&summary);
        let position = facts::position(facts::account(state, account), market).expect("he holds the market");
        let lots = position.size.abs().0;
        let is_solvent = health.equity > 0;
        let gains = gain(unrealised(state, account, market), summary.equity_in_usdc());
        holding(state, market, position.size, |holding| Self {
            account,
            lots,
            is_solvent,
            notional: holding.notional(),
            weight: tear_up_weight(holding, health.equity),
            first_cap: tear_up_cap(&health, holding).0,
            cap: lots.min(room(state, account, market, position.size)),
            gain: if is_solvent { gains } else { 0 },
        })
    }
}

/// What may be closed of a position so that open orders still keep it within 2^46 lots (INV-45).
fn room(state: &State, account: AccountId, market: MarketId, size: Lots) -> u64 {
    let book = facts::trader_book(facts::trader(state, account), market);
    let TraderBook { bid_lots, ask_lots, .. } = *book.expect("who has a position has a book");
    let against = if size.0 > 0 { ask_lots } else { bid_lots };
    (MAX_SIZE + size.abs().0).saturating_sub(against.0)
}

/// What the account has gained in the market at the mark, in u; a loss is below zero.
pub(super) fn unrealised(state: &State, account: AccountId, id: MarketId) -> i128 {
    let market = facts::market(state, id);
    let position = facts::position(facts::account(state, account), id).expect("it has a position");
    let basis = facts::trader_book(facts::trader(state, account), id).map_or(0, |book| book.basis.0);
    market.params.value(market.mark, position.size) - i128::from(basis)
}

fn holding<T>(state: &State, id: MarketId, size: Lots, of: impl FnOnce(&Holding<'_>) -> T) -> T {
    of(&margin::holding(facts::market(state, id), size))
}
