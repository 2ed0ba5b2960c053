//! Assets beside USDC as margin (protocol, "Collateral"): what they are valued by and count for, how they are sold for what an
//! account owes, and how much of them may leave.

use ballast_types::{
    AccountId, AssetId, Event, MarketId, OracleState, Ppm, PriceTicks, RejectCode, Rejection, Units,
    limits::MINUTE_MS,
};

use crate::{
    exchange::Exchange,
    margin::Margin,
    numbers::{
        MAX_MONEY, MILLION, divide_down, divide_up, is_money, quote, ratio_down, ratio_up, refuse, unsigned,
    },
    shortfall::root,
};

const DAY_MS: u64 = 86_400_000;

/// What holdings count for, in u.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// `V`.
    pub value: i128,
    /// `V_IM`.
    pub initial: i128,
    /// `V` where the market did not settle.
    pub live: i128,
}

/// An asset that is collateral, at what it is valued by now.
struct Valued {
    market: MarketId,
    /// `P * kappa`, in u.
    lot: i128,
    /// `U`.
    units: i128,
    floor: i128,
    factor: i128,
    haircut: i128,
    initial_haircut: i128,
    days: i128,
    most: i128,
    settled: bool,
}

impl Valued {
    fn gross(&self, n: i128) -> i128 {
        ratio_down(&[n, self.lot], &[self.units]).min(MAX_MONEY)
    }

    /// `hc`, in ppm.
    fn haircut(&self, n: i128) -> i128 {
        let dollars = root(divide_down(self.gross(n), MILLION));
        let size = 1_100_000 - divide_down(1_100_000 * MILLION, MILLION + self.factor * dollars);
        self.floor.max(self.haircut).max(size).min(MILLION)
    }

    fn after(&self, n: i128, haircut: i128) -> i128 {
        divide_down(self.gross(n) * (MILLION - haircut), MILLION)
    }

    fn counted(&self, n: i128) -> Counted {
        let counts = |haircut| divide_down(self.after(n, haircut) * self.days, 30).min(self.most);
        let value = counts(self.haircut(n));
        if self.settled {
            return Counted { value, initial: 0, live: 0 };
        }
        let initial = counts((self.haircut(n).max(self.initial_haircut) + 50_000).min(MILLION));
        Counted { value, initial, live: value }
    }
}

impl Margin {
    /// `debt`.
    #[must_use]
    pub fn debt(&self) -> i128 {
        (self.counted.value - self.equity).max(0)
    }

    /// Whether it is too much.
    #[must_use]
    pub fn owes_too_much(&self) -> bool {
        self.debt() > divide_down(self.counted.live, 2) || self.debt() > 0 && self.equity < self.maintenance
    }
}

impl Exchange {
    fn valued(&self, asset: AssetId) -> Option<Valued> {
        let terms = self.assets.get(usize::from(asset.0).checked_sub(1)?)?.terms?;
        let market = self.market(terms.market);
        let price = match market.settled {
            Some(settled) => settled.price,
            None if market.hour_average > 0 => market.index.min(market.hour_average),
            None => market.index,
        };
        Some(Valued {
            market: terms.market,
            lot: market.value(price, 1),
            units: terms.units_per_lot.0.into(),
            floor: terms.haircut.0.into(),
            factor: terms.size_factor.0.into(),
            haircut: market.haircuts.0,
            initial_haircut: market.haircuts.1,
            days: i128::from(self.time.0.saturating_sub(terms.since.0) / DAY_MS).min(30),
            most: terms.most.0.into(),
            settled: market.settled.is_some(),
        })
    }

    /// What all that an account holds counts for.
    pub(crate) fn counted(&self, id: AccountId) -> Counted {
        let mut sum = Counted::default();
        for (asset, n) in &self.account(id).holdings {
            if let Some(valued) = self.valued(*asset) {
                let one = valued.counted(*n);
                sum.value += one.value;
                sum.initial += one.initial;
                sum.live += one.live;
            }
        }
        sum
    }

    /// What of the account's equity is at a price that is not believed.
    #[must_use]
    pub fn doubt(&self, id: AccountId) -> i128 {
        let mut sum = 0;
        for (asset, n) in &self.account(id).holdings {
            if let Some(valued) = self.valued(*asset).filter(|it| !self.may_liquidate_at(it.market)) {
                sum += valued.counted(*n).value;
            }
        }
        sum
    }

    /// The account, when it owes too much, sells what pays that.
    pub(crate) fn sell(&mut self, id: AccountId) -> Vec<Event> {
        if self.margin(id).owes_too_much() { self.sell_what_is_owed(id) } else { Vec::new() }
    }

    /// The account sells what pays what it owes.
    pub(crate) fn sell_what_is_owed(&mut self, id: AccountId) -> Vec<Event> {
        let pool = self.pool_of(id);
        let Some(backstop) = pool.backstop.filter(|backstop| *backstop != id && !pool.is_ending()) else {
            return Vec::new();
        };
        let is_sure = |market: MarketId, now: &Self| {
            now.oracle(market) == OracleState::Fresh && now.may_liquidate_at(market)
        };
        let knows = |market: &MarketId| self.may_liquidate_at(*market);
        if !self.account(backstop).positions.keys().all(knows) {
            return Vec::new();
        }
        let held: Vec<(AssetId, i128)> =
            self.account(id).holdings.iter().map(|(asset, n)| (*asset, *n)).collect();
        let mut events = Vec::new();
        for (asset, n) in held {
            let debt = self.margin(id).debt();
            let valued = self.valued(asset).filter(|it| it.days > 0 && debt > 0 && is_sure(it.market, self));
            let Some(valued) = valued else { continue };
            let counts = MILLION - valued.haircut(n);
            if valued.lot * counts == 0 {
                continue;
            }
            let owed = debt.min(1 << 61) + 2;
            let x = n.min(ratio_up(&[owed, MILLION, valued.units], &[valued.lot, counts]));
            let mut parts = (1..=16).rev();
            events.extend(parts.find_map(|f| self.sell_part((id, backstop), asset, x * f / 16)));
        }
        events
    }

