//! An order enters: it is judged, meets the book, and what is left of it rests or goes.
//!
//! Everything is decided on copies first; from [`carry_out`] on nothing can fail. A rejected order changes
//! nothing at all, not even the makers that would have given way to it.

pub(crate) mod check;
mod shape;
mod wait;

use alloc::vec::Vec;

use ballast_risk::order_reserve;
use ballast_state::Market;
use ballast_types::{
    AccountId, ClientId, Event, KeyNumber, MarketId, NewOrder, Order, OrderId, PriceTicks, Quote, RejectCode,
    Rejection, RemovalReason, Side, SizeLots, TimeInForce,
    limits::{MAX_EXIT_FILLS, MAX_FILLS_PER_INPUT},
};

use crate::{
    batching,
    cancel_order::{reduced, removed},
    exchange::Exchange,
    facts, interest,
    liquidate::ForcedOrder,
    matching::{MakerFill, Matching, Meeting, Met, Reduction, Stop, match_order},
    standing::Standing,
    totals::Totals,
};
use check::{
    check_arrivals, check_band, check_client, check_margin, check_notional, check_order, check_room,
};
use shape::{hiding, open_order};

/// An order that an account asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// Who asks.
    pub(crate) account: AccountId,
    /// With which of its keys.
    pub(crate) key: KeyNumber,
    /// Which step of its operations this is.
    pub(crate) step: u8,
    /// Where.
    pub(crate) market: MarketId,
    /// What for.
    pub(crate) order: NewOrder,
    /// Its resting order that gives way to this one.
    pub(crate) instead_of: Option<Order>,
    /// Where it closes a position of an account that lacks margin: what its fills cost instead of fees.
    pub(crate) forced: Option<ForcedOrder>,
    /// Whether it closes a position of an account that exits.
    pub(crate) exits: bool,
}

impl Placement {
    /// Whether it is not its account's will, and asks for no margin.
    pub(crate) const fn is_enforced(&self) -> bool {
        self.forced.is_some() || self.exits
    }

    /// Whether `order` is the one that gives way.
    pub(crate) fn is_instead_of(&self, order: &Order) -> bool {
        self.instead_of.is_some_and(|old| old.id == order.id)
    }
}

/// What has been decided: nothing of it can fail any more.
struct Decision {
    /// The order as it enters: a reduce-only one shrunk, a sliding one at its price.
    order: NewOrder,
    met: Met,
    taker: Standing,
    decremented: SizeLots,
    left: SizeLots,
    end: End,
    totals: Totals,
    forced: Option<ForcedOrder>,
}

/// What becomes of the order after its fills.
#[derive(Clone, Copy)]
enum End {
    /// What is left rests, with this reserve.
    Rests(Quote),
    /// It leaves.
    Leaves(RemovalReason),
}

/// Places an order for an account that is loaded. `may_meet` is how many resting orders the input may still meet;
/// those that this one meets are taken off, also when it is rejected.
///
/// # Errors
/// In this order: [`RejectCode::UnknownMarket`], [`RejectCode::MarketSettled`]; of the order's form [`RejectCode::InvalidPrice`],
/// [`RejectCode::InvalidSize`], [`RejectCode::InvalidOption`] (time in force; or display and size),
/// [`RejectCode::InvalidTime`]; [`RejectCode::NotionalTooLarge`], [`RejectCode::NoPrice`],
/// [`RejectCode::OutsideBand`], [`RejectCode::NothingToClose`], [`RejectCode::InvalidOracle`],
/// [`RejectCode::StalePrice`], [`RejectCode::MarketHalted`], [`RejectCode::MarketReduceOnly`],
/// [`RejectCode::TooManyPositions`], [`RejectCode::DuplicateClientId`], [`RejectCode::BookFull`] (arrivals),
/// [`RejectCode::PositionTooLarge`] and [`RejectCode::Overflow`] of a fill, [`RejectCode::WouldCross`],
/// [`RejectCode::CannotFill`], [`RejectCode::TooManyOpenOrders`], [`RejectCode::BookFull`] (orders),
/// [`RejectCode::BatchFull`], [`RejectCode::PositionTooLarge`], [`RejectCode::OpenInterestLimited`],
/// [`RejectCode::InsufficientMargin`], [`RejectCode::Overflow`].
pub(crate) fn place_order(
    x: &mut Exchange,
    ask: &Placement,
    may_meet: &mut usize,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    x.enter_market(ask.market)?;
    let mut before = Standing::of(&x.state, ask.account, ask.market);
    if let Some(old) = &ask.instead_of {
        before.release(old);
    }
    check_order(&x.state, ask, &before)?;
    let old = ask.instead_of.map(|old| old.id);
    check_client(&x.state, x.books.at(ask.market), ask.account, ask.market, ask.order.client, old)?;
    let mut ask = *ask;
    if ask.order.reduce_only {
        ask.order.size = ask.order.size.min(before.closable(ask.order.side));
    }
    if batching::is_on(&x.state, &ask) {
        return wait::wait(x, &ask, &before, events);
    }
    let decision = decide(x, &ask, before, may_meet)?;
    carry_out(x, &ask, decision, events);
    Ok(())
}

