//! A market of random accounts under shocks, in which the functions of this room are applied in the order of the
//! ladder. After every step money is conserved and positions sum to zero; after every forced fill health is no lower.

mod round;
mod world;

extern crate std;

use super::{
    ForcedFill, Holding, Level, affordable_limit, fillable_price, level, lots_to_close, paced, rescue_price,
    takeover_price, zero_price,
};
use crate::price::accrue;
use alloc::vec::Vec;
use ballast_types::{PriceTicks, SizeLots};
use std::hash::{BuildHasher, Hasher};
use world::{BACKSTOP, FLAT, PENALTY, World};

/// Positions above this are closed by fifths, in u.
const BIG: i128 = 20_000_000_000;
/// What the backstop may hold, in multiples of its equity.
const BACKSTOP_LEVERAGE: i128 = 3;

impl World {
    /// An hour: traders trade, the mark moves, funding is due, and the ladder does its work, mostly.
    fn tick(&mut self) {
        self.open_the_hour();
        self.trade_at_random();
        let equities: i128 = self.equities();
        self.move_mark();
        assert_eq!(self.equities(), equities, "marking to market makes no money");
        self.pay_funding();
        assert_eq!(self.equities(), equities, "funding makes no money");
        if self.one_in(30) {
            // The reports are stale: what is due waits, and others trade on.
            return;
        }
        let mut below: Vec<_> = self.ids().filter(|&id| self.summary(id).is_below_maintenance()).collect();
        below.sort_by(|&a, &b| self.health(a).compare(&self.health(b)).then(a.cmp(&b)));
        for id in below {
            self.step_down(id);
        }
        self.round();
        for id in self.ids() {
            assert!(self.summary(id).equity >= 0, "no account is left with a debt");
        }
    }

    /// Mostly a percent, now and then 15% to 30%, either way.
    fn move_mark(&mut self) {
        let percent = if self.one_in(5) { 15 + self.below(16) } else { self.below(2) };
        let step = self.mark.0 * percent / 100;
        let mark = if self.one_in(2) { self.mark.0 - step } else { self.mark.0 + step };
        self.mark = PriceTicks(mark.clamp(1_000, 50_000_000));
        self.check();
    }

    /// A minute at a random rate of at most 1% an hour.
    fn pay_funding(&mut self) {
        let rate = self.below(20_000_001).cast_signed() - 10_000_000;
        let accrual = accrue(rate, self.mark, self.params.kappa, self.carry);
        self.funding += accrual.step;
        self.carry = accrual.carry;
        self.check();
    }

    /// One account, at the level at which it stands when it is its turn.
    fn step_down(&mut self, id: usize) {
        let summary = self.summary(id);
        match level(summary.equity, summary.initial, summary.maintenance) {
            Level::Healthy | Level::PreLiquidation => {}
            Level::Liquidation => self.close_in_part(id),
            Level::CloseOut => {
                self.hand_over(id, takeover_price);
                self.close_in_part(id);
            }
            Level::Bankrupt => self.hand_over(id, |holding, _| rescue_price(holding)),
        }
    }

    /// Others may take part of the position, at prices from the forced order's limit to the mark.
    fn close_in_part(&mut self, id: usize) {
        let (health, params) = (self.health(id), self.params.clone());
        let Some(holding) = self.holding(id, &params) else { return };
        if !self.summary(id).is_below_maintenance() {
            return;
        }
        let size =
            lots_to_close(&health, &holding, PENALTY).min(paced(&health, &holding, BIG, SizeLots::ZERO));
        let (fillable, zero) = (fillable_price(&health, &holding), zero_price(&health, &holding, size));
        let limit = affordable_limit(&holding, fillable, zero, size, self.claimable());
        let mut left = size.0;
        for taker in self.ids() {
            if left == 0 || taker == id || taker >= FLAT || !self.one_in(3) {
                continue;
            }
            let (low, high) = (limit.min(self.mark), limit.max(self.mark));
            let price = PriceTicks(low.0 + self.below(high.0 - low.0 + 1));
            let lots = SizeLots(1 + self.below(left));
            if self.forced_fill(id, taker, price, lots) {
                left -= lots.0;
            }
        }
    }

