//! Units, ids, limits, commands, events and reject codes of the exchange, and their one canonical encoding.
//!
//! Everything that crosses a room of the core is made of these types. Nothing here decides anything.

#![no_std]

extern crate alloc;

pub mod asset;
pub mod codec;
pub mod command;
pub mod conditional;
pub mod event;
pub mod guardian;
pub mod ids;
pub mod input;
pub mod l1;
pub mod limits;
pub mod margin;
pub mod market;
pub mod math;
pub mod mode;
pub mod oracle;
pub mod order;
pub mod reject;
pub mod units;

pub use alloy_primitives::{Address, B256};
pub use asset::{AssetParams, Collateral};
pub use command::{
    CancelFilter, GrantSession, Operation, Operations, PriceReport, ReportedPrice, RevokeSession, Transfer,
    UserCommand, Withdraw,
};
pub use conditional::{Conditional, Direction, Group, Link, LinkKind, PriceSource, Trigger};
pub use event::{Cover, Event, Outcome, RemovalReason, Status};
pub use guardian::{GuardianCommand, Restrict};
pub use ids::{
    AccountId, AssetId, BatchIndex, ClientId, ConditionalId, KeyNumber, MarketId, Nonce, OrderId, PoolId,
    Seq, USDC,
};
pub use input::{Input, Signature, Source, SystemCommand};
pub use l1::{ForcedRequest, GovernanceCall, L1Message, L1Payload};
pub use margin::{MarginTier, initial_fraction};
pub use market::{FeeTier, MarketParams};
pub use mode::{Causes, MarketMode};
pub use oracle::{LiquidationTerms, MarketClass, OracleState, Tolerance, Velocity};
pub use order::{Iceberg, NewOrder, Order, SelfTrade, Side, TimeInForce, Waits};
pub use reject::{RejectCode, Rejection};
pub use units::{Lots, Millis, Ppm, PriceTicks, Quote, SignedPpm, SizeLots, Units};
