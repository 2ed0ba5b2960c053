//! The EIP-712 types that are signed, and how commands map onto them.
//!
//! Names, order and widths of the fields are law: wallets show them, contracts and the clients of other
//! languages hash them. `vectors/eip712.json` holds an example of each with its digest and signature.
//!
//! The mapping is injective: no two different commands have the same message, so a signature for one is never
//! one for another. Values that no honest client sends (a negative amount) still map to their own message and
//! are refused by the engine.

mod plain;

use crate::domain::digest;
use alloy_primitives::{Address, B256};
use ballast_types::{
    Direction, GuardianCommand, LinkKind, NewOrder, PriceSource, UserCommand, command, conditional,
};

// The macro's `uint8` and the like are Solidity's; it emits the struct, its ABI and its EIP-712 hashing.
alloy_sol_types::sol! {
    /// One step of an [`Operations`] command; see [`kind`]. Fields that its kind does not use are 0, and `given`
    /// says which of the [optional](given) ones are there.
    #[derive(Debug, PartialEq, Eq)]
    struct Operation {
        uint8 kind;
        uint16 market;
        uint64 orderId;
        uint8 side;
        uint64 price;
        uint64 size;
        uint8 timeInForce;
        uint64 time;
        bool reduceOnly;
        uint8 selfTrade;
        uint64 display;
        uint64 clientId;
        address key;
        uint8 given;
    }

    /// What a conditional order waits for: the first of the list is that of the first operation of kind
    /// [`PLACE_CONDITIONAL`](kind::PLACE_CONDITIONAL), and so on. See [`trigger`]. Fields that its kind does not use
    /// are 0.
    #[derive(Debug, PartialEq, Eq)]
    struct Trigger {
        uint8 kind;
        uint64 price;
        uint64 time;
        uint16 slices;
        uint32 interval;
        uint8 link;
        uint8 step;
    }

    /// Order entry, signed by the owner or by a session key.
    #[derive(Debug, PartialEq, Eq)]
    struct Operations {
        uint32 account;
        uint64 nonce;
        uint64 expires;
        bool atomic;
        Operation[] operations;
        Trigger[] triggers;
    }

    /// A session key begins, signed by the owner.
    #[derive(Debug, PartialEq, Eq)]
    struct GrantSession {
        uint32 account;
        uint64 nonce;
        uint64 expires;
        address key;
        uint64 validUntil;
        uint8 scope;
    }

    /// A session key ends, signed by the owner or by the key.
    #[derive(Debug, PartialEq, Eq)]
    struct RevokeSession {
        uint32 account;
        uint64 nonce;
        uint64 expires;
        address key;
    }

    /// Money, or another asset, leaves, signed by the owner.
    #[derive(Debug, PartialEq, Eq)]
    struct Withdraw {
        uint32 account;
        uint64 nonce;
        uint64 expires;
        uint16 asset;
        uint64 amount;
        address recipient;
    }

    /// Money goes to another account of the owner, who signs.
    #[derive(Debug, PartialEq, Eq)]
    struct Transfer {
        uint32 account;
        uint64 nonce;
        uint64 expires;
        uint32 to;
        uint16 pool;
        uint64 amount;
    }

    /// The price of one market in a [`PriceReport`].
    #[derive(Debug, PartialEq, Eq)]
    struct ReportedPrice {
        uint16 market;
        uint64 price;
        uint64 perp;
        uint32 confidence;
    }

    /// What one publisher saw, signed by the publisher.
    #[derive(Debug, PartialEq, Eq)]
    struct PriceReport {
        uint8 publisher;
        uint64 time;
        ReportedPrice[] prices;
    }

    /// A market matches in batches for a while, signed by the guardian.
    #[derive(Debug, PartialEq, Eq)]
    struct Restrict {
        uint16 market;
        uint8 mode;
        uint64 until;
        uint64 time;
    }

    /// An acknowledgement, signed by the sequencer.
    #[derive(Debug, PartialEq, Eq)]
    struct Promise {
        uint64 seq;
        bytes32 chain;
        uint64 time;
    }
}

