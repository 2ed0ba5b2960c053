//! An order enters: it is judged, meets the book, and what is left of it rests or goes.
//!
//! Everything is decided on copies first; from [`carry_out`] on nothing can fail. A rejected order changes
//! nothing at all, not even the makers that would have given way to it.

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_risk::{Trade, order_reserve, transition_allowed};
use ballast_state::{Market, State};
use ballast_types::{
    AccountId, Event, MarketId, NewOrder, Order, OrderId, Quote, RejectCode, Rejection, RemovalReason, Side,
    SizeLots, TimeInForce,
    limits::{MAX_AMOUNT, MAX_MARK_AGE_MS, MAX_OPEN_ORDERS, MAX_POSITIONS, ORDER_SLOT_BITS},
};

use crate::{
    cancel_order::removed,
    exchange::Exchange,
    facts, margin,
    matching::{MakerFill, Matching, Meeting, first_met, match_order},
    standing::Standing,
};

/// An order that an account asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Placement {
    /// Who asks.
    pub(crate) account: AccountId,
    /// Which step of its operations this is.
    pub(crate) step: u8,
    /// Where.
    pub(crate) market: MarketId,
    /// What for.
    pub(crate) order: NewOrder,
    /// Its resting order that gives way to this one.
    pub(crate) instead_of: Option<Order>,
}

impl Placement {
    /// Whether `order` is the one that gives way.
    pub(crate) fn is_instead_of(&self, order: &Order) -> bool {
        self.instead_of.is_some_and(|old| old.id == order.id)
    }
}

/// What has been decided: nothing of it can fail any more.
struct Decision {
    meetings: Vec<Meeting>,
    makers: BTreeMap<AccountId, Standing>,
    taker: Standing,
    taker_fees: Vec<Quote>,
    left: SizeLots,
    end: End,
    /// Fees of the pool after.
    fees: Quote,
    open_interest: SizeLots,
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
/// In this order: [`RejectCode::UnknownMarket`], [`RejectCode::InvalidPrice`], [`RejectCode::InvalidSize`],
/// [`RejectCode::NotionalTooLarge`], [`RejectCode::NoPrice`], [`RejectCode::OutsideBand`],
/// [`RejectCode::StalePrice`], [`RejectCode::TooManyPositions`], [`RejectCode::WouldCross`],
/// [`RejectCode::CannotFill`], [`RejectCode::TooManyOpenOrders`], [`RejectCode::BookFull`] (orders, limit),
/// [`RejectCode::PositionTooLarge`], [`RejectCode::Overflow`], [`RejectCode::InsufficientMargin`].
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
    let decision = decide(x, ask, before, may_meet)?;
    carry_out(x, ask, decision, events);
    Ok(())
}

/// What can be said of an order before the book is asked. `before` is its account without the order that
/// gives way.
fn check_order(state: &State, ask: &Placement, before: &Standing) -> Result<(), Rejection> {
    let market = facts::market(state, ask.market);
    if market.pool != facts::account(state, ask.account).pool {
        return Err(Rejection::new(RejectCode::UnknownMarket, ask.market.0, state.chain.markets));
    }
    let NewOrder { side, price, size, .. } = ask.order;
    if !price.is_valid() {
        return Err(Rejection::new(RejectCode::InvalidPrice, price.0, 0));
    }
    if !size.is_valid() {
        return Err(Rejection::new(RejectCode::InvalidSize, size.0, 0));
    }
    if market.params.notional(price, size).is_none() {
        let notional = market.params.value(price, Side::Buy.signed(size));
        return Err(Rejection::new(RejectCode::NotionalTooLarge, notional, MAX_AMOUNT));
    }
    if !market.mark.is_valid() {
        return Err(RejectCode::NoPrice.into());
    }
    check_band(market, ask)?;
    let age = state.chain.time.since(market.mark_time);
    if age > MAX_MARK_AGE_MS && !before.only_shrinks_by(side, size) {
        return Err(Rejection::new(RejectCode::StalePrice, age, MAX_MARK_AGE_MS));
    }
    let books = &facts::trader(state, ask.account).books;
    let elsewhere = books.iter().filter(|book| book.market != ask.market).count();
    if elsewhere >= MAX_POSITIONS {
        return Err(Rejection::new(
            RejectCode::TooManyPositions,
            elsewhere as i128 + 1,
            MAX_POSITIONS as i128,
        ));
    }
    Ok(())
}

/// The band of risk.md 6.2 around the index.
fn check_band(market: &Market, ask: &Placement) -> Result<(), Rejection> {
    let price = ask.order.price;
    let (low, high) = market.params.order_band_around(market.index);
    if price < low {
        return Err(Rejection::new(RejectCode::OutsideBand, price.0, low.0));
    }
    if price > high {
        return Err(Rejection::new(RejectCode::OutsideBand, price.0, high.0));
    }
    Ok(())
}

