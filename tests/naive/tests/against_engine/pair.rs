//! The two exchanges side by side: every input goes to both, and everything observable is compared after it.

use std::collections::BTreeMap;

use ballast_auth::Recover;
use ballast_engine::{
    Exchange, GenesisConfig, History, apply, commit, matches_in_batches, oracle_state, verify,
};
use ballast_naive::Report;
use ballast_state::Contingent;
use ballast_types::{
    AccountId, Address, B256, Event, GuardianCommand, Input, L1Message, L1Payload, MarketId, Millis, Nonce,
    Operation, Operations, OracleState, Order, Outcome, PoolId, PriceReport, RejectCode, Seq, Side,
    Signature, Source, SystemCommand, UserCommand,
};

use crate::{
    collateral, custody, ended, exiting, limited, modes, moving, paced, pricing, protection, rungs,
    seen::Seen, settings::Setting, shortfall, silos, waiting,
};

pub(crate) const GUARDIAN: Address = Address::repeat_byte(0xdd);

/// Signatures that name their signer in the low end of `r`; zero signs nothing.
struct Named;

impl Recover for Named {
    fn recover(&self, _digest: B256, signature: &Signature) -> Option<Address> {
        let address = Address::from_slice(&signature.0[12..32]);
        (address != Address::ZERO).then_some(address)
    }
}

fn signed_by(address: Address) -> Signature {
    let mut bytes = [0; 65];
    bytes[12..32].copy_from_slice(address.as_slice());
    bytes[63] = 1;
    bytes[64] = 27;
    Signature(bytes)
}

pub(crate) fn publisher(n: u8) -> Address {
    Address::repeat_byte(0xe0 + n)
}

/// A command of the account's owner with a nonce that is free.
pub(crate) fn from_owner(
    naive: &ballast_naive::Exchange,
    time: u64,
    account: AccountId,
    operations: Vec<Operation>,
) -> (Address, UserCommand) {
    let (owner, nonce, expires) = next_nonce(naive, time, account);
    let command = Operations { account, nonce, expires, atomic: false, operations };
    (owner, UserCommand::Operations(command))
}

/// The account's owner, a nonce of his that is free, and the time.
pub(crate) fn next_nonce(
    naive: &ballast_naive::Exchange,
    time: u64,
    account: AccountId,
) -> (Address, Nonce, Millis) {
    let it = &naive.accounts[account.0 as usize];
    let nonce = Nonce(it.nonces.used.last().map_or(0, |highest| highest + 1));
    (it.owner, nonce, Millis(time))
}

pub(crate) struct Pair {
    /// Whether the engine hears nothing, and the naive exchange is only asked whether its books are in order.
    pub(crate) is_alone: bool,
    /// Place of the last input in the log.
    seq: Seq,
    pub(crate) fast: Exchange,
    pub(crate) naive: ballast_naive::Exchange,
    pub(crate) setting: Setting,
    pub(crate) time: u64,
    pub(crate) seen: Seen,
    /// Commands that took effect, to be said again.
    pub(crate) said: Vec<(Address, UserCommand)>,
}

impl Pair {
    /// A naive exchange without the engine beside it.
    pub(crate) fn alone(setting: Setting) -> Self {
        Self { is_alone: true, ..Self::new(setting) }
    }

    pub(crate) fn new(setting: Setting) -> Self {
        let (count, quorum) = setting.publishers;
        let publishers: Vec<Address> = (0..count).map(publisher).collect();
        let config = GenesisConfig {
            chain_id: 1,
            exchange: Address::repeat_byte(0xcc),
            publishers: publishers.clone(),
            quorum,
            guardian: GUARDIAN,
            pools: setting.pools(),
            markets: silos::listings(&setting),
            histories: setting.histories.clone(),
            settlement_lag: setting.settlement_lag,
            peg_guard: setting.peg_guard,
            assets: custody::listed(&setting),
        };
        let mut naive = silos::naive(publishers, &setting);
        for History { market, hour, returns, stress } in &setting.histories {
            naive.give_history(*market, *hour, returns, stress);
        }
        let naive = custody::naive(naive, &setting);
        Self {
            fast: Exchange::genesis(&config).expect("the configuration is good"),
            naive,
            is_alone: false,
            seq: Seq(0),
            setting,
            time: 1_700_000_000_000,
            seen: Seen::default(),
            said: Vec::new(),
        }
    }

