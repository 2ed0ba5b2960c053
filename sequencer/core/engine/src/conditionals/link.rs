//! How a conditional order joins the order, or the other conditional one, that it hangs together with.

use ballast_types::{
    AccountId, Conditional, ConditionalId, Event, Group, Link, LinkKind, MarketId, OrderId, RejectCode,
    Rejection, SizeLots, Trigger,
};

use super::{contingent_mut, find, group, groups::group_of, members, put_group};
use crate::{exchange::Exchange, operations::Asker};

/// What became of the order of a step.
struct Linked {
    market: MarketId,
    order: OrderId,
    /// What it has traded.
    traded: SizeLots,
    /// Whether something of it rests.
    is_open: bool,
}

/// Puts `conditional` into the group of `link`, which comes into being with its first member unless the order that is
/// linked to has taken another's place in one, and takes off it what the group has already done. Nothing changes when it is refused.
///
/// # Errors
/// [`RejectCode::NotLinked`]: the step is not before this one, was rejected, or left neither an order nor, where its
/// trades open this one, a trade. [`RejectCode::InvalidTrigger`]: another market, a link of another kind than the
/// group's, or a second member that waits for [`Trigger::Opened`].
pub(super) fn join(
    x: &mut Exchange,
    asker: Asker,
    conditional: &mut Conditional,
    link: Link,
    events: &[Event],
) -> Result<(), Rejection> {
    let not_linked = Rejection::new(RejectCode::NotLinked, link.step, asker.step);
    if link.step >= asker.step {
        return Err(not_linked);
    }
    let step = ConditionalId::new(x.state.chain.seq, link.step);
    if let Some(other) = find(&x.state, asker.account, step).copied() {
        return join_conditional(x, asker.account, conditional, link, &other);
    }
    let linked = order_of(x, link.step, events).ok_or(not_linked)?;
    let size = conditional.order.size;
    let left = match link.kind {
        LinkKind::After if linked.is_open => Some(size),
        LinkKind::After if linked.traded > SizeLots::ZERO => Some(size.min(linked.traded)),
        LinkKind::Beside if linked.is_open => size.0.checked_sub(linked.traded.0).map(SizeLots),
        LinkKind::After | LinkKind::Beside => None,
    };
    let left = left.filter(|left| *left > SizeLots::ZERO).ok_or(not_linked)?;
    let opened = (link.kind == LinkKind::After && linked.is_open).then_some(linked.traded);
    let new =
        Group { id: step, market: linked.market, order: linked.is_open.then_some(linked.order), opened };
    let known = if linked.is_open {
        group_of(x, asker.account, linked.market, linked.order)
    } else {
        group(&x.state, asker.account, step).copied()
    };
    let id = known.map_or(step, |known| known.id);
    let fits = known.is_none_or(|known| known.opened.is_some() == opened.is_some());
    if linked.market != conditional.market || !fits || is_second(x, asker.account, conditional, id) {
        return Err(RejectCode::InvalidTrigger.into());
    }
    conditional.order.size = left;
    conditional.group = Some(id);
    if known.is_none() {
        put_group(contingent_mut(&mut x.state, asker.account), new);
    }
    Ok(())
}

/// Joins the group of another conditional order.
fn join_conditional(
    x: &mut Exchange,
    account: AccountId,
    conditional: &mut Conditional,
    link: Link,
    other: &Conditional,
) -> Result<(), Rejection> {
    if link.kind != LinkKind::Beside || other.market != conditional.market || is_scheduled(other) {
        return Err(RejectCode::InvalidTrigger.into());
    }
    let id = other.group.unwrap_or(other.id);
    conditional.group = Some(id);
    let contingent = contingent_mut(&mut x.state, account);
    if other.group.is_none() {
        put_group(contingent, Group { id, market: other.market, order: None, opened: None });
        let mut orders = contingent.orders.iter_mut();
        let other = orders.find(|order| order.id == other.id).expect("it was found");
        other.group = Some(id);
    }
    Ok(())
}

/// The parts of a TWAP order are many, and no one of them is what another order could stand for.
const fn is_scheduled(order: &Conditional) -> bool {
    matches!(order.trigger, Trigger::Time { .. })
}

/// Whether the group has a member that waits for its opening, as `conditional` does: of two only one could rest.
fn is_second(x: &Exchange, account: AccountId, conditional: &Conditional, group: ConditionalId) -> bool {
    conditional.trigger == Trigger::Opened
        && members(&x.state, account, group)
            .into_iter()
            .any(|id| find(&x.state, account, id).is_some_and(|order| order.trigger == Trigger::Opened))
}

/// The order that a step of this command placed, from what was told of it.
fn order_of(x: &Exchange, step: u8, events: &[Event]) -> Option<Linked> {
    let (market, order) = events.iter().find_map(|event| match *event {
        Event::OrderAccepted { step: of, market, order, .. } if of == step => Some((market, order)),
        _ => None,
    })?;
    let fills = events.iter().filter_map(|event| match event {
        Event::Fill { market: at, size, taker_order, .. } if (*at, *taker_order) == (market, order) => {
            Some(size.0)
        }
        _ => None,
    });
    let traded = SizeLots(fills.sum());
    Some(Linked { market, order, traded, is_open: x.books.at(market).get(order).is_some() })
}
