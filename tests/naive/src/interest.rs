//! How much open interest there may be (protocol, "Open interest").

use std::collections::BTreeSet;

use ballast_types::{
    AccountId, Causes, MarketClass, MarketId, NewOrder, OrderId, RejectCode, Rejection, Side,
};

use crate::{
    auction,
    clear::Part,
    exchange::Exchange,
    numbers::{MILLION, divide_down, refuse},
};

/// For so long what the open interest was is kept, in ms.
const PERIOD_MS: u64 = 21_600_000;
/// So many periods before the running one is what growth is measured by.
const PERIODS_BACK: u64 = 4;

/// The most that one account may have of the cap, in ppm.
const fn part_of_account(class: MarketClass) -> i128 {
    match class {
        MarketClass::A | MarketClass::B => 200_000,
        MarketClass::C => 100_000,
    }
}

impl Exchange {
    /// What there is at the first tick of a period is noted.
    pub(crate) fn note_interest(&mut self, id: MarketId) {
        let (now, lots) = (self.time, self.open_interest(id));
        let interest = &mut self.market_mut(id).interest;
        if interest.iter().all(|(time, _)| time.0 / PERIOD_MS != now.0 / PERIOD_MS) {
            interest.push((now, lots));
        }
    }

    /// What was kept for a period: with the first tick in it, or else in the next that had one. Nothing was before the
    /// very first.
    fn interest_kept(&self, id: MarketId, period: u64) -> i128 {
        let noted = &self.market(id).interest;
        let began = noted.first().is_some_and(|(time, _)| time.0 / PERIOD_MS <= period);
        let kept = noted.iter().find(|(time, _)| time.0 / PERIOD_MS >= period);
        kept.filter(|_| began).map_or(0, |(_, lots)| *lots)
    }

    /// `past`, in lots.
    #[must_use]
    pub fn past_interest(&self, id: MarketId) -> i128 {
        let running = self.time.0 / PERIOD_MS;
        running.checked_sub(PERIODS_BACK).map_or(0, |period| self.interest_kept(id, period))
    }

    /// The first of the limits, where there is one: what the cap comes to, in lots.
    #[must_use]
    pub fn interest_cap(&self, id: MarketId) -> Option<i128> {
        let market = self.market(id);
        let said = i128::from(market.params.open_interest_cap.0);
        let cap = match market.params.class {
            MarketClass::A | MarketClass::B => said,
            MarketClass::C => said.min(10 * self.pool_at(id).fund()),
        };
        (said != 0).then(|| divide_down(cap, market.value(market.mark, 1)))
    }

    /// The most that the open interest may grow to, in lots, where anything says so.
    #[must_use]
    pub fn interest_limit(&self, id: MarketId) -> Option<i128> {
        let market = self.market(id);
        let growth = i128::from(market.params.open_interest_growth.0);
        let grown = || 2 * self.past_interest(id) + divide_down(growth, market.value(market.mark, 1));
        let is_frozen = market.mode(self.time).1.any_of(Causes::FEEDBACK);
        [self.interest_cap(id), (growth != 0).then(grown), is_frozen.then(|| self.open_interest(id))]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether the open interest is more than `before`, and more than the limit that there was, if there was one.
    pub(crate) fn is_beyond(&self, before: &Self, id: MarketId, limit: Option<i128>) -> bool {
        let lots = self.open_interest(id);
        lots > before.open_interest(id) && limit.is_some_and(|limit| lots > limit)
    }

    /// Refuses an order that is not reduce-only and by which the largest position that the account's open orders could make grows to more than its
    /// part.
    pub(crate) fn check_part(
        &self,
        before: &Self,
        account: AccountId,
        market: MarketId,
        order: &NewOrder,
    ) -> Result<(), Rejection> {
        let Some(cap) = self.interest_cap(market).filter(|_| !order.reduce_only) else { return Ok(()) };
        let most = divide_down(cap * part_of_account(self.market(market).params.class), MILLION);
        let reach = self.reach(account, market);
        if reach > before.reach(account, market) && reach > most {
            return refuse(RejectCode::OpenInterestLimited, reach, most);
        }
        Ok(())
    }

    /// Of one side those that could open a position do not go on in a clearing: of that on which the others traded more
    /// in the one that was found.
    pub(crate) fn drop_openers(&self, market: MarketId, parts: &mut Vec<Part>, found: &auction::Result) {
        let closing = |part: &&Part| {
            let Part { order, .. } = **part;
            let is_beside = |it: &&Part| it.order.account == order.account && it.order.side == order.side;
            let all: i128 = parts.iter().filter(is_beside).map(|it| it.lots).sum();
            order.reduce_only || all <= self.closable(order.account, market, order.side)
        };
        let others: BTreeSet<OrderId> = parts.iter().filter(closing).map(|part| part.order.id).collect();
        let lots = |traded: &[(OrderId, i128)]| -> i128 {
            traded.iter().filter(|(id, _)| others.contains(id)).map(|(_, lots)| lots).sum()
        };
        let side = if lots(&found.bought) >= lots(&found.sold) { Side::Buy } else { Side::Sell };
        let stays = |part: &Part| part.order.side != side || others.contains(&part.order.id);
        parts.retain(stays);
    }
}