    /// So much of an asset is sold, if the backstop can buy it.
    fn sell_part(
        &mut self,
        (id, backstop): (AccountId, AccountId),
        asset: AssetId,
        x: i128,
    ) -> Option<Event> {
        let before = self.clone();
        let n = self.account(id).holdings[&asset];
        let valued = self.valued(asset)?;
        let haircut = valued.haircut(n);
        let price = valued.after(n, haircut) - valued.after(n - x, haircut);
        if price < 1 || price > self.withdrawable_without_modes(backstop) {
            return None;
        }
        for (id, units, u) in [(id, -x, price), (backstop, x, -price)] {
            let account = self.account_mut(id);
            *account.holdings.entry(asset).or_default() += units;
            account.holdings.retain(|_, left| *left > 0);
            account.cash += u;
        }
        let bought = self.account(backstop).holdings.get(&asset).copied().unwrap_or_default();
        let in_bounds = is_money(bought) && [id, backstop].iter().all(|id| is_money(self.account(*id).cash));
        if !in_bounds || 2 * self.counted(backstop).value > self.margin(backstop).equity {
            *self = before;
            return None;
        }
        Some(Event::CollateralSold { account: id, asset, amount: Units(unsigned(x)), proceeds: quote(price) })
    }

    /// What of an amount that the account holds may leave, or why its worth is not known.
    pub(crate) fn may_leave(&self, id: AccountId, asset: AssetId, amount: i128) -> Result<i128, Rejection> {
        let has_orders = |market: MarketId| !self.orders_of(id, market).is_empty();
        let is_idle = self.account(id).positions.is_empty()
            && !self.market_ids().into_iter().any(has_orders)
            && self.margin(id).debt() == 0;
        if is_idle || self.valued(asset).is_none_or(|valued| valued.days == 0) {
            return Ok(amount);
        }
        let own = self.valued(asset).map(|valued| valued.market);
        for market in self.account(id).positions.keys().copied().chain(own) {
            self.check_withdrawal_at(market)?;
        }
        let is_known = |asset: &AssetId| {
            self.valued(*asset).is_none_or(|valued| self.check_withdrawal_at(valued.market).is_ok())
        };
        let holds = |taken: i128| {
            let mut then = self.clone();
            then.account_mut(id).holdings.retain(|asset, _| is_known(asset));
            *then.account_mut(id).holdings.get_mut(&asset).expect("it is held") -= taken;
            let margin = then.margin(id);
            let least = margin.required.max(divide_up(margin.notional, 10));
            margin.equity >= margin.maintenance && margin.weighted >= least && !margin.owes_too_much()
        };
        if holds(amount) {
            return Ok(amount);
        }
        let (mut low, mut high) = (0, amount);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if holds(middle) { low = middle } else { high = middle }
        }
        Ok(low)
    }

    /// Refuses where a market's price is not good for a withdrawal.
    pub(crate) fn check_withdrawal_at(&self, id: MarketId) -> Result<(), Rejection> {
        self.check_price(id)?;
        let market = self.market(id);
        let is_warm = market.is_warm(self.time) && !market.is_in_grace(self.time);
        if self.oracle(id) == OracleState::Uncertain || !is_warm {
            return refuse(RejectCode::UncertainOracle, id.0, 0);
        }
        Ok(())
    }

    /// Whether the market's index is the price of anything.
    pub(crate) fn is_a_price(&self, id: MarketId) -> bool {
        self.assets.iter().any(|asset| asset.terms.is_some_and(|terms| terms.market == id))
    }

    /// The market gets a sample of a minute, which may be the first of that one.
    pub(crate) fn average_the_hour(&mut self, id: MarketId) {
        let minute = self.time.0 / MINUTE_MS;
        let last = self.market(id).minutes.last_key_value().map(|(minute, _)| *minute);
        if self.market(id).quality != OracleState::Fresh || last == Some(minute) || !self.is_a_price(id) {
            return;
        }
        let samples = self.market(id).minutes.range(minute.saturating_sub(60)..minute);
        let samples: Vec<i128> = samples.map(|(_, index)| *index).collect();
        let sum: i128 = samples.iter().sum();
        self.market_mut(id).hour_average = if samples.is_empty() { 0 } else { sum / samples.len() as i128 };
    }

    /// An hour of the market ended: its haircuts move.
    pub(crate) fn move_haircuts(&mut self, id: MarketId) {
        if !self.is_a_price(id) {
            return;
        }
        let market = self.market_mut(id);
        let w = market.shortfall.as_ref().expect("its hour ended").may_lose_in_a_day();
        let (haircut, initial) = market.haircuts;
        let next = if w > haircut { w.min(haircut + 2_500) } else { w.max(haircut - 416) };
        market.haircuts = (next, w.max(initial - 416));
    }

    /// What is told of a market's average and haircuts.
    pub(crate) fn priced(&self, id: MarketId) -> Event {
        let market = self.market(id);
        let ppm = |part: i128| Ppm(u32::try_from(part).expect("at most 10^6"));
        let (haircut, haircut_initial) = (ppm(market.haircuts.0), ppm(market.haircuts.1));
        let average = PriceTicks(unsigned(market.hour_average));
        Event::CollateralPriced { market: id, average, haircut, haircut_initial }
    }
}
