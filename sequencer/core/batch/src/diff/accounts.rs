//! Accounts in a diff.

use alloc::vec::Vec;
use ballast_state::{Account, Position};
use ballast_types::{Address, Lots, MarketId, PoolId, Quote, limits::MAX_POSITIONS};

use super::{
    Changed, DiffError,
    section::{
        IDENTITY, field_flag, flags_of, net, put_fields, put_flags, put_header, read_fields, read_flags,
    },
    wire::{Reader, advance, difference, put_ids, put_number},
};

const POSITIONS: u16 = field_flag(1);
const KNOWN: u16 = IDENTITY | field_flag(0) | POSITIONS;

/// Most positions of an account that one batch can change: all that it had, and as many others.
const MAX_STEPS: usize = 2 * MAX_POSITIONS;

/// How one position changes.
struct Step {
    market: MarketId,
    size: u64,
    /// `None` when the position is closed: nothing is left to tell.
    funding: Option<u64>,
}

pub(super) fn write(out: &mut Vec<u8>, changes: &[Changed<Account>]) {
    let changes = net(changes);
    put_header(out, &changes);
    let cash: Vec<_> =
        changes.iter().map(|change| (cash(change.before.as_ref()), cash(Some(&change.after)))).collect();
    let steps: Vec<_> = changes
        .iter()
        .map(|change| steps(positions(change.before.as_ref()), &change.after.positions))
        .collect();
    for ((change, (before, after)), steps) in changes.iter().zip(&cash).zip(&steps) {
        let identity = if tells_identity(change) { IDENTITY } else { 0 };
        put_flags(
            out,
            flags_of(before, after) | identity | if steps.is_empty() { 0 } else { POSITIONS },
            KNOWN,
        );
    }
    for change in changes.iter().filter(|change| tells_identity(change)) {
        out.extend_from_slice(change.after.owner.as_slice());
        put_number(out, change.after.pool.0.into());
    }
    put_fields(out, &cash);
    put_positions(out, steps.iter().filter(|steps| !steps.is_empty()));
}

fn put_positions<'a>(out: &mut Vec<u8>, steps: impl Iterator<Item = &'a Vec<Step>> + Clone) {
    steps.clone().for_each(|steps| put_number(out, steps.len() as u64));
    steps.clone().for_each(|steps| put_ids(out, steps.iter().map(|step| step.market.0.into())));
    steps.clone().flatten().for_each(|step| put_number(out, step.size));
    steps.flatten().filter_map(|step| step.funding).for_each(|funding| put_number(out, funding));
}

/// The positions that differ, markets ascending.
fn steps(before: &[Position], after: &[Position]) -> Vec<Step> {
    assert!(after.len() <= MAX_POSITIONS, "an account has {} positions", after.len());
    assert!(after.iter().all(|position| position.size != Lots::ZERO), "a position is empty");
    assert!(after.windows(2).all(|pair| pair[0].market < pair[1].market), "positions are not sorted");
    let markets = before.iter().chain(after).map(|position| position.market);
    let mut markets: Vec<_> = markets.collect();
    markets.sort_unstable();
    markets.dedup();
    markets.into_iter().filter_map(|market| step(market, find(before, market), find(after, market))).collect()
}

fn step(market: MarketId, before: Option<Position>, after: Option<Position>) -> Option<Step> {
    let (size_before, funding_before) = values(before);
    let (size_after, funding_after) = values(after);
    let step = Step {
        market,
        size: difference(size_before, size_after),
        funding: after.map(|_| difference(funding_before, funding_after)),
    };
    (before != after).then_some(step)
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    mut previous: impl FnMut(u32) -> Option<Account>,
) -> Result<Vec<Changed<Account>>, DiffError> {
    let count = reader.count()?;
    let ids: Vec<u32> = reader.ids(count)?;
    let flags = read_flags(reader, count, KNOWN)?;
    let befores: Vec<_> = ids.iter().map(|id| previous(*id)).collect();
    let mut identities = Vec::with_capacity(count);
    for (before, flags) in befores.iter().zip(&flags) {
        identities.push(read_identity(reader, before.as_ref(), *flags)?);
    }
    let mut cashes: Vec<_> = befores.iter().map(|before| cash(before.as_ref())).collect();
    read_fields(reader, &flags, &mut cashes)?;
    let mut steps = read_steps(reader, &flags, &befores)?.into_iter();
    let leaves = ids.into_iter().zip(befores).zip(flags).zip(identities).zip(cashes);
    leaves
        .map(|((((index, before), flags), (owner, pool)), [cash])| {
            let told = if flags & POSITIONS == 0 { Vec::new() } else { steps.next().unwrap_or_default() };
            let positions = walk(positions(before.as_ref()), &told)?;
            Ok(Changed {
                index,
                before,
                after: Account { owner, pool, cash: Quote(cash.cast_signed()), positions },
            })
        })
        .collect()
}