/// An order that closes lots at once, and only that.
pub(crate) const fn closing(side: Side, price: PriceTicks, size: SizeLots) -> NewOrder {
    NewOrder { reduce_only: true, ..NewOrder::plain(side, price, size, TimeInForce::Ioc, ClientId(0)) }
}

/// Places a forced order, or one of an exit, which is of good form, for an account that is loaded, in a market that was entered. Where it
/// would meet nobody, nothing happens, and the answer is `false`. Those that give way to it leave even when it trades
/// nothing: else they could stand in its way for ever.
pub(crate) fn force_order(x: &mut Exchange, ask: &Placement, events: &mut Vec<Event>) -> bool {
    let before = Standing::of(&x.state, ask.account, ask.market);
    let mut may_meet = if ask.exits { MAX_EXIT_FILLS } else { MAX_FILLS_PER_INPUT };
    let Ok(decision) = decide(x, ask, before, &mut may_meet) else { return false };
    if decision.met.meetings.is_empty() {
        x.met = decision.met;
        return false;
    }
    carry_out(x, ask, decision, events);
    true
}

/// Lets an order that closes a position of an account that lacks margin wait for the next clearing. Where there is no
/// room nothing happens, and the answer is `false`.
pub(crate) fn force_waiting(x: &mut Exchange, ask: &Placement, events: &mut Vec<Event>) -> bool {
    let before = Standing::of(&x.state, ask.account, ask.market);
    wait::wait(x, ask, &before, events).is_ok()
}

/// Everything that the order would do, or why it may not.
fn decide(
    x: &mut Exchange,
    ask: &Placement,
    before: Standing,
    may_meet: &mut usize,
) -> Result<Decision, Rejection> {
    check_arrivals(x.books.at(ask.market))?;
    let lists = core::mem::take(&mut x.met);
    let Exchange { state, books, .. } = x;
    let matching = match_order(state, books.at(ask.market), ask, *may_meet, before, lists);
    *may_meet -= matching.met.meetings.len();
    if let Some(rejection) = matching.overflow {
        return Err(rejection);
    }
    let market = facts::market(state, ask.market);
    let order = at_its_price(market, ask, &matching)?;
    let filled = ask.order.size.0 - matching.left.0 - matching.decremented.0;
    if order.time_in_force == TimeInForce::Fok && filled < ask.order.size.0 {
        return Err(Rejection::new(RejectCode::CannotFill, filled, ask.order.size.0));
    }
    let mut taker = matching.taker;
    let end = end(market, &order, &matching)?;
    if let End::Rests(reserve) = end {
        check_room(x, ask, &taker)?;
        taker.hold(&order, matching.left, reserve)?;
    }
    if !taker.is_bounded() {
        return Err(RejectCode::PositionTooLarge.into());
    }
    if !ask.is_enforced() {
        interest::check_account(&x.state, ask.market, &taker)?;
        check_margin(&x.state, ask, &before, &taker)?;
    }
    // Without a fill no position and no fee changes.
    let filled = !matching.met.taker_fees.is_empty();
    let standings = matching.met.makers.iter().chain([&taker]).filter(|_| filled);
    let totals = Totals::after(&x.state, ask.market, fees(&matching), standings)?;
    let Matching { met, decremented, left, forced, .. } = matching;
    if let Some(forced) = &forced {
        forced.check(&x.state, ask.market)?;
    }
    Ok(Decision { order, met, taker, decremented, left, end, totals, forced })
}

