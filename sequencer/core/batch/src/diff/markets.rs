//! Markets in a diff.

use alloc::vec::Vec;
use ballast_state::{Market, Settlement};
use ballast_types::{MarketParams, Millis, OracleState, PoolId, Ppm, PriceTicks};
use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Changed, DiffError,
    section::{
        IDENTITY, field_flag, flags_of, net, put_fields, put_flags, put_header, read_fields, read_flags,
    },
    wire::{Reader, put_number},
};

const FIELDS: usize = 14;
const KNOWN: u16 = field_flag(FIELDS) - 1;

pub(super) fn write(out: &mut Vec<u8>, changes: &[Changed<Market>]) {
    let changes = net(changes);
    put_header(out, &changes);
    let fields: Vec<_> =
        changes.iter().map(|change| (fields(change.before.as_ref()), fields(Some(&change.after)))).collect();
    for (change, (before, after)) in changes.iter().zip(&fields) {
        put_flags(out, flags_of(before, after) | if tells_identity(change) { IDENTITY } else { 0 }, KNOWN);
    }
    for change in changes.iter().filter(|change| tells_identity(change)) {
        change.after.params.serialize(out).expect("writing to memory does not fail");
        put_number(out, change.after.pool.0.into());
    }
    put_fields(out, &fields);
}

fn tells_identity(change: &Changed<Market>) -> bool {
    change.before.as_ref().is_none_or(|before| identity(before) != identity(&change.after))
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    mut previous: impl FnMut(u16) -> Option<Market>,
) -> Result<Vec<Changed<Market>>, DiffError> {
    let count = reader.count()?;
    let ids: Vec<u16> = reader.ids(count)?;
    let flags = read_flags(reader, count, KNOWN)?;
    let befores: Vec<_> = ids.iter().map(|id| previous(*id)).collect();
    let mut identities = Vec::with_capacity(count);
    for (before, flags) in befores.iter().zip(&flags) {
        identities.push(read_identity(reader, before.as_ref(), *flags)?);
    }
    let mut leaves: Vec<_> = befores.iter().map(|before| fields(before.as_ref())).collect();
    read_fields(reader, &flags, &mut leaves)?;
    let changes = ids.into_iter().zip(befores).zip(identities).zip(leaves);
    changes
        .map(|(((id, before), (params, pool)), fields)| {
            let [
                index,
                mark,
                mark_time,
                fresh_mark,
                funding,
                oracle,
                fractions @ ..,
                average,
                settled,
                high,
                low,
                open_interest_margin,
            ] = fields;
            let fraction = |value: u64| u32::try_from(value).map(Ppm).map_err(|_| DiffError::Value);
            let after = Market {
                params,
                pool,
                index: PriceTicks(index),
                mark: PriceTicks(mark),
                mark_time: Millis(mark_time),
                oracle: OracleState::try_from(oracle).map_err(|()| DiffError::Value)?,
                initial_factor: fraction(fractions[0])?,
                maintenance: fraction(fractions[1])?,
                initial: fraction(fractions[2])?,
                average: PriceTicks(average),
                fresh_mark: PriceTicks(fresh_mark),
                funding: funding.cast_signed(),
                settlement: settlement(settled, high, low)?,
                open_interest_margin: fraction(open_interest_margin)?,
            };
            Ok(Changed { index: id.into(), before, after })
        })
        .collect()
}

fn read_identity(
    reader: &mut Reader<'_>,
    before: Option<&Market>,
    flags: u16,
) -> Result<(MarketParams, PoolId), DiffError> {
    if flags & IDENTITY == 0 {
        let before = before.ok_or(DiffError::Flags)?;
        return Ok((before.params.clone(), before.pool));
    }
    let params = MarketParams::deserialize(reader.rest()).map_err(|_| DiffError::Identity)?;
    let pool = PoolId(u16::try_from(reader.number()?).map_err(|_| DiffError::Identity)?);
    if before.is_some_and(|before| identity(before) == (&params, pool)) {
        return Err(DiffError::NoChange);
    }
    Ok((params, pool))
}

const fn identity(market: &Market) -> (&MarketParams, PoolId) {
    (&market.params, market.pool)
}

fn fields(market: Option<&Market>) -> [u64; FIELDS] {
    market.map_or([0; FIELDS], |market| {
        let Market { index, mark, mark_time, oracle, fresh_mark, funding, .. } = market;
        let settled = market.settlement.map_or(0, |settlement| settlement.price.0 + 1);
        let closed = market.settlement.map_or(0, |settlement| settlement.closed).cast_unsigned();
        [
            index.0,
            mark.0,
            mark_time.0,
            fresh_mark.0,
            funding.cast_unsigned(),
            (*oracle).into(),
            market.initial_factor.0.into(),
            market.maintenance.0.into(),
            market.initial.0.into(),
            market.average.0,
            settled,
            (closed >> u64::BITS) as u64,
            closed as u64,
            market.open_interest_margin.0.into(),
        ]
    })
}

/// The settlement whose price is one less than `settled`, which is 0 where there is none.
fn settlement(settled: u64, high: u64, low: u64) -> Result<Option<Settlement>, DiffError> {
    let closed = (u128::from(high) << u64::BITS | u128::from(low)).cast_signed();
    match settled.checked_sub(1) {
        Some(price) => Ok(Some(Settlement { price: PriceTicks(price), closed })),
        None if closed == 0 => Ok(None),
        None => Err(DiffError::Value),
    }
}
