//! What happens to conditional orders because of what happened to the order of their group (protocol, "Links").

use ballast_types::{
    AccountId, Conditional, ConditionalId, Event, Group, MarketId, OrderId, RemovalReason, SizeLots,
};

use crate::{exchange::Exchange, numbers::unsigned};

impl Exchange {
    /// What follows from events that are told already, event by event, the taker's before the maker's, and by id.
    pub(crate) fn follow(&mut self, told: &[Event]) -> Vec<Event> {
        let mut entered = None;
        let mut events = Vec::new();
        for event in told {
            let more = match *event {
                Event::OrderAccepted { order, .. } => {
                    entered = Some(order);
                    Vec::new()
                }
                Event::Fill { market, size, taker, taker_order, maker, maker_order, .. } => {
                    let of_taker = self.order_traded(taker, market, taker_order, size);
                    let of_maker = self.order_traded(maker, market, maker_order, size);
                    [of_taker, of_maker].concat()
                }
                Event::OrderRemoved { market, account, order, reason: RemovalReason::Replaced, .. } => {
                    for group in self.groups_of(account, market, order) {
                        self.account_mut(account).groups.insert(group.id, Group { order: entered, ..group });
                    }
                    Vec::new()
                }
                Event::OrderRemoved { market, account, order, .. } => self.order_gone(account, market, order),
                _ => Vec::new(),
            };
            events.extend(more);
        }
        events
    }

    fn order_traded(
        &mut self,
        account: AccountId,
        market: MarketId,
        order: OrderId,
        size: SizeLots,
    ) -> Vec<Event> {
        let mut events = Vec::new();
        for group in self.groups_of(account, market, order) {
            if let Some(opened) = group.opened {
                let opened = Some(SizeLots(opened.0 + size.0));
                self.account_mut(account).groups.insert(group.id, Group { opened, ..group });
                continue;
            }
            for it in self.members(account, group.id) {
                events.push(self.cut(account, &it, i128::from(it.order.size.0) - i128::from(size.0)));
            }
        }
        events
    }

    fn order_gone(&mut self, account: AccountId, market: MarketId, order: OrderId) -> Vec<Event> {
        let mut events = Vec::new();
        for group in self.groups_of(account, market, order) {
            let awake = Group { order: None, opened: None, ..group };
            self.account_mut(account).groups.insert(group.id, awake);
            let Some(opened) = group.opened else { continue };
            for it in self.members(account, group.id) {
                if opened == SizeLots(0) {
                    events.push(self.end_conditional(account, it.id, RemovalReason::NotOpened));
                } else if it.order.size > opened {
                    events.push(self.cut(account, &it, i128::from(opened.0)));
                }
            }
        }
        events
    }

    /// Leaves so much of a conditional order; when that is nothing, it goes.
    fn cut(&mut self, account: AccountId, it: &Conditional, left: i128) -> Event {
        if left <= 0 {
            return self.end_conditional(account, it.id, RemovalReason::OneCancelsOther);
        }
        let left = SizeLots(unsigned(left));
        let cut = self.account_mut(account).conditionals.get_mut(&it.id).expect("it waits");
        cut.order.size = left;
        let (conditional, client) = (it.id, it.order.client);
        Event::ConditionalReduced { account, market: it.market, conditional, client, left }
    }

    /// The groups of which this is the order.
    pub(crate) fn groups_of(&self, account: AccountId, market: MarketId, order: OrderId) -> Vec<Group> {
        let groups = self.account(account).groups.values();
        groups.filter(|group| group.market == market && group.order == Some(order)).copied().collect()
    }

    /// The conditional orders of a group, by id.
    pub(crate) fn members(&self, account: AccountId, group: ConditionalId) -> Vec<Conditional> {
        let all = self.account(account).conditionals.values();
        all.filter(|it| it.group == Some(group)).copied().collect()
    }
}
