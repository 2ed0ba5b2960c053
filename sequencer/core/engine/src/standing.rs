//! An account as one market sees it: all that an order there can change.

use ballast_risk::{PositionState, Standing as Reach, Trade, reserve_left};
use ballast_state::{Market, Position, State, TraderBook, Volume};
use ballast_types::{
    AccountId, FeeTier, Lots, MarketId, Millis, NewOrder, Order, Quote, RejectCode, Rejection, Side,
    SizeLots, limits::MAX_SIZE,
};

use crate::{exit, facts};

/// Money and orders of an account, and its position in one market. Small, so that what an order would do
/// is tried on copies and written when it is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Whose it is.
    pub(crate) account: AccountId,
    /// Settled cash, in micro-USDC.
    pub(crate) cash: Quote,
    /// Sum of the reserves of its open orders in all markets.
    pub(crate) reserve: Quote,
    /// Number of its open orders in all markets.
    pub(crate) open_orders: u32,
    /// Number of those that only ever close.
    pub(crate) reducing: u32,
    /// What it traded lately, in all markets.
    pub(crate) volume: Volume,
    /// Its position here.
    pub(crate) size: Lots,
    /// Funding index that the position has settled to; 0 without a position.
    pub(crate) funding: i64,
    /// Signed cost basis of the position; 0 without one.
    pub(crate) basis: Quote,
    /// Sum of its open bids here, but for those that only ever close.
    pub(crate) bid_lots: SizeLots,
    /// Sum of its open asks here, but for those that only ever close.
    pub(crate) ask_lots: SizeLots,
    /// Number of its open orders here.
    pub(crate) orders: u32,
}

impl Standing {
    /// The standing as the facts have it.
    ///
    /// # Panics
    /// When the account was never opened: a mistake of the caller.
    #[must_use]
    pub fn of(state: &State, account: AccountId, market: MarketId) -> Self {
        let (owned, trader) = (facts::account(state, account), facts::trader(state, account));
        let position = facts::position(owned, market);
        let book = facts::trader_book(trader, market);
        Self {
            account,
            cash: owned.cash,
            reserve: trader.reserve,
            open_orders: trader.open_orders,
            reducing: trader.reducing,
            volume: trader.volume,
            size: position.map_or(Lots::ZERO, |position| position.size),
            funding: position.map_or(0, |position| position.funding),
            basis: book.map_or(Quote::ZERO, |book| book.basis),
            bid_lots: book.map_or(SizeLots::ZERO, |book| book.bid_lots),
            ask_lots: book.map_or(SizeLots::ZERO, |book| book.ask_lots),
            orders: book.map_or(0, |book| book.orders),
        }
    }

    /// Whether nothing is left in the market.
    pub(crate) const fn is_empty(&self) -> bool {
        self.size.0 == 0 && self.orders == 0
    }

    /// Number of its open orders in all markets that are charged for: not those that only ever close.
    pub(crate) const fn charged_orders(&self) -> u32 {
        self.open_orders - self.reducing
    }

    /// Lots of the position that are long.
    pub(crate) fn long_lots(&self) -> i128 {
        i128::from(self.size.0.max(0))
    }

    /// How much of the position an order of `side` could close.
    pub(crate) const fn closable(&self, side: Side) -> SizeLots {
        match side {
            Side::Buy if self.size.0 < 0 => self.size.abs(),
            Side::Sell if self.size.0 > 0 => self.size.abs(),
            _ => SizeLots::ZERO,
        }
    }

    /// Whether `size` more lots of `side`, all open orders of that side with them, could only shrink the
    /// position.
    pub(crate) fn only_shrinks_by(&self, side: Side, size: SizeLots) -> bool {
        let open = match side {
            Side::Buy => self.bid_lots,
            Side::Sell => self.ask_lots,
        };
        u128::from(open.0) + u128::from(size.0) <= u128::from(self.closable(side).0)
    }

    /// Whether all its bids or all its asks together would keep the position within 2^46 lots (INV-45), so
    /// that no later fill of an open order can break the bound of a position.
    pub(crate) fn is_bounded(&self) -> bool {
        let most = i128::from(MAX_SIZE);
        let size = i128::from(self.size.0);
        size + i128::from(self.bid_lots.0) <= most && size - i128::from(self.ask_lots.0) >= -most
    }

    /// Counts an open order of `size` lots.
    ///
    /// # Errors
    /// [`RejectCode::Overflow`] when the reserves would pass 2^60.
    pub(crate) fn hold(&mut self, order: &NewOrder, size: SizeLots, reserve: Quote) -> Result<(), Rejection> {
        self.reserve = self.reserve.checked_add(reserve).ok_or(RejectCode::Overflow)?;
        if order.reduce_only {
            self.reducing += 1;
        } else {
            self.lots_mut(order.side).0 += size.0;
        }
        self.orders += 1;
        self.open_orders += 1;
        Ok(())
    }

    /// No longer counts an open order.
    pub(crate) fn release(&mut self, order: &Order) {
        self.release_part(order, order.open(), order.reserve);
        self.orders -= 1;
        self.open_orders -= 1;
        self.reducing -= u32::from(order.reduce_only);
    }