/// Numbers of the kinds of [`Operation`].
pub mod kind {
    /// Place an order: `market`, `side`, `price`, `size`, `timeInForce`, `time`, `reduceOnly`, `selfTrade`,
    /// `display`, `clientId`.
    pub const PLACE: u8 = 0;
    /// Cancel an order: `market`, `orderId`.
    pub const CANCEL: u8 = 1;
    /// One order in place of another: `orderId` and what placing uses.
    pub const REPLACE: u8 = 2;
    /// Cancel all orders of `market`, `side` and `key`, as far as these are given.
    pub const CANCEL_ALL: u8 = 3;
    /// Cancel an order by the trader's own number: `market`, `clientId`.
    pub const CANCEL_CLIENT: u8 = 4;
    /// Cancel all orders at `time`; never, when it is not given.
    pub const SCHEDULE_CANCEL: u8 = 5;
    /// Place an order when its [`Trigger`](super::Trigger) says so: what placing uses.
    pub const PLACE_CONDITIONAL: u8 = 6;
    /// Cancel a conditional order: its id in `orderId`.
    pub const CANCEL_CONDITIONAL: u8 = 7;
    /// Set the leverage in a market, or take it back: `market`, the leverage in `size`.
    pub const SET_LEVERAGE: u8 = 8;
}

/// Numbers of the kinds and links of [`Trigger`].
pub mod trigger {
    /// When the order of the linked step is gone and has traded.
    pub const OPENED: u8 = 0;
    /// When the mark price is at `price` or above it.
    pub const MARK_ABOVE: u8 = 1;
    /// When the mark price is at `price` or below it.
    pub const MARK_BELOW: u8 = 2;
    /// When the index price is at `price` or above it.
    pub const INDEX_ABOVE: u8 = 3;
    /// When the index price is at `price` or below it.
    pub const INDEX_BELOW: u8 = 4;
    /// At `time`, and then every `interval` ms, `slices` times in all.
    pub const TIME: u8 = 5;

    /// It stands alone; `step` is 0.
    pub const ALONE: u8 = 0;
    /// One of it and of `step` cancels the other.
    pub const BESIDE: u8 = 1;
    /// It comes after the trades of `step`.
    pub const AFTER: u8 = 2;
}

/// Bits of `given` in [`Operation`]: which of the fields that may be absent are there.
pub mod given {
    /// `market`, where orders are cancelled.
    pub const MARKET: u8 = 1;
    /// `side`, where orders are cancelled.
    pub const SIDE: u8 = 2;
    /// `key`, where orders are cancelled.
    pub const KEY: u8 = 4;
    /// `time`: until when an order may trade, or when orders are to be cancelled.
    pub const TIME: u8 = 8;
    /// `display` of an order.
    pub const DISPLAY: u8 = 16;
}

impl Operation {
    /// An operation with every field 0 but these.
    const fn of(kind: u8, market: u16) -> Self {
        Self {
            kind,
            market,
            orderId: 0,
            side: 0,
            price: 0,
            size: 0,
            timeInForce: 0,
            time: 0,
            reduceOnly: false,
            selfTrade: 0,
            display: 0,
            clientId: 0,
            key: Address::ZERO,
            given: 0,
        }
    }

    /// The same operation with the fields of `order`.
    fn with(self, order: &NewOrder) -> Self {
        Self {
            side: order.side as u8,
            price: order.price.0,
            size: order.size.0,
            timeInForce: order.time_in_force as u8,
            time: order.good_until.map_or(0, |until| until.0),
            reduceOnly: order.reduce_only,
            selfTrade: order.self_trade as u8,
            display: order.display.map_or(0, |display| display.0),
            clientId: order.client.0,
            given: bit(given::TIME, order.good_until.is_some())
                | bit(given::DISPLAY, order.display.is_some()),
            ..self
        }
    }
}

const fn bit(bit: u8, is_set: bool) -> u8 {
    if is_set { bit } else { 0 }
}

impl From<&command::CancelFilter> for Operation {
    fn from(filter: &command::CancelFilter) -> Self {
        let command::CancelFilter { market, side, key } = filter;
        Self {
            side: side.map_or(0, |side| side as u8),
            key: key.unwrap_or_default(),
            given: bit(given::MARKET, market.is_some())
                | bit(given::SIDE, side.is_some())
                | bit(given::KEY, key.is_some()),
            ..Self::of(kind::CANCEL_ALL, market.map_or(0, |market| market.0))
        }
    }
}

