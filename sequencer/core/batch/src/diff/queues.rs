//! What waits to leave pools, in a diff.

use alloc::vec::Vec;
use ballast_state::{Queued, Section, queue_place};
use ballast_types::{AccountId, Address, Quote};

use super::{
    Changed, DiffError, Previous,
    coder::Coder,
    numbers::{Number, address},
    section::{self, Fields, Flags, Guess},
};

/// Index of a leaf of what waits. A hostile diff may name others of the section, which are pools.
#[derive(Clone, Copy)]
struct Place(u32);

impl TryFrom<u64> for Place {
    type Error = ();

    fn try_from(index: u64) -> Result<Self, ()> {
        let index = u32::try_from(index).map_err(drop)?;
        queue_place(index).map(|_| Self(index)).ok_or(())
    }
}

impl From<Place> for u32 {
    fn from(place: Place) -> Self {
        place.0
    }
}

pub(super) fn code(
    coder: &mut impl Coder,
    told: Option<&[Changed<Queued>]>,
    previous: &mut impl Previous,
) -> Result<Vec<Changed<Queued>>, DiffError> {
    let (mut flags, mut owner) = (Flags::<1>::default(), Number::default());
    let mut amounts = Fields::new([Guess::Stays]);
    section::code(
        coder,
        told,
        (Section::Pools, previous),
        |previous, Place(index)| previous.queued(index),
        |coder, _, before, after| {
            let (old, new) = (before.known().map(identity), after.map(identity));
            let identity = if before.is_new() || flags.code(coder, 0, old != new)? {
                let (account, recipient) = new.unwrap_or_default();
                let account = owner.code(coder, account.0.into())?;
                let account = AccountId(u32::try_from(account).map_err(|_| DiffError::Identity)?);
                let identity = (account, address(coder, recipient)?);
                if old == Some(identity) {
                    return Err(DiffError::NoChange);
                }
                Some(identity)
            } else {
                old
            };
            let held = (!before.is_unknown()).then(|| [amount(before.known())]);
            let [amount] =
                amounts.code(coder, held.as_ref(), after.map(|after| [amount(Some(after))]).as_ref())?;
            let queued =
                |(account, recipient)| Queued { account, recipient, amount: Quote(amount.cast_signed()) };
            Ok(identity.filter(|_| !before.is_unknown()).map(queued))
        },
    )
}

const fn identity(queued: &Queued) -> (AccountId, Address) {
    (queued.account, queued.recipient)
}

fn amount(queued: Option<&Queued>) -> u64 {
    queued.map_or(0, |queued| queued.amount.0.cast_unsigned())
}
