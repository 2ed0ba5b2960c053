//! Markets that match in batches: when they do, and how orders come to wait (protocol, "Batch matching"). What a clearing does is in `clear`.

use ballast_types::{
    AccountId, Iceberg, MarketId, Millis, NewOrder, OracleState, Order, OrderId, RejectCode, Rejection,
    SizeLots, Waits,
    limits::{
        AUCTION_ONLY_INTERVAL_MS, CALL_MS, MAX_WAITING, MAX_WAITING_OF_ACCOUNT, MAX_WAITING_UNFORCED,
        UNCERTAIN_BATCHING_MS,
    },
};

use crate::{
    exchange::Exchange,
    numbers::{quote, refuse},
    operations::Step,
};

impl Exchange {
    /// Whether orders of the market wait for clearings.
    #[must_use]
    pub fn is_batching(&self, id: MarketId) -> bool {
        let market = self.market(id);
        let wants = market.params.batch_interval > 0
            || market.asks_for_batches(self.time)
            || market.halt.is_some()
            || self.oracle(id) == OracleState::Uncertain
            || market.uncertain.is_some_and(|last| self.time.0 - last.0 < UNCERTAIN_BATCHING_MS)
            || market.orders.iter().any(|order| order.waits.is_some());
        wants && self.is_good(id)
    }

    /// The time that is an interval away.
    pub(crate) fn interval_away(&self, id: MarketId) -> Millis {
        let interval = match self.market(id).params.batch_interval {
            0 => AUCTION_ONLY_INTERVAL_MS,
            interval => interval,
        };
        Millis(self.time.0 + u64::from(interval))
    }

    /// The earliest that orders are cleared when the first of them comes to wait, or the price comes back, now.
    pub(crate) fn first_clearing(&self, id: MarketId) -> Millis {
        match self.market(id).halt {
            Some(_) => Millis(self.time.0 + CALL_MS),
            None => self.interval_away(id),
        }
    }

    /// The orders that wait, the oldest first.
    pub(crate) fn waiting(&self, id: MarketId) -> Vec<Order> {
        let orders = self.market(id).orders.iter();
        let mut waiting: Vec<Order> = orders.filter(|order| order.waits.is_some()).copied().collect();
        waiting.sort_by_key(|order| order.id);
        waiting
    }

    /// Refuses an order where too many wait, of all or of the account; a forced one finds places that no other may take.
    fn check_room(&self, account: AccountId, market: MarketId, waits: Waits) -> Result<(), Rejection> {
        let waiting = self.waiting(market);
        let most = if waits == Waits::Forced { MAX_WAITING } else { MAX_WAITING_UNFORCED };
        if waiting.len() as u64 >= u64::from(most) {
            return refuse(RejectCode::BatchFull, waiting.len() as u64, most);
        }
        let own = waiting.iter().filter(|order| order.account == account).count() as u64;
        if waits != Waits::Forced && own >= u64::from(MAX_WAITING_OF_ACCOUNT) {
            return refuse(RejectCode::BatchFull, own, MAX_WAITING_OF_ACCOUNT);
        }
        Ok(())
    }

    /// The order, which was checked, comes to wait under this id.
    pub(crate) fn wait(
        &mut self,
        step: &Step<'_>,
        market: MarketId,
        id: OrderId,
        new: &NewOrder,
        waits: Waits,
    ) -> Result<Order, Rejection> {
        let NewOrder { client, side, price, size, reduce_only, good_until, display, .. } = *new;
        let reserve =
            Self::reserve(self.market(market), side, i128::from(price.0), i128::from(size.0), reduce_only);
        self.check_places(step.account, market, reserve)?;
        self.check_room(step.account, market, waits)?;
        self.check_reserves(step.account, reserve)?;
        let hides = display.filter(|display| *display < size);
        let order = Order {
            id,
            account: step.account,
            key: step.key,
            side,
            price,
            size: hides.unwrap_or(size),
            reserve: quote(reserve),
            client,
            reduce_only,
            good_until,
            iceberg: hides.map(|display| Iceberg {
                display,
                hidden: SizeLots(size.0 - display.0),
                arrival: id.0 >> 21,
            }),
            waits: Some(waits),
        };
        if self.waiting(market).is_empty()
            && self.market(market).halt.is_none()
            && self.market(market).next_clearing <= self.time
        {
            self.market_mut(market).next_clearing = self.interval_away(market);
        }
        self.market_mut(market).orders.push(order);
        Ok(order)
    }
}
