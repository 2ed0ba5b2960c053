//! What is done for the insolvent accounts of a tick, all together (risk.md 5.7).

use super::world::{BACKSTOP, World};
use crate::ladder::{deleverage::DUST, gain, haircut, pro_rata, tear_up_cap, tear_up_weight, waterfill};
use alloc::{vec, vec::Vec};
use ballast_types::{Side, SizeLots};

impl World {
    /// One round, where there is anybody to have it for.
    pub(super) fn round(&mut self) {
        let insolvent: Vec<_> =
            self.ids().filter(|&id| self.size(id) != 0 && self.summary(id).equity < 0).collect();
        if insolvent.is_empty() {
            return;
        }
        for &id in &insolvent {
            let payment = self.claimable().min(-self.summary(id).equity);
            self.pay(id, payment);
            self.move_fund(-payment);
            self.check();
        }
        let deficit = insolvent.iter().map(|&id| -self.summary(id).equity).sum::<i128>();
        assert!(deficit >= 0);
        let solvent: Vec<_> = self.ids().filter(|id| !insolvent.contains(id)).collect();
        // Gains and equities before anything is transferred.
        let gains: Vec<_> = solvent.iter().map(|&id| self.unrealised(id)).collect();
        let equities: Vec<_> = (0..self.accounts.len()).map(|id| self.summary(id).equity).collect();
        let sides: Vec<_> = insolvent.iter().map(|&id| self.size(id).signum()).collect();
        let opposes: Vec<_> =
            solvent.iter().map(|&id| sides.iter().any(|side| side * self.size(id) < 0)).collect();

        self.net(&insolvent);
        for side in [Side::Sell, Side::Buy] {
            self.tear_up(&insolvent, &solvent, side);
        }
        for (id, equity) in equities.iter().enumerate() {
            assert_eq!(self.summary(id).equity, *equity, "a tear-up at the mark moves no equity");
        }
        assert!(insolvent.iter().all(|&id| self.size(id) == 0), "nothing is left of the insolvent");
        if deficit > 0 {
            self.counts.haircuts += 1;
            self.share_deficit(deficit.unsigned_abs(), &solvent, &gains, &opposes);
        }
        for &id in &insolvent {
            let owed = self.summary(id).equity;
            self.pay(id, -owed);
            assert_eq!(self.accounts[id].cash.0, 0, "the insolvent end with nothing");
        }
        self.check();
        assert!(solvent.iter().all(|&id| self.summary(id).equity >= 0), "and nobody else with a debt");
    }

    /// Step 0: insolvent longs and shorts against each other.
    fn net(&mut self, insolvent: &[usize]) {
        let find = |world: &Self, sign: i64| insolvent.iter().copied().find(|&id| world.size(id) * sign > 0);
        while let (Some(long), Some(short)) = (find(self, 1), find(self, -1)) {
            let lots = SizeLots(self.size(long).unsigned_abs().min(self.size(short).unsigned_abs()));
            self.trade(long, Side::Sell, self.mark, lots, 0);
            self.trade(short, Side::Buy, self.mark, lots, 0);
            self.counts.netted += 1;
            self.check();
        }
    }

