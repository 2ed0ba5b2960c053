//! What governance moves, within bounds (protocol, "Governance").

use ballast_types::{
    Address, Event, GovernanceCall, MarketId, MarketParams, Millis, PoolId, Ppm, Quote, RejectCode,
    Rejection,
    limits::{MAX_AMOUNT, MAX_PENDING_CHANGES, MIN_WITHDRAWAL},
};

use crate::{
    exchange::Exchange,
    numbers::{divide_down, refuse, unsigned},
};

const HOUR: u64 = 3_600_000;
const DAY: u64 = 24 * HOUR;
const MINUTE: u64 = 60_000;

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// From when on it takes effect.
    pub at: Millis,
    /// Which parameter, or which signer.
    pub action: u8,
    /// Of which market or pool, or at which place.
    pub subject: u16,
    /// What it is to be, or whose owner is to sign.
    pub value: u64,
}

impl Change {
    const fn call(self) -> GovernanceCall {
        GovernanceCall { action: self.action, subject: self.subject, value: self.value }
    }
}

/// Which way is tighter.
enum Tighter {
    Larger,
    Smaller,
    Always,
}

/// A row of the table: which way is tighter, and the notices, in ms.
const fn row(action: u8) -> (Tighter, u64, u64) {
    match action {
        0 | 1 => (Tighter::Larger, DAY, 3 * DAY),
        10 => (Tighter::Larger, 0, 3 * DAY),
        2..=4 => (Tighter::Smaller, 0, 3 * DAY),
        5 => (Tighter::Always, 0, 0),
        11 | 12 => (Tighter::Always, 7 * DAY, 7 * DAY),
        13 => (Tighter::Smaller, DAY, 3 * DAY),
        _ => (Tighter::Smaller, 0, 7 * DAY),
    }
}

/// Whether its subjects are markets.
const fn is_of_market(action: u8) -> bool {
    action <= 5 || action == 13
}

/// What each tier of margin that follows the price is worth, in u.
fn worths(params: &MarketParams) -> Vec<i128> {
    params.margin_tiers.iter().map(|tier| tier.notional.0.into()).filter(|worth| *worth > 0).collect()
}

impl Exchange {
    /// What a parameter is; nothing where there is no such thing.
    fn current(&self, action: u8, subject: u16) -> Option<u64> {
        if is_of_market(action) {
            let params = &self.markets.get(usize::from(subject))?.params;
            return Some(match action {
                0 => params.maintenance_margin.0.into(),
                1 => params.initial_margin.0.into(),
                2 => params.open_interest_cap.0.unsigned_abs(),
                3 => params.open_interest_growth.0.unsigned_abs(),
                4 => params.open_interest_free.0.unsigned_abs(),
                13 => unsigned(worths(params).first().copied().unwrap_or(0)),
                _ => params.settles_at.0,
            });
        }
        if action == 10 {
            return Some(u64::try_from(self.pools.get(usize::from(subject))?.target).expect("at most 2^60"));
        }
        let rates = self.pools.get(usize::from(subject))?.pacing.as_ref()?.rates();
        Some([rates[0].0, rates[0].1, rates[1].0, rates[1].1][usize::from(action) - 6])
    }

    /// The owner of the account that is to name a signer.
    fn named(&self, value: u64) -> Option<Address> {
        let account = self.accounts.get(usize::try_from(value).ok()?)?;
        (account.owner != Address::ZERO).then_some(account.owner)
    }

    /// How a replacement of a signer is judged: whether that is news.
    fn judge_signer(&self, change: &Change) -> Result<bool, Rejection> {
        let Change { action, subject, value, .. } = *change;
        let places = if action == 11 { self.publishers.clone() } else { vec![self.guardian] };
        let Some(current) = places.get(usize::from(subject)) else {
            let code = [RejectCode::UnknownPublisher, RejectCode::UnknownGuardian][usize::from(action - 11)];
            return refuse(code, subject, places.len() as u64);
        };
        let Some(owner) = self.named(value) else {
            return refuse(RejectCode::UnknownAccount, value, self.accounts.len() as u64);
        };
        for (place, publisher) in (0_u16..).zip(&self.publishers) {
            if action == 11 && place != subject && *publisher == owner {
                return refuse(RejectCode::OutOfBounds, value, place);
            }
        }
        Ok(owner != *current)
    }

