//! What became of every order, by its id and by the trader's own number, written with the log in the same
//! transaction. Kept as long as the log; nothing of it is in memory.

mod about;

use super::{
    Journal,
    conditionals::{Conditionals, conditional_record},
    decode,
    order_record::{ClientOrder, OrderEnd, OrderRecord},
    store::{Store, StoreError, Table, Write},
};
use crate::pipeline::Record;
use about::{About, about};
use ballast_types::{
    AccountId, ClientId, Event, MarketId, NewOrder, Operation, Order, OrderId, RemovalReason, Seq, SizeLots,
    Source, UserCommand, codec,
};
use borsh::BorshSerialize;
use std::collections::{BTreeMap, BTreeSet};

/// Adds the entries of a group of records. Each order is read once and written once, however often they change it.
pub(super) fn index<'a>(
    store: &dyn Store,
    records: impl Iterator<Item = &'a Record> + Clone,
    writes: &mut Vec<Write>,
) -> Result<(), StoreError> {
    let mut orders = Orders::read(store, records.clone())?;
    for record in records {
        orders.follow(record)?;
    }
    orders.finish(writes);
    Ok(())
}

/// A trader's own number, where it is known.
type Name = (AccountId, MarketId, ClientId);

/// The orders that a group of records changes, and the traders' own numbers that it uses.
struct Orders<'s> {
    store: &'s dyn Store,
    orders: BTreeMap<(MarketId, OrderId), OrderRecord>,
    names: BTreeMap<Name, ClientOrder>,
    conditionals: Conditionals,
}

impl<'s> Orders<'s> {
    /// Those of them that were there before.
    fn read<'a>(
        store: &'s dyn Store,
        records: impl Iterator<Item = &'a Record> + Clone,
    ) -> Result<Self, StoreError> {
        let conditionals = Conditionals::read(store, records.clone())?;
        let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
        for event in records.flat_map(|record| &record.outcome.events) {
            match about(event) {
                About::New(order) => drop(new.insert(order)),
                About::Old(order) => drop(old.insert(order)),
                About::Two(orders) => old.extend(orders),
                About::None => {}
            }
        }
        let old: Vec<_> = old.difference(&new).copied().collect();
        let keys: Vec<Vec<u8>> = old.iter().map(|(market, order)| order_key(*market, *order)).collect();
        let values = store.get_all(Table::Orders, &keys)?;
        // One that is not there was placed by a version that kept none: nothing is told of it.
        let known = old.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
        let orders = known.map(|(name, value)| Ok((name, decode(&value, "order")?)));
        let orders = orders.collect::<Result<_, StoreError>>()?;
        Ok(Self { store, orders, names: BTreeMap::new(), conditionals })
    }

    /// Follows what a record did to orders and to traders' own numbers.
    fn follow(&mut self, record: &Record) -> Result<(), StoreError> {
        let (seq, time) = (record.input.seq, record.input.time);
        self.conditionals.begin();
        for event in &record.outcome.events {
            self.conditionals.follow(record, event);
            match *event {
                Event::OrderAccepted { .. } => self.accept(record, event),
                Event::OperationRejected { step, .. } => self.reject(record, step)?,
                Event::OrderReduced { market, order, size, left, reason, .. } => {
                    self.change(market, order, seq, |order| {
                        order.size.0 -= size.0;
                        if reason != RemovalReason::SelfTradeTaker {
                            order.open = left;
                        }
                    });
                }
                Event::Fill { .. } => self.fill(seq, event),
                Event::OrderRested { market, order } => self.enter(market, &order, seq, false),
                Event::OrderWaits { market, order } => self.enter(market, &order, seq, true),
                Event::OrderRemoved { market, order, reason, .. } => {
                    self.change(market, order, seq, |order| {
                        (order.open, order.waits) = (SizeLots::ZERO, false);
                        order.ended = Some(OrderEnd { seq, time, reason });
                    });
                }
                Event::ConditionalPlaced { account, ref conditional, .. } => {
                    let name = (account, conditional.market, conditional.order.client);
                    self.names.insert(name, ClientOrder::Conditional(conditional.id));
                }
                // [`about`] says it of each.
                _ => {}
            }
        }
        Ok(())
    }

    /// Two orders traded.
    fn fill(&mut self, seq: Seq, event: &Event) {
        let Event::Fill {
            market,
            price,
            size,
            taker_order,
            taker_fee,
            maker_order,
            maker_fee,
            maker_left,
            ..
        } = *event
        else {
            unreachable!("called for fills only")
        };
        self.conditionals.fill(taker_order, price, size, taker_fee);
        self.change(market, taker_order, seq, |order| {
            order.fill(price, size, taker_fee);
            // One that takes as it enters has nothing open yet.
            order.open.0 = order.open.0.saturating_sub(size.0);
        });
        self.change(market, maker_order, seq, |order| {
            order.fill(price, size, maker_fee);
            order.open = maker_left;
        });
    }

    /// An order got its id.
    fn accept(&mut self, record: &Record, event: &Event) {
        let Event::OrderAccepted { market, account, order, client, side, price, size, .. } = *event else {
            unreachable!("called for accepted orders only")
        };
        let (placed, placed_time) = (record.input.seq, record.input.time);
        let entry = OrderRecord {
            account,
            client,
            side,
            price,
            size,
            placed,
            placed_time,
            open: SizeLots::ZERO,
            waits: false,
            filled: SizeLots::ZERO,
            turnover: 0,
            fees: 0,
            updated: placed,
            ended: None,
        };
        self.orders.insert((market, order), entry);
        if !self.conditionals.accept(order) {
            self.names.insert((account, market, client), ClientOrder::Placed(order));
        }
    }

    /// A step that asked for an order was rejected: that is what became of the trader's number, unless it is that of
    /// an order which is open.
    fn reject(&mut self, record: &Record, step: u8) -> Result<(), StoreError> {
        let Some(name) = name_of_rejected(record, step) else { return Ok(()) };
        if name.2 != ClientId(0) && !self.is_open(&name)? {
            self.names.insert(name, ClientOrder::Rejected { seq: record.input.seq, step });
        }
        Ok(())
    }

    fn is_open(&self, &(account, market, client): &Name) -> Result<bool, StoreError> {
        let known = match self.names.get(&(account, market, client)) {
            Some(known) => Some(*known),
            None => client_order(self.store, account, market, client)?,
        };
        let order = match known {
            Some(ClientOrder::Placed(order)) => order,
            Some(ClientOrder::Conditional(id)) => {
                return Ok(match self.conditionals.waits(account, id) {
                    Some(waits) => waits,
                    None => conditional_record(self.store, account, id)?
                        .is_some_and(|record| record.ended.is_none()),
                });
            }
            Some(ClientOrder::Rejected { .. }) | None => return Ok(false),
        };
        let record = match self.orders.get(&(market, order)) {
            Some(record) => Some(*record),
            None => order_record(self.store, market, order)?,
        };
        Ok(record.is_some_and(|record| record.ended.is_none()))
    }

    /// Adds what became of the orders and the numbers; 0 says that there is none.
    fn finish(self, writes: &mut Vec<Write>) {
        self.conditionals.finish(writes);
        writes.extend(self.orders.into_iter().map(|((market, order), record)| Write {
            table: Table::Orders,
            key: order_key(market, order),
            value: Some(encode(&record)),
        }));
        let names = self.names.into_iter().filter(|((_, _, client), _)| *client != ClientId(0));
        writes.extend(names.map(|((account, market, client), order)| Write {
            table: Table::ClientOrders,
            key: name_key(account, market, client),
            value: Some(encode(&order)),
        }));
    }

    /// An order is in the book from now on, or waits for a clearing.
    fn enter(&mut self, market: MarketId, entered: &Order, seq: Seq, waits: bool) {
        self.change(market, entered.id, seq, |order| (order.open, order.waits) = (entered.open(), waits));
    }

    fn change(&mut self, market: MarketId, order: OrderId, seq: Seq, change: impl FnOnce(&mut OrderRecord)) {
        if let Some(record) = self.orders.get_mut(&(market, order)) {
            record.updated = seq;
            change(record);
        }
    }
}

