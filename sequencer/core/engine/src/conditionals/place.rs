//! An order comes that waits for its condition.

use alloc::vec::Vec;

use ballast_types::{
    Conditional, ConditionalId, Event, Link, LinkKind, MarketId, NewOrder, RejectCode, Rejection,
    TimeInForce, Trigger,
    limits::{MAX_CONDITIONALS, MAX_SLICE_INTERVAL_MS, MAX_SLICES, MIN_SLICE_INTERVAL_MS},
};

use super::{contingent_mut, link, of, put};
use crate::{
    exchange::Exchange,
    operations::Asker,
    place_order::check::{check_client, check_form, check_notional, check_pool},
};

/// What is asked for.
pub(crate) struct Ask {
    pub(crate) market: MarketId,
    pub(crate) order: NewOrder,
    pub(crate) trigger: Trigger,
    pub(crate) link: Option<Link>,
}

/// Takes a conditional order. Of the order itself only the form is looked at: what it may do is judged when it is
/// placed. `events` are those of the command so far, which tell what became of the step that it is linked to.
///
/// # Errors
/// In this order: [`RejectCode::UnknownMarket`], [`RejectCode::MarketSettled`]; those of the order's form; [`RejectCode::NotionalTooLarge`],
/// [`RejectCode::InvalidTrigger`], [`RejectCode::DuplicateClientId`], [`RejectCode::TooManyConditionals`]; of the link
/// [`RejectCode::NotLinked`], [`RejectCode::InvalidTrigger`].
pub(crate) fn place_conditional(
    x: &mut Exchange,
    asker: Asker,
    ask: &Ask,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    let Ask { market, order, trigger, link } = *ask;
    let Asker { account, key, step } = asker;
    x.enter_market(market)?;
    let state = &x.state;
    check_pool(state, account, market)?;
    crate::settlement::check_open(state, market)?;
    check_form(&order, x.now())?;
    check_notional(crate::facts::market(state, market), order.price, order.size)?;
    check_trigger(&order, &trigger, link)?;
    check_client(state, x.books.at(market), account, market, order.client, None)?;
    let count = of(state, account).len() + 1;
    if count > MAX_CONDITIONALS {
        return Err(Rejection::new(RejectCode::TooManyConditionals, count as i128, MAX_CONDITIONALS as i128));
    }
    let id = ConditionalId::new(state.chain.seq, step);
    let mut conditional = Conditional { id, key, market, order, trigger, group: None };
    if let Some(link) = link {
        link::join(x, asker, &mut conditional, link, events)?;
    }
    put(contingent_mut(&mut x.state, account), conditional);
    events.push(Event::ConditionalPlaced { step, account, conditional });
    Ok(())
}

fn check_trigger(order: &NewOrder, trigger: &Trigger, link: Option<Link>) -> Result<(), Rejection> {
    let refuse = |value: i128, limit: i128| Err(Rejection::new(RejectCode::InvalidTrigger, value, limit));
    match *trigger {
        Trigger::Price { level, .. } if !level.is_valid() => refuse(level.0.into(), 0),
        Trigger::Price { .. } => Ok(()),
        Trigger::Opened if link.is_none_or(|link| link.kind != LinkKind::After) => refuse(0, 0),
        Trigger::Opened => Ok(()),
        Trigger::Time { .. } if link.is_some() => refuse(0, 0),
        Trigger::Time { slices, .. } if slices == 0 || slices > MAX_SLICES => {
            refuse(slices.into(), MAX_SLICES.into())
        }
        Trigger::Time { slices: 1, interval, .. } if interval > 0 => refuse(interval.into(), 0),
        Trigger::Time { slices: 1, .. } => Ok(()),
        Trigger::Time { interval, .. } if interval < MIN_SLICE_INTERVAL_MS => {
            refuse(interval.into(), MIN_SLICE_INTERVAL_MS.into())
        }
        Trigger::Time { interval, .. } if interval > MAX_SLICE_INTERVAL_MS => {
            refuse(interval.into(), MAX_SLICE_INTERVAL_MS.into())
        }
        Trigger::Time { .. } if order.time_in_force != TimeInForce::Ioc => refuse(0, 0),
        Trigger::Time { .. } => Ok(()),
    }
}