impl From<&command::Operation> for Operation {
    fn from(operation: &command::Operation) -> Self {
        match operation {
            command::Operation::Place { market, order } => Self::of(kind::PLACE, market.0).with(order),
            command::Operation::Cancel { market, order } => {
                Self { orderId: order.0, ..Self::of(kind::CANCEL, market.0) }
            }
            command::Operation::CancelClient { market, client } => {
                Self { clientId: client.0, ..Self::of(kind::CANCEL_CLIENT, market.0) }
            }
            command::Operation::Replace { market, order, new } => {
                Self { orderId: order.0, ..Self::of(kind::REPLACE, market.0).with(new) }
            }
            command::Operation::CancelAll(filter) => Self::from(filter),
            command::Operation::ScheduleCancel { at } => Self {
                time: at.map_or(0, |at| at.0),
                given: bit(given::TIME, at.is_some()),
                ..Self::of(kind::SCHEDULE_CANCEL, 0)
            },
            command::Operation::PlaceConditional { market, order, .. } => {
                Self::of(kind::PLACE_CONDITIONAL, market.0).with(order)
            }
            command::Operation::CancelConditional { conditional } => {
                Self { orderId: conditional.0, ..Self::of(kind::CANCEL_CONDITIONAL, 0) }
            }
            command::Operation::SetLeverage { market, leverage } => {
                Self { size: u64::from(*leverage), ..Self::of(kind::SET_LEVERAGE, market.0) }
            }
        }
    }
}

impl Trigger {
    /// That of a conditional order; other operations have none.
    #[must_use]
    pub const fn of(operation: &command::Operation) -> Option<Self> {
        let command::Operation::PlaceConditional { trigger, link, .. } = operation else { return None };
        let mut it = Self { kind: 0, price: 0, time: 0, slices: 0, interval: 0, link: 0, step: 0 };
        match *trigger {
            conditional::Trigger::Opened => it.kind = trigger::OPENED,
            conditional::Trigger::Price { source, direction, level } => {
                it.price = level.0;
                it.kind = match (source, direction) {
                    (PriceSource::Mark, Direction::Above) => trigger::MARK_ABOVE,
                    (PriceSource::Mark, Direction::Below) => trigger::MARK_BELOW,
                    (PriceSource::Index, Direction::Above) => trigger::INDEX_ABOVE,
                    (PriceSource::Index, Direction::Below) => trigger::INDEX_BELOW,
                };
            }
            conditional::Trigger::Time { at, slices, interval } => {
                it.kind = trigger::TIME;
                it.time = at.0;
                it.slices = slices;
                it.interval = interval;
            }
        }
        if let Some(link) = link {
            it.step = link.step;
            it.link = match link.kind {
                LinkKind::Beside => trigger::BESIDE,
                LinkKind::After => trigger::AFTER,
            };
        }
        Some(it)
    }
}

impl From<&command::Operations> for Operations {
    fn from(command: &command::Operations) -> Self {
        Self {
            account: command.account.0,
            nonce: command.nonce.0,
            expires: command.expires.0,
            atomic: command.atomic,
            operations: command.operations.iter().map(Operation::from).collect(),
            triggers: command.operations.iter().filter_map(Trigger::of).collect(),
        }
    }
}

/// The digest that a user signs for `command`.
#[must_use]
pub fn command_digest(separator: B256, command: &UserCommand) -> B256 {
    match command {
        UserCommand::Operations(c) => digest(separator, &Operations::from(c)),
        UserCommand::GrantSession(c) => digest(separator, &GrantSession::from(c)),
        UserCommand::RevokeSession(c) => digest(separator, &RevokeSession::from(c)),
        UserCommand::Withdraw(c) => digest(separator, &Withdraw::from(c)),
        UserCommand::Transfer(c) => digest(separator, &Transfer::from(c)),
    }
}

/// The digest that a publisher signs for `report`.
#[must_use]
pub fn report_digest(separator: B256, report: &command::PriceReport) -> B256 {
    digest(separator, &PriceReport::from(report))
}

/// The digest that the guardian signs for `command`.
#[must_use]
pub fn guardian_digest(separator: B256, command: &GuardianCommand) -> B256 {
    match command {
        GuardianCommand::Restrict(c) => digest(separator, &Restrict::from(c)),
    }
}

#[cfg(test)]
mod tests;
