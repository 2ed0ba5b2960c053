//! Asks for the end of markets and pools: that a market settles, that its positions become cash, that a pool is resolved. It is
//! not trusted (architecture A2): the engine looks whether each of it is due.

use crate::quarantine::{Extents, closes, pool_of_market};
use ballast_engine::{Exchange, can_cash, can_resolve, can_settle, is_in_grace};
use ballast_state::{Market, Stage, State};
use ballast_types::{
    AccountId, MarketId, Millis, PoolId, SystemCommand,
    limits::{MAX_SETTLED, SETTLEMENT_MS},
};
use std::collections::BTreeMap;

/// How often markets and pools are looked at.
const LOOK_MS: u64 = 1_000;
/// How long those are left their positions who won from an account that is bankrupt, since it is known here that the market
/// settled: meanwhile they can be torn up, also where the grace was over when the node began.
const PATIENCE_MS: u64 = 60_000;

/// How long publishers have to come back after the node began: where it was away for a day, so was every price.
const RETURN_MS: u64 = 600_000;

/// What ends, and how far it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settler {
    /// When it first looked.
    began: Option<Millis>,
    /// When nothing was due; never before the first time.
    idle: Option<Millis>,
    /// Of markets that settled and in which somebody has a position: since when that is known, and who is looked at next.
    closing: BTreeMap<MarketId, (Millis, u32)>,
}

impl Settler {
    /// The next step that would be taken at `now`. `below` says how many accounts are below their maintenance margin, and
    /// nothing while that is not known as a market that settled left them; nothing where what closes does not go on either.
    pub fn due(
        &mut self,
        exchange: &Exchange,
        now: Millis,
        below: impl Fn(MarketId) -> Option<usize>,
        extents: Extents<'_>,
    ) -> Option<SystemCommand> {
        if self.idle.is_some_and(|idle| now.since(idle) < LOOK_MS) {
            return None;
        }
        let began = *self.began.get_or_insert(now);
        let are_back = now.since(began) >= RETURN_MS;
        let command = step(&exchange.state, now, are_back, extents)
            .or_else(|| self.close(&exchange.state, now, below, extents));
        self.idle = command.is_none().then_some(now);
        command
    }

    /// The exchange is not as it was: what was seen of it counts no more, but for when it was looked first.
    pub fn begin_anew(&mut self) {
        *self = Self { began: self.began, ..Self::default() };
    }

    /// When there may be something to do next.
    #[must_use]
    pub fn next(&self, exchange: &Exchange) -> Option<Millis> {
        let looked = self.idle.map_or(Millis(0), |idle| Millis(idle.0.saturating_add(LOOK_MS)));
        let markets = exchange.state.markets.iter().filter_map(|(_, market)| ends_at(market));
        let pools = exchange.state.pools.iter().filter_map(|(_, pool)| match pool.resolution.stage {
            Stage::Open if pool.deficit.0 > 0 => Some(a_day_after(pool.resolution.owes_since)),
            Stage::Open | Stage::Resolved { .. } => None,
            Stage::Settling { .. } => Some(Millis(0)),
        });
        let closing = self.closing.keys().map(|_| Millis(0));
        markets.chain(pools).chain(closing).min().map(|at| at.max(looked))
    }

    /// Cash for those who still have a position in a market that settled, the lowest ids first. Who could not hold it is
    /// passed over, and who owes elsewhere until he owes no more.
    fn close(
        &mut self,
        state: &State,
        now: Millis,
        below: impl Fn(MarketId) -> Option<usize>,
        extents: Extents<'_>,
    ) -> Option<SystemCommand> {
        let ended = |market: &Market| market.settlement.is_some() && closes(Some(market.pool), extents);
        for (id, settled) in state.markets.iter().filter(|(_, market)| ended(market)) {
            let market = MarketId(u16::try_from(id).ok()?);
            if is_cash(state, market) {
                self.closing.remove(&market);
                continue;
            }
            let (since, next) = self.closing.entry(market).or_insert((now, 0));
            let is_patient = now.since(*since) < PATIENCE_MS;
            if is_in_grace(settled, now) || below(market).is_none_or(|below| below > 0 && is_patient) {
                continue;
            }
            let ids = (*next..state.chain.accounts).map(AccountId);
            let cashed = ids.filter(|id| holds(state, *id, market) && can_cash(state, *id, market));
            let accounts: Vec<_> = cashed.take(MAX_SETTLED).collect();
            *next = accounts.last().map_or(0, |last| last.0.saturating_add(1));
            if accounts.is_empty() {
                continue;
            }
            return Some(SystemCommand::SettlePositions { market, accounts });
        }
        None
    }
}

