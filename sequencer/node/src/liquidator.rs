//! Finds the accounts that fell below maintenance margin, without looking at the others (risk.md 5.10). It is not
//! trusted (architecture A2): the engine looks at every account that is named, and says itself where it stands.
//!
//! `H = E - MMR` of an account is linear in public numbers: each position is cut along the tiers of its market, and
//! each lot of such a slice adds to `H` what all lots of its line do ([`slice`]). When an account is looked at, what it
//! has above maintenance is shared out among its slices, and each gets a trigger in the heap of its line, that fires when
//! a lot has lost more than its share ([`heap`]). As long as none fired, no share is used up, and so `H >= 0`. Accounts
//! that are close to maintenance are *hot*: they are looked at whenever one of their markets moved.
//!
//! What other assets count for is no such sum. But without a rise of their haircuts it falls by no larger part than their price,
//! so that they are a slice, too; and whoever holds such margin is looked at when a haircut rose. What he may owe is watched with
//! the same triggers: a share of the slack is small enough for both.
//!
//! Where tiers follow the price, whoever holds more than the first of them reaches is looked at when they moved ([`large`]).

mod heap;
mod large;
mod slice;

use ballast_engine::{Exchange, backing_of, collateral_markets, collateral_value, pledge};
use ballast_risk::{Exposure, Summary, ladder::Health, summarize};
use ballast_state::{Account, Market, Position, State};
use ballast_types::{AccountId, Event, MarketId, Outcome, Ppm, PriceTicks, Quote, SizeLots, limits::PPM};
use heap::{Heap, Trigger};
use large::Large;
use slice::{Line, Of, lot_value, slices};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    mem,
};

/// Health below which an account is hot: half a percent above maintenance.
const HOT: (i128, i128) = (201, 200);
/// Up to this haircut, in ppm, a holding counts for more as its price rises: the discount for its size grows more slowly.
const STEADY_HAIRCUT: u32 = 500_000;
/// What a holding may count for less for roundings, in u.
const ROUNDED: i128 = 4;
/// Accounts of which triggers fired that are looked at in one go; the others are next time (risk.md 5.10).
const MAX_FIRED: u64 = 50_000;

/// Which accounts may be below maintenance at which prices. As large as there are positions.
#[derive(Clone, Debug, Default)]
pub struct Liquidator {
    /// By the place of the line.
    heaps: Vec<Heap>,
    /// How often each account was looked at, by its id: what its triggers carry that still count.
    versions: Vec<u32>,
    /// Accounts that are below maintenance or close to it, or hold other margin, as they stood when last looked at.
    hot: BTreeMap<AccountId, Stood>,
    /// Accounts whose standing rests on other assets, too.
    backed: BTreeSet<AccountId>,
    /// The haircuts in force as they were told last, by market.
    haircuts: BTreeMap<MarketId, Ppm>,
    /// Accounts whose cash or positions are others than when they were looked at.
    changed: BTreeSet<AccountId>,
    /// Markets that moved since the last look.
    moved: BTreeSet<MarketId>,
    /// Who holds much in a market whose tiers follow the price.
    large: BTreeMap<MarketId, Large>,
    /// Such markets whose tiers moved since the last look.
    tiers: BTreeSet<MarketId>,
    /// Markets in which triggers may have fired, the longest waiting first.
    firing: VecDeque<MarketId>,
    /// The backstops: they take over and pay without being named.
    backstops: Vec<AccountId>,
    evaluations: u64,
}

/// How an account stood.
#[derive(Clone, Copy, Debug)]
struct Stood {
    health: Health,
    /// Whether it is below maintenance, or owes so much that what it holds is to be sold.
    is_due: bool,
}

