//! What an input did: the outcome that traders, feeds and auditors are told.

use crate::{
    AccountId, Address, AssetId, B256, BatchIndex, Causes, ClientId, Conditional, ConditionalId,
    ForcedRequest, GovernanceCall, Lots, MarketId, MarketMode, Millis, OracleState, Order, OrderId, PoolId,
    Ppm, PriceTicks, Quote, Rejection, Restrict, Side, SizeLots, Units,
};
use alloc::vec::Vec;
use borsh::{BorshDeserialize, BorshSerialize};

mod outcome;
mod reason;

pub use outcome::{Outcome, Status};
pub use reason::{Cover, RemovalReason};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Event {
    /// Step `step` of the operations was rejected; the others go on.
    OperationRejected {
        /// Its place among the operations, from 0.
        step: u8,
        /// Why.
        rejection: Rejection,
    },
    /// Step `step` took effect: an order got its id. Its fills, rest or removal follow.
    OrderAccepted {
        /// Its place among the operations, from 0.
        step: u8,
        /// Where.
        market: MarketId,
        /// Who.
        account: AccountId,
        /// Its id.
        order: OrderId,
        /// The trader's own number.
        client: ClientId,
        /// Bid or ask.
        side: Side,
        /// Limit price; where the order slid, the one that it slid to.
        price: PriceTicks,
        /// Size that enters: what was asked for, or what there is to close for a reduce-only order.
        size: SizeLots,
    },
    /// Two orders met, or were paired off in a clearing. Of these the older is the maker.
    Fill {
        /// Where.
        market: MarketId,
        /// The maker's price, or the one of the clearing.
        price: PriceTicks,
        /// How much.
        size: SizeLots,
        /// Side of the order that took.
        taker_side: Side,
        /// Account that took.
        taker: AccountId,
        /// Order that took.
        taker_order: OrderId,
        /// The taker's own number for its order.
        taker_client: ClientId,
        /// Fee of the taker, in micro-USDC; of a forced order what the fund gets, below zero what it adds.
        taker_fee: Quote,
        /// Account whose order rested.
        maker: AccountId,
        /// Order that rested.
        maker_order: OrderId,
        /// The maker's own number for its order.
        maker_client: ClientId,
        /// Fee of the maker, in micro-USDC; a rebate is below zero.
        maker_fee: Quote,
        /// What is left open of the maker's order.
        maker_left: SizeLots,
    },
    /// An order, or the rest of one, rests in the book.
    OrderRested {
        /// Where.
        market: MarketId,
        /// The order as it rests.
        order: Order,
    },
    /// An order left.
    OrderRemoved {
        /// Where.
        market: MarketId,
        /// Who.
        account: AccountId,
        /// Its id.
        order: OrderId,
        /// The trader's own number.
        client: ClientId,
        /// Bid or ask.
        side: Side,
        /// Limit price.
        price: PriceTicks,
        /// What was still open.
        size: SizeLots,
        /// Why.
        reason: RemovalReason,
    },
    /// An order became smaller without a trade and stays, a resting one in its place.
    OrderReduced {
        /// Where.
        market: MarketId,
        /// Who.
        account: AccountId,
        /// Its id.
        order: OrderId,
        /// The trader's own number.
        client: ClientId,
        /// Bid or ask.
        side: Side,
        /// Limit price.
        price: PriceTicks,
        /// How much was taken off.
        size: SizeLots,
        /// What is left open.
        left: SizeLots,
        /// Why.
        reason: RemovalReason,
    },
    /// A cancel of many took effect: `step` removed `count` orders, which follow, conditional ones last.
    AllCancelled {
        /// Its place among the operations, from 0.
        step: u8,
        /// How many orders left.
        count: u32,
    },
    /// Step `step` set the time at which all orders of the account are cancelled, or took it back.
    CancelScheduled {
        /// Its place among the operations, from 0.
        step: u8,
        /// The account.
        account: AccountId,
        /// When.
        at: Option<Millis>,
    },
    /// The time had come: the account's orders, which follow, are cancelled.
    ScheduledCancel {
        /// The account.
        account: AccountId,
        /// How many orders left.
        count: u32,
    },
    /// Step `step` took effect: an order waits for its condition.
    ConditionalPlaced {
        /// Its place among the operations, from 0.
        step: u8,
        /// Who.
        account: AccountId,
        /// The order as it waits.
        conditional: Conditional,
    },
    /// The condition has come: an order is placed, whose events follow, or a [`Self::OperationRejected`] comes next.
    ConditionalFired {
        /// Its place among those that fire with this input, from 0: the step of the events that follow.
        step: u8,
        /// Who.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Its id.
        conditional: ConditionalId,
        /// The trader's own number.
        client: ClientId,
        /// Size of the order that is placed.
        size: SizeLots,
        /// How many parts are still to come: with none left it no longer waits.
        slices_left: u16,
    },
    /// A conditional order became smaller, because of what another one of its group traded.
    ConditionalReduced {
        /// Who.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Its id.
        conditional: ConditionalId,
        /// The trader's own number.
        client: ClientId,
        /// What is left of it.
        left: SizeLots,
    },
    /// A conditional order no longer waits, and will not be placed.
    ConditionalRemoved {
        /// Who.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Its id.
        conditional: ConditionalId,
        /// The trader's own number.
        client: ClientId,
        /// Why.
        reason: RemovalReason,
    },
    /// Money, or another asset, arrived from L1.
    Deposited {
        /// Account credited.
        account: AccountId,
        /// Its owner.
        owner: Address,
        /// Which asset.
        asset: AssetId,
        /// How much, in 10^-6 of it.
        amount: Quote,
        /// Whether the account was opened for it.
        opened: bool,
    },
    /// Money, or another asset, left for L1: a leaf of this batch's withdrawal tree.
    Withdrawn {
        /// Dense number over all batches, from 0.
        id: u64,
        /// Account debited.
        account: AccountId,
        /// Who may claim it.
        recipient: Address,
        /// Which asset.
        asset: AssetId,
        /// How much, in 10^-6 of it.
        amount: Quote,
        /// The ticket with which it waited, if it did.
        ticket: Option<u64>,
    },
    /// A session key began.
    SessionGranted {
        /// The account.
        account: AccountId,
        /// The key.
        key: Address,
        /// Until when.
        valid_until: Millis,
        /// What it may do.
        scope: u8,
    },
    /// A session key ended.
    SessionRevoked {
        /// The account.
        account: AccountId,
        /// The key.
        key: Address,
    },
    /// A market has another price, or its price is good for something else.
    PriceUpdated {
        /// Which market.
        market: MarketId,
        /// Median of the valid reports.
        index: PriceTicks,
        /// Price that margin is computed at.
        mark: PriceTicks,
        /// What they are good for.
        oracle: OracleState,
    },
    /// Funding of a minute: whoever is long pays by how much `funding` rose for each lot, whoever is short receives it.
    FundingAccrued {
        /// Which market.
        market: MarketId,
        /// In ppb of notional an hour; longs pay above zero.
        rate: i64,
        /// Mark that it is of.
        mark: PriceTicks,
        /// Cumulative funding since the beginning, in u a lot.
        funding: i64,
    },
    /// L1 took a batch.
    BatchPosted {
        /// Which.
        index: BatchIndex,
        /// Its hash.
        batch_hash: B256,
    },
    /// A batch ended with this input.
    BatchSealed {
        /// Which.
        index: BatchIndex,
    },
    /// The guardian restricts a market until a time.
    Restricted(Restrict),
    /// An order waits for the next clearing, and is not shown.
    OrderWaits {
        /// Where.
        market: MarketId,
        /// The order as it waits.
        order: Order,
    },
    /// The orders that waited in a market met those that rest. Who left, the fills and what rests now follow.
    Cleared {
        /// Which market.
        market: MarketId,
        /// The price of all fills that follow; none when nothing trades.
        price: Option<PriceTicks>,
        /// Lots that change hands.
        volume: SizeLots,
    },
    /// Step `step` took effect: what the account holds in a market needs another initial margin.
    LeverageSet {
        /// Its place among the operations, from 0.
        step: u8,
        /// The account.
        account: AccountId,
        /// Which market.
        market: MarketId,
        /// How many times its initial margin a position may be worth; 0 for as many as the market allows.
        leverage: u16,
    },
    /// An account is liquidated: what is done to it follows.
    Liquidated {
        /// Which.
        account: AccountId,
        /// How far down the ladder it is: 1 liquidation, 2 close-out, 3 bankrupt (risk.md 5.1).
        level: u8,
        /// Its equity before, in u.
        equity: i128,
        /// Its maintenance margin before, in u.
        maintenance: i128,
    },
    /// The backstop takes over part of a position.
    TakenOver {
        /// Whose position.
        account: AccountId,
        /// Where.
        market: MarketId,
        /// Side on which the account trades.
        side: Side,
        /// How much.
        size: SizeLots,
        /// At which price.
        price: PriceTicks,
        /// What the fund adds for the account.
        fund: Quote,
    },
    /// A position is torn up, or part of its gain pays what bankrupt accounts owe.
    Deleveraged {
        /// Where.
        market: MarketId,
        /// Whose position.
        account: AccountId,
        /// What it grew by: bankrupt accounts and those that close against them move towards zero.
        size: Lots,
        /// The mark, at which it trades.
        price: PriceTicks,
        /// What the account pays; below zero what it gets.
        paid: Quote,
    },
    /// What an account owed was paid by selling of what it holds, to the backstop of its pool.
    CollateralSold {
        /// Which account.
        account: AccountId,
        /// Which asset.
        asset: AssetId,
        /// How much of it, in 10^-6 of it.
        amount: Units,
        /// What it got, in u.
        proceeds: Quote,
    },
    /// What an account owed is paid.
    DeficitCovered {
        /// Which account; the number of a fund where it pays what its pool owes.
        account: AccountId,
        /// By whom.
        by: Cover,
        /// How much.
        amount: Quote,
    },
    /// Money for the insurance fund arrived from L1.
    FundDeposited {
        /// Who gave it.
        owner: Address,
        /// How much.
        amount: Quote,
        /// To the fund of which pool.
        pool: PoolId,
    },
    /// What may be done in a market, why, or what it asks as initial margin is another.
    ModeChanged {
        /// Which market.
        market: MarketId,
        /// What may be done.
        mode: MarketMode,
        /// Why.
        causes: Causes,
        /// What its initial margin is multiplied with.
        initial_factor: Ppm,
        /// Of a halt, from when on orders are taken; else 0.
        calls_from: Millis,
    },
    /// The auction that was to end a halt found no good price.
    AuctionPutOff {
        /// Which market.
        market: MarketId,
        /// When it is tried again.
        until: Millis,
        /// How often it was put off.
        rounds: u8,
    },
    /// What assets are valued by whose price a market's index is.
    CollateralPriced {
        /// Which market.
        market: MarketId,
        /// Its index on average of the last hour; 0 where there is none.
        average: PriceTicks,
        /// What that may lose in a day, as far as it is in force.
        haircut: Ppm,
        /// The same for initial margin.
        haircut_initial: Ppm,
    },
    /// What a market asks for margin is another, for an hour ended.
    MarginChanged {
        /// Which market.
        market: MarketId,
        /// To keep a position, as a fraction of notional.
        maintenance: Ppm,
        /// To open one, as a fraction of notional, before what its mode multiplies it with.
        initial: Ppm,
    },
    /// Money went from an account to another of the same owner.
    Transferred {
        /// Which account paid.
        account: AccountId,
        /// Which was paid.
        to: AccountId,
        /// Its pool.
        pool: PoolId,
        /// How much was paid: as much as left the first, but out of a pool that was resolved.
        amount: Quote,
        /// What of that its opening cost; 0 when it was not opened for it.
        fee: Quote,
    },
    /// A withdrawal, or what is left of one, waits for its turn to leave the pool of its account, which was debited.
    WithdrawalQueued {
        /// Its place in the pool's queue, dense from 0.
        ticket: u64,
        /// Which account was debited.
        account: AccountId,
        /// Who is to be paid on L1.
        recipient: Address,
        /// How much waits.
        amount: Quote,
    },
    /// A market ended.
    MarketSettled {
        /// Which market.
        market: MarketId,
        /// What its positions are worth for ever; 0 when it never had a price that was fresh.
        price: PriceTicks,
    },
    /// A position of a market that settled became cash.
    PositionSettled {
        /// Which market.
        market: MarketId,
        /// Whose position.
        account: AccountId,
        /// What it was, in lots.
        size: Lots,
        /// The price at which the market settled.
        price: PriceTicks,
        /// Cash of the account afterwards.
        cash: Quote,
    },
    /// A pool owed for so long that its accounts are paid out.
    ResolutionBegan {
        /// Which pool.
        pool: PoolId,
    },
    /// All accounts of a pool are cash: whoever leaves is paid by the ratio.
    PoolResolved {
        /// Which pool.
        pool: PoolId,
        /// Parts in 10^9 of his cash that he is paid.
        ratio: u32,
    },
    /// A request that was forced through L1 is taken: what it does follows.
    ForcedRequest {
        /// Place of its message in the inbox.
        index: u64,
        /// Of which account.
        account: AccountId,
        /// What was asked for.
        request: ForcedRequest,
    },
    /// A position of an account that exits is closed: what closes it follows.
    Exiting {
        /// Which account.
        account: AccountId,
        /// Which market.
        market: MarketId,
        /// The position before, in lots with its sign.
        lots: Lots,
    },
    /// An account no longer exits.
    ExitEnded {
        /// Which account.
        account: AccountId,
        /// Who was to be paid on L1.
        recipient: Address,
        /// What of its cash was paid, or waits to be; 0 when nothing was.
        amount: Quote,
    },
    /// What a market's open interest asks of initial margin is another.
    OpenInterestMargin {
        /// Which market.
        market: MarketId,
        /// The least that initial margin is, as a fraction of notional; 0 for nothing.
        margin: Ppm,
    },
    /// What a USDC is worth let a guard of it go on or off, or is less than since the first went on.
    PegChanged {
        /// What it is worth, as a part of a dollar.
        price: Ppm,
        /// Whether initial margin is raised for it.
        weak: bool,
        /// Whether positions may only shrink.
        broken: bool,
        /// The least that it was worth since the first went on, rounded down to a whole thousandth.
        low: Ppm,
    },
    /// What governance asked for waits, in place of what waited for it, for the first report from that time on; at 0 nothing does.
    ChangeScheduled(GovernanceCall, Millis),
    /// What governance asked for took effect.
    ParameterChanged(GovernanceCall),
    /// What governance asked for is refused, at once or when it was to take effect.
    GovernanceRefused(GovernanceCall, Rejection),
    /// Somebody in a pool owes and nobody has paid it yet: nothing leaves the pool.
    PoolPaused {
        /// Which pool.
        pool: PoolId,
        /// Until when, unless it is told again.
        until: Millis,
    },
    /// Part of what an account gained pays what its pool owes.
    GainsCut {
        /// Which account.
        account: AccountId,
        /// What it pays.
        paid: Quote,
    },
    /// The margin tiers of a market followed its price.
    TiersMoved {
        /// Which market.
        market: MarketId,
        /// Beyond how many lots each of them begins now.
        above: Vec<SizeLots>,
    },
}