fn read_identity(
    reader: &mut Reader<'_>,
    before: Option<&Account>,
    flags: u16,
) -> Result<(Address, PoolId), DiffError> {
    if flags & IDENTITY == 0 {
        return before.map(identity).ok_or(DiffError::Flags);
    }
    let owner = Address::from_slice(reader.take(Address::len_bytes())?);
    let pool = PoolId(u16::try_from(reader.number()?).map_err(|_| DiffError::Identity)?);
    if before.map(identity) == Some((owner, pool)) {
        return Err(DiffError::NoChange);
    }
    Ok((owner, pool))
}

/// The steps of each account that has some. Whether one tells its funding follows from the size that it
/// leads to.
fn read_steps(
    reader: &mut Reader<'_>,
    flags: &[u16],
    befores: &[Option<Account>],
) -> Result<Vec<Vec<Step>>, DiffError> {
    let moved = befores.iter().zip(flags).filter(|(_, flags)| **flags & POSITIONS != 0);
    let moved: Vec<_> = moved.map(|(before, _)| positions(before.as_ref())).collect();
    let mut counts = Vec::with_capacity(moved.len());
    for _ in &moved {
        let count = reader.count()?;
        if count > MAX_STEPS {
            return Err(DiffError::Positions);
        }
        counts.push(count);
    }
    let mut told = Vec::with_capacity(moved.len());
    for count in counts {
        let markets: Vec<u16> = reader.ids(count)?;
        if markets.is_empty() {
            return Err(DiffError::NoChange);
        }
        told.push(
            markets.into_iter().map(|id| Step { market: MarketId(id), size: 0, funding: None }).collect(),
        );
    }
    for step in told.iter_mut().flat_map(|steps: &mut Vec<Step>| steps) {
        step.size = reader.number()?;
    }
    for (before, steps) in moved.iter().zip(&mut told) {
        for step in steps {
            let (size, _) = values(find(before, step.market));
            if advance(size, step.size) != 0 {
                step.funding = Some(reader.number()?);
            }
        }
    }
    Ok(told)
}

/// The positions after `steps`.
fn walk(before: &[Position], steps: &[Step]) -> Result<Vec<Position>, DiffError> {
    let mut positions = before.to_vec();
    for step in steps {
        let at = positions.binary_search_by_key(&step.market, |position| position.market);
        let old = at.ok().map(|at| positions[at]);
        let (size, funding) = values(old);
        let new = step.funding.map(|difference| Position {
            market: step.market,
            size: Lots(advance(size, step.size).cast_signed()),
            funding: advance(funding, difference).cast_signed(),
        });
        match (at, new) {
            _ if old == new => return Err(DiffError::NoChange),
            (Ok(at), Some(new)) => positions[at] = new,
            (Err(at), Some(new)) => positions.insert(at, new),
            (Ok(at), None) => drop(positions.remove(at)),
            (Err(_), None) => return Err(DiffError::NoChange),
        }
    }
    if positions.len() > MAX_POSITIONS { Err(DiffError::Positions) } else { Ok(positions) }
}

fn tells_identity(change: &Changed<Account>) -> bool {
    change.before.as_ref().map(identity) != Some(identity(&change.after))
}

const fn identity(account: &Account) -> (Address, PoolId) {
    (account.owner, account.pool)
}

fn cash(account: Option<&Account>) -> [u64; 1] {
    [account.map_or(0, |account| account.cash.0.cast_unsigned())]
}

fn positions(account: Option<&Account>) -> &[Position] {
    account.map_or(&[], |account| &account.positions)
}

fn find(positions: &[Position], market: MarketId) -> Option<Position> {
    positions.binary_search_by_key(&market, |position| position.market).ok().map(|at| positions[at])
}

/// Size and funding index of a position; zeros of none.
fn values(position: Option<Position>) -> (u64, u64) {
    position.map_or((0, 0), |position| (position.size.0.cast_unsigned(), position.funding.cast_unsigned()))
}