/// The order at the price at which it enters: where it would cross and may slide, one tick behind what it would
/// have met.
fn at_its_price(market: &Market, ask: &Placement, matching: &Matching) -> Result<NewOrder, Rejection> {
    let Some(Stop::Crossed(met)) = matching.stop else { return Ok(ask.order) };
    let price = match ask.order.side {
        Side::Buy => PriceTicks(met.0.saturating_sub(1)),
        Side::Sell => PriceTicks(met.0 + 1),
    };
    if ask.order.time_in_force != TimeInForce::PostOnlySlide || !price.is_valid() {
        return Err(Rejection::new(RejectCode::WouldCross, ask.order.price.0, met.0));
    }
    check_band(market, price)?;
    check_notional(market, price, ask.order.size)?;
    Ok(NewOrder { price, ..ask.order })
}

fn end(market: &Market, order: &NewOrder, matching: &Matching) -> Result<End, Rejection> {
    if matching.left == SizeLots::ZERO {
        let decremented = matching.decremented > SizeLots::ZERO;
        return Ok(End::Leaves(if decremented {
            RemovalReason::SelfTradeTaker
        } else {
            RemovalReason::Filled
        }));
    }
    match (matching.stop, order.time_in_force) {
        (Some(Stop::FillLimit), _) => Ok(End::Leaves(RemovalReason::FillLimit)),
        (Some(Stop::OpenInterest), _) => Ok(End::Leaves(RemovalReason::OpenInterest)),
        (Some(Stop::SelfTrade), _) => Ok(End::Leaves(RemovalReason::SelfTradeTaker)),
        (_, TimeInForce::Ioc) => Ok(End::Leaves(RemovalReason::ImmediateOrCancel)),
        (_, TimeInForce::Fok) => unreachable!("an order that fills whole or not at all has nothing left"),
        (_, TimeInForce::Gtc | TimeInForce::PostOnly | TimeInForce::PostOnlySlide) => {
            Ok(End::Rests(reserve_of(market, order, matching.left)?))
        }
    }
}

/// What is reserved for `left` lots that rest: nothing for those that only ever close (risk.md 3.5).
fn reserve_of(market: &Market, order: &NewOrder, left: SizeLots) -> Result<Quote, Rejection> {
    if order.reduce_only {
        return Ok(Quote::ZERO);
    }
    let reserve = order_reserve(&market.params, market.mark, order.side, order.price, left);
    Quote::try_from_i128(reserve).ok_or(RejectCode::Overflow.into())
}

/// The fees of all fills, rebates below zero. What a forced order pays is not for the pool but for its fund.
fn fees(matching: &Matching) -> impl Iterator<Item = Quote> {
    let makers = matching.met.meetings.iter().filter_map(|meeting| match meeting {
        Meeting::Fill(fill) => Some(fill.fee),
        Meeting::Remove(..) | Meeting::Reduce(_) => None,
    });
    let takers = matching.met.taker_fees.iter().filter(|_| matching.forced.is_none());
    takers.copied().chain(makers)
}

/// Makes the decision a fact and tells it, in the order in which it happens.
fn carry_out(x: &mut Exchange, ask: &Placement, decision: Decision, events: &mut Vec<Event>) {
    let Placement { account, step, market, .. } = *ask;
    let NewOrder { side, price, size, client, .. } = decision.order;
    if let Some(old) = &ask.instead_of {
        x.books.at_mut(market).remove(old.id).expect("the order that gives way rests");
    }
    let order = take_id(x, market, decision.end);
    events.push(Event::OrderAccepted { step, market, account, order, client, side, price, size });
    events.extend(ask.instead_of.map(|old| removed(market, &old, RemovalReason::Replaced)));
    carry_out_meetings(x, ask, order, &decision, events);
    write_facts(x, ask, &decision);
    carry_out_end(x, ask, order, &decision, events);
    x.sync_venue(market);
    x.met = decision.met;
}

