//! What orders do to the conditional ones that hang together with them.

use alloc::vec::Vec;

use ballast_types::{AccountId, ConditionalId, Event, Group, MarketId, OrderId, RemovalReason, SizeLots};

use super::{contingent_mut, find, group_mut, members, remove};
use crate::{exchange::Exchange, facts};

/// Follows what happened from `from` on: the trades and the ends of orders that belong to groups. What it does to the
/// others of the group is told behind them.
pub(crate) fn follow(x: &mut Exchange, from: usize, events: &mut Vec<Event>) {
    let mut last = None;
    for place in from..events.len() {
        match events[place] {
            Event::OrderAccepted { order, .. } => last = Some(order),
            Event::Fill { market, size, taker, taker_order, maker, maker_order, .. } => {
                for (account, order) in [(taker, taker_order), (maker, maker_order)] {
                    if let Some(group) = group_of(x, account, market, order) {
                        traded(x, account, &group, size, events);
                    }
                }
            }
            Event::OrderRemoved { market, account, order, reason, .. } => {
                let Some(group) = group_of(x, account, market, order) else { continue };
                if reason == RemovalReason::Replaced {
                    group_mut(&mut x.state, account, group.id).order = last;
                } else {
                    gone(x, account, &group, events);
                }
            }
            _ => {}
        }
    }
}

/// The group to which an order belongs: no more than one.
pub(super) fn group_of(x: &Exchange, account: AccountId, market: MarketId, order: OrderId) -> Option<Group> {
    let contingent = facts::trader(&x.state, account).seldom.contingent.as_ref()?;
    let mut groups = contingent.groups.iter();
    groups.find(|group| (group.market, group.order) == (market, Some(order))).copied()
}

/// The group's order traded `size` lots: those who sleep may become so much larger, those who are awake become so much
/// smaller.
fn traded(x: &mut Exchange, account: AccountId, group: &Group, size: SizeLots, events: &mut Vec<Event>) {
    if let Some(opened) = &mut group_mut(&mut x.state, account, group.id).opened {
        opened.0 = opened.0.saturating_add(size.0);
        return;
    }
    for id in members(&x.state, account, group.id) {
        let member = find(&x.state, account, id).expect("it is of the group");
        let left = SizeLots(member.order.size.0.saturating_sub(size.0));
        if left == SizeLots::ZERO {
            remove(x, account, id, RemovalReason::OneCancelsOther, events);
        } else {
            shrink(x, account, id, left, events);
        }
    }
}

/// The group's order no longer rests: those who slept wake up, if it traded, and else go with it.
fn gone(x: &mut Exchange, account: AccountId, group: &Group, events: &mut Vec<Event>) {
    if group.opened == Some(SizeLots::ZERO) {
        for id in members(&x.state, account, group.id) {
            remove(x, account, id, RemovalReason::NotOpened, events);
        }
        return;
    }
    let group = group_mut(&mut x.state, account, group.id);
    group.order = None;
    let (id, Some(opened)) = (group.id, group.opened.take()) else { return };
    for id in members(&x.state, account, id) {
        if find(&x.state, account, id).is_some_and(|member| member.order.size > opened) {
            shrink(x, account, id, opened, events);
        }
    }
}

fn shrink(
    x: &mut Exchange,
    account: AccountId,
    conditional: ConditionalId,
    left: SizeLots,
    events: &mut Vec<Event>,
) {
    let mut orders = contingent_mut(&mut x.state, account).orders.iter_mut();
    let member = orders.find(|order| order.id == conditional).expect("it waits");
    member.order.size = left;
    let (market, client) = (member.market, member.order.client);
    events.push(Event::ConditionalReduced { account, market, conditional, client, left });
}
