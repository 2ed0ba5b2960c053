//! How much open interest there may be (protocol, "Open interest").

use std::collections::BTreeSet;

use alloy_primitives::B256;
use ballast_types::{AccountId, Causes, MarketClass, MarketId, OrderId, RejectCode, Rejection, Side};

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

/// A clearing that is found again with less of one side.
#[derive(Clone, Debug)]
pub(crate) struct Narrowed {
    /// Which side.
    pub(crate) side: Side,
    /// Orders of both sides that could open a position.
    pub(crate) opening: BTreeSet<OrderId>,
}

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
        let [cap, growth] = [market.params.open_interest_cap, market.params.open_interest_growth];
        let said = (cap.0 != 0).then(|| i128::from(cap.0));
        let is_asked = cap.0 != 0 || growth.0 != 0 || market.params.capacity;
        let is_bound = market.params.class == MarketClass::C && is_asked;
        let by_fund = is_bound.then(|| 10 * self.pool_at(id).fund());
        let borne = market.capacity.map(|usdc| usdc * MILLION);
        let least = [said, borne, by_fund].into_iter().flatten().min()?;
        Some(divide_down(least, market.value(market.mark, 1)))
    }

    /// The most that the open interest may grow to, in lots, where anything says so.
    #[must_use]
    pub fn interest_limit(&self, id: MarketId) -> Option<i128> {
        let market = self.market(id);
        let growth = i128::from(market.params.open_interest_growth.0);
        let grown = || 2 * self.past_interest(id) + divide_down(growth, market.value(market.mark, 1));
        let is_frozen =
            market.mode(self.time).1.any_of(Causes::FEEDBACK.with(Causes::LAG)) || self.is_untold(id);
        [self.interest_cap(id), (growth != 0).then(grown), is_frozen.then(|| self.open_interest(id))]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether the market goes by what is traded elsewhere, and too few told it.
    fn is_untold(&self, id: MarketId) -> bool {
        let market = self.market(id);
        market.params.capacity && market.capacity.is_none()
    }

    /// Whether the open interest is more than `before`, and more than the limit that there was, if there was one.
    pub(crate) fn is_beyond(&self, before: &Self, id: MarketId, limit: Option<i128>) -> bool {
        let lots = self.open_interest(id);
        lots > before.open_interest(id) && limit.is_some_and(|limit| lots > limit)
    }

    /// What the account could come to have, whatever closes first: `max(|q + b|, |q - a|, b, a)`.
    #[must_use]
    pub fn span(&self, account: AccountId, market: MarketId) -> i128 {
        let lots = |side| self.open_lots(account, market, side);
        self.reach(account, market).max(lots(Side::Buy)).max(lots(Side::Sell))
    }

    /// Refuses an order by which the account's span grows from what it was `before` to more than its part then.
    pub(crate) fn check_part(
        &self,
        account: AccountId,
        market: MarketId,
        before: &Self,
    ) -> Result<(), Rejection> {
        let had = before.span(account, market);
        let cap = if self.is_untold(market) { Some(0) } else { self.interest_cap(market) };
        let Some(cap) = cap.map(|cap| cap.max(before.open_interest(market))) else { return Ok(()) };
        let most = divide_down(cap * part_of_account(self.market(market).params.class), MILLION);
        let span = self.span(account, market);
        if span > had && span > most {
            return refuse(RejectCode::OpenInterestLimited, span, most);
        }
        Ok(())
    }

    /// A clearing was found that would make more open interest than the limit: who opens on one side shares what room
    /// there is.
    pub(crate) fn narrow(
        &self,
        market: MarketId,
        parts: &mut Vec<Part>,
        (found, limit): (&auction::Result, i128),
        seed: B256,
    ) -> Narrowed {
        let netted = |id: OrderId| -> i128 {
            found.netted.iter().filter(|(other, _)| *other == id).map(|(_, lots)| lots).sum()
        };
        let only_closes = |part: &&Part| {
            let Part { order, .. } = **part;
            let is_beside = |it: &&Part| it.order.account == order.account && it.order.side == order.side;
            let all: i128 = parts.iter().filter(is_beside).map(|it| it.lots).sum();
            order.reduce_only || all <= self.closable(order.account, market, order.side)
        };
        let (closing, opening): (Vec<Part>, Vec<Part>) =
            parts.iter().copied().partition(|part| only_closes(&part));
        let left = |part: &Part| part.lots - netted(part.order.id);
        let closed = |side| -> i128 { closing.iter().filter(|part| part.order.side == side).map(left).sum() };
        let side = if closed(Side::Buy) >= closed(Side::Sell) { Side::Buy } else { Side::Sell };
        let room = (limit - self.open_interest(market)).max(0);
        let sharing: Vec<Part> = opening
            .iter()
            .filter(|part| part.order.side == side)
            .map(|part| Part { lots: left(part), ..*part })
            .filter(|part| part.lots > 0)
            .collect();
        let all = sharing.iter().map(|part| part.lots).sum();
        let shares = auction::share(&self.bidders(market, &sharing), side, room.min(all), seed);
        let opens = |part: &Part| opening.iter().any(|it| it.order.id == part.order.id);
        for part in parts.iter_mut().filter(|part| part.order.side == side && opens(part)) {
            let share = shares.iter().find(|(id, _)| *id == part.order.id).map_or(0, |(_, lots)| *lots);
            part.lots = netted(part.order.id) + share;
        }
        parts.retain(|part| part.lots > 0);
        Narrowed { side, opening: opening.iter().map(|part| part.order.id).collect() }
    }
}