    /// Gives an input to both and compares what they say and what they are.
    pub(crate) fn input(&mut self, signer: Option<Address>, source: Source) -> Outcome {
        self.seq = self.seq.next();
        let input = Input { seq: self.seq, time: Millis(self.time), source };
        let old = self.naive.clone();
        let naive = self.naive.apply(&input, signer);
        protection::check_books(&self.naive, &input);
        if !self.is_alone {
            self.input_fast(&input, &naive);
        }
        limited::check(&old, &self.naive, &input);
        silos::check(&old, &self.naive, &input);
        ended::check(&old, &self.naive, &input, &naive);
        paced::check(&old, &self.naive, &naive, &input);
        custody::check(&self.naive, &input);
        exiting::check(&old, &self.naive, &naive, &input);
        self.note(&input, signer, &old, &naive);
        naive
    }

    /// Gives it to the engine, too.
    fn input_fast(&mut self, input: &Input, naive: &Outcome) {
        let verified = verify(&Named, self.fast.separator(), &input.source);
        let fast = apply(&mut self.fast, input, &verified);
        if fast != *naive {
            let same =
                fast.events.iter().zip(&naive.events).take_while(|(fast, naive)| fast == naive).count();
            let what = match (&fast.events.get(same), &input.source) {
                (
                    Some(
                        Event::OrderAccepted { step, .. }
                        | Event::OperationRejected { step, .. }
                        | Event::AllCancelled { step, .. }
                        | Event::ConditionalPlaced { step, .. },
                    ),
                    Source::User { command: UserCommand::Operations(command), .. },
                ) => format!("{:#?}", &command.operations[..=usize::from(*step)]),
                _ => format!("{:?}", input.source),
            };
            panic!(
                "they differ from event {same} on after {what} at {}\nengine {:?}\nnaive {:?}\nengine {:#?}\nnaive {:#?}",
                input.time,
                fast.status,
                naive.status,
                &fast.events[same..],
                &naive.events[same..],
            );
        }
        self.compare(input);
    }

    /// Counts what happened.
    fn note(
        &mut self,
        input: &Input,
        signer: Option<Address>,
        old: &ballast_naive::Exchange,
        naive: &Outcome,
    ) {
        let arrivals = |naive: &ballast_naive::Exchange| -> u64 {
            naive.markets.iter().map(|market| market.next_arrival).sum()
        };
        self.note_held_back(input, naive);
        self.seen.note(naive, arrivals(&self.naive) - arrivals(old));
        let prices = pricing::seen(old, &self.naive, naive);
        let ladder = rungs::seen(old, &self.naive, input, naive);
        let modes = modes::seen(old, &self.naive, input, naive);
        let limits = limited::seen((old, &self.naive), input, signer, naive);
        let paced = paced::seen(old, &self.naive, input, naive);
        let others = prices.into_iter().chain(ladder).chain(modes).chain(limits).chain(paced);
        for what in waiting::seen(old, naive).into_iter().chain(others) {
            self.seen.count(what);
        }
        silos::seen(old, &self.naive, input, naive).iter().for_each(|what| self.seen.count(what));
        ended::seen(old, &self.naive, input, naive).iter().for_each(|what| self.seen.count(what));
        exiting::seen(old, &self.naive, input, naive).iter().for_each(|what| self.seen.count(what));
        custody::seen(old, input, naive).iter().for_each(|what| self.seen.count(what));
        collateral::seen(old, input, naive).iter().for_each(|what| self.seen.count(what));
        let moved = moving::seen(old, &self.naive, &input.source, &naive.events);
        moved.iter().for_each(|what| self.seen.count(what));
        shortfall::seen(old, &self.naive, naive).iter().for_each(|what| self.seen.count(what));
        for event in &naive.events {
            if let Event::OrderAccepted { account, .. } = event {
                let margin = self.naive.margin(*account);
                if margin.weighted < margin.required {
                    self.seen.count("excused from initial margin");
                }
            }
            if let Event::Fill { maker, .. } = event {
                let margin = self.naive.margin(*maker);
                if margin.weighted < ballast_naive::Exchange::fill_margin(&margin) {
                    self.seen.count("excused from fill margin");
                }
            }
        }
    }

