//! An exchange of one market, and what is told to it.

use crate::hand::plain_market;
use ballast_naive::Exchange;
use ballast_types::{
    AccountId, Address, AssetId, ClientId, Event, ForcedRequest, Input, L1Message, L1Payload, MarketId,
    MarketParams, Millis, NewOrder, Nonce, Operation, Operations, Outcome, PoolId, PriceReport, PriceTicks,
    Quote, RejectCode, Rejection, ReportedPrice, Side, Signature, SizeLots, Source, Status, SystemCommand,
    TimeInForce, UserCommand,
    limits::{FUND_DAY_MS, NEW_ACCOUNT},
};

pub(crate) const USDC: i64 = 1_000_000;
pub(crate) const PUBLISHER: Address = Address::repeat_byte(0xee);
pub(crate) const BACKSTOP: Address = Address::repeat_byte(0xbb);
/// Where money goes on L1.
pub(crate) const VAULT: Address = Address::repeat_byte(0xaa);
pub(crate) const ONE: MarketId = MarketId(0);
pub(crate) const NOW: u64 = 20_000 * FUND_DAY_MS;
pub(crate) const HALF: i64 = 1 << 60;

pub(crate) struct World {
    pub(crate) it: Exchange,
    pub(crate) time: u64,
}

/// The owner of an account.
pub(crate) fn owner(account: u32) -> Address {
    if account == 0 { BACKSTOP } else { Address::repeat_byte(u8::try_from(account).expect("few")) }
}

pub(crate) fn genesis(market: MarketParams) -> Exchange {
    Exchange::genesis(vec![PUBLISHER], 1, Address::ZERO, (BACKSTOP, Quote(0)), vec![market])
}

impl World {
    /// The backstop is account 0; the accounts after it get so many USDC each.
    pub(crate) fn new(backed: i64, usdc: &[i64]) -> Self {
        Self { it: genesis(plain_market("ONE")), time: NOW }.filled(backed, usdc)
    }

    /// The same where what leaves is paced.
    pub(crate) fn paced(rates: [(u32, Quote); 2], usdc: &[i64]) -> Self {
        let it = genesis(plain_market("ONE")).paced(PoolId(0), rates);
        Self { it, time: NOW }.filled(0, usdc)
    }

    pub(crate) fn filled(mut self, backed: i64, usdc: &[i64]) -> Self {
        self.deposit(0, backed);
        usdc.iter().for_each(|usdc| self.open(*usdc));
        self.price(1_000);
        self
    }

    pub(crate) fn input(&mut self, signer: Option<Address>, source: Source) -> Outcome {
        let seq = self.it.seq.next();
        self.it.apply(&Input { seq, time: Millis(self.time), source }, signer)
    }

    pub(crate) fn l1(&mut self, payload: L1Payload) -> Outcome {
        let message = L1Message { index: self.it.l1_messages, l1_block: 1, l1_time: 1, payload };
        self.input(None, Source::L1(message))
    }

    pub(crate) fn pay_in(&mut self, owner: Address, account: u32, usdc: i64) -> Outcome {
        let (asset, account, amount) = (AssetId(0), AccountId(account), Quote(usdc * USDC));
        self.l1(L1Payload::Deposit { asset, owner, account, amount })
    }

    pub(crate) fn deposit(&mut self, account: u32, usdc: i64) -> Outcome {
        self.pay_in(owner(account), account, usdc)
    }

    pub(crate) fn open(&mut self, usdc: i64) {
        let next = u32::try_from(self.it.accounts.len()).expect("few");
        assert_eq!(self.pay_in(owner(next), NEW_ACCOUNT, usdc).status, Status::Accepted);
    }

    pub(crate) fn price(&mut self, price: u64) {
        let prices = vec![ReportedPrice::plain(ONE, PriceTicks(price))];
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        let signature = Signature([0; 65]);
        let outcome = self.input(Some(PUBLISHER), Source::Publisher { report, signature });
        assert_eq!(outcome.status, Status::Accepted);
    }

    pub(crate) fn place(&mut self, account: u32, side: Side, price: u64, size: u64) {
        let order = NewOrder::plain(side, PriceTicks(price), SizeLots(size), TimeInForce::Gtc, ClientId(0));
        let told = self.operate(account, Operation::Place { market: ONE, order }).events;
        assert!(matches!(told[0], Event::OrderAccepted { .. }), "{told:?}");
    }

    pub(crate) fn operate(&mut self, account: u32, operation: Operation) -> Outcome {
        let used = &self.it.accounts[account as usize].nonces.used;
        let (nonce, expires) = (Nonce(used.last().map_or(0, |last| last + 1)), Millis(self.time));
        let (account_id, operations) = (AccountId(account), vec![operation]);
        let command = Operations { account: account_id, nonce, expires, atomic: false, operations };
        let (command, signature) = (UserCommand::Operations(command), Signature([0; 65]));
        self.input(Some(owner(account)), Source::User { command, signature })
    }

    pub(crate) fn ask(
        &mut self,
        request: ForcedRequest,
        account: u32,
        recipient: Address,
        u: i64,
    ) -> Outcome {
        let (sender, account, amount) = (owner(account), AccountId(account), Quote(u));
        self.l1(L1Payload::Forced { request, sender, account, recipient, asset: AssetId(0), amount })
    }

    pub(crate) fn ask_to_exit(&mut self, account: u32) -> Outcome {
        self.ask(ForcedRequest::Exit, account, VAULT, 0)
    }

    pub(crate) fn exit(&mut self, account: u32, holders: &[u32]) -> Outcome {
        let holders = holders.iter().copied().map(AccountId).collect();
        let command = SystemCommand::Exit { account: AccountId(account), market: ONE, holders };
        self.input(None, Source::System(command))
    }

    pub(crate) fn size(&self, account: usize) -> i128 {
        self.it.accounts[account].positions.get(&ONE).map_or(0, |it| it.size)
    }
}

pub(crate) fn refused(outcome: &Outcome, code: RejectCode, value: impl Into<i128>, limit: impl Into<i128>) {
    let rejection = Rejection { code, value: value.into(), limit: limit.into() };
    assert_eq!(outcome.status, Status::Rejected(rejection));
    assert_eq!(outcome.events, []);
}

pub(crate) fn asked(index: u64, account: u32, request: ForcedRequest) -> Event {
    Event::ForcedRequest { index, account: AccountId(account), request }
}

pub(crate) fn withdrawn(id: u64, account: u32, u: i64) -> Event {
    Event::Withdrawn {
        id,
        account: AccountId(account),
        recipient: VAULT,
        asset: AssetId::USDC,
        amount: Quote(u),
        ticket: None,
    }
}

pub(crate) fn ended(account: u32, u: i64) -> Event {
    Event::ExitEnded { account: AccountId(account), recipient: VAULT, amount: Quote(u) }
}
