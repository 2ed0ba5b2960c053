//! Whom an order would meet, and how each of them would stand after: decided on copies, before anything
//! changes.

use alloc::vec::Vec;
use core::ops::ControlFlow;

use ballast_book::{Book, Offer, Part};
use ballast_risk::{Trade, ladder::Health};
use ballast_state::{Market, State};
use ballast_types::{
    AccountId, KeyNumber, Millis, Order, PriceTicks, Quote, RejectCode, Rejection, RemovalReason, SelfTrade,
    Side, SizeLots, TimeInForce, limits::MAX_FILLS_PER_ORDER,
};

use crate::{
    bearing::is_bearable, due, exchange::load_account, facts, interest, liquidate::ForcedOrder,
    makers::Makers, margin, place_order::Placement, standing::Standing,
};

/// What becomes of a resting order that another meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// They trade.
    Fill(MakerFill),
    /// It gives way without a trade.
    Remove(Order, RemovalReason),
    /// It loses lots to an order of its own owner and stays, without a trade.
    Reduce(Reduction),
}

/// A maker's part of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MakerFill {
    /// The maker's order before.
    pub(crate) maker: Order,
    /// Lots that change hands.
    pub(crate) size: SizeLots,
    /// What the maker pays; a rebate is below zero.
    pub(crate) fee: Quote,
    /// What stays reserved for the rest of its order.
    pub(crate) reserve_left: Quote,
    /// Whether the rest of its order goes, because there is nothing left that it could close.
    pub(crate) is_spent: bool,
}

/// An order that becomes smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Reduction {
    /// The order before.
    pub(crate) order: Order,
    /// Lots taken off.
    pub(crate) size: SizeLots,
    /// What stays reserved for the rest of it.
    pub(crate) reserve_left: Quote,
}

/// Why an order trades no further, although something is left of it and of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// More would have been met than one order may meet. What is left must not rest.
    FillLimit,
    /// It met an order of its own owner and gives way.
    SelfTrade,
    /// A fill would have raised the open interest above its limit. What is left must not rest.
    OpenInterest,
    /// It only rests, and would have traded at this price.
    Crossed(PriceTicks),
}

/// The lists of a matching. They are handed from order to order, so that orders allocate nothing for them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Met {
    /// In the order in which they are met.
    pub(crate) meetings: Vec<Meeting>,
    /// Everybody met, as they would stand after; not the taker.
    pub(crate) makers: Makers,
    /// The taker's fees, fill by fill.
    pub(crate) taker_fees: Vec<Quote>,
}

impl Met {
    fn cleared(mut self) -> Self {
        self.meetings.clear();
        self.makers.clear();
        self.taker_fees.clear();
        self
    }
}

/// The resting orders that an order would meet.
#[derive(Clone, Debug)]
pub(crate) struct Matching {
    /// Whom it meets, and how they stand then.
    pub(crate) met: Met,
    /// The taker after its own orders gave way and its trades.
    pub(crate) taker: Standing,
    /// Lots of the order that went against its owner's other orders, without a trade.
    pub(crate) decremented: SizeLots,
    /// What is left of the order.
    pub(crate) left: SizeLots,
    /// Why it went no further.
    pub(crate) stop: Option<Stop>,
    /// Whether a bound spoke against a fill of the taker: the order is to be rejected.
    pub(crate) overflow: Option<Rejection>,
    /// What its fills cost, where it is a forced order.
    pub(crate) forced: Option<ForcedOrder>,
}

/// Plans what `ask` meets in `book`, of which `taker` is the standing.
///
/// What can never trade again leaves when it is met (see [`due`]). What is of the taker's own owner does as the
/// order's [`SelfTrade`] says. A maker that could not bear the fill gives way ([`RemovalReason::MakerMargin`]): a
/// fill must leave it with the fill margin of risk.md 3.5, or shrink its position and leave it no less healthy;
/// several orders of one maker are judged one after the other. An order that only ever closes trades no more than
/// there is to close, and leaves when nothing is.
///
/// An order meets at most [`MAX_FILLS_PER_ORDER`] resting orders that may still trade, and at most `may_meet` of all,
/// so that the work is bounded also when it is rejected in the end.
///
/// Changes no fact; `state` is only there to be loaded. `lists` are used again, whatever they hold.
pub(crate) fn match_order(
    state: &mut State,
    book: &Book,
    ask: &Placement,
    may_meet: usize,
    taker: Standing,
    lists: Met,
) -> Matching {
    let matching = Matching {
        met: lists.cleared(),
        taker,
        decremented: SizeLots::ZERO,
        left: ask.order.size,
        stop: None,
        overflow: None,
        forced: ask.forced,
    };
    let open = i128::from(facts::venue(state, ask.market).open_interest.0);
    // A limit has less than 2^127 lots.
    let room = interest::limit(state, state.chain.time, ask.market).map(|limit| limit.cast_signed() - open);
    let mut matcher = Matcher { state, ask, may_meet, gone: 0, room, matching };
    book.visit(ask.order.side, ask.order.price, |offer| matcher.meet(offer));
    matcher.matching
}