    /// The backstop takes the largest part, in sixteenths, that it and the fund can bear.
    fn hand_over(&mut self, id: usize, price: impl Fn(&Holding<'_>, PriceTicks) -> PriceTicks) {
        let (health, params) = (self.health(id), self.params.clone());
        let Some(holding) = self.holding(id, &params).filter(|_| id != BACKSTOP) else { return };
        for sixteenths in (1..=16).rev() {
            let lots = SizeLots(holding.size.abs().0 * sixteenths / 16);
            if lots == SizeLots::ZERO {
                return;
            }
            let at = price(&holding, zero_price(&health, &holding, lots));
            if self.forced_fill(id, BACKSTOP, at, lots) {
                return;
            }
        }
    }

    /// Trades `lots` of an account's position with another, settles with the fund, and checks what must hold. Nothing
    /// happens, and the answer is `false`, where the fund may not pay or the other lacks margin.
    fn forced_fill(&mut self, id: usize, taker: usize, price: PriceTicks, lots: SizeLots) -> bool {
        let (before, params) = (self.health(id), self.params.clone());
        let holding = self.holding(id, &params).expect("there is a position");
        let zero = zero_price(&before, &holding, lots);
        let fill = ForcedFill { side: holding.closing(), price, size: lots, zero };
        let penalty = if taker == BACKSTOP { Default::default() } else { PENALTY };
        let fund = fill.settle(&params, penalty).fund;
        if -fund > self.claimable() {
            return false;
        }
        let untouched = self.clone();
        self.trade(taker, fill.side.opposite(), price, lots, 0);
        let (summary, bears) = (self.summary(taker), BACKSTOP_LEVERAGE);
        if !summary.meets_initial() || (taker == BACKSTOP && summary.notional > bears * summary.equity) {
            *self = untouched;
            return false;
        }
        self.trade(id, fill.side, price, lots, fund);
        self.move_fund(fund);
        self.check();
        let after = self.health(id);
        if after.maintenance > 0 {
            assert!(after.compare(&before).is_ge(), "{after:?} after {before:?}");
        }
        assert!(before.equity < 0 || after.equity >= 0, "{after:?} after {before:?}");
        self.counts.fills += u32::from(taker != BACKSTOP);
        self.counts.takeovers += u32::from(taker == BACKSTOP && before.equity > 0);
        self.counts.rescues += u32::from(taker == BACKSTOP && before.equity <= 0);
        self.counts.paid_by_fund += u32::from(fund < 0);
        true
    }
}

/// A fresh seed, or the one of the environment variable `BALLAST_SEED`.
#[expect(clippy::disallowed_methods, reason = "a test may be told its seed from outside")]
fn seed() -> u64 {
    match std::env::var("BALLAST_SEED") {
        Ok(seed) => seed.parse().expect("BALLAST_SEED is a number"),
        Err(_) => std::hash::RandomState::new().build_hasher().finish(),
    }
}

#[test]
fn the_ladder_holds_under_shocks() {
    let first = seed();
    std::eprintln!("BALLAST_SEED={first}");
    let mut counts = world::Counts::default();
    for seed in 0..100 {
        let mut world = World::new(first.wrapping_add(seed), counts);
        let (idle, resolutions) = (world.idle(), world.counts.resolutions);
        for _ in 0..60 {
            world.tick();
            if world.counts.resolutions > resolutions {
                break;
            }
            assert_eq!(world.idle(), idle, "who holds nothing pays nothing");
        }
        counts = world.counts;
    }
    std::eprintln!("{counts:?}");
    let world::Counts { fills, takeovers, rescues, paid_by_fund, tear_ups, haircuts, .. } = counts;
    let all = [fills, takeovers, rescues, paid_by_fund, tear_ups, haircuts];
    assert!(all.iter().all(|&count| count > 0), "the run met what it is there to meet: {counts:?}");
}