/// The id of an order that enters now. Where it will rest is known before its fills free other slots.
fn take_id(x: &mut Exchange, market: MarketId, end: End) -> OrderId {
    let book = x.books.at_mut(market);
    let slot = match end {
        End::Rests(_) => book.next_slot().expect("room was checked"),
        End::Leaves(_) => OrderId::NO_SLOT,
    };
    OrderId::new(book.take_arrival(), slot)
}

fn carry_out_meetings(
    x: &mut Exchange,
    ask: &Placement,
    order: OrderId,
    decision: &Decision,
    events: &mut Vec<Event>,
) {
    let market = ask.market;
    let mut taker_fees = decision.met.taker_fees.iter();
    let (mut last, mut traded) = (None, SizeLots::ZERO);
    for meeting in &decision.met.meetings {
        match meeting {
            Meeting::Fill(fill) => {
                (last, traded.0) = (Some(fill.maker.price), traded.0 + fill.size.0);
                carry_out_fill(x, ask, order, fill, *taker_fees.next().expect("one fee a fill"), events);
            }
            Meeting::Remove(maker, reason) => {
                x.books.at_mut(market).remove(maker.id).expect("a maker that is met rests");
                events.push(removed(market, maker, *reason));
            }
            Meeting::Reduce(Reduction { order: maker, size, reserve_left }) => {
                let left = SizeLots(maker.open().0 - size.0);
                let after = x.books.at_mut(market).reduce(maker.id, left, *reserve_left);
                events.push(reduced(market, &after, *size, RemovalReason::SelfTrade));
            }
        }
    }
    if let Some(price) = last {
        facts::note_trade(&mut x.state, market, price, traded);
    }
}

fn carry_out_fill(
    x: &mut Exchange,
    ask: &Placement,
    taker_order: OrderId,
    fill: &MakerFill,
    taker_fee: Quote,
    events: &mut Vec<Event>,
) {
    let MakerFill { maker, size, fee, reserve_left, is_spent } = fill;
    let book = x.books.at_mut(ask.market);
    let after = book.fill(maker.id, *size, *reserve_left);
    events.push(Event::Fill {
        market: ask.market,
        price: maker.price,
        size: *size,
        taker_side: ask.order.side,
        taker: ask.account,
        taker_order,
        taker_client: ask.order.client,
        taker_fee,
        maker: maker.account,
        maker_order: maker.id,
        maker_client: maker.client,
        maker_fee: *fee,
        maker_left: after.open(),
    });
    if after.size == SizeLots::ZERO {
        events.push(removed(ask.market, &after, RemovalReason::Filled));
    } else if *is_spent {
        let rest = book.remove(maker.id).expect("something is left of it");
        events.push(removed(ask.market, &rest, RemovalReason::ReduceOnly));
    }
}

/// The order rests or leaves.
fn carry_out_end(
    x: &mut Exchange,
    ask: &Placement,
    id: OrderId,
    decision: &Decision,
    events: &mut Vec<Event>,
) {
    let market = ask.market;
    let left = decision.left;
    let rest = open_order(ask, &decision.order, id, left);
    let decremented = decision.decremented;
    if decremented > SizeLots::ZERO && left > SizeLots::ZERO {
        events.push(reduced(market, &rest, decremented, RemovalReason::SelfTradeTaker));
    }
    match decision.end {
        End::Rests(reserve) => {
            let rest = Order { reserve, ..hiding(rest, decision.order.display) };
            x.books.at_mut(market).rest(rest);
            events.push(Event::OrderRested { market, order: rest });
        }
        End::Leaves(reason @ RemovalReason::SelfTradeTaker) if left == SizeLots::ZERO => {
            events.push(removed(market, &Order { size: decremented, ..rest }, reason));
        }
        End::Leaves(reason) => events.push(removed(market, &rest, reason)),
    }
}

fn write_facts(x: &mut Exchange, ask: &Placement, decision: &Decision) {
    let market = ask.market;
    for standing in decision.met.makers.iter().chain([&decision.taker]) {
        standing.write(&mut x.state, market);
    }
    decision.totals.write(&mut x.state, market);
    if let Some(forced) = &decision.forced {
        forced.settle(&mut x.state, market);
    }
}

#[cfg(test)]
mod tests;
