//! Indexes written with the log in the same transaction: fills, funding, messages of L1 and withdrawals.

use super::{
    decode, number,
    store::{Pair, Store, StoreError, Table, Write},
};
use crate::pipeline::Record;
use ballast_types::{
    AccountId, Address, AssetId, BatchIndex, Event, MarketId, Millis, PriceTicks, Quote, Seq, Source, codec,
};
use borsh::{BorshDeserialize, BorshSerialize};

/// Name of the block of the last L1 message in the log.
const LAST_L1_BLOCK: &str = "last_l1_block";

/// A fill of an account.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FillRecord {
    /// Input that caused it.
    pub seq: Seq,
    /// Time of that input.
    pub time: Millis,
    /// Always [`Event::Fill`].
    pub fill: Event,
}

/// Funding of a market for a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct FundingRecord {
    /// Input that caused it.
    pub seq: Seq,
    /// Time of that input.
    pub time: Millis,
    /// Rate, in ppb of notional an hour.
    pub rate: i64,
    /// Mark that it is of.
    pub mark: PriceTicks,
    /// Cumulative funding after it, in u a lot.
    pub funding: i64,
}

/// Money that left an account for L1.
#[derive(Clone, Debug, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct WithdrawalRecord {
    /// Dense number over all batches.
    pub id: u64,
    /// Input with which it left: where it had waited, a later one than the owner's.
    pub seq: Seq,
    /// Time of that input.
    pub time: Millis,
    /// Account debited.
    pub account: AccountId,
    /// Who may claim it.
    pub recipient: Address,
    /// Which asset.
    pub asset: AssetId,
    /// How much, in 10^-6 of it.
    pub amount: Quote,
}

/// Adds the index entries of a record.
pub(super) fn index(record: &Record, writes: &mut Vec<Write>) {
    let (seq, time) = (record.input.seq, record.input.time);
    for (place, event) in record.outcome.events.iter().enumerate() {
        match event {
            Event::Fill { taker, maker, .. } => {
                let value = codec::encode(&FillRecord { seq, time, fill: event.clone() });
                let mut accounts = vec![*taker, *maker];
                accounts.dedup();
                for account in accounts {
                    let key = fill_key(account, seq, u32::try_from(place).unwrap_or(u32::MAX));
                    writes.push(Write { table: Table::Fills, key, value: Some(value.clone()) });
                }
            }
            Event::Withdrawn { id, account, recipient, asset, amount, ticket: _ } => {
                let (id, account, recipient, asset, amount) = (*id, *account, *recipient, *asset, *amount);
                let record = WithdrawalRecord { id, seq, time, account, recipient, asset, amount };
                let (key, value) = (withdrawal_key(account, id), Some(codec::encode(&record)));
                writes.push(Write { table: Table::AccountWithdrawals, key, value });
            }
            Event::FundingAccrued { market, rate, mark, funding } => {
                let value = FundingRecord { seq, time, rate: *rate, mark: *mark, funding: *funding };
                let key = funding_key(*market, seq);
                writes.push(Write { table: Table::Funding, key, value: Some(codec::encode(&value)) });
            }
            _ => {}
        }
    }
    let Source::L1(message) = &record.input.source else { return };
    let value = message.l1_block.to_be_bytes().to_vec();
    writes.push(Write { table: Table::Meta, key: LAST_L1_BLOCK.as_bytes().to_vec(), value: Some(value) });
    let (key, value) = (message.index.to_be_bytes().to_vec(), seq.0.to_be_bytes().to_vec());
    writes.push(Write { table: Table::Messages, key, value: Some(value) });
}

/// The entry that tells in which batch a withdrawal is.
pub(super) fn sealed_withdrawal(id: u64, batch: BatchIndex) -> Write {
    let (key, value) = (id.to_be_bytes().to_vec(), batch.0.to_be_bytes().to_vec());
    Write { table: Table::Withdrawals, key, value: Some(value) }
}

pub(super) fn batch_of_withdrawal(store: &dyn Store, id: u64) -> Result<Option<BatchIndex>, StoreError> {
    let value = store.get(Table::Withdrawals, &id.to_be_bytes())?;
    value.map(|bytes| number(&bytes).map(BatchIndex)).transpose()
}

pub(super) fn last_l1_block(store: &dyn Store) -> Result<Option<u64>, StoreError> {
    store.get(Table::Meta, LAST_L1_BLOCK.as_bytes())?.map(|bytes| number(&bytes)).transpose()
}

pub(super) fn l1_message(store: &dyn Store, index: u64) -> Result<Option<Seq>, StoreError> {
    let value = store.get(Table::Messages, &index.to_be_bytes())?;
    value.map(|bytes| number(&bytes).map(Seq)).transpose()
}

pub(super) fn fills(
    store: &dyn Store,
    account: AccountId,
    (seq, place): (Seq, u32),
    limit: usize,
) -> Result<Vec<(u32, FillRecord)>, StoreError> {
    let below = fill_key(account, seq, place);
    let pairs = store.descending(Table::Fills, Some(&below), limit)?;
    of_account(pairs, account).map(|(key, value)| Ok((place_of(&key)?, decode(&value, "fill")?))).collect()
}

pub(super) fn funding(
    store: &dyn Store,
    market: MarketId,
    before: Seq,
    limit: usize,
) -> Result<Vec<FundingRecord>, StoreError> {
    let pairs = store.descending(Table::Funding, Some(&funding_key(market, before)), limit)?;
    let of_market = pairs.into_iter().take_while(|(key, _)| key.starts_with(&market.0.to_be_bytes()));
    of_market.map(|(_, value)| decode(&value, "accrual of funding")).collect()
}

pub(super) fn withdrawals(
    store: &dyn Store,
    account: AccountId,
    limit: usize,
) -> Result<Vec<WithdrawalRecord>, StoreError> {
    let below = withdrawal_key(account, u64::MAX);
    let pairs = store.descending(Table::AccountWithdrawals, Some(&below), limit)?;
    of_account(pairs, account).map(|(_, value)| decode(&value, "withdrawal")).collect()
}

pub(super) fn withdrawal(
    store: &dyn Store,
    account: AccountId,
    id: u64,
) -> Result<Option<WithdrawalRecord>, StoreError> {
    let value = store.get(Table::AccountWithdrawals, &withdrawal_key(account, id))?;
    value.map(|bytes| decode(&bytes, "withdrawal")).transpose()
}

fn withdrawal_key(account: AccountId, id: u64) -> Vec<u8> {
    [&account.0.to_be_bytes()[..], &id.to_be_bytes()].concat()
}

fn funding_key(market: MarketId, seq: Seq) -> Vec<u8> {
    [&market.0.to_be_bytes()[..], &seq.0.to_be_bytes()].concat()
}

fn of_account(pairs: Vec<Pair>, account: AccountId) -> impl Iterator<Item = Pair> {
    let prefix = account.0.to_be_bytes();
    pairs.into_iter().take_while(move |(key, _)| key.starts_with(&prefix))
}

fn fill_key(account: AccountId, seq: Seq, place: u32) -> Vec<u8> {
    [&account.0.to_be_bytes()[..], &seq.0.to_be_bytes(), &place.to_be_bytes()].concat()
}

/// The place of a fill among the events of its input, from its key.
fn place_of(key: &[u8]) -> Result<u32, StoreError> {
    let place = key.last_chunk().map(|bytes| u32::from_be_bytes(*bytes));
    place.ok_or_else(|| StoreError::Damaged("a key of a fill is too short".into()))
}
