//! Positions of a market that settled become cash, one account after the other. Nothing is traded: whoever has a position is
//! as rich before as after, and whoever is not named as well.

use alloc::vec::Vec;

use ballast_risk::settle_funding;
use ballast_state::{Position, State};
use ballast_types::{
    AccountId, Event, Lots, MarketId, Millis, PriceTicks, Quote, RejectCode, Rejection, limits::MAX_SETTLED,
};

use super::market::is_in_grace;
use crate::{exchange::Exchange, facts, margin::summary_of, standing::Standing, totals::Totals};

/// Whether the list is of good form, and the market settled and is no longer in grace at `time`.
///
/// # Errors
/// [`RejectCode::UnknownMarket`], [`RejectCode::TooManyItems`], [`RejectCode::UnsortedPrices`],
/// [`RejectCode::UnknownAccount`], [`RejectCode::NothingDue`].
pub(crate) fn check_positions(
    state: &State,
    time: Millis,
    market: MarketId,
    accounts: &[AccountId],
) -> Result<(), Rejection> {
    if !facts::has_market(state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, state.chain.markets));
    }
    facts::check_list(state, accounts, MAX_SETTLED)?;
    if is_cashed(state, time, market) { Ok(()) } else { Err(RejectCode::NothingDue.into()) }
}

/// Whether positions in the market become cash at `time`: it settled, at a price, and is no longer in grace.
#[must_use]
pub fn is_cashed(state: &State, time: Millis, market: MarketId) -> bool {
    !is_in_grace(facts::market(state, market), time) && price_of(state, market).is_some()
}

/// Gives everybody named the cash that his position is.
///
/// # Errors
/// Those of the form; [`RejectCode::NothingDue`] when nobody named has a position that he could hold as cash.
pub(crate) fn settle_positions(
    x: &mut Exchange,
    market: MarketId,
    accounts: &[AccountId],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    if facts::has_market(&x.state, market) {
        x.enter_market(market)?;
    }
    check_positions(&x.state, x.now(), market, accounts)?;
    for account in accounts {
        x.load_account(*account);
        if !owes_elsewhere(&x.state, *account) {
            cash_in(&mut x.state, *account, market, events);
        }
    }
    if events.is_empty() { Err(RejectCode::NothingDue.into()) } else { Ok(()) }
}

/// Whether `SettlePositions`, once the market is no longer in grace, would give the account cash for a position there. For an
/// exchange that is held whole.
#[must_use]
pub fn can_cash(state: &State, account: AccountId, market: MarketId) -> bool {
    !owes_elsewhere(state, account) && cashed(state, account, market).is_some()
}

/// Whether the account, which is loaded, is below zero and has a position in a market that goes on. What it lost where it
/// settled would be a debt to whoever won from it in the other.
pub(crate) fn owes_elsewhere(state: &State, account: AccountId) -> bool {
    let goes_on = |position: &Position| facts::market(state, position.market).settlement.is_none();
    facts::account(state, account).positions.iter().any(goes_on) && summary_of(state, account).equity < 0
}

/// The position of an account in a market, if it has one and the market settled, becomes cash. Account, market and venue are
/// loaded. Who could not hold so much keeps it.
pub(crate) fn cash_in(state: &mut State, account: AccountId, id: MarketId, events: &mut Vec<Event>) {
    let size = Standing::of(state, account, id).size;
    let Some((price, after, totals)) = cashed(state, account, id) else { return };
    after.write(state, id);
    totals.write(state, id);
    if let Some(settlement) = &mut facts::market_mut(state, id).settlement {
        settlement.closed += i128::from(size.0);
    }
    events.push(Event::PositionSettled { market: id, account, size, price, cash: after.cash });
}

/// What becomes of a position as cash, and the price; `None` where there is none, or not so much can be held.
fn cashed(state: &State, account: AccountId, id: MarketId) -> Option<(PriceTicks, Standing, Totals)> {
    let price = price_of(state, id)?;
    let (market, before) = (facts::market(state, id), Standing::of(state, account, id));
    if before.size == Lots::ZERO {
        return None;
    }
    let worth = market.params.value(price, before.size);
    let cash =
        i128::from(before.cash.0) + worth + settle_funding(before.size, before.funding, market.funding);
    let cash = Quote::try_from_i128(cash)?;
    let after = Standing { cash, size: Lots::ZERO, funding: 0, basis: Quote::ZERO, ..before };
    let totals = Totals::after(state, id, core::iter::empty(), core::iter::once(&after)).ok()?;
    Some((price, after, totals))
}

/// What positions in the market are worth, where it settled and somebody may have one.
fn price_of(state: &State, market: MarketId) -> Option<PriceTicks> {
    facts::market(state, market)
        .settlement
        .map(|settlement| settlement.price)
        .filter(|price| price.is_valid())
}
