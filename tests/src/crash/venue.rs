//! The exchange as a node has it: the engine, what the node lets look at it, and a time that the driver says.

use super::{tally::Tally, watch::Watch};
use ballast_auth::Recover;
use ballast_engine::{Exchange, GenesisConfig, apply, commit, precheck, verify};
use ballast_node::{clearer::Clearer, ladder::Ladder, sweeper::Sweeper, triggers::Triggers};
use ballast_state::{Commitment, Pool};
use ballast_types::{
    AccountId, Address, AssetId, B256, Input, L1Message, L1Payload, Millis, Nonce, Operation, Operations,
    Outcome, PoolId, Quote, Signature, Source, Status, SystemCommand, Transfer, UserCommand,
    limits::NEW_ACCOUNT,
};
use cpu_time::ThreadTime;
use std::{collections::BTreeMap, time::Duration};

/// Steps of the ladder in one group, and inputs that fire, as the sequencer has them.
const MAX_LIQUIDATIONS: usize = 64;
const MAX_FIRES: usize = 16;

/// Signatures that name their signer: the address is the low end of `r`. The recovery of keys is no part of what is
/// tried here, and would take most of the time.
pub(super) struct Named;

impl Recover for Named {
    fn recover(&self, _digest: B256, signature: &Signature) -> Option<Address> {
        Some(Address::from_slice(&signature.0[12..32]))
    }
}

/// What an address signs.
pub(super) fn signed_by(address: Address) -> Signature {
    let mut bytes = [0; 65];
    bytes[12..32].copy_from_slice(address.as_slice());
    (bytes[63], bytes[64]) = (1, 27);
    Signature(bytes)
}

/// How long a group of the sequencer takes, in the exchange's time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    pub(super) group_ms: u64,
    pub(super) step_us: u64,
}

/// The exchange, and all that looks at it.
pub(super) struct Venue {
    pub(super) exchange: Exchange,
    /// The time of the next input.
    pub(super) now: Millis,
    pub(super) tally: Tally,
    pub(super) watch: Watch,
    /// CPU time of each step of the ladder: finding it, asking whether it can be done, doing it.
    pub(super) steps: Vec<Duration>,
    /// CPU time of the ladder by second of the exchange's time, in ms.
    pub(super) busy: BTreeMap<u64, f64>,
    /// The first step of the ladder that moved money of another pool.
    pub(super) crossed: Option<String>,
    separator: B256,
    nonce: u64,
    pace: Pace,
    /// When the sequencer is free again.
    free: Millis,
    ladder: Ladder,
    triggers: Triggers,
    clearer: Clearer,
    sweeper: Sweeper,
    commitment: Commitment,
}

impl Venue {
    /// An exchange before its first input.
    pub(super) fn new(genesis: &GenesisConfig, now: Millis, pace: Pace) -> eyre::Result<Self> {
        let exchange = Exchange::genesis(genesis)?;
        Ok(Self {
            now,
            tally: Tally::of(&exchange),
            watch: Watch::of(&exchange),
            steps: Vec::new(),
            busy: BTreeMap::new(),
            crossed: None,
            separator: exchange.separator(),
            nonce: 0,
            pace,
            free: now,
            ladder: Ladder::of(&exchange),
            triggers: Triggers::of(&exchange),
            clearer: Clearer::of(&exchange),
            sweeper: Sweeper::of(&exchange),
            commitment: Commitment::new(),
            exchange,
        })
    }

    /// Moves the exchange by one input, and tells everybody.
    pub(super) fn input(&mut self, source: Source) -> Outcome {
        let input = Input { seq: self.exchange.state.chain.seq.next(), time: self.now, source };
        let verified = verify(&Named, self.separator, &input.source);
        let before = self.silos_apart(&input.source);
        let outcome = apply(&mut self.exchange, &input, &verified);
        self.compare_silos(before, &input.source);
        self.ladder.follow(&outcome);
        self.triggers.follow(&self.exchange, &outcome);
        self.clearer.follow(&outcome);
        self.sweeper.follow(&outcome);
        self.watch.follow(&outcome, self.now);
        self.tally.take(&input, &outcome);
        outcome
    }

    /// The pools that a step of the ladder must leave alone (risk.md 8.3), as they are; nothing of other inputs.
    fn silos_apart(&self, source: &Source) -> Vec<(u32, Pool)> {
        let Some(own) = self.pool_of_step(source) else { return Vec::new() };
        let pools = self.exchange.state.pools.iter();
        pools.filter(|(id, _)| *id != u32::from(own.0)).map(|(id, pool)| (id, *pool)).collect()
    }

    fn compare_silos(&mut self, before: Vec<(u32, Pool)>, source: &Source) {
        for (id, pool) in before {
            if self.exchange.state.pools.get(id) != Some(&pool) {
                self.crossed.get_or_insert(format!("{source:?} moved pool {id} at {}", self.now));
            }
        }
    }

