//! What users and publishers ask for. All of these are signed; see the `auth` crate for their EIP-712 types.

use crate::{
    conditional::{Link, Trigger},
    ids::{AccountId, AssetId, ClientId, ConditionalId, MarketId, Nonce, OrderId, PoolId, USDC},
    order::{NewOrder, Side},
    units::{Millis, Ppm, PriceTicks, Quote},
};
use alloc::vec::Vec;
use alloy_primitives::Address;
use borsh::{BorshDeserialize, BorshSerialize};

/// One step of an [`Operations`] command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Operation {
    /// Place an order.
    Place {
        /// Where.
        market: MarketId,
        /// What.
        order: NewOrder,
    },
    /// Cancel one order.
    Cancel {
        /// Where it rests.
        market: MarketId,
        /// Its id.
        order: OrderId,
    },
    /// Cancel the open order, or the conditional one, that the trader gave this number.
    CancelClient {
        /// Where it rests.
        market: MarketId,
        /// The trader's own number for it; not 0.
        client: ClientId,
    },
    /// One order of the account in place of another of the same market, in one step: when the old one is gone, the
    /// new one is rejected too, so a replacement never doubles exposure. What only takes size off the old one
    /// leaves it its id and its place in the queue.
    Replace {
        /// Where it rests.
        market: MarketId,
        /// The order to cancel.
        order: OrderId,
        /// What takes its place.
        new: NewOrder,
    },
    /// Cancel all orders of the account, conditional ones too, that every filter lets through.
    CancelAll(CancelFilter),
    /// Cancel all orders of the account, conditional ones too, at a time, unless this is said again before: a dead
    /// man's switch.
    ScheduleCancel {
        /// When; never, where it was scheduled before, when `None`.
        at: Option<Millis>,
    },
    /// Place an order when something has happened.
    PlaceConditional {
        /// Where.
        market: MarketId,
        /// What. Of a sell below the band the limit is its lower edge when it is placed, of a buy above it its upper.
        order: NewOrder,
        /// When.
        trigger: Trigger,
        /// Which step before this one it hangs together with.
        link: Option<Link>,
    },
    /// Cancel one conditional order.
    CancelConditional {
        /// Its id.
        conditional: ConditionalId,
    },
    /// Say how many times its initial margin a position of the account in a market may be worth.
    SetLeverage {
        /// Where.
        market: MarketId,
        /// How many times, 1 to what the market allows; as many as it allows when 0.
        leverage: u16,
    },
}

/// Which orders to cancel: those that fit all that is named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CancelFilter {
    /// Of this market.
    pub market: Option<MarketId>,
    /// Of this side.
    pub side: Option<Side>,
    /// Placed with this key: the owner's address, or that of a session.
    pub key: Option<Address>,
}

impl CancelFilter {
    /// Every order.
    pub const ALL: Self = Self { market: None, side: None, key: None };

    /// Every order of one market.
    #[must_use]
    pub const fn market(market: MarketId) -> Self {
        Self { market: Some(market), ..Self::ALL }
    }
}

/// Order entry: up to 100 operations under one signature, carried out in order.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Operations {
    /// The account that trades.
    pub account: AccountId,
    /// Used once by the key that signs.
    pub nonce: Nonce,
    /// Last time at which the sequencer may take it.
    pub expires: Millis,
    /// Whether all of them take effect or none; otherwise each is judged on its own merits.
    pub atomic: bool,
    /// 1 to 100 steps.
    pub operations: Vec<Operation>,
}

/// Lets a key trade for an account until a time. Signed by the owner.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct GrantSession {
    /// The account.
    pub account: AccountId,
    /// Used once by the owner.
    pub nonce: Nonce,
    /// Last time at which the sequencer may take it.
    pub expires: Millis,
    /// Address of the key that may trade.
    pub key: Address,
    /// Last time at which the key may trade.
    pub valid_until: Millis,
    /// What the key may do: a set of [`scope`] bits.
    pub scope: u8,
}

/// What a session key may do.
pub mod scope {
    /// Place and replace orders.
    pub const TRADE: u8 = 1;
    /// Cancel orders.
    pub const CANCEL: u8 = 2;
    /// Every bit that has a meaning.
    pub const ALL: u8 = TRADE | CANCEL;
}

/// Ends a session key at once. Signed by the owner, or by the key itself.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct RevokeSession {
    /// The account.
    pub account: AccountId,
    /// Used once by the signer.
    pub nonce: Nonce,
    /// Last time at which the sequencer may take it.
    pub expires: Millis,
    /// Address of the key that ends.
    pub key: Address,
}

