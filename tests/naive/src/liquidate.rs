//! An account that lacks maintenance margin is liquidated (protocol, "Liquidate").

use ballast_types::{AccountId, Event, OracleState, RejectCode, RemovalReason};

use crate::{
    exchange::{Answer, Exchange},
    margin::Margin,
    numbers::{refuse, refuse_plainly},
};

/// How far down the ladder.
pub(crate) const fn level(margin: &Margin) -> u8 {
    if margin.equity <= 0 {
        3
    } else if 3 * margin.equity < 2 * margin.maintenance {
        2
    } else {
        1
    }
}

/// The account is liquidated.
pub(crate) const fn told(account: AccountId, margin: &Margin) -> Event {
    let Margin { equity, maintenance, .. } = *margin;
    Event::Liquidated { account, level: level(margin), equity, maintenance }
}

impl Exchange {
    pub(crate) fn liquidate(&mut self, id: AccountId) -> Answer {
        if id.0 as usize >= self.accounts.len() {
            return refuse(RejectCode::UnknownAccount, id.0, self.accounts.len() as u64);
        }
        let margin = self.margin(id);
        let are_believed = self.account(id).positions.keys().all(|market| self.may_liquidate_at(*market));
        let doubt = self.doubt(id);
        let is_due = margin.equity + doubt < margin.maintenance || doubt == 0 && margin.owes_too_much();
        if !are_believed || !is_due {
            return refuse_plainly(RejectCode::NothingDue);
        }
        let before = self.clone();
        let mut events = Vec::new();
        if margin.equity >= margin.maintenance {
            events.extend(self.sell(id));
            return if events.is_empty() { refuse_plainly(RejectCode::NothingDue) } else { Ok(events) };
        }
        events.push(told(id, &margin));
        events.extend(self.clear_orders(id));
        events.extend(self.sell(id));
        let margin = self.margin(id);
        let is_fresh = |market| self.oracle(market) == OracleState::Fresh;
        let all_fresh = self.account(id).positions.keys().all(|market| is_fresh(*market));
        if level(&margin) >= 2 && (all_fresh || 3 * margin.equity < margin.maintenance) {
            events.extend(self.take_over(id, margin.equity <= 0));
        }
        events.extend(self.force(id));
        if self.account(id).positions.is_empty() && self.margin(id).equity < 0 {
            events.extend(self.cover(id));
        }
        events.extend(self.pause_for(id));
        if events.len() == 1 {
            *self = before;
            return refuse_plainly(RejectCode::NothingDue);
        }
        events.extend(self.follow(&events));
        Ok(events)
    }

    /// Step 2: its orders leave, but for forced ones.
    pub(crate) fn clear_orders(&mut self, id: AccountId) -> Vec<Event> {
        let mut events = Vec::new();
        for market in self.market_ids() {
            for order in self.orders_of(id, market) {
                if !order.is_forced() {
                    events.push(self.remove(market, order.id, RemovalReason::Liquidation));
                }
            }
        }
        events.extend(self.end_conditionals(id, |_| true, RemovalReason::Liquidation));
        events
    }
}