    /// 1 to 4 of how it is judged; `announces` where a date must also be far enough ahead. What the parameter is now.
    fn judge(&self, change: &Change, announces: bool) -> Result<u64, Rejection> {
        let Change { action, subject, value, .. } = *change;
        if action > 13 {
            return refuse(RejectCode::UnknownAction, action, 0);
        }
        if is_of_market(action) {
            self.check_market(MarketId(subject))?;
        }
        let Some(current) = self.current(action, subject) else {
            return refuse(RejectCode::UnknownPool, subject, self.pools.len() as u64);
        };
        if is_of_market(action) {
            let market = self.market(MarketId(subject));
            if market.settled.is_some() {
                return refuse(RejectCode::MarketSettled, subject, 0);
            }
        }
        let outside = |bound: u64| refuse(RejectCode::OutOfBounds, value, bound);
        if action == 5 && current != 0 {
            return outside(current);
        }
        if action == 5 && !value.is_multiple_of(MINUTE) {
            return outside(MINUTE);
        }
        let (least, most) = match action {
            0 => (
                least_maintenance(&self.market(MarketId(subject)).params),
                self.current(1, subject).expect("it is a market"),
            ),
            1 => (self.current(0, subject).expect("it is a market"), 1_000_000),
            2..=4 | 10 => (1, MAX_AMOUNT.unsigned_abs()),
            5 => (if announces { self.time.0 + 3 * DAY } else { 0 }, u64::MAX),
            6 => (5_000, 1_000_000),
            8 => (50_000, 1_000_000),
            13 => {
                let all = worths(&self.market(MarketId(subject)).params);
                let most = |last| divide_down(i128::from(MAX_AMOUNT) * all[0], last);
                let least = all.first().map_or(1, |first| (*first).min(1_000_000_000));
                (unsigned(least), unsigned(all.last().copied().map_or(0, most)))
            }
            _ => (MIN_WITHDRAWAL.unsigned_abs(), MAX_AMOUNT.unsigned_abs()),
        };
        if value < least {
            return outside(least);
        }
        if value > most {
            return outside(most);
        }
        if action != 5 && current != 0 {
            if value > current.saturating_mul(2) {
                return outside(current.saturating_mul(2));
            }
            if 2 * u128::from(value) < u128::from(current) {
                return outside(current.div_ceil(2));
            }
        }
        Ok(current)
    }

    /// A message of governance.
    pub(crate) fn governed(&mut self, call: GovernanceCall) -> Vec<Event> {
        let refused = |rejection| Event::GovernanceRefused(call, rejection);
        vec![self.schedule(call).unwrap_or_else(refused)]
    }

    fn schedule(&mut self, call: GovernanceCall) -> Result<Event, Rejection> {
        let GovernanceCall { action, subject, value } = call;
        let asked = Change { at: Millis(0), action, subject, value };
        let signs = matches!(action, 11 | 12);
        let (is_news, current) = if signs {
            (self.judge_signer(&asked)?, 0)
        } else {
            let current = self.judge(&asked, true)?;
            (value != current, current)
        };
        let is_it = |other: &Change| (other.action, other.subject) == (action, subject);
        if self.pending.len() >= MAX_PENDING_CHANGES && !self.pending.iter().any(is_it) {
            return refuse(
                RejectCode::WithdrawalsFull,
                self.pending.len() as u64,
                MAX_PENDING_CHANGES as u64,
            );
        }
        self.pending.retain(|other| !is_it(other));
        if !is_news {
            return Ok(Event::ChangeScheduled(call, Millis(0)));
        }
        let (tighter, soon, late) = row(action);
        let is_tighter = match tighter {
            Tighter::Larger => value > current,
            Tighter::Smaller => value < current || current == 0,
            Tighter::Always => true,
        };
        let at = Millis(self.time.0 + if is_tighter { soon } else { late });
        self.pending.push(Change { at, ..asked });
        Ok(Event::ChangeScheduled(call, at))
    }

