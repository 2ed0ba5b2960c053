//! Who takes the lots (risk.md 5.7, steps 0 and 1).

use alloc::{vec, vec::Vec};

use ballast_risk::{
    Trade,
    ladder::{deleverage::DUST, waterfill},
};
use ballast_types::{MarketId, PriceTicks, Quote, RejectCode, Rejection, Side, SizeLots};

use super::{
    Changes,
    parties::{Holder, Torn},
};
use crate::{exchange::Exchange, facts, standing::Standing, totals::Totals};

/// Holders without equity close against the accounts first: nobody else's lots are theirs to take. While others hold
/// this side they keep a lot, with which what they owe is theirs to settle in a round of their own.
pub(super) fn net(bankrupt: &mut [Torn], holders: &[Holder], changes: &mut Changes) {
    let kept = u64::from(holders.iter().any(|holder| holder.is_solvent));
    for holder in holders.iter().filter(|holder| !holder.is_solvent) {
        let lots = close(bankrupt, holder.cap.min(holder.lots - kept), changes);
        take(holder, lots, bankrupt[0].is_long, changes);
    }
}

/// The others share what is left, those first who can bear it and whose position is worth the trouble.
pub(super) fn tear_up(bankrupt: &mut [Torn], holders: &[Holder], changes: &mut Changes) {
    let solvent: Vec<&Holder> = holders.iter().filter(|holder| holder.is_solvent).collect();
    let weights: Vec<u128> = solvent.iter().map(|holder| holder.weight).collect();
    let first = |holder: &&Holder| {
        if holder.notional >= DUST { holder.first_cap.min(holder.cap).into() } else { 0 }
    };
    let caps: Vec<u128> = solvent.iter().map(first).collect();
    let wanted: u128 = bankrupt.iter().map(|it| u128::from(it.left)).sum();
    let mut shares = waterfill(&weights, &caps, wanted);
    let left = wanted - shares.iter().sum::<u128>();
    let caps: Vec<u128> =
        solvent.iter().zip(&shares).map(|(holder, share)| u128::from(holder.cap) - share).collect();
    let more = if left > 0 { waterfill(&weights, &caps, left) } else { vec![0; shares.len()] };
    shares.iter_mut().zip(more).for_each(|(share, more)| *share += more);
    for (holder, share) in solvent.into_iter().zip(shares) {
        let lots = u64::try_from(share).expect("no more than he has");
        let closed = close(bankrupt, lots, changes);
        assert_eq!(closed, lots, "no more is shared than is left");
        take(holder, lots, bankrupt[0].is_long, changes);
    }
}

/// Closes what is left of `torn` against those who owe, the first first, each as far as its cap, which `others` tells.
pub(super) fn against(torn: &mut [Torn], owing: &mut [Torn], others: &[Holder], changes: &mut Changes) {
    for (it, holder) in owing.iter_mut().zip(others) {
        let lots = close(torn, holder.cap, changes);
        let closed = close(core::slice::from_mut(it), lots, changes);
        assert_eq!(closed, lots, "nobody closes more than he has");
    }
}

/// Closes up to `lots` of the accounts, the first first; gives how many.
fn close(bankrupt: &mut [Torn], lots: u64, changes: &mut Changes) -> u64 {
    let mut open = lots;
    for it in bankrupt {
        let closed = it.left.min(open);
        it.left -= closed;
        open -= closed;
        let signed = closed.cast_signed();
        changes.entry(it.account).or_default().lots += if it.is_long { -signed } else { signed };
    }
    lots - open
}

fn take(holder: &Holder, lots: u64, against_long: bool, changes: &mut Changes) {
    let signed = lots.cast_signed();
    changes.entry(holder.account).or_default().lots += if against_long { signed } else { -signed };
}

/// Makes the lots change hands at `price`.
///
/// # Errors
/// [`RejectCode::Overflow`]: what was written is to be taken back.
pub(super) fn trade(
    x: &mut Exchange,
    id: MarketId,
    price: PriceTicks,
    changes: &Changes,
) -> Result<(), Rejection> {
    let mut standings = Vec::with_capacity(changes.len());
    for (account, change) in changes.iter().filter(|(_, change)| change.lots != 0) {
        let market = facts::market(&x.state, id);
        let side = if change.lots > 0 { Side::Buy } else { Side::Sell };
        let size = SizeLots(change.lots.unsigned_abs());
        let mut standing = Standing::of(&x.state, *account, id);
        let trade = Trade { side, price, size, fee: Quote::ZERO };
        standing.settle(market, &trade).map_err(|_| RejectCode::Overflow)?;
        standings.push(standing);
    }
    let totals = Totals::after(&x.state, id, core::iter::empty(), standings.iter())?;
    standings.iter().for_each(|standing| standing.write(&mut x.state, id));
    totals.write(&mut x.state, id);
    Ok(())
}