impl Liquidator {
    /// Of an exchange as it is. Every account is looked at once.
    #[must_use]
    pub fn of(exchange: &Exchange) -> Self {
        let pools = exchange.state.pools.iter();
        let backstops = pools.filter_map(|(_, pool)| pool.protection.backstop).collect();
        let markets = (0..exchange.state.chain.markets).map(MarketId);
        let large = markets.filter_map(|id| Some((id, Large::of(exchange.state.markets.get(id.0.into())?)?)));
        let mut liquidator = Self { backstops, large: large.collect(), ..Self::default() };
        for (account, _) in exchange.state.accounts.iter() {
            liquidator.look_at(&exchange.state, AccountId(account));
        }
        liquidator
    }

    /// Follows an input.
    pub fn follow(&mut self, outcome: &Outcome) {
        for event in &outcome.events {
            match event {
                Event::Fill { taker, maker, .. } => self.changed.extend([*taker, *maker]),
                Event::Transferred { account, to, .. } => self.changed.extend([*account, *to]),
                Event::Deposited { account, .. }
                | Event::Withdrawn { account, .. }
                | Event::WithdrawalQueued { account, .. } => {
                    self.changed.insert(*account);
                }
                Event::TakenOver { account, .. }
                | Event::Deleveraged { account, .. }
                | Event::GainsCut { account, .. }
                | Event::DeficitCovered { account, .. }
                | Event::CollateralSold { account, .. }
                | Event::Liquidated { account, .. } => {
                    self.changed.insert(*account);
                    self.changed.extend(&self.backstops);
                }
                Event::PositionSettled { account, .. } => {
                    self.changed.insert(*account);
                }
                Event::PriceUpdated { market, .. }
                | Event::MarketSettled { market, .. }
                | Event::FundingAccrued { market, .. }
                | Event::MarginChanged { market, .. } => {
                    self.moved.insert(*market);
                }
                Event::TiersMoved { market, .. } => {
                    self.moved.insert(*market);
                    self.tiers.insert(*market);
                }
                Event::CollateralPriced { market, haircut, .. } => {
                    self.moved.insert(*market);
                    let before = self.haircuts.insert(*market, *haircut);
                    if before.is_none_or(|before| before < *haircut) {
                        self.changed.extend(&self.backed);
                    }
                }
                _ => {}
            }
        }
    }

    /// The accounts that are below maintenance or owe too much, the worst health first, then by id. Who is named is named again for as
    /// long as that is so.
    ///
    /// The exchange is as the last input left it that was followed. When more triggers fired than are looked at in one
    /// go, some are missing until the next.
    pub fn below(&mut self, exchange: &Exchange) -> Vec<AccountId> {
        let state = &exchange.state;
        let moved = mem::take(&mut self.moved);
        let mut due = mem::take(&mut self.changed);
        due.extend(self.hot.keys().filter(|id| holds_any(state, **id, &moved)));
        for market in mem::take(&mut self.tiers) {
            if let Some(large) = self.large.get_mut(&market) {
                due.extend(large.beyond_first_tier(state, market));
            }
        }
        due.into_iter().for_each(|id| self.look_at(state, id));
        for market in moved {
            if !self.firing.contains(&market) {
                self.firing.push_back(market);
            }
        }
        self.look_at_fired(state);
        let due = self.hot.iter().filter(|(_, stood)| stood.is_due);
        let mut below: Vec<_> = due.map(|(id, stood)| (*id, stood.health)).collect();
        // Stable: those of the same health stay in the order of their ids.
        below.sort_by(|(_, one), (_, other)| one.compare(other));
        below.into_iter().map(|(id, _)| id).collect()
    }

