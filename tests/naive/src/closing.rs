//! At which prices positions are closed (protocol, "Liquidation", "Prices"), and what depends on the class of a market.

use ballast_types::{AccountId, MarketClass, MarketId, Side};

use crate::{
    exchange::Exchange,
    margin::{requirement, tier_rates},
    market::Market,
    numbers::{MAX_PRICE, MILLION, ratio_down, ratio_up},
};

/// Of micro-USDC.
pub(crate) const USDC: i128 = 1_000_000;

/// How markets of a class are liquidated.
pub(crate) struct Terms {
    /// Of a forced fill, in ppm.
    pub(crate) penalty: i128,
    /// A position worth more is closed by fifths, in u.
    pub(crate) large: i128,
    /// What the backstop may hold: a part of its leverage, in class C of its equity, in ppm.
    pub(crate) backstop_share: i128,
    /// What the fund pays for one market a day, in ppm.
    pub(crate) fund_share: i128,
}

pub(crate) const fn terms(class: MarketClass) -> Terms {
    let (penalty, large, backstop_share, fund_share) = match class {
        MarketClass::A => (5_000, 100_000, 80_000, 500_000),
        MarketClass::B => (10_000, 50_000, 50_000, 250_000),
        MarketClass::C => (20_000, 20_000, 250_000, 100_000),
    };
    Terms { penalty, large: large * USDC, backstop_share, fund_share }
}

/// A position that is closed, and how its account stands at that moment.
pub(crate) struct Closing<'a> {
    pub(crate) market: &'a Market,
    /// `q`.
    pub(crate) q: i128,
    /// `E`.
    pub(crate) equity: i128,
    /// `MMR`.
    pub(crate) maintenance: i128,
}

impl Exchange {
    pub(crate) fn closing(&self, id: AccountId, market: MarketId) -> Closing<'_> {
        let margin = self.margin(id);
        Closing {
            market: self.market(market),
            q: self.account(id).position(market).size,
            equity: margin.equity,
            maintenance: margin.maintenance,
        }
    }
}

impl Closing<'_> {
    pub(crate) fn lots(&self) -> i128 {
        self.q.abs()
    }

    /// On which side the account trades.
    pub(crate) const fn side(&self) -> Side {
        if self.q > 0 { Side::Sell } else { Side::Buy }
    }

    /// `need(lots)`.
    pub(crate) fn need(&self, lots: i128) -> i128 {
        requirement(self.market, lots, self.market.fractions.maintenance)
    }

    /// The fraction of the highest tier that the position reaches, in ppm.
    pub(crate) fn highest_rate(&self) -> i128 {
        let tiers = tier_rates(self.market, self.market.fractions.maintenance);
        let mut reached = tiers.into_iter().filter(|(above, _)| self.lots() > *above);
        reached.next_back().map_or(0, |(_, rate)| rate)
    }

    /// The price so far beyond another, for the worse of the account.
    pub(crate) fn worse_by(&self, price: i128, way: i128) -> i128 {
        let moved = if self.q > 0 { price - way } else { price + way };
        moved.clamp(1, MAX_PRICE)
    }

    pub(crate) fn better(&self, one: i128, other: i128) -> i128 {
        if self.q > 0 { one.max(other) } else { one.min(other) }
    }

    fn worse(&self, one: i128, other: i128) -> i128 {
        if self.q > 0 { one.min(other) } else { one.max(other) }
    }

    /// The mark, moved by half of the rate for the worse.
    fn half_rate_beyond(&self) -> i128 {
        let mark = self.market.mark;
        self.worse_by(mark, ratio_down(&[mark, self.rate()], &[2, MILLION]))
    }

    /// At this price for `x` lots health stays as it is.
    pub(crate) fn zero(&self, x: i128) -> i128 {
        let freed = self.need(self.lots()) - self.need(self.lots() - x);
        let lot = i128::from(self.market.params.kappa);
        let way = ratio_down(&[self.equity, freed], &[self.maintenance, x, lot]);
        self.worse_by(self.market.mark, way)
    }

    /// `rate`, in ppm.
    fn rate(&self) -> i128 {
        let lot = i128::from(self.market.params.kappa);
        ratio_up(&[self.need(self.lots()), MILLION], &[self.lots(), self.market.mark, lot])
    }

    pub(crate) fn fillable(&self) -> i128 {
        let lacks = (self.maintenance - self.equity).clamp(0, self.maintenance);
        let mark = self.market.mark;
        let way = ratio_down(&[mark, self.rate(), 3, lacks], &[self.maintenance, 2, MILLION]);
        self.worse_by(mark, way)
    }

    pub(crate) fn takeover(&self, x: i128) -> i128 {
        self.better(self.zero(x), self.half_rate_beyond())
    }

    /// At which an account that exits is closed (protocol, "Forced requests", Closing).
    pub(crate) fn exit_price(&self) -> i128 {
        let half = self.half_rate_beyond();
        if self.market.params.strict_gains { self.worse(half, self.market.average) } else { half }
    }

    /// Whether an account that exits bears to be closed at such a price.
    pub(crate) fn bears_exit(&self, price: i128) -> bool {
        self.equity > 0 && self.better(price, self.zero(self.lots())) == price
    }

    pub(crate) fn rescue(&self) -> i128 {
        let mark = self.market.mark;
        self.worse_by(mark, ratio_down(&[mark, self.rate()], &[4, MILLION]))
    }

    /// What the account pays into the fund when `x` lots are closed at a price by force, below zero what the fund adds.
    /// `penalty` is in ppm.
    pub(crate) fn payment(&self, price: i128, x: i128, penalty: i128) -> i128 {
        let zero = self.zero(x);
        let better = if self.q > 0 { price - zero } else { zero - price };
        let whole = ratio_up(&[self.market.value(price, x), penalty], &[MILLION]);
        self.market.value(better, x).min(whole)
    }
}
