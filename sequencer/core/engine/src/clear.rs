//! A market that matches in batches is cleared: the orders that wait meet those that rest, at one price for everybody.
//!
//! Nothing here can fail once the clearing is due. What [`ballast_book::auction`] finds is tried on copies; the accounts
//! that could not bear it are dropped before it is found ([`screen`]), so that hardly any has to be dropped after.

mod carry;
mod field;
mod screen;
mod trial;

use alloc::{collections::BTreeSet, vec::Vec};

use ballast_book::auction::{Clearing, Terms, clear as find};
use ballast_state::State;
use ballast_types::{
    AccountId, B256, Event, MarketId, Millis, Order, RejectCode, Rejection, RemovalReason, Side, SizeLots,
    Waits, limits::MAX_CLEARING_ROUNDS,
};

use crate::{
    batching,
    breakers::{self, halt},
    cancel_order::remove,
    conditionals::follow,
    due,
    exchange::Exchange,
    facts, interest, oracle,
    standing::Standing,
};
use field::Field;
use trial::Trial;

/// Whether `market` is to be cleared at `time`: something waits, the interval is over, and the price is good enough.
///
/// # Errors
/// [`RejectCode::UnknownMarket`]; [`RejectCode::NothingDue`].
pub(crate) fn check(state: &State, time: Millis, market: MarketId) -> Result<(), Rejection> {
    if !facts::has_market(state, market) {
        return Err(Rejection::new(RejectCode::UnknownMarket, market.0, state.chain.markets));
    }
    let venue = facts::venue(state, market);
    if venue.waiting > 0 && time >= venue.next_clearing && can_clear(state, time, market) {
        return Ok(());
    }
    Err(RejectCode::NothingDue.into())
}

/// Whether the price of a market, which was entered, is good enough at `time` for a clearing. For the auction that ends a
/// halt it must be fresh, but not for ever.
#[must_use]
pub fn can_clear(state: &State, time: Millis, market: MarketId) -> bool {
    facts::market(state, market).settlement.is_none()
        && oracle::is_believed(state, time, market)
        && (!halt::is_on(state, market) || halt::may_end(state, time, market))
}

/// Clears the market. `chain` is the promise chain before this input: it decides between equal remainders. The sequencer
/// can choose among such seeds by what it puts before; until there is a beacon (risk.md 7.6) that is worth a lot of one
/// order at most.
pub(crate) fn clear(
    x: &mut Exchange,
    market: MarketId,
    chain: B256,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    if facts::has_market(&x.state, market) {
        x.enter_market(market)?;
    }
    check(&x.state, x.now(), market)?;
    let terms = terms(&x.state, market, chain);
    let mut told = Vec::new();
    let mut field = Field::gather(x, market, &terms, &mut told);
    drop_accounts(x, &mut field, screen::failing, &mut told);
    let agreed = agree(x, &mut field, &terms, &mut told);
    let auction = agreed.as_ref().map(|(clearing, _)| told_of(clearing));
    let (price, volume) = auction.unwrap_or((None, SizeLots::ZERO));
    let (from, reopens) = (events.len(), halt::is_on(&x.state, market));
    if reopens && !halt::conclude(&mut x.state, market, auction, events) {
        events.append(&mut told);
        follow(x, from, events);
        return Ok(());
    }
    if let Some((clearing, trial)) = agreed {
        carry::carry_out(x, &field, &clearing, trial, &mut told);
        if let Some(price) = price {
            facts::note_trade(&mut x.state, market, price, volume);
        }
    }
    end_waiting(x, &field, &terms, &mut told);
    batching::put_off(&mut x.state, market);
    events.push(Event::Cleared { market, price, volume });
    events.append(&mut told);
    follow(x, from, events);
    if reopens {
        breakers::tell(x, market, events);
    }
    Ok(())
}

/// The trade band is the order band around the index.
fn terms(state: &State, market: MarketId, seed: B256) -> Terms {
    let market = facts::market(state, market);
    let (lo, hi) = market.params.order_band_around(market.index);
    Terms { lo, hi, index: market.index, seed }
}

