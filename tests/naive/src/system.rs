//! What the sequencer itself says: seals, and sweeps of orders that can never trade again.

use ballast_types::{BatchIndex, Event, MarketId, OrderId, RejectCode, limits::MAX_SWEPT};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{refuse, refuse_plainly},
};

impl Exchange {
    pub(crate) fn seal(&mut self, index: BatchIndex) -> Answer {
        if index != self.batch {
            return refuse(RejectCode::WrongBatchIndex, index.0, self.batch.0);
        }
        let mut events = self.release();
        self.note_sealed();
        self.batch = BatchIndex(index.0 + 1);
        self.batch_withdrawals = 0;
        events.push(Event::BatchSealed { index });
        Ok(events)
    }

    /// Those of the orders named that are at their end leave.
    pub(crate) fn sweep(&mut self, named: &[(MarketId, OrderId)]) -> Answer {
        if named.len() > MAX_SWEPT {
            return refuse(RejectCode::TooManyItems, named.len() as u64, MAX_SWEPT as u64);
        }
        let mut events = Vec::new();
        for &(market, id) in named {
            if self.check_market(market).is_err() {
                continue;
            }
            let Some(order) = self.order(market, id) else { continue };
            if let Some(reason) = self.end_of(market, &order) {
                events.push(self.remove(market, id, reason));
            }
        }
        if events.is_empty() {
            return refuse_plainly(RejectCode::NothingDue);
        }
        events.extend(self.follow(&events));
        Ok(events)
    }
}
