//! What became of an order, from the journal.

use super::{
    margin,
    views::{NodeViews, no_account, no_market, not_found},
};
use crate::{
    journal::{ClientOrder, ConditionalEnd, ConditionalRecord, Ended, OrderRecord, asked_for},
    pipeline::Record,
    rpc::{OrderName, View},
    wire::{Amount, Integer, OrderStatusView, removal_reason},
};
use ballast_types::{
    AccountId, Conditional, Event, MarketId, OrderId, Rejection, RemovalReason, Seq, Source, UserCommand,
};

/// What became of an order of an account in a market.
pub(super) fn order(
    node: &NodeViews,
    account: AccountId,
    market: MarketId,
    name: OrderName,
) -> View<OrderStatusView> {
    // Taken before the journal is read, which may be ahead of it: nothing up to this input is missing there.
    let (told, kappa) = {
        let view = node.mirror.read();
        let state = &view.exchange.state;
        margin::facts(state, account).ok_or_else(|| no_account(&view.exchange, account))?;
        let listed = state.markets.get(market.0.into());
        let listed = listed.ok_or_else(|| no_market(&view.exchange, market))?;
        (state.chain.seq, listed.params.kappa)
    };
    let found = match name {
        OrderName::Id(order) => Some(ClientOrder::Placed(order)),
        OrderName::Client(client) => node.journal.client_order(account, market, client)?,
        OrderName::Conditional(id) => Some(ClientOrder::Conditional(id)),
    };
    let view = match found {
        Some(ClientOrder::Placed(order)) => {
            let record = node.journal.order(market, order)?.filter(|record| record.account == account);
            record.map(|record| placed(told, market, order, &record, kappa))
        }
        Some(ClientOrder::Rejected { seq, step }) => {
            node.journal.record(seq)?.and_then(|record| rejected(told, &record, step))
        }
        Some(ClientOrder::Conditional(id)) => {
            let record = node.journal.conditional(account, id)?;
            let record = record.filter(|record| record.waits.market == market);
            match record {
                Some(record) => Some(conditional(node, told, &record, kappa)?),
                None => None,
            }
        }
        None => None,
    };
    let value = match name {
        OrderName::Id(order) => order.0,
        OrderName::Client(client) => client.0,
        OrderName::Conditional(id) => id.0,
    };
    view.ok_or_else(|| not_found(value).into())
}

/// An order that got an id. `kappa` is its market's.
fn placed(told: Seq, market: MarketId, order: OrderId, record: &OrderRecord, kappa: u32) -> OrderStatusView {
    let (status, why) = match record.ended.map(|end| end.reason) {
        None if record.waits => ("waiting", None),
        None => ("open", None),
        Some(RemovalReason::Filled) => ("filled", None),
        Some(other) => ("cancelled", Some(removal_reason(other).into())),
    };
    let notional = record.turnover.saturating_mul(kappa.into());
    OrderStatusView {
        seq: told.max(record.updated).0,
        market: market.0,
        order_id: Some(Integer(order.0)),
        conditional_id: None,
        client_id: Integer(record.client.0),
        side: record.side.into(),
        price: record.price.0,
        size: record.size.0,
        status: status.into(),
        reason: why,
        rejection: None,
        open_size: record.open.0,
        filled_size: record.filled.0,
        filled_notional: Amount(i128::try_from(notional).unwrap_or(i128::MAX)),
        fees: Amount(record.fees),
        placed_seq: record.placed.0,
        placed_time: record.placed_time.0,
        ended_seq: record.ended.map(|end| end.seq.0),
        ended_time: record.ended.map(|end| end.time.0),
    }
}

/// A conditional order. What its order did that was placed whole is told of that order.
fn conditional(node: &NodeViews, told: Seq, record: &ConditionalRecord, kappa: u32) -> View<OrderStatusView> {
    let Conditional { id, market, order, .. } = record.waits;
    let (mut reason, mut rejection) = (None, None);
    let status = match record.ended {
        None => "waiting",
        Some(ConditionalEnd { how: Ended::Removed(RemovalReason::Filled), .. }) => "filled",
        Some(ConditionalEnd { how: Ended::Fired, .. })
            if record.is_twap() && record.filled >= record.size =>
        {
            "filled"
        }
        Some(ConditionalEnd { how: Ended::Fired, .. }) => "fired",
        Some(ConditionalEnd { how: Ended::Removed(why), .. }) => {
            reason = Some(removal_reason(why).into());
            "cancelled"
        }
        Some(ConditionalEnd { how: Ended::Rejected(step), seq, .. }) => {
            let why = node.journal.record(seq)?.and_then(|record| rejection_of(&record, step));
            rejection = why.map(Into::into);
            "rejected"
        }
    };
    let notional = record.turnover.saturating_mul(kappa.into());
    Ok(OrderStatusView {
        seq: told.max(record.updated).0,
        market: market.0,
        order_id: record.order.map(|order| Integer(order.0)),
        conditional_id: Some(Integer(id.0)),
        client_id: Integer(order.client.0),
        side: order.side.into(),
        price: order.price.0,
        size: record.size.0,
        status: status.into(),
        reason,
        rejection,
        open_size: 0,
        filled_size: record.filled.0,
        filled_notional: Amount(i128::try_from(notional).unwrap_or(i128::MAX)),
        fees: Amount(record.fees),
        placed_seq: record.placed.0,
        placed_time: record.placed_time.0,
        ended_seq: record.ended.map(|end| end.seq.0),
        ended_time: record.ended.map(|end| end.time.0),
    })
}

/// Why the step `step` of a record was rejected.
fn rejection_of(record: &Record, step: u8) -> Option<Rejection> {
    record.outcome.events.iter().find_map(|event| match event {
        Event::OperationRejected { step: other, rejection } if *other == step => Some(*rejection),
        _ => None,
    })
}

/// An order that got none: the step `step` of a record.
fn rejected(told: Seq, record: &Record, step: u8) -> Option<OrderStatusView> {
    let Source::User { command: UserCommand::Operations(command), .. } = &record.input.source else {
        return None;
    };
    let (market, order) = asked_for(command.operations.get(usize::from(step))?)?;
    let rejection = rejection_of(record, step)?;
    let (seq, time) = (record.input.seq, record.input.time);
    Some(OrderStatusView {
        seq: told.max(seq).0,
        market: market.0,
        order_id: None,
        conditional_id: None,
        client_id: Integer(order.client.0),
        side: order.side.into(),
        price: order.price.0,
        size: order.size.0,
        status: "rejected".into(),
        reason: None,
        rejection: Some(rejection.into()),
        open_size: 0,
        filled_size: 0,
        filled_notional: Amount(0),
        fees: Amount(0),
        placed_seq: seq.0,
        placed_time: time.0,
        ended_seq: Some(seq.0),
        ended_time: Some(time.0),
    })
}
