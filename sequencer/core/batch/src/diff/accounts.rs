//! Accounts in a diff.

use alloc::vec::Vec;
use ballast_state::{Account, Position, Section};
use ballast_types::{AccountId, Address, Lots, MarketId, PoolId, Quote, limits::MAX_POSITIONS};

use super::{
    Changed, DiffError, Previous,
    coder::{Chance, Coder},
    holdings,
    numbers::{Ids, Number, Recent, Recurring, Step, address},
    section::{self, Base, Flags},
    trades::{Trade, Trades},
    venues::Venues,
};

/// Most positions of an account that one batch can change: all that it had, and as many others.
const MAX_STEPS: usize = 2 * MAX_POSITIONS;

/// Columns of the section.
struct Columns {
    flags: Flags<1>,
    pool: Number,
    positions: Positions,
    /// Whether cash changed, of accounts whose positions did not and of the others.
    pays: [Chance; 2],
    cash: Step,
    trades: Trades,
    holdings: holdings::Columns,
}

/// Columns of the positions that changed.
struct Positions {
    count: Number,
    markets: Ids,
    /// Whether the account had none in the market.
    opens: Chance,
    closes: Chance,
    /// By whether it had one: lots, and whether a new one is short, or one that was there grows.
    sizes: [Number; 2],
    ways: [Chance; 2],
    funding: Recurring,
}

/// Codes the accounts. `venues` are the markets that they trade in.
pub(super) fn code(
    coder: &mut impl Coder,
    told: Option<&[Changed<Account>]>,
    mut venues: Venues<'_>,
    previous: &mut impl Previous,
) -> Result<Vec<Changed<Account>>, DiffError> {
    let mut columns = Columns::new();
    section::code(
        coder,
        told,
        (Section::Accounts, previous),
        |previous, id| previous.account(AccountId(id)),
        |coder, previous, before, after| columns.code(coder, &mut venues, previous, before, after),
    )
}

impl Columns {
    fn new() -> Self {
        Self {
            flags: Flags::default(),
            pool: Number::default(),
            positions: Positions {
                count: Number::default(),
                markets: Ids::new(3),
                opens: Chance::default(),
                closes: Chance::default(),
                sizes: [Number::new(4), Number::new(4)],
                ways: Default::default(),
                funding: Recurring::default(),
            },
            pays: Default::default(),
            cash: Step::default(),
            trades: Trades::default(),
            holdings: holdings::Columns::default(),
        }
    }

    fn code(
        &mut self,
        coder: &mut impl Coder,
        venues: &mut Venues<'_>,
        previous: &mut impl Previous,
        before: Base<'_, Account>,
        after: Option<&Account>,
    ) -> Result<Option<Account>, DiffError> {
        let identity = self.identity(coder, before, after.map(identity))?;
        let (positions, trades) = self.positions.code(coder, venues, previous, before, after)?;
        let cash = self.cash(coder, venues, &trades, before, cash(after))?;
        let holdings = self.holdings.code(coder, before, after)?;
        let cash = Quote(cash.cast_signed());
        let account = |(owner, pool)| Account { owner, pool, cash, positions, holdings };
        Ok(identity.filter(|_| !before.is_unknown()).map(account))
    }

    fn identity(
        &mut self,
        coder: &mut impl Coder,
        before: Base<'_, Account>,
        after: Option<(Address, PoolId)>,
    ) -> Result<Option<(Address, PoolId)>, DiffError> {
        let old = before.known().map(identity);
        if !before.is_new() && !self.flags.code(coder, 0, old != after)? {
            return Ok(old);
        }
        let (owner, pool) = after.unwrap_or_default();
        let owner = address(coder, owner)?;
        let pool = self.pool.code(coder, pool.0.into())?;
        let pool = PoolId(u16::try_from(pool).map_err(|_| DiffError::Identity)?);
        if old == Some((owner, pool)) { Err(DiffError::NoChange) } else { Ok(Some((owner, pool))) }
    }

    fn cash(
        &mut self,
        coder: &mut impl Coder,
        venues: &mut Venues<'_>,
        trades: &[Trade],
        base: Base<'_, Account>,
        after: u64,
    ) -> Result<u64, DiffError> {
        let (before, moved) = (cash(base.known()), !trades.is_empty());
        if !coder.bit(&mut self.pays[usize::from(moved)], before != after)? {
            return Ok(before);
        }
        let cash = if moved && !coder.is_plain() {
            self.trades.code(coder, venues, trades, before, after)?
        } else {
            self.cash.code(coder, before, after)?
        };
        if cash == before && !base.is_unknown() { Err(DiffError::NoChange) } else { Ok(cash) }
    }
}