    /// Counts the orders that were refused for the price of another market.
    fn note_held_back(&mut self, input: &Input, outcome: &Outcome) {
        let Source::User { command: UserCommand::Operations(command), .. } = &input.source else { return };
        for event in &outcome.events {
            let Event::OperationRejected { step, rejection } = event else { continue };
            let (Operation::Place { market, .. } | Operation::Replace { market, .. }) =
                command.operations[usize::from(*step)]
            else {
                continue;
            };
            match rejection.code {
                RejectCode::StalePrice if self.naive.oracle(market) != OracleState::Stale => {
                    self.seen.count("held back by another market that is stale");
                }
                RejectCode::InvalidOracle if rejection.value != i128::from(market.0) => {
                    self.seen.count("held back by another market that is invalid");
                }
                _ => {}
            }
        }
    }

    fn compare(&mut self, input: &Input) {
        assert_eq!(self.fast.state.chain.seq, input.seq);
        for id in 0..self.naive.markets.len() {
            self.compare_market(MarketId(u16::try_from(id).expect("few")), input);
        }
        assert_eq!(self.fast.state.chain.accounts as usize, self.naive.accounts.len());
        for id in 0..self.fast.state.chain.accounts {
            self.compare_account(AccountId(id), input);
        }
        for (id, pool) in (0..).zip(&self.naive.pools) {
            let fast = self.fast.state.pools.get(id).expect("it exists");
            protection::compare_pool(fast, pool, input);
            ended::compare_pool(fast, pool, input);
        }
        for id in (0..).map(PoolId).take(self.naive.pools.len()) {
            paced::compare_pool(&self.fast.state, id, &self.naive, input);
        }
        paced::compare_lag(&self.fast.state, &self.naive, input);
        exiting::compare(&self.fast.state, &self.naive, input);
        moving::compare(&self.fast.state, &self.naive, input);
        custody::compare(&self.fast.state, &self.naive, input);
        let chain = &self.fast.state.chain;
        assert_eq!((chain.batch, chain.l1_count), (self.naive.batch, self.naive.l1_messages));
        assert_eq!((chain.guardian_time, chain.promise), (self.naive.guardian_time, self.naive.chain));
        assert_eq!(chain.next_withdrawal, self.naive.next_withdrawal);
    }

