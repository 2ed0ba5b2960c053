//! Pools in a diff.

use alloc::vec::Vec;
use ballast_state::{Pacing, Pool, Protection, Resolution, Stage};
use ballast_types::{AccountId, Millis, Quote, limits::RATIO_WHOLE};
use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Changed, DiffError,
    section::{
        IDENTITY, field_flag, flags_of, net, put_fields, put_flags, put_header, read_fields, read_flags,
    },
    wire::Reader,
};

const FIELDS: usize = 8;
/// How what leaves it is paced.
const PACING: u16 = field_flag(FIELDS);
const KNOWN: u16 = field_flag(FIELDS + 1) - 1;

pub(super) fn write(out: &mut Vec<u8>, changes: &[Changed<Pool>]) {
    let changes = net(changes);
    put_header(out, &changes);
    let fields: Vec<_> = changes
        .iter()
        .map(|change| (fields(&change.before.unwrap_or_default()), fields(&change.after)))
        .collect();
    for (change, (before, after)) in changes.iter().zip(&fields) {
        let identity = if tells_identity(change) { IDENTITY } else { 0 };
        let pacing = if tells_pacing(change) { PACING } else { 0 };
        put_flags(out, flags_of(before, after) | identity | pacing, KNOWN);
    }
    for change in changes.iter().filter(|change| tells_identity(change)) {
        change.after.protection.serialize(out).expect("writing to memory does not fail");
    }
    put_fields(out, &fields);
    for change in changes.iter().filter(|change| tells_pacing(change)) {
        change.after.pacing.serialize(out).expect("writing to memory does not fail");
    }
}

fn tells_pacing(change: &Changed<Pool>) -> bool {
    change.before.unwrap_or_default().pacing != change.after.pacing
}

fn tells_identity(change: &Changed<Pool>) -> bool {
    change.before.is_none_or(|before| before.protection != change.after.protection)
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    mut previous: impl FnMut(u16) -> Option<Pool>,
) -> Result<Vec<Changed<Pool>>, DiffError> {
    let count = reader.count()?;
    let ids: Vec<u16> = reader.ids(count)?;
    let flags = read_flags(reader, count, KNOWN)?;
    let befores: Vec<_> = ids.iter().map(|id| previous(*id)).collect();
    let mut protections = Vec::with_capacity(count);
    for (before, flags) in befores.iter().zip(&flags) {
        protections.push(read_protection(reader, before.as_ref(), *flags)?);
    }
    let mut leaves: Vec<_> = befores.iter().map(|before| fields(&before.unwrap_or_default())).collect();
    read_fields(reader, &flags, &mut leaves)?;
    let mut pacings = Vec::with_capacity(count);
    for (before, flags) in befores.iter().zip(&flags) {
        pacings.push(read_pacing(reader, &before.unwrap_or_default().pacing, *flags)?);
    }
    let changes = ids.into_iter().zip(befores).zip(protections).zip(leaves).zip(pacings);
    changes
        .map(|((((id, before), protection), fields), pacing)| {
            Ok(Changed { index: id.into(), before, after: pool(fields, protection, pacing)? })
        })
        .collect()
}

fn read_protection(
    reader: &mut Reader<'_>,
    before: Option<&Pool>,
    flags: u16,
) -> Result<Protection, DiffError> {
    if flags & IDENTITY == 0 {
        return before.map(|before| before.protection).ok_or(DiffError::Flags);
    }
    let protection = Protection::deserialize(reader.rest()).map_err(|_| DiffError::Identity)?;
    if before.is_some_and(|before| before.protection == protection) {
        return Err(DiffError::NoChange);
    }
    Ok(protection)
}

fn read_pacing(reader: &mut Reader<'_>, before: &Pacing, flags: u16) -> Result<Pacing, DiffError> {
    if flags & PACING == 0 {
        return Ok(*before);
    }
    let pacing = Pacing::deserialize(reader.rest()).map_err(|_| DiffError::Identity)?;
    if pacing == *before { Err(DiffError::NoChange) } else { Ok(pacing) }
}

fn fields(pool: &Pool) -> [u64; FIELDS] {
    let Pool { credited, withdrawn, fees, fund, deficit, transferred, resolution, .. } = pool;
    let [credited, withdrawn, fees, fund, deficit, transferred] =
        [credited, withdrawn, fees, fund, deficit, transferred].map(|amount| amount.0.cast_unsigned());
    let since = resolution.owes_since.0;
    [credited, withdrawn, fees, fund, deficit, transferred, since, number_of(resolution.stage)]
}

fn pool(fields: [u64; FIELDS], protection: Protection, pacing: Pacing) -> Result<Pool, DiffError> {
    let [amounts @ .., since, stage] = fields;
    let [credited, withdrawn, fees, fund, deficit, transferred] =
        amounts.map(|amount| Quote(amount.cast_signed()));
    let resolution = Resolution { owes_since: Millis(since), stage: stage_of(stage)? };
    Ok(Pool { credited, withdrawn, fees, fund, deficit, protection, transferred, pacing, resolution })
}

/// Of the stages the numbers from here on are ratios; below it, from 1 on, accounts; 0 is none.
const RATIOS: u64 = 1 << 33;

fn number_of(stage: Stage) -> u64 {
    match stage {
        Stage::Open => 0,
        Stage::Settling { next } => 1 + u64::from(next.0),
        Stage::Resolved { ratio } => RATIOS + u64::from(ratio),
    }
}

fn stage_of(number: u64) -> Result<Stage, DiffError> {
    let part = |number: u64| u32::try_from(number).map_err(|_| DiffError::Value);
    if let Some(ratio) = number.checked_sub(RATIOS) {
        let ratio = part(ratio).ok().filter(|ratio| *ratio <= RATIO_WHOLE).ok_or(DiffError::Value)?;
        return Ok(Stage::Resolved { ratio });
    }
    number.checked_sub(1).map_or(Ok(Stage::Open), |next| Ok(Stage::Settling { next: AccountId(part(next)?) }))
}
