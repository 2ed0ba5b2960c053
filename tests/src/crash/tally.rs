//! What the outcomes add up to. Money is in u, as the engine tells it.

use super::breakers::Breakers;
use ballast_engine::Exchange;
use ballast_types::{
    AccountId, Cover, Event, Input, MarketId, MarketParams, Millis, OrderId, Outcome, Source, SystemCommand,
};
use std::collections::{BTreeMap, BTreeSet};

/// Notional of what was forced, by the way it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flow {
    /// On the book.
    pub(super) book: i128,
    /// In clearings.
    pub(super) batch: i128,
    /// To the backstop.
    pub(super) backstop: i128,
    /// Torn up against the other side.
    pub(super) torn_up: i128,
}

impl Flow {
    /// By the four ways.
    pub(super) const fn ways(&self) -> [i128; 4] {
        [self.book, self.batch, self.backstop, self.torn_up]
    }
}

/// What happened in one market.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Happened {
    pub(super) flow: Flow,
    /// Volume of everybody.
    pub(super) volume: i128,
    /// What liquidated accounts paid into the fund for their fills.
    pub(super) penalties: i128,
    /// What the fund added to fills and takeovers, and paid for debts.
    pub(super) fund_paid: i128,
    /// What the backstop paid for debts.
    pub(super) backstop_paid: i128,
    /// What was taken out of gains.
    pub(super) haircut: i128,
    /// What nobody could pay.
    pub(super) deficit: i128,
    /// Accounts at home here that were bankrupt when a step came.
    pub(super) bankrupt: u64,
}

/// Everything that is counted.
#[derive(Debug)]
pub(super) struct Tally {
    params: Vec<MarketParams>,
    pub(super) markets: Vec<Happened>,
    pub(super) breakers: Breakers,
    /// In which market each account is most at home, by its id: its debts are counted there.
    pub(super) homes: Vec<Option<MarketId>>,
    /// Accounts that there was a step on.
    pub(super) liquidated: BTreeSet<AccountId>,
    /// Steps of the ladder by second, and accounts on which the first one was.
    pub(super) by_second: BTreeMap<u64, (u64, u64)>,
    /// Rounds of tear-ups.
    pub(super) rounds: u64,
    /// Inputs of the sequencer itself that the engine refused.
    pub(super) refused: u64,
    /// Inputs.
    pub(super) inputs: u64,
    /// Accounts that were at level 3 when a step came.
    bankrupt: BTreeSet<AccountId>,
    /// Orders of liquidated accounts that wait for a clearing.
    waiting: BTreeSet<(MarketId, OrderId)>,
}

impl Tally {
    pub(super) fn of(exchange: &Exchange) -> Self {
        let params: Vec<MarketParams> =
            exchange.state.markets.iter().map(|(_, market)| market.params.clone()).collect();
        Self {
            markets: vec![Happened::default(); params.len()],
            params,
            breakers: Breakers::default(),
            homes: Vec::new(),
            liquidated: BTreeSet::new(),
            by_second: BTreeMap::new(),
            rounds: 0,
            refused: 0,
            inputs: 0,
            bankrupt: BTreeSet::new(),
            waiting: BTreeSet::new(),
        }
    }

    /// Counts what an input did.
    pub(super) fn take(&mut self, input: &Input, outcome: &Outcome) {
        self.inputs += 1;
        let forced = match &input.source {
            Source::System(SystemCommand::Liquidate { account }) => Some(*account),
            _ => None,
        };
        let torn = match &input.source {
            Source::System(SystemCommand::Deleverage { market, accounts, .. }) => Some((*market, accounts)),
            _ => None,
        };
        if matches!(input.source, Source::System(_)) && outcome.events.is_empty() {
            self.refused += 1;
        }
        self.rounds += u64::from(torn.is_some());
        // Before orders are forgotten that left with these fills.
        outcome.events.iter().for_each(|event| self.count_fill(event, forced));
        for event in &outcome.events {
            self.breakers.follow(event);
            match event {
                Event::Liquidated { account, level, .. } => self.count_step(*account, *level, input.time),
                Event::OrderWaits { market, order } if forced == Some(order.account) => {
                    self.waiting.insert((*market, order.id));
                }
                Event::OrderRemoved { market, order, .. } => drop(self.waiting.remove(&(*market, *order))),
                Event::TakenOver { market, size, price, fund, .. } => {
                    let value = self.value(*market, price.0, size.0);
                    let at = &mut self.markets[usize::from(market.0)];
                    at.flow.backstop += value;
                    at.fund_paid += i128::from(fund.0);
                }
                Event::Deleveraged { market, account, size, price, paid } => {
                    let is_bankrupt = torn.is_some_and(|(_, accounts)| accounts.contains(account));
                    let value = self.value(*market, price.0, size.0.unsigned_abs());
                    let at = &mut self.markets[usize::from(market.0)];
                    if is_bankrupt {
                        at.flow.torn_up += value;
                    } else {
                        at.haircut += i128::from(paid.0.max(0));
                    }
                }
                // What it pays was counted as a deficit before.
                Event::GainsCut { account, paid } => {
                    let home = self.homes.get(account.0 as usize).copied().flatten();
                    self.markets[usize::from(home.unwrap_or(MarketId(0)).0)].haircut += i128::from(paid.0);
                }
                Event::DeficitCovered { account, by, amount } => {
                    let home = self.homes.get(account.0 as usize).copied().flatten();
                    let market = torn.map(|(market, _)| market).or(home).unwrap_or(MarketId(0));
                    let at = &mut self.markets[usize::from(market.0)];
                    let paid = match by {
                        Cover::Fund => &mut at.fund_paid,
                        Cover::Backstop => &mut at.backstop_paid,
                        Cover::Pool | Cover::Fees => &mut at.deficit,
                    };
                    *paid += i128::from(amount.0);
                }
                _ => {}
            }
        }
    }

    /// Counts a fill; `forced` is the account on which a step was.
    fn count_fill(&mut self, event: &Event, forced: Option<AccountId>) {
        let Event::Fill { market, price, size, taker, taker_order, taker_fee, maker_order, .. } = event
        else {
            return;
        };
        let value = self.value(*market, price.0, size.0);
        let waited =
            [taker_order, maker_order].iter().any(|order| self.waiting.contains(&(*market, **order)));
        let at = &mut self.markets[usize::from(market.0)];
        at.volume += value;
        if forced == Some(*taker) {
            at.flow.book += value;
            at.penalties += i128::from(taker_fee.0.max(0));
            at.fund_paid += i128::from((-taker_fee.0).max(0));
        } else if waited {
            at.flow.batch += value;
        }
    }

    fn count_step(&mut self, account: AccountId, level: u8, time: Millis) {
        let second = self.by_second.entry(time.0 / 1_000).or_default();
        second.0 += 1;
        second.1 += u64::from(self.liquidated.insert(account));
        if level == 3 && self.bankrupt.insert(account) {
            let home = self.homes.get(account.0 as usize).copied().flatten().unwrap_or(MarketId(0));
            self.markets[usize::from(home.0)].bankrupt += 1;
        }
    }

    fn value(&self, market: MarketId, price: u64, size: u64) -> i128 {
        i128::from(price) * i128::from(size) * i128::from(self.params[usize::from(market.0)].kappa)
    }
}
