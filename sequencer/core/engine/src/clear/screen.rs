//! Who might not bear what a clearing makes of his orders: judged before it is held, and never too kindly, so that
//! nobody can have clearings begun again at will.

use alloc::collections::BTreeSet;

use ballast_risk::{Summary, transition_allowed};
use ballast_state::State;
use ballast_types::{
    AccountId, Lots, MarketId, Order, Quote, Side,
    limits::{MAX_AMOUNT, MAX_FILLS_PER_INPUT, MAX_SIZE},
};

use super::field::{Field, Participant};
use crate::{facts, margin, standing::Standing};

/// More than all that is rounded when an order is filled in parts, in u: its fees, the basis, and what gains count.
const ROUNDED: i128 = 4 * MAX_FILLS_PER_INPUT as i128;

/// The accounts of which an order takes part and that are not certain to bear what comes.
pub(super) fn failing(state: &State, field: &Field) -> BTreeSet<AccountId> {
    let accounts = field.by_account().into_iter();
    // A forced order makes its account no less healthy, and no other of it takes part.
    let judged = accounts.filter(|(_, orders)| orders.iter().all(|it| !it.order.is_forced()));
    let fails = judged.filter(|(account, orders)| {
        let before = Standing::of(state, *account, field.market);
        !Screen { state, market: field.market, before, orders }.passes()
    });
    fails.map(|(account, _)| account).collect()
}

/// `amount * part / whole`, rounded down; an amount of up to 2^120, parts of up to 2^46, and a whole that is not 0.
const fn share_floor(amount: i128, part: i128, whole: i128) -> i128 {
    amount / whole * part + amount % whole * part / whole
}

struct Screen<'a> {
    state: &'a State,
    market: MarketId,
    before: Standing,
    orders: &'a [Participant],
}

impl Screen<'_> {
    fn passes(&self) -> bool {
        self.is_bounded() && (self.has_margin() || self.only_heals())
    }

    /// Whether money stays within its bounds, whatever trades at whatever price of the limits.
    fn is_bounded(&self) -> bool {
        let money = i128::from(self.before.cash.0).abs() + i128::from(self.before.basis.0).abs();
        let traded: i128 = self.orders.iter().map(|it| 2 * self.value(it)).sum();
        money + traded <= i128::from(MAX_AMOUNT) && self.reach() <= i128::from(MAX_SIZE)
    }

    /// Whether equity after the loss of every order that costs something at its limit, and all fees, has the fill
    /// margin of the largest position that they could make; and the initial margin where orders that only close could
    /// widen what the others reach.
    fn has_margin(&self) -> bool {
        let loss: i128 = self.orders.iter().map(|it| self.loss(it).max(0) + self.fee(it) + ROUNDED).sum();
        let left = self.was().equity_initial - self.gain() - loss;
        let largest = self.with_size(self.reach());
        left >= largest.fill && self.widened().is_none_or(|closed| left >= self.summary(&closed).initial)
    }

    /// Whether the orders can do nothing but shrink the position, and each of them, alone and at its limit, leaves the
    /// account no less healthy or no deeper in debt. Together and in part they then do so too: of the maintenance margin
    /// each is given but its share of what all of them free, lot by lot, which fewer lots never fall short of.
    fn only_heals(&self) -> bool {
        let held = i128::from(self.before.size.0).abs();
        let closes = |it: &Participant| it.size <= self.before.closable(it.order.side);
        let lots: i128 = self.orders.iter().map(|it| i128::from(it.size.0)).sum();
        if !self.orders.iter().all(closes) || lots > held || self.widened().is_some() {
            return false;
        }
        let freed = self.was().maintenance - self.with_size(held - lots).maintenance;
        self.orders.iter().all(|it| self.heals(it, share_floor(freed, it.size.0.into(), lots)))
    }

    /// What a strict gain in this market counts: it shrinks when the position grows at a mark above its average.
    fn gain(&self) -> i128 {
        if !facts::market(self.state, self.market).params.strict_gains {
            return 0;
        }
        margin::weighted_gain(self.state, self.market, &self.before).max(0)
    }

    fn heals(&self, it: &Participant, freed: i128) -> bool {
        let (was, loss) = (self.was(), self.loss(it) + self.fee(it) + ROUNDED);
        let after = self.filled(it);
        let then = Summary {
            equity: was.equity - loss,
            equity_initial: was.equity_initial - loss,
            maintenance: was.maintenance - freed,
            ..self.summary(&after)
        };
        loss <= 0 || transition_allowed(&was, &then, [(self.before.reach(), after.reach())])
    }

    /// What filling the order at its limit costs against the mark, in u; below zero when it gains.
    fn loss(&self, it: &Participant) -> i128 {
        let market = facts::market(self.state, self.market);
        let lots = it.order.side.signed(it.size);
        market.params.value(it.limit, lots) - market.params.value(market.mark, lots)
    }

    /// The most that it may pay, as taker or maker, at whatever price of the band: its tier gets no dearer.
    fn fee(&self, it: &Participant) -> i128 {
        let market = facts::market(self.state, self.market);
        let tier = self.before.fee_tier(market, self.state.chain.time);
        let value = self.value(it);
        tier.taker_fee_ceil(value).max(tier.maker_fee_ceil(value))
    }

    /// The order at the highest price at which it may trade, in u.
    fn value(&self, it: &Participant) -> i128 {
        let params = &facts::market(self.state, self.market).params;
        let highest = match it.order.side {
            Side::Buy => it.limit,
            Side::Sell => params.order_band_around(facts::market(self.state, self.market).index).1,
        };
        params.value(highest, Side::Buy.signed(it.size))
    }

    /// Size without sign of the largest position that the orders that take part can make, or that there is.
    fn reach(&self) -> i128 {
        let of = |side| -> i128 {
            self.orders.iter().filter(|it| it.order.side == side).map(|it| i128::from(it.size.0)).sum()
        };
        let held = i128::from(self.before.size.0);
        held.abs().max((held + of(Side::Buy)).abs()).max((held - of(Side::Sell)).abs())
    }

    /// The account once its orders that only close have closed what they can, where all its other open orders could
    /// then make a larger position than before.
    fn widened(&self) -> Option<Standing> {
        let closing = self.orders.iter().filter(|it| it.order.reduce_only);
        let closed: i64 = closing.map(|it| it.order.side.signed(it.size).0).sum();
        let after = self.resized(Lots(self.before.size.0 + closed));
        (after.reach().lots() > self.before.reach().lots()).then_some(after)
    }

    /// The account once an order is filled with all that takes part of it; what its position is worth means nothing.
    fn filled(&self, it: &Participant) -> Standing {
        let Order { side, reduce_only, .. } = it.order;
        let size = Lots(self.before.size.0 + side.signed(it.size).0);
        let mut after = self.resized(size);
        match side {
            _ if reduce_only => {}
            Side::Buy => after.bid_lots.0 -= it.size.0,
            Side::Sell => after.ask_lots.0 -= it.size.0,
        }
        after
    }

    fn was(&self) -> Summary {
        self.summary(&self.before)
    }

    /// The requirements with a position of this size; what it is worth means nothing.
    fn with_size(&self, lots: i128) -> Summary {
        let size = i64::try_from(lots).map_or(Lots(i64::from(i32::MAX)), Lots);
        self.summary(&self.resized(size))
    }

    fn resized(&self, size: Lots) -> Standing {
        Standing { size, basis: Quote::ZERO, ..self.before }
    }

    fn summary(&self, standing: &Standing) -> Summary {
        margin::summary_with(self.state, self.market, standing)
    }
}
