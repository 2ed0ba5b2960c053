//! An exchange with two assets that are margin, and what happens to it.

use ballast_naive::{Exchange, Position};
use ballast_types::{
    AccountId, Address, AssetId, Collateral, Event, ForcedRequest, Input, L1Message, L1Payload, MarketId,
    MarketParams, Millis, Nonce, Outcome, Ppm, PriceReport, PriceTicks, Quote, Rejection, ReportedPrice,
    Signature, Source, Status, SystemCommand, Units, UserCommand, Withdraw,
    event::Cover,
    limits::{FUND_DAY_MS, NEW_ACCOUNT},
};

use crate::hand::plain_market;

pub(crate) const USDC: i128 = 1_000_000;
pub(crate) const PUBLISHER: Address = Address::repeat_byte(0xee);
pub(crate) const BACKSTOP: Address = Address::repeat_byte(0xbb);
pub(crate) const BOB: Address = Address::repeat_byte(2);
pub(crate) const ONE: MarketId = MarketId(0);
pub(crate) const TWO: MarketId = MarketId(1);
pub(crate) const COIN: i128 = 1_000_000;
pub(crate) const FIRST: AssetId = AssetId(1);
pub(crate) const SECOND: AssetId = AssetId(2);
pub(crate) const TERMS: Collateral = Collateral {
    market: ONE,
    units_per_lot: Units(1_000_000),
    haircut: Ppm(100_000),
    size_factor: Ppm(0),
    since: Millis(0),
    most: Quote(1 << 60),
    total: Units(1_000_000_000),
};

pub(crate) fn money(usdc: i128) -> Quote {
    Quote(i64::try_from(usdc * USDC).expect("small"))
}

pub(crate) fn units(units: i128) -> Units {
    Units(u64::try_from(units).expect("not below 0"))
}

pub(crate) struct World {
    pub(crate) it: Exchange,
    pub(crate) time: u64,
}

impl World {
    /// The backstop has so many USDC. The second asset is the same, with the price of the second market.
    pub(crate) fn new(terms: Collateral, backstop: Option<i128>) -> Self {
        Self::of(["ONE", "TWO"].map(plain_market), terms, backstop)
    }

    /// The same of other markets.
    pub(crate) fn of(markets: [MarketParams; 2], terms: Collateral, backstop: Option<i128>) -> Self {
        let owner = backstop.map_or(Address::ZERO, |_| BACKSTOP);
        let markets = markets.into();
        let it = Exchange::genesis(vec![PUBLISHER], 1, Address::ZERO, (owner, Quote(0)), markets);
        let it = it.with_collateral(1, terms).with_collateral(1, Collateral { market: TWO, ..terms });
        let mut world = Self { it, time: 20_000 * FUND_DAY_MS };
        if let Some(usdc) = backstop {
            world.it.accounts[0].cash = usdc * USDC;
            world.it.pools[0].credited += usdc * USDC;
        }
        world.price(&[ONE, TWO], 1_000);
        world
    }

    pub(crate) fn input(&mut self, signer: Option<Address>, source: Source) -> Outcome {
        let seq = self.it.seq.next();
        self.it.apply(&Input { seq, time: Millis(self.time), source }, signer)
    }

    pub(crate) fn price(&mut self, markets: &[MarketId], price: u64) -> Vec<Event> {
        let prices = markets.iter().map(|id| ReportedPrice::plain(*id, PriceTicks(price))).collect();
        let report = PriceReport { publisher: 0, time: Millis(self.time), prices };
        let outcome =
            self.input(Some(PUBLISHER), Source::Publisher { report, signature: Signature([0; 65]) });
        assert_eq!(outcome.status, Status::Accepted);
        outcome.events
    }

    pub(crate) fn l1(&mut self, payload: L1Payload) -> Outcome {
        let message = L1Message { index: self.it.l1_messages, l1_block: 1, l1_time: 1, payload };
        self.input(None, Source::L1(message))
    }

