//! What became of an order, from the journal.

use super::{
    margin,
    views::{NodeViews, no_account, no_market, not_found},
};
use crate::{
    journal::{ClientOrder, OrderRecord, asked_for},
    pipeline::Record,
    rpc::{OrderName, View},
    wire::{Amount, Integer, OrderStatusView, removal_reason},
};
use ballast_types::{AccountId, Event, MarketId, OrderId, RemovalReason, Seq, Source, UserCommand};

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
    };
    let view = match found {
        Some(ClientOrder::Placed(order)) => {
            let record = node.journal.order(market, order)?.filter(|record| record.account == account);
            record.map(|record| placed(told, market, order, &record, kappa))
        }
        Some(ClientOrder::Rejected { seq, step }) => {
            node.journal.record(seq)?.and_then(|record| rejected(told, &record, step))
        }
        None => None,
    };
    let value = match name {
        OrderName::Id(order) => order.0,
        OrderName::Client(client) => client.0,
    };
    view.ok_or_else(|| not_found(value).into())
}

/// An order that got an id. `kappa` is its market's.
fn placed(told: Seq, market: MarketId, order: OrderId, record: &OrderRecord, kappa: u32) -> OrderStatusView {
    let (status, why) = match record.ended.map(|end| end.reason) {
        None => ("open", None),
        Some(RemovalReason::Filled) => ("filled", None),
        Some(other) => ("cancelled", Some(removal_reason(other).into())),
    };
    let notional = record.turnover.saturating_mul(kappa.into());
    OrderStatusView {
        seq: told.max(record.updated).0,
        market: market.0,
        order_id: Some(Integer(order.0)),
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

/// An order that got none: the step `step` of a record.
fn rejected(told: Seq, record: &Record, step: u8) -> Option<OrderStatusView> {
    let Source::User { command: UserCommand::Operations(command), .. } = &record.input.source else {
        return None;
    };
    let (market, order) = asked_for(command.operations.get(usize::from(step))?)?;
    let rejection = record.outcome.events.iter().find_map(|event| match event {
        Event::OperationRejected { step: other, rejection } if *other == step => Some(*rejection),
        _ => None,
    })?;
    let (seq, time) = (record.input.seq, record.input.time);
    Some(OrderStatusView {
        seq: told.max(seq).0,
        market: market.0,
        order_id: None,
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
