//! What queries answer.

use super::{
    asset::HoldingView,
    conditional::ConditionalView,
    event::EventView,
    exposure::ExposureView,
    number::{Amount, Decimal, Hex},
    option::SideView,
};
use ballast_types::{Address, B256};
use serde::{Deserialize, Serialize};

macro_rules! views {
    ($($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $field:ident: $type:ty,)* })*) => {
        $(
            $(#[$outer])*
            #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
            #[serde(rename_all = "camelCase")]
            pub struct $name { $($(#[$inner])* pub $field: $type,)* }
        )*
    };
}

pub(super) use views;

views! {
    /// An open position.
    PositionView {
        /// Which market.
        market: u16,
        /// Signed size, in lots.
        size: i64,
        /// Signed cost basis, in micro-USDC.
        basis: Amount,
        /// Price that margin is computed at, in ticks.
        mark: u64,
        /// Value at the mark less the basis, in micro-USDC.
        unrealized: Amount,
        /// Funding not yet settled into cash, in micro-USDC; below zero when the account pays.
        funding: Amount,
        /// Initial margin of the position alone, in micro-USDC.
        initial_margin: Amount,
        /// Maintenance margin of the position, in micro-USDC.
        maintenance_margin: Amount,
        /// The mark nearest to the present one at which the account is liquidated, in ticks, if nothing else moves.
        liquidation_price: Option<u64>,
        /// How strongly the position takes part in a tear-up of the other side, in millionths of a lot.
        tear_up_weight: Amount,
        /// What a haircut may take of it at most, in micro-USDC.
        haircut_gain: Amount,
    }

    /// What an account said of its leverage in a market.
    LeverageView {
        /// Which market.
        market: u16,
        /// How many times its initial margin a position there may be worth.
        leverage: u16,
    }

    /// A session key.
    SessionView {
        /// Its address.
        key: Address,
        /// Last time at which it may trade, in milliseconds.
        valid_until: Decimal,
        /// Bits: 1 trade, 2 cancel.
        scope: u8,
        /// Highest nonce that it has used.
        highest_nonce: Decimal,
    }

    /// An account with every term of its margin, in micro-USDC.
    AccountView {
        /// State after this input.
        seq: u64,
        /// Its id.
        account: u32,
        /// Who owns it.
        owner: Address,
        /// Its risk pool.
        pool: u16,
        /// Settled cash.
        cash: Amount,
        /// Equity at the mark.
        equity: Amount,
        /// Equity that counts as initial margin: gains weighted.
        equity_initial: Amount,
        /// Equity that counts for withdrawals: gains weighted.
        equity_withdrawal: Amount,
        /// Initial margin of positions and open orders.
        initial_margin: Amount,
        /// Maintenance margin of the positions.
        maintenance_margin: Amount,
        /// Margin that a resting order's account must have for the order to fill.
        fill_margin: Amount,
        /// Sum of the positions' notionals.
        notional: Amount,
        /// Cash less funding not yet settled.
        cash_effective: Amount,
        /// Cash and the cost of the positions: what was paid in and gained so far.
        settled_balance: Amount,
        /// Reserved for open orders.
        reserve: Amount,
        /// What may be withdrawn.
        withdrawable: Amount,
        /// Resting orders.
        open_orders: u32,
        /// Those that are charged for: all that do not only reduce.
        charged_orders: u32,
        /// When all its orders will be cancelled, in milliseconds; null when that is not scheduled.
        cancel_at: Option<Decimal>,
        /// What counts for its fee tier, in micro-USDC of notional.
        volume: Decimal,
        /// Open positions, markets ascending.
        positions: Vec<PositionView>,
        /// What it has in each market with a position or an order, markets ascending.
        exposures: Vec<ExposureView>,
        /// Where it said a leverage, markets ascending; in all others it has as much as the market allows.
        leverages: Vec<LeverageView>,
        /// Session keys that were not ended; one whose time is over may be among them.
        sessions: Vec<SessionView>,
        /// Who is to be paid when its owner forced its exit through L1; null while it does not exit.
        exit: Option<Address>,
        /// What it holds of assets beside USDC, assets ascending.
        holdings: Vec<HoldingView>,
        /// What they count for in equity.
        collateral: Amount,
        /// What they count for as initial margin.
        collateral_initial: Amount,
        /// What it owes in USDC that they stand for.
        debt: Amount,
        /// The most that it may owe before they are sold.
        debt_limit: Amount,
    }

    /// A resting order.
    OrderView {
        /// Where.
        market: u16,
        /// Its id.
        order_id: Decimal,
        /// The trader's own number.
        client_id: Decimal,
        /// Bid or ask.
        side: SideView,
        /// Limit price, in ticks.
        price: u64,
        /// What is open and shown, in lots.
        size: u64,
        /// What is open and not shown, in lots.
        hidden: u64,
        /// Margin reserved for it, in micro-USDC.
        reserve: Amount,
        /// Whether it only ever closes.
        reduce_only: bool,
        /// Last time at which it may trade, in milliseconds; null until it is cancelled.
        good_until: Option<Decimal>,
        /// `rest` or `once` while it waits for a clearing; null when it rests.
        waits: Option<String>,
        /// The key that placed it; null when that was the key of a session that is no longer known.
        key: Option<Address>,
    }

    /// The resting and the conditional orders of an account.
    OrdersView {
        /// State after this input.
        seq: u64,
        /// Markets and ids ascending.
        orders: Vec<OrderView>,
        /// Those that wait for a condition, ids ascending.
        conditionals: Vec<ConditionalView>,
    }

    /// A price level: price in ticks, size in lots, 0 when the level is gone.
    LevelView {
        /// Price, in ticks.
        price: u64,
        /// Sum of the orders, in lots.
        size: Amount,
    }

    /// The best levels of a book.
    BookView {
        /// State after this input.
        seq: u64,
        /// Which market.
        market: u16,
        /// Whether these are all levels; false when there were more than fit on a side.
        complete: bool,
        /// Best first.
        bids: Vec<LevelView>,
        /// Best first.
        asks: Vec<LevelView>,
    }

    /// A trade.
    TradeView {
        /// Input that caused it.
        seq: u64,
        /// Its time, in milliseconds.
        time: u64,
        /// Where.
        market: u16,
        /// Price, in ticks.
        price: u64,
        /// Size, in lots.
        size: u64,
        /// Side of the order that took.
        taker_side: SideView,
    }

    /// The latest trades of a market.
    TradesView {
        /// State after this input.
        seq: u64,
        /// Newest first.
        trades: Vec<TradeView>,
    }

    /// A fill of an account.
    AccountFillView {
        /// Input that caused it.
        seq: u64,
        /// Its place among the events of that input; with `seq`, where the next page goes on.
        place: u32,
        /// Its time, in milliseconds.
        time: u64,
        /// Whether the account's order rested.
        maker: bool,
        /// The trade.
        fill: EventView,
    }

    /// Nonces of a key of an account.
    NonceView {
        /// Highest nonce that was used; 0 when none was.
        highest: Decimal,
        /// A nonce that was not used and may be used now.
        next: Decimal,
    }

    /// A deposit of L1.
    DepositView {
        /// Place of the message in the inbox.
        index: u64,
        /// Input that consumed it.
        seq: u64,
        /// What it did.
        events: Vec<EventView>,
    }

    /// A withdrawal.
    WithdrawalView {
        /// Dense number over all batches.
        id: Decimal,
        /// Account debited.
        account: u32,
        /// Who may claim it.
        recipient: Address,
        /// Which asset.
        asset: u16,
        /// How much, in 10^-6 of it.
        amount: Amount,
        /// Input that caused it.
        seq: u64,
        /// Its time, in milliseconds.
        time: u64,
        /// Its batch; null while the batch is open.
        batch: Option<u64>,
    }

    /// What a claim on L1 needs.
    WithdrawalProofView {
        /// The withdrawal.
        withdrawal: WithdrawalView,
        /// Its batch.
        batch: u64,
        /// Its place in the batch's withdrawal tree.
        position: u32,
        /// The tree's root, as the header has it.
        withdrawals_root: B256,
        /// ABI encoding of the withdrawal: the leaf's bytes.
        leaf: Hex,
        /// Siblings from the leaf upwards.
        proof: Vec<B256>,
    }

    /// A sealed batch.
    BatchView {
        /// Place in the chain of batches.
        index: u64,
        /// First input.
        first_seq: u64,
        /// Last input, its seal.
        last_seq: u64,
        /// Time of the first input, in milliseconds.
        first_time: u64,
        /// Time of the last input, in milliseconds.
        last_time: u64,
        /// State root before it.
        previous_state_root: B256,
        /// State root after it.
        state_root: B256,
        /// Promise chain after it.
        promise_hash: B256,
        /// Root over its input chunks.
        inputs_root: B256,
        /// Number of those chunks.
        input_chunks: u32,
        /// Root over its withdrawals.
        withdrawals_root: B256,
        /// Number of those withdrawals.
        withdrawal_count: u32,
        /// Hash of its diff.
        diff_hash: B256,
        /// Hash under which it was posted; null before.
        batch_hash: Option<B256>,
        /// ABI encoding of the header: as posted when it was, else with `previousHash` and `dataHash` zero.
        header: Hex,
    }

    /// A chunk of a batch's inputs.
    ChunkView {
        /// Which batch.
        index: u64,
        /// Which chunk.
        chunk: u32,
        /// How many there are.
        chunks: u32,
        /// Its bytes.
        data: Hex,
        /// Siblings from the chunk up to the header's `inputsRoot`.
        proof: Vec<B256>,
    }

    /// The diff of a batch.
    DiffView {
        /// Which batch.
        index: u64,
        /// Its bytes.
        diff: Hex,
    }
}
