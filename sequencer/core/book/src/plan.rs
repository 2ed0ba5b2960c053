//! What an order would do to the book.

use alloc::vec::Vec;
use ballast_types::{OrderId, PriceTicks, SizeLots};

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

/// The makers that an order would meet, in price-time order. Reused from order to order, it keeps its memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// At most [`ballast_types::limits::MAX_FILLS_PER_ORDER`] fills.
    pub fills: Vec<PlannedFill>,
    /// Sum of the fills.
    pub filled: SizeLots,
    /// What the fills leave of the order's size.
    pub left: SizeLots,
    /// Whether the maximum of fills was met while something was left and one more maker stood ready. What is
    /// left then must not rest: it would cross.
    pub truncated: bool,
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
