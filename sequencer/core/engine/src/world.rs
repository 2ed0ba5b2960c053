//! A small exchange to test with: signs for anybody, and looks at everything after every input.

mod assets;
mod crowding;
mod effects;
mod ends;
mod exits;
mod governed;
mod hours;
mod ladder;
mod leaves;
mod listings;
mod outflow;
mod peg;
mod prices;
mod rehearsal;
mod signers;
mod silos;

pub(crate) use assets::{ETH, WBTC};
pub(crate) use leaves::Leaves;
pub(crate) use listings::{altcoin, bitcoin};
pub(crate) use silos::SILO;

use alloc::{sync::Arc, vec, vec::Vec};

use ballast_auth::Recover;
use ballast_state::{Change, LeafSource};
use ballast_types::{
    AccountId, Address, AssetId, B256, BatchIndex, ClientId, Event, GrantSession, Input, L1Message,
    L1Payload, MarketId, MarketParams, Millis, NewOrder, Nonce, Operation, Operations, OrderId, Outcome,
    PriceTicks, Quote, RejectCode, Rejection, RevokeSession, SelfTrade, Side, Signature, SizeLots, Source,
    Status, SystemCommand, TimeInForce, UserCommand, Withdraw, limits::NEW_ACCOUNT,
};

use crate::{
    Exchange, GenesisConfig, Listing, ProtectionConfig, apply, commit, facts,
    invariants::{self, Audit},
    precheck, verify,
};

pub(crate) const BTC: MarketId = MarketId(0);
pub(crate) const ALT: MarketId = MarketId(1);
/// Where there is a silo, its market.
pub(crate) const MEME: MarketId = MarketId(2);
/// 50,000 USDC in ticks of BTC.
pub(crate) const PRICE: u64 = 500_000;
/// 1 BTC in lots.
pub(crate) const ONE: u64 = 100_000;
pub(crate) const USDC: i64 = 1_000_000;
pub(crate) const PUBLISHERS: u8 = 3;
/// Number of the backstop's owner.
pub(crate) const BACKSTOP: u8 = 97;
pub(crate) const GUARDIAN: Address = Address::repeat_byte(0xdd);

/// Signatures that name their signer: the address is the low end of `r`; zero signs nothing.
pub(crate) struct Named;

impl Recover for Named {
    fn recover(&self, _digest: B256, signature: &Signature) -> Option<Address> {
        let address = Address::from_slice(&signature.0[12..32]);
        (address != Address::ZERO).then_some(address)
    }
}

pub(crate) fn signed_by(address: Address) -> Signature {
    let mut bytes = [0; 65];
    bytes[12..32].copy_from_slice(address.as_slice());
    bytes[63] = 1;
    bytes[64] = 27;
    Signature(bytes)
}

pub(crate) const fn owner(n: u8) -> Address {
    Address::repeat_byte(n + 1)
}

pub(crate) const fn publisher(n: u8) -> Address {
    Address::repeat_byte(0xe0 + n)
}

pub(crate) fn config(markets: Vec<MarketParams>) -> GenesisConfig {
    GenesisConfig {
        chain_id: 1,
        exchange: Address::repeat_byte(0xcc),
        publishers: (0..PUBLISHERS).map(publisher).collect(),
        quorum: 2,
        guardian: GUARDIAN,
        pools: vec![ProtectionConfig::default()],
        markets: markets.into_iter().map(Listing::from).collect(),
        histories: Vec::new(),
        settlement_lag: false,
        peg_guard: false,
        assets: Vec::new(),
    }
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) x: Exchange,
    pub(crate) time: u64,
    pub(crate) leaves: Leaves,
    pub(crate) log: Vec<(Input, Outcome)>,
    /// Leaves that the last input changed.
    pub(crate) changes: Vec<Change>,
    nonce: u64,
    outflow: outflow::Outflow,
    glide: governed::Glide,
    followed: governed::Followed,
}

impl World {
    /// Two markets without prices and nobody in them.
    pub(crate) fn empty() -> Self {
        Self::of(vec![bitcoin(), altcoin()])
    }

    pub(crate) fn of(markets: Vec<MarketParams>) -> Self {
        Self::begin(&config(markets))
    }

    pub(crate) fn begin(config: &GenesisConfig) -> Self {
        let mut x = Exchange::genesis(config).expect("the configuration is good");
        let mut leaves = Leaves::default();
        leaves.take(&commit(&mut x));
        Self {
            x,
            time: 1_000_000,
            leaves,
            log: Vec::new(),
            changes: Vec::new(),
            nonce: 0,
            outflow: outflow::Outflow::default(),
            glide: governed::Glide::default(),
            followed: governed::Followed::default(),
        }
    }

    /// BTC at 50,000, ALT at 10.00, and `accounts` accounts with 100,000 USDC each.
    pub(crate) fn trading(accounts: u8) -> Self {
        let mut world = Self::empty();
        world.set_prices(&[(BTC, PRICE), (ALT, 1_000)]);
        for n in 0..accounts {
            assert_eq!(world.deposit(owner(n), NEW_ACCOUNT, 100_000 * USDC), Status::Accepted);
        }
        world
    }

