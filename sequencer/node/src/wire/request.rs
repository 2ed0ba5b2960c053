//! What is asked for: the signed structs as JSON, and how they map onto commands.

use super::{
    conditional::{LinkRequest, TriggerView},
    number::{Decimal, Integer},
    option::{SelfTradeView, SideView, TimeInForceView},
};
use alloy_primitives::hex;
use ballast_types::{
    AccountId, Address, AssetId, CancelFilter, ClientId, ConditionalId, GrantSession, Link, MarketId, Millis,
    NewOrder, Nonce, Operation, Operations, OrderId, PoolId, PriceTicks, Quote, RejectCode, Rejection,
    RevokeSession, Side, Signature, SizeLots, Transfer, UserCommand, Withdraw,
    limits::{MAX_AMOUNT, MAX_OPERATIONS},
};
use serde::{Deserialize, Serialize};

/// An order as the trader asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOrderRequest {
    /// Bid or ask.
    pub side: SideView,
    /// Worst price, in ticks.
    pub price: Decimal,
    /// Size, in lots.
    pub size: Decimal,
    /// How long it lives; `gtc` when left out.
    #[serde(default)]
    pub time_in_force: TimeInForceView,
    /// Last time at which it may trade, in milliseconds; until it is cancelled when left out.
    #[serde(default)]
    pub good_until: Option<Decimal>,
    /// Whether it only ever closes.
    #[serde(default)]
    pub reduce_only: bool,
    /// What it does when it meets an order of its own owner; `cancelMaker` when left out.
    #[serde(default)]
    pub self_trade: SelfTradeView,
    /// How much of what rests is shown at a time, in lots; all of it when left out.
    #[serde(default)]
    pub display: Option<Decimal>,
    /// The trader's own number; 0, none, when left out.
    #[serde(default)]
    pub client_id: Decimal,
}

/// One step of order entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum OperationRequest {
    /// Place an order.
    Place {
        /// Where.
        market: Integer<u16>,
        /// What.
        order: NewOrderRequest,
    },
    /// Cancel an order.
    Cancel {
        /// Where it rests.
        market: Integer<u16>,
        /// Its id.
        order_id: Decimal,
    },
    /// Cancel an order and place another.
    Replace {
        /// Where it rests.
        market: Integer<u16>,
        /// The order to cancel.
        order_id: Decimal,
        /// What takes its place.
        order: NewOrderRequest,
    },
    /// Cancel the open order with the trader's own number.
    CancelClient {
        /// Where it rests.
        market: Integer<u16>,
        /// The trader's own number.
        client_id: Decimal,
    },
    /// Cancel every order that fits what is named.
    CancelAll {
        /// Of this market.
        #[serde(default)]
        market: Option<Integer<u16>>,
        /// Of this side.
        #[serde(default)]
        side: Option<SideView>,
        /// Placed with this key.
        #[serde(default)]
        key: Option<Address>,
    },
    /// Cancel every order at a time, or no longer.
    ScheduleCancel {
        /// When, in milliseconds; no longer when left out.
        #[serde(default)]
        at: Option<Decimal>,
    },
    /// Place an order when something has happened.
    PlaceConditional {
        /// Where.
        market: Integer<u16>,
        /// What.
        order: NewOrderRequest,
        /// When.
        trigger: TriggerView,
        /// Which earlier step it hangs together with; none when left out.
        #[serde(default)]
        link: Option<LinkRequest>,
    },
    /// Cancel a conditional order.
    CancelConditional {
        /// Its id.
        conditional_id: Decimal,
    },
    /// Say how many times its initial margin a position in a market may be worth.
    SetLeverage {
        /// Where.
        market: Integer<u16>,
        /// How many times; as many as the market allows when 0.
        leverage: Integer<u16>,
    },
}

/// Order entry: 1 to 100 steps under one signature over EIP-712 `Operations`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationsRequest {
    /// The account that trades.
    pub account: Integer<u32>,
    /// Used once by the key that signs.
    pub nonce: Decimal,
    /// Last time at which it may be taken, in milliseconds.
    pub expires: Decimal,
    /// Whether all steps take effect or none; false when left out.
    #[serde(default)]
    pub atomic: bool,
    /// The steps.
    pub operations: Vec<OperationRequest>,
    /// 65 bytes, `r || s || v`.
    pub signature: SignatureRequest,
}