    /// A price report was accepted: what has waited long enough takes effect, one signer a day.
    pub(crate) fn take_effect(&mut self) -> Vec<Event> {
        let mut due: Vec<Change> = self.pending.iter().copied().filter(|it| it.at <= self.time).collect();
        due.sort_unstable();
        let mut events = Vec::new();
        for change in due {
            let signs = matches!(change.action, 11 | 12);
            if signs && self.replaced_at.is_some_and(|last| self.time.0 < last.0 + DAY) {
                continue;
            }
            self.pending.retain(|other| *other != change);
            let judged = if signs {
                self.judge_signer(&change).map(|_| ())
            } else {
                self.judge(&change, false).map(|_| ())
            };
            match judged {
                Ok(()) if signs => events.push(self.replace_signer(&change)),
                Ok(()) => events.extend(self.set(&change)),
                Err(rejection) => events.push(Event::GovernanceRefused(change.call(), rejection)),
            }
        }
        events
    }

    fn replace_signer(&mut self, change: &Change) -> Event {
        let owner = self.named(change.value).expect("judged: it is somebody's");
        if change.action == 11 {
            self.publishers[usize::from(change.subject)] = owner;
        } else {
            self.guardian = owner;
        }
        self.replaced_at = Some(self.time);
        Event::ParameterChanged(change.call())
    }

    fn set(&mut self, change: &Change) -> Vec<Event> {
        let mut events = vec![Event::ParameterChanged(change.call())];
        let Change { action, subject, value, .. } = *change;
        let ppm = || Ppm(u32::try_from(value).expect("judged: at most 10^6"));
        let u = || Quote(i64::try_from(value).expect("judged: at most 2^60"));
        if is_of_market(action) {
            let hour = self.time.0 / HOUR;
            let market = self.market_mut(MarketId(subject));
            match action {
                0 => market.params.maintenance_margin = ppm(),
                1 => market.params.initial_margin = ppm(),
                2 => market.params.open_interest_cap = u(),
                3 => market.params.open_interest_growth = u(),
                4 => market.params.open_interest_free = u(),
                13 => {
                    let first = worths(&market.params)[0];
                    let mut before = 0;
                    for tier in &mut market.params.margin_tiers {
                        let scaled = divide_down(i128::from(tier.notional.0) * i128::from(value), first);
                        before = scaled.max(before + 1);
                        tier.notional = Quote(i64::try_from(before).expect("at most 2^60"));
                    }
                }
                _ => market.params.settles_at = Millis(value),
            }
            if action <= 1 {
                market.glided = hour;
                let (floor, fractions) = (market.params.initial_margin, &mut market.fractions);
                if fractions.initial < floor.0 {
                    fractions.initial = floor.0;
                    let maintenance = Ppm(fractions.maintenance);
                    events.push(Event::MarginChanged {
                        market: MarketId(subject),
                        maintenance,
                        initial: floor,
                    });
                }
            }
        } else if action == 10 {
            self.pool_mut(PoolId(subject)).target = value.into();
        } else {
            self.keep_buckets_of(PoolId(subject));
            let pacing = self.pool_mut(PoolId(subject)).pacing.as_mut().expect("judged: it is paced");
            pacing.set_rate(usize::from(action - 6), value);
        }
        events
    }
}

/// A book with circuit breakers may be away from the index by half of it, which is something.
const fn least_maintenance(params: &MarketParams) -> u64 {
    if params.circuit_breakers { 2 } else { 1 }
}
