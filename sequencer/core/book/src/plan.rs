//! What an order would do to the book.

use crate::{book::Book, slots::Slots};
use alloc::vec::Vec;
use ballast_types::{Order, OrderId, PriceTicks, Side, SizeLots, limits::MAX_FILLS_PER_ORDER};
use core::ops::ControlFlow;

/// One maker that an order would meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedFill {
    /// The resting order.
    pub maker: OrderId,
    /// Its price, at which the fill happens.
    pub price: PriceTicks,
    /// Lots that change hands, at least 1.
    pub size: SizeLots,
}

/// Which part of a resting order is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What it shows.
    Shown,
    /// What it does not show, after everything shown at its price.
    Hidden,
}

/// What a maker has to offer to the order that meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The resting order as it lies in the book.
    pub order: Order,
    /// Which part of it is met.
    pub part: Part,
    /// What that part has, at least 1 lot.
    pub size: SizeLots,
}

/// The makers that an order would meet, in the order of price, display and time. Reused from order to order, it
/// keeps its memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// At most [`MAX_FILLS_PER_ORDER`] fills. An iceberg may be in two of them.
    pub fills: Vec<PlannedFill>,
    /// Sum of the fills.
    pub filled: SizeLots,
    /// What the fills leave of the order's size.
    pub left: SizeLots,
    /// Whether the maximum of fills was met while something was left and one more maker stood ready. What is
    /// left then must not rest: it would cross.
    pub truncated: bool,
    /// Icebergs that were passed over: their hidden part is, too. Empty but during planning.
    pub(crate) passed_over: Vec<OrderId>,
}

impl Plan {
    /// Begins the plan of an order of `size` lots.
    pub(crate) fn begin(&mut self, size: SizeLots) {
        self.fills.clear();
        self.filled = SizeLots::ZERO;
        self.left = size;
        self.truncated = false;
    }

    /// Adds a maker with `size` open lots.
    pub(crate) fn meet(&mut self, maker: OrderId, price: PriceTicks, size: SizeLots) {
        let size = size.min(self.left);
        assert!(size > SizeLots::ZERO, "a fill moves something");
        self.fills.push(PlannedFill { maker, price, size });
        self.filled.0 += size.0;
        self.left.0 -= size.0;
    }
}

impl Book {
    /// Plans what an order of `taker_side` would meet until `size` is met, no maker is left whose price `limit`
    /// accepts, or the plan holds [`MAX_FILLS_PER_ORDER`] fills, in the order of [`Self::visit`].
    ///
    /// `skip` is asked once about each of these meetings while something is left; one for which it answers
    /// `true` is passed over and not counted, and the hidden size of a maker that was passed over is not asked
    /// about. Nothing of the book changes. What `plan` held before is lost.
    #[inline]
    pub fn plan(
        &self,
        taker_side: Side,
        limit: PriceTicks,
        size: SizeLots,
        mut skip: impl FnMut(&Offer) -> bool,
        plan: &mut Plan,
    ) {
        plan.begin(size);
        if size == SizeLots::ZERO {
            return;
        }
        self.visit(taker_side, limit, |offer| {
            let Offer { order, part, size } = offer;
            if *part == Part::Hidden && plan.passed_over.contains(&order.id) {
                return ControlFlow::Continue(());
            }
            if skip(offer) {
                if order.iceberg.is_some() {
                    plan.passed_over.push(order.id);
                }
                return ControlFlow::Continue(());
            }
            if plan.fills.len() == MAX_FILLS_PER_ORDER {
                plan.truncated = true;
                return ControlFlow::Break(());
            }
            plan.meet(order.id, order.price, *size);
            if plan.left == SizeLots::ZERO { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        plan.passed_over.clear();
    }

    /// Shows the makers that an order of `taker_side` limited at `limit` may meet, until there is none left or the
    /// visitor breaks off. At each price come first the shown sizes of all makers, the oldest first, and after them
    /// the hidden sizes of its icebergs, in the same order. Nothing of the book changes.
    #[inline]
    pub fn visit(
        &self,
        taker_side: Side,
        limit: PriceTicks,
        mut visitor: impl FnMut(&Offer) -> ControlFlow<()>,
    ) {
        let makers = &self.sides[taker_side.opposite()];
        if !makers.is_reached_by(limit) {
            return;
        }
        let worst = makers.rank(limit);
        let mut next = makers.best();
        while let Some(place) = next
            && place.rank <= worst
        {
            let first = makers.queue(place.level).first().slot();
            if visit_queue(&self.slots, first, &mut visitor).is_break() {
                return;
            }
            next = makers.next(place);
        }
    }
}

/// Visits a queue: what its orders show from the first on, and then what its icebergs hide. The second walk is as
/// long as the first was without being broken off.
fn visit_queue(
    slots: &Slots,
    first: Option<u32>,
    visitor: &mut impl FnMut(&Offer) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let (mut next, mut hides) = (first, false);
    while let Some(slot) = next {
        let at = slots.at(slot);
        next = at.after.slot();
        hides |= at.is_iceberg;
        visitor(&Offer { order: slots.assemble(slot, at), part: Part::Shown, size: at.size })?;
    }
    if hides { visit_hidden(slots, first, visitor) } else { ControlFlow::Continue(()) }
}

/// Visits what the icebergs of a queue hide.
fn visit_hidden(
    slots: &Slots,
    first: Option<u32>,
    visitor: &mut impl FnMut(&Offer) -> ControlFlow<()>,
) -> ControlFlow<()> {
    let mut next = first;
    while let Some(slot) = next {
        let at = slots.at(slot);
        next = at.after.slot();
        if !at.is_iceberg {
            continue;
        }
        let size = slots.iceberg(slot).hidden;
        if size > SizeLots::ZERO {
            visitor(&Offer { order: slots.assemble(slot, at), part: Part::Hidden, size })?;
        }
    }
    ControlFlow::Continue(())
}