impl Positions {
    /// The positions after, none where those before were unknown, and what each of them that changed did.
    fn code(
        &mut self,
        coder: &mut impl Coder,
        venues: &mut Venues<'_>,
        previous: &mut impl Previous,
        base: Base<'_, Account>,
        after: Option<&Account>,
    ) -> Result<(Vec<Position>, Vec<Trade>), DiffError> {
        let before = base.known().map_or(&[][..], |account| &account.positions);
        let after = after.map(|account| &account.positions[..]);
        let told = after.map(|after| moved(before, after));
        let count = self.count.code(coder, told.as_ref().map_or(0, |told| told.len() as u64))?;
        if count > MAX_STEPS as u64 {
            return Err(DiffError::Positions);
        }
        self.markets.restart();
        let (mut positions, mut trades) = (before.to_vec(), Vec::new());
        for at in 0..count as usize {
            let told = told.as_ref().map(|told| told[at]);
            let market = MarketId(self.markets.code(coder, told.map_or(0, |market| market.0.into()))?);
            let venue = venues.meet(coder, market, told.is_some(), previous)?;
            let old = self.old(coder, market, base)?;
            let new = told.and_then(|market| find(after.unwrap_or_default(), market));
            let (lots, new) = self.position(coder, market, &mut venue.funding, old, new)?;
            trades.push(Trade::new(market, lots, old, new, venue.funding.last().cast_signed()));
            if base.is_unknown() {
                continue;
            }
            if old == new || new.is_some_and(|position| position.size == Lots::ZERO) {
                return Err(DiffError::NoChange);
            }
            match (positions.binary_search_by_key(&market, |position| position.market), new) {
                (Ok(at), Some(new)) => positions[at] = new,
                (Err(at), Some(new)) => positions.insert(at, new),
                (Ok(at), None) => drop(positions.remove(at)),
                (Err(_), None) => return Err(DiffError::NoChange),
            }
        }
        if positions.len() > MAX_POSITIONS { Err(DiffError::Positions) } else { Ok((positions, trades)) }
    }

    /// The position before: where it is unknown, one of one lot stands for any.
    fn old(
        &mut self,
        coder: &mut impl Coder,
        market: MarketId,
        base: Base<'_, Account>,
    ) -> Result<Option<Position>, DiffError> {
        let held = base.known().and_then(|account| find(&account.positions, market));
        let opens = base.is_new() || coder.bit(&mut self.opens, held.is_none())?;
        match held {
            Some(_) if opens => Err(DiffError::Flags),
            None if !opens && base.is_unknown() => Ok(Some(Position { market, size: Lots(1), funding: 0 })),
            None if !opens => Err(DiffError::Flags),
            held => Ok(held),
        }
    }

    /// A position that changed: how many lots were told, none of one that closed, and what it is.
    fn position(
        &mut self,
        coder: &mut impl Coder,
        market: MarketId,
        recent: &mut Recent,
        old: Option<Position>,
        new: Option<Position>,
    ) -> Result<(Option<u64>, Option<Position>), DiffError> {
        if old.is_some() && coder.bit(&mut self.closes, new.is_none())? {
            return Ok((None, None));
        }
        let held = old.map_or(0, |position| position.size.0.cast_unsigned());
        let size = new.map_or(0, |position| position.size.0.cast_unsigned());
        let (kind, is_short) = (usize::from(old.is_some()), old.is_some_and(|position| position.size.0 < 0));
        let step = size.wrapping_sub(held).cast_signed();
        let lots = self.sizes[kind].code(coder, step.unsigned_abs())?;
        // Of a new one whether it is short; else whether it went further from none.
        let way = |sells: bool| if old.is_some() { sells == is_short } else { sells };
        let sells = lots != 0 && way(coder.bit(&mut self.ways[kind], way(step < 0))?);
        let size = if sells { held.wrapping_sub(lots) } else { held.wrapping_add(lots) };
        let funding = new.map_or(0, |position| position.funding.cast_unsigned());
        let funding = self.funding.code(coder, recent, funding)?;
        let position = Position { market, size: Lots(size.cast_signed()), funding: funding.cast_signed() };
        Ok((Some(lots), Some(position)))
    }
}

/// The markets whose positions differ, ascending.
pub(super) fn moved(before: &[Position], after: &[Position]) -> Vec<MarketId> {
    assert!(after.len() <= MAX_POSITIONS, "an account has {} positions", after.len());
    assert!(after.iter().all(|position| position.size != Lots::ZERO), "a position is empty");
    assert!(after.windows(2).all(|pair| pair[0].market < pair[1].market), "positions are not sorted");
    let mut markets: Vec<_> = before.iter().chain(after).map(|position| position.market).collect();
    markets.sort_unstable();
    markets.dedup();
    markets.retain(|market| find(before, *market) != find(after, *market));
    markets
}

const fn identity(account: &Account) -> (Address, PoolId) {
    (account.owner, account.pool)
}

fn cash(account: Option<&Account>) -> u64 {
    account.map_or(0, |account| account.cash.0.cast_unsigned())
}

fn find(positions: &[Position], market: MarketId) -> Option<Position> {
    positions.binary_search_by_key(&market, |position| position.market).ok().map(|at| positions[at])
}