/// A market that settles, or a pool that is resolved. Where publishers may still come back, only what is dated settles, and
/// only what began goes on.
fn step(state: &State, now: Millis, are_back: bool, extents: Extents<'_>) -> Option<SystemCommand> {
    let markets = (0..state.chain.markets).map(MarketId);
    let mut markets = markets.filter(|market| closes(pool_of_market(state, *market), extents));
    let market =
        markets.find(|market| can_settle(state, now, *market) && (are_back || is_dated(state, *market, now)));
    let mut pools = (0..state.genesis.pools).map(PoolId).filter(|pool| closes(Some(*pool), extents));
    let settle = market.map(|market| SystemCommand::Settle { market });
    settle.or_else(|| {
        let pool =
            pools.find(|pool| can_resolve(state, now, *pool) && (are_back || is_ending(state, *pool)))?;
        Some(SystemCommand::Resolve { pool })
    })
}

/// When a market that did not settle is to, as far as is known now.
fn ends_at(market: &Market) -> Option<Millis> {
    if market.settlement.is_some() {
        return None;
    }
    let dated = Some(market.params.settles_at).filter(|at| *at != Millis(0));
    let gone = market.index.is_valid().then(|| a_day_after(market.mark_time));
    dated.into_iter().chain(gone).min()
}

/// Whether the time of a market that has one came.
fn is_dated(state: &State, market: MarketId, now: Millis) -> bool {
    let at = state.markets.get(market.0.into()).map_or(Millis(0), |market| market.params.settles_at);
    at != Millis(0) && now >= at
}

/// Whether the resolution of a pool began.
fn is_ending(state: &State, pool: PoolId) -> bool {
    state.pools.get(pool.0.into()).is_some_and(|pool| pool.is_ending())
}

const fn a_day_after(time: Millis) -> Millis {
    Millis(time.0.saturating_add(SETTLEMENT_MS))
}

/// Whether nobody has a position in a market.
fn is_cash(state: &State, market: MarketId) -> bool {
    let closed = state.markets.get(market.0.into()).and_then(|it| it.settlement).map(|it| it.closed);
    let open = state.venues.get(market.0.into()).map(|venue| venue.open_interest.0);
    closed == Some(0) && open == Some(0)
}