/// Everything that the order would do, or why it may not.
fn decide(
    x: &mut Exchange,
    ask: &Placement,
    before: Standing,
    may_meet: &mut usize,
) -> Result<Decision, Rejection> {
    let NewOrder { side, size, time_in_force, .. } = ask.order;
    if time_in_force == TimeInForce::PostOnly
        && let Some(met) = first_met(x.books.at(ask.market), ask)
    {
        return Err(Rejection::new(RejectCode::WouldCross, ask.order.price.0, met.0));
    }
    check_arrivals(x, ask)?;
    let Exchange { state, books, .. } = x;
    let matching = match_order(state, books.at(ask.market), ask, *may_meet, before);
    *may_meet -= matching.meetings.len();
    if time_in_force == TimeInForce::Fok && matching.left > SizeLots::ZERO {
        return Err(Rejection::new(RejectCode::CannotFill, size.0 - matching.left.0, size.0));
    }
    let market = facts::market(state, ask.market);
    let mut taker = matching.taker;
    let taker_fees = trade_taker(market, ask, &matching.meetings, &mut taker)?;
    let end = end(market, ask, &matching)?;
    if let End::Rests(reserve) = end {
        check_room(x, ask, &taker)?;
        taker.hold(side, matching.left, reserve)?;
    }
    if !taker.is_bounded() {
        return Err(RejectCode::PositionTooLarge.into());
    }
    check_margin(&x.state, ask, &before, &taker)?;
    let fees = fees_after(&x.state, ask, &matching.meetings, &taker_fees)?;
    let open_interest = open_interest_after(&x.state, ask, &matching, &taker)?;
    let Matching { meetings, makers, left, .. } = matching;
    Ok(Decision { meetings, makers, taker, taker_fees, left, end, fees, open_interest })
}

/// Trades the taker against its fills, each at its maker's price; its fees, fill by fill.
fn trade_taker(
    market: &Market,
    ask: &Placement,
    meetings: &[Meeting],
    taker: &mut Standing,
) -> Result<Vec<Quote>, Rejection> {
    let mut fees = Vec::with_capacity(meetings.len());
    for fill in fills(meetings) {
        let (price, size) = (fill.maker.price, fill.size);
        let notional = market.params.value(price, Side::Buy.signed(size));
        let fee = Quote::try_from_i128(market.params.taker_fee_ceil(notional)).ok_or(RejectCode::Overflow)?;
        taker.trade(market, &Trade { side: ask.order.side, price, size, fee })?;
        fees.push(fee);
    }
    Ok(fees)
}

fn fills(meetings: &[Meeting]) -> impl Iterator<Item = &MakerFill> {
    meetings.iter().filter_map(|meeting| match meeting {
        Meeting::Fill(fill) => Some(fill),
        Meeting::Remove(..) => None,
    })
}

fn end(market: &Market, ask: &Placement, matching: &Matching) -> Result<End, Rejection> {
    if matching.left == SizeLots::ZERO {
        return Ok(End::Leaves(RemovalReason::Filled));
    }
    if matching.truncated {
        return Ok(End::Leaves(RemovalReason::FillLimit));
    }
    match ask.order.time_in_force {
        TimeInForce::Ioc => Ok(End::Leaves(RemovalReason::ImmediateOrCancel)),
        TimeInForce::Gtc | TimeInForce::PostOnly => {
            let NewOrder { side, price, .. } = ask.order;
            let reserve = order_reserve(&market.params, market.mark, side, price, matching.left);
            Ok(End::Rests(Quote::try_from_i128(reserve).ok_or(RejectCode::Overflow)?))
        }
        TimeInForce::Fok => unreachable!("an order that fills whole or not at all has nothing left"),
    }
}

/// Whether the book has a number left for one more order: the ids have bits for so many and no more.
fn check_arrivals(x: &Exchange, ask: &Placement) -> Result<(), Rejection> {
    let (arrival, numbers) = (x.books.at(ask.market).next_arrival(), 1_u64 << (u64::BITS - ORDER_SLOT_BITS));
    if arrival >= numbers {
        return Err(Rejection::new(RejectCode::BookFull, arrival, numbers));
    }
    Ok(())
}

/// Whether one more order may rest, of this account and in this book.
fn check_room(x: &Exchange, ask: &Placement, taker: &Standing) -> Result<(), Rejection> {
    if taker.open_orders >= MAX_OPEN_ORDERS {
        return Err(Rejection::new(RejectCode::TooManyOpenOrders, taker.open_orders + 1, MAX_OPEN_ORDERS));
    }
    let book = x.books.at(ask.market);
    if book.next_slot().is_none() && ask.instead_of.is_none() {
        return Err(Rejection::new(RejectCode::BookFull, book.len(), book.len()));
    }
    Ok(())
}

