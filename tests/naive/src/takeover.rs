//! The backstop takes positions over (protocol, "Liquidate", step 3).

use ballast_types::{AccountId, Event, MarketClass, MarketId, PriceTicks, Side, SizeLots};

use crate::{
    closing::terms,
    exchange::Exchange,
    numbers::{MAX_LOTS, MILLION, divide_down, quote, ratio_down, unsigned},
};

impl Exchange {
    /// It takes as many sixteenths as can be.
    pub(crate) fn take_over(&mut self, id: AccountId, is_bankrupt: bool) -> Vec<Event> {
        let Some(backstop) = self.pool_of(id).backstop.filter(|backstop| *backstop != id) else {
            return Vec::new();
        };
        if !self.account(backstop).positions.keys().all(|market| self.may_liquidate_at(*market)) {
            return Vec::new();
        }
        for sixteenths in (1..=16).rev() {
            let before = self.clone();
            let events = self.take_part(id, backstop, sixteenths, is_bankrupt);
            if let Some(events) = events.filter(|_| self.is_borne_by_backstop(&before, backstop, 1)) {
                self.note_takeover(backstop, before.margin(backstop).equity);
                return events;
            }
            *self = before;
        }
        Vec::new()
    }

    /// So many sixteenths change hands, unless the fund would pay more than it may, or a bound is broken.
    fn take_part(
        &mut self,
        id: AccountId,
        backstop: AccountId,
        sixteenths: i128,
        is_bankrupt: bool,
    ) -> Option<Vec<Event>> {
        let mut events = Vec::new();
        let positions = self.account(id).positions.keys().copied();
        let markets: Vec<MarketId> = positions.filter(|id| self.market(*id).settled.is_none()).collect();
        for market in markets {
            let closing = self.closing(id, market);
            let x = closing.lots() * sixteenths / 16;
            if x == 0 {
                continue;
            }
            let price = if is_bankrupt { closing.rescue() } else { closing.takeover(x) };
            let side = closing.side();
            let added = -closing.payment(price, x, 0);
            if added > self.claim(market) {
                return None;
            }
            let signed = if side == Side::Sell { -x } else { x };
            self.take_from_fund(market, added);
            self.move_lots(id, market, signed, price, -added);
            self.move_lots(backstop, market, -signed, price, 0);
            let in_bounds = self.is_in_bounds(id, market)
                && self.is_in_bounds(backstop, market)
                && self.open_interest(market) <= i128::from(u64::MAX);
            if !in_bounds {
                return None;
            }
            events.push(Event::TakenOver {
                account: id,
                market,
                side,
                size: SizeLots(unsigned(x)),
                price: PriceTicks(unsigned(price)),
                fund: quote(added),
            });
        }
        (!events.is_empty()).then_some(events)
    }

    /// Whether the backstop, which stood as `before`, stands well enough now, with one of so many parts of what it may
    /// hold.
    pub(crate) fn is_borne_by_backstop(&self, before: &Self, backstop: AccountId, parts: i128) -> bool {
        let margin = self.margin(backstop);
        let day = self.equity_of_day(backstop).unwrap_or_else(|| before.margin(backstop).equity);
        let is_small = |id: MarketId| {
            let (old, new) = (before.account(backstop).position(id), self.account(backstop).position(id));
            let market = self.market(id);
            if new.size.abs() <= old.size.abs() {
                return true;
            }
            let share = terms(market.params.class).backstop_share;
            let part = match market.params.class {
                MarketClass::C => share,
                _ => divide_down(share * MILLION, i128::from(market.params.initial_margin.0)),
            };
            let part = divide_down(part, parts);
            market.value(market.mark, new.size).abs() <= ratio_down(&[margin.equity, part], &[MILLION])
        };
        margin.weighted >= self.required_without_modes(backstop)
            && 2 * margin.equity >= day
            && self.market_ids().into_iter().all(|id| is_small(id) && self.reach(backstop, id) <= MAX_LOTS)
    }
}