    /// Step 1: what insolvent accounts have to close on `side` goes to solvent ones that hold the opposite.
    fn tear_up(&mut self, insolvent: &[usize], solvent: &[usize], side: Side) {
        let params = self.params.clone();
        let closes = |world: &Self, id: usize| world.holding(id, &params).filter(|h| h.closing() == side);
        let total: u64 = insolvent.iter().filter_map(|&id| closes(self, id)).map(|h| h.size.abs().0).sum();
        if total == 0 {
            return;
        }
        let holders: Vec<_> = solvent
            .iter()
            .filter_map(|&id| self.holding(id, &params).map(|holding| (id, holding)))
            .filter(|(_, holding)| holding.closing() != side)
            .collect();
        let weight = |id: usize, holding| tear_up_weight(holding, self.summary(id).equity);
        let weights: Vec<_> = holders.iter().map(|(id, holding)| weight(*id, holding)).collect();
        let caps = holders.iter().map(|(id, holding)| {
            let takes_part = holding.notional() >= DUST;
            if takes_part { u128::from(tear_up_cap(&self.health(*id), holding).0) } else { 0 }
        });
        let first = waterfill(&weights, &caps.collect::<Vec<_>>(), total.into());
        for ((id, holding), lots) in holders.iter().zip(&first) {
            let (health, lots) = (self.health(*id), SizeLots(*lots as u64));
            let left = health.maintenance - holding.released(lots);
            assert!(health.equity < health.maintenance || health.equity >= left, "nobody loses his margin");
        }
        let left = u128::from(total) - first.iter().sum::<u128>();
        let rest = holders.iter().zip(&first).map(|((_, h), lots)| u128::from(h.size.abs().0) - lots);
        let second = waterfill(&weights, &rest.collect::<Vec<_>>(), left);
        self.counts.second_passes += u32::from(left > 0);
        let lots: Vec<_> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
        assert_eq!(lots.iter().sum::<u128>(), total.into(), "every lot finds a holder");

        let takers: Vec<_> = holders.iter().map(|&(id, _)| id).zip(lots).collect();
        for &id in insolvent.iter().filter(|&&id| closes(self, id).is_some()).collect::<Vec<_>>() {
            let size = SizeLots(self.size(id).unsigned_abs());
            self.trade(id, side, self.mark, size, 0);
        }
        for (id, lots) in takers.into_iter().filter(|&(_, lots)| lots > 0) {
            self.trade(id, side.opposite(), self.mark, SizeLots(lots as u64), 0);
            self.counts.tear_ups += 1;
        }
        self.check();
    }

    /// Step 2: the backstop's first loss, gains on the other side, all gains, and the rest of the backstop.
    fn share_deficit(&mut self, deficit: u128, solvent: &[usize], unrealised: &[i128], opposes: &[bool]) {
        let mut left = deficit;
        let mut paid = vec![0_u128; solvent.len()];
        let backstop = solvent.iter().position(|&id| id == BACKSTOP);
        let reserve = |world: &Self| world.summary(BACKSTOP).equity.max(0).unsigned_abs();
        if let Some(place) = backstop {
            let first_loss = left.min(reserve(self) / 4);
            self.pay(solvent[place], -(first_loss as i128));
            left -= first_loss;
        }
        for pass in 0..2 {
            let gains: Vec<_> = (0..solvent.len())
                .map(|n| {
                    // Both what is gained and what is there are less by what was paid.
                    let gained = unrealised[n].max(0) - paid[n] as i128;
                    if pass == 1 || opposes[n] { gain(gained, self.summary(solvent[n]).equity) } else { 0 }
                })
                .collect();
            let cut = haircut(&gains, left);
            self.counts.pool_wide += u32::from(pass == 1 && left > 0);
            assert_eq!(cut.iter().sum::<u128>(), left.min(gains.iter().sum()));
            for (n, amount) in cut.into_iter().enumerate() {
                assert!(amount <= gains[n], "nobody pays more than he gained");
                self.pay(solvent[n], -(amount as i128));
                paid[n] += amount;
                left -= amount;
            }
        }
        let last = left.min(reserve(self)) * u128::from(backstop.is_some());
        self.pay(BACKSTOP, -(last as i128));
        left -= last;
        if left > 0 {
            // The pool would be resolved: here everybody pays his part.
            self.counts.resolutions += 1;
            let equities: Vec<_> =
                solvent.iter().map(|&id| self.summary(id).equity.max(0).unsigned_abs()).collect();
            let parts = pro_rata(&equities, left);
            parts.iter().zip(solvent).for_each(|(&part, &id)| self.pay(id, -(part as i128)));
        }
    }
}
