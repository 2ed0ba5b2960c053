//! Accounts in a diff.

use alloc::vec::Vec;
use ballast_state::{Account, Market, Position};
use ballast_types::{AccountId, Address, Lots, MarketId, PoolId, Quote, limits::MAX_POSITIONS};

use super::{
    Changed, DiffError, Previous,
    coder::{Chance, Coder},
    numbers::{Ids, Number, Recent, Recurring, Step, address},
    section::{self, Flags},
    trades::{Trade, Trades, Venues},
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
}

/// Columns of the positions that changed.
struct Positions {
    count: Number,
    markets: Ids,
    closes: Chance,
    /// By whether the account had none, was long or short.
    sizes: [Number; 2],
    sells: [Chance; 3],
    funding: Recurring,
}

/// Codes the accounts. Markets are coded before: `market` gives each as it is after the batch.
pub(super) fn code(
    coder: &mut impl Coder,
    told: Option<&[Changed<Account>]>,
    markets: &[Changed<Market>],
    previous: &mut impl Previous,
) -> Result<Vec<Changed<Account>>, DiffError> {
    let mut venues = Venues::new(markets);
    let mut columns = Columns::new();
    section::code(
        coder,
        told,
        previous,
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
                closes: Chance::default(),
                sizes: [Number::new(4), Number::new(4)],
                sells: Default::default(),
                funding: Recurring::default(),
            },
            pays: Default::default(),
            cash: Step::default(),
            trades: Trades::default(),
        }
    }

    fn code(
        &mut self,
        coder: &mut impl Coder,
        venues: &mut Venues,
        previous: &mut impl Previous,
        before: Option<&Account>,
        after: Option<&Account>,
    ) -> Result<Account, DiffError> {
        let (owner, pool) = self.identity(coder, before.map(identity), after.map(identity))?;
        let old = before.map_or(&[][..], |account| &account.positions);
        let (positions, trades) =
            self.positions.code(coder, venues, previous, old, after.map(|account| &account.positions[..]))?;
        let cash = self.cash(coder, venues, &trades, cash(before), cash(after))?;
        Ok(Account { owner, pool, cash: Quote(cash.cast_signed()), positions })
    }

    fn identity(
        &mut self,
        coder: &mut impl Coder,
        before: Option<(Address, PoolId)>,
        after: Option<(Address, PoolId)>,
    ) -> Result<(Address, PoolId), DiffError> {
        match before {
            Some(same) if !self.flags.code(coder, 0, before != after)? => Ok(same),
            _ => {
                let (owner, pool) = after.unwrap_or_default();
                let owner = address(coder, owner)?;
                let pool = self.pool.code(coder, pool.0.into())?;
                let pool = PoolId(u16::try_from(pool).map_err(|_| DiffError::Identity)?);
                if before == Some((owner, pool)) { Err(DiffError::NoChange) } else { Ok((owner, pool)) }
            }
        }
    }

    fn cash(
        &mut self,
        coder: &mut impl Coder,
        venues: &mut Venues,
        trades: &[Trade],
        before: u64,
        after: u64,
    ) -> Result<u64, DiffError> {
        let moved = !trades.is_empty();
        if !coder.bit(&mut self.pays[usize::from(moved)], before != after)? {
            return Ok(before);
        }
        let cash = if moved && !coder.is_plain() {
            self.trades.code(coder, venues, trades, before, after)?
        } else {
            self.cash.code(coder, before, after)?
        };
        if cash == before { Err(DiffError::NoChange) } else { Ok(cash) }
    }
}

impl Positions {
    /// The positions after, and what each of them that changed did.
    fn code(
        &mut self,
        coder: &mut impl Coder,
        venues: &mut Venues,
        previous: &mut impl Previous,
        before: &[Position],
        after: Option<&[Position]>,
    ) -> Result<(Vec<Position>, Vec<Trade>), DiffError> {
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
            let old = find(before, market);
            let new = told.and_then(|market| find(after.unwrap_or_default(), market));
            let venue = venues.meet(market, || previous.market(market));
            let new = self.position(coder, market, &mut venue.funding, old, new)?;
            if old == new {
                return Err(DiffError::NoChange);
            }
            trades.push(Trade::new(market, old, new, venue.funding.last().cast_signed()));
            match (positions.binary_search_by_key(&market, |position| position.market), new) {
                (Ok(at), Some(new)) => positions[at] = new,
                (Err(at), Some(new)) => positions.insert(at, new),
                (Ok(at), None) => drop(positions.remove(at)),
                (Err(_), None) => return Err(DiffError::NoChange),
            }
        }
        if positions.len() > MAX_POSITIONS { Err(DiffError::Positions) } else { Ok((positions, trades)) }
    }

    /// A position that changed.
    fn position(
        &mut self,
        coder: &mut impl Coder,
        market: MarketId,
        recent: &mut Recent,
        old: Option<Position>,
        new: Option<Position>,
    ) -> Result<Option<Position>, DiffError> {
        if old.is_some() && coder.bit(&mut self.closes, new.is_none())? {
            return Ok(None);
        }
        let held = old.map_or(0, |position| position.size.0.cast_unsigned());
        let size = new.map_or(0, |position| position.size.0.cast_unsigned());
        let state = old.map_or(0, |position| if position.size.0 < 0 { 2 } else { 1 });
        let step = size.wrapping_sub(held).cast_signed();
        let lots = self.sizes[state.min(1)].code(coder, step.unsigned_abs())?;
        let sells = lots != 0 && coder.bit(&mut self.sells[state], step < 0)?;
        let size = if sells { held.wrapping_sub(lots) } else { held.wrapping_add(lots) };
        if size == 0 {
            return Err(DiffError::NoChange);
        }
        let funding = new.map_or(0, |position| position.funding.cast_unsigned());
        let funding = self.funding.code(coder, recent, funding)?;
        Ok(Some(Position { market, size: Lots(size.cast_signed()), funding: funding.cast_signed() }))
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