/// Lets a key trade: EIP-712 `GrantSession`, signed by the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantSessionRequest {
    /// The account.
    pub account: Integer<u32>,
    /// Used once by the owner.
    pub nonce: Decimal,
    /// Last time at which it may be taken, in milliseconds.
    pub expires: Decimal,
    /// Address of the key that may trade.
    pub key: Address,
    /// Last time at which the key may trade, in milliseconds.
    pub valid_until: Decimal,
    /// Bits: 1 trade, 2 cancel.
    pub scope: Integer<u8>,
    /// 65 bytes, `r || s || v`.
    pub signature: SignatureRequest,
}

/// Ends a session key: EIP-712 `RevokeSession`, signed by the owner or by the key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeSessionRequest {
    /// The account.
    pub account: Integer<u32>,
    /// Used once by the signer.
    pub nonce: Decimal,
    /// Last time at which it may be taken, in milliseconds.
    pub expires: Decimal,
    /// Address of the key that ends.
    pub key: Address,
    /// 65 bytes, `r || s || v`.
    pub signature: SignatureRequest,
}

/// Takes money, or another asset, out to L1: EIP-712 `Withdraw`, signed by the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WithdrawRequest {
    /// The account.
    pub account: Integer<u32>,
    /// Used once by the owner.
    pub nonce: Decimal,
    /// Last time at which it may be taken, in milliseconds.
    pub expires: Decimal,
    /// Which asset; 0, USDC, when left out.
    #[serde(default)]
    pub asset: Integer<u16>,
    /// How much, in 10^-6 of it.
    pub amount: Decimal,
    /// Who may claim it on L1.
    pub recipient: Address,
    /// 65 bytes, `r || s || v`.
    pub signature: SignatureRequest,
}

/// Moves money to another account of the owner: EIP-712 `Transfer`, signed by the owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TransferRequest {
    /// The account that pays.
    pub account: Integer<u32>,
    /// Used once by the owner.
    pub nonce: Decimal,
    /// Last time at which it may be taken, in milliseconds.
    pub expires: Decimal,
    /// The account that is paid; 2^32 - 1 for a new one.
    pub to: Integer<u32>,
    /// Its pool.
    pub pool: Integer<u16>,
    /// How much, in micro-USDC.
    pub amount: Decimal,
    /// 65 bytes, `r || s || v`.
    pub signature: SignatureRequest,
}

/// A signature as 65 bytes of hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureRequest(pub Signature);

impl Serialize for SignatureRequest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode_prefixed(self.0.0))
    }
}

impl<'de> Deserialize<'de> for SignatureRequest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        let mut bytes = [0; 65];
        if !text.starts_with("0x") {
            return Err(serde::de::Error::custom("bytes begin with 0x"));
        }
        hex::decode_to_slice(text.as_ref(), &mut bytes)
            .map_err(|_| serde::de::Error::custom("a signature has 65 bytes"))?;
        Ok(Self(Signature(bytes)))
    }
}

impl From<NewOrderRequest> for NewOrder {
    fn from(order: NewOrderRequest) -> Self {
        Self {
            side: order.side.into(),
            price: PriceTicks(order.price.0),
            size: SizeLots(order.size.0),
            time_in_force: order.time_in_force.into(),
            good_until: order.good_until.map(|until| Millis(until.0)),
            reduce_only: order.reduce_only,
            self_trade: order.self_trade.into(),
            display: order.display.map(|display| SizeLots(display.0)),
            client: ClientId(order.client_id.0),
        }
    }
}

