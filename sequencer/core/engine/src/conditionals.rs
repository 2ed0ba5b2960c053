//! Orders that wait for a condition: how they come, hang together, fire and go.
//!
//! They are facts of their trader and nothing more: no book holds them and no margin is kept for them. Which of them
//! are due is found outside and checked here ([`fire`]), as everything that would need a scan (architecture A2).

mod fire;
mod groups;
mod link;
mod place;

pub use fire::is_due;
pub(crate) use fire::{check as check_fire, fire};
pub(crate) use groups::follow;
pub(crate) use place::{Ask, place_conditional};

use alloc::{boxed::Box, vec::Vec};

use ballast_state::{Contingent, State};
use ballast_types::{
    AccountId, ClientId, Conditional, ConditionalId, Event, Group, MarketId, RejectCode, Rejection,
    RemovalReason,
};

use crate::{exchange::Exchange, facts};

/// Cancels one conditional order.
///
/// # Errors
/// [`RejectCode::UnknownOrder`] with the id, also when it is another's.
pub(crate) fn cancel_conditional(
    x: &mut Exchange,
    account: AccountId,
    id: ConditionalId,
    events: &mut Vec<Event>,
) -> Result<(), Rejection> {
    if find(&x.state, account, id).is_none() {
        return Err(Rejection::new(RejectCode::UnknownOrder, id.0, 0));
    }
    remove(x, account, id, RemovalReason::Cancelled, events);
    Ok(())
}

/// The conditional orders of an account, ids ascending.
pub(crate) fn of(state: &State, account: AccountId) -> &[Conditional] {
    facts::trader(state, account).seldom.contingent.as_ref().map_or(&[], |contingent| &contingent.orders)
}

/// The conditional order of an account with this id.
pub(crate) fn find(state: &State, account: AccountId, id: ConditionalId) -> Option<&Conditional> {
    let orders = of(state, account);
    orders.binary_search_by_key(&id, |order| order.id).ok().map(|place| &orders[place])
}

/// The conditional order of an account that carries this number of the trader's own, which is not 0.
pub(crate) fn by_client(
    state: &State,
    account: AccountId,
    market: MarketId,
    client: ClientId,
) -> Option<ConditionalId> {
    let mut orders = of(state, account).iter();
    orders.find(|waits| waits.market == market && waits.order.client == client).map(|waits| waits.id)
}

/// An order no longer waits, and it is told.
pub(crate) fn remove(
    x: &mut Exchange,
    account: AccountId,
    id: ConditionalId,
    reason: RemovalReason,
    events: &mut Vec<Event>,
) {
    let gone = take(&mut x.state, account, id);
    let (market, client) = (gone.market, gone.order.client);
    events.push(Event::ConditionalRemoved { account, market, conditional: id, client, reason });
}

fn group(state: &State, account: AccountId, id: ConditionalId) -> Option<&Group> {
    let groups = &facts::trader(state, account).seldom.contingent.as_ref()?.groups;
    groups.binary_search_by_key(&id, |group| group.id).ok().map(|place| &groups[place])
}

fn contingent_mut(state: &mut State, account: AccountId) -> &mut Contingent {
    facts::trader_mut(state, account).seldom.contingent.get_or_insert_default()
}

/// The group with this id, which exists.
fn group_mut(state: &mut State, account: AccountId, id: ConditionalId) -> &mut Group {
    let groups = &mut contingent_mut(state, account).groups;
    groups.iter_mut().find(|group| group.id == id).expect("the group exists")
}

fn put(contingent: &mut Contingent, order: Conditional) {
    let place = contingent.orders.partition_point(|other| other.id < order.id);
    contingent.orders.insert(place, order);
}

fn put_group(contingent: &mut Contingent, group: Group) {
    let place = contingent.groups.partition_point(|other| other.id < group.id);
    contingent.groups.insert(place, group);
}

/// Takes an order that waits out of the facts, and its group when it was the last of it.
fn take(state: &mut State, account: AccountId, id: ConditionalId) -> Conditional {
    let contingent: &mut Option<Box<Contingent>> = &mut facts::trader_mut(state, account).seldom.contingent;
    let lists = contingent.as_mut().expect("the order waits");
    let place = lists.orders.binary_search_by_key(&id, |order| order.id).expect("the order waits");
    let gone = lists.orders.remove(place);
    if let Some(group) = gone.group
        && lists.orders.iter().all(|other| other.group != Some(group))
    {
        lists.groups.retain(|other| other.id != group);
    }
    if lists.orders.is_empty() {
        *contingent = None;
    }
    gone
}

/// The ids of a group's members, ascending.
fn members(state: &State, account: AccountId, group: ConditionalId) -> Vec<ConditionalId> {
    of(state, account).iter().filter(|order| order.group == Some(group)).map(|order| order.id).collect()
}

#[cfg(test)]
mod tests;