    /// Applies an input, and checks what holds for every one of them.
    pub(crate) fn input(&mut self, source: Source) -> Outcome {
        let seq = self.x.state.chain.seq.next();
        let input = Input { seq, time: Millis(self.time), source };
        let verified = verify(&Named, self.x.separator(), &input.source);
        let admitted = precheck(&self.x, input.time, &verified);
        let (before, healths) = (self.x.state.chain.clone(), effects::healths(&self.x));
        let mouths = outflow::mouths(&self.x, input.time);
        let openness = effects::openness(&self.x, input.time);
        let waiting = exits::waiting(&self.x, input.time);
        let asked = crowding::asked(&self.x);
        let governed = governed::parameters(&self.x);
        let signers = signers::signers(&self.x);
        let rehearsed = rehearsal::rehearsed(&mut self.x, &input);
        let mut watched = Audit::of(&self.x.state);
        let outcome = watched.follow(&mut self.x, |x| apply(x, &input, &verified));
        rehearsal::check(&self.x, rehearsed, &input, &outcome);
        self.changes = commit(&mut self.x);
        silos::check(self, &input, &outcome);
        self.leaves.take(&self.changes);
        if let Err(refusal) = admitted {
            assert_eq!(outcome, Outcome::rejected(refusal), "INV-46: {input:?}");
        }
        effects::check_leaves(&self.x, &self.changes, &input, &outcome);
        effects::check_debts(&self.x, &healths, &input, &outcome);
        effects::check_settled(&self.x, &healths, &input);
        effects::check_margin(&self.x, &healths, &input, &outcome);
        effects::check_liquidation(&self.x, &healths, &input, &outcome);
        effects::check_openness(&self.x, &openness, &input, &outcome);
        crowding::check(&self.x, &asked, &input, &outcome);
        peg::check(&self.x, &before, &input, &outcome);
        exits::check_due(&self.x, &waiting, &input, &outcome);
        exits::check_exit(&self.x, &healths, &input, &outcome);
        governed::check_parameters(&self.x, &governed, &outcome);
        signers::check(&self.x, &signers, &outcome);
        self.glide.check(&self.x, &governed, &input);
        self.followed.check(&self.x, &input, &outcome);
        self.outflow.check(&self.x, &mouths, &input, &outcome);
        assert_eq!((self.x.state.chain.seq, self.x.state.chain.time), (seq, input.time), "INV-39");
        assert_ne!(self.x.state.chain.promise, before.promise, "INV-39");
        if let Err(violation) = invariants::check(&self.x) {
            panic!("{violation}\nafter {input:?}\n{outcome:?}");
        }
        let counted = Audit::of(&self.x.state);
        assert_eq!((self.leaves.audit(), &watched), (&counted, &counted), "{input:?}");
        self.log.push((input, outcome.clone()));
        outcome
    }

    pub(crate) fn l1(&mut self, payload: L1Payload) -> Outcome {
        let index = self.x.state.chain.l1_count;
        self.input(Source::L1(L1Message { index, l1_block: 7, l1_time: self.time / 1_000, payload }))
    }

    pub(crate) fn deposit(&mut self, owner: Address, account: u32, amount: i64) -> Status {
        let (account, amount) = (AccountId(account), Quote(amount));
        self.l1(L1Payload::Deposit { asset: AssetId(0), owner, account, amount }).status
    }

    pub(crate) fn clear(&mut self, market: MarketId) -> Outcome {
        self.input(Source::System(SystemCommand::Clear { market }))
    }

    pub(crate) fn seal(&mut self) -> Outcome {
        let index = self.x.state.chain.batch;
        self.input(Source::System(SystemCommand::SealBatch { index }))
    }

    pub(crate) fn batch_posted(&mut self, index: u64) -> Outcome {
        self.l1(L1Payload::BatchPosted {
            index: BatchIndex(index),
            batch_hash: B256::repeat_byte(9),
            l1_block: 5,
            prevrandao: Default::default(),
        })
    }

    pub(crate) const fn next_nonce(&mut self) -> Nonce {
        self.nonce += 1;
        Nonce(self.nonce)
    }

    pub(crate) const fn expires(&self) -> Millis {
        Millis(self.time.saturating_add(1_000))
    }

    pub(crate) fn owner_of(&self, account: u32) -> Address {
        facts::account(&self.x.state, AccountId(account)).owner
    }

    pub(crate) fn command(&mut self, signer: Address, command: UserCommand) -> Outcome {
        self.input(Source::User { command, signature: signed_by(signer) })
    }

    pub(crate) fn operations_by(
        &mut self,
        signer: Address,
        account: u32,
        operations: Vec<Operation>,
    ) -> Outcome {
        self.batch_by(signer, account, false, operations)
    }

    pub(crate) fn batch_by(
        &mut self,
        signer: Address,
        account: u32,
        atomic: bool,
        operations: Vec<Operation>,
    ) -> Outcome {
        let (account, nonce, expires) = (AccountId(account), self.next_nonce(), self.expires());
        self.command(
            signer,
            UserCommand::Operations(Operations { account, nonce, expires, atomic, operations }),
        )
    }