/// The clearing that everybody in it can bear, and the limit of the open interest; none when after [`MAX_CLEARING_ROUNDS`]
/// one still cannot: then nothing trades this time. Who could not is dropped in each case, before there is asked for room.
fn agree(
    x: &mut Exchange,
    field: &mut Field,
    terms: &Terms,
    told: &mut Vec<Event>,
) -> Option<(Clearing, Trial)> {
    for _ in 0..MAX_CLEARING_ROUNDS {
        let clearing = find(&field.interests(), terms);
        let trial = Trial::of(&x.state, field, &clearing);
        if !trial.failing.is_empty() {
            drop_accounts(x, field, |_, _| trial.failing.clone(), told);
            continue;
        }
        let Some(totals) = trial.totals else { break };
        match interest::room_for(&x.state, field.market, totals.open_interest) {
            None => return Some((clearing, trial)),
            // Where one side opens no more than that, nothing raises it above the limit.
            Some(room) => field.narrow(&x.state, &clearing.netted, room, terms),
        }
    }
    field.forget_narrowing();
    None
}

/// The price and the lots of a clearing.
fn told_of(clearing: &Clearing) -> (Option<ballast_types::PriceTicks>, SizeLots) {
    clearing.cross.as_ref().map_or((None, SizeLots::ZERO), |cross| {
        let volume = u64::try_from(cross.volume).expect("a thousand orders of 2^46 lots at most");
        (Some(cross.price), SizeLots(volume))
    })
}

/// Removes the orders that take part of the accounts that `failing` names: by account, then by id.
fn drop_accounts(
    x: &mut Exchange,
    field: &mut Field,
    failing: impl FnOnce(&State, &Field) -> BTreeSet<AccountId>,
    told: &mut Vec<Event>,
) {
    for account in failing(&x.state, field) {
        let ids = field.take(account);
        remove(x, account, field.market, &ids, RemovalReason::MakerMargin, told);
    }
}

/// What still waits, the oldest first: what was to wait once goes, what can never trade again too, and what does not
/// cross rests. What crosses goes on waiting, unless it could not trade within the band with what it crosses, or lacks the
/// room to: then the side that opened only so much comes last, so that it goes and the other rests.
fn end_waiting(x: &mut Exchange, field: &Field, terms: &Terms, told: &mut Vec<Event>) {
    let market = field.market;
    let mut waiting = x.books.at(market).waiting_orders();
    if let Some(narrowed) = field.narrowed_side() {
        waiting.sort_by_key(|order| order.side == narrowed);
    }
    for order in waiting {
        match end_of(x, field, &order, terms) {
            End::Leaves(reason) => remove(x, order.account, market, &[order.id], reason, told),
            End::Waits => {}
            End::Rests => {
                let order = x.books.at_mut(market).enter(order.id);
                told.push(Event::OrderRested { market, order });
            }
        }
    }
    x.sync_venue(market);
}

/// What becomes of an order that was not filled whole.
enum End {
    Leaves(RemovalReason),
    Waits,
    Rests,
}

fn end_of(x: &Exchange, field: &Field, order: &Order, terms: &Terms) -> End {
    let market = field.market;
    if matches!(order.waits, Some(Waits::Once | Waits::Forced)) {
        return End::Leaves(RemovalReason::ImmediateOrCancel);
    }
    let standing = Standing::of(&x.state, order.account, market);
    if let Some(reason) = due::end_of(&x.state, x.now(), order, &standing) {
        return End::Leaves(reason);
    }
    let book = x.books.at(market);
    if !book.would_cross(order) {
        return End::Rests;
    }
    if field.lacks_room(order.id) {
        return End::Leaves(RemovalReason::OpenInterest);
    }
    let met = book.best(order.side.opposite()).expect("it crosses");
    let could_trade = match order.side {
        Side::Buy => terms.lo <= order.price && met <= terms.hi,
        Side::Sell => order.price <= terms.hi && terms.lo <= met,
    };
    if could_trade { End::Waits } else { End::Leaves(RemovalReason::OutsideBand) }
}

#[cfg(test)]
mod tests;
