//! Answers to inputs, as JSON: what became of the whole, and of each step of order entry.

use super::{
    event::EventView,
    number::{Amount, Decimal, Hex, Integer},
};
use crate::pipeline::{Ack, Record};
use ballast_batch::promise::Link;
use ballast_types::{
    B256, Event, Millis, Operation, Operations, OrderId, Rejection, RemovalReason, Source, Status,
    UserCommand,
};
use serde::{Deserialize, Serialize};

/// Why something was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RejectionView {
    /// Stable number.
    pub code: u16,
    /// Its name.
    pub name: String,
    /// What it means, with the values.
    pub message: String,
    /// The offending value; 0 where there is none.
    pub value: Amount,
    /// The limit that it broke; 0 where there is none.
    pub limit: Amount,
}

impl From<Rejection> for RejectionView {
    fn from(rejection: Rejection) -> Self {
        Self {
            code: rejection.code.number(),
            name: rejection.code.name().into(),
            message: rejection.to_string(),
            value: Amount(rejection.value),
            limit: Amount(rejection.limit),
        }
    }
}

/// A trade of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FillView {
    /// The maker's price, in ticks.
    pub price: u64,
    /// How much, in lots.
    pub size: u64,
    /// Fee of the order that took, in micro-USDC.
    pub fee: Amount,
    /// The order that rested.
    pub maker_order_id: Decimal,
}

/// What became of one step of order entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OperationResult {
    /// Whether it took effect.
    pub accepted: bool,
    /// The order that was placed or cancelled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub order_id: Option<Decimal>,
    /// The conditional order that was placed or cancelled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub conditional_id: Option<Decimal>,
    /// What it traded at once, in lots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub filled_size: Option<u64>,
    /// What rests of it, in lots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub resting_size: Option<u64>,
    /// What waits of it for the next clearing, in lots.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub waiting_size: Option<u64>,
    /// What it cancelled, in lots: of itself when it could not rest, or of the order that was cancelled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cancelled_size: Option<u64>,
    /// How many orders it cancelled.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cancelled_orders: Option<u32>,
    /// Its trades.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub fills: Vec<FillView>,
    /// Why it was rejected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejection: Option<RejectionView>,
}

/// The definitive answer to an input: it is durable, and the sequencer's signature binds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderEntryAnswer {
    /// The input's place in the log.
    pub seq: u64,
    /// Its time, in milliseconds.
    pub time: u64,
    /// The promise chain after it.
    pub chain: B256,
    /// The sequencer's signature over EIP-712 `Promise(seq, chain, time)`: of the input that the links lead to.
    pub signature: Hex,
    /// `accepted` or `rejected`.
    pub status: String,
    /// Why it was rejected as a whole.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rejection: Option<RejectionView>,
    /// One result a step; empty for what is not order entry, or when all was rejected.
    pub results: Vec<OperationResult>,
    /// Whether the command was in the log already: this is the answer that its first sender got.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub resubmitted: bool,
    /// What the inputs from the next one to the one that is signed add to the promise chain; none when that is this one.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub links: Vec<LinkView>,
}

/// Time of an input, in milliseconds, and hash of its source: what it adds to the promise chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkView(pub u64, pub B256);

impl From<&Link> for LinkView {
    fn from(link: &Link) -> Self {
        Self(link.time.0, link.source_hash)
    }
}

impl From<LinkView> for Link {
    fn from(LinkView(time, source_hash): LinkView) -> Self {
        Self { time: Millis(time), source_hash }
    }
}

impl From<&Ack> for OrderEntryAnswer {
    fn from(ack: &Ack) -> Self {
        let (status, rejection) = status(&ack.record.outcome.status);
        Self {
            seq: ack.seq.0,
            time: ack.time.0,
            chain: ack.chain,
            signature: Hex(ack.signature.0.to_vec()),
            status,
            rejection,
            results: results(&ack.record),
            resubmitted: false,
            links: ack.links.iter().map(LinkView::from).collect(),
        }
    }
}

/// An input of the log with all that it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutcomeView {
    /// The answer that its sender got.
    #[serde(flatten)]
    pub answer: OrderEntryAnswer,
    /// `user`, `publisher`, `l1`, `system` or `guardian`.
    pub source: String,
    /// The canonical encoding of the input.
    pub input: Hex,
    /// Everything that happened, in order.
    pub events: Vec<EventView>,
}

impl From<&Ack> for OutcomeView {
    fn from(ack: &Ack) -> Self {
        let source = match ack.record.input.source {
            Source::User { .. } => "user",
            Source::Publisher { .. } => "publisher",
            Source::L1(_) => "l1",
            Source::System(_) => "system",
            Source::Guardian { .. } => "guardian",
        };
        Self {
            answer: ack.into(),
            source: source.into(),
            input: Hex(ack.record.input_bytes.clone()),
            events: ack.record.outcome.events.iter().map(EventView::from).collect(),
        }
    }
}

pub(super) fn status(status: &Status) -> (String, Option<RejectionView>) {
    match status {
        Status::Accepted => ("accepted".into(), None),
        Status::Rejected(rejection) => ("rejected".into(), Some((*rejection).into())),
    }
}

/// One result a step of order entry, told from the events, which are in the order of the steps.
#[must_use]
pub fn results(record: &Record) -> Vec<OperationResult> {
    let Source::User { command: UserCommand::Operations(command), .. } = &record.input.source else {
        return Vec::new();
    };
    if record.outcome.status != Status::Accepted {
        return Vec::new();
    }
    results_of(command, &record.outcome.events)
}

