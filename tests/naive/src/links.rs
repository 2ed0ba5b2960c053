//! What a conditional order is linked to (protocol, "Links"): an earlier step, read from what that step told.

use ballast_types::{
    AccountId, Conditional, ConditionalId, Event, Group, Link, LinkKind, MarketId, OrderId, RejectCode,
    Rejection, SizeLots, Trigger,
};

use crate::{
    exchange::Exchange,
    numbers::{refuse, refuse_plainly, unsigned},
    operations::Step,
};

/// The order of an earlier step.
struct Entry {
    market: MarketId,
    order: OrderId,
    /// What it traded, in lots.
    traded: i128,
}

impl Exchange {
    /// Puts a conditional order into the group of the step to which it is linked, and cuts it to what is left for it.
    pub(crate) fn link(
        &mut self,
        step: &Step<'_>,
        it: &mut Conditional,
        link: Link,
    ) -> Result<(), Rejection> {
        let not_linked = refuse(RejectCode::NotLinked, link.step, step.place);
        let Some(told) = step.earlier.get(usize::from(link.step)) else { return not_linked };
        let id = ConditionalId::new(self.seq, link.step);
        if let Some(entry) = entry(told) {
            return match self.size_left(&entry, it, link.kind) {
                Some(size) => {
                    it.order.size = SizeLots(unsigned(size));
                    self.join_order(step.account, id, &entry, it, link.kind)
                }
                None => not_linked,
            };
        }
        match self.account(step.account).conditionals.get(&id) {
            Some(other) => self.join_conditional(step.account, *other, it, link.kind),
            None => not_linked,
        }
    }

    /// How large it may be, when it can be linked to the order at all.
    fn size_left(&self, entry: &Entry, it: &Conditional, kind: LinkKind) -> Option<i128> {
        let rests = self.order(entry.market, entry.order).is_some();
        let size = i128::from(it.order.size.0);
        let left = match kind {
            LinkKind::After if rests => size,
            LinkKind::After => size.min(entry.traded),
            LinkKind::Beside if rests => size - entry.traded,
            LinkKind::Beside => 0,
        };
        (left > 0).then_some(left)
    }

    fn join_order(
        &mut self,
        account: AccountId,
        id: ConditionalId,
        entry: &Entry,
        it: &mut Conditional,
        kind: LinkKind,
    ) -> Result<(), Rejection> {
        let order = self.order(entry.market, entry.order).map(|order| order.id);
        let sleeps = kind == LinkKind::After && order.is_some();
        let opened = sleeps.then_some(SizeLots(unsigned(entry.traded)));
        let id = match order {
            Some(order) => self.groups_of(account, entry.market, order).first().map_or(id, |group| group.id),
            None => id,
        };
        let account = self.account_mut(account);
        let mut others = account.conditionals.values().filter(|other| other.group == Some(id));
        let second = it.trigger == Trigger::Opened && others.any(|other| other.trigger == Trigger::Opened);
        let fits = account.groups.get(&id).is_none_or(|group| group.opened.is_some() == sleeps);
        if entry.market != it.market || second || !fits {
            return refuse_plainly(RejectCode::InvalidTrigger);
        }
        account.groups.entry(id).or_insert(Group { id, market: it.market, order, opened });
        it.group = Some(id);
        Ok(())
    }

    fn join_conditional(
        &mut self,
        account: AccountId,
        other: Conditional,
        it: &mut Conditional,
        kind: LinkKind,
    ) -> Result<(), Rejection> {
        let by_time = matches!(other.trigger, Trigger::Time { .. });
        if kind != LinkKind::Beside || by_time || other.market != it.market {
            return refuse_plainly(RejectCode::InvalidTrigger);
        }
        let id = other.group.unwrap_or(other.id);
        let account = self.account_mut(account);
        account.groups.entry(id).or_insert(Group { id, market: it.market, order: None, opened: None });
        account.conditionals.get_mut(&other.id).expect("it waits").group = Some(id);
        it.group = Some(id);
        Ok(())
    }
}

/// The order that a step placed, if it did.
fn entry(told: &[Event]) -> Option<Entry> {
    let Some(Event::OrderAccepted { market, order, .. }) = told.first() else { return None };
    Some(Entry { market: *market, order: *order, traded: traded(told) })
}

/// What the order of a step traded as taker, in lots.
pub(crate) fn traded(told: &[Event]) -> i128 {
    let sizes = told.iter().map(|event| match event {
        Event::Fill { size, .. } => i128::from(size.0),
        _ => 0,
    });
    sizes.sum()
}
