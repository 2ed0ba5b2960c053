//! What became of every conditional order, by its account and id, written with the log in the same transaction.

use super::{
    Journal, decode,
    orders::encode,
    store::{Store, StoreError, Table, Write},
};
use crate::pipeline::Record;
use ballast_types::{
    AccountId, Conditional, ConditionalId, Event, Millis, OrderId, PriceTicks, Quote, RemovalReason, Seq,
    SizeLots, Trigger,
};
use borsh::{BorshDeserialize, BorshSerialize};
use std::collections::{BTreeMap, BTreeSet};

/// What became of a conditional order so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ConditionalRecord {
    /// The order as it came.
    pub waits: Conditional,
    /// Input that asked for it.
    pub placed: Seq,
    /// Time of that input.
    pub placed_time: Millis,
    /// Size that came, or what was left of it when another of its group had traded.
    pub size: SizeLots,
    /// The order that was placed last for it.
    pub order: Option<OrderId>,
    /// Sum of the fills of the parts of a TWAP order.
    pub filled: SizeLots,
    /// Sum over these fills of price times size, in ticks times lots: below 2^86.
    pub turnover: u128,
    /// What its account paid for these fills, in micro-USDC.
    pub fees: i128,
    /// Last input that changed it.
    pub updated: Seq,
    /// How it ended; `None` while it waits.
    pub ended: Option<ConditionalEnd>,
}

/// How a conditional order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ConditionalEnd {
    /// Input that ended it.
    pub seq: Seq,
    /// Time of that input.
    pub time: Millis,
    /// How.
    pub how: Ended,
}

/// Ways in which a conditional order ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Ended {
    /// It was placed; its last part, of a TWAP order.
    Fired,
    /// It was to be placed, and was rejected: the step of its input that says why.
    Rejected(u8),
    /// It left.
    Removed(RemovalReason),
}

impl ConditionalRecord {
    /// Whether it is placed in parts.
    #[must_use]
    pub const fn is_twap(&self) -> bool {
        matches!(self.waits.trigger, Trigger::Time { slices: 2.., .. })
    }
}

type Name = (AccountId, ConditionalId);

/// The conditional orders that a group of records changes.
#[derive(Default)]
pub(super) struct Conditionals {
    records: BTreeMap<Name, ConditionalRecord>,
    /// The one that was placed last in the input at hand, and in which of its steps.
    fires: Option<(Name, u8)>,
}