    /// No longer counts `size` lots of an open order, all of which may be hidden, and returns what is left reserved
    /// for it. A fill is this and [`Self::trade`].
    pub(crate) fn release_lots(&mut self, order: &Order, size: SizeLots) -> Quote {
        assert!(size <= order.open(), "an order loses at most all of itself");
        let left = SizeLots(order.open().0 - size.0);
        if left == SizeLots::ZERO {
            self.release(order);
            return Quote::ZERO;
        }
        let reserve = reserve_left(order.reserve, left, order.open());
        let released = order.reserve.checked_sub(reserve).expect("a reserve only shrinks");
        self.release_part(order, size, released);
        reserve
    }

    /// The fees of its next fill in `market` at `time`.
    pub(crate) fn fee_tier(&self, market: &Market, time: Millis) -> FeeTier {
        market.params.fee_tier(self.volume.recent(time))
    }

    /// Trades in `market` at `time`, which counts for its volume.
    ///
    /// # Errors
    /// [`RejectCode::PositionTooLarge`], [`RejectCode::Overflow`].
    pub(crate) fn trade(&mut self, market: &Market, time: Millis, trade: &Trade) -> Result<(), Rejection> {
        self.settle(market, trade)?;
        let notional = market.params.value(trade.price, Side::Buy.signed(trade.size));
        self.volume = self.volume.with(time, u64::try_from(notional).unwrap_or(u64::MAX));
        Ok(())
    }

    /// What a trade in `market` makes of cash, position, basis and funding (risk.md 1.3).
    ///
    /// # Errors
    /// [`RejectCode::PositionTooLarge`], [`RejectCode::Overflow`].
    pub(crate) fn settle(&mut self, market: &Market, trade: &Trade) -> Result<(), Rejection> {
        let Self { cash, size, funding: entry_funding, basis, .. } = *self;
        let before = PositionState { size, cash, basis, entry_funding };
        let after = before.trade(&market.params, market.funding, trade)?;
        self.cash = after.cash;
        self.size = after.size;
        self.basis = after.basis;
        self.funding = if after.size == Lots::ZERO { 0 } else { after.entry_funding };
        Ok(())
    }

    /// What the transition rule of risk.md 3.10 compares.
    pub(crate) const fn reach(&self) -> Reach {
        Reach { size: self.size, bid_lots: self.bid_lots, ask_lots: self.ask_lots }
    }

    /// Size without sign of the largest position that its open orders could make, also when something else, such as an
    /// order that only closes, takes off what there is before them. No fill makes it any larger.
    pub(crate) fn span(&self) -> u128 {
        let (size, bids, asks) =
            (i128::from(self.size.0), i128::from(self.bid_lots.0), i128::from(self.ask_lots.0));
        let ends = [size + bids, size - asks, bids, asks];
        ends.map(i128::unsigned_abs).into_iter().max().unwrap_or_default()
    }

    /// Writes the standing into the facts. The account's exit leaf is touched only when money or position
    /// changed, not for orders (INV-42).
    pub(crate) fn write(&self, state: &mut State, market: MarketId) {
        let before = Self::of(state, self.account, market);
        if *self == before {
            return;
        }
        assert!(self.reserve >= Quote::ZERO, "reserves are released as they were held (INV-33)");
        if (self.cash, self.size, self.funding) != (before.cash, before.size, before.funding) {
            self.write_account(state, market);
        }
        if self.size != before.size {
            facts::venue_mut(state, market).holders.moved(before.size, self.size);
            exit::moved(state, self.account, market, before.size, self.size);
        }
        self.write_trader(state, market);
    }

    fn write_account(&self, state: &mut State, market: MarketId) {
        let account = facts::account_mut(state, self.account);
        account.cash = self.cash;
        let position = Position { market, size: self.size, funding: self.funding };
        match account.positions.binary_search_by_key(&market, |position| position.market) {
            Ok(place) if self.size == Lots::ZERO => drop(account.positions.remove(place)),
            Ok(place) => account.positions[place] = position,
            Err(_) if self.size == Lots::ZERO => {}
            Err(place) => account.positions.insert(place, position),
        }
    }

    fn write_trader(&self, state: &mut State, market: MarketId) {
        let trader = facts::trader_mut(state, self.account);
        trader.reserve = self.reserve;
        trader.open_orders = self.open_orders;
        trader.reducing = self.reducing;
        trader.volume = self.volume;
        let book = TraderBook {
            market,
            basis: self.basis,
            bid_lots: self.bid_lots,
            ask_lots: self.ask_lots,
            orders: self.orders,
        };
        match trader.books.binary_search_by_key(&market, |book| book.market) {
            Ok(place) if self.is_empty() => drop(trader.books.remove(place)),
            Ok(place) => trader.books[place] = book,
            Err(_) if self.is_empty() => {}
            Err(place) => trader.books.insert(place, book),
        }
    }

    fn release_part(&mut self, order: &Order, size: SizeLots, reserve: Quote) {
        assert_eq!(order.account, self.account, "an order counts for its own account");
        if !order.reduce_only {
            self.lots_mut(order.side).0 -= size.0;
        }
        self.reserve = self.reserve.checked_sub(reserve).expect("what is released was held");
    }

    const fn lots_mut(&mut self, side: Side) -> &mut SizeLots {
        match side {
            Side::Buy => &mut self.bid_lots,
            Side::Sell => &mut self.ask_lots,
        }
    }
}
