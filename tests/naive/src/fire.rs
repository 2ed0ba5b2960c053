//! Conditional orders whose condition has come are placed (protocol, "Fire").

use ballast_types::{
    AccountId, Conditional, ConditionalId, Event, Group, Millis, NewOrder, PriceSource, PriceTicks,
    RejectCode, RemovalReason, Side, SizeLots, Trigger,
    limits::{MAX_FILLS_PER_INPUT, MAX_FILLS_PER_ORDER, MAX_FIRED, MAX_WAITING_UNFORCED},
};

use crate::{
    exchange::{Answer, Exchange},
    links::traded,
    numbers::{divide_up, refuse, refuse_plainly, unsigned},
    operations::Step,
};

impl Exchange {
    /// Those of the conditional orders named that are due are placed, by id.
    pub(crate) fn fire(&mut self, named: &[(AccountId, ConditionalId)]) -> Answer {
        if named.len() > MAX_FIRED {
            return refuse(RejectCode::TooManyItems, named.len() as u64, MAX_FIRED as u64);
        }
        let mut named = named.to_vec();
        named.sort_by_key(|(_, id)| *id);
        let mut budget = MAX_FILLS_PER_INPUT;
        let mut place = 0;
        let mut events = Vec::new();
        for (account, id) in named {
            let Some(it) = self.conditional(account, id) else { continue };
            if budget < MAX_FILLS_PER_ORDER || !self.is_due(account, &it) {
                continue;
            }
            let mut step = Step { account, key: it.key, place, budget: &mut budget, earlier: &[] };
            events.extend(self.fire_one(&mut step, id));
            place += 1;
        }
        if events.is_empty() {
            return refuse_plainly(RejectCode::NothingDue);
        }
        Ok(events)
    }

    fn conditional(&self, account: AccountId, id: ConditionalId) -> Option<Conditional> {
        self.accounts.get(account.0 as usize)?.conditionals.get(&id).copied()
    }

    /// Whether its condition has come.
    fn is_due(&self, account: AccountId, it: &Conditional) -> bool {
        let market = self.market(it.market);
        if market.settled.is_some() || !self.is_known(it.market) || market.is_closed(self.time) {
            return false;
        }
        if self.account(account).is_cancelled_at(self.time) {
            return false;
        }
        let batches = self.is_batching(it.market);
        if batches && self.waiting(it.market).len() as u64 >= u64::from(MAX_WAITING_UNFORCED) {
            return false;
        }
        let group = it.group.map(|group| self.account(account).groups[&group]);
        match it.trigger {
            Trigger::Time { slices, .. } if batches && slices > 1 => false,
            Trigger::Price { source, direction, level } => {
                let price = match source {
                    PriceSource::Mark => market.mark,
                    PriceSource::Index => market.index,
                };
                let nothing_opened = group.is_some_and(|group| group.opened == Some(SizeLots(0)));
                !nothing_opened && direction.is_reached(level, PriceTicks(unsigned(price)))
            }
            Trigger::Time { at, .. } => self.time >= at,
            Trigger::Opened => group.is_some_and(|group| group.order.is_none() && group.opened.is_none()),
        }
    }

    /// Steps 1 to 5 of the protocol, and what follows for other groups.
    fn fire_one(&mut self, step: &mut Step<'_>, id: ConditionalId) -> Vec<Event> {
        let group = self.group_of(step.account, id);
        let it = self.take_conditional(step.account, id);
        let mut order = it.order;
        let mut slices_left = 0;
        if let Trigger::Time { slices, .. } = it.trigger {
            slices_left = slices - 1;
            order.size = SizeLots(unsigned(divide_up(i128::from(order.size.0), i128::from(slices))));
        }
        if let Some(opened) = group.and_then(|group| group.opened) {
            order.size = order.size.min(opened);
        }
        let mut events = vec![Event::ConditionalFired {
            step: step.place,
            account: step.account,
            market: it.market,
            conditional: id,
            client: order.client,
            size: order.size,
            slices_left,
        }];
        if let Some(group) = group
            && it.trigger != Trigger::Opened
        {
            events.extend(self.end_group(step.account, &group));
        }
        let told = self.place_fired(step, &it, order);
        if let (Some(group), Some(Event::OrderAccepted { order, .. })) = (group, told.first())
            && let Some(group) = self.account_mut(step.account).groups.get_mut(&group.id)
        {
            group.order = Some(*order);
        }
        let left = i128::from(it.order.size.0) - traded(&told);
        events.extend(told);
        if slices_left > 0 {
            events.extend(self.wait_for_next(step.account, it, slices_left, left));
        }
        events.extend(self.follow(&events));
        events
    }

    fn group_of(&self, account: AccountId, id: ConditionalId) -> Option<Group> {
        let account = self.account(account);
        account.conditionals[&id].group.map(|group| account.groups[&group])
    }

    /// Step 2: one cancels the others.
    fn end_group(&mut self, account: AccountId, group: &Group) -> Vec<Event> {
        let in_group = |it: &Conditional| it.group == Some(group.id);
        let mut events = self.end_conditionals(account, in_group, RemovalReason::OneCancelsOther);
        if let Some(order) = group.order {
            events.push(self.remove(group.market, order, RemovalReason::OneCancelsOther));
        }
        events
    }

    /// Step 3: the order is placed, or its rejection told.
    fn place_fired(&mut self, step: &mut Step<'_>, it: &Conditional, mut order: NewOrder) -> Vec<Event> {
        let (low, high) = self.market(it.market).band();
        let price = i128::from(order.price.0);
        let moved = match order.side {
            Side::Buy => price.min(high),
            Side::Sell => price.max(low),
        };
        order.price = PriceTicks(unsigned(moved));
        order.display = order.display.filter(|display| *display < order.size);
        let before = self.clone();
        self.place(step, it.market, &order).unwrap_or_else(|rejection| {
            *self = before;
            vec![Event::OperationRejected { step: step.place, rejection }]
        })
    }

    /// Step 5: a TWAP order waits for its next part, or nothing is left of it.
    fn wait_for_next(
        &mut self,
        account: AccountId,
        it: Conditional,
        slices: u16,
        left: i128,
    ) -> Option<Event> {
        let Conditional { id, market, .. } = it;
        if left == 0 {
            let (client, reason) = (it.order.client, RemovalReason::Filled);
            return Some(Event::ConditionalRemoved { account, market, conditional: id, client, reason });
        }
        let Trigger::Time { interval, .. } = it.trigger else { return None };
        let at = Millis(self.time.0 + u64::from(interval));
        let order = NewOrder { size: SizeLots(unsigned(left)), ..it.order };
        let next = Conditional { order, trigger: Trigger::Time { at, slices, interval }, ..it };
        self.account_mut(account).conditionals.insert(id, next);
        None
    }
}