    fn compare_market(&self, id: MarketId, input: &Input) {
        let (book, naive) = (self.fast.book(id).expect("listed"), &self.naive.markets[usize::from(id.0)]);
        let mut orders: Vec<Order> = book.orders().collect();
        let mut expected = naive.orders.clone();
        orders.sort_by_key(|order| order.id);
        expected.sort_by_key(|order| order.id);
        assert_eq!(orders, expected, "orders of market {id} after {input:#?}");
        for side in [Side::Buy, Side::Sell] {
            let levels: Vec<_> = book
                .depth(side, usize::MAX)
                .into_iter()
                .map(|level| (level.price.0, level.size, level.orders))
                .collect();
            assert_eq!(levels, naive.depth(side), "depth of market {id} after {input:#?}");
        }
        assert_eq!(book.next_arrival(), naive.next_arrival, "arrivals of market {id} after {input:#?}");
        let market = self.fast.state.markets.get(u32::from(id.0)).expect("listed");
        let prices = [market.index, market.mark, market.fresh_mark].map(|price| i128::from(price.0));
        let expected = [naive.index, naive.mark, naive.fresh_mark];
        assert_eq!((prices, market.mark_time), (expected, naive.mark_time), "price of {id} after {input:#?}");
        assert_eq!(i128::from(market.funding), naive.funding, "funding of {id} after {input:#?}");
        let venue = self.fast.state.venues.get(u32::from(id.0)).expect("listed");
        assert_eq!(i128::from(venue.open_interest.0), self.naive.open_interest(id), "after {input:#?}");
        let waiting = naive.orders.iter().filter(|order| order.waits.is_some()).count();
        assert_eq!(venue.waiting as usize, waiting, "waiting in market {id} after {input:#?}");
        let times = (venue.batch_until, venue.next_clearing);
        assert_eq!(times, (naive.batch_until, naive.next_clearing), "market {id} after {input:#?}");
        protection::compare_venue(venue, &self.naive, id, input);
        limited::compare(market, venue, &self.naive, id, input);
        self.compare_oracle(id, input);
        modes::compare(&self.fast.state, naive, id, input);
        shortfall::compare(&self.fast.state, naive, id, input);
        pricing::compare(&venue.pricing, naive, input);
        ended::compare_market(&self.fast.state, naive, id, input);
    }

    /// What the price is good for, and the reports that it is made of.
    fn compare_oracle(&self, id: MarketId, input: &Input) {
        let naive = &self.naive.markets[usize::from(id.0)];
        let market = self.fast.state.markets.get(u32::from(id.0)).expect("listed");
        let venue = self.fast.state.venues.get(u32::from(id.0)).expect("listed");
        let pricing = &venue.pricing;
        let good_for = (oracle_state(market, input.time), market.oracle);
        let expected = (self.naive.oracle(id), naive.quality);
        if naive.mark > 0 {
            assert_eq!(good_for, expected, "oracle of {id} after {input:#?}");
        }
        let told = (i128::from(pricing.dispersion), pricing.jumped, pricing.uncertain);
        let expected = (naive.dispersion, naive.jumped, naive.uncertain);
        assert_eq!(told, expected, "dispersion and times of {id} after {input:#?}");
        assert_eq!(
            matches_in_batches(&self.fast.state, input.time, id),
            self.naive.is_batching(id),
            "{id} after {input:#?}"
        );
        let reports = (0..).zip(&venue.reports).filter(|(_, report)| report.time > Millis(0));
        let reports: BTreeMap<u8, Report> = reports
            .map(|(publisher, it)| {
                let report = Report {
                    price: i128::from(it.price.0),
                    perp: it.perp.map(|perp| i128::from(perp.0)),
                    confidence: i128::from(it.confidence.0),
                    time: it.time,
                };
                (publisher, report)
            })
            .collect();
        assert_eq!(reports, naive.reports, "reports of {id} after {input:#?}");
    }

    fn compare_account(&self, id: AccountId, input: &Input) {
        let naive = &self.naive.accounts[id.0 as usize];
        let fast = self.fast.state.accounts.get(id.0).expect("it exists");
        let owned = (fast.owner, fast.pool, i128::from(fast.cash.0));
        assert_eq!(owned, (naive.owner, naive.pool, naive.cash), "{id} after {input:#?}");
        let trader = self.fast.state.traders.get(id.0).expect("it exists");
        let positions: Vec<_> = fast
            .positions
            .iter()
            .map(|position| {
                let entry = trader.books.iter().find(|entry| entry.market == position.market);
                let basis = entry.expect("a position has its entry").basis;
                (position.market, [position.size.0, basis.0, position.funding].map(i128::from))
            })
            .collect();
        let expected: Vec<_> =
            naive.positions.iter().map(|(market, it)| (*market, [it.size, it.basis, it.funding])).collect();
        assert_eq!(positions, expected, "positions of {id} after {input:#?}");
        if !naive.positions.is_empty() {
            assert_eq!(self.equity(id), self.naive.margin(id).equity, "equity of {id} after {input:#?}");
        }
        assert_eq!(trader.seldom.cancel_at, naive.cancel_at, "schedule of {id} after {input:#?}");
        protection::compare_trader(trader, naive, id, input);
        paced::compare_trader(trader, &self.naive, id, input);
        let leverages: Vec<_> =
            trader.seldom.leverages.iter().map(|said| (said.market, said.times)).collect();
        let expected: Vec<_> = naive.leverages.iter().map(|(market, times)| (*market, *times)).collect();
        assert_eq!(leverages, expected, "leverages of {id} after {input:#?}");
        let contingent = trader.seldom.contingent.as_deref().cloned();
        let expected = Contingent {
            orders: naive.conditionals.values().copied().collect(),
            groups: naive.groups.values().copied().collect(),
        };
        let expected = (!expected.orders.is_empty()).then_some(expected);
        assert_eq!(contingent, expected, "conditional orders of {id} after {input:#?}");
        let sessions: Vec<_> =
            trader.seldom.sessions.iter().map(|it| (it.key, it.number, it.valid_until, it.scope)).collect();
        let expected: Vec<_> =
            naive.sessions.iter().map(|(key, it)| (*key, it.number, it.valid_until, it.scope)).collect();
        assert_eq!(sessions, expected, "sessions of {id} after {input:#?}");
    }