/// Takes money, or another asset in kind, out to L1. Signed by the owner.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Withdraw {
    /// The account.
    pub account: AccountId,
    /// Used once by the owner.
    pub nonce: Nonce,
    /// Last time at which the sequencer may take it.
    pub expires: Millis,
    /// Which asset.
    pub asset: AssetId,
    /// How much, in 10^-6 of it.
    pub amount: Quote,
    /// Who may claim it on L1; not zero.
    pub recipient: Address,
}

/// Moves money to another account of the same owner. Signed by the owner.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Transfer {
    /// The account that pays.
    pub account: AccountId,
    /// Used once by the owner.
    pub nonce: Nonce,
    /// Last time at which the sequencer may take it.
    pub expires: Millis,
    /// The account that is paid; a new one when it is `NEW_ACCOUNT`.
    pub to: AccountId,
    /// Its pool.
    pub pool: PoolId,
    /// How much leaves the first, in micro-USDC.
    pub amount: Quote,
}

/// One command of a user.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum UserCommand {
    /// Order entry.
    Operations(Operations),
    /// A session key begins.
    GrantSession(GrantSession),
    /// A session key ends.
    RevokeSession(RevokeSession),
    /// Money leaves.
    Withdraw(Withdraw),
    /// Money goes to another account.
    Transfer(Transfer),
}

impl UserCommand {
    /// The account that the command is for.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        match self {
            Self::Operations(c) => c.account,
            Self::GrantSession(c) => c.account,
            Self::RevokeSession(c) => c.account,
            Self::Withdraw(c) => c.account,
            Self::Transfer(c) => c.account,
        }
    }

    /// The nonce that the command uses.
    #[must_use]
    pub const fn nonce(&self) -> Nonce {
        match self {
            Self::Operations(c) => c.nonce,
            Self::GrantSession(c) => c.nonce,
            Self::RevokeSession(c) => c.nonce,
            Self::Withdraw(c) => c.nonce,
            Self::Transfer(c) => c.nonce,
        }
    }

    /// Last time at which the sequencer may take the command.
    #[must_use]
    pub const fn expires(&self) -> Millis {
        match self {
            Self::Operations(c) => c.expires,
            Self::GrantSession(c) => c.expires,
            Self::RevokeSession(c) => c.expires,
            Self::Withdraw(c) => c.expires,
            Self::Transfer(c) => c.expires,
        }
    }
}

/// The price of one market in a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReportedPrice {
    /// Which market.
    pub market: MarketId,
    /// Its spot price in ticks.
    pub price: PriceTicks,
    /// Price of its perpetual futures at other exchanges in ticks, where there is one.
    pub perp: Option<PriceTicks>,
    /// How far off the publisher holds the spot price to be at most, as a fraction of it.
    pub confidence: Ppm,
}

impl ReportedPrice {
    /// A price that is the same everywhere and beyond doubt.
    #[must_use]
    pub const fn plain(market: MarketId, price: PriceTicks) -> Self {
        Self { market, price, perp: Some(price), confidence: Ppm(0) }
    }

    /// The capacity of a market, in whole USDC: 1 to 2^40.
    #[must_use]
    pub const fn capacity(market: MarketId, usdc: u64) -> Self {
        Self { market: market.capacity(), price: PriceTicks(usdc), perp: None, confidence: Ppm(0) }
    }

    /// What a USDC is worth, as a part of a dollar.
    #[must_use]
    pub const fn usdc(worth: Ppm) -> Self {
        Self { market: USDC, price: PriceTicks(worth.0 as u64), perp: None, confidence: Ppm(0) }
    }
}

/// What one publisher saw at one time. Signed by the publisher; markets ascend.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PriceReport {
    /// Place of the publisher in the list of the genesis.
    pub publisher: u8,
    /// When it saw them; grows from report to report of one publisher.
    pub time: Millis,
    /// One price a market, markets strictly ascending.
    pub prices: Vec<ReportedPrice>,
}

/// The kind of a user's command, for answers and metrics.
#[must_use]
pub const fn command_name(command: &UserCommand) -> &'static str {
    match command {
        UserCommand::Operations(_) => "operations",
        UserCommand::GrantSession(_) => "grant_session",
        UserCommand::RevokeSession(_) => "revoke_session",
        UserCommand::Withdraw(_) => "withdraw",
        UserCommand::Transfer(_) => "transfer",
    }
}