struct Matcher<'a> {
    state: &'a mut State,
    ask: &'a Placement,
    /// How many resting orders may be met, those that leave because they can never trade again among them.
    may_meet: usize,
    /// How many of those met can never trade again.
    gone: usize,
    /// By how many lots it may still raise the open interest, where that has a limit; below zero when it is above.
    room: Option<i128>,
    matching: Matching,
}

impl Matcher<'_> {
    /// Judges the next maker in the book's order; whether there is a next one to judge.
    fn meet(&mut self, offer: &Offer) -> ControlFlow<()> {
        let Some(maker) = self.as_it_is(offer) else { return ControlFlow::Continue(()) };
        if self.matching.left == SizeLots::ZERO {
            return ControlFlow::Break(());
        }
        let met = self.matching.met.meetings.len();
        if met >= self.may_meet || met - self.gone >= MAX_FILLS_PER_ORDER {
            return self.stop(Stop::FillLimit);
        }
        load_account(self.state, maker.account);
        let standing = self.standing(maker.account);
        if let Some(reason) = due::end_of(self.state, self.state.chain.time, &maker, &standing) {
            self.gone += 1;
            return self.give_way(&maker, standing, reason);
        }
        if matches!(self.ask.order.time_in_force, TimeInForce::PostOnly | TimeInForce::PostOnlySlide) {
            return self.stop(Stop::Crossed(maker.price));
        }
        let owner = |account| facts::account(self.state, account).owner;
        if owner(maker.account) == owner(self.ask.account) {
            return self.meet_own(&maker, standing);
        }
        match self.try_fill(&maker, offer.part, standing) {
            Some((after, fill)) => self.fill(after, fill),
            None => self.give_way(&maker, standing, RemovalReason::MakerMargin),
        }
    }

    /// The offered order after what it met before; `None` when it is gone.
    fn as_it_is(&self, offer: &Offer) -> Option<Order> {
        let mut order = offer.order;
        if self.ask.is_instead_of(&order) {
            return None;
        }
        if offer.part == Part::Hidden {
            for meeting in &self.matching.met.meetings {
                match meeting {
                    Meeting::Fill(fill) if fill.maker.id == order.id => {
                        if fill.is_spent {
                            return None;
                        }
                        order = after_fill(&fill.maker, fill.size, fill.reserve_left);
                    }
                    Meeting::Remove(gone, _) if gone.id == order.id => return None,
                    Meeting::Reduce(Reduction { order: before, .. }) if before.id == order.id => return None,
                    _ => {}
                }
            }
        }
        Some(order)
    }

    /// An account as it stands after what it met before.
    fn standing(&self, account: AccountId) -> Standing {
        if account == self.matching.taker.account {
            return self.matching.taker;
        }
        match self.matching.met.makers.get(account) {
            Some(standing) => *standing,
            None => Standing::of(self.state, account, self.ask.market),
        }
    }

    fn set_standing(&mut self, standing: Standing) {
        if standing.account == self.matching.taker.account {
            self.matching.taker = standing;
        } else {
            self.matching.met.makers.set(standing);
        }
    }

    const fn stop(&mut self, stop: Stop) -> ControlFlow<()> {
        self.matching.stop = Some(stop);
        ControlFlow::Break(())
    }

    fn give_way(&mut self, maker: &Order, mut standing: Standing, reason: RemovalReason) -> ControlFlow<()> {
        standing.release(maker);
        self.set_standing(standing);
        self.matching.met.meetings.push(Meeting::Remove(*maker, reason));
        ControlFlow::Continue(())
    }

    /// Meets an order of the taker's own owner. A session's key has no say over his other accounts: of theirs nothing
    /// gives way to it.
    fn meet_own(&mut self, maker: &Order, standing: Standing) -> ControlFlow<()> {
        if maker.account != self.ask.account && self.ask.key != KeyNumber(0) {
            return self.stop(Stop::SelfTrade);
        }
        match self.ask.order.self_trade {
            SelfTrade::CancelMaker => self.give_way(maker, standing, RemovalReason::SelfTrade),
            SelfTrade::CancelTaker => self.stop(Stop::SelfTrade),
            SelfTrade::CancelBoth => {
                let _ = self.give_way(maker, standing, RemovalReason::SelfTrade);
                self.stop(Stop::SelfTrade)
            }
            SelfTrade::Decrement => self.decrement(maker, standing),
        }
    }

    /// Both lose the smaller of the two sizes.
    fn decrement(&mut self, maker: &Order, mut standing: Standing) -> ControlFlow<()> {
        let size = maker.open().min(self.matching.left);
        self.matching.left.0 -= size.0;
        self.matching.decremented.0 += size.0;
        if size == maker.open() {
            return self.give_way(maker, standing, RemovalReason::SelfTrade);
        }
        let reserve_left = standing.release_lots(maker, size);
        self.set_standing(standing);
        self.matching.met.meetings.push(Meeting::Reduce(Reduction { order: *maker, size, reserve_left }));
        ControlFlow::Break(())
    }

    fn fill(&mut self, maker: Standing, fill: MakerFill) -> ControlFlow<()> {
        let side = self.ask.order.side;
        let raised = interest::raise(self.matching.taker.size, maker.size, side, fill.size);
        if raised > 0 && self.room.is_some_and(|room| raised > room) {
            return self.stop(Stop::OpenInterest);
        }
        let Some((fee, forced)) = self.taker_fee(&fill) else { return ControlFlow::Break(()) };
        if self.ask.exits && self.would_owe(&fill, fee) {
            return ControlFlow::Break(());
        }
        let market = facts::market(self.state, self.ask.market);
        let now = self.state.chain.time;
        if let Err(rejection) = trade_taker(market, now, side, &mut self.matching, &fill, fee) {
            // An enforced order ends here; another is not taken at all.
            self.matching.overflow = (!self.ask.is_enforced()).then_some(rejection);
            return ControlFlow::Break(());
        }
        self.room = self.room.map(|room| room - raised);
        self.matching.forced = forced;
        self.matching.left.0 -= fill.size.0;
        self.set_standing(maker);
        self.matching.met.meetings.push(Meeting::Fill(fill));
        ControlFlow::Continue(())
    }

    /// Whether a fill with this fee would leave the taker with less than nothing (INV-49).
    fn would_owe(&self, fill: &MakerFill, fee: i128) -> bool {
        let market = facts::market(self.state, self.ask.market);
        let (side, price, size) = (self.ask.order.side, fill.maker.price, fill.size);
        let mut taker = self.matching.taker;
        let traded = Quote::try_from_i128(fee)
            .is_some_and(|fee| taker.settle(market, &Trade { side, price, size, fee }).is_ok());
        traded && margin::summary_with(self.state, self.ask.market, &taker).equity < 0
    }

    /// What the taker pays for a fill, and what a forced order then has paid; `None` when the fund may not add what it
    /// lacks.
    fn taker_fee(&self, fill: &MakerFill) -> Option<(i128, Option<ForcedOrder>)> {
        let market = facts::market(self.state, self.ask.market);
        let Matching { taker, forced, .. } = &self.matching;
        if let Some(forced) = forced {
            let health = Health::from(&margin::summary_with(self.state, self.ask.market, taker));
            let (fee, forced) = forced.after(market, &health, taker.size, (fill.maker.price, fill.size))?;
            return Some((fee, Some(forced)));
        }
        let notional = market.params.value(fill.maker.price, Side::Buy.signed(fill.size));
        let tier = taker.fee_tier(market, self.state.chain.time);
        Some((tier.taker_fee_ceil(notional), None))
    }

    /// The maker after the fill, if it can bear it.
    fn try_fill(&self, maker: &Order, part: Part, before: Standing) -> Option<(Standing, MakerFill)> {
        let market = facts::market(self.state, self.ask.market);
        let time = self.state.chain.time;
        let offered = if part == Part::Shown { maker.size } else { maker.open() };
        let closable = before.closable(maker.side);
        let most = if maker.reduce_only { offered.min(closable) } else { offered };
        let size = most.min(self.matching.left);
        let notional = market.params.notional(maker.price, size)?;
        let fee = before.fee_tier(market, time).maker_fee_ceil(i128::from(notional.0));
        // A forced order pays its fund and no fee from which there could be a rebate.
        let fee = if self.ask.forced.is_some() { fee.max(0) } else { fee };
        let fee = Quote::try_from_i128(fee)?;
        let mut after = before;
        let is_spent = maker.reduce_only && size == closable && size < maker.open();
        let reserve_left = after.release_lots(maker, size);
        if is_spent {
            let rest = after_fill(maker, size, reserve_left);
            after.release(&rest);
        }
        after.trade(market, time, &Trade { side: maker.side, price: maker.price, size, fee }).ok()?;
        let bearable = is_bearable(self.state, self.ask.market, &before, &after);
        let fill = MakerFill { maker: *maker, size, fee, reserve_left, is_spent };
        bearable.then_some((after, fill))
    }
}

/// Trades the taker at the maker's price.
fn trade_taker(
    market: &Market,
    time: Millis,
    side: Side,
    matching: &mut Matching,
    fill: &MakerFill,
    fee: i128,
) -> Result<(), Rejection> {
    let (price, size) = (fill.maker.price, fill.size);
    let fee = Quote::try_from_i128(fee).ok_or(RejectCode::Overflow)?;
    matching.taker.trade(market, time, &Trade { side, price, size, fee })?;
    matching.met.taker_fees.push(fee);
    Ok(())
}

/// What a fill of `size` lots leaves of `maker`, as far as margin sees it: how it shows itself is for the book.
pub(crate) fn after_fill(maker: &Order, size: SizeLots, reserve: Quote) -> Order {
    let mut after = Order { reserve, ..*maker };
    let shown = size.min(maker.size);
    after.size.0 -= shown.0;
    if let Some(iceberg) = &mut after.iceberg {
        iceberg.hidden.0 -= size.0 - shown.0;
    }
    after
}