    /// The pool of the account on which a step of the ladder is, or of the market that is torn up.
    fn pool_of_step(&self, source: &Source) -> Option<PoolId> {
        let state = &self.exchange.state;
        match source {
            Source::System(SystemCommand::Liquidate { account }) => Some(state.accounts.get(account.0)?.pool),
            Source::System(SystemCommand::Deleverage { market, .. }) => {
                Some(state.markets.get(market.0.into())?.pool)
            }
            Source::System(SystemCommand::Haircut { pool, .. }) => Some(*pool),
            _ => None,
        }
    }

    /// Operations of an account, signed by its owner.
    pub(super) fn operate(
        &mut self,
        account: AccountId,
        owner: Address,
        operations: Vec<Operation>,
    ) -> Outcome {
        self.nonce += 1;
        let command = UserCommand::Operations(Operations {
            account,
            nonce: Nonce(self.nonce),
            expires: Millis(self.now.0 + 1_000),
            atomic: false,
            operations,
        });
        self.input(Source::User { command, signature: signed_by(owner) })
    }

    /// A deposit of L1 to an account, or to what its number stands for.
    pub(super) fn deposit(&mut self, owner: Address, account: u32, amount: Quote) {
        let payload = L1Payload::Deposit { asset: AssetId(0), owner, account: AccountId(account), amount };
        let index = self.exchange.state.chain.l1_count;
        let outcome =
            self.input(Source::L1(L1Message { index, l1_block: 1, l1_time: self.now.0 / 1_000, payload }));
        assert_eq!(outcome.status, Status::Accepted, "a deposit of {amount} u is good");
    }

    /// An account of a pool, opened from another one with so much.
    pub(super) fn open_in(&mut self, pool: PoolId, owner: Address, account: AccountId, amount: Quote) {
        self.nonce += 1;
        let command = UserCommand::Transfer(Transfer {
            account,
            nonce: Nonce(self.nonce),
            expires: Millis(self.now.0 + 1_000),
            to: AccountId(NEW_ACCOUNT),
            pool,
            amount,
        });
        let outcome = self.input(Source::User { command, signature: signed_by(owner) });
        assert_eq!(outcome.status, Status::Accepted, "whoever has just deposited opens an account in {pool}");
    }

    /// What the sequencer does after it took what arrived: the ladder, what fires, what is swept, what is cleared.
    pub(super) fn group(&mut self) {
        self.look();
        let steps = self.liquidate();
        for _ in 0..MAX_FIRES {
            let Some(command) = self.triggers.due(&self.exchange, self.now, &|_| None) else { break };
            if !self.offer(&command) {
                self.triggers.forget(&command);
                break;
            }
        }
        if let Some(command) = self.sweeper.due(&self.exchange, self.now)
            && !self.offer(&command)
        {
            self.sweeper.forget(&command, self.now);
        }
        for command in self.clearer.due(&self.exchange, self.now, &|_| None) {
            self.offer(&command);
        }
        let took = self.pace.group_ms.max((steps as u64 * self.pace.step_us).div_ceil(1_000));
        self.free = Millis(self.now.0 + took.max(1));
    }

    /// As many steps of the ladder as a group takes; how many there were.
    fn liquidate(&mut self) -> usize {
        let all = ThreadTime::now();
        let mut steps = 0;
        while steps < MAX_LIQUIDATIONS {
            let clock = ThreadTime::now();
            let Some(command) = self.ladder.due(&mut self.exchange, self.now, &|_| None) else { break };
            steps += 1;
            if !self.offer(&command) {
                self.ladder.forget(&command, self.now);
            }
            self.steps.push(clock.elapsed());
        }
        *self.busy.entry(self.now.0 / 1_000).or_default() += all.elapsed().as_secs_f64() * 1e3;
        steps
    }

    /// Lets all happen that is due before `time`, and then it is that time.
    pub(super) fn until(&mut self, time: Millis) {
        while let Some(next) = self.next() {
            let next = next.max(self.free).max(self.now);
            if next >= time {
                break;
            }
            self.now = next;
            self.group();
        }
        self.now = time.max(self.now);
    }

    /// Takes what changed into the state's commitment, and gives its root.
    pub(super) fn root(&mut self) -> B256 {
        self.commitment.update(&commit(&mut self.exchange));
        self.commitment.state_root()
    }

    /// Notes who is below maintenance now.
    pub(super) fn look(&mut self) {
        self.watch.look(&self.exchange, self.now);
    }

    /// When there may be something to do next.
    fn next(&self) -> Option<Millis> {
        let clearing = self.clearer.next(&self.exchange, self.now);
        let others = [self.sweeper.next(), self.triggers.next(), self.ladder.next()];
        others.into_iter().flatten().chain(clearing).min()
    }

    /// Puts in what a finder asks for, unless the engine would refuse it.
    fn offer(&mut self, command: &SystemCommand) -> bool {
        let source = Source::System(command.clone());
        let verified = verify(&Named, self.separator, &source);
        match precheck(&self.exchange, self.now, &verified) {
            Ok(()) => {
                self.input(source);
                true
            }
            Err(_) => false,
        }
    }
}