    pub(crate) fn operate(&mut self, account: u32, operation: Operation) -> Result<Vec<Event>, Rejection> {
        let outcome = self.operations_by(self.owner_of(account), account, vec![operation]);
        assert_eq!(outcome.status, Status::Accepted);
        match outcome.events.as_slice() {
            [Event::OperationRejected { rejection, step: 0 }] => Err(*rejection),
            _ => Ok(outcome.events),
        }
    }

    pub(crate) fn place(
        &mut self,
        account: u32,
        market: MarketId,
        order: NewOrder,
    ) -> Result<Vec<Event>, Rejection> {
        self.operate(account, Operation::Place { market, order })
    }

    /// Rests an order and gives its id.
    pub(crate) fn rest(&mut self, account: u32, market: MarketId, order: NewOrder) -> OrderId {
        match self.place(account, market, order).as_deref() {
            Ok([Event::OrderAccepted { order, .. }, .., Event::OrderRested { .. }]) => *order,
            other => panic!("the order does not rest: {other:?}"),
        }
    }

    pub(crate) fn cancel(
        &mut self,
        account: u32,
        market: MarketId,
        order: OrderId,
    ) -> Result<Vec<Event>, Rejection> {
        self.operate(account, Operation::Cancel { market, order })
    }

    pub(crate) fn grant(
        &mut self,
        signer: Address,
        account: u32,
        key: Address,
        until: u64,
        scope: u8,
    ) -> Status {
        let (account, nonce, expires) = (AccountId(account), self.next_nonce(), self.expires());
        let valid_until = Millis(until);
        let grant = GrantSession { account, nonce, expires, key, valid_until, scope };
        self.command(signer, UserCommand::GrantSession(grant)).status
    }

    pub(crate) fn revoke(&mut self, signer: Address, account: u32, key: Address) -> Status {
        let (account, nonce, expires) = (AccountId(account), self.next_nonce(), self.expires());
        self.command(signer, UserCommand::RevokeSession(RevokeSession { account, nonce, expires, key }))
            .status
    }

    pub(crate) fn withdraw(&mut self, signer: Address, account: u32, amount: i64) -> Status {
        let (account, nonce, expires) = (AccountId(account), self.next_nonce(), self.expires());
        let (asset, amount, recipient) = (AssetId::USDC, Quote(amount), owner(99));
        let withdraw = Withdraw { account, nonce, expires, asset, amount, recipient };
        self.command(signer, UserCommand::Withdraw(withdraw)).status
    }

    /// Signed size of the account's position.
    pub(crate) fn size(&self, account: u32, market: MarketId) -> i64 {
        let account = facts::account(&self.x.state, AccountId(account));
        facts::position(account, market).map_or(0, |position| position.size.0)
    }

    pub(crate) fn cash(&self, account: u32) -> i64 {
        facts::account(&self.x.state, AccountId(account)).cash.0
    }

    /// Applies the inputs of the log from `from` on to a lazy exchange made of `before`, the leaves at that
    /// point, and compares outcomes and leaves (INV-23).
    pub(crate) fn check_lazy(&self, before: &Leaves, from: usize) {
        let source: Arc<dyn LeafSource> = Arc::new(before.clone());
        let mut lazy = Exchange::lazy(source);
        for (input, outcome) in &self.log[from..] {
            let verified = verify(&Named, lazy.separator(), &input.source);
            assert_eq!(&apply(&mut lazy, input, &verified), outcome, "INV-23: {input:?}");
        }
        let mut leaves = before.clone();
        leaves.take(&commit(&mut lazy));
        assert!(leaves == self.leaves, "INV-23: the lazy exchange commits to other leaves");
    }
}

pub(crate) const fn buy(price: u64, size: u64) -> NewOrder {
    order(Side::Buy, price, size, TimeInForce::Gtc)
}

pub(crate) const fn sell(price: u64, size: u64) -> NewOrder {
    order(Side::Sell, price, size, TimeInForce::Gtc)
}

pub(crate) const fn order(side: Side, price: u64, size: u64, time_in_force: TimeInForce) -> NewOrder {
    NewOrder {
        side,
        price: PriceTicks(price),
        size: SizeLots(size),
        time_in_force,
        good_until: None,
        reduce_only: false,
        self_trade: SelfTrade::CancelMaker,
        display: None,
        client: ClientId(0),
    }
}

#[track_caller]
pub(crate) fn assert_code<T: core::fmt::Debug>(result: Result<T, Rejection>, code: RejectCode) {
    assert_eq!(result.map_err(|rejection| rejection.code).expect_err("rejected"), code);
}

#[track_caller]
pub(crate) fn assert_rejected(status: Status, code: RejectCode) {
    match status {
        Status::Rejected(rejection) => assert_eq!(rejection.code, code),
        Status::Accepted => panic!("accepted, not {code:?}"),
    }
}