    pub(crate) fn deposit(
        &mut self,
        asset: AssetId,
        owner: Address,
        account: u32,
        amount: i128,
    ) -> Vec<Event> {
        let (account, amount) = (AccountId(account), Quote(i64::try_from(amount).expect("small")));
        self.l1(L1Payload::Deposit { asset, owner, account, amount }).events
    }

    /// A new account with so much equity in USDC, lots of the second market come by at the mark, and units of the first asset.
    pub(crate) fn account(&mut self, usdc: i128, size: i128, held: i128) -> AccountId {
        let id = u32::try_from(self.it.accounts.len()).expect("few");
        let owner = Address::repeat_byte(u8::try_from(id + 1).expect("few"));
        self.deposit(FIRST, owner, NEW_ACCOUNT, held);
        self.it.accounts[id as usize].cash = usdc * USDC;
        if size != 0 {
            self.hold(AccountId(id), size);
        }
        AccountId(id)
    }

    /// So many lots of the second market, come by at the mark.
    pub(crate) fn hold(&mut self, account: AccountId, size: i128) {
        let (basis, it) = (size * 1_000 * USDC, &mut self.it.accounts[account.0 as usize]);
        it.cash -= basis;
        it.positions.insert(TWO, Position { size, basis, funding: 0 });
    }

    pub(crate) fn liquidate(&mut self, account: AccountId) -> Outcome {
        self.input(None, Source::System(SystemCommand::Liquidate { account }))
    }

    /// Units of the first asset, signed for.
    pub(crate) fn withdraw(&mut self, account: AccountId, amount: i128) -> Outcome {
        let it = &self.it.accounts[account.0 as usize];
        let nonce = Nonce(it.nonces.used.last().map_or(0, |last| last + 1));
        let (owner, expires) = (it.owner, Millis(self.time));
        let amount = Quote(i64::try_from(amount).expect("small"));
        let command =
            UserCommand::Withdraw(Withdraw { account, nonce, expires, asset: FIRST, amount, recipient: BOB });
        self.input(Some(owner), Source::User { command, signature: Signature([0; 65]) })
    }

    pub(crate) fn force(&mut self, request: ForcedRequest, account: AccountId, amount: i128) -> Vec<Event> {
        let sender = self.it.accounts[account.0 as usize].owner;
        let amount = Quote(i64::try_from(amount).expect("small"));
        let outcome =
            self.l1(L1Payload::Forced { request, sender, account, recipient: BOB, asset: FIRST, amount });
        assert_eq!(outcome.status, Status::Accepted);
        outcome.events[1..].to_vec()
    }

    pub(crate) fn cash(&self, id: AccountId) -> i128 {
        self.it.accounts[id.0 as usize].cash
    }

    pub(crate) fn held(&self, id: AccountId) -> i128 {
        self.it.accounts[id.0 as usize].holdings.get(&FIRST).copied().unwrap_or_default()
    }
}

pub(crate) fn sold(account: AccountId, amount: i128, proceeds: i64) -> Event {
    Event::CollateralSold { account, asset: FIRST, amount: units(amount), proceeds: Quote(proceeds) }
}

pub(crate) fn liquidated(account: AccountId, level: u8, equity: i128, maintenance: i128) -> Event {
    Event::Liquidated { account, level, equity: equity * USDC, maintenance: maintenance * USDC }
}

pub(crate) fn covered(account: AccountId, by: Cover, usdc: i128) -> Event {
    Event::DeficitCovered { account, by, amount: money(usdc) }
}

/// What was withdrawn in kind.
pub(crate) fn left(events: &[Event]) -> Vec<i64> {
    let amount = |event: &Event| match event {
        Event::Withdrawn { asset: FIRST, amount, .. } => Some(amount.0),
        _ => None,
    };
    events.iter().filter_map(amount).collect()
}

pub(crate) fn refused(outcome: &Outcome) -> Rejection {
    match outcome.status {
        Status::Rejected(rejection) => rejection,
        Status::Accepted => panic!("it was accepted: {outcome:?}"),
    }
}
