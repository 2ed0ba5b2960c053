//! What the members of a venue did, as operations of accounts here.

use super::Action;
use ballast_types::{
    AccountId, ClientId, MarketId, NewOrder, Operation, OrderId, PriceTicks, Side, SizeLots, TimeInForce,
};
use std::collections::BTreeMap;

/// Who place orders, by the venue's number of the order; one more takes them.
const MAKERS: u64 = 8;
const TAKER: AccountId = AccountId(MAKERS as u32);
/// The accounts that the members need, from 0.
pub const ACCOUNTS: u32 = TAKER.0 + 1;

/// The members of a venue, and which of their orders are known here.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Orders by the venue's numbers: whose they are, their numbers here, and their sides.
    known: BTreeMap<u64, (AccountId, OrderId, Side)>,
}

impl Members {
    /// Does in `market` what a member did, by `ask`, which tells the number of the order that is to be known from now on. What
    /// is about an order that is not known is left out.
    pub fn act(
        &mut self,
        market: MarketId,
        action: &Action,
        ask: impl FnOnce(AccountId, Operation) -> Option<OrderId>,
    ) {
        let new = |side: Side, price: PriceTicks, size: SizeLots, time_in_force| {
            NewOrder::plain(side, price, size, time_in_force, ClientId(0))
        };
        match *action {
            Action::Place { id, side, price, size } => {
                let maker = AccountId((id % MAKERS) as u32);
                let order = new(side, price, size, TimeInForce::Gtc);
                let placed = ask(maker, Operation::Place { market, order });
                self.known.extend(placed.map(|order| (id, (maker, order, side))));
            }
            Action::Cancel { id } => {
                let Some((maker, order, _)) = self.known.remove(&id) else { return };
                ask(maker, Operation::Cancel { market, order });
            }
            Action::Replace { id, price, size } => {
                let Some((maker, order, side)) = self.known.remove(&id) else { return };
                let new = new(side, price, size, TimeInForce::Gtc);
                let replaced = ask(maker, Operation::Replace { market, order, new });
                self.known.extend(replaced.map(|order| (id, (maker, order, side))));
            }
            Action::Take { side, price, size } => {
                let order = new(side, price, size, TimeInForce::Ioc);
                ask(TAKER, Operation::Place { market, order });
            }
        }
    }

    /// How many orders are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.known.len()
    }
}