    /// Whether there is something to look at: an account changed, a market moved, or too many triggers fired the last
    /// time.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        !self.changed.is_empty() || !self.moved.is_empty() || !self.firing.is_empty()
    }

    /// Whether a market moved, and not everybody was looked at since whom that concerns.
    #[must_use]
    pub fn is_behind_in(&self, market: MarketId) -> bool {
        self.moved.contains(&market) || self.firing.contains(&market)
    }

    /// How often an account was valued exactly so far.
    #[must_use]
    pub const fn evaluations(&self) -> u64 {
        self.evaluations
    }

    fn look_at_fired(&mut self, state: &State) {
        let end = self.evaluations + MAX_FIRED;
        while let Some(&id) = self.firing.front() {
            if let Some(market) = state.markets.get(id.0.into()) {
                for line in Line::of_market(id) {
                    // What was armed by a tier that is gone is looked at again.
                    let worth = line.worth(market).unwrap_or(i128::MIN);
                    while let Some(fired) = self.pop_fired(line, worth) {
                        self.look_at(state, fired);
                        if self.evaluations == end {
                            return;
                        }
                    }
                }
            }
            self.firing.pop_front();
        }
    }

    /// An account of which a trigger of this line has fired.
    fn pop_fired(&mut self, line: Line, worth: i128) -> Option<AccountId> {
        let heap = self.heaps.get_mut(line.place())?;
        loop {
            let fired = heap.pop_fired(worth)?;
            if is_live(&self.versions, &fired) {
                return Some(AccountId(fired.account));
            }
        }
    }

    /// Values an account, and arms its triggers or finds it hot.
    fn look_at(&mut self, state: &State, id: AccountId) {
        let Some(account) = state.accounts.get(id.0) else { return };
        self.evaluations += 1;
        self.hot.remove(&id);
        self.backed.remove(&id);
        let version = self.disarm(id);
        let summary = stand(state, account);
        let health = Health::from(&summary);
        if is_backed(account, &summary) {
            self.backed.insert(id);
        }
        for position in &account.positions {
            if let Some(large) = self.large.get_mut(&position.market) {
                large.note(id, position.size);
            }
        }
        let keys = if health.is_below(HOT.0, HOT.1) { None } else { keys(state, account, &summary) };
        let Some(keys) = keys else {
            let is_due = summary.is_below_maintenance() || summary.owes_too_much();
            self.hot.insert(id, Stood { health, is_due });
            return;
        };
        for (line, key) in keys {
            let place = line.place();
            if place >= self.heaps.len() {
                self.heaps.resize_with(place + 1, Heap::default);
            }
            let versions = &self.versions;
            self.heaps[place].push(Trigger { key, account: id.0, version }, |it| is_live(versions, it));
        }
    }

    /// From here on no trigger of the account counts but those of the version that this gives.
    fn disarm(&mut self, id: AccountId) -> u32 {
        let place = id.0 as usize;
        if place >= self.versions.len() {
            self.versions.resize(place + 1, 0);
        }
        let version = &mut self.versions[place];
        // One of an age ago that counts again makes its account be looked at too soon, which does no harm.
        *version = version.wrapping_add(1);
        *version
    }
}

fn is_live(versions: &[u32], trigger: &Trigger) -> bool {
    versions.get(trigger.account as usize) == Some(&trigger.version)
}

fn holds_any(state: &State, id: AccountId, markets: &BTreeSet<MarketId>) -> bool {
    state.accounts.get(id.0).is_some_and(|account| {
        account.positions.iter().any(|position| markets.contains(&position.market))
            || collateral_markets(state, account).any(|market| markets.contains(&market))
    })
}

/// Whether what other assets count for says how the account stands.
const fn is_backed(account: &Account, summary: &Summary) -> bool {
    summary.backing.value > 0 && (!account.positions.is_empty() || summary.debt() > 0)
}

/// The positions of an account, with their markets.
fn held<'a>(state: &'a State, account: &'a Account) -> impl Iterator<Item = (&'a Position, &'a Market)> {
    let markets = |position: &'a Position| Some((position, state.markets.get(position.market.0.into())?));
    account.positions.iter().filter_map(markets)
}