/// As [`results`], of a command that was accepted with these events.
#[must_use]
pub fn results_of(command: &Operations, events: &[Event]) -> Vec<OperationResult> {
    let mut events = after_scheduled(events);
    command.operations.iter().map(|operation| take_result(operation, &mut events)).collect()
}

/// The events of the steps: what had been scheduled to leave before them left first.
fn after_scheduled(events: &[Event]) -> &[Event] {
    match events.first() {
        Some(Event::ScheduledCancel { count, .. }) => skip(events, 1 + *count as usize),
        _ => events,
    }
}

fn skip(events: &[Event], count: usize) -> &[Event] {
    &events[count.min(events.len())..]
}

/// Takes the events of one step off the front.
fn take_result(operation: &Operation, events: &mut &[Event]) -> OperationResult {
    let mut result = OperationResult { accepted: true, ..OperationResult::default() };
    match (operation, events.first()) {
        (_, Some(Event::OperationRejected { rejection, .. })) => {
            result.accepted = false;
            result.rejection = Some((*rejection).into());
            *events = &events[1..];
        }
        (
            Operation::Cancel { .. } | Operation::CancelClient { .. },
            Some(Event::OrderRemoved { order, size, .. }),
        ) => {
            result.order_id = Some(id(*order));
            result.cancelled_size = Some(size.0);
            *events = &events[1..];
        }
        (
            Operation::CancelConditional { .. } | Operation::CancelClient { .. },
            Some(Event::ConditionalRemoved { conditional, .. }),
        ) => {
            result.conditional_id = Some(Integer(conditional.0));
            *events = &events[1..];
        }
        (Operation::PlaceConditional { .. }, Some(Event::ConditionalPlaced { conditional, .. })) => {
            result.conditional_id = Some(Integer(conditional.id.0));
            *events = &events[1..];
        }
        (Operation::CancelAll(_), Some(Event::AllCancelled { count, .. })) => {
            result.cancelled_orders = Some(*count);
            *events = skip(events, 1 + *count as usize);
        }
        (Operation::ScheduleCancel { .. }, Some(Event::CancelScheduled { .. }))
        | (Operation::SetLeverage { .. }, Some(Event::LeverageSet { .. })) => {
            *events = &events[1..];
        }
        (
            Operation::Replace { .. },
            Some(Event::OrderReduced { order, size, left, reason: RemovalReason::Reduced, .. }),
        ) => {
            result.order_id = Some(id(*order));
            result.resting_size = Some(left.0);
            result.cancelled_size = Some(size.0);
            *events = &events[1..];
        }
        _ => {
            let length = placement_length(operation, events);
            let (own, rest) = events.split_at(length);
            *events = rest;
            own.iter().for_each(|event| result.add(event));
        }
    }
    let consequences = events.iter().take_while(|event| is_consequence(event)).count();
    *events = skip(events, consequences);
    result
}

/// Whether an event tells what a step did to conditional orders, of whichever account, besides what it was for.
const fn is_consequence(event: &Event) -> bool {
    match event {
        Event::ConditionalReduced { .. } => true,
        Event::ConditionalRemoved { reason, .. } => !matches!(reason, RemovalReason::Cancelled),
        _ => false,
    }
}

/// How many events belong to a placed order: up to the first that can only be of another step.
fn placement_length(operation: &Operation, events: &[Event]) -> usize {
    let mut accepted = false;
    let mut replaced = !matches!(operation, Operation::Replace { .. });
    for (place, event) in events.iter().enumerate() {
        let next = match event {
            Event::OrderAccepted { .. } => std::mem::replace(&mut accepted, true),
            Event::OrderRemoved { reason: RemovalReason::Replaced, .. } => {
                std::mem::replace(&mut replaced, true)
            }
            Event::OrderRemoved { reason: RemovalReason::Cancelled, .. }
            | Event::OrderReduced { reason: RemovalReason::Reduced, .. }
            | Event::OperationRejected { .. }
            | Event::AllCancelled { .. }
            | Event::CancelScheduled { .. }
            | Event::LeverageSet { .. }
            | Event::ConditionalPlaced { .. }
            | Event::ConditionalRemoved { reason: RemovalReason::Cancelled, .. } => true,
            _ => false,
        };
        if next {
            return place;
        }
    }
    events.len()
}

impl OperationResult {
    /// Adds an event of a placed order.
    fn add(&mut self, event: &Event) {
        match event {
            Event::OrderAccepted { order, .. } => {
                self.order_id = Some(id(*order));
                self.filled_size = Some(0);
                self.resting_size = Some(0);
            }
            Event::Fill { price, size, taker_fee, maker_order, .. } => {
                *self.filled_size.get_or_insert(0) += size.0;
                self.fills.push(FillView {
                    price: price.0,
                    size: size.0,
                    fee: Amount(taker_fee.0.into()),
                    maker_order_id: id(*maker_order),
                });
            }
            Event::OrderWaits { order, .. } => self.waiting_size = Some(order.open().0),
            Event::OrderRested { order, .. } => self.resting_size = Some(order.open().0),
            Event::OrderReduced { order, size, .. } | Event::OrderRemoved { order, size, .. }
                if self.order_id == Some(id(*order)) && size.0 > 0 =>
            {
                *self.cancelled_size.get_or_insert(0) += size.0;
            }
            _ => {}
        }
    }
}

pub(super) const fn id(order: OrderId) -> Decimal {
    Integer(order.0)
}
