//! The JSON of the public interface: what requests and answers look like. No behaviour but conversion.
//!
//! Integers that may pass 2^53 (ids of orders, nonces, trader's numbers, money) are decimal strings; seqs,
//! times, prices and sizes stay far below and are numbers. In requests every integer may be either.

mod answer;
mod asset;
mod channel;
mod conditional;
mod event;
mod exposure;
mod governance;
mod l1_message;
mod market;
mod mode;
mod number;
mod option;
mod order_status;
mod peg;
mod pool;
mod pricing;
mod removal;
mod report;
mod request;
mod shortfall;
mod status;
mod view;
mod what_if;

pub use answer::{
    FillView, LinkView, OperationResult, OrderEntryAnswer, OutcomeView, RejectionView, results, results_of,
};
pub use asset::{AssetView, CollateralView, HoldingView};
pub use channel::{
    AccountUpdate, BookUpdate, Channel, MarketUpdate, PoolUpdate, Subscription, TradesUpdate, Update, Watched,
};
pub use conditional::{ConditionalView, LinkKindView, LinkRequest, TriggerView};
pub(crate) use event::action_name;
pub use event::{CoverView, EventView, RequestView};
pub use exposure::ExposureView;
pub use governance::{GovernanceView, ParameterView, PendingChangeView, SignersView};
pub use l1_message::L1MessageView;
pub use market::{FeeTierView, MarginTierView, MarketView};
pub(crate) use mode::cause_names;
pub use mode::{ActivityView, BreakersView, ModeView};
pub use number::{Amount, Decimal, Hex, Integer};
pub use option::{SelfTradeView, SideView, TimeInForceView};
pub use order_status::OrderStatusView;
pub use peg::PegView;
pub use pool::{BucketView, PoolView, QuarantineView, QueuedView};
pub use pricing::{CapacityView, FundingView, OracleStateView, PricingView, ReportView};
pub use removal::{removal_reason, waits_for};
pub use report::{GuardianCommandRequest, GuardianRequest, PriceReportRequest, ReportedPriceRequest};
pub use request::{
    GrantSessionRequest, NewOrderRequest, OperationRequest, OperationsRequest, RevokeSessionRequest,
    TransferRequest, WithdrawRequest,
};
pub use shortfall::ShortfallView;
pub use status::{DomainView, L1View, StatusView, TimeView};
pub use view::*;
pub use what_if::{WhatIfResult, WhatIfView};
