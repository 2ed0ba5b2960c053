//! What is kept of an order, and of a trader's own number.

use ballast_types::{
    AccountId, ClientId, ConditionalId, Millis, OrderId, PriceTicks, Quote, RemovalReason, Seq, Side,
    SizeLots,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// What last became of a trader's own number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ClientOrder {
    /// The order was placed under this id.
    Placed(OrderId),
    /// It was rejected.
    Rejected {
        /// Input that asked for it.
        seq: Seq,
        /// Its place among the operations of that input.
        step: u8,
    },
    /// It waits for a condition under this id, or did so last.
    Conditional(ConditionalId),
}

/// What became of an order so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OrderRecord {
    /// Whose it is.
    pub account: AccountId,
    /// The trader's own number; 0 when none was chosen.
    pub client: ClientId,
    /// Bid or ask.
    pub side: Side,
    /// Limit price.
    pub price: PriceTicks,
    /// Size that entered, less what was taken off without a trade.
    pub size: SizeLots,
    /// Input that placed it.
    pub placed: Seq,
    /// Time of that input.
    pub placed_time: Millis,
    /// What rests or waits.
    pub open: SizeLots,
    /// Whether it waits for a clearing.
    pub waits: bool,
    /// Sum of its fills.
    pub filled: SizeLots,
    /// Sum over its fills of price times size, in ticks times lots: below 2^86.
    pub turnover: u128,
    /// What its account paid for its fills, in micro-USDC.
    pub fees: i128,
    /// Last input that changed it.
    pub updated: Seq,
    /// How it ended; `None` while it rests or waits.
    pub ended: Option<OrderEnd>,
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct OrderEnd {
    /// Input that ended it.
    pub seq: Seq,
    /// Time of that input.
    pub time: Millis,
    /// Why it left.
    pub reason: RemovalReason,
}

impl OrderRecord {
    pub(super) fn fill(&mut self, price: PriceTicks, size: SizeLots, fee: Quote) {
        self.filled.0 += size.0;
        self.turnover += u128::from(price.0) * u128::from(size.0);
        self.fees += i128::from(fee.0);
    }
}
