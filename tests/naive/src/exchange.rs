//! START HERE: the whole state, and what an input does to it.

use alloy_primitives::{B256, keccak256};
use ballast_types::{
    AccountId, Address, BatchIndex, Event, Input, L1Message, L1Payload, MarketId, MarketParams, Millis,
    Outcome, Quote, RejectCode, Rejection, Seq, Source, Status, SystemCommand, UserCommand, codec,
    limits::MAX_WITHDRAWALS_PER_BATCH,
};

use crate::{
    account::Account,
    assets::Asset,
    governance::Change,
    market::Market,
    numbers::{refuse, refuse_plainly},
    peg::Peg,
    protection::Pool,
};

/// What happened, or why it was refused.
pub(crate) type Answer = Result<Vec<Event>, Rejection>;

/// The exchange. A clone of it is a point to which it can return.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Place in the log of the input at hand.
    pub seq: Seq,
    /// Time of the input at hand.
    pub time: Millis,
    /// Accounts by id.
    pub accounts: Vec<Account>,
    /// Markets by id.
    pub markets: Vec<Market>,
    /// Publishers by place.
    pub publishers: Vec<Address>,
    /// How many fresh reports a price needs.
    pub quorum: usize,
    /// Who may restrict markets; nobody when zero.
    pub guardian: Address,
    /// Time of the guardian's last command.
    pub guardian_time: Millis,
    /// When governance replaced a signer last.
    pub replaced_at: Option<Millis>,
    /// The promise chain.
    pub chain: B256,
    /// Pools by id.
    pub pools: Vec<Pool>,
    /// The open batch.
    pub batch: BatchIndex,
    /// Withdrawals in the open batch.
    pub batch_withdrawals: u32,
    /// Number of the next withdrawal.
    pub next_withdrawal: u64,
    /// Messages of L1 consumed.
    pub l1_messages: u64,
    /// Whether settlement lag counts.
    pub minds_lag: bool,
    /// Up to when what was sealed is known to be on L1, where that counts.
    pub posted: Millis,
    /// When the newest sealed batch was sealed, where that counts.
    pub sealed: Millis,
    /// The sealed batch that L1 is to take next, and when it was sealed, where that counts.
    pub checkpoint: Option<(BatchIndex, Millis)>,
    /// The stage of the settlement lag.
    pub stage: u8,
    /// What a USDC is worth, where that counts.
    pub peg: Option<Peg>,
    /// Assets beside USDC, the first of which has id 1.
    pub assets: Vec<Asset>,
    /// What governance scheduled, in no order that means anything.
    pub pending: Vec<Change>,
    /// The inputs that ended hours, each as often as it did; those before the last may be left out.
    pub ended: Vec<Seq>,
}

impl Exchange {
    /// The exchange before its first input, with one pool. `backstop` owns account 0, unless it is zero; `fund_target` is what the
    /// insurance fund should hold.
    #[must_use]
    pub fn genesis(
        publishers: Vec<Address>,
        quorum: u8,
        guardian: Address,
        (backstop, fund_target): (Address, Quote),
        markets: Vec<MarketParams>,
    ) -> Self {
        let has_backstop = backstop != Address::ZERO;
        Self {
            seq: Seq(0),
            time: Millis(0),
            accounts: has_backstop.then(|| Account::new(backstop)).into_iter().collect(),
            markets: markets.into_iter().map(Market::new).collect(),
            publishers,
            quorum: usize::from(quorum),
            guardian,
            guardian_time: Millis(0),
            replaced_at: None,
            chain: B256::ZERO,
            pools: vec![Pool::new(i128::from(fund_target.0), has_backstop.then_some(AccountId(0)))],
            batch: BatchIndex(1),
            batch_withdrawals: 0,
            next_withdrawal: 0,
            l1_messages: 0,
            minds_lag: false,
            posted: Millis(0),
            sealed: Millis(0),
            checkpoint: None,
            stage: 0,
            peg: None,
            assets: Vec::new(),
            pending: Vec::new(),
            ended: Vec::new(),
        }
    }

