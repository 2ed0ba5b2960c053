//! Whom an order would meet, and how each of them would stand after: decided on copies, before anything
//! changes.

use alloc::{collections::BTreeMap, vec::Vec};

use ballast_book::{Book, Plan};
use ballast_risk::{Trade, transition_allowed};
use ballast_state::State;
use ballast_types::{
    AccountId, Order, PriceTicks, Quote, RemovalReason, SizeLots, limits::MAX_FILLS_PER_ORDER,
};

use crate::{exchange::load_account, facts, margin, place_order::Placement, standing::Standing};

/// What becomes of a resting order that another meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    /// They trade.
    Fill(MakerFill),
    /// It gives way without a trade.
    Remove(Order, RemovalReason),
}

/// A maker's part of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MakerFill {
    /// The maker's order before.
    pub(crate) maker: Order,
    /// Lots that change hands.
    pub(crate) size: SizeLots,
    /// What the maker pays.
    pub(crate) fee: Quote,
    /// What stays reserved for the rest of its order.
    pub(crate) reserve_left: Quote,
}

/// The resting orders that an order would meet.
#[derive(Clone, Debug)]
pub(crate) struct Matching {
    /// In the order in which they are met.
    pub(crate) meetings: Vec<Meeting>,
    /// Everybody met, as they would stand after; not the taker.
    pub(crate) makers: BTreeMap<AccountId, Standing>,
    /// The taker after its own orders gave way; its trades are not in it yet.
    pub(crate) taker: Standing,
    /// What nobody fills.
    pub(crate) left: SizeLots,
    /// Whether more would have been met than one order may meet. What is left then must not rest.
    pub(crate) truncated: bool,
}

/// Plans what `ask` meets in `book`, of which `taker` is the standing.
///
/// The taker's own orders give way ([`RemovalReason::SelfTrade`]), and so does a maker that could not bear
/// the fill ([`RemovalReason::MakerMargin`]): a fill must leave it with the fill margin of risk.md 3.5, or
/// shrink its position and leave it no less healthy; several orders of one maker are judged one after the other.
/// An order meets at most [`MAX_FILLS_PER_ORDER`] resting orders and at most `may_meet`, with and without a trade,
/// so that the work is bounded also when it is rejected in the end.
///
/// Changes no fact; `state` is only there to be loaded.
pub(crate) fn match_order(
    state: &mut State,
    book: &Book,
    ask: &Placement,
    may_meet: usize,
    taker: Standing,
) -> Matching {
    let mut matcher = Matcher {
        state,
        ask,
        most: MAX_FILLS_PER_ORDER.min(may_meet),
        matching: Matching {
            meetings: Vec::new(),
            makers: BTreeMap::new(),
            taker,
            left: ask.order.size,
            truncated: false,
        },
    };
    let mut plan = Plan::default();
    let Placement { order, .. } = ask;
    book.plan(order.side, order.price, order.size, |maker| matcher.passes_over(maker), &mut plan);
    let matching = matcher.matching;
    assert!(matching.truncated || matching.left == plan.left, "the book planned the fills that were judged");
    matching
}

/// The price of the first order that `ask` would meet.
pub(crate) fn first_met(book: &Book, ask: &Placement) -> Option<PriceTicks> {
    let mut plan = Plan::default();
    let Placement { order, .. } = ask;
    book.plan(order.side, order.price, SizeLots(1), |maker| ask.is_instead_of(maker), &mut plan);
    plan.fills.first().map(|fill| fill.price)
}

struct Matcher<'a> {
    state: &'a mut State,
    ask: &'a Placement,
    /// How many resting orders may be met.
    most: usize,
    matching: Matching,
}

impl Matcher<'_> {
    /// Judges the next maker in the book's order; whether no trade with it comes about.
    fn passes_over(&mut self, maker: &Order) -> bool {
        if self.ask.is_instead_of(maker) {
            return true;
        }
        if self.matching.meetings.len() == self.most {
            // The plan may go on, and ends by its own bound; its further fills are not looked at.
            self.matching.truncated = true;
        }
        if self.matching.truncated {
            return false;
        }
        if maker.account == self.matching.taker.account {
            self.matching.taker.release(maker);
            self.matching.meetings.push(Meeting::Remove(*maker, RemovalReason::SelfTrade));
            return true;
        }
        let before = self.standing(maker.account);
        if let Some((after, fill)) = self.try_fill(maker, before) {
            self.matching.left.0 -= fill.size.0;
            self.matching.makers.insert(maker.account, after);
            self.matching.meetings.push(Meeting::Fill(fill));
            return false;
        }
        let mut after = before;
        after.release(maker);
        self.matching.makers.insert(maker.account, after);
        self.matching.meetings.push(Meeting::Remove(*maker, RemovalReason::MakerMargin));
        true
    }

    /// The maker as it stands after what it met before.
    fn standing(&mut self, account: AccountId) -> Standing {
        if let Some(standing) = self.matching.makers.get(&account) {
            return *standing;
        }
        load_account(self.state, account);
        Standing::of(self.state, account, self.ask.market)
    }

    /// The maker after the fill, if it can bear it.
    fn try_fill(&self, maker: &Order, before: Standing) -> Option<(Standing, MakerFill)> {
        let market = facts::market(self.state, self.ask.market);
        let size = maker.size.min(self.matching.left);
        let notional = market.params.notional(maker.price, size)?;
        let fee = Quote::try_from_i128(market.params.maker_fee_ceil(i128::from(notional.0)))?;
        let mut after = before;
        let reserve_left = after.release_filled(maker, size);
        after.trade(market, &Trade { side: maker.side, price: maker.price, size, fee }).ok()?;
        let bearable = self.is_bearable(&before, &after);
        bearable.then_some((after, MakerFill { maker: *maker, size, fee, reserve_left }))
    }

    /// Whether the maker has the fill margin after the fill, or else the fill shrinks its position and leaves it
    /// no less healthy (risk.md 3.10) or no deeper in debt. Shrinking alone does not excuse a fill: the price of a
    /// resting order may be far behind the mark, and the gain that outweighs it withdrawn.
    fn is_bearable(&self, before: &Standing, after: &Standing) -> bool {
        let summary = |standing| margin::summary_with(self.state, self.ask.market, standing);
        let then = summary(after);
        if then.meets_fill() {
            return true;
        }
        shrinks(before, after) && {
            let was = summary(before);
            then.equity >= was.equity || transition_allowed(&was, &then, [(before.reach(), after.reach())])
        }
    }
}

/// Whether the position became smaller without changing sides.
const fn shrinks(before: &Standing, after: &Standing) -> bool {
    after.size.0.unsigned_abs() < before.size.0.unsigned_abs()
        && after.size.0.signum() * before.size.0.signum() >= 0
}
