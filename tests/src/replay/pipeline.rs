//! Sends a flow over one connection without waiting, up to a window, in batches of up to 100 steps a signature.
//!
//! The log has the order of sending. A cancel needs the id that only the answer to its order tells, so it may be
//! held back; it is sent before the next order that takes, for it is takers who could tell the difference.

use super::{
    Report,
    orders::{Orders, State},
};
use crate::{
    client::Answer,
    flow::Action,
    trader::{Ack, Step, Trader},
};
use ballast_types::{
    ClientId, MarketId, NewOrder, Operation, PriceTicks, RejectCode, Side, SizeLots, TimeInForce,
    limits::MAX_OPERATIONS,
};
use eyre::{WrapErr, bail, ensure, eyre};
use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;

/// Signed commands that wait for their answers at most.
const WINDOW: usize = 64;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a step was for: the venue's order, or none for one that takes.
type For = Option<u64>;

struct Flight {
    steps: Vec<(Operation, For)>,
    sent: Instant,
    answer: JoinHandle<(Option<Answer>, Instant)>,
}

/// The way of a flow to the exchange.
pub(super) struct Pipeline {
    /// Makers, then takers.
    traders: Vec<Trader>,
    makers: usize,
    market: MarketId,
    orders: Orders,
    /// Steps that wait for a signature, all of one trader.
    batch: Vec<(Operation, For)>,
    sender: usize,
    takes: usize,
    /// Cancels and replacements of orders whose ids are not told yet, in order.
    held: VecDeque<Action>,
    held_ids: HashSet<u64>,
    flights: VecDeque<Flight>,
    delays: Vec<Duration>,
    started: Instant,
    report: Report,
}

impl Pipeline {
    /// The last `takers` of the traders take, the others make.
    pub(super) fn new(traders: Vec<Trader>, takers: usize, market: MarketId) -> Self {
        let makers = traders.len() - takers;
        let report = Report { accounts: traders.len() as u64, ..Report::default() };
        Self {
            traders,
            makers,
            market,
            orders: Orders::new(makers),
            batch: Vec::new(),
            sender: 0,
            takes: 0,
            held: VecDeque::new(),
            held_ids: HashSet::new(),
            flights: VecDeque::new(),
            delays: Vec::new(),
            started: Instant::now(),
            report,
        }
    }

    /// Takes the next action of the flow.
    pub(super) async fn take(&mut self, action: Action) -> eyre::Result<()> {
        self.learn_what_came().await?;
        match action {
            Action::Place { id, side, price, size } => {
                let owner = self.orders.place(id, side);
                let order = new_order(id, side, price, size, TimeInForce::Gtc);
                self.push(owner, Operation::Place { market: self.market, order }, Some(id)).await
            }
            Action::Cancel { id } | Action::Replace { id, .. } => {
                if self.held_ids.contains(&id) || !self.change(action).await? {
                    self.held.push_back(action);
                    self.held_ids.insert(id);
                }
                Ok(())
            }
            Action::Take { side, price, size } => {
                self.settle().await?;
                // One taker stays with a batch, the next batch has the next.
                let batched = self.sender >= self.makers && !self.batch.is_empty();
                let taker = if batched { self.sender } else { self.next_taker() };
                let order = new_order(0, side, price, size, TimeInForce::Ioc);
                self.push(taker, Operation::Place { market: self.market, order }, None).await
            }
        }
    }

    /// Sends what is left and waits for every answer.
    pub(super) async fn finish(&mut self) -> eyre::Result<()> {
        self.settle().await?;
        self.flush().await?;
        while !self.flights.is_empty() {
            self.land().await?;
        }
        self.report.seconds = self.started.elapsed().as_secs_f64();
        Ok(())
    }

    /// What became of the flow so far.
    pub(super) fn report(mut self) -> Report {
        self.delays.sort_unstable();
        let at = |percent: usize| {
            let place = (self.delays.len() * percent / 100).min(self.delays.len().saturating_sub(1));
            self.delays.get(place).map_or(0.0, |delay| delay.as_secs_f64() * 1_000.0)
        };
        (self.report.ack_p50_ms, self.report.ack_p99_ms) = (at(50), at(99));
        self.report.rate = self.report.sent as f64 / self.report.seconds.max(f64::MIN_POSITIVE);
        self.report
    }

    fn next_taker(&mut self) -> usize {
        self.takes += 1;
        self.makers + self.takes % (self.traders.len() - self.makers)
    }

    /// Cancels or replaces an order. False when its id is not known yet.
    async fn change(&mut self, action: Action) -> eyre::Result<bool> {
        let (Action::Cancel { id } | Action::Replace { id, .. }) = action else {
            bail!("{action:?} changes no order")
        };
        let market = self.market;
        let Some(known) = self.orders.get(id) else {
            self.drop("changes an order that was not sent");
            return Ok(true);
        };
        let order = match known.state {
            State::Asked => return Ok(false),
            State::Gone => {
                self.drop("changes an order that never rested here");
                return Ok(true);
            }
            State::Resting(order) => order,
        };
        let step = match action {
            Action::Replace { price, size, .. } => {
                self.orders.learn(id, State::Asked);
                let new = new_order(id, known.side, price, size, TimeInForce::Gtc);
                Operation::Replace { market, order, new }
            }
            _ => {
                self.orders.learn(id, State::Gone);
                Operation::Cancel { market, order }
            }
        };
        self.push(known.owner, step, Some(id)).await?;
        Ok(true)
    }