/// Where the account stands as the engine values it, as far as positions and cash say: equity, maintenance and notional.
fn stand(state: &State, account: &Account) -> Summary {
    let exposures = held(state, account).map(|(position, market)| Exposure {
        params: &market.params,
        initial: market.initial,
        maintenance: market.maintenance,
        mark: market.mark,
        average: PriceTicks(0),
        funding: market.funding,
        size: position.size,
        entry_funding: position.funding,
        basis: Quote::ZERO,
        bid_lots: SizeLots::ZERO,
        ask_lots: SizeLots::ZERO,
        settled: market.settlement.is_some(),
    });
    summarize(account.cash, Quote::ZERO, 0, exposures).backed_by(backing_of(state, account))
}

/// For each slice of the account the worth of a lot below which its share of the slack is used up, rounded up where 64
/// bits do not hold it. Shares are proportional to what the slices are worth, so that prices may all fall by the same
/// part. `None` when there is nothing to share out, or in amounts that no market has.
///
/// Slack is `H` without the rounding of the requirements. Of `p` of them that add up to `x`, rounded up each, the sum is
/// less than `x + p`; equity is whole, so that it suffices with `p - 1` u to spare. What a holding counts for is rounded, too.
fn keys(state: &State, account: &Account, summary: &Summary) -> Option<Vec<(Line, i64)>> {
    // What settled is cash.
    let cut = || {
        let open = held(state, account).filter(|(_, market)| market.settlement.is_none());
        open.flat_map(|(position, market)| {
            slices(market, position.market, position.size).map(move |slice| (slice, market))
        })
    };
    let pledged = pledged(state, account, summary)?;
    let spare = account.positions.len().saturating_sub(1) as i128 + ROUNDED * pledged.len() as i128;
    let equity = (summary.equity - spare).checked_mul(PPM.into())?;
    let required = cut().try_fold(0, |sum: i128, (slice, market)| {
        let lots = i128::from(slice.lots) * i128::from(slice.rate.0);
        sum.checked_add(lots.checked_mul(lot_value(market))?)
    });
    let mut slack = equity.checked_sub(required?)?;
    if !pledged.is_empty() {
        let highest = cut().map(|(slice, _)| i128::from(slice.rate.0)).max().unwrap_or(0);
        // A long loses as much equity as this leaves of what its trigger lets it lose with its requirement.
        let may_owe = summary.backing.debt_limit() - (summary.backing.value - summary.equity) - spare;
        slack = slack.min(may_owe.checked_mul(i128::from(PPM) - highest)?);
    }
    let slack = Some(slack).filter(|slack| *slack >= 0)?;
    let whole = summary.notional.checked_add(summary.backing.value)?;
    let key = |(line, market): (Line, &Market)| {
        let value = if line.of == Of::Collateral { collateral_value(market) } else { lot_value(market) };
        let share = slack.checked_mul(value)?.checked_div(whole)?;
        let key = line.worth(market)?.checked_sub(share)?;
        Some((line, i64::try_from(key.max(i64::MIN.into())).ok()?))
    };
    let lines = cut().map(|(slice, market)| (slice.line, market));
    lines.chain(pledged).map(key).collect()
}

/// The markets that price what the account's standing rests on besides; none where it does not. `None` where what is held may count
/// for less as its price rises, or for a price that is the last.
fn pledged<'a>(state: &'a State, account: &Account, summary: &Summary) -> Option<Vec<(Line, &'a Market)>> {
    if !is_backed(account, summary) {
        return Some(Vec::new());
    }
    let counts = account.holdings.iter().filter_map(|it| Some((it.amount, pledge(state, it.asset)?)));
    let lines = counts.map(|(amount, pledge)| {
        let market = state.markets.get(pledge.terms.market.0.into())?;
        let is_steady = !pledge.settled && pledge.haircut_of(amount).0 <= STEADY_HAIRCUT;
        is_steady.then_some((Line { market: pledge.terms.market, of: Of::Collateral }, market))
    });
    lines.collect()
}

#[cfg(test)]
pub(crate) mod tests;