impl Journal {
    /// What became of an order.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn order(&self, market: MarketId, order: OrderId) -> Result<Option<OrderRecord>, StoreError> {
        order_record(self.store.as_ref(), market, order)
    }

    /// What last became of a trader's own number.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn client_order(
        &self,
        account: AccountId,
        market: MarketId,
        client: ClientId,
    ) -> Result<Option<ClientOrder>, StoreError> {
        client_order(self.store.as_ref(), account, market, client)
    }
}

fn order_record(
    store: &dyn Store,
    market: MarketId,
    order: OrderId,
) -> Result<Option<OrderRecord>, StoreError> {
    let value = store.get(Table::Orders, &order_key(market, order))?;
    value.map(|bytes| decode(&bytes, "order")).transpose()
}

fn client_order(
    store: &dyn Store,
    account: AccountId,
    market: MarketId,
    client: ClientId,
) -> Result<Option<ClientOrder>, StoreError> {
    let value = store.get(Table::ClientOrders, &name_key(account, market, client))?;
    value.map(|bytes| decode(&bytes, "entry of a client's order")).transpose()
}

/// The order that a step asks for, and where.
#[must_use]
pub(crate) const fn asked_for(operation: &Operation) -> Option<(MarketId, &NewOrder)> {
    match operation {
        Operation::Place { market, order }
        | Operation::Replace { market, new: order, .. }
        | Operation::PlaceConditional { market, order, .. } => Some((*market, order)),
        Operation::Cancel { .. }
        | Operation::CancelClient { .. }
        | Operation::CancelAll(_)
        | Operation::ScheduleCancel { .. }
        | Operation::CancelConditional { .. }
        | Operation::SetLeverage { .. } => None,
    }
}

fn name_of_rejected(record: &Record, step: u8) -> Option<Name> {
    let Source::User { command: UserCommand::Operations(command), .. } = &record.input.source else {
        return None;
    };
    let (market, order) = asked_for(command.operations.get(usize::from(step))?)?;
    Some((command.account, market, order.client))
}

/// The encoding in a buffer of its size. Borsh begins with a kilobyte, and thousands wait for one transaction.
pub(super) fn encode(value: &impl BorshSerialize) -> Vec<u8> {
    let mut bytes = codec::encode(value);
    bytes.shrink_to_fit();
    bytes
}

fn order_key(market: MarketId, order: OrderId) -> Vec<u8> {
    [&market.0.to_be_bytes()[..], &order.0.to_be_bytes()].concat()
}

fn name_key(account: AccountId, market: MarketId, client: ClientId) -> Vec<u8> {
    [&account.0.to_be_bytes()[..], &market.0.to_be_bytes(), &client.0.to_be_bytes()].concat()
}
