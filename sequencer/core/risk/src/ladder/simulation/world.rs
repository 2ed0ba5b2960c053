//! The accounts of the market, its fund, and what must hold after every step.

use crate::{
    Exposure, PositionState, Summary, Trade,
    ladder::{Claims, Health, Holding},
    samples::bitcoin,
    summarize,
};
use alloc::vec::Vec;
use ballast_types::{Lots, MarketParams, Ppm, PriceTicks, Quote, Side, SizeLots};
use core::ops::Range;

/// The account that is the backstop.
pub(super) const BACKSTOP: usize = 0;
/// Those from here on never hold anything.
pub(super) const FLAT: usize = 28;
const ACCOUNTS: usize = 32;
/// What a forced order that trades in the market pays.
pub(super) const PENALTY: Ppm = Ppm(5_000);
/// What the fund may pay a day.
const DAILY: Ppm = Ppm(500_000);

/// What has happened.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) fills: u32,
    pub(super) takeovers: u32,
    pub(super) rescues: u32,
    pub(super) paid_by_fund: u32,
    pub(super) tear_ups: u32,
    pub(super) second_passes: u32,
    pub(super) netted: u32,
    pub(super) haircuts: u32,
    pub(super) pool_wide: u32,
    pub(super) resolutions: u32,
}

#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) params: MarketParams,
    pub(super) mark: PriceTicks,
    pub(super) funding: i64,
    pub(super) carry: u64,
    pub(super) accounts: Vec<PositionState>,
    pub(super) counts: Counts,
    fund: i128,
    day_start: i128,
    paid_today: i128,
    /// What the fund held at the beginning of each hour.
    hours: Vec<i128>,
    /// `A`: what came in from outside.
    assets: i128,
    random: u64,
}

impl World {
    pub(super) fn new(seed: u64, counts: Counts) -> Self {
        let params =
            MarketParams { initial_margin: Ppm(40_000), maintenance_margin: Ppm(20_000), ..bitcoin() };
        let mut world = Self {
            params,
            mark: PriceTicks(500_000),
            funding: 0,
            carry: 0,
            accounts: Vec::new(),
            counts,
            fund: 0,
            day_start: 0,
            paid_today: 0,
            hours: Vec::new(),
            assets: 0,
            random: seed,
        };
        for _ in 0..ACCOUNTS {
            let cash = Quote(1_000_000_000 + world.below(100_000_000_000).cast_signed());
            world.accounts.push(PositionState { cash, ..PositionState::default() });
            world.assets += i128::from(cash.0);
        }
        world.fund = i128::from(world.below(100_000_000_000));
        world.assets += world.fund;
        world
    }

    /// The next random number: splitmix64.
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.random ^ (self.random >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A random number below a bound that is not 0.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.random() % bound
    }

    pub(super) fn one_in(&mut self, chances: u64) -> bool {
        self.below(chances) == 0
    }

    /// Somebody who trades.
    fn trader(&mut self) -> usize {
        1 + self.below(FLAT as u64 - 1) as usize
    }

    pub(super) fn ids(&self) -> Range<usize> {
        0..ACCOUNTS
    }

    /// Cash of those who never hold anything.
    pub(super) fn idle(&self) -> Vec<Quote> {
        self.accounts[FLAT..].iter().map(|account| account.cash).collect()
    }

    pub(super) fn size(&self, id: usize) -> i64 {
        self.accounts[id].size.0
    }

    pub(super) fn summary(&self, id: usize) -> Summary {
        let PositionState { size, cash, basis, entry_funding } = self.accounts[id];
        let (bid_lots, ask_lots) = (SizeLots::ZERO, SizeLots::ZERO);
        let exposure = Exposure {
            params: &self.params,
            initial: self.params.initial_margin,
            maintenance: self.params.maintenance_margin,
            mark: self.mark,
            average: PriceTicks(0),
            funding: self.funding,
            size,
            entry_funding,
            basis,
            bid_lots,
            ask_lots,
            settled: false,
        };
        summarize(cash, Quote::ZERO, 0, core::iter::once(exposure))
    }

    pub(super) fn health(&self, id: usize) -> Health {
        Health::from(&self.summary(id))
    }