    /// Applies an input that `signer` signed; nobody, where the signature recovers to nobody or there is none.
    pub fn apply(&mut self, input: &Input, signer: Option<Address>) -> Outcome {
        (self.seq, self.time) = (input.seq, input.time);
        let chain = self.chain;
        let word = |number: u64| B256::from(alloy_primitives::U256::from(number));
        let words = [chain, word(input.seq.0), word(input.time.0), keccak256(codec::encode(&input.source))];
        self.chain = keccak256(words.concat());
        let answer = match &input.source {
            Source::User { command, .. } => self.user(signer, command),
            Source::Publisher { report, .. } => self.report_prices(signer, report),
            Source::L1(message) => self.l1(message),
            Source::System(SystemCommand::SealBatch { index }) => self.seal(*index),
            Source::System(SystemCommand::Sweep { orders }) => self.sweep(orders),
            Source::System(SystemCommand::Clear { market }) => self.clear(*market, chain),
            Source::System(SystemCommand::Liquidate { account }) => self.liquidate(*account),
            Source::System(SystemCommand::Deleverage { market, accounts, holders }) => {
                self.deleverage(*market, accounts, holders)
            }
            Source::System(SystemCommand::Haircut { pool, holders }) => self.haircut(*pool, holders),
            Source::System(SystemCommand::Settle { market }) => self.settle_market(*market),
            Source::System(SystemCommand::SettlePositions { market, accounts }) => {
                self.settle_positions(*market, accounts)
            }
            Source::System(SystemCommand::Resolve { pool }) => self.resolve(*pool),
            Source::System(SystemCommand::Exit { account, market, holders }) => {
                self.exit(*account, *market, holders)
            }
            Source::Guardian { command, .. } => self.guardian(signer, command),
            Source::System(SystemCommand::Fire { conditionals }) => self.fire(conditionals),
        };
        self.forget_closable();
        match answer {
            Ok(events) => Outcome { status: Status::Accepted, events },
            Err(rejection) => Outcome { status: Status::Rejected(rejection), events: Vec::new() },
        }
    }

    /// Authority first, which uses the nonce; then the command takes effect or changes nothing.
    fn user(&mut self, signer: Option<Address>, command: &UserCommand) -> Answer {
        let Some(signer) = signer else {
            return refuse_plainly(RejectCode::BadSignature);
        };
        let key = self.authorize(signer, command)?;
        self.check_stays(command.account())?;
        let before = self.clone();
        let answer = match command {
            UserCommand::Operations(command) => self.operations(key, command),
            UserCommand::GrantSession(command) => self.grant_session(command),
            UserCommand::RevokeSession(command) => self.revoke_session(command),
            UserCommand::Withdraw(command) => self.withdraw(command),
            UserCommand::Transfer(command) => self.transfer(command),
        };
        if answer.is_err() {
            *self = before;
        }
        answer
    }

    /// A message of the inbox: the next one, once.
    fn l1(&mut self, message: &L1Message) -> Answer {
        let L1Message { index, ref payload, .. } = *message;
        if index != self.l1_messages {
            return refuse(RejectCode::WrongL1Index, index, self.l1_messages);
        }
        self.check_no_exit_is_due()?;
        if let L1Payload::Deposit { .. } = payload
            && self.deposit_must_wait(payload)
        {
            return refuse(RejectCode::WithdrawalsFull, self.batch_withdrawals, MAX_WITHDRAWALS_PER_BATCH);
        }
        self.l1_messages += 1;
        match payload {
            L1Payload::Deposit { asset, owner, account, amount } => {
                self.deposit(*asset, *owner, *account, *amount)
            }
            L1Payload::BatchPosted { index, batch_hash, .. } => {
                self.note_posted(*index);
                Ok(vec![Event::BatchPosted { index: *index, batch_hash: *batch_hash }])
            }
            L1Payload::Forced { request, sender, account, recipient, asset, amount } => {
                self.requested(index, *request, (*sender, *account), (*recipient, *asset, *amount))
            }
            L1Payload::Governance(call) => Ok(self.governed(*call)),
        }
    }

    /// An account that exists.
    pub(crate) fn account(&self, id: AccountId) -> &Account {
        &self.accounts[id.0 as usize]
    }

    /// An account that exists, to change.
    pub(crate) fn account_mut(&mut self, id: AccountId) -> &mut Account {
        &mut self.accounts[id.0 as usize]
    }

    /// A market that exists.
    pub(crate) fn market(&self, id: MarketId) -> &Market {
        &self.markets[usize::from(id.0)]
    }

    /// A market that exists, to change.
    pub(crate) fn market_mut(&mut self, id: MarketId) -> &mut Market {
        &mut self.markets[usize::from(id.0)]
    }

    /// Refuses a market that does not exist.
    pub(crate) fn check_market(&self, id: MarketId) -> Result<(), Rejection> {
        if usize::from(id.0) >= self.markets.len() {
            return refuse(RejectCode::UnknownMarket, id.0, self.markets.len() as u64);
        }
        Ok(())
    }

    /// Ids of all markets.
    pub(crate) fn market_ids(&self) -> Vec<MarketId> {
        (0..self.markets.len()).map(|id| MarketId(u16::try_from(id).expect("at most 256 markets"))).collect()
    }
}