    /// `E` by the leaves of the engine.
    fn equity(&self, id: AccountId) -> i128 {
        let account = self.fast.state.accounts.get(id.0).expect("it exists");
        let positions = account.positions.iter().map(|it| {
            let market = self.fast.state.markets.get(u32::from(it.market.0)).expect("listed");
            let paid = i128::from(it.size.0) * (i128::from(market.funding) - i128::from(it.funding));
            market.params.value(market.mark, it.size) - paid
        });
        let backing = ballast_engine::backing_of(&self.fast.state, account);
        i128::from(account.cash.0) + positions.sum::<i128>() + backing.value
    }

    pub(crate) fn command(&mut self, signer: Address, command: UserCommand) -> Outcome {
        let source = Source::User { command: command.clone(), signature: signed_by(signer) };
        self.said.push((signer, command));
        self.input((signer != Address::ZERO).then_some(signer), source)
    }

    /// Steps of the account, signed by its owner with a fresh nonce.
    pub(crate) fn operate(&mut self, account: AccountId, operations: Vec<Operation>) -> Outcome {
        let (owner, command) = from_owner(&self.naive, self.time, account, operations);
        self.command(owner, command)
    }

    /// Who signs for this place now.
    pub(crate) fn publisher(&self, n: u8) -> Address {
        self.naive.publishers[usize::from(n)]
    }

    pub(crate) fn report(&mut self, signer: Address, report: PriceReport) -> Outcome {
        let source = Source::Publisher { report, signature: signed_by(signer) };
        self.input((signer != Address::ZERO).then_some(signer), source)
    }

    pub(crate) fn guardian(&mut self, signer: Address, command: GuardianCommand) -> Outcome {
        let source = Source::Guardian { command, signature: signed_by(signer) };
        self.input((signer != Address::ZERO).then_some(signer), source)
    }

    pub(crate) fn l1(&mut self, index: u64, payload: L1Payload) -> Outcome {
        self.l1_at(index, 8, payload)
    }

    /// A message that L1 took at a time of its own, in seconds.
    pub(crate) fn l1_at(&mut self, index: u64, l1_time: u64, payload: L1Payload) -> Outcome {
        self.input(None, Source::L1(L1Message { index, l1_block: 7, l1_time, payload }))
    }

    pub(crate) fn system(&mut self, command: SystemCommand) -> Outcome {
        if matches!(command, SystemCommand::SealBatch { .. }) && !self.is_alone {
            commit(&mut self.fast);
            drop(self.fast.take_withdrawals());
        }
        if matches!(command, SystemCommand::SealBatch { .. }) {
            self.said.clear();
        }
        self.input(None, Source::System(command))
    }

    /// How many inputs there were.
    pub(crate) const fn inputs(&self) -> Seq {
        self.seq
    }
}
