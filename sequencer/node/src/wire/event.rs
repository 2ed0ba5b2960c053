//! What happened, as JSON.

mod conditional;
mod forced;
mod governance;
mod liquidation;
mod market;
mod money;
mod of;
mod operation;
mod order;
mod settlement;

use super::{
    answer::RejectionView,
    conditional::ConditionalView,
    mode::ModeView,
    number::{Amount, Decimal},
    option::SideView,
    pricing::OracleStateView,
};
use ballast_types::{Address, B256};
pub use forced::RequestView;
pub(crate) use governance::action_name;
pub use liquidation::CoverView;
use serde::{Deserialize, Serialize};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the fields are those of the core's events, which say what they mean")]
pub enum EventView {
    OperationRejected {
        step: u8,
        rejection: RejectionView,
    },
    OrderAccepted {
        step: u8,
        market: u16,
        account: u32,
        order_id: Decimal,
        client_id: Decimal,
        side: SideView,
        price: u64,
        size: u64,
    },
    Fill {
        market: u16,
        price: u64,
        size: u64,
        taker_side: SideView,
        taker: u32,
        taker_order_id: Decimal,
        taker_client_id: Decimal,
        taker_fee: Amount,
        maker: u32,
        maker_order_id: Decimal,
        maker_client_id: Decimal,
        maker_fee: Amount,
        maker_left: u64,
    },
    OrderRested {
        market: u16,
        account: u32,
        order_id: Decimal,
        client_id: Decimal,
        side: SideView,
        price: u64,
        size: u64,
        hidden: u64,
    },
    OrderReduced {
        market: u16,
        account: u32,
        order_id: Decimal,
        client_id: Decimal,
        side: SideView,
        price: u64,
        size: u64,
        left: u64,
        reason: String,
    },
    OrderRemoved {
        market: u16,
        account: u32,
        order_id: Decimal,
        client_id: Decimal,
        side: SideView,
        price: u64,
        size: u64,
        reason: String,
    },
    AllCancelled {
        step: u8,
        count: u32,
    },
    CancelScheduled {
        step: u8,
        account: u32,
        at: Option<Decimal>,
    },
    ScheduledCancel {
        account: u32,
        count: u32,
    },
    LeverageSet {
        step: u8,
        account: u32,
        market: u16,
        leverage: u16,
    },
    ConditionalPlaced {
        step: u8,
        account: u32,
        conditional: ConditionalView,
    },
    ConditionalFired {
        step: u8,
        account: u32,
        market: u16,
        conditional_id: Decimal,
        client_id: Decimal,
        size: u64,
        slices_left: u16,
    },
    ConditionalReduced {
        account: u32,
        market: u16,
        conditional_id: Decimal,
        client_id: Decimal,
        left: u64,
    },
    ConditionalRemoved {
        account: u32,
        market: u16,
        conditional_id: Decimal,
        client_id: Decimal,
        reason: String,
    },
    Deposited {
        account: u32,
        owner: Address,
        asset: u16,
        amount: Amount,
        opened: bool,
    },
    Withdrawn {
        id: Decimal,
        account: u32,
        recipient: Address,
        asset: u16,
        amount: Amount,
        ticket: Option<Decimal>,
    },
    WithdrawalQueued {
        ticket: Decimal,
        account: u32,
        recipient: Address,
        amount: Amount,
    },
    SessionGranted {
        account: u32,
        key: Address,
        valid_until: Decimal,
        scope: u8,
    },
    SessionRevoked {
        account: u32,
        key: Address,
    },
    PriceUpdated {
        market: u16,
        index: u64,
        mark: u64,
        oracle: OracleStateView,
    },
    FundingAccrued {
        market: u16,
        rate: Amount,
        mark: u64,
        funding: Amount,
    },
    BatchPosted {
        index: u64,
        batch_hash: B256,
    },
    BatchSealed {
        index: u64,
    },
    Restricted {
        market: u16,
        mode: ModeView,
        until: Decimal,
    },
    ModeChanged {
        market: u16,
        mode: ModeView,
        causes: Vec<String>,
        initial_factor: u32,
        calls_from: u64,
    },
    AuctionPutOff {
        market: u16,
        until: u64,
        rounds: u8,
    },
    CollateralPriced {
        market: u16,
        average: u64,
        haircut: u32,
        haircut_initial: u32,
    },
    MarginChanged {
        market: u16,
        maintenance: u32,
        initial: u32,
    },
    OrderWaits {
        market: u16,
        account: u32,
        order_id: Decimal,
        client_id: Decimal,
        side: SideView,
        price: u64,
        size: u64,
        hidden: u64,
        once: bool,
        forced: bool,
    },
    Cleared {
        market: u16,
        price: Option<u64>,
        volume: Decimal,
    },
    Liquidated {
        account: u32,
        level: u8,
        equity: Amount,
        maintenance: Amount,
    },
    TakenOver {
        account: u32,
        market: u16,
        side: SideView,
        size: u64,
        price: u64,
        fund: Amount,
    },
    Deleveraged {
        account: u32,
        market: u16,
        size: i64,
        price: u64,
        paid: Amount,
    },
    GainsCut {
        account: u32,
        paid: Amount,
    },
    DeficitCovered {
        account: u32,
        by: CoverView,
        amount: Amount,
    },
    CollateralSold {
        account: u32,
        asset: u16,
        amount: Amount,
        proceeds: Amount,
    },
    FundDeposited {
        owner: Address,
        amount: Amount,
        pool: u16,
    },
    Transferred {
        account: u32,
        to: u32,
        pool: u16,
        amount: Amount,
        fee: Amount,
    },
    MarketSettled {
        market: u16,
        price: u64,
    },
    PositionSettled {
        market: u16,
        account: u32,
        size: i64,
        price: u64,
        cash: Amount,
    },
    PoolPaused {
        pool: u16,
        until: Decimal,
    },
    ResolutionBegan {
        pool: u16,
    },
    PoolResolved {
        pool: u16,
        ratio: u32,
    },
    ForcedRequest {
        index: u64,
        account: u32,
        request: RequestView,
    },
    Exiting {
        account: u32,
        market: u16,
        lots: i64,
    },
    ExitEnded {
        account: u32,
        recipient: Address,
        amount: Amount,
    },
    OpenInterestMargin {
        market: u16,
        margin: u32,
    },
    TiersMoved {
        market: u16,
        above: Vec<Decimal>,
    },
    PegChanged {
        price: u32,
        weak: bool,
        broken: bool,
        low: u32,
    },
    ChangeScheduled {
        action: u8,
        name: String,
        subject: u16,
        value: Decimal,
        at: u64,
    },
    ParameterChanged {
        action: u8,
        name: String,
        subject: u16,
        value: Decimal,
    },
    GovernanceRefused {
        action: u8,
        name: String,
        subject: u16,
        value: Decimal,
        rejection: RejectionView,
    },
}