fn holds(state: &State, account: AccountId, market: MarketId) -> bool {
    let positions = state.accounts.get(account.0).map_or(&[][..], |account| &account.positions);
    positions.binary_search_by_key(&market, |position| position.market).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liquidator::tests::world::{World, bitcoin};
    use ballast_state::{Account, Holdings, Position, Settlement, Trader};
    use ballast_types::{Address, Lots, PriceTicks, Quote, SizeLots, limits::SETTLEMENT_GRACE_MS};

    /// When the market of [`settled`] did.
    const SETTLED: Millis = Millis(5_000);

    /// Six hundred accounts of pool 0, every second with a position in a market that settled.
    fn settled() -> Exchange {
        let mut exchange = World::of(vec![bitcoin()]).x;
        let market = exchange.state.markets.get_mut(0).expect("listed");
        market.settlement = Some(Settlement { price: PriceTicks(500_000), closed: 0 });
        (market.mark, market.mark_time) = (PriceTicks(500_000), SETTLED);
        let held = Position { market: MarketId(0), size: Lots(1), funding: 0 };
        for id in 0..600 {
            let positions = if id % 2 == 0 { vec![held] } else { Vec::new() };
            let (owner, pool, holdings) = (Address::ZERO, PoolId(0), Holdings::NONE);
            let account = Account { owner, pool, cash: Quote(0), positions, holdings };
            exchange.state.accounts.insert(id, account);
            exchange.state.traders.insert(id, Trader::default());
        }
        exchange.state.chain.accounts = 600;
        exchange.state.venues.get_mut(0).expect("listed").open_interest = SizeLots(300);
        exchange
    }

    fn named(command: Option<SystemCommand>) -> Vec<u32> {
        match command {
            Some(SystemCommand::SettlePositions { accounts, .. }) => {
                accounts.into_iter().map(|id| id.0).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn winners_were_cashed_before_anybody_had_looked_who_lost() {
        let (exchange, mut settler) = (settled(), Settler::default());
        let after = |ms| Millis(SETTLED.0 + ms);
        assert_eq!(settler.due(&exchange, after(0), |_| Some(0), &|_| None), None);
        assert_eq!(settler.due(&exchange, after(SETTLEMENT_GRACE_MS - 1), |_| Some(0), &|_| None), None);
        let now = after(SETTLEMENT_GRACE_MS + LOOK_MS);
        assert_eq!(settler.due(&exchange, now, |_| None, &|_| None), None, "nobody has looked");
        let now = Millis(now.0 + LOOK_MS);
        assert_eq!(named(settler.due(&exchange, now, |_| Some(0), &|_| None)).len(), MAX_SETTLED);
    }

    #[test]
    fn everybody_is_named_once_and_nobody_while_somebody_is_to_be_liquidated() {
        let (exchange, mut settler) = (settled(), Settler::default());
        let now = Millis(SETTLED.0 + SETTLEMENT_GRACE_MS);
        assert_eq!(settler.due(&exchange, now, |_| Some(1), &|_| None), None);
        let early = Millis(now.0 + LOOK_MS - 1);
        assert_eq!(settler.due(&exchange, early, |_| Some(0), &|_| None), None, "it was looked at just now");
        let now = Millis(now.0 + LOOK_MS);
        let first = named(settler.due(&exchange, now, |_| Some(0), &|_| None));
        assert_eq!((first.len(), first[0], first[255]), (MAX_SETTLED, 0, 510));
        let rest = named(settler.due(&exchange, now, |_| Some(0), &|_| None));
        assert_eq!((rest.len(), rest[0]), (44, 512));
        assert_eq!(settler.due(&exchange, now, |_| Some(0), &|_| None), None);
        assert_eq!(settler.next(&exchange), Some(Millis(now.0 + LOOK_MS)));
    }

    #[test]
    fn a_pool_was_resolved_before_publishers_could_come_back() {
        let (mut exchange, mut settler) = (World::of(vec![bitcoin()]).x, Settler::default());
        exchange.state.markets.get_mut(0).expect("listed").index = PriceTicks(0);
        let pool = exchange.state.pools.get_mut(0).expect("pool 0");
        (pool.deficit, pool.resolution.owes_since) = (Quote(1), Millis(7));
        assert_eq!(settler.next(&exchange), Some(Millis(7 + SETTLEMENT_MS)));
        let due = Millis(7 + SETTLEMENT_MS);
        assert_eq!(settler.due(&exchange, due, |_| Some(0), &|_| None), None);
        assert_eq!(settler.due(&exchange, Millis(due.0 + RETURN_MS - 1), |_| Some(0), &|_| None), None);
        let resolve = Some(SystemCommand::Resolve { pool: PoolId(0) });
        assert_eq!(
            settler.due(&exchange, Millis(due.0 + RETURN_MS + LOOK_MS), |_| Some(0), &|_| None),
            resolve
        );
        // What began goes on.
        let pool = exchange.state.pools.get_mut(0).expect("pool 0");
        pool.resolution.stage = Stage::Settling { next: AccountId(0) };
        assert_eq!(Settler::default().due(&exchange, due, |_| Some(0), &|_| None), resolve);
    }

    #[test]
    fn publishers_may_come_back_after_the_node_was_away_for_a_day() {
        let (mut exchange, mut settler) = (World::of(vec![bitcoin()]).x, Settler::default());
        let market = exchange.state.markets.get_mut(0).expect("listed");
        market.index = PriceTicks(500_000);
        assert_eq!(settler.due(&exchange, Millis(SETTLEMENT_MS), |_| Some(0), &|_| None), None);
        let settle = Some(SystemCommand::Settle { market: MarketId(0) });
        assert_eq!(settler.due(&exchange, Millis(SETTLEMENT_MS + RETURN_MS), |_| Some(0), &|_| None), settle);
        // What was announced needs no price.
        exchange.state.markets.get_mut(0).expect("listed").params.settles_at = Millis(60_000);
        assert_eq!(Settler::default().due(&exchange, Millis(60_000), |_| Some(0), &|_| None), settle);
    }
}
