//! A trade: what it does to one account's cash, position and basis.

use ballast_types::{AccountId, MarketId, limits::VOLUME_PERIOD_MS};

use crate::{
    account::Position,
    exchange::Exchange,
    numbers::{MAX_LOTS, divide_down, is_money},
};

impl Exchange {
    /// The account trades `x` lots, below zero when it sells, at `price` for `fee`.
    pub(crate) fn trade(&mut self, id: AccountId, market_id: MarketId, x: i128, price: i128, fee: i128) {
        let paid = self.market(market_id).value(price, x);
        self.move_lots(id, market_id, x, price, fee);
        self.market_mut(market_id).last_trade = Some((price, self.time));
        let period = self.time.0 / VOLUME_PERIOD_MS;
        *self.account_mut(id).traded.entry(period).or_default() += paid.abs();
    }

    /// The same trade where it counts for no volume and is no last trade.
    pub(crate) fn move_lots(&mut self, id: AccountId, market_id: MarketId, x: i128, price: i128, fee: i128) {
        let market = self.market(market_id);
        let funding = market.funding;
        let paid = market.value(price, x);
        let old = self.account(id).position(market_id);
        let size = old.size + x;
        let basis = if size == 0 {
            0
        } else if old.size.signum() * x.signum() >= 0 {
            old.basis + paid
        } else if size.signum() == old.size.signum() {
            divide_down(old.basis * size.abs(), old.size.abs())
        } else {
            market.value(price, size)
        };
        let account = self.account_mut(id);
        account.cash -= old.size * (funding - old.funding);
        account.cash -= paid + fee;
        if size == 0 {
            account.positions.remove(&market_id);
        } else {
            account.positions.insert(market_id, Position { size, basis, funding });
        }
    }

    /// Whether the account's cash, and its position in the market with the basis, are within their bounds.
    pub(crate) fn is_in_bounds(&self, id: AccountId, market: MarketId) -> bool {
        let Position { size, basis, .. } = self.account(id).position(market);
        size.abs() <= MAX_LOTS && is_money(basis) && is_money(self.account(id).cash)
    }

    /// Sum of all long positions of a market, in lots.
    #[must_use]
    pub fn open_interest(&self, market: MarketId) -> i128 {
        self.accounts.iter().map(|account| account.position(market).size.max(0)).sum()
    }
}
