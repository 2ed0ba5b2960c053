//! What nobody takes of an account that exits is closed against who holds the other side (protocol, "Forced requests",
//! Closing, step 4).

use ballast_types::{AccountId, MarketId};

use crate::{
    deleverage::{Changes, Holder, torn_up},
    exchange::{Answer, Exchange},
    filling::share,
    numbers::ratio_down,
};

impl Exchange {
    /// First those who have something, then those who have nothing; nothing happens where the account does not bear it.
    pub(crate) fn exit_by_tear_up(
        &mut self,
        id: AccountId,
        market: MarketId,
        price: i128,
        holders: &[AccountId],
    ) -> Answer {
        if self.size_in(id, market) == 0 || !self.closing(id, market).bears_exit(price) {
            return Ok(Vec::new());
        }
        let side = self.size_in(id, market).signum();
        let is_opposite = |holder: &&AccountId| side * self.size_in(**holder, market) < 0;
        let holders: Vec<Holder> =
            holders.iter().filter(is_opposite).map(|holder| self.holder(*holder, market)).collect();

        let lots = torn_up(&holders, self.size_in(id, market).abs());
        let changes = exchanged(id, side, holders.iter().map(|it| it.id).zip(lots));
        let mut events = self.change(market, price, changes)?;
        let changes = self.close_against_debtors(id, market, &holders);
        events.extend(self.change(market, self.market(market).mark, changes)?);
        Ok(events)
    }

    /// What is left of the account closes against those without equity, and it pays of its gain what they owe for that.
    fn close_against_debtors(&self, id: AccountId, market: MarketId, holders: &[Holder]) -> Changes {
        let mut left = self.size_in(id, market).abs();
        if left == 0 {
            return Changes::new();
        }
        let side = self.size_in(id, market).signum();
        let debtors: Vec<&Holder> = holders.iter().filter(|it| it.equity <= 0).collect();
        let (mut lots, mut due) = (Vec::new(), Vec::new());
        for debtor in &debtors {
            let closed = left.min(debtor.cap);
            left -= closed;
            lots.push(closed);
            let owed = self.owed_here(debtor.id, market, -debtor.equity);
            due.push(ratio_down(&[owed, closed], &[self.size_in(debtor.id, market).abs()]));
        }
        let paid = self.holder(id, market).gain.min(due.iter().sum());
        let mut changes = exchanged(id, side, debtors.iter().map(|it| it.id).zip(lots));
        for (debtor, got) in debtors.iter().zip(share(paid, &due)) {
            changes.get_mut(&debtor.id).expect("everybody is in it").1 = -got;
        }
        changes.get_mut(&id).expect("everybody is in it").1 = paid;
        changes
    }
}

/// The account, on this side, closes against each of the others so many lots.
fn exchanged(id: AccountId, side: i128, others: impl Iterator<Item = (AccountId, i128)>) -> Changes {
    let mut changes: Changes = others.map(|(other, lots)| (other, (side * lots, 0))).collect();
    let closed: i128 = changes.values().map(|(lots, _)| *lots).sum();
    changes.insert(id, (-closed, 0));
    changes
}