    fn drop(&mut self, reason: &'static str) {
        *self.report.dropped.entry(reason).or_default() += 1;
    }

    /// Sends all that is held back, waiting for the answers that it needs.
    async fn settle(&mut self) -> eyre::Result<()> {
        while !self.held.is_empty() {
            self.release().await?;
            if !self.held.is_empty() {
                self.flush().await?;
                self.land().await?;
            }
        }
        Ok(())
    }

    /// Sends what was held back, up to the first whose order's id is still not known.
    async fn release(&mut self) -> eyre::Result<()> {
        while let Some(action) = self.held.front().copied() {
            if !self.change(action).await? {
                return Ok(());
            }
            self.held.pop_front();
        }
        self.held_ids.clear();
        Ok(())
    }

    /// Adds a step of `trader`; what waits of another one goes first.
    async fn push(&mut self, trader: usize, step: Operation, venue: For) -> eyre::Result<()> {
        if trader != self.sender || self.batch.len() >= MAX_OPERATIONS {
            self.flush().await?;
        }
        self.sender = trader;
        self.batch.push((step, venue));
        Ok(())
    }

    /// Signs and sends what waits.
    async fn flush(&mut self) -> eyre::Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        while self.flights.len() >= WINDOW {
            self.land().await?;
        }
        let steps = std::mem::take(&mut self.batch);
        self.report.sent += steps.len() as u64;
        self.report.signatures += 1;
        let operations = steps.iter().map(|(step, _)| *step).collect();
        let sent = Instant::now();
        let answer = self.traders[self.sender].send(operations).await?;
        // The time of an answer is when it comes, not when it is looked at.
        let answer = tokio::spawn(async move { (answer.await.ok(), Instant::now()) });
        self.flights.push_back(Flight { steps, sent, answer });
        Ok(())
    }

    /// Learns from the answers that are here already.
    async fn learn_what_came(&mut self) -> eyre::Result<()> {
        let before = self.flights.len();
        while self.flights.front().is_some_and(|flight| flight.answer.is_finished()) {
            self.land().await?;
        }
        if self.flights.len() < before { self.release().await } else { Ok(()) }
    }

    /// Waits for the oldest answer and learns from it.
    async fn land(&mut self) -> eyre::Result<()> {
        let flight =
            self.flights.pop_front().ok_or_else(|| eyre!("an answer is waited for that nobody asked for"))?;
        let waited = tokio::time::timeout(PATIENCE, flight.answer).await;
        let (answer, came) = waited.wrap_err("the node does not answer")??;
        self.delays.push(came - flight.sent);
        match answer.ok_or_else(|| eyre!("the connection closed before an answer"))? {
            Ok(answer) => self.learn(flight.steps, Ack::read(answer)?),
            Err(refusal) => {
                let code = u16::try_from(refusal.code).ok().and_then(RejectCode::from_number);
                let name = code.map_or_else(|| refusal.to_string(), |code| code.name().to_owned());
                self.refused(&flight.steps, &name);
                Ok(())
            }
        }
    }

    fn learn(&mut self, steps: Vec<(Operation, For)>, ack: Ack) -> eyre::Result<()> {
        self.report.seq = self.report.seq.max(ack.seq);
        if let Some(rejection) = &ack.rejection {
            self.refused(&steps, &rejection.name);
            return Ok(());
        }
        ensure!(
            ack.results.len() == steps.len(),
            "{} results for {} steps: {ack:?}",
            ack.results.len(),
            steps.len()
        );
        for ((step, venue), result) in steps.into_iter().zip(&ack.results) {
            self.count(result);
            // A cancel has told all there is when it is sent.
            if let (Operation::Place { .. } | Operation::Replace { .. }, Some(id)) = (step, venue) {
                self.orders.learn(id, result.resting().map_or(State::Gone, State::Resting));
            }
        }
        Ok(())
    }

    fn count(&mut self, result: &Step) {
        match &result.rejection {
            Some(rejection) => *self.report.rejected.entry(rejection.name.clone()).or_default() += 1,
            None => self.report.accepted += 1,
        }
        self.report.fills += result.fills.len() as u64;
        self.report.lots += result.fills.iter().map(|fill| fill.size).sum::<u64>();
    }

    fn refused(&mut self, steps: &[(Operation, For)], name: &str) {
        *self.report.rejected.entry(name.to_owned()).or_default() += steps.len() as u64;
        for (step, venue) in steps {
            if let (Operation::Place { .. } | Operation::Replace { .. }, Some(id)) = (step, venue) {
                self.orders.learn(*id, State::Gone);
            }
        }
    }
}

fn new_order(
    client: u64,
    side: Side,
    price: PriceTicks,
    size: SizeLots,
    time_in_force: TimeInForce,
) -> NewOrder {
    NewOrder::plain(side, price, size, time_in_force, ClientId(client))
}
