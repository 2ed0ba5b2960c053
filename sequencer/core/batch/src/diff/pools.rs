//! Pools in a diff.

use alloc::vec::Vec;
use ballast_state::Pool;
use ballast_types::Quote;

use super::{
    Changed, DiffError,
    section::{IDENTITY, field_flag, flags_of, net, put_fields, put_header, read_fields, read_flags},
    wire::Reader,
};

const FIELDS: usize = 3;
const KNOWN: u8 = IDENTITY | field_flag(0) | field_flag(1) | field_flag(2);

pub(super) fn write(out: &mut Vec<u8>, changes: &[Changed<Pool>]) {
    let changes = net(changes);
    put_header(out, &changes);
    let fields: Vec<_> = changes
        .iter()
        .map(|change| (fields(&change.before.unwrap_or_default()), fields(&change.after)))
        .collect();
    for (change, (before, after)) in changes.iter().zip(&fields) {
        out.push(flags_of(before, after) | if change.before.is_none() { IDENTITY } else { 0 });
    }
    put_fields(out, &fields);
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    mut previous: impl FnMut(u16) -> Option<Pool>,
) -> Result<Vec<Changed<Pool>>, DiffError> {
    let count = reader.count()?;
    let ids: Vec<u16> = reader.ids(count)?;
    let flags = read_flags(reader, count, KNOWN)?;
    let befores: Vec<_> = ids.iter().map(|id| previous(*id)).collect();
    if befores.iter().zip(&flags).any(|(before, flags)| before.is_none() != (flags & IDENTITY != 0)) {
        return Err(DiffError::Flags);
    }
    let mut leaves: Vec<_> = befores.iter().map(|before| fields(&before.unwrap_or_default())).collect();
    read_fields(reader, &flags, &mut leaves)?;
    let changes = ids.into_iter().zip(befores).zip(leaves);
    Ok(changes
        .map(|((id, before), fields)| Changed { index: id.into(), before, after: pool(fields) })
        .collect())
}

const fn fields(pool: &Pool) -> [u64; FIELDS] {
    [pool.credited.0.cast_unsigned(), pool.withdrawn.0.cast_unsigned(), pool.fees.0.cast_unsigned()]
}

const fn pool([credited, withdrawn, fees]: [u64; FIELDS]) -> Pool {
    Pool {
        credited: Quote(credited.cast_signed()),
        withdrawn: Quote(withdrawn.cast_signed()),
        fees: Quote(fees.cast_signed()),
    }
}