    pub(super) fn holding<'a>(&self, id: usize, params: &'a MarketParams) -> Option<Holding<'a>> {
        let size = self.accounts[id].size;
        (size != Lots::ZERO).then_some(Holding {
            params,
            maintenance: params.maintenance_margin,
            mark: self.mark,
            size,
        })
    }

    /// Gain of a position at the mark.
    pub(super) fn unrealised(&self, id: usize) -> i128 {
        let PositionState { size, basis, .. } = self.accounts[id];
        self.params.value(self.mark, size) - i128::from(basis.0)
    }

    /// Sum of all equities.
    pub(super) fn equities(&self) -> i128 {
        self.ids().map(|id| self.summary(id).equity).sum()
    }

    /// One side of a trade.
    pub(super) fn trade(&mut self, id: usize, side: Side, price: PriceTicks, size: SizeLots, fee: i128) {
        let fee = Quote::try_from_i128(fee).expect("small");
        let trade = Trade { side, price, size, fee };
        self.accounts[id] = self.accounts[id].trade(&self.params, self.funding, &trade).expect("small");
    }

    /// Changes the cash of an account.
    pub(super) fn pay(&mut self, id: usize, amount: i128) {
        let cash = &mut self.accounts[id].cash;
        *cash = Quote::try_from_i128(i128::from(cash.0) + amount).expect("small");
    }

    /// Changes what the fund holds, by a payment for the market where it is less.
    pub(super) fn move_fund(&mut self, amount: i128) {
        assert!(-amount <= self.claimable());
        self.fund += amount;
        self.paid_today -= amount.min(0);
    }

    pub(super) fn claimable(&self) -> i128 {
        let peak = self.hours.iter().rev().take(8).copied().max().unwrap_or(0).max(self.fund);
        let Self { fund: balance, day_start, paid_today, .. } = *self;
        let claim = Claims { balance, day_start, paid_today, peak }.claimable(DAILY);
        assert!(claim <= balance);
        claim
    }

    /// Begins an hour, and every 24th a day.
    pub(super) fn open_the_hour(&mut self) {
        if self.hours.len().is_multiple_of(24) {
            (self.day_start, self.paid_today) = (self.fund, 0);
        }
        self.hours.push(self.fund);
    }

    /// A deposit or two for those who have lost all, then trades by the mark of whoever has margin for them.
    pub(super) fn trade_at_random(&mut self) {
        for id in self.ids() {
            if self.size(id) == 0 && self.summary(id).equity < 1_000_000_000 && self.one_in(2) {
                let deposit = i128::from(self.below(50_000_000_000));
                self.pay(id, deposit);
                self.assets += deposit;
            }
        }
        for _ in 0..40 {
            let (buyer, seller) = (self.trader(), self.trader());
            let equity = self.summary(buyer).equity.max(1).unsigned_abs() as u64;
            // Up to 25 times its equity; what somebody has no margin for does not happen.
            let most = (25 * equity / self.mark.0).max(1);
            let size = SizeLots(1 + self.below(most));
            let price = PriceTicks(self.mark.0 * (999 + self.below(3)) / 1_000);
            let untouched = self.accounts.clone();
            self.trade(buyer, Side::Buy, price, size, 0);
            self.trade(seller, Side::Sell, price, size, 0);
            if ![buyer, seller].iter().all(|&id| self.summary(id).meets_initial()) {
                self.accounts = untouched;
            }
            self.check();
        }
    }

    /// K1, K2 and K4 of risk.md 5.11.
    pub(super) fn check(&self) {
        let size: i64 = self.accounts.iter().map(|account| account.size.0).sum();
        assert_eq!(size, 0, "positions sum to zero");
        let held = |account: &PositionState| {
            i128::from(account.cash.0) + i128::from(account.size.0) * i128::from(account.entry_funding)
        };
        let held: i128 = self.accounts.iter().map(held).sum();
        assert_eq!(held + self.fund, self.assets, "money is conserved");
        assert_eq!(self.equities() + self.fund, self.assets, "and so are equities");
        assert!(self.fund >= 0);
    }
}
