//! What waits to leave pools, in a diff.

use alloc::vec::Vec;
use ballast_state::Queued;
use ballast_types::{AccountId, Address, Quote};

use super::{
    Changed, DiffError,
    section::{
        IDENTITY, field_flag, flags_of, net, put_fields, put_flags, put_header, read_fields, read_flags,
    },
    wire::{Reader, put_number},
};

const KNOWN: u16 = field_flag(1) - 1;

pub(super) fn write(out: &mut Vec<u8>, changes: &[Changed<Queued>]) {
    let changes = net(changes);
    put_header(out, &changes);
    let amounts: Vec<_> =
        changes.iter().map(|change| (amount(change.before.as_ref()), amount(Some(&change.after)))).collect();
    for (change, (before, after)) in changes.iter().zip(&amounts) {
        put_flags(out, flags_of(before, after) | if tells_identity(change) { IDENTITY } else { 0 }, KNOWN);
    }
    for change in changes.iter().filter(|change| tells_identity(change)) {
        put_number(out, change.after.account.0.into());
        out.extend_from_slice(change.after.recipient.as_slice());
    }
    put_fields(out, &amounts);
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    mut previous: impl FnMut(u32) -> Option<Queued>,
) -> Result<Vec<Changed<Queued>>, DiffError> {
    let count = reader.count()?;
    let indices: Vec<u32> = reader.ids(count)?;
    let flags = read_flags(reader, count, KNOWN)?;
    let befores: Vec<_> = indices.iter().map(|index| previous(*index)).collect();
    let mut identities = Vec::with_capacity(count);
    for (before, flags) in befores.iter().zip(&flags) {
        identities.push(read_identity(reader, before.as_ref(), *flags)?);
    }
    let mut amounts: Vec<_> = befores.iter().map(|before| amount(before.as_ref())).collect();
    read_fields(reader, &flags, &mut amounts)?;
    let changes = indices.into_iter().zip(befores).zip(identities).zip(amounts);
    Ok(changes
        .map(|(((index, before), (account, recipient)), [amount])| {
            let after = Queued { account, recipient, amount: Quote(amount.cast_signed()) };
            Changed { index, before, after }
        })
        .collect())
}

fn read_identity(
    reader: &mut Reader<'_>,
    before: Option<&Queued>,
    flags: u16,
) -> Result<(AccountId, Address), DiffError> {
    if flags & IDENTITY == 0 {
        return before.map(identity).ok_or(DiffError::Flags);
    }
    let account = AccountId(u32::try_from(reader.number()?).map_err(|_| DiffError::Identity)?);
    let recipient = Address::from_slice(reader.take(Address::len_bytes())?);
    if before.map(identity) == Some((account, recipient)) {
        return Err(DiffError::NoChange);
    }
    Ok((account, recipient))
}

fn tells_identity(change: &Changed<Queued>) -> bool {
    change.before.as_ref().map(identity) != Some(identity(&change.after))
}

const fn identity(queued: &Queued) -> (AccountId, Address) {
    (queued.account, queued.recipient)
}

fn amount(queued: Option<&Queued>) -> [u64; 1] {
    [queued.map_or(0, |queued| queued.amount.0.cast_unsigned())]
}
