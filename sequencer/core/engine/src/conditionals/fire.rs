//! Conditions come, and orders are placed.

use alloc::vec::Vec;

use ballast_state::{Market, State};
use ballast_types::{
    AccountId, Conditional, ConditionalId, Event, Group, Millis, NewOrder, OrderId, PriceSource, RejectCode,
    Rejection, RemovalReason, Side, SizeLots, Trigger,
    limits::{MAX_FILLS_PER_INPUT, MAX_FILLS_PER_ORDER, MAX_FIRED, MAX_WAITING_UNFORCED},
};

use super::{contingent_mut, find, follow, group, group_mut, members, put, remove, take};
use crate::{
    batching,
    breakers::halt,
    cancel_order,
    exchange::Exchange,
    facts, oracle,
    place_order::{Placement, place_order},
};

/// Whether some of the orders named are due at `time`.
///
/// # Errors
/// [`RejectCode::TooManyItems`]; [`RejectCode::NothingDue`] when none is.
pub(crate) fn check(
    x: &Exchange,
    time: Millis,
    named: &[(AccountId, ConditionalId)],
) -> Result<(), Rejection> {
    if named.len() > MAX_FIRED {
        return Err(Rejection::new(RejectCode::TooManyItems, named.len() as i128, MAX_FIRED as i128));
    }
    if named.iter().any(|&(account, id)| is_due(&x.state, time, account, id)) {
        return Ok(());
    }
    Err(RejectCode::NothingDue.into())
}

/// Whether a conditional order of an account would be placed at `time`. A market whose price is stale, invalid or has just
/// jumped fires nothing (risk.md 2.3), so that no order follows a price from before an outage (6.5). Nor does
/// one that matches in batches and in which no more order may wait; the parts of a TWAP order but the last come later
/// there, for what they trade would not be known before the next. Of an exchange that is loaded lazily, account and
/// market are.
#[must_use]
pub fn is_due(state: &State, time: Millis, account: AccountId, id: ConditionalId) -> bool {
    if !facts::has_account(state, account)
        || facts::trader(state, account).seldom.cancel_at.is_some_and(|at| at <= time)
    {
        return false;
    }
    let Some(order) = find(state, account, id) else { return false };
    let market = facts::market(state, order.market);
    if market.settlement.is_some() {
        return false;
    }
    if !oracle::is_believed(state, time, order.market) || halt::is_closed(state, time, order.market) {
        return false;
    }
    let batches = batching::matches_in_batches(state, time, order.market);
    if batches && facts::venue(state, order.market).waiting >= MAX_WAITING_UNFORCED {
        return false;
    }
    let group = order.group.and_then(|id| group(state, account, id));
    match order.trigger {
        Trigger::Time { slices: 2.., .. } if batches => false,
        Trigger::Opened => group.is_some_and(|group| group.order.is_none() && group.opened.is_none()),
        Trigger::Time { at, .. } => time >= at,
        Trigger::Price { source, direction, level } => {
            let price = match source {
                PriceSource::Mark => market.mark,
                PriceSource::Index => market.index,
            };
            let sleeps = group.is_some_and(|group| group.opened == Some(SizeLots::ZERO));
            !sleeps && direction.is_reached(level, price)
        }
    }
}

/// Places those of the orders that are due, the one first that was asked for first; whether they are is a function of
/// the facts, so whoever names them is not trusted. Others are passed over, and so are all that come when fewer
/// resting orders may still be met than one order may meet.
pub(crate) fn fire(
    x: &mut Exchange,
    named: &[(AccountId, ConditionalId)],
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    for &(account, id) in named.iter().take(MAX_FIRED) {
        x.load_account(account);
        if facts::has_account(&x.state, account)
            && let Some(order) = find(&x.state, account, id)
        {
            let market = order.market;
            x.enter_market(market)?;
        }
    }
    let now = x.now();
    check(x, now, named)?;
    let mut named = named.to_vec();
    named.sort_unstable_by_key(|&(account, id)| (id, account));
    let (mut may_meet, mut step) = (MAX_FILLS_PER_INPUT, 0);
    for (account, id) in named {
        if may_meet < MAX_FILLS_PER_ORDER {
            break;
        }
        if is_due(&x.state, now, account, id) {
            let from = events.len();
            fire_one(x, account, id, step, &mut may_meet, events);
            follow(x, from, events);
            step += 1;
        }
    }
    Ok(())
}