impl Conditionals {
    /// Those of them that were there before.
    pub(super) fn read<'a>(
        store: &dyn Store,
        records: impl Iterator<Item = &'a Record>,
    ) -> Result<Self, StoreError> {
        let (mut new, mut old) = (BTreeSet::new(), BTreeSet::new());
        for event in records.flat_map(|record| &record.outcome.events) {
            match *event {
                Event::ConditionalPlaced { account, ref conditional, .. } => {
                    new.insert((account, conditional.id));
                }
                Event::ConditionalFired { account, conditional, .. }
                | Event::ConditionalReduced { account, conditional, .. }
                | Event::ConditionalRemoved { account, conditional, .. } => {
                    old.insert((account, conditional));
                }
                _ => {}
            }
        }
        let old: Vec<Name> = old.difference(&new).copied().collect();
        let keys: Vec<Vec<u8>> = old.iter().map(|(account, id)| key(*account, *id)).collect();
        let values = store.get_all(Table::Conditionals, &keys)?;
        let known = old.into_iter().zip(values).filter_map(|(name, value)| Some((name, value?)));
        let known = known.map(|(name, value)| Ok((name, decode(&value, "conditional order")?)));
        Ok(Self { records: known.collect::<Result<_, StoreError>>()?, fires: None })
    }

    /// A new input begins.
    pub(super) const fn begin(&mut self) {
        self.fires = None;
    }

    /// Follows an event of conditional orders.
    pub(super) fn follow(&mut self, record: &Record, event: &Event) {
        let (seq, time) = (record.input.seq, record.input.time);
        match *event {
            Event::ConditionalPlaced { account, conditional: waits, .. } => {
                let record = ConditionalRecord {
                    waits,
                    placed: seq,
                    placed_time: time,
                    size: waits.order.size,
                    order: None,
                    filled: SizeLots::ZERO,
                    turnover: 0,
                    fees: 0,
                    updated: seq,
                    ended: None,
                };
                self.records.insert((account, waits.id), record);
            }
            Event::ConditionalFired { step, account, conditional, slices_left, .. } => {
                self.fires = Some(((account, conditional), step));
                self.change((account, conditional), seq, |record| {
                    record.ended =
                        (slices_left == 0).then_some(ConditionalEnd { seq, time, how: Ended::Fired });
                });
            }
            Event::ConditionalReduced { account, conditional, left, .. } => {
                self.change((account, conditional), seq, |record| record.size = left);
            }
            Event::ConditionalRemoved { account, conditional, reason, .. } => {
                let how = Ended::Removed(reason);
                self.change((account, conditional), seq, |record| {
                    record.ended = Some(ConditionalEnd { seq, time, how });
                });
            }
            Event::OperationRejected { step, .. } => self.reject(seq, time, step),
            _ => {}
        }
    }

    /// The order that was placed last is `order`. Whether its client id stays that of a conditional one, of which it
    /// is a part.
    pub(super) fn accept(&mut self, order: OrderId) -> bool {
        let Some((name, _)) = self.fires else { return false };
        let Some(record) = self.records.get_mut(&name) else { return false };
        record.order = Some(order);
        record.is_twap()
    }

    /// The order that was placed last traded as a taker.
    pub(super) fn fill(&mut self, order: OrderId, price: PriceTicks, size: SizeLots, fee: Quote) {
        let Some((name, _)) = self.fires else { return };
        let Some(record) = self.records.get_mut(&name) else { return };
        if record.order == Some(order) && record.is_twap() {
            record.filled.0 += size.0;
            record.turnover += u128::from(price.0) * u128::from(size.0);
            record.fees += i128::from(fee.0);
        }
    }

    /// Whether a conditional order waits; `None` when it is not among these.
    pub(super) fn waits(&self, account: AccountId, id: ConditionalId) -> Option<bool> {
        self.records.get(&(account, id)).map(|record| record.ended.is_none())
    }

    /// Adds what became of them.
    pub(super) fn finish(self, writes: &mut Vec<Write>) {
        writes.extend(self.records.into_iter().map(|((account, id), record)| Write {
            table: Table::Conditionals,
            key: key(account, id),
            value: Some(encode(&record)),
        }));
    }

    /// The order that was to be placed was rejected. Of a TWAP order it was one part of several.
    fn reject(&mut self, seq: Seq, time: Millis, step: u8) {
        let Some((name, _)) = self.fires.filter(|(_, fires)| *fires == step) else { return };
        self.change(name, seq, |record| {
            if !record.is_twap() {
                record.ended = Some(ConditionalEnd { seq, time, how: Ended::Rejected(step) });
            }
        });
    }

    fn change(&mut self, name: Name, seq: Seq, change: impl FnOnce(&mut ConditionalRecord)) {
        if let Some(record) = self.records.get_mut(&name) {
            record.updated = seq;
            change(record);
        }
    }
}

impl Journal {
    /// What became of a conditional order of an account.
    ///
    /// # Errors
    /// When the store fails or is damaged.
    pub fn conditional(
        &self,
        account: AccountId,
        id: ConditionalId,
    ) -> Result<Option<ConditionalRecord>, StoreError> {
        conditional_record(self.store.as_ref(), account, id)
    }
}

pub(super) fn conditional_record(
    store: &dyn Store,
    account: AccountId,
    id: ConditionalId,
) -> Result<Option<ConditionalRecord>, StoreError> {
    let value = store.get(Table::Conditionals, &key(account, id))?;
    value.map(|bytes| decode(&bytes, "conditional order")).transpose()
}

fn key(account: AccountId, id: ConditionalId) -> Vec<u8> {
    [&account.0.to_be_bytes()[..], &id.0.to_be_bytes()].concat()
}
