//! Markets that match in batches: when they do, who switches it on, and how orders come to wait (protocol, "Batch
//! matching"). What a clearing does is in `clear`.

use ballast_types::{
    Address, BatchMatching, Event, GuardianCommand, Iceberg, MarketId, Millis, NewOrder, OracleState, Order,
    OrderId, RejectCode, Rejection, SizeLots, TimeInForce, Waits,
    limits::{
        AUCTION_ONLY_INTERVAL_MS, MAX_BATCHING_AHEAD_MS, MAX_REPORT_AGE_MS, MAX_REPORT_LEAD_MS, MAX_WAITING,
        MAX_WAITING_OF_ACCOUNT, UNCERTAIN_BATCHING_MS,
    },
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{quote, refuse, refuse_plainly},
    operations::Step,
};

impl Exchange {
    /// Whether orders of the market wait for clearings.
    #[must_use]
    pub fn is_batching(&self, id: MarketId) -> bool {
        let market = self.market(id);
        let wants = market.params.batch_interval > 0
            || self.time < market.batch_until
            || self.oracle(id) == OracleState::Uncertain
            || market.uncertain.is_some_and(|last| self.time.0 - last.0 < UNCERTAIN_BATCHING_MS)
            || market.orders.iter().any(|order| order.waits.is_some());
        wants && self.is_good(id)
    }

    /// Puts the next clearing off by an interval.
    pub(crate) fn next_clearing(&mut self, id: MarketId) {
        let now = self.time.0;
        let market = self.market_mut(id);
        let interval = match market.params.batch_interval {
            0 => AUCTION_ONLY_INTERVAL_MS,
            interval => interval,
        };
        market.next_clearing = Millis(now + u64::from(interval));
    }

    /// The orders that wait, the oldest first.
    pub(crate) fn waiting(&self, id: MarketId) -> Vec<Order> {
        let orders = self.market(id).orders.iter();
        let mut waiting: Vec<Order> = orders.filter(|order| order.waits.is_some()).copied().collect();
        waiting.sort_by_key(|order| order.id);
        waiting
    }

    /// A command of the guardian.
    pub(crate) fn guardian(&mut self, signer: Option<Address>, command: &GuardianCommand) -> Answer {
        let Some(signer) = signer else {
            return refuse_plainly(RejectCode::BadSignature);
        };
        if self.guardian == Address::ZERO || signer != self.guardian {
            return refuse_plainly(RejectCode::UnknownGuardian);
        }
        let GuardianCommand::BatchMatching(BatchMatching { market, until, time }) = *command;
        let now = self.time.0;
        if time.0 > now + MAX_REPORT_LEAD_MS {
            return refuse(RejectCode::ReportFromFuture, time.0, now + MAX_REPORT_LEAD_MS);
        }
        if time.0 + MAX_REPORT_AGE_MS < now {
            return refuse(RejectCode::ReportTooOld, time.0, now - MAX_REPORT_AGE_MS);
        }
        if time <= self.guardian_time {
            return refuse(RejectCode::ReportTooOld, time.0, self.guardian_time.0);
        }
        self.check_market(market)?;
        if until.0 > now + MAX_BATCHING_AHEAD_MS {
            return refuse(RejectCode::InvalidTime, until.0, now + MAX_BATCHING_AHEAD_MS);
        }
        self.guardian_time = time;
        self.market_mut(market).batch_until = until;
        Ok(vec![Event::MatchingChanged { market, until }])
    }

    /// The order, which was checked, comes to wait under this id.
    pub(crate) fn wait(
        &mut self,
        step: &Step<'_>,
        market: MarketId,
        id: OrderId,
        new: &NewOrder,
    ) -> Result<Order, Rejection> {
        let NewOrder { client, side, price, size, reduce_only, good_until, display, .. } = *new;
        let reserve =
            Self::reserve(self.market(market), side, i128::from(price.0), i128::from(size.0), reduce_only);
        self.check_places(step.account, market, reserve)?;
        let waiting = self.waiting(market).len() as u64;
        if waiting >= u64::from(MAX_WAITING) {
            return refuse(RejectCode::BatchFull, waiting, MAX_WAITING);
        }
        let own = self.waiting(market).iter().filter(|order| order.account == step.account).count() as u64;
        if own >= u64::from(MAX_WAITING_OF_ACCOUNT) {
            return refuse(RejectCode::BatchFull, own, MAX_WAITING_OF_ACCOUNT);
        }
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
            waits: Some(if new.time_in_force == TimeInForce::Ioc { Waits::Once } else { Waits::Rest }),
        };
        if waiting == 0 && self.market(market).next_clearing <= self.time {
            self.next_clearing(market);
        }
        self.market_mut(market).orders.push(order);
        Ok(order)
    }
}