/// Places one order, or one part of a TWAP order. When the order is rejected, that part is over all the same.
fn fire_one(
    x: &mut Exchange,
    account: AccountId,
    id: ConditionalId,
    step: u8,
    may_meet: &mut usize,
    events: &mut Vec<Event>,
) {
    let fires = *find(&x.state, account, id).expect("it is due");
    let group = fires.group.and_then(|id| group(&x.state, account, id)).copied();
    take(&mut x.state, account, id);
    let (size, slices_left) = part(&fires, group.as_ref());
    let Conditional { key, market, order, .. } = fires;
    events.push(Event::ConditionalFired {
        step,
        account,
        market,
        conditional: id,
        client: order.client,
        size,
        slices_left,
    });
    if let Some(group) = group
        && fires.trigger != Trigger::Opened
    {
        end_group(x, account, &group, events);
    }
    let order = as_placed(facts::market(&x.state, market), NewOrder { size, ..order });
    let placement =
        Placement { account, key, step, market, order, instead_of: None, forced: None, exits: false };
    let before = events.len();
    if let Err(rejection) = place_order(x, &placement, may_meet, events) {
        events.push(Event::OperationRejected { step, rejection });
    }
    let (placed, traded) = what_became(account, &events[before..]);
    if let Some(group) = group
        && fires.trigger == Trigger::Opened
        && super::group(&x.state, account, group.id).is_some()
    {
        group_mut(&mut x.state, account, group.id).order = placed;
    }
    if slices_left > 0 {
        wait_for_next(x, account, &fires, slices_left, traded, events);
    }
}

/// How many lots are placed now, and how many parts are to come: an equal part of what is left, rounded up; no more
/// than the order of a group that sleeps has traded.
fn part(fires: &Conditional, group: Option<&Group>) -> (SizeLots, u16) {
    let size = fires.order.size;
    match fires.trigger {
        Trigger::Time { slices, .. } => (SizeLots(size.0.div_ceil(u64::from(slices))), slices - 1),
        Trigger::Price { .. } | Trigger::Opened => {
            let opened = group.and_then(|group| group.opened);
            (opened.map_or(size, |opened| size.min(opened)), 0)
        }
    }
}

/// One fires, and the others go: those that wait, and the order that rests.
fn end_group(x: &mut Exchange, account: AccountId, group: &Group, events: &mut Vec<Event>) {
    for id in members(&x.state, account, group.id) {
        remove(x, account, id, RemovalReason::OneCancelsOther, events);
    }
    if let Some(order) = group.order {
        cancel_order::remove(x, account, group.market, &[order], RemovalReason::OneCancelsOther, events);
    }
}

/// The order with its limit no further beyond the market than the band lets it be, which costs its trader nothing,
/// and with a display that goes with its size.
fn as_placed(market: &Market, order: NewOrder) -> NewOrder {
    let (low, high) = market.params.order_band_around(market.index);
    let price = match order.side {
        Side::Buy => order.price.min(high),
        Side::Sell => order.price.max(low),
    };
    NewOrder { price, display: order.display.filter(|display| *display < order.size), ..order }
}

/// The id of the order that was placed, and what it traded.
fn what_became(account: AccountId, events: &[Event]) -> (Option<OrderId>, u64) {
    let placed = events.iter().find_map(|event| match event {
        Event::OrderAccepted { order, .. } => Some(*order),
        _ => None,
    });
    let fills = events.iter().filter_map(|event| match event {
        Event::Fill { size, taker, .. } if *taker == account => Some(size.0),
        _ => None,
    });
    (placed, fills.sum())
}

/// A TWAP order waits for its next part; what this one did not trade is spread over those to come.
fn wait_for_next(
    x: &mut Exchange,
    account: AccountId,
    fired: &Conditional,
    slices: u16,
    traded: u64,
    events: &mut Vec<Event>,
) {
    let Trigger::Time { interval, .. } = fired.trigger else { return };
    let at = Millis(x.now().0.saturating_add(u64::from(interval)));
    let size = SizeLots(fired.order.size.0 - traded);
    let order = NewOrder { size, ..fired.order };
    let waits = Conditional { order, trigger: Trigger::Time { at, slices, interval }, ..*fired };
    put(contingent_mut(&mut x.state, account), waits);
    if size == SizeLots::ZERO {
        remove(x, account, fired.id, RemovalReason::Filled, events);
    }
}
