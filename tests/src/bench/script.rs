//! The common workload as signed inputs of an exchange.

use crate::desk::{Desk, PRICE, TIME, WEALTH};
use crate::workload::{Kind, Step, generate};
use ballast_auth::K256;
use ballast_engine::{Exchange, GenesisConfig, Verified, apply, verify};
use ballast_types::{
    ClientId, Event, Input, MarketId, Millis, NewOrder, Operation, OrderId, PriceTicks, Side, SizeLots,
    Source, TimeInForce,
};

/// Accounts that trade.
pub(super) const ACCOUNTS: u32 = 256;

/// The signed inputs of a workload. They are made by running it: a cancel needs the id that the order got.
pub(super) struct Script {
    /// What the exchange begins with.
    pub(super) genesis: GenesisConfig,
    /// The inputs that give every account money and every market a price.
    pub(super) opening: Vec<Input>,
    /// The exchange after them.
    pub(super) opened: Exchange,
    /// The inputs of the workload.
    pub(super) inputs: Vec<(Input, Verified)>,
    /// The exchange after them.
    pub(super) exchange: Exchange,
    desk: Desk,
    placed: Vec<(OrderId, u32)>,
    /// By account: steps that wait for a signature, and the ids of the workload that they are about.
    pending: Vec<Vec<(Operation, usize)>>,
    /// Steps under one signature.
    operations: usize,
}

impl Script {
    /// `ops` steps over `markets` markets, `operations` under one signature; fewer where a step needs the id of an order that
    /// was not sent yet.
    ///
    /// # Panics
    /// When there are no markets, or too many.
    pub(super) fn of(ops: usize, markets: usize, operations: usize, seed: u64) -> Self {
        let (desk, genesis) = Desk::new(ACCOUNTS, u16::try_from(markets).expect("few markets"));
        let exchange = Exchange::genesis(&genesis).expect("the genesis is sound");
        let mut script = Self {
            genesis,
            opening: Vec::new(),
            opened: exchange.clone(),
            inputs: Vec::new(),
            exchange,
            desk,
            placed: Vec::new(),
            pending: vec![Vec::new(); ACCOUNTS as usize],
            operations,
        };
        for source in script.desk.opening(PRICE, |_| WEALTH) {
            script.apply(source);
        }
        script.opened = script.exchange.clone();
        script.opening = std::mem::take(&mut script.inputs).into_iter().map(|(input, _)| input).collect();
        generate(ops, markets, seed).steps.iter().for_each(|step| script.step(step));
        (0..ACCOUNTS).for_each(|owner| script.send(owner));
        script
    }

    fn step(&mut self, step: &Step) {
        let (market, id) = (MarketId(step.book), step.id as usize);
        if matches!(step.kind, Kind::Cancel | Kind::Modify) {
            let owner = self.placed[id].1;
            if self.pending[owner as usize].iter().any(|(_, of)| *of == id) {
                self.send(owner);
            }
        }
        let known = self.placed.get(id).copied();
        let (operation, owner) = match (step.kind, known) {
            (Kind::Limit | Kind::Ioc, _) => {
                (Operation::Place { market, order: new_order(step) }, step.owner % ACCOUNTS)
            }
            (Kind::Cancel, Some((order, owner))) => (Operation::Cancel { market, order }, owner),
            (Kind::Modify, Some((order, owner))) => {
                (Operation::Replace { market, order, new: new_order(step) }, owner)
            }
            (Kind::Cancel | Kind::Modify, None) => unreachable!("the workload names only ids that it made"),
        };
        self.note(id, None, owner);
        let pending = &mut self.pending[owner as usize];
        pending.push((operation, id));
        if pending.len() == self.operations {
            self.send(owner);
        }
    }

    /// Signs and applies what waits for it.
    fn send(&mut self, owner: u32) {
        let (operations, ids): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pending[owner as usize]).into_iter().unzip();
        if operations.is_empty() {
            return;
        }
        let source = self.desk.operations(owner, operations);
        for (step, order) in self.apply(source) {
            self.note(ids[usize::from(step)], Some(order), owner);
        }
    }

    /// Applies and keeps an input; the ids of the orders that its steps made.
    fn apply(&mut self, source: Source) -> Vec<(u8, OrderId)> {
        let seq = self.exchange.state.chain.seq.next();
        let input = Input { seq, time: Millis(TIME), source };
        let verified = verify(&K256, self.exchange.separator(), &input.source);
        let outcome = apply(&mut self.exchange, &input, &verified);
        self.inputs.push((input, verified));
        let accepted = outcome.events.iter().filter_map(|event| match event {
            Event::OrderAccepted { step, order, .. } => Some((*step, *order)),
            _ => None,
        });
        accepted.collect()
    }

    fn note(&mut self, at: usize, id: Option<OrderId>, owner: u32) {
        if self.placed.len() <= at {
            // An order that was refused keeps an id that no order has.
            self.placed.resize(at + 1, (OrderId(0), owner));
            self.placed[at].1 = owner;
        }
        if let Some(id) = id {
            self.placed[at].0 = id;
        }
    }
}

fn new_order(step: &Step) -> NewOrder {
    NewOrder::plain(
        if step.side == 0 { Side::Buy } else { Side::Sell },
        PriceTicks(step.price.into()),
        SizeLots(step.size.into()),
        if step.kind == Kind::Ioc { TimeInForce::Ioc } else { TimeInForce::Gtc },
        ClientId(step.id.into()),
    )
}