/// INV-7: after the order its account has the initial margin (risk.md 3.5), or the transition rule of risk.md
/// 3.10 lets it pass: it takes no more risk and its account is no less healthy, nor left to liquidation. Orders
/// rest on that rule only where they can do nothing but shrink the position, or need no more margin than before:
/// a book is not to be filled on credit. `before` is the account without the order that gives way.
fn check_margin(
    state: &State,
    ask: &Placement,
    before: &Standing,
    after: &Standing,
) -> Result<(), Rejection> {
    let summary = margin::summary_with(state, ask.market, after);
    if summary.meets_initial() {
        return Ok(());
    }
    let was = margin::summary_with(state, ask.market, before);
    let NewOrder { side, size, .. } = ask.order;
    let eased = summary.initial <= was.initial || before.only_shrinks_by(side, size);
    if eased
        && !was.is_below_maintenance()
        && transition_allowed(&was, &summary, [(before.reach(), after.reach())])
    {
        return Ok(());
    }
    Err(Rejection::new(RejectCode::InsufficientMargin, summary.equity_initial, summary.initial))
}

fn fees_after(
    state: &State,
    ask: &Placement,
    meetings: &[Meeting],
    taker_fees: &[Quote],
) -> Result<Quote, Rejection> {
    let pool = facts::pool(state, facts::market(state, ask.market).pool);
    let paid = taker_fees.iter().copied().chain(fills(meetings).map(|fill| fill.fee));
    let total = paid.fold(i128::from(pool.fees.0), |sum, fee| sum + i128::from(fee.0));
    Quote::try_from_i128(total).ok_or(RejectCode::Overflow.into())
}

fn open_interest_after(
    state: &State,
    ask: &Placement,
    matching: &Matching,
    taker: &Standing,
) -> Result<SizeLots, Rejection> {
    let mut total = i128::from(facts::venue(state, ask.market).open_interest.0);
    for after in matching.makers.values().chain([taker]) {
        let before = Standing::of(state, after.account, ask.market);
        total += after.long_lots() - before.long_lots();
    }
    u64::try_from(total).map(SizeLots).map_err(|_| RejectCode::Overflow.into())
}

/// Makes the decision a fact and tells it, in the order in which it happens.
fn carry_out(x: &mut Exchange, ask: &Placement, decision: Decision, events: &mut Vec<Event>) {
    let Placement { account, step, market, order: NewOrder { side, price, size, client, .. }, .. } = *ask;
    if let Some(old) = &ask.instead_of {
        x.books.at_mut(market).remove(old.id).expect("the order that gives way rests");
    }
    let order = take_id(x, market, decision.end);
    events.push(Event::OrderAccepted { step, market, account, order, client, side, price, size });
    events.extend(ask.instead_of.map(|old| removed(market, &old, RemovalReason::Replaced)));
    let mut taker_fees = decision.taker_fees.iter();
    for meeting in &decision.meetings {
        match meeting {
            Meeting::Fill(fill) => {
                let taker_fee = *taker_fees.next().expect("one fee a fill");
                carry_out_fill(x, ask, order, fill, taker_fee, events);
            }
            Meeting::Remove(maker, reason) => {
                x.books.at_mut(market).remove(maker.id).expect("a planned maker rests");
                events.push(removed(market, maker, *reason));
            }
        }
    }
    write_facts(x, ask, &decision);
    let rest = Order { id: order, account, side, price, size: decision.left, reserve: Quote::ZERO, client };
    match decision.end {
        End::Rests(reserve) => {
            let rest = Order { reserve, ..rest };
            x.books.at_mut(market).rest(rest);
            events.push(Event::OrderRested { market, order: rest });
        }
        End::Leaves(reason) => events.push(removed(market, &rest, reason)),
    }
    x.sync_venue(market);
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

fn carry_out_fill(
    x: &mut Exchange,
    ask: &Placement,
    taker_order: OrderId,
    fill: &MakerFill,
    taker_fee: Quote,
    events: &mut Vec<Event>,
) {
    let MakerFill { maker, size, fee, reserve_left } = fill;
    let after = x.books.at_mut(ask.market).fill(maker.id, *size, *reserve_left);
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
        maker_left: after.size,
    });
    if after.size == SizeLots::ZERO {
        events.push(removed(ask.market, &after, RemovalReason::Filled));
    }
}

fn write_facts(x: &mut Exchange, ask: &Placement, decision: &Decision) {
    let market = ask.market;
    for standing in decision.makers.values().chain([&decision.taker]) {
        standing.write(&mut x.state, market);
    }
    let pool = facts::market(&x.state, market).pool;
    if facts::pool(&x.state, pool).fees != decision.fees {
        facts::pool_mut(&mut x.state, pool).fees = decision.fees;
    }
    if facts::venue(&x.state, market).open_interest != decision.open_interest {
        facts::venue_mut(&mut x.state, market).open_interest = decision.open_interest;
    }
}

#[cfg(test)]
mod tests;
