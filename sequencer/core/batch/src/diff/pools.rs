//! Pools in a diff.

use alloc::vec::Vec;
use ballast_state::{Pool, Protection};
use ballast_types::Quote;
use borsh::{BorshDeserialize, BorshSerialize};

use super::{
    Changed, DiffError,
    section::{
        IDENTITY, field_flag, flags_of, net, put_fields, put_flags, put_header, read_fields, read_flags,
    },
    wire::Reader,
};

const FIELDS: usize = 6;
/// The bit of every field lies below that of the field after the last.
const KNOWN: u16 = field_flag(FIELDS) - 1;

pub(super) fn write(out: &mut Vec<u8>, changes: &[Changed<Pool>]) {
    let changes = net(changes);
    put_header(out, &changes);
    let fields: Vec<_> = changes
        .iter()
        .map(|change| (fields(&change.before.unwrap_or_default()), fields(&change.after)))
        .collect();
    for (change, (before, after)) in changes.iter().zip(&fields) {
        put_flags(out, flags_of(before, after) | if tells_identity(change) { IDENTITY } else { 0 }, KNOWN);
    }
    for change in changes.iter().filter(|change| tells_identity(change)) {
        change.after.protection.serialize(out).expect("writing to memory does not fail");
    }
    put_fields(out, &fields);
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
    let changes = ids.into_iter().zip(befores).zip(protections).zip(leaves);
    Ok(changes
        .map(|(((id, before), protection), fields)| Changed {
            index: id.into(),
            before,
            after: pool(fields, protection),
        })
        .collect())
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

fn fields(pool: &Pool) -> [u64; FIELDS] {
    let Pool { credited, withdrawn, fees, fund, deficit, transferred, .. } = pool;
    [credited, withdrawn, fees, fund, deficit, transferred].map(|amount| amount.0.cast_unsigned())
}

fn pool(fields: [u64; FIELDS], protection: Protection) -> Pool {
    let [credited, withdrawn, fees, fund, deficit, transferred] =
        fields.map(|amount| Quote(amount.cast_signed()));
    Pool { credited, withdrawn, fees, fund, deficit, protection, transferred }
}
