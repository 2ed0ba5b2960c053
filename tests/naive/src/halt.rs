//! Halts: how they begin, and the auction that ends them (protocol, "Halt" and "Reopening").

use std::rc::Rc;

use ballast_types::{
    Causes, Event, MarketId, Millis, OracleState,
    limits::{CALL_MS, MAX_CALL_ROUNDS, THIN_MS, UNCERTAIN_HALT_MS},
};

use crate::{
    exchange::Exchange,
    history::{History, Window},
    numbers::MILLION,
};

/// A halt of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halt {
    /// What led to it.
    pub causes: Causes,
    /// From when on orders are taken.
    pub calls_from: Millis,
    /// `r`: how often the auction was put off.
    pub rounds: u8,
}

/// How a halt ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With an auction that was good.
    Good,
    /// With one that was not, and was put off often enough.
    Thin,
}

impl Exchange {
    /// A halt begins, or begins anew, for other causes.
    pub(crate) fn halt(&mut self, id: MarketId, new: Causes, calls_from: Millis) {
        let (seq, now) = (self.seq, self.time);
        let market = self.market_mut(id);
        let (causes, called_from) =
            market.halt.map_or((Causes::NONE, Millis(0)), |halt| (halt.causes, halt.calls_from));
        let calls_from = calls_from.max(called_from).max(now);
        market.halt = Some(Halt { causes: causes.with(new), calls_from, rounds: 0 });
        market.next_clearing = Millis(calls_from.0 + CALL_MS);
        Rc::make_mut(&mut market.history).halts.push(seq);
    }

    /// Whether the price lets an auction of the market, which is halted, be held at this time.
    pub(crate) fn may_reopen(&self, id: MarketId) -> bool {
        let market = self.market(id);
        let due = market.next_clearing.0;
        match self.oracle(id) {
            OracleState::Fresh => self.time.0 >= due,
            OracleState::Uncertain => self.is_known(id) && self.time.0 >= due + UNCERTAIN_HALT_MS,
            OracleState::Stale | OracleState::Invalid => false,
        }
    }

    /// Whether an auction with this outcome is good: the market fresh, its price near enough, and its lots enough.
    fn is_good_auction(&self, id: MarketId, price: Option<i128>, lots: i128) -> bool {
        let market = self.market(id);
        let rounds = i128::from(market.halt.expect("it is halted").rounds);
        let reach = (1 + rounds) * market.reach_of_mark();
        let is_near = |price: i128| (price - market.index).abs() * MILLION <= reach * market.index;
        let hour = History::lots(&market.history.traded, Window::HOUR, self.time);
        self.oracle(id) == OracleState::Fresh && price.is_none_or(is_near) && 600 * lots >= hour
    }

    /// Whether the halt is over with an auction of this outcome, before which the exchange is asked; one that is void, as
    /// the judgement lets nothing trade, is not good.
    pub(crate) fn how_it_ends(
        &self,
        id: MarketId,
        price: Option<i128>,
        lots: i128,
        is_void: bool,
    ) -> Option<End> {
        let rounds = self.market(id).halt?.rounds;
        if !is_void && self.is_good_auction(id, price, lots) {
            Some(End::Good)
        } else if rounds == MAX_CALL_ROUNDS || self.oracle(id) != OracleState::Fresh {
            Some(End::Thin)
        } else {
            None
        }
    }

    /// The halt is over.
    pub(crate) fn end_halt(&mut self, id: MarketId, end: End) {
        let now = self.time;
        let market = self.market_mut(id);
        market.halt = None;
        if end == End::Thin {
            market.thin_until = Millis(now.0 + THIN_MS);
            market.causes = market.causes.with(Causes::THIN);
        }
    }

    /// The auction is put off.
    pub(crate) fn put_off(&mut self, id: MarketId) -> Event {
        let until = Millis(self.time.0 + CALL_MS);
        let market = self.market_mut(id);
        market.next_clearing = until;
        let halt = market.halt.as_mut().expect("it is halted");
        halt.rounds += 1;
        Event::AuctionPutOff { market: id, until, rounds: halt.rounds }
    }
}