impl From<OperationRequest> for Operation {
    fn from(operation: OperationRequest) -> Self {
        match operation {
            OperationRequest::Place { market, order } => {
                Self::Place { market: MarketId(market.0), order: order.into() }
            }
            OperationRequest::Cancel { market, order_id } => {
                Self::Cancel { market: MarketId(market.0), order: OrderId(order_id.0) }
            }
            OperationRequest::Replace { market, order_id, order } => {
                Self::Replace { market: MarketId(market.0), order: OrderId(order_id.0), new: order.into() }
            }
            OperationRequest::CancelClient { market, client_id } => {
                Self::CancelClient { market: MarketId(market.0), client: ClientId(client_id.0) }
            }
            OperationRequest::CancelAll { market, side, key } => Self::CancelAll(CancelFilter {
                market: market.map(|market| MarketId(market.0)),
                side: side.map(Side::from),
                key,
            }),
            OperationRequest::ScheduleCancel { at } => Self::ScheduleCancel { at: at.map(|at| Millis(at.0)) },
            OperationRequest::PlaceConditional { market, order, trigger, link } => Self::PlaceConditional {
                market: MarketId(market.0),
                order: order.into(),
                trigger: trigger.into(),
                link: link.map(Link::from),
            },
            OperationRequest::CancelConditional { conditional_id } => {
                Self::CancelConditional { conditional: ConditionalId(conditional_id.0) }
            }
            OperationRequest::SetLeverage { market, leverage } => {
                Self::SetLeverage { market: MarketId(market.0), leverage: leverage.0 }
            }
        }
    }
}

impl OperationsRequest {
    /// The command and its signature.
    ///
    /// # Errors
    /// `NoOperations` and `TooManyOperations`.
    pub fn into_command(self) -> Result<(UserCommand, Signature), Rejection> {
        let count = self.operations.len();
        if count == 0 {
            return Err(Rejection::new(RejectCode::NoOperations, 0, 1));
        }
        if count > MAX_OPERATIONS {
            return Err(Rejection::new(RejectCode::TooManyOperations, count as u64, MAX_OPERATIONS as u64));
        }
        let command = UserCommand::Operations(Operations {
            account: AccountId(self.account.0),
            nonce: Nonce(self.nonce.0),
            expires: Millis(self.expires.0),
            atomic: self.atomic,
            operations: self.operations.into_iter().map(Operation::from).collect(),
        });
        Ok((command, self.signature.0))
    }
}

impl GrantSessionRequest {
    /// The command and its signature.
    #[must_use]
    pub fn into_command(self) -> (UserCommand, Signature) {
        let command = UserCommand::GrantSession(GrantSession {
            account: AccountId(self.account.0),
            nonce: Nonce(self.nonce.0),
            expires: Millis(self.expires.0),
            key: self.key,
            valid_until: Millis(self.valid_until.0),
            scope: self.scope.0,
        });
        (command, self.signature.0)
    }
}

impl RevokeSessionRequest {
    /// The command and its signature.
    #[must_use]
    pub fn into_command(self) -> (UserCommand, Signature) {
        let command = UserCommand::RevokeSession(RevokeSession {
            account: AccountId(self.account.0),
            nonce: Nonce(self.nonce.0),
            expires: Millis(self.expires.0),
            key: self.key,
        });
        (command, self.signature.0)
    }
}

impl WithdrawRequest {
    /// The command and its signature.
    ///
    /// # Errors
    /// `InvalidAmount` above 2^60.
    pub fn into_command(self) -> Result<(UserCommand, Signature), Rejection> {
        let command = UserCommand::Withdraw(Withdraw {
            account: AccountId(self.account.0),
            nonce: Nonce(self.nonce.0),
            expires: Millis(self.expires.0),
            asset: AssetId(self.asset.0),
            amount: amount(self.amount)?,
            recipient: self.recipient,
        });
        Ok((command, self.signature.0))
    }
}

impl TransferRequest {
    /// The command and its signature.
    ///
    /// # Errors
    /// `InvalidAmount` above 2^60.
    pub fn into_command(self) -> Result<(UserCommand, Signature), Rejection> {
        let command = UserCommand::Transfer(Transfer {
            account: AccountId(self.account.0),
            nonce: Nonce(self.nonce.0),
            expires: Millis(self.expires.0),
            to: AccountId(self.to.0),
            pool: PoolId(self.pool.0),
            amount: amount(self.amount)?,
        });
        Ok((command, self.signature.0))
    }
}

/// An amount that a balance could hold.
fn amount(micros: Decimal) -> Result<Quote, Rejection> {
    let within = i64::try_from(micros.0).ok().filter(|amount| *amount <= MAX_AMOUNT);
    within.map(Quote).ok_or_else(|| Rejection::new(RejectCode::InvalidAmount, micros.0, MAX_AMOUNT))
}
