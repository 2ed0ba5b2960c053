//! A trader says how much leverage he takes in a market (risk.md 3.4).

use alloc::vec::Vec;

use ballast_state::Leverage;
use ballast_types::{Event, MarketId, RejectCode, Rejection, limits::MAX_POSITIONS};

use crate::{
    exchange::Exchange, facts, margin, operations::Asker, place_order::check::check_pool, standing::Standing,
};

/// Sets the account's leverage in a market, or takes it back when it is 0. It moves initial margin alone, at once and
/// for all that the account holds and asks for there; where that needs more, the account must have it.
///
/// # Errors
/// In this order: [`RejectCode::UnknownMarket`]; [`RejectCode::InvalidLeverage`] (leverage, the highest);
/// [`RejectCode::TooManyLeverages`] (markets with this one, 32); [`RejectCode::InsufficientMargin`] (`E_w`, `IMR` after).
pub(crate) fn set_leverage(
    x: &mut Exchange,
    asker: Asker,
    market: MarketId,
    leverage: u16,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let Asker { account, step, .. } = asker;
    x.enter_market(market)?;
    check_pool(&x.state, account, market)?;
    let highest = facts::market(&x.state, market).params.highest_leverage();
    if leverage > highest {
        return Err(Rejection::new(RejectCode::InvalidLeverage, leverage, highest));
    }
    let trader = facts::trader(&x.state, account);
    let place = trader.seldom.leverages.binary_search_by_key(&market, |said| said.market);
    let count = trader.seldom.leverages.len();
    if leverage > 0 && place.is_err() && count >= MAX_POSITIONS {
        return Err(Rejection::new(RejectCode::TooManyLeverages, count as i128 + 1, MAX_POSITIONS as i128));
    }
    check_margin(x, asker, market, leverage)?;

    let seldom = &mut facts::trader_mut(&mut x.state, account).seldom;
    let said = Leverage { market, times: leverage };
    match place {
        Ok(place) if leverage == 0 => drop(seldom.leverages.remove(place)),
        Ok(place) => seldom.leverages[place] = said,
        // Nothing was said, and nothing is: so it takes no memory either.
        Err(_) if leverage == 0 => {}
        Err(place) => seldom.leverages.insert(place, said),
    }
    events.push(Event::LeverageSet { step, account, market, leverage });
    Ok(())
}

/// Refuses a requirement that is higher than before and not met.
fn check_margin(x: &Exchange, asker: Asker, market: MarketId, leverage: u16) -> Result<(), Rejection> {
    let standing = Standing::of(&x.state, asker.account, market);
    let before = margin::summary_with(&x.state, market, &standing);
    let after = margin::summary_at(&x.state, market, &standing, leverage);
    if after.initial > before.initial && !after.meets_initial() {
        return Err(Rejection::new(RejectCode::InsufficientMargin, after.equity_initial, after.initial));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
